"""Do the strokes tell what the picture shows? Pen width, share of the ink covered, share of the strokes off the ink.

Masks are bool (H, W), True on ink. Points are in the corner-origin frame, so pixel (column i, row j) has its centre at
(i + 0.5, j + 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array, Map, Mask
from ..ink import Box, Stroke
from ..ink.bundle import Bundle

Curve: TypeAlias = Stroke | ArrayLike
"""A stroke, or just its points of shape (n >= 1, 2)."""


def distance(mask: Mask) -> Map:
    """Euclidean distance of each pixel's centre to the nearest True pixel's centre: float32 (H, W), in pixels.

    0 on the mask, infinite everywhere when nothing is True. Exact.
    """
    return np.sqrt(_squared_distance(mask)).astype(np.float32)


def dilate(mask: Mask, radius: float) -> Mask:
    """The pixels whose centre lies within `radius` of a True pixel's centre: bool (H, W)."""
    return np.asarray(_squared_distance(mask, radius) <= radius * radius)


def _squared_distance(mask: Mask, limit: float = np.inf) -> Array:
    """Squared distances to the mask, exact up to `limit` and too large beyond: float64 (H, W).

    Separable: the gap along the longer axis by a running maximum, then the lower envelope over the shorter axis. There
    the parabolas are tried one offset after the other, until no further offset can improve any pixel.
    """
    if mask.shape[0] > mask.shape[1]:
        return _squared_distance(mask.T, limit).T
    if not mask.any():
        return np.full(mask.shape, np.inf)
    before, after = _neighbours(mask)
    column = np.arange(mask.shape[1])
    gap = np.minimum(column - before, after - column).astype(np.int64 if sum(mask.shape) > 10_000 else np.int32) ** 2
    best = gap.copy()
    for k in range(1, int(min(limit, len(mask) - 1)) + 1):
        if k * k >= best.max():
            break
        np.minimum(best[k:], gap[:-k] + k * k, out=best[k:])
        np.minimum(best[:-k], gap[k:] + k * k, out=best[:-k])
    return np.asarray(best, np.float64)


def _neighbours(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each pixel the column of the last True pixel at or before it in its row, and of the first at or after it.

    Where there is none, a column more than a picture's size outside of the picture.
    """
    h, w = mask.shape
    column = np.arange(w, dtype=np.int32)
    before = np.maximum.accumulate(np.where(mask, column, np.int32(-2 * (h + w))), axis=1)
    after = np.minimum.accumulate(np.where(mask, column, np.int32(3 * (h + w)))[:, ::-1], axis=1)[:, ::-1]
    return before, after


def pen_width(mask: Mask) -> float:
    """The median width of the ink's lines in pixels; 0 for an empty mask.

    The horizontal and the vertical run of ink through a pixel of a straight line of width w are w / sin and w / cos of
    its slope, from which w follows. The median keeps crossings and blots, where the runs are longer, from mattering.
    """
    if not mask.any():
        return 0.0
    h, v = _runs(mask)[mask], _runs(mask.T).T[mask]
    return float(np.median(h * v / np.hypot(h, v)))


def ink_box(mask: Mask) -> Box:
    """The tight box around a mask's ink; around all of the mask where there is none."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return 0.0, 0.0, float(mask.shape[1]), float(mask.shape[0])
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _runs(mask: Mask) -> Array:
    """For each ink pixel the length of the horizontal run of ink that it is part of: float64 (H, W)."""
    paper = np.pad(~mask, ((0, 0), (1, 1)), constant_values=True)
    before, after = _neighbours(paper)
    return (after - before - 1)[:, 1:-1].astype(np.float64)


def paint(shape: tuple[int, int], strokes: Sequence[Curve], radius: float) -> Mask:
    """The pixels within `radius` px of a stroke (measured from the pixel's centre): bool `shape` = (H, W).

    The pixels through which a stroke passes are always painted, however small the radius. What lies outside of the
    picture is cut off.
    """
    h, w = shape
    out = np.zeros((h, w), np.bool_)
    if not strokes:
        return out
    xy = _dense(strokes, radius)
    reach = int(np.ceil(radius))
    xy = xy[((xy >= -reach - 1) & (xy <= np.array([w, h]) + reach + 1)).all(axis=1)]
    cell = np.floor(xy).astype(np.int64)
    offset = np.arange(-reach, reach + 1)
    x, y = (cell[:, :1] + offset)[:, None, :], (cell[:, 1:] + offset)[:, :, None]
    near = (x + 0.5 - xy[:, :1, None]) ** 2 + (y + 0.5 - xy[:, 1:, None]) ** 2 <= radius * radius
    near[:, reach, reach] = True
    near &= (x >= 0) & (x < w) & (y >= 0) & (y < h)
    out.ravel()[(y * w + x)[near]] = True
    return out


def _dense(strokes: Sequence[Curve], radius: float = 0.0) -> Array:
    """The strokes sampled so finely that discs of `radius` at the samples leave no visible notches between them."""
    curves = [s.points if isinstance(s, Stroke) else s for s in strokes]
    return Bundle.of(curves).resampled(max(0.5, radius / 4)).points


def coverage(mask: Mask, strokes: Sequence[Curve], radius: float) -> float:
    """Share (0..1) of the ink's pixels within `radius` px of a stroke; 1 when there is no ink to cover."""
    ink = int(mask.sum())
    return float((paint(mask.shape, strokes, radius) & mask).sum() / ink) if ink else 1.0


def spurious(mask: Mask, strokes: Sequence[Curve], radius: float) -> float:
    """Share (0..1) of the strokes' length that runs farther than `radius` px from any ink's pixel; 0 for no strokes.

    A stroke of a single point counts like half a pixel of line. The frame of the picture is no ink: what leaves it is
    off the ink once it is farther than `radius` from the nearest ink.
    """
    if not strokes:
        return 0.0
    xy = _dense(strokes)
    margin = int(np.ceil(radius)) + 1
    cell = np.floor(xy).astype(np.int64) + margin
    near = dilate(np.pad(mask, margin), radius)
    h, w = near.shape
    inside = ((cell >= 0) & (cell < [w, h])).all(axis=1)
    return 1.0 - float(near[cell[inside, 1], cell[inside, 0]].sum()) / len(xy)
