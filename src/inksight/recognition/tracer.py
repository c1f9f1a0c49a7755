"""One word: its crop in, a Word out.

The way: cut what is too wide -> show it to a network -> its strokes in the crop's pixels -> snap to the ridge of the
ink -> check against the picture -> where the check fails, another mode, and at last the ordered skeleton, so that no
ink is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..alphabets import IDEOGRAPH, is_unspaced, script_of
from ..centerline import skeleton
from ..centerline.snap import snap
from ..imaging.crop import Crop
from ..imaging.raster import coverage, spurious
from ..ink import Stroke, Word
from ..ink.bundle import smooth_all
from ..ink.curves import simplify_all
from ..ink.frames import Affine
from ..options import TraceOptions
from . import splitting
from .calibration import Calibration
from .confidence import word_confidence
from .decoding import Decoded
from .predict import Prediction

ENOUGH_COVERED, TOO_SPURIOUS = 0.88, 0.15
"""A result with less of the ink covered, or more of its strokes off the ink, is not believed."""
SMOOTHING = 1.0
"""Gaussian along the decoded strokes, in canvas pixels: they are polygons that lie within a pixel of the curve."""
CANVAS_REACH = 1.6
"""How far a point may be moved to the ridge of the ink, in canvas pixels."""
CLEARLY, CERTAIN = 0.3, 1.0
"""Another reader's text is taken if it is surer than the model's own reading by more than this, or certain. The ink is
as good with either text (bench/results/text_prompt.md)."""


class Hint(NamedTuple):
    """What another reader, such as a page's detector, takes a word for ("": nothing), and how surely (0..1)."""

    text: str = ""
    confidence: float = 0.0
    letters: Sequence[float] = ()
    """Where its text's characters have their middles, in shares of the word's width; () where nobody knows."""


class Network(Protocol):
    """What is shown words and answers with text and ink: `Predictor`, or the original's."""

    @property
    def calibration(self) -> Calibration:
        """What its confidence is worth."""
        ...

    @property
    def widest(self) -> float:
        """Words wider than so many times their height are too wide for it."""
        ...

    def predict(self, crops: Sequence[Crop], mode: str, texts: Sequence[str | None] | None) -> list[Prediction]:
        """Its answer to each crop, none of which is blank; `texts` are what the words say, if it is to be told."""
        ...


class _Asked(NamedTuple):
    """A word, or a part of one, what is known to be written there, and what others read."""

    crop: Crop
    text: str = ""
    hint: Hint = Hint()


@dataclass(frozen=True)
class Result:
    """A word with what the check against the picture said."""

    word: Word
    covered: float
    off: float

    @property
    def score(self) -> float:
        return self.covered - self.off

    @property
    def good(self) -> bool:
        return self.covered >= ENOUGH_COVERED and self.off <= TOO_SPURIOUS


class Tracer:
    """Traces words with a network."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def trace(
        self,
        crops: Sequence[Crop],
        *,
        mode: str = "recognize-and-derender",
        texts: Sequence[str | None] | None = None,
        hints: Sequence[Hint] | None = None,
    ) -> list[Word]:
        """Crops of one word each -> words, in each crop's pixels; those too wide for the network are traced in parts.

        `texts` are what the words say, for "derender-with-text"; a word without one is derendered without. `hints` are
        what another reader makes of them: a word's text where it is clearly surer than the model, or the only one.
        Raises ValueError for an unknown mode or texts that don't match the crops.
        """
        TraceOptions(mode)
        told = [text or "" for text in texts] if texts is not None else [""] * len(crops)
        if len(told) != len(crops):
            raise ValueError(f"{len(told)} texts for {len(crops)} inks")
        others = list(hints) if hints is not None else [Hint()] * len(crops)
        cuts = [
            splitting.cuts(crop, text or hint.text, hint.letters, self.network.widest)
            for crop, text, hint in zip(crops, told, others, strict=True)
        ]
        parts = [part for word in zip(crops, told, others, cuts, strict=True) for part in _parted(*word)]
        traced = iter(self._words(mode, parts))
        pieces = [[next(traced) for _ in at[1:]] for at in cuts]
        return [splitting.joined(*word) for word in zip(pieces, cuts, crops, strict=True)]

    def _words(self, mode: str, parts: Sequence[_Asked]) -> list[Word]:
        """A word for each part, blank ones among them."""
        words = [Word(confidence=0.0, origin=mode, box=part.crop.bounds) for part in parts]
        inked = [i for i, part in enumerate(parts) if not part.crop.is_blank]
        shown = [parts[i] for i in inked]
        traced = self._read(shown) if mode == "recognize" else self._traced(mode, shown)
        for i, word in zip(inked, traced, strict=True):
            words[i] = word
        return words

    def _read(self, parts: Sequence[_Asked]) -> list[Word]:
        """The words' texts, without ink."""
        predictions = self.network.predict([p.crop for p in parts], "recognize", None)
        read = [(part.crop, _with_hint(own, part.hint)) for part, (own, _) in zip(parts, predictions, strict=True)]
        return [Word((), own.text, own.text_confidence, crop.bounds, origin="recognize") for crop, own in read]

    def _traced(self, mode: str, parts: Sequence[_Asked]) -> list[Word]:
        """The words' ink, where the check fails in another mode or by the skeleton."""
        results = self._attempt(mode, parts)
        doubtful = [] if mode == "derender" else [k for k, result in enumerate(results) if not result.good]
        others = self._attempt("derender", [_Asked(parts[k].crop) for k in doubtful]) if doubtful else []
        for k, other in zip(doubtful, others, strict=True):
            if other.score > results[k].score:
                results[k] = replace(other, word=replace(other.word, text=results[k].word.text))
        return [(r if r.good else _by_skeleton(p.crop, r)).word for p, r in zip(parts, results, strict=True)]

    def _attempt(self, mode: str, parts: Sequence[_Asked]) -> list[Result]:
        """Predict, snap and check."""
        predictions = self.network.predict([p.crop for p in parts], mode, [p.text or None for p in parts])
        return [
            checked(part.crop, own._replace(found=_with_hint(own.found, part.hint)), mode, self.network.calibration)
            for part, own in zip(parts, predictions, strict=True)
        ]


def _parted(crop: Crop, text: str, hint: Hint, at: Sequence[int]) -> Iterator[_Asked]:
    """The parts of a word between the cuts `at`, and its texts shared out among them."""
    told, heard = splitting.shares(text, at), splitting.shares(hint.text, at)
    for (a, b), own, other in zip(pairwise(at), told, heard, strict=True):
        yield _Asked(crop.columns(a, b), own, Hint(other, hint.confidence))


def checked(crop: Crop, prediction: Prediction, mode: str, calibration: Calibration) -> Result:
    """The predicted word on the crop's ink, compared with it."""
    found, frame = prediction
    strokes = tuple(on_the_ink(crop, found.strokes, frame))
    covered, off = _fit(crop, strokes)
    confidence = word_confidence(found, covered, off, mode, calibration)
    return Result(Word(strokes, found.text, confidence, crop.bounds, origin=mode), covered, off)


def on_the_ink(crop: Crop, strokes: Sequence[NDArray[np.int64]], frame: Affine) -> list[Stroke]:
    """Decoded strokes (n, 2) in canvas pixels -> smooth strokes on the ridge of the ink, in the crop's pixels.

    `frame` maps the crop's pixels to the canvas.
    """
    pixel, back = 1 / frame.a, frame.inverse()  # a canvas pixel, in pixels of the crop
    curves = [Stroke(c) for c in smooth_all([back.apply(s) for s in strokes], SMOOTHING * pixel)]
    snapped = snap(crop, curves, reach=CANVAS_REACH * pixel)
    return [Stroke(points) for points in simplify_all([s.points for s in snapped], 0.2 * pixel)]


def _with_hint(read: Decoded, hint: Hint) -> Decoded:
    """What was decoded, with the surer text."""
    text, confidence, _ = hint
    surer = confidence >= CERTAIN or confidence > read.text_confidence + CLEARLY
    # Chinese and Japanese only others read; a single character of it is often a guess at something else.
    unread = is_unspaced(text) and (len(text) > 1 or IDEOGRAPH in read.text)
    surer = surer or (unread and "Hangul" not in map(script_of, read.text))  # which they take for Chinese
    return replace(read, text=text, text_confidence=confidence) if text and (surer or not read.text) else read


def _fit(crop: Crop, strokes: Sequence[Stroke]) -> tuple[float, float]:
    """The share of the ink that the strokes cover, and that of the strokes that lies off the ink."""
    radius = max(1.0, crop.pen)
    return coverage(crop.mask, strokes, radius), spurious(crop.mask, strokes, 0.5 * radius)


def _by_skeleton(crop: Crop, failed: Result) -> Result:
    """The classical tracer, where it explains the picture better than the model did."""
    strokes = tuple(skeleton.trace(crop))
    covered, off = _fit(crop, strokes)
    if covered - off <= failed.score:
        return failed
    word = replace(failed.word, strokes=strokes, origin="skeleton", confidence=min(0.3, failed.word.confidence))
    return Result(word, covered, off)
