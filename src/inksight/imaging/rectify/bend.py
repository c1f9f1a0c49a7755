"""How far lines of writing are bent: a smooth field of shifts, fitted to the course of the ink in each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...arrays import Array, Mask
from ...ink.frames import Bend

ORDER = (4, 3)
"""Powers of x (without a constant) and of y in the field."""

FEWEST = 4
"""So many long lines tell how a page is bent."""

WORTH = 0.05
"""The lines must be bent by this share of their height in the mean, and ..."""

DOUBT = 0.4
"""... fields fitted to either half of them must differ by less than this share of that."""

EDGE = 3.0
"""How much more than a letter's each point of the sheet's own edge counts."""


def fit(mask: Mask, boxes: Array, edges: Sequence[Array] = ()) -> Bend | None:
    """The field that takes straight lines to the lines of `mask`, bool (H, W); None where they are straight enough.

    `boxes`, float64 (n, 4), are the upright boxes (x0, y0, x1, y1) of lines of writing; `edges`, (n, 2) each, the
    courses of the sheet's upper and lower edge, where they are known.
    """
    courses = [c for box in boxes if (c := _course(mask, box)) is not None]
    if len(courses) < FEWEST:
        return None
    field = _Field((mask.shape[1] / 2, mask.shape[0] / 2), max(mask.shape) / 2)
    whole = field.fitted(courses, edges)
    halves = [field.fitted(courses[k::2], edges) for k in (0, 1)]
    bent = np.mean([np.ptp(_shifts(c, whole)) for c in courses])
    doubt = np.mean([np.ptp(_shifts(c, halves[0]) - _shifts(c, halves[1])) for c in courses])
    return whole if bent > WORTH * np.median(boxes[:, 3] - boxes[:, 1]) and doubt < DOUBT * bent else None


def _shifts(course: Array, bend: Bend) -> Array:
    """How far the bend moves the points of a level line where the course is: float64 (n,)."""
    return bend.shift(np.column_stack([course[:, 0], np.full(len(course), course[:, 1].mean())]))[0]


def _course(mask: Mask, box: Array) -> Array | None:
    """Points along the middle of a line's ink, float64 (n, 2), one for about each letter; None for too few."""
    x0, y0, x1, y1 = (int(v) for v in np.concatenate([np.floor(box[:2]), np.ceil(box[2:])]).clip(0))
    part = mask[y0:y1, x0:x1]
    step = max(3, round(0.5 * len(part)))
    points = []
    for left in range(0, part.shape[1] - step // 2, step):
        rows, columns = np.nonzero(part[:, left : left + step])
        if len(rows) >= step:
            points.append((x0 + left + columns.mean() + 0.5, y0 + np.median(rows) + 0.5))
    return np.array(points) if len(points) >= 5 else None


@dataclass(frozen=True)
class _Field:
    """Fits bends that have their origin at `middle` and `radius` for their unit."""

    middle: tuple[float, float]
    radius: float

    def fitted(self, lines: Sequence[Array], edges: Sequence[Array]) -> Bend:
        """Least squares over all courses, each free to lie anywhere; what deviates unusually counts less (Huber)."""
        terms, values, worth = [], [], []
        for course, counts in [(c, 1.0) for c in lines] + [(c, EDGE) for c in edges]:
            t = self._terms(course)
            terms.append(t - t.mean(axis=0))
            values.append(course[:, 1] - course[:, 1].mean())
            worth.append(np.full(len(course), counts))
        a, b, w = np.concatenate(terms), np.concatenate(values), np.concatenate(worth)
        powers = [(i + 1.0) * (j + 1.0) for i in range(ORDER[0]) for j in range(ORDER[1])]
        calm = np.sqrt(0.0002 * len(b)) * np.diag(powers)
        weight, solved = w.copy(), np.zeros(a.shape[1])
        for _ in range(8):
            rows = np.vstack([a * weight[:, None], calm])
            solved = np.linalg.lstsq(rows, np.append(b * weight, np.zeros(len(calm))))[0]
            left = np.abs(b - a @ solved)
            weight = w * np.sqrt(np.minimum(1, 1.5 * np.median(left) / np.maximum(left, 1e-9)))
        return Bend(solved.reshape(ORDER), self.middle, self.radius)

    def _terms(self, course: Array) -> Array:
        """What each weight of the field adds to the shift at the course's points: float64 (n, product of ORDER)."""
        u = (course[:, 0] - self.middle[0]) / self.radius
        v = (course[:, 1].mean() - self.middle[1]) / self.radius
        return np.stack([u ** (i + 1) * v**j for i in range(ORDER[0]) for j in range(ORDER[1])], axis=1)
