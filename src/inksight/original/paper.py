"""The paper's automatic measures: what readers of pictures and of ink make of a tracing.

- Character-level F1: an OCR reads the picture and the ink drawn anew; characters count as found again where the labels
  agree and the boxes overlap. The paper names the measure and Cloud Vision's boxes; the rule here (IoU of more than
  0.5, pairs taken from the best on) is ours, as its own could not be had.
- Accuracy of an online recogniser: the text that `OnlineRecogniser` reads from the strokes alone, against the truth.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Pixels
from ..evaluate import metrics
from ..evaluate.render import brush
from ..evaluate.sets import Sample
from ..imaging import raster
from ..ink import Box
from ..layout.detection import Detection
from .online import OnlineRecogniser

Reader: TypeAlias = Callable[[Pixels], Sequence[Detection]]
"""From a picture uint8 (H, W, 3) to the words that an OCR finds in it: a detector that reads."""

OVERLAP = 0.5
"""Two boxes with a greater intersection over union are at the same place."""


class Character(NamedTuple):
    """A character as an OCR found it: its label, and its box in pixels."""

    label: str
    box: Box


class PaperScores:
    """Scores a sample's ink as the paper does: `char_f1`, `online_cer`, `online_exact`.

    `read` is the OCR (RapidOCR, unless told otherwise), `recogniser` reads ink. No picture is read twice.
    """

    def __init__(self, read: Reader | None = None, recogniser: OnlineRecogniser | None = None) -> None:
        if read is None:
            from ..layout.rapidocr import shared

            read = shared()
        self._read, self._recogniser = read, recogniser or OnlineRecogniser()
        self._seen: dict[bytes, list[Character]] = {}

    def __call__(self, sample: Sample, strokes: Sequence[Array], mask: NDArray[np.bool_]) -> dict[str, float]:
        """`strokes` in pixels of the sample's picture, `mask` bool (H, W) of its ink.

        `char_f1` is NaN where the OCR finds nothing in either picture.
        """
        drawn = self._characters(redrawn(strokes, mask)) if strokes else []
        text = self._recogniser.read(strokes)
        return {
            "char_f1": character_f1(self._characters(sample.picture), drawn),
            "online_cer": metrics.cer(text, sample.text),
            "online_exact": float(text == sample.text),
        }

    def _characters(self, picture: Pixels) -> list[Character]:
        """What the OCR finds. Shuffled ink looks as the true one does: pictures are known by their content."""
        name = hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).digest()
        if name not in self._seen:
            self._seen[name] = characters(self._read(picture))
        return self._seen[name]


def redrawn(strokes: Sequence[Array], mask: NDArray[np.bool_]) -> Pixels:
    """Ink as black lines on white, uint8 (H, W, 3): of the mask's size and the pen's width there (at least 2 px)."""
    height, width = mask.shape
    alpha = brush(strokes, (height, width), max(2.0, raster.pen_width(mask)), None)
    return np.repeat(np.rint(255 * (1 - alpha)).astype(np.uint8)[:, :, None], 3, axis=2)


def characters(words: Sequence[Detection]) -> list[Character]:
    """The characters of an OCR's words. Each box goes half the way to the neighbours' middles, and as high as the word.

    Labels are in Unicode's compatible form: an OCR that also reads Chinese takes some letters for their wide forms.
    """
    found = []
    for word in (w for w in words if w.text):
        count = len(word.text)
        middles = word.letters if len(word.letters) == count else ((i + 0.5) / count for i in range(count))
        at = np.clip(np.sort(np.fromiter(middles, np.float64, count)), 0, 1)
        edges = np.concatenate([[0], (at[1:] + at[:-1]) / 2, [1]])
        x0, y0, x1, y1 = word.upright
        for label, left, right in zip(word.text, edges[:-1], edges[1:], strict=True):
            if not label.isspace():
                corners = [(x0 + left * (x1 - x0), y0), (x0 + right * (x1 - x0), y1)]
                corners += [(corners[0][0], y1), (corners[1][0], y0)]
                turned = word.frame.inverse().apply(corners)
                low, high = turned.min(axis=0).tolist(), turned.max(axis=0).tolist()
                found.append(Character(unicodedata.normalize("NFKC", label), (*low, *high)))
    return found


def character_f1(ours: Sequence[Character], theirs: Sequence[Character]) -> float:
    """F1 of characters of the same label whose boxes overlap by more than `OVERLAP`, matched one to one from the
    best pair on; NaN where both are empty."""
    if not ours and not theirs:
        return float("nan")
    pairs = [(iou(a.box, b.box), i, k) for i, a in enumerate(ours) for k, b in enumerate(theirs) if a.label == b.label]
    left, right = set[int](), set[int]()
    for overlap, i, k in sorted(pairs, reverse=True):
        if overlap > OVERLAP and i not in left and k not in right:
            left.add(i)
            right.add(k)
    return 2 * len(left) / (len(ours) + len(theirs))


def iou(a: Box, b: Box) -> float:
    """The boxes' intersection over their union; 0 for boxes without area."""
    common = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    union = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b)) - common
    return common / union if union > 0 else 0.0
