"""Coverage maps: polygons filled by Pillow at four times the resolution and averaged."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from inksight.arrays import Array, Map
from inksight.ink.curves import resample

FINE = 4
"""Cells that a pixel has along each side."""


class Canvas:
    """A coverage map being drawn. Coordinates are pixels; the centre of pixel (column i, row j) is (i + .5, j + .5)."""

    def __init__(self, size: tuple[int, int]) -> None:
        """`size` is (height, width)."""
        self.image = Image.new("L", (size[1] * FINE, size[0] * FINE))
        self._pen = ImageDraw.Draw(self.image)

    def polygon(self, corners: Array, fill: float = 1.0) -> None:
        """Fill a polygon (n >= 3, 2)."""
        self._pen.polygon([tuple(p) for p in (corners * FINE - 0.5).tolist()], fill=round(255 * fill))

    def disc(self, x: float, y: float, radius: float) -> None:
        """Fill a disc."""
        x, y, r = x * FINE - 0.5, y * FINE - 0.5, radius * FINE
        self._pen.ellipse((x - r, y - r, x + r, y + r), fill=255)

    def stroke(self, points: Array, width: float | Array, nib: float | None = None) -> None:
        """A pen's way along points (n, 2), round, or with a flat nib that is held at the angle `nib` (radians).

        `width` in pixels, one number or one for each point.
        """
        radii = np.broadcast_to(np.asarray(width, float) / 2, len(points)).tolist()
        for (x, y), radius in zip(points.tolist(), radii, strict=True):
            self.disc(x, y, radius if nib is None else 0.35 * radius)
        along = np.diff(points, axis=0)
        length = np.maximum(np.hypot(*along.T), 1e-9)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / length[:, None]
        flat = None if nib is None else np.array([np.cos(nib), np.sin(nib)])
        for k, (a, b) in enumerate(pairwise(points)):
            side = across[k] if flat is None else flat
            self.polygon(
                np.array([a + side * radii[k], b + side * radii[k + 1], b - side * radii[k + 1], a - side * radii[k]])
            )

    def coverage(self) -> Map:
        """What has been drawn."""
        return np.asarray(self.image.reduce(FINE), np.float32) / np.float32(255)


def union(maps: Sequence[Map], size: tuple[int, int]) -> Map:
    """What any of the maps covers, overlaps taken as independent."""
    left = np.ones(size, np.float32)
    for cover in maps:
        left *= 1 - cover
    return np.asarray(1 - left, np.float32)


def dense(points: Array, width: float) -> Array:
    """Points close enough together that a pen of this width leaves no corners: (m, 2)."""
    return resample(points, max(0.6, min(width / 3, 3.0)))
