"""A decoded word's strokes, mended: restarted ones joined to what they continue or moved to their place, crumbs gone.

Restarted strokes are those that were begun at residual ink when the word seemed complete. Some are letters that the
decoder skipped; others are the rest of a stroke that ended too early, or a speck beside one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..arrays import Array
from ..ink.bundle import Bundle, resample_all

REPEAT = 2.5
"""Two strokes that stay this close to one another, in canvas pixels (sampled every 3), are one stroke drawn twice."""
CRUMB_LENGTH, CRUMB_DISTANCE = 7.5, 5.5
"""A restarted stroke this short, this close to other strokes all along, in canvas pixels, is a crumb."""
NEAR = 6.0
"""A restarted stroke that starts this close to another's end, in canvas pixels, and doesn't turn back, continues it."""
TAIL = 6.0
"""A stroke's direction at its end is that of its last so many canvas pixels."""

Path = NDArray[np.int64]


class _Part:
    """A stroke, and the number of the restarted group that it belongs to: 0 for strokes decoded in their turn."""

    def __init__(self, points: Path, group: int) -> None:
        self.group = group
        self.become(points)

    def become(self, points: Path) -> None:
        """Have other points, and so other directions at its beginning and end."""
        self.points = points
        self.going, self.leaving = -_direction(points[::-1]), _direction(points)


def tidy(strokes: Sequence[ArrayLike], restarted: Sequence[int]) -> list[Path]:
    """Strokes (n, 2) in canvas pixels as decoded -> int64 strokes in the order in which they were written.

    `restarted` holds the index of each stroke that was begun at residual ink; what follows one belongs to its group.
    """
    if not strokes:
        return []
    groups = np.searchsorted(restarted, np.arange(len(strokes)), side="right").tolist()
    parts = [_Part(np.asarray(s, np.int64), g) for s, g in zip(strokes, groups, strict=True)]
    return _without_repeats(_in_place(_joined(_without_crumbs(parts))))


def _without_crumbs(parts: list[_Part]) -> list[_Part]:
    kept = list(parts)
    for part in parts:
        others = [p for p in kept if p is not part]
        if part.group and others and _length(part.points) <= CRUMB_LENGTH:
            beside = Bundle.of([p.points for p in others]).resampled(1.0).points
            apart = np.linalg.norm(part.points[:, None] - beside[None], axis=2).min(axis=1)
            if apart.max() <= CRUMB_DISTANCE:
                kept = others
    return kept


def _length(points: Path) -> float:
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def _joined(parts: list[_Part]) -> list[_Part]:
    """Restarted strokes that continue another, or that another continues, become one with it."""
    done = list(parts)
    for part in [p for p in parts if p.group]:
        others = [p for p in done if p is not part]
        ways = [(_gap(o, part), 0, o) for o in others] + [(_gap(part, o), 1, o) for o in others]
        gap, before, other = min(ways, key=lambda w: w[:2], default=(np.inf, 0, part))
        if gap <= NEAR:
            pair = (part.points, other.points) if before else (other.points, part.points)
            other.become(np.concatenate(pair))
            done = others
    return done


def _gap(first: _Part, second: _Part) -> float:
    """How far the second stroke starts from the first one's end; infinite where the pen would have to turn back."""
    ahead = first.leaving @ second.going >= 0
    return float(np.linalg.norm(first.points[-1] - second.points[0])) if ahead else np.inf


def _direction(points: Path) -> Array:
    """Where the pen is heading at the end: a unit vector; 0 for a dot."""
    apart = np.linalg.norm(points[-1] - points, axis=1)
    far = np.flatnonzero(apart >= min(TAIL, apart.max()))[-1]
    way: Array = (points[-1] - points[far]).astype(np.float64)
    return way / max(float(np.linalg.norm(way)), 1e-9)


def _in_place(parts: list[_Part]) -> list[Path]:
    """The strokes with each restarted group moved behind the last stroke that begins left of its middle."""
    order = [p for p in parts if not p.group]
    for number in sorted({p.group for p in parts} - {0}):
        group = [p for p in parts if p.group == number]
        x = np.concatenate([p.points for p in group])[:, 0]
        before = [at for at, p in enumerate(order) if p.points[:, 0].min() <= (x.min() + x.max()) / 2]
        place = before[-1] + 1 if before else 0
        order[place:place] = group
    return [p.points for p in order]


def _without_repeats(strokes: list[Path]) -> list[Path]:
    """The strokes less those that run beside an earlier one from end to end."""
    curves = resample_all(strokes, 3.0)
    boxes = np.array([[*c.min(axis=0), *c.max(axis=0)] for c in curves])
    near = (np.abs(boxes[:, None] - boxes) <= REPEAT).all(axis=2)  # else none of the two runs beside all of the other
    kept: list[int] = []
    for i, curve in enumerate(curves):
        if not any(near[i, k] and _repeats(curve, curves[k]) for k in kept):
            kept.append(i)
    return [strokes[i] for i in kept]


def _repeats(curve: Array, other: Array) -> bool:
    if not 0.5 <= len(curve) / len(other) <= 1.5:
        return False
    apart = np.linalg.norm(curve[:, None] - other[None], axis=2)
    return bool(max(apart.min(axis=1).max(), apart.min(axis=0).max()) <= REPEAT)
