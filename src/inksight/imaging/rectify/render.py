"""A picture seen in another frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Pixels
from ...ink.frames import Affine, Chain, Frame

CELL = 8
"""The map is exact at every eighth pixel and linear in between, which is off by less than a hundredth of a pixel."""

STRIP = 512
"""Rows rendered at a time: the maps of a whole page would take more memory than the page."""


def render(rgb: Pixels, to_source: Frame, size: tuple[int, int]) -> Pixels:
    """The picture of `size` (width, height) whose points `to_source` maps into `rgb`, uint8 (h, w, 3).

    What lies outside of `rgb` repeats its border. Where many of its pixels fall on one, they are averaged.
    """
    width, height = size
    zoom = to_source.zoom((width / 2, height / 2))
    if zoom > 1.3:
        h, w = rgb.shape[:2]
        reduced = max(1, round(w / zoom)), max(1, round(h / zoom))
        rgb = np.asarray(cv2.resize(rgb, reduced, interpolation=cv2.INTER_AREA), np.uint8)
        to_source = Chain((to_source, Affine.scaling(reduced[0] / w, reduced[1] / h)))
    x, y = np.meshgrid(np.arange(0, width + CELL, CELL), np.arange(0, height + CELL, CELL))
    coarse = to_source.apply(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(*x.shape, 2) - 0.5
    field = coarse.astype(np.float32)
    strips = [_strip(rgb, field, width, y0, min(y0 + STRIP, height)) for y0 in range(0, height, STRIP)]
    return np.concatenate(strips)


def _strip(rgb: Pixels, field: NDArray[np.float32], width: int, y0: int, y1: int) -> Pixels:
    """Rows y0 to y1; `field` is the place in `rgb` of every CELL-th pixel's corner."""
    x, y = np.meshgrid((np.arange(width) + 0.5) / CELL, (np.arange(y0, y1) + 0.5) / CELL)
    at = cv2.remap(field, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
    u, v = (np.ascontiguousarray(at[..., k]) for k in (0, 1))
    return np.asarray(cv2.remap(rgb, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8)
