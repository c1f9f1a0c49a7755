"""Lines by pen on sheets that aren't ruled.

Whether a single line is ruling or a pen's can't be told from the line; it can from the sheet. Ruling covers a sheet, or
stands on a printed form. Where hardly anything is ruled and little is printed, a line that hangs together with ink was
drawn with it: an arrow's long shaft, an underline, the lines of a table by hand.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays import Mask
from ..imaging.segmentation import INK, Segmentation

TILE = 32
"""Pixels."""
RULED = 0.15
"""From this share of tiles with lines on a sheet is ruled: of 12 photos and 34 scenes the ruled ones have .24 to 1, the
others, but for a printed form, 0 to .11."""
PRINTED = 2.0
"""With so much print for one of ink it is a form."""
INKED = 0.25
"""A line hangs together with ink if at least this share of the whole is ink."""


def by_pen(seen: Segmentation) -> Segmentation:
    """With the single lines that belong to ink as ink."""
    ink, line, printed = (m >= INK for m in seen.maps)
    if not line.any() or _tiles(line & ~ink) >= RULED or printed.sum() > PRINTED * ink.sum():
        return seen
    import cv2

    both = np.minimum(seen.ink + seen.ruling, 1)
    count, labels = cv2.connectedComponents((both >= INK).astype(np.uint8), connectivity=8)
    inked, whole = np.bincount(labels[ink], minlength=count), np.bincount(labels.ravel(), minlength=count)
    drawn = inked >= INKED * whole
    drawn[0] = False
    moved = drawn[labels]
    maps = seen.maps.copy()
    maps[0][moved], maps[1][moved] = both[moved], 0
    return replace(seen, maps=maps)


def _tiles(mask: Mask) -> float:
    """The share of tiles that have some of the mask."""
    down, right = (-n % TILE for n in mask.shape)
    whole = np.pad(mask, ((0, down), (0, right)))
    tiles = whole.reshape(whole.shape[0] // TILE, TILE, -1, TILE).any(axis=(1, 3))
    return float(tiles.mean())
