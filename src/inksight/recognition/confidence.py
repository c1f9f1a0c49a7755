"""How far to trust a word: logistic functions fitted to words of writers that training never saw.

Their weights are the model's own (calibration.py); bench/calibrate.py shows whether what they promise comes true.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..options import READING
from .calibration import Calibration
from .decoding import Decoded

SUREST = 0.99
"""A larger share says no more: the right text may not be among those considered."""


def word_confidence(found: Decoded, covered: float, off: float, mode: str, calibration: Calibration) -> float:
    """How far to trust what was decoded in a mode (0..1): the geometric mean of the ink's and the text's chances.

    `covered` is the share of the picture's ink that the strokes cover, `off` the share of the strokes off the ink; both
    are so good on nearly all words that the ink's chance is simply scaled by them.
    """
    ink = max(0.0, covered - off) * _logistic(calibration.ink, ink_features(found))
    text = _logistic(calibration.text, text_features(found)) if mode in READING else found.text_confidence
    return float(np.sqrt(ink * text))


def ink_features(found: Decoded) -> tuple[float, ...]:
    """What tells whether the ink is good, its body LDTW under 6 %: how sure the choices were, and two mishaps."""
    return found.ink_confidence, float(found.restarts > 0), float(found.looped)


def text_features(found: Decoded) -> tuple[float, ...]:
    """What tells whether the text is right in every character: the odds, in nats, by its share of those considered."""
    share = min(max(found.text_confidence, 1 - SUREST), SUREST)
    return (float(np.log(share / (1 - share))),)


def _logistic(weights: Sequence[float], features: Sequence[float]) -> float:
    return float(1 / (1 + np.exp(-(weights[0] + np.dot(weights[1:], features)))))
