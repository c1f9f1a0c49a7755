"""Changes of a page's strokes for those who want them otherwise: pages in, pages out."""

from __future__ import annotations

from . import Page, Stroke, curves

_KEPT = 1 / 20
"""A smoothed curve is evenly sampled; the points that lie within this part of sigma of the rest are dropped again."""


def simplified(page: Page, tolerance: float) -> Page:
    """The page without the points that lie within `tolerance` pixels of the rest of their stroke."""
    return page.with_strokes(lambda s: Stroke(curves.simplify(s.points, tolerance), s.width, s.color))


def smoothed(page: Page, sigma: float) -> Page:
    """The page with strokes under a Gaussian of `sigma` pixels along their way; their ends stay."""

    def smooth(stroke: Stroke) -> Stroke:
        curve = curves.simplify(curves.smooth(stroke.points, sigma), _KEPT * sigma)
        return Stroke(curve, stroke.width, stroke.color)

    return page.with_strokes(smooth)
