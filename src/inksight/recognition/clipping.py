"""Strokes are held to the ink: where one leaves it, it ends, or is cut in two; a slip beside the line is put back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..arrays import Array, Mask
from ..imaging.raster import dilate
from ..ink import Stroke
from ..ink.curves import resample, simplify

REACH = 1.5
"""So far from the ink, in pixels, a stroke still lies on it."""

SLIP = 6.0
"""A stroke that leaves the ink for so few pixels of its way has slipped; for more, the pen was in the air."""


def held(strokes: Sequence[Stroke], mask: Mask) -> list[Stroke]:
    """The strokes without what lies farther than 1.5 px from the ink, `mask` bool (H, W), in whose pixels they are.

    Strokes that lie on the ink come back as they are, and so does everything where there is no ink.
    """
    if not mask.any():
        return list(strokes)
    near = dilate(mask, REACH)
    ink = np.argwhere(mask)[:, ::-1].astype(np.float64) + 0.5
    return [s for stroke in strokes for s in _held(stroke, near, ink)]


def _held(stroke: Stroke, near: Mask, ink: Array) -> list[Stroke]:
    points = resample(stroke.points, 1.0)
    h, w = near.shape
    x, y = np.floor(points).astype(int).T
    off = ~near[y.clip(0, h - 1), x.clip(0, w - 1)]
    if not off.any():
        return [stroke]
    edges = [0, *(np.flatnonzero(np.diff(off)) + 1).tolist(), len(points)]
    parts: list[list[Array]] = [[]]
    for a, b in pairwise(edges):
        if not off[a]:
            parts[-1].append(points[a:b])
        elif a > 0 and b < len(points) and b - a <= SLIP:
            nearest = np.argmin(((points[a:b, None] - ink) ** 2).sum(axis=2), axis=1)
            parts[-1].append(ink[nearest])
        else:
            parts.append([])
    return [Stroke(simplify(np.concatenate(p), 0.2), stroke.width, stroke.color) for p in parts if p]
