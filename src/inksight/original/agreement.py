"""How far raters agree beyond chance: Cohen's kappa for two of them, Fleiss' kappa for any number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike


def cohen(first: Sequence[object], second: Sequence[object]) -> float:
    """Cohen's kappa (1960) of two raters' answers to the same questions, in the same order.

    1 for full agreement, 0 for what chance gives; NaN without answers, and where both always give one same answer.
    Raises ValueError for lists of different lengths.
    """
    if len(first) != len(second):
        raise ValueError("both raters must answer the same questions")
    kinds = sorted({*first, *second}, key=repr)
    table = np.zeros((len(kinds), len(kinds)))
    for a, b in zip(first, second, strict=True):
        table[kinds.index(a), kinds.index(b)] += 1
    if not table.sum():
        return float("nan")
    table /= table.sum()
    chance = float(table.sum(axis=0) @ table.sum(axis=1))
    return _beyond(float(np.trace(table)), chance)


def fleiss(counts: ArrayLike) -> float:
    """Fleiss' kappa (1971) of counts (questions, answers): how many raters gave each answer to each question.

    The numbers of raters may differ: every pair of answers to a question counts evenly within it, and questions with
    fewer than two answers are left out. NaN where nothing is left, and where all answers are the same.
    """
    table = np.asarray(counts, np.float64)
    table = table[table.sum(axis=1) >= 2] if table.size else np.zeros((0, 1))
    if not len(table):
        return float("nan")
    raters = table.sum(axis=1)
    same = ((table**2).sum(axis=1) - raters) / (raters * (raters - 1))
    shares = table.sum(axis=0) / table.sum()
    return _beyond(float(same.mean()), float(shares @ shares))


def _beyond(seen: float, chance: float) -> float:
    return (seen - chance) / (1 - chance) if chance < 1 - 1e-12 else float("nan")
