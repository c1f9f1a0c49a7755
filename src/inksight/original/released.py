"""Words traced by the original's network, in whatever runs it: its released weights, or weights of its shape.

The network answers a square picture and a prompt with text and ink tokens. The ink comes back into the word's pixels,
and is snapped, checked, and replaced where it fails, as that of the shipped model is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays import Pixels
from ..imaging.crop import Crop
from ..imaging.pictures import Source, open_image
from ..ink import Stroke, Word
from ..options import READING
from ..recognition import calibration
from ..recognition.decoding import Decoded
from ..recognition.predict import Prediction
from ..recognition.tokens import decode_original, from_text
from .input import fit_ink, fit_square, jpeg
from .savedmodel import SavedModel

PROMPTS = {
    "derender": "Derender the ink.",
    "derender-with-text": "Derender the ink: {}",
    "recognize-and-derender": "Recognize and derender.",
    "recognize": "Recognize and derender.",
}
"""As published. That for reading alone isn't: there, the ink is left out of the answer."""
WIDEST = 4.0
"""The training's words were at most so many times as wide as high; wider ones are traced in parts."""
UNKNOWN = 0.5
"""The confidence of what is read: the answer comes without probabilities, and is often wrong."""
LONGEST = 1000
"""Ink tokens that tell of a loop: the decoder stops at 1,024, whatever it writes."""
NEAR = 4
"""A dot with no ink within so many pixels of the square is made up."""

_SENTINEL = re.compile(r"<extra_id_\d+>")


class Writer(Protocol):
    """What runs the network."""

    def write(self, pictures: Sequence[bytes], prompts: Sequence[str]) -> Sequence[str]:
        """The answers to JPEG files of 224 x 224 pixels and as many prompts."""


def prompt(mode: str, text: str | None = None) -> str:
    """What the network is asked; in "derender-with-text" without a text, to derender."""
    if mode == "derender-with-text" and not text:
        return PROMPTS["derender"]
    return PROMPTS[mode].format(text)


def parse(answer: str) -> tuple[str, list[NDArray[np.int64]], bool]:
    """An answer's text, its strokes on the square, int64 (n, 2) each, and whether it ran to the decoder's end.

    The text stands before the ink, behind one of mT5's sentinels. Ink with an id that there isn't is no ink.
    """
    text = _SENTINEL.sub("", answer.partition("<ink_token_")[0]).strip()
    ids = from_text(answer)
    try:
        return text, decode_original(ids), len(ids) >= LONGEST
    except ValueError:
        return text, [], len(ids) >= LONGEST


class Released:
    """The original's network: `model` is a SavedModel's folder or what else writes such answers.

    Raises InputError when the folder can't be used.
    """

    widest = WIDEST

    def __init__(self, model: str | Path | Writer) -> None:
        self.calibration = calibration.shipped()
        self.writer: Writer = SavedModel(model) if isinstance(model, str | Path) else model

    def predict(self, crops: Sequence[Crop], mode: str, texts: Sequence[str | None] | None) -> list[Prediction]:
        """The network's answers to the words' ink, each drawn black on white."""
        fitted = [fit_ink(crop) for crop in crops]
        told = list(texts) if texts is not None and mode == "derender-with-text" else [None] * len(crops)
        asked = [prompt(mode, text) for text in told]
        answers = self.writer.write([jpeg(square) for square, _ in fitted], asked)
        return [
            Prediction(_decoded(answer, mode, text, square), frame)
            for answer, text, (square, frame) in zip(answers, told, fitted, strict=True)
        ]

    def as_published(
        self,
        images: Sequence[Source],
        *,
        mode: str = "recognize-and-derender",
        texts: Sequence[str | None] | None = None,
    ) -> list[Word]:
        """The network's own ink for pictures of words, made as in the authors' notebook, in pixels of each picture.

        The photo itself is shown, padded with black; a word without ink is derendered; nothing is snapped or checked.
        Raises InputError for a picture that can't be read.
        """
        fitted = [fit_square(open_image(image)) for image in images]
        squares = [jpeg(square) for square, _ in fitted]
        told = texts if texts is not None else [None] * len(images)
        answers = self.writer.write(squares, [prompt(mode, text) for text in told])
        found = [parse(answer) for answer in answers]
        empty = [i for i, (_, strokes, _) in enumerate(found) if not strokes and mode not in ("derender", "recognize")]
        again = self.writer.write([squares[i] for i in empty], [PROMPTS["derender"]] * len(empty)) if empty else ()
        words = []
        for i, ((read, strokes, _), (_, frame)) in enumerate(zip(found, fitted, strict=True)):
            if i in empty:
                strokes = parse(again[empty.index(i)])[1]
            kept = [] if mode == "recognize" else strokes
            text = read if mode in READING else (told[i] or "") if mode == "derender-with-text" else ""
            curves = tuple(Stroke(frame.inverse().apply(s)) for s in kept)
            words.append(Word(curves, text, origin="derender" if i in empty else mode))
        return words


def _decoded(answer: str, mode: str, text: str | None, square: Pixels) -> Decoded:
    """What the tracer goes on with."""
    read, strokes, looped = parse(answer)
    reads = mode in READING
    return Decoded(
        strokes=[] if mode == "recognize" else [s for s in strokes if len(s) > 1 or _is_inked(square, s[0])],
        text=read if reads else text or "",
        ink_confidence=1.0,
        text_confidence=UNKNOWN if reads else 1.0,
        looped=looped,
        restarts=0,
    )


def _is_inked(square: Pixels, point: NDArray[np.int64]) -> bool:
    x, y = point.tolist()
    near = square[max(0, y - NEAR) : y + NEAR + 1, max(0, x - NEAR) : x + NEAR + 1]
    return bool(near.min() < 128)
