"""Maps between two pictures of the same sheet: affine, perspective, bent paper, and several one after the other.

All are immutable, take and give float64 (n, 2), and invert exactly (a bend to 1e-6 pixels). The affine map is enough
for crops and scaling.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array

SHORT = 24.0
"""So many pixels of a line on bent paper are straight."""


class Frame(Protocol):
    """A smooth one-to-one map of the plane."""

    def apply(self, points: ArrayLike) -> Array:
        """The points (n, 2) in the target frame: float64 (n, 2)."""
        ...

    def along(self, curve: ArrayLike) -> Array:
        """The points of a curve in the target frame: float64 (m, 2), more of them where straight lines bend."""
        ...

    def inverse(self) -> Frame:
        """The map back."""
        ...

    def zoom(self, at: tuple[float, float]) -> float:
        """How many times longer things become near the point `at` (of the source frame): the root of the area's."""
        ...


@dataclass(frozen=True)
class Affine:
    """The map (x, y) -> (a x + b y + c, d x + e y + f) between two frames, with its exact inverse."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    @classmethod
    def translation(cls, dx: float, dy: float) -> Affine:
        return cls(c=dx, f=dy)

    @classmethod
    def scaling(cls, sx: float, sy: float | None = None) -> Affine:
        return cls(a=sx, e=sx if sy is None else sy)

    @classmethod
    def rotation(cls, radians: float) -> Affine:
        """Turns by `radians` from the x axis towards the y axis (clockwise on the screen, as y points down)."""
        cos, sin = float(np.cos(radians)), float(np.sin(radians))
        return cls(a=cos, b=-sin, d=sin, e=cos)

    def apply(self, points: ArrayLike) -> Array:
        """float64 (n, 2) in the target frame."""
        xy = np.asarray(points, np.float64).reshape(-1, 2)
        x, y = xy[:, 0], xy[:, 1]
        return np.stack([self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f], axis=1)

    def along(self, curve: ArrayLike) -> Array:
        """The same: straight lines stay straight."""
        return self.apply(curve)

    def then(self, after: Affine) -> Affine:
        """The map that does this one first, then `after`."""
        return Affine(
            after.a * self.a + after.b * self.d,
            after.a * self.b + after.b * self.e,
            after.a * self.c + after.b * self.f + after.c,
            after.d * self.a + after.e * self.d,
            after.d * self.b + after.e * self.e,
            after.d * self.c + after.e * self.f + after.f,
        )

    def inverse(self) -> Affine:
        """The map back. Raises ValueError when the map flattens the plane."""
        det = self.a * self.e - self.b * self.d
        if det == 0 or not np.isfinite(det):
            raise ValueError("this affine map has no inverse")
        a, b, d, e = self.e / det, -self.b / det, -self.d / det, self.a / det
        return Affine(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))

    def zoom(self, at: tuple[float, float] = (0.0, 0.0)) -> float:
        """How many times longer things become: the root of how areas grow, the same everywhere."""
        return float(abs(self.a * self.e - self.b * self.d) ** 0.5)


@dataclass(frozen=True, eq=False)
class Homography:
    """What a camera does to a plane: (x, y, 1) times `matrix`, float64 (3, 3), divided by its third part."""

    matrix: Array

    @classmethod
    def of(cls, frame: Affine) -> Homography:
        return cls(np.array([[frame.a, frame.b, frame.c], [frame.d, frame.e, frame.f], [0.0, 0.0, 1.0]]))

    @classmethod
    def of_corners(cls, source: ArrayLike, target: ArrayLike) -> Homography:
        """The map that takes four points (4, 2) to four others. Raises ValueError if three lie on a line."""
        rows, values = [], []
        for (x, y), (u, v) in zip(np.asarray(source, float), np.asarray(target, float), strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            values += [u, v]
        try:
            solved = np.linalg.solve(np.array(rows), np.array(values))
        except np.linalg.LinAlgError:
            raise ValueError("three of the four points lie on a line") from None
        return cls(np.append(solved, 1.0).reshape(3, 3))

    def apply(self, points: ArrayLike) -> Array:
        """float64 (n, 2) in the target frame; points on the horizon become infinite."""
        xy = np.asarray(points, np.float64).reshape(-1, 2)
        u = np.concatenate([xy, np.ones((len(xy), 1))], axis=1) @ self.matrix.T
        with np.errstate(divide="ignore", invalid="ignore"):
            mapped: Array = u[:, :2] / u[:, 2:]
        return mapped

    def along(self, curve: ArrayLike) -> Array:
        return self.apply(curve)

    def then(self, after: Homography) -> Homography:
        """The map that does this one first, then `after`."""
        return Homography(after.matrix @ self.matrix)

    def inverse(self) -> Homography:
        """The map back. Raises ValueError when the map flattens the plane."""
        try:
            back = np.linalg.inv(self.matrix)
        except np.linalg.LinAlgError:
            raise ValueError("this homography has no inverse") from None
        return Homography(back / np.abs(back).max())

    def zoom(self, at: tuple[float, float]) -> float:
        depth = float(self.matrix[2] @ (*at, 1.0))
        return float(abs(np.linalg.det(self.matrix) / depth**3) ** 0.5)


@dataclass(frozen=True, eq=False)
class Bend:
    """Straight lines of writing -> the lines as they run on bent paper: (x, y) -> (x, y + d(x, y)), smooth in both.

    `weights` (n, m) are those of u^(i+1) v^j in d, for i < n and j < m, where u = (x - cx) / r and v = (y - cy) / r
    with `middle` = (cx, cy) and the `radius` r; d is in pixels. No two heights of a column may change their order.
    """

    weights: Array
    middle: tuple[float, float]
    radius: float

    def shift(self, points: ArrayLike) -> tuple[Array, Array]:
        """d at each point, and its derivative by y: float64 (n,) each."""
        xy = np.asarray(points, np.float64).reshape(-1, 2)
        u, v = ((xy - self.middle) / self.radius).T
        along = np.stack([u ** (i + 1) for i in range(self.weights.shape[0])]).T @ self.weights
        powers = np.arange(self.weights.shape[1])
        steepness = powers[1:] * v[:, None] ** powers[:-1] / self.radius
        return (along * v[:, None] ** powers).sum(axis=1), (along[:, 1:] * steepness).sum(axis=1)

    def apply(self, points: ArrayLike) -> Array:
        xy = np.array(points, np.float64).reshape(-1, 2)
        xy[:, 1] += self.shift(xy)[0]
        return xy

    def along(self, curve: ArrayLike) -> Array:
        return self.apply(_subdivided(curve))

    def inverse(self) -> _Unbend:
        return _Unbend(self)

    def zoom(self, at: tuple[float, float]) -> float:
        return float(abs(1 + self.shift([at])[1][0]) ** 0.5)


@dataclass(frozen=True, eq=False)
class _Unbend:
    """The inverse of a bend, by Newton's method."""

    bend: Bend

    def apply(self, points: ArrayLike) -> Array:
        target = np.array(points, np.float64).reshape(-1, 2)
        xy = target.copy()
        for _ in range(30):
            shift, slope = self.bend.shift(xy)
            step = (xy[:, 1] + shift - target[:, 1]) / np.maximum(1 + slope, 0.1)
            xy[:, 1] -= step
            if len(step) == 0 or abs(step).max() < 1e-7:
                break
        return xy

    def along(self, curve: ArrayLike) -> Array:
        return self.apply(_subdivided(curve))

    def inverse(self) -> Bend:
        return self.bend

    def zoom(self, at: tuple[float, float]) -> float:
        x, y = self.apply([at])[0].tolist()
        return 1 / self.bend.zoom((x, y))


@dataclass(frozen=True)
class Chain:
    """Frames one after the other."""

    frames: tuple[Frame, ...] = ()

    def apply(self, points: ArrayLike) -> Array:
        return reduce(lambda xy, frame: frame.apply(xy), self.frames, np.array(points, np.float64).reshape(-1, 2))

    def along(self, curve: ArrayLike) -> Array:
        return reduce(lambda xy, frame: frame.along(xy), self.frames, np.array(curve, np.float64).reshape(-1, 2))

    def inverse(self) -> Chain:
        return Chain(tuple(f.inverse() for f in reversed(self.frames)))

    def zoom(self, at: tuple[float, float]) -> float:
        total = 1.0
        for frame in self.frames:
            total *= frame.zoom(at)
            x, y = frame.apply([at])[0].tolist()
            at = x, y
        return total


def _subdivided(curve: ArrayLike) -> Array:
    """The curve with more points on it, so that none is farther than SHORT from the next."""
    xy = np.asarray(curve, np.float64).reshape(-1, 2)
    parts = np.maximum(1, np.ceil(np.linalg.norm(np.diff(xy, axis=0), axis=1) / SHORT)).astype(int)
    at = np.concatenate([*(k + np.arange(n) / n for k, n in enumerate(parts.tolist())), [len(xy) - 1]])
    return np.stack([np.interp(at, np.arange(len(xy)), axis) for axis in xy.T], axis=1)
