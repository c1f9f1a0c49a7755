"""Many curves in one array, for what is done to all at once: a few operations on long arrays, not many on short ones.

Each function does what its namesake in `curves` does to one curve, up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bundle:
    """Curves end to end: `points` float64 (n, 2), and how many of them each curve has, int64 (curves,), all >= 1."""

    points: Array
    counts: Index

    @classmethod
    def of(cls, curves: Sequence[ArrayLike]) -> Bundle:
        """Curves of shape (n >= 1, 2) each."""
        arrays = [np.asarray(c, np.float64).reshape(-1, 2) for c in curves]
        counts = np.array([len(c) for c in arrays], np.int64)
        return cls(np.concatenate(arrays) if arrays else np.zeros((0, 2)), counts)

    @cached_property
    def first(self) -> Index:
        """The place of each curve's first point."""
        return np.asarray(np.cumsum(self.counts) - self.counts, np.int64)

    @cached_property
    def last(self) -> Index:
        """The place of each curve's last point."""
        return self.first + self.counts - 1

    @cached_property
    def owner(self) -> Index:
        """The number of each point's curve."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    @cached_property
    def arcs(self) -> Array:
        """Arc length up to each point, from the beginning of the first curve on: float64 (n,)."""
        steps = np.linalg.norm(np.diff(self.points, axis=0, prepend=self.points[:1]), axis=1)
        steps[self.first] = 0
        return np.asarray(np.cumsum(steps))

    @cached_property
    def lengths(self) -> Array:
        """Each curve's length: float64 (curves,)."""
        return np.asarray(self.arcs[self.last] - self.arcs[self.first])

    def split(self, values: Array | None = None) -> list[Array]:
        """The curves' points, or other values of all points (n, ...), curve by curve."""
        return np.split(self.points if values is None else values, self.first[1:])

    def gradient(self) -> Array:
        """Each point's direction, per sample: half the way from the one before to the one after, at a curve's end all
        of the way from or to the other; 0 for a curve of one point. float64 (n, 2)."""
        at = np.arange(len(self.points))
        before, after = np.maximum(at - 1, self.first[self.owner]), np.minimum(at + 1, self.last[self.owner])
        return np.asarray((self.points[after] - self.points[before]) / np.maximum(after - before, 1)[:, None])

    def resampled(self, step: float) -> Bundle:
        """Points spaced evenly along each curve, at most `step` apart, both ends kept; of a curve of length 0 one."""
        counts = np.maximum(2, np.ceil(self.lengths / step - 1e-9).astype(np.int64) + 1)
        counts[self.lengths == 0] = 1
        even = Bundle(np.zeros((int(counts.sum()), 2)), counts)
        along = np.arange(len(even.points)) - even.first[even.owner]
        gap = np.arange(len(counts))  # between one curve and the next, so that all arcs rise
        at = (self.arcs[self.first] + gap)[even.owner] + along * (self.lengths / np.maximum(counts - 1, 1))[even.owner]
        arcs = self.arcs + gap[self.owner]
        at[even.last[counts > 1]] = arcs[self.last[counts > 1]]
        even.points[:] = np.stack([np.interp(at, arcs, column) for column in self.points.T], axis=1)
        return even

    def smoothed(self, sigma: float) -> Bundle:
        """Each curve under a Gaussian of `sigma` along the arc, both ends fixed, evenly sampled every `sigma` / 2."""
        if sigma <= 0:
            return self
        even = self.resampled(sigma / 2)
        spacing = even.lengths / np.maximum(even.counts - 1, 1)
        kernels = gaussians(sigma / np.maximum(spacing, 1e-9), 3.0, even.counts - 1)
        out = even.convolved(even.points, kernels, reflect=True)
        ends = np.concatenate([even.first, even.last])
        out[ends] = even.points[ends]
        return Bundle(out, even.counts)

    def convolved(self, values: Array, kernels: Array, *, reflect: bool = False) -> Array:
        """Values of the points (n, c) under a kernel for each curve, float64 (curves, 2 radius + 1).

        Beyond a curve's ends they are 0, or with `reflect` those of the curve turned about its end.
        """
        radius = kernels.shape[1] // 2
        place = np.arange(len(values)) + radius * (2 * self.owner + 1)
        padded = np.zeros((len(values) + 2 * radius * len(self.counts), values.shape[1]))
        padded[place] = values
        for k in range(1, radius + 1) if reflect else ():
            near = np.minimum(k, self.counts - 1)
            padded[place[self.first] - k] = 2 * values[self.first] - values[self.first + near]
            padded[place[self.last] + k] = 2 * values[self.last] - values[self.last - near]
        shares = kernels[self.owner]
        out = np.zeros_like(values)
        for k in range(2 * radius + 1):
            out += shares[:, k, None] * padded[place + k - radius]
        return out


def gaussians(sigma: Array, reach: float, most: Index | None = None) -> Array:
    """A normalised Gaussian for each `sigma` (in samples), cut off at `reach` sigmas and at `most` samples: float64
    (len(sigma), 2 radius + 1), where the radius is the largest of them."""
    radius = np.maximum(np.ceil(reach * sigma).astype(np.int64), 1)
    if most is not None:
        radius = np.minimum(radius, most)
    at = np.arange(-radius.max(initial=0), radius.max(initial=0) + 1)
    kernels = np.exp(-0.5 * (at / sigma[:, None]) ** 2) * (np.abs(at) <= radius[:, None])
    return np.asarray(kernels / kernels.sum(axis=1, keepdims=True))


def resample_all(curves: Sequence[ArrayLike], step: float) -> list[Array]:
    """`curves.resample` for several curves. Raises ValueError unless step > 0."""
    if not step > 0:
        raise ValueError(f"step must be positive, not {step}")
    return Bundle.of(curves).resampled(step).split() if len(curves) else []


def smooth_all(curves: Sequence[ArrayLike], sigma: float) -> list[Array]:
    """`curves.smooth` for several curves, evenly sampled every `sigma` / 2."""
    return Bundle.of(curves).smoothed(sigma).split() if len(curves) else []
