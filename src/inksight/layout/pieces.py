"""Connected pieces of ink."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Labels, Map, Mask
from ..imaging.raster import pen_width
from ..ink.frames import Affine

NOBODY = -1

FAINT = 0.72
"""Strokes are seen more surely than this (0..1), rims and all; rests of ruling, rails and rough walls are not, as four
photos of boards and squared paper showed."""


@dataclass(frozen=True)
class Pieces:
    """Connected pieces of ink without specks. `labels` is int32 (H, W), -1 on paper; the rest has one entry a piece."""

    labels: Labels
    pen: float
    area: Array
    box: Array
    """float64 (n, 4): x0, y0, x1, y1."""
    level: Array
    """Mean of the ink map."""

    @classmethod
    def of(cls, ink: Map, mask: Mask) -> Pieces:
        import cv2

        pen = pen_width(mask)
        image = mask.astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(image, connectivity=8)
        keep = stats[:, cv2.CC_STAT_AREA] >= max(4.0, 0.5 * pen**2)
        keep[0] = False
        number = np.where(keep, np.cumsum(keep) - 1, NOBODY).astype(np.int32)
        labels = number[labels]
        at = labels >= 0
        x, y, w, h, area = stats[keep].T.astype(float)
        level = np.bincount(labels[at], ink[at], len(area)) / area
        return cls(labels, pen, area, np.stack([x, y, x + w, y + h], axis=1), level)

    def boxes_in(self, frame: Affine) -> Array:
        """The pieces' boxes in a turned frame: float64 (n, 4)."""
        if frame == Affine() or not len(self.area):
            return self.box
        points = frame.apply(self._pixels)
        low, high = np.minimum.reduceat(points, self._starts), np.maximum.reduceat(points, self._starts)
        return np.hstack([low - 0.5, high + 0.5])

    @cached_property
    def _pixels(self) -> Array:
        """Centres of the pieces' pixels, one piece after the other: float64 (m, 2)."""
        rows, columns = np.nonzero(self.labels >= 0)
        order = np.argsort(self.labels[rows, columns], kind="stable")
        return np.stack([columns, rows], axis=1)[order].astype(np.float64) + 0.5

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where each piece's pixels begin: int64 (n,)."""
        return np.append(0, np.cumsum(self.area[:-1])).astype(np.int64)

    @property
    def size(self) -> Array:
        """float64 (n, 2): width and height of the boxes."""
        return self.box[:, 2:] - self.box[:, :2]

    @property
    def faint(self) -> Mask:
        """Which pieces may be ink and may be not: bool (n,)."""
        unsure: Mask = self.level < FAINT
        return unsure
