"""The shipped network shown words: each in one view and, where two views give different ink, in more of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..imaging.canvas import standardise
from ..imaging.crop import Crop
from ..ink.frames import Affine
from .decoding import Decoded, decode
from .engine import Engine
from .models import located
from .splitting import WIDEST
from .views import ROUNDS, STRAIGHT, View, consensus

BATCH = 32
"""Words decoded together: more gain little and use more memory."""


class Prediction(NamedTuple):
    """What a network makes of a word: its ink on a canvas, and the map from the word's crop to that."""

    found: Decoded
    frame: Affine


class Predictor:
    """Raises InputError when `model` (a shipped name or a folder) can't be used.

    With `fast` each word is decoded in one view alone, in a third of the time. `language` is one of options.LANGUAGES.
    """

    widest = WIDEST

    def __init__(self, model: str | Path | None = None, *, fast: bool = False, language: str | None = None) -> None:
        engine = _engine(located(model))
        self.engine = engine.with_language(language) if language else engine
        self.calibration = engine.calibration
        self.rounds = () if fast else ROUNDS

    def predict(self, crops: Sequence[Crop], mode: str, texts: Sequence[str | None] | None) -> list[Prediction]:
        """Decode, ink in other views as well: the surest stays, with the text as first read."""
        predictions = [[prediction] for prediction in self._seen(crops, mode, texts, [STRAIGHT] * len(crops))]
        out = [first for (first,) in predictions]
        unsure = [] if mode == "recognize" else list(range(len(crops)))
        prompted = mode if mode == "derender" else "derender-with-text"
        for views in self.rounds:
            told = [predictions[i][0].found.text for i in unsure for _ in views]
            again = self._seen([crops[i] for i in unsure for _ in views], prompted, told, views * len(unsure))
            open_yet = []
            for k, i in enumerate(unsure):
                predictions[i] += again[k * len(views) : (k + 1) * len(views)]
                out[i], settled = _consensus(predictions[i])
                if not settled:
                    open_yet.append(i)
            unsure = open_yet
        return out

    def _seen(
        self, crops: Sequence[Crop], mode: str, texts: Sequence[str | None] | None, views: Sequence[View]
    ) -> list[Prediction]:
        """Decode each word in its view, those of like width together."""
        size = self.engine.height, self.engine.max_width
        fitted = [view.fit(crop, *size) for crop, view in zip(crops, views, strict=True)]
        order = sorted(range(len(crops)), key=lambda i: fitted[i][0].shape[1])
        out: dict[int, Prediction] = {}
        for at in range(0, len(order), BATCH):
            part = order[at : at + BATCH]
            canvases = [standardise(fitted[i][0]) for i in part]
            chosen = [texts[i] for i in part] if texts else None
            for i, found in zip(part, decode(self.engine, canvases, mode, chosen), strict=True):
                out[i] = Prediction(found, fitted[i][1])
        return [out[i] for i in range(len(crops))]


def _consensus(predictions: Sequence[Prediction]) -> tuple[Prediction, bool]:
    """Of a word's predictions the one to keep, with the text of the first, and whether no more are needed."""
    strokes = [[frame.inverse().apply(s) for s in found.strokes] for found, frame in predictions]
    sure, residual = zip(*((found.ink_confidence, found.residual) for found, _ in predictions), strict=True)
    first, straight = predictions[0]
    chosen = consensus(strokes, sure, residual, 1 / straight.a)
    best, frame = predictions[chosen.which]
    return Prediction(replace(best, text=first.text, text_confidence=first.text_confidence), frame), chosen.settled


@lru_cache(maxsize=2)
def _engine(folder: Path) -> Engine:
    """A model's engine, loaded once."""
    return Engine(folder)
