"""One word: a picture (or its ink map) in, a Word out.

The way: fit into the canvas -> decode, in another view as well and, where the two differ, in more -> strokes in the
picture's pixels -> snap to the ridge of the ink -> check against the picture -> where the check fails, another mode,
and at last the ordered skeleton, so that no ink is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..alphabets import is_unspaced
from ..centerline import skeleton
from ..centerline.snap import snap
from ..imaging.pictures import binarize, standardise
from ..imaging.raster import coverage, ink_box, pen_width, spurious
from ..ink import Stroke, Word
from ..ink.bundle import smooth_all
from ..ink.curves import simplify_all
from ..ink.frames import Affine
from ..options import TraceOptions
from .calibration import Calibration
from .confidence import word_confidence
from .decoding import Decoded, decode
from .engine import Engine
from .models import located
from .views import ROUNDS, STRAIGHT, View, consensus

InkMap = NDArray[np.float32]
BATCH = 32
"""Words decoded together: more gain little and use more memory."""
ENOUGH_COVERED, TOO_SPURIOUS = 0.88, 0.15
"""A result with less of the ink covered, or more of its strokes off the ink, is not believed."""
SMOOTHING = 1.0
"""Gaussian along the decoded strokes, in canvas pixels: they are polygons that lie within a pixel of the curve."""
CANVAS_REACH = 1.6
"""How far a point may be moved to the ridge of the ink, in canvas pixels."""
CLEARLY, CERTAIN = 0.3, 1.0
"""Another reader's text is taken if it is surer than the model's own reading by more than this, or certain. The ink is
as good with either text (bench/results/text_prompt.md)."""

_A = TypeVar("_A")
_B = TypeVar("_B")

Hint = tuple[str, float]
"""What another reader, such as a page's detector, takes a word for ("": nothing), and how surely (0..1)."""


@dataclass(frozen=True)
class _Result:
    """A word with what the check against the picture said."""

    word: Word
    covered: float
    off: float
    found: Decoded

    @property
    def score(self) -> float:
        return self.covered - self.off

    @property
    def good(self) -> bool:
        return self.covered >= ENOUGH_COVERED and self.off <= TOO_SPURIOUS


class Tracer:
    """Traces words with one model. Raises InputError when `model` (a shipped name or a folder) can't be used.

    With `fast` each word is decoded in one view alone, in a third of the time. `language` is one of options.LANGUAGES.
    """

    def __init__(self, model: str | Path | None = None, *, fast: bool = False, language: str | None = None) -> None:
        engine = _engine(located(model))
        self.engine = engine.with_language(language) if language else engine
        self.calibration = engine.calibration
        self.rounds = () if fast else ROUNDS

    def trace_inks(
        self,
        inks: Sequence[InkMap],
        *,
        mode: str = "recognize-and-derender",
        texts: Sequence[str | None] | None = None,
        hints: Sequence[Hint] | None = None,
    ) -> list[Word]:
        """Ink maps of one word each (float32 (H, W), 0 paper, 1 ink) -> words, in each map's pixels.

        `texts` are what the words say, for "derender-with-text"; a word without one is derendered without. `hints` are
        what another reader makes of them: a word's text where it is clearly surer than the model, or the only one.
        Raises ValueError for an unknown mode or texts that don't match the inks.
        """
        TraceOptions(mode)
        given = list(texts) if texts is not None else [None] * len(inks)
        if len(given) != len(inks):
            raise ValueError(f"{len(given)} texts for {len(inks)} inks")
        given_hints = list(hints) if hints is not None else [("", 0.0)] * len(inks)
        masks = [binarize(ink) for ink in inks]
        inked = [i for i, mask in enumerate(masks) if mask.any()]
        words = [Word(confidence=0.0, origin=mode, box=(0, 0, ink.shape[1], ink.shape[0])) for ink in inks]
        if mode == "recognize":
            for i, (own, _) in zip(inked, self._decode([inks[i] for i in inked], mode, None), strict=True):
                found = _with_hint(own, given_hints[i])
                words[i] = replace(words[i], text=found.text, confidence=found.text_confidence, box=ink_box(masks[i]))
            return words
        results = self._attempt(mode, *_of(inked, inks, masks), *_of(inked, given, given_hints))
        doubtful = [k for k, r in enumerate(results) if not r.good]
        if doubtful and mode != "derender":
            chosen = [inked[k] for k in doubtful]
            nothing: list[None] = [None] * len(chosen)
            others = self._attempt("derender", *_of(chosen, inks, masks), nothing, [("", 0.0)] * len(chosen))
            for k, other in zip(doubtful, others, strict=True):
                if other.score > results[k].score:
                    word = replace(other.word, text=results[k].word.text)
                    results[k] = replace(other, word=word)
        for k, i in enumerate(inked):
            words[i] = (results[k] if results[k].good else _by_skeleton(inks[i], masks[i], results[k])).word
        return words

    def _attempt(
        self,
        mode: str,
        inks: Sequence[InkMap],
        masks: Sequence[NDArray[np.bool_]],
        texts: Sequence[str | None],
        hints: Sequence[Hint],
    ) -> list[_Result]:
        """Decode, snap and check."""
        out = []
        for ink, mask, other, (own, frame) in zip(inks, masks, hints, self._decode(inks, mode, texts), strict=True):
            found = _with_hint(own, other)
            strokes = tuple(on_the_ink(ink, found.strokes, frame))
            out.append(_check(Word(strokes, found.text, origin=mode, box=ink_box(mask)), mask, found, self.calibration))
        return out

    def _decode(
        self, inks: Sequence[InkMap], mode: str, texts: Sequence[str | None] | None
    ) -> list[tuple[Decoded, Affine]]:
        """Decode, ink in other views as well: the surest stays, with the text as first read."""
        predictions = [[prediction] for prediction in self._seen(inks, mode, texts, [STRAIGHT] * len(inks))]
        out = [first for (first,) in predictions]
        unsure = [] if mode == "recognize" else list(range(len(inks)))
        prompted = mode if mode == "derender" else "derender-with-text"
        for views in self.rounds:
            told = [predictions[i][0][0].text for i in unsure for _ in views]
            again = self._seen([inks[i] for i in unsure for _ in views], prompted, told, views * len(unsure))
            open_yet = []
            for k, i in enumerate(unsure):
                predictions[i] += again[k * len(views) : (k + 1) * len(views)]
                out[i], settled = _consensus(predictions[i])
                if not settled:
                    open_yet.append(i)
            unsure = open_yet
        return out

    def _seen(
        self, inks: Sequence[InkMap], mode: str, texts: Sequence[str | None] | None, views: Sequence[View]
    ) -> list[tuple[Decoded, Affine]]:
        """Decode each ink in its view, those of like width together."""
        fitted = [
            view.fit(ink, self.engine.height, self.engine.max_width) for ink, view in zip(inks, views, strict=True)
        ]
        order = sorted(range(len(inks)), key=lambda i: fitted[i][0].shape[1])
        out: dict[int, tuple[Decoded, Affine]] = {}
        for at in range(0, len(order), BATCH):
            part = order[at : at + BATCH]
            canvases = [standardise(fitted[i][0]) for i in part]
            chosen = [texts[i] for i in part] if texts else None
            for i, found in zip(part, decode(self.engine, canvases, mode, chosen), strict=True):
                out[i] = found, fitted[i][1]
        return [out[i] for i in range(len(inks))]


def on_the_ink(ink: InkMap, strokes: Sequence[NDArray[np.int64]], frame: Affine) -> list[Stroke]:
    """Decoded strokes (n, 2) in canvas pixels -> smooth strokes on the ridge of the ink, in the map's pixels.

    `frame` maps the map's pixels to the canvas.
    """
    pixel, back = 1 / frame.a, frame.inverse()  # a canvas pixel, in pixels of the map
    curves = [Stroke(c) for c in smooth_all([back.apply(s) for s in strokes], SMOOTHING * pixel)]
    snapped = snap(ink, curves, reach=CANVAS_REACH * pixel)
    return [Stroke(points) for points in simplify_all([s.points for s in snapped], 0.2 * pixel)]


def _consensus(predictions: Sequence[tuple[Decoded, Affine]]) -> tuple[tuple[Decoded, Affine], bool]:
    """Of a word's predictions the one to keep, with the text of the first, and whether no more are needed."""
    strokes = [[frame.inverse().apply(s) for s in found.strokes] for found, frame in predictions]
    sure, residual = zip(*((found.ink_confidence, found.residual) for found, _ in predictions), strict=True)
    first, straight = predictions[0]
    chosen = consensus(strokes, sure, residual, 1 / straight.a)
    best, frame = predictions[chosen.which]
    return (replace(best, text=first.text, text_confidence=first.text_confidence), frame), chosen.settled


def _of(chosen: Sequence[int], a: Sequence[_A], b: Sequence[_B]) -> tuple[list[_A], list[_B]]:
    """Both lists' items with these numbers."""
    return [a[i] for i in chosen], [b[i] for i in chosen]


def _with_hint(read: Decoded, hint: Hint) -> Decoded:
    """What was decoded, with the surer text."""
    text, confidence = hint
    surer = confidence >= CERTAIN or confidence > read.text_confidence + CLEARLY
    surer = surer or (len(text) > 1 and is_unspaced(text))  # Chinese or Japanese, which only others read
    return replace(read, text=text, text_confidence=confidence) if text and (surer or not read.text) else read


def _check(word: Word, mask: NDArray[np.bool_], found: Decoded, calibration: Calibration) -> _Result:
    """Compare with the picture, and say how far to trust the word."""
    radius = max(1.0, pen_width(mask))
    covered = coverage(mask, word.strokes, radius)
    off = spurious(mask, word.strokes, 0.5 * radius)
    confidence = word_confidence(found, covered, off, word.origin, calibration)
    return _Result(replace(word, confidence=confidence), covered, off, found)


def _by_skeleton(ink: InkMap, mask: NDArray[np.bool_], failed: _Result) -> _Result:
    """The classical tracer, where it explains the picture better than the model did."""
    strokes = tuple(skeleton.trace(ink))
    radius = max(1.0, pen_width(mask))
    covered, off = coverage(mask, strokes, radius), spurious(mask, strokes, 0.5 * radius)
    if covered - off <= failed.score:
        return failed
    word = replace(failed.word, strokes=strokes, origin="skeleton", confidence=min(0.3, failed.word.confidence))
    return _Result(word, covered, off, failed.found)


@lru_cache(maxsize=2)
def _engine(folder: Path) -> Engine:
    """A model's engine, loaded once."""
    return Engine(folder)
