"""Words in a text that was read with errors: approximate matching by weighted edit distance.

Texts are compared as letters and digits alone, small and without accents, words with single spaces between and around.
An edit costs 1; where it concerns a space it costs 0.5, since what is read as one word or two tells little, and an
ending ("herons" for "heron") less.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ..arrays import Array

SPACE_COST = 0.5
LETTERS_PER_ERROR = 4
"""So many letters of the query allow an edit of cost 1. Of 162 words on real pictures, 77 % of which were read rightly,
90 % are found so, with 1 in 1000 of the other words; with 2.5 it is 92 %, and 1.5."""
SHORT = 2
"""Queries of so few letters allow none."""


@dataclass(frozen=True)
class Hit:
    """Words of a text, by their first and last index, that are like the query; `score` is 1 where they are the same."""

    first: int
    last: int
    score: float


def normal(text: str) -> str:
    """Its letters and digits, small and without accents, in words."""
    return " ".join(filter(None, map(_normal_word, text.split())))


def _normal_word(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word).casefold() if c.isalnum())


def padded(words: Sequence[str]) -> str:
    """Words as the text that is searched; those without letters and digits leave nothing."""
    return f" {' '.join(filter(None, map(normal, words)))} "


def trigrams(query: str) -> set[str]:
    """All that a `normal` query and a text like it may share, the spaces around it included."""
    text = f" {query} "
    return {text[i : i + 3] for i in range(len(text) - 2)}


def hits(query: str, words: Sequence[str], text: str) -> list[Hit]:
    """Where neighbouring words, `padded` in `text`, are like the `normal` query: the best first, no word twice."""
    letters = len(query.replace(" ", ""))
    limit = letters / LETTERS_PER_ERROR if letters > SHORT else 0.0
    costs = _costs(f" {query} ", text)
    found: list[Hit] = []
    taken: set[int] = set()
    ends = np.flatnonzero(costs[-1] <= limit)
    if len(ends) == 0:
        return []
    rows, owner = costs.tolist(), _owners(words)
    for end in ends[np.argsort(costs[-1][ends], kind="stable")].tolist():
        touched = {owner[j] for j in _matched(rows, f" {query} ", text, end)}
        span = range(min(touched), max(touched) + 1)
        if not taken.intersection(span):
            taken.update(span)
            found.append(Hit(span[0], span[-1], 1 - rows[-1][end] / letters))
    return found


def _owners(words: Sequence[str]) -> list[int]:
    """For each character of `padded(words)` the index of its word; -1 for spaces."""
    parts = [(i, normal(word)) for i, word in enumerate(words)]
    return [-1, *chain.from_iterable([*(-1 if c == " " else i for c in part), -1] for i, part in parts if part)]


def _costs(query: str, text: str) -> Array:
    """float64 (m + 1, n + 1): what it costs to make the first i characters of the query into text that ends at j.

    All are multiples of a half, and so exact.
    """
    codes = np.array([ord(c) for c in text])
    letter = np.where(codes == ord(" "), SPACE_COST, 1.0)
    more = np.concatenate([[0.0], np.cumsum(letter)])  # text that the query hasn't
    rows = np.zeros((len(query) + 1, len(text) + 1))
    for i, c in enumerate(query, start=1):
        less = SPACE_COST if c == " " else 1.0
        other = np.where(codes == ord(c), 0.0, np.minimum(letter, less))
        best = rows[i - 1] + less
        best[1:] = np.minimum(best[1:], rows[i - 1, :-1] + other)
        rows[i] = np.minimum.accumulate(best - more) + more
    return rows


def _matched(costs: list[list[float]], query: str, text: str, end: int) -> list[int]:
    """The letters of the text that stand for letters of the query in the best match that ends at `end`, backwards."""
    i, j, found = len(query), end, []
    while i > 0:
        less = SPACE_COST if query[i - 1] == " " else 1.0
        letter = (SPACE_COST if text[j - 1] == " " else 1.0) if j else np.inf
        other = 0.0 if j and query[i - 1] == text[j - 1] else min(less, letter)
        if j and costs[i][j] == costs[i - 1][j - 1] + other:
            i, j = i - 1, j - 1
            if " " not in (query[i], text[j]):
                found.append(j)
        elif costs[i][j] == costs[i - 1][j] + less:
            i -= 1
        else:
            j -= 1
    return found
