"""How likely a text is before anybody has looked at the picture: a back-off n-gram model of characters."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from ..errors import InputError

START, END = "\x02", "\x03"
"""Stand for the beginning and the end of a text."""
STEP = 1 / 16
"""Nats per unit of the stored numbers, which are whole and lie in 0..255."""
UNKNOWN = -7.0
"""Nats of a character that the model never saw, before what backing off costs."""


_KEPT = 200_000  # answers kept at most


class LanguageModel:
    """n-grams with log-probabilities and back-off weights (S. Katz, 1987), in a file of train.language.

    The file is an .npz of `ngrams` (uint8, UTF-8, one per line, sorted), `cost` and `backoff` (uint8, for each n-gram:
    how many steps of `STEP` nats below 0 its probability and its weight as a context are) and `order`. The lines stay
    as they are until a text asks for those that begin like it, so that loading takes little time and memory. Raises
    InputError for any other file.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            with np.load(path) as z:
                lines = z["ngrams"]
                self._cost: bytes = z["cost"].tobytes()
                self._backoff: bytes = z["backoff"].tobytes()
                self.order = int(z["order"])
            self._text: bytes = lines.tobytes()
            self._starts = np.append(0, np.flatnonzero(lines == ord("\n")) + 1)
            if not len(self._starts) == len(self._cost) == len(self._backoff):
                raise ValueError("numbers are missing")
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not a language model; export the model again") from error
        self._blocks: dict[str, dict[str, int]] = {}
        self._known: dict[str, float] = {}

    def logp(self, before: str, character: str) -> float:
        """Nats of `character` (or END) after the text `before`."""
        context = (START + before)[1 - self.order :]
        known = self._known.get(context + character)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            known = self._known[context + character] = self._logp(context, character)
        return known

    def _logp(self, context: str, character: str) -> float:
        spent = 0  # steps
        while True:
            found = self._find(context + character)
            if found is not None:
                return -STEP * (spent + self._cost[found])
            if not context:
                return UNKNOWN - STEP * spent
            known = self._find(context)
            spent += self._backoff[known] if known is not None else 0
            context = context[1:]

    def _find(self, ngram: str) -> int | None:
        """The n-gram's line."""
        start = ngram[:2]
        block = self._blocks.get(start)
        if block is None:
            block = self._blocks[start] = self._block(start)
        return block.get(ngram)

    def _block(self, start: str) -> dict[str, int]:
        """The lines that begin with these two characters; of a single one, that line alone."""
        code = start.encode("utf-8", "replace")
        first = self._place(code)
        last = self._place(code + (b"\xff" if len(start) > 1 else b"\0"))
        if first == last:
            return {}
        end = self._starts[last] - 1 if last < len(self._starts) else len(self._text)
        lines = self._text[self._starts[first] : end].decode().split("\n")
        return dict(zip(lines, range(first, last), strict=True))

    def _place(self, code: bytes) -> int:
        """The number of lines before `code` in the order of their bytes."""
        low, high = 0, len(self._starts)
        while low < high:
            middle = (low + high) // 2
            start = self._starts[middle]
            if self._text[start : self._text.find(b"\n", start) if middle + 1 < len(self._starts) else None] < code:
                low = middle + 1
            else:
                high = middle
        return low


COMMON = "common.json"
"""The languages' commonest words, in the folder of their models."""
HITS, LEAD = 3, 1.25
"""A page is in a language if so many of its words are common in it, and so many times as many as in the next one."""

_FOLDER = Path(__file__).parent / "languages"


class Mixture(LanguageModel):
    """The mean of what two models hold likely: a language's, and the model's own that knows names and numbers."""

    def __init__(self, first: LanguageModel, second: LanguageModel) -> None:
        self._parts = first, second

    def logp(self, before: str, character: str) -> float:
        """Nats of `character` (or END) after the text `before`."""
        a, b = (part.logp(before, character) for part in self._parts)
        return max(a, b) + math.log1p(math.exp(-abs(a - b))) - math.log(2)


@cache
def of_language(code: str) -> LanguageModel:
    """The model of the letters of one of options.LANGUAGES."""
    return LanguageModel(_FOLDER / f"{code}.npz")


@cache
def _common() -> dict[str, frozenset[str]]:
    found: dict[str, str] = json.loads((_FOLDER / COMMON).read_text("utf-8"))
    return {code: frozenset(words.split()) for code, words in found.items()}


def guessed(words: Iterable[str]) -> str | None:
    """The language (its code) in which the most of the words are common ones; None where none is clearly ahead."""
    said = [w.strip(".,;:!?()\"'«»").lower() for w in words]
    hits = sorted(((sum(w in known for w in said), code) for code, known in _common().items()), reverse=True)
    (most, code), (next_most, _) = hits[:2]
    return code if most >= HITS and most >= LEAD * next_most else None
