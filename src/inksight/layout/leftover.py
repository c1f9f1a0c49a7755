"""Ink of a page that no stroke covers, as boxes that a person can look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import Map, Mask
from ..imaging.raster import paint, pen_width
from ..ink import Box, Stroke
from .components import groups
from .pieces import Pieces

RADIUS = 1.5
"""Ink within so many pen widths of a stroke's middle is the stroke's: its rim, its blots, a slip beside the line."""

SMALLEST, LEAST = 3.0, 3.0
"""Less is no writing: a longest side in pen widths, an area in their squares."""

REACH = 4.0
"""Pieces so many pen widths apart are shown in one box."""


def leftover(ink: Map, mask: Mask, strokes: Sequence[Stroke]) -> list[Box]:
    """The boxes of the ink without strokes, from top to bottom, in pixels of the page.

    `ink` is the page's ink map, float32 (H, W), `mask` where that is ink, bool (H, W).
    """
    if not mask.any():
        return []
    pen = pen_width(mask)
    pieces = Pieces.of(ink, mask & ~paint(mask.shape, strokes, RADIUS * pen))
    chosen = (pieces.size.max(axis=1) >= SMALLEST * pen) & (pieces.area >= LEAST * pen**2)
    labels, count = groups(pieces, chosen, REACH * pen)
    rows, columns = np.nonzero(labels >= 0)
    low, high = np.full((count, 2), np.inf), np.zeros((count, 2))
    for axis, at in enumerate((columns, rows)):
        np.minimum.at(low[:, axis], labels[rows, columns], at)
        np.maximum.at(high[:, axis], labels[rows, columns], at + 1)
    boxes = [(x0, y0, x1, y1) for x0, y0, x1, y1 in np.hstack([low, high]).tolist()]
    return sorted(boxes, key=lambda box: (box[1], box[0]))
