"""Move strokes onto the middle of the ink: a small correction across the pen's direction, never along it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .fidelity import Field, pen_width
from .geometry import Array, arc_lengths, resample
from .image import binarize
from .ink import Stroke


def snap(ink: Field, strokes: Sequence[Stroke], *, reach: float) -> list[Stroke]:
    """The strokes moved onto the ridge of the ink by at most `reach` px, and their ends drawn out to the ink's end.

    `ink` is float32 (H, W), 0 = paper, 1 = full ink; strokes and result are in its pixels. Each point climbs the
    blurred ink, only across the stroke's direction and only as far as the next ridge, so that it never changes to a
    line beside its own. The moves are then averaged along the stroke, weighted by how sharp a ridge each point found:
    a crossing, where there is none, follows its surroundings. The result's points lie evenly, about half a pen width
    apart. A stroke shorter than the pen is wide stays as it is, and so does everything on a blank map.
    """
    pen = pen_width(binarize(ink)) if ink.size else 0.0
    if pen == 0 or reach <= 0:
        return list(strokes)
    ridge = blurred(ink, max(0.4 * pen, 0.7))
    return [s if s.length < pen else Stroke(_snapped(ink, ridge, s.points, pen, reach)) for s in strokes]


def _snapped(ink: Field, ridge: Field, points: ArrayLike, pen: float, reach: float) -> Array:
    curve = start = resample(points, max(pen / 2, 1.0))
    for _ in range(_ROUNDS):
        move = curve + _step(ridge, curve, pen, reach) - start
        move *= np.minimum(1, reach / np.maximum(np.hypot(*move.T), 1e-9))[:, None]
        curve = start + move
    head, tail = _extension(ink, curve[::-1], pen, reach)[::-1], _extension(ink, curve, pen, reach)
    return np.concatenate([head, curve, tail])


_ROUNDS = 2  # the directions of the second are those of a curve already near the ridge


def _step(ridge: Field, curve: Array, pen: float, reach: float) -> Array:
    """How far to move each point of an evenly spaced curve: float64 (n, 2)."""
    spacing = arc_lengths(curve)[-1] / (len(curve) - 1)
    tangent = _averaged(np.gradient(curve, axis=0) / spacing, np.ones(len(curve)), pen / spacing, 0)
    straight = np.hypot(*tangent.T)  # 1 on a straight piece, 0 where the pen turns back
    normal = tangent[:, ::-1] * [-1, 1] / np.maximum(straight, 1e-9)[:, None]
    offset, sharpness = _climbed(ridge, curve, normal, reach)
    weight = (sharpness * pen**2) ** 2 * straight**4  # squared, as a crossing is a dull ridge in the wrong place
    return _averaged(offset[:, None] * normal, weight, pen / spacing, 0.05)


def _climbed(ridge: Field, curve: Array, normal: Array, reach: float) -> tuple[Array, Array]:
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


def _extension(ink: Field, curve: Array, pen: float, reach: float) -> Array:
    """The point that draws the curve's last end out to half a pen width before the ink's end, or none: (0 or 1, 2)."""
    back = curve[max(len(curve) - 5, 0)]
    ahead = (curve[-1] - back) / max(float(np.hypot(*(curve[-1] - back))), 1e-9)
    far = np.arange(0, reach + pen / 2 + 0.25, 0.25)
    dark = sample(ink, curve[-1] + far[:, None] * ahead) >= 0.5
    if not dark[0] or dark.all():
        return np.zeros((0, 2))
    by = far[int(np.argmin(dark))] - pen / 2
    return (curve[-1] + by * ahead)[None] if by > 0.5 else np.zeros((0, 2))


def sample(field: Field, points: Array) -> Array:
    """The field at the points by bilinear interpolation, held constant beyond its edge: float64 (n,)."""
    h, w = field.shape
    x, y = np.clip(points[:, 0] - 0.5, 0, w - 1), np.clip(points[:, 1] - 0.5, 0, h - 1)
    i, j = np.minimum(x.astype(np.int64), max(w - 2, 0)), np.minimum(y.astype(np.int64), max(h - 2, 0))
    right, below = np.minimum(i + 1, w - 1), np.minimum(j + 1, h - 1)
    u, v = x - i, y - j
    top = field[j, i] * (1 - u) + field[j, right] * u
    bottom = field[below, i] * (1 - u) + field[below, right] * u
    return np.asarray(top * (1 - v) + bottom * v, np.float64)


def blurred(field: Field, sigma: float) -> Field:
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
