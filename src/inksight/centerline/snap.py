"""Move strokes onto the middle of the ink: a small correction across the pen's direction, never along it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Map
from ..imaging.crop import Crop
from ..ink import Stroke
from ..ink.bundle import Bundle, gaussians


def snap(crop: Crop, strokes: Sequence[Stroke], *, reach: float) -> list[Stroke]:
    """The strokes moved onto the ridge of the ink by at most `reach` px, and their ends drawn out to the ink's end.

    Strokes and result are in the crop's pixels. Each point climbs the
    blurred ink, only across the stroke's direction and only as far as the next ridge, so that it never changes to a
    line beside its own. The moves are averaged over all passes of the pen along the same ridge, which so keep their
    distance from one another, and then along the stroke, weighted by how sharp a ridge each point found: a crossing,
    where there is none, follows its surroundings. The result's points lie evenly, about half a pen width apart. A
    stroke shorter than the pen is wide stays as it is, and so does everything on a blank crop.
    """
    ink, pen = crop.ink, crop.pen
    if pen == 0 or reach <= 0:
        return list(strokes)
    ridge = blurred(ink, max(0.4 * pen, 0.7))
    rows = [i for i, s in enumerate(strokes) if s.length >= pen]
    done = list(strokes)
    if rows:
        curves = Bundle.of([strokes[i].points for i in rows]).resampled(max(pen / 2, 1.0))
        curves = _on_the_ridge(ridge, curves, pen, reach)
        for i, points in zip(rows, _drawn_out(ink, curves, pen, reach), strict=True):
            done[i] = Stroke(points)
    return done


_ROUNDS = 2  # the directions of the second are those of curves already near the ridge


def _on_the_ridge(ridge: Map, start: Bundle, pen: float, reach: float) -> Bundle:
    """Evenly spaced curves moved onto the ridge, each point by at most `reach`."""
    curves = start
    for _ in range(_ROUNDS):
        move = curves.points + _step(ridge, curves, pen, reach) - start.points
        move *= np.minimum(1, reach / np.maximum(np.hypot(*move.T), 1e-9))[:, None]
        curves = Bundle(start.points + move, start.counts)
    return curves


def _step(ridge: Map, curves: Bundle, pen: float, reach: float) -> Array:
    """How far to move each point of evenly spaced curves: float64 (n, 2)."""
    spacing = curves.lengths / (curves.counts - 1)
    kernels = gaussians(pen / spacing, 2.5)
    tangent = _averaged(curves, curves.gradient() / spacing[curves.owner, None], np.ones(len(curves.points)), kernels)
    straight = np.hypot(*tangent.T)  # 1 on a straight piece, 0 where the pen turns back
    along = tangent / np.maximum(straight, 1e-9)[:, None]
    normal = along[:, ::-1] * [-1, 1]
    offset, sharpness = _climbed(ridge, curves.points, normal, reach)
    weight = (sharpness * pen**2) ** 2 * straight**4  # squared, as a crossing is a dull ridge in the wrong place
    move = _together(curves.points, along, offset[:, None] * normal, weight, pen, reach)
    return _averaged(curves, move, weight, kernels, 0.05)


_PARALLEL, _SHARED = 0.7, 0.35
"""Passes of the pen over one line: the cosine of their directions, and how far apart their ridges are in pen widths."""


def _together(points: Array, along: Array, move: Array, weight: Array, pen: float, reach: float) -> Array:
    """The moves, averaged over the passes of the pen that found the same ridge at the same place: float64 (n, 2).

    Each pass alone would move onto the ridge, and two passes become one: which of them ran which way could no longer be
    told from the places. So they keep their distance, and it is their middle that comes to lie on the ridge.
    """
    first, second = _neighbours(points, 2 * reach + pen / 2)
    way = along[first]
    apart = points[second] - points[first]
    shift = (apart * way).sum(axis=1)
    ridges = apart + move[second] - move[first]
    across = way[:, 0] * ridges[:, 1] - way[:, 1] * ridges[:, 0]
    parallel = np.abs((way * along[second]).sum(axis=1)) > _PARALLEL
    near = parallel & (np.abs(across) < _SHARED * pen) & (np.abs(shift) < pen)
    near |= first == second  # where the pen turns back it has no direction, and is alone
    first, second = first[near], second[near]
    share = np.exp(-0.5 * (shift[near] / (pen / 2)) ** 2) * (weight[second] + 1e-6)
    sums = [np.bincount(first, share * column, len(points)) for column in (*move[second].T, np.ones(len(second)))]
    return np.stack([sums[0] / sums[2], sums[1] / sums[2]], axis=1)


def _neighbours(points: Array, distance: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs (i, j), i = j among them, of points no further apart than `distance` along either axis."""
    order = np.argsort(points[:, 0], kind="stable")
    x = points[order, 0]
    low, high = np.searchsorted(x, x - distance), np.searchsorted(x, x + distance, side="right")
    count = high - low
    i = np.repeat(np.arange(len(x)), count)
    j = np.arange(len(i)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    first, second = order[i], order[j]
    near = np.abs(points[first, 1] - points[second, 1]) <= distance
    return first[near], second[near]


def _climbed(ridge: Map, curve: Array, normal: Array, reach: float) -> tuple[Array, Array]:
    """How far along its normal each point's next ridge is, and how sharply that bends: float64 (n,) each.

    Both are 0 where there is none within `reach`.
    """
    half = int(np.ceil(2 * reach)) + 1
    profile = sample(
        ridge, (curve[:, None] + 0.5 * np.arange(-half, half + 1)[:, None] * normal[:, None]).reshape(-1, 2)
    )
    profile = np.pad(profile.reshape(len(curve), -1), ((0, 0), (1, 1)), constant_values=-1)  # the climb ends there
    up, down = profile[:, half + 1 :], profile[:, half + 1 :: -1]
    right, left = ((side[:, 1:] <= side[:, :-1]).argmax(axis=1) for side in (up, down))
    row = np.arange(len(curve))
    top = half + 1 + np.where(up[row, right] >= down[row, left], right, -left)
    before, here, after = profile[row, top - 1], profile[row, top], profile[row, top + 1]
    bend = 4 * (2 * here - before - after)  # per square px, as the profile is sampled every half
    offset = 0.5 * (top - half - 1) + (after - before) / np.maximum(bend, 1e-9)
    found = (bend > 0.01) & (np.abs(offset) <= reach)
    return np.where(found, offset, 0), np.where(found, bend, 0)


def _averaged(curves: Bundle, vectors: Array, weight: Array, kernels: Array, prior: float = 0.0) -> Array:
    """A weighted average along each curve; `prior` is the weight of standing still."""
    sums = curves.convolved(np.concatenate([vectors * weight[:, None], weight[:, None]], axis=1), kernels)
    return np.asarray(sums[:, :-1] / np.maximum(sums[:, -1:] + prior, 1e-9))


def _drawn_out(ink: Map, curves: Bundle, pen: float, reach: float) -> list[Array]:
    """Each curve with the points that draw its ends out to half a pen width before the ink's end, where they do."""
    back = np.minimum(4, curves.counts - 1)
    heads, is_head = _extensions(ink, curves.points[curves.first], curves.points[curves.first + back], pen, reach)
    tails, is_tail = _extensions(ink, curves.points[curves.last], curves.points[curves.last - back], pen, reach)
    return [
        np.concatenate([heads[i : i + is_head[i]], points, tails[i : i + is_tail[i]]])
        for i, points in enumerate(curves.split())
    ]


def _extensions(ink: Map, ends: Array, back: Array, pen: float, reach: float) -> tuple[Array, NDArray[np.bool_]]:
    """A point beyond each end (n, 2), in the direction from `back`, and whether the ink goes on to it."""
    ahead = ends - back
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    far = np.arange(0, reach + pen / 2 + 0.25, 0.25)
    places = ends[:, None] + far[:, None] * ahead[:, None]
    dark = sample(ink, places.reshape(-1, 2)).reshape(len(ends), -1) >= 0.5
    by = far[np.argmin(dark, axis=1)] - pen / 2
    return ends + by[:, None] * ahead, dark[:, 0] & ~dark.all(axis=1) & (by > 0.5)


def sample(field: Map, points: Array) -> Array:
    """The field at the points by bilinear interpolation, held constant beyond its edge: float64 (n,)."""
    h, w = field.shape
    x, y = np.clip(points[:, 0] - 0.5, 0, w - 1), np.clip(points[:, 1] - 0.5, 0, h - 1)
    i, j = np.minimum(x.astype(np.int64), max(w - 2, 0)), np.minimum(y.astype(np.int64), max(h - 2, 0))
    right, below = np.minimum(i + 1, w - 1), np.minimum(j + 1, h - 1)
    u, v = x - i, y - j
    top = field[j, i] * (1 - u) + field[j, right] * u
    bottom = field[below, i] * (1 - u) + field[below, right] * u
    return np.asarray(top * (1 - v) + bottom * v, np.float64)


def blurred(field: Map, sigma: float) -> Map:
    """The field under a Gaussian of `sigma` px, 0 beyond its edge: float32 (H, W)."""
    radius = int(np.ceil(2.5 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    out = field
    for _ in range(2):  # each pass blurs the columns and turns the picture over its diagonal
        padded = np.pad(out, ((radius, radius), (0, 0)))
        total = np.zeros_like(out, dtype=np.float32)
        for k, share in enumerate(kernel):
            total += share * padded[k : k + len(out)]
        out = total.T
    return out
