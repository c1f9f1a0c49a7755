"""Curves: resampling, simplification, smoothing, distances. Pure functions over (n, 2) arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array


def arc_lengths(points: ArrayLike) -> Array:
    """Cumulative arc length at each point: float64 (n,), starting at 0."""
    xy = np.asarray(points, np.float64)
    return np.concatenate([[0.0], np.cumsum(_norms(np.diff(xy, axis=0)))])


def resample(points: ArrayLike, step: float) -> Array:
    """Points spaced evenly along the arc, at most `step` apart, both ends kept: float64 (m, 2).

    A curve of length 0 comes back as its first point. Raises ValueError unless step > 0.
    """
    if not step > 0:
        raise ValueError(f"step must be positive, not {step}")
    xy = np.asarray(points, np.float64)
    s = arc_lengths(xy)
    if s[-1] == 0:
        return xy[:1].copy()
    at = np.linspace(0, s[-1], max(2, int(np.ceil(s[-1] / step - 1e-9)) + 1))
    return np.stack([np.interp(at, s, xy[:, 0]), np.interp(at, s, xy[:, 1])], axis=1)


def resample_all(points: ArrayLike, counts: ArrayLike, step: float) -> tuple[Array, NDArray[np.int64]]:
    """`resample` of several curves that lie end to end, of so many points each: the points, and how many each has."""
    xy, count = np.asarray(points, np.float64), np.asarray(counts, np.int64)
    last = np.cumsum(count) - 1
    first = last - count + 1
    legs = _norms(np.diff(xy, axis=0, prepend=xy[:1]))
    legs[first] = 1.0  # keeps curves apart, and their places along the whole in order
    along = np.cumsum(legs)
    length = along[last] - along[first]
    fresh = np.where(length > 0, np.maximum(2, np.ceil(length / step - 1e-9).astype(np.int64) + 1), 1)
    curve = np.repeat(np.arange(len(count)), fresh)
    share = (np.arange(len(curve)) - (np.cumsum(fresh) - fresh)[curve]) / np.maximum(fresh - 1, 1)[curve]
    at = along[first][curve] + share * length[curve]
    return np.stack([np.interp(at, along, xy[:, 0]), np.interp(at, along, xy[:, 1])], axis=1), fresh


def significance(points: ArrayLike) -> Array:
    """For each point the tolerance from which Ramer-Douglas-Peucker drops it: float64 (n,), infinite at the ends.

    `points[significance(points) > eps]` is the RDP simplification of the open curve for every eps at once, made
    monotone: a point never outlives the one at which its piece of the curve was cut.
    Ramer 1972; Douglas and Peucker 1973, with the distance to the chord's segment.
    """
    xy = np.asarray(points, np.float64)
    return _significance(xy, np.array([0]), np.array([len(xy) - 1]))


def significances(points: ArrayLike, counts: ArrayLike) -> Array:
    """`significance` of several curves that lie end to end, of so many points each: float64 (n,)."""
    ends = np.cumsum(np.asarray(counts, np.int64))
    return _significance(np.asarray(points, np.float64), np.append(0, ends[:-1]), ends - 1)


def _significance(xy: Array, first: NDArray[np.int64], last: NDArray[np.int64]) -> Array:
    """`significance` of several curves in one array, each from a `first` to a `last` point.

    All pieces of all curves that are cut equally often are cut at once: a handful of operations on long arrays instead
    of thousands on short ones.
    """
    out = np.zeros(len(xy))
    out[first] = out[last] = np.inf
    a, b, limit = first, last, np.full(len(first), np.inf)
    while True:
        long = b - a >= 2
        a, b, limit = a[long], b[long], limit[long]
        if not len(a):
            return out
        count = b - a - 1
        begin = np.cumsum(count) - count
        piece = np.repeat(np.arange(len(a)), count)
        point = np.arange(len(piece)) + (a + 1 - begin)[piece]
        chord, away = (xy[b] - xy[a])[piece], xy[point] - xy[a][piece]
        norm2 = (chord**2).sum(axis=1)
        share = np.clip((away * chord).sum(axis=1) / np.where(norm2 > 0, norm2, 1), 0, 1)
        distance = _norms(away - share[:, None] * chord)
        most = np.maximum.reduceat(distance, begin)
        farthest = np.flatnonzero(distance == most[piece])[::-1]
        cut = np.zeros(len(a), np.int64)
        cut[piece[farthest]] = point[farthest]  # of equally far ones the first stays
        here = np.minimum(most, limit)
        out[cut] = here
        bent = here > 0
        a, b = np.concatenate([a[bent], cut[bent]]), np.concatenate([cut[bent], b[bent]])
        limit = np.concatenate([here[bent], here[bent]])


def simplify(points: ArrayLike, tolerance: float) -> Array:
    """The curve without the points that lie within `tolerance` of the rest (RDP); ends are kept: float64 (m, 2)."""
    xy = np.asarray(points, np.float64)
    return xy[significance(xy) > tolerance]


def simplify_all(curves: Sequence[ArrayLike], tolerance: float) -> list[Array]:
    """`simplify` for several curves, faster than one by one."""
    if not curves:
        return []
    arrays = [np.asarray(c, np.float64) for c in curves]
    ends = np.cumsum([len(c) for c in arrays])
    starts = np.append(0, ends[:-1])
    kept = _significance(np.concatenate(arrays), starts, ends - 1) > tolerance
    return [c[kept[a:b]] for c, a, b in zip(arrays, starts.tolist(), ends.tolist(), strict=True)]


def smooth(points: ArrayLike, sigma: float, step: float | None = None) -> Array:
    """The curve under a Gaussian of `sigma` along the arc, both ends fixed: float64 (m, 2).

    The curve is first resampled evenly at `step` (default sigma / 2). The ends are held by reflecting the curve through
    them, which keeps the end points and their tangents. A curve shorter than a step, or sigma = 0, is only copied.
    """
    xy = np.asarray(points, np.float64)
    if sigma <= 0 or len(xy) < 2:
        return xy.copy()
    even = resample(xy, step or sigma / 2)
    if len(even) < 3:
        return even
    spacing = arc_lengths(even)[-1] / (len(even) - 1)
    radius = min(int(np.ceil(3 * sigma / spacing)), len(even) - 1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) * spacing / sigma) ** 2)
    kernel /= kernel.sum()
    head = 2 * even[0] - even[radius:0:-1]
    tail = 2 * even[-1] - even[-2 : -radius - 2 : -1]
    padded = np.concatenate([head, even, tail])
    out = np.stack([np.convolve(padded[:, i], kernel, mode="valid") for i in (0, 1)], axis=1)
    out[[0, -1]] = even[[0, -1]]
    return out


def distance_to_polyline(queries: ArrayLike, points: ArrayLike) -> Array:
    """Euclidean distance of each query point to the nearest place on the polyline: float64 (m,)."""
    q, xy = np.asarray(queries, np.float64), np.asarray(points, np.float64)
    if len(xy) == 1:
        return _norms(q - xy[0])
    nearest: Array = np.min([_distance_to_segment(q, a, b) for a, b in pairwise(xy)], axis=0)
    return nearest


def _distance_to_segment(q: Array, a: Array, b: Array) -> Array:
    chord = b - a
    norm2 = float(chord @ chord)
    if norm2 == 0:
        return _norms(q - a)
    t = np.clip((q - a) @ chord / norm2, 0, 1)
    return _norms(q - a - t[:, None] * chord)


def _norms(vectors: Array) -> Array:
    norms: Array = np.linalg.norm(vectors, axis=1)
    return norms
