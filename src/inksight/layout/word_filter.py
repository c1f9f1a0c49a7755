"""Which of the things that look like a word are drawings, and which ink without a box is a word that was missed.

A detector reads an arrow as a 7, a star as an A and a flower as 88. Single signs that stand alone, signs that are no
letters, and huge letters are therefore words only if the model, which reads them without being told, agrees or is sure;
so is ink that no detector's box holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..ink import Word
from .detection import Detection

SHORT = 2
"""So few characters, alone on their line, may be a drawing."""

HUGE, FEW = 2.0, 4
"""So may up to so many characters that are so many times as high as usual."""

WITHIN = 0.7
"""A word lies in another that has more than this share of its box and of whose height it has this share."""

SURE_READING = 0.5
"""The confidence from which the model's word is taken without another's."""


def found_once(words: Sequence[Detection]) -> list[Detection]:
    """The words without those that lie in another which says the same or more: both would have all of the text, and
    each a part of the ink."""
    boxes = np.array([w.box for w in words], np.float64).reshape(-1, 4)
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    within = np.maximum(high - low, 0).prod(axis=2) > WITHIN * area[:, None]
    pairs = [(i, j) for i, j in np.argwhere(within).tolist() if (area[j], i) > (area[i], j)]
    doubles = {i for i, j in pairs if _repeats(words[i], words[j])}
    return [w for i, w in enumerate(words) if i not in doubles]


def _repeats(word: Detection, other: Detection) -> bool:
    """Whether a word within another is a part of it, or the same."""
    alike = word.height > WITHIN * other.height
    return alike and bool(word.text) and word.text.casefold() in other.text.casefold()


def doubtful(words: Sequence[Detection]) -> list[bool]:
    """For each detected word whether it may be a drawing."""
    if not words:
        return []
    on_line = Counter(w.line for w in words)
    usual = float(np.median([w.height for w in words]))
    return [_may_be_drawn(w, on_line[w.line] == 1, w.height / max(usual, 1.0)) for w in words]


def _may_be_drawn(word: Detection, alone: bool, size: float) -> bool:
    signs = bool(word.text) and not any(c.isalnum() for c in word.text)
    return signs or (alone and len(word.text) <= SHORT) or (size > HUGE and len(word.text) <= FEW)


def is_word(read: Word, detected: Detection) -> bool:
    """Whether the model's own reading of something doubtful bears out that it is a word."""
    if not any(c.isalnum() for c in read.text):
        return False
    return read.text.casefold() == detected.text.casefold() or read.confidence >= SURE_READING
