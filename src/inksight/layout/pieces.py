"""Connected pieces of ink, and which of them no pen made: dust, blots, shadows, the edges of the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Labels, Map, Mask, Pixels
from ..imaging.raster import pen_width
from ..ink.frames import Affine

NOBODY = -1

EDGE_STEP = 0.12
"""A difference in lightness of this share is the edge of a sheet (noise: 8 grey levels more)."""


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
    thickness: Array
    """Diameter of the largest disc inside."""

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
        thickness = np.zeros(len(area))
        np.maximum.at(thickness, labels[at], 2 * cv2.distanceTransform(image, cv2.DIST_L2, 3)[at])
        return cls(labels, pen, area, np.stack([x, y, x + w, y + h], axis=1), level, thickness)

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
    def blots(self) -> Mask:
        """Which pieces are too thick for a pen: holes, blots, the table beside the sheet."""
        thick: Mask = (self.thickness > 4 * self.pen) & (self.area > 0.4 * self.size.prod(axis=1))
        return thick

    def is_drawing(self) -> Mask:
        """Whether a piece that belongs to no word looks like pen strokes rather than dust, a blot or a shadow."""
        height, width = self.labels.shape
        dust = (self.area < 4 * self.pen**2) | (self.size.max(axis=1) < 3 * self.pen)
        low = self.box[:, :2] < self.pen
        high = self.box[:, 2:] > np.array([width, height]) - self.pen
        rim = ((low | high) & (self.size < 6 * self.pen)).any(axis=1)
        drawn: Mask = ~dust & ~rim & (self.thickness < 4 * self.pen) & (self.level > 0.4)
        return drawn


def on_edges(rgb: Pixels, pieces: Pieces, chosen: NDArray[np.int64]) -> Mask:
    """Whether each chosen piece runs along a step from one surface to another, such as the edge of a sheet: bool (n,).

    Paper is equally light on both sides of a pen stroke. Looked at part by part: light changes along a long one, too.
    """
    import cv2

    near, far = round(pieces.pen) | 1, (6 * round(pieces.pen)) | 1
    out = []
    for i in chosen.tolist():
        x0, y0, x1, y1 = pieces.box[i].astype(int).tolist()
        window = np.s_[max(y0 - far, 0) : y1 + far, max(x0 - far, 0) : x1 + far]
        piece = (pieces.labels[window] == i).astype(np.uint8)
        inked = (pieces.labels[window] != NOBODY).astype(np.uint8)
        around = (cv2.dilate(piece, np.ones((far, far))) > 0) & (cv2.dilate(inked, np.ones((near, near))) == 0)
        rows, columns = np.nonzero(around)
        grey = rgb[window][around].mean(axis=1)
        part = rows // (3 * far) * (piece.shape[1] // (3 * far) + 1) + columns // (3 * far)
        steps = [_is_step(grey[part == k]) for k in np.unique(part).tolist()]
        out.append(sum(steps) > 0.5 * len(steps))
    return np.array(out, bool)


def _is_step(grey: Array) -> bool:
    dark, light = np.percentile(grey, (20, 80))
    return bool(light - dark > EDGE_STEP * light + 8)
