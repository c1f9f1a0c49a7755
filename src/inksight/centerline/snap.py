"""Move strokes onto the middle of the ink: a small correction across the pen's direction, never along it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Map
from ..imaging.pictures import binarize
from ..imaging.raster import pen_width
from ..ink import Stroke
from ..ink.curves import arc_lengths, resample


def snap(ink: Map, strokes: Sequence[Stroke], *, reach: float) -> list[Stroke]:
    """The strokes moved onto the ridge of the ink by at most `reach` px, and their ends drawn out to the ink's end.

    `ink` is float32 (H, W), 0 = paper, 1 = full ink; strokes and result are in its pixels. Each point climbs the
    blurred ink, only across the stroke's direction and only as far as the next ridge, so that it never changes to a
    line beside its own. The moves are averaged over all passes of the pen along the same ridge, which so keep their
    distance from one another, and then along the stroke, weighted by how sharp a ridge each point found: a crossing,
    where there is none, follows its surroundings. The result's points lie evenly, about half a pen width apart. A
    stroke shorter than the pen is wide stays as it is, and so does everything on a blank map.
    """
    pen = pen_width(binarize(ink)) if ink.size else 0.0
    if pen == 0 or reach <= 0:
        return list(strokes)
    ridge = blurred(ink, max(0.4 * pen, 0.7))
    rows = [i for i, s in enumerate(strokes) if s.length >= pen]
    starts = [resample(strokes[i].points, max(pen / 2, 1.0)) for i in rows]
    done = list(strokes)
    for i, curve in zip(rows, _on_the_ridge(ridge, starts, pen, reach), strict=True):
        head, tail = _extension(ink, curve[::-1], pen, reach)[::-1], _extension(ink, curve, pen, reach)
        done[i] = Stroke(np.concatenate([head, curve, tail]))
    return done


_ROUNDS = 2  # the directions of the second are those of curves already near the ridge


def _on_the_ridge(ridge: Map, starts: list[Array], pen: float, reach: float) -> list[Array]:
    """Evenly spaced curves moved onto the ridge, each point by at most `reach`."""
    if not starts:
        return []
    cuts = np.cumsum([len(c) for c in starts])[:-1]
    start = curve = np.concatenate(starts)
    for _ in range(_ROUNDS):
        move = curve + _step(ridge, np.split(curve, cuts), pen, reach) - start
        move *= np.minimum(1, reach / np.maximum(np.hypot(*move.T), 1e-9))[:, None]
        curve = start + move
    return np.split(curve, cuts)


def _step(ridge: Map, curves: list[Array], pen: float, reach: float) -> Array:
    """How far to move each point of evenly spaced curves: float64 (n, 2), all curves' points end to end."""
    spacings = [arc_lengths(c)[-1] / (len(c) - 1) for c in curves]
    tangent = np.concatenate(
        [
            _averaged(np.gradient(c, axis=0) / s, np.ones(len(c)), pen / s, 0)
            for c, s in zip(curves, spacings, strict=True)
        ]
    )
    straight = np.hypot(*tangent.T)  # 1 on a straight piece, 0 where the pen turns back
    along = tangent / np.maximum(straight, 1e-9)[:, None]
    normal = along[:, ::-1] * [-1, 1]
    points = np.concatenate(curves)
    offset, sharpness = _climbed(ridge, points, normal, reach)
    weight = (sharpness * pen**2) ** 2 * straight**4  # squared, as a crossing is a dull ridge in the wrong place
    move = _together(points, along, offset[:, None] * normal, weight, pen, reach)
    cuts = np.cumsum([len(c) for c in curves])[:-1]
    parts = zip(np.split(move, cuts), np.split(weight, cuts), spacings, strict=True)
    return np.concatenate([_averaged(m, w, pen / s, 0.05) for m, w, s in parts])


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


def _averaged(vectors: Array, weight: Array, sigma: float, prior: float) -> Array:
    """A weighted Gaussian average along the rows; `prior` is the weight of standing still."""
    radius = max(int(np.ceil(2.5 * sigma)), 1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    columns = np.concatenate([vectors * weight[:, None], weight[:, None]], axis=1)
    sums = np.stack([np.convolve(np.pad(c, radius), kernel, mode="valid") for c in columns.T], axis=1)
    return np.asarray(sums[:, :-1] / np.maximum(sums[:, -1:] + prior, 1e-9))


def _extension(ink: Map, curve: Array, pen: float, reach: float) -> Array:
    """The point that draws the curve's last end out to half a pen width before the ink's end, or none: (0 or 1, 2)."""
    back = curve[max(len(curve) - 5, 0)]
    ahead = (curve[-1] - back) / max(float(np.hypot(*(curve[-1] - back))), 1e-9)
    far = np.arange(0, reach + pen / 2 + 0.25, 0.25)
    dark = sample(ink, curve[-1] + far[:, None] * ahead) >= 0.5
    if not dark[0] or dark.all():
        return np.zeros((0, 2))
    by = far[int(np.argmin(dark))] - pen / 2
    return (curve[-1] + by * ahead)[None] if by > 0.5 else np.zeros((0, 2))


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
