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

SURE_READING = 0.5
"""The confidence from which the model's word is taken without another's."""


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
