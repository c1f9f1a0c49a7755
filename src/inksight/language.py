"""How likely a text is before anybody has looked at the picture: a back-off n-gram model of characters."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from .errors import InputError

START, END = "\x02", "\x03"
"""Stand for the beginning and the end of a text."""
STEP = 1 / 16
"""Nats per unit of the stored numbers, which are whole and lie in 0..255."""
UNKNOWN = -7.0
"""Nats of a character that the model never saw, before what backing off costs."""


class LanguageModel:
    """n-grams with log-probabilities and back-off weights (S. Katz, 1987), in a file of train.language.

    The file is an .npz of `ngrams` (uint8, UTF-8, one per line), `cost` and `backoff` (uint8, for each n-gram: how many
    steps of `STEP` nats below 0 its probability and its weight as a context are) and `order`. Raises InputError for any
    other file.
    """

    def __init__(self, path: str | Path) -> None:
        try:
            with np.load(path) as z:
                ngrams = z["ngrams"].tobytes().decode().split("\n")
                self._cost: bytes = z["cost"].tobytes()
                self._backoff: bytes = z["backoff"].tobytes()
                self.order = int(z["order"])
            if not len(ngrams) == len(self._cost) == len(self._backoff):
                raise ValueError("numbers are missing")
            self._index = dict(zip(ngrams, range(len(ngrams)), strict=True))
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"{path}: not a language model; export the model again") from error

    def logp(self, before: str, character: str) -> float:
        """Nats of `character` (or END) after the text `before`."""
        context = (START + before)[1 - self.order :]
        spent = 0  # steps
        while True:
            found = self._index.get(context + character)
            if found is not None:
                return -STEP * (spent + self._cost[found])
            if not context:
                return UNKNOWN - STEP * spent
            known = self._index.get(context)
            spent += self._backoff[known] if known is not None else 0
            context = context[1:]
