"""How far lines of writing are bent: a smooth field of shifts, fitted to the course of the ink in each line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..frames import Bend
from ..geometry import Array

Mask = NDArray[np.bool_]

ORDER = (3, 3)
"""Powers of x (without a constant) and of y in the field."""

FEWEST = 4
"""So many long lines tell how a page is bent."""

WORTH = 0.1
"""The lines must be bent by this share of their height, and ..."""

BETTER = 0.8
"""... a field fitted to half of them must leave at most this share of the other half's deviations."""


def fit(mask: Mask, boxes: Array) -> Bend | None:
    """The field that takes straight lines to the lines of `mask`, bool (H, W); None where they are straight enough.

    `boxes`, float64 (n, 4), are the upright boxes (x0, y0, x1, y1) of lines of writing.
    """
    courses = [c for box in boxes if (c := _course(mask, box)) is not None]
    if len(courses) < FEWEST:
        return None
    middle, radius = (mask.shape[1] / 2, mask.shape[0] / 2), max(mask.shape) / 2
    heights = float(np.median(boxes[:, 3] - boxes[:, 1]))
    whole = _fitted(courses, middle, radius)
    halves = [_fitted(courses[k::2], middle, radius) for k in (0, 1)]
    before = np.concatenate([_deviation(c, None) for c in courses])
    after = np.concatenate([_deviation(c, halves[1 - i % 2]) for i, c in enumerate(courses)])
    bent = max(float(np.ptp(_shifts(c, whole))) for c in courses)
    if bent < WORTH * heights or np.abs(after).mean() > BETTER * np.abs(before).mean():
        return None
    return whole


def _course(mask: Mask, box: Array) -> Array | None:
    """Points along the middle of a line's ink, float64 (n, 2), one for about each letter; None for too few."""
    x0, y0, x1, y1 = (int(v) for v in np.concatenate([np.floor(box[:2]), np.ceil(box[2:])]).clip(0))
    part = mask[y0:y1, x0:x1]
    step = max(3, round(0.8 * len(part)))
    points = []
    for left in range(0, part.shape[1] - step // 2, step):
        rows, columns = np.nonzero(part[:, left : left + step])
        if len(rows) >= step:
            points.append((x0 + left + columns.mean() + 0.5, y0 + np.median(rows) + 0.5))
    return np.array(points) if len(points) >= 5 else None


def _terms(course: Array, middle: tuple[float, float], radius: float) -> Array:
    """What each weight of the field adds to the shift at the course's points: float64 (n, product of ORDER)."""
    u = (course[:, 0] - middle[0]) / radius
    v = (course[:, 1].mean() - middle[1]) / radius
    return np.stack([u ** (i + 1) * v**j for i in range(ORDER[0]) for j in range(ORDER[1])], axis=1)


def _fitted(courses: list[Array], middle: tuple[float, float], radius: float) -> Bend:
    """Least squares over all courses, each free to lie anywhere, deviations beyond the usual counting less (Huber)."""
    rows, values = [], []
    for course in courses:
        terms = _terms(course, middle, radius)
        rows.append(terms - terms.mean(axis=0))
        values.append(course[:, 1] - course[:, 1].mean())
    a, b = np.concatenate(rows), np.concatenate(values)
    calm = np.sqrt(0.002 * len(b)) * np.diag([(i + 1.0) * (j + 1.0) for i in range(ORDER[0]) for j in range(ORDER[1])])
    weight = np.ones(len(b))
    solved = np.zeros(a.shape[1])
    for _ in range(8):
        solved = np.linalg.lstsq(np.vstack([a * weight[:, None], calm]), np.append(b * weight, np.zeros(len(calm))))[0]
        left = np.abs(b - a @ solved)
        weight = np.sqrt(np.minimum(1, 1.5 * np.median(left) / np.maximum(left, 1e-9)))
    return Bend(solved.reshape(ORDER), middle, radius)


def _shifts(course: Array, bend: Bend) -> Array:
    """How far the bend moves the points of a level line where the course is: float64 (n,)."""
    return bend.shift(np.column_stack([course[:, 0], np.full(len(course), course[:, 1].mean())]))[0]


def _deviation(course: Array, bend: Bend | None) -> Array:
    """How far the course is from level once the bend is undone: float64 (n,)."""
    y = course[:, 1] if bend is None else course[:, 1] - _shifts(course, bend)
    return np.asarray(y - np.median(y))
