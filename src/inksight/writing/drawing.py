"""Ink as flat arrays, which whole words are moved, bent and joined with at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..ink.curves import significances

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass
class Drawing:
    """Strokes end to end: `xy` float64 (n, 2), `rank` (n,) for Ramer-Douglas-Peucker (infinite at the strokes' ends),
    `count` (strokes,) points of each stroke."""

    xy: Floats
    rank: Floats
    count: Integers

    @classmethod
    def of(cls, strokes: Sequence[ArrayLike]) -> Drawing:
        """Strokes (n >= 1, 2), ranked."""
        curves = [np.asarray(s, np.float64) for s in strokes]
        xy, count = np.concatenate(curves), np.array([len(c) for c in curves], np.int64)
        return cls(xy, significances(xy, count), count)

    def scaled(self, scale: float, shift: Sequence[float] | Floats) -> Drawing:
        """Scaled, then shifted."""
        return Drawing(self.xy * scale + shift, self.rank * scale, self.count)

    def turned(self, matrix: Floats) -> Drawing:
        """Each point times the (2, 2) matrix; the ranks stay, as the matrix hardly changes sizes."""
        return Drawing(self.xy @ matrix, self.rank, self.count)

    def stroke_numbers(self) -> Integers:
        """The stroke of each point."""
        return np.repeat(np.arange(len(self.count)), self.count)

    def strokes(self) -> list[Floats]:
        """float64 (n, 2) each."""
        return np.split(self.xy, np.cumsum(self.count)[:-1])

    def box(self) -> tuple[Floats, Floats]:
        """Its least and greatest x and y."""
        return self.xy.min(axis=0), self.xy.max(axis=0)


def end_to_end(drawings: Sequence[Drawing], joint: float = -1.0) -> Drawing:
    """All strokes of all drawings; where one ends within `joint` of where the next begins, one stroke goes through."""
    count: list[int] = []
    last = np.full(2, np.inf)
    for d in drawings:
        joined = bool(count) and float(np.hypot(*(d.xy[0] - last))) <= joint
        if joined:
            count[-1] += int(d.count[0])
        count += d.count[joined:].tolist()
        last = d.xy[-1]
    xy, rank = np.concatenate([d.xy for d in drawings]), np.concatenate([d.rank for d in drawings])
    return Drawing(xy, rank, np.array(count, np.int64))
