"""What letters have to be like, so that ink of the mouse can be trained on and measured with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..alphabets import script_of
from ..ink.curves import arc_lengths

Strokes = Sequence[NDArray[np.int32]]
"""int32 (n, 2) each, in the order of writing."""

_STRAY = 0.04
"""Strokes of the mouse shorter than this, in ink heights, are slips, unless all are."""

_STROKES = {
    **dict(zip("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅋㅌㅍㅎ", map(int, "1212433482412343"), strict=True)),
    **dict(zip("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅛㅜㅠㅡㅣ", map(int, "23342334232311"), strict=True)),
    **dict(zip("ㅘㅙㅚㅝㅞㅟㅢ", map(int, "4534532"), strict=True)),
}
"""Strokes of the letters of Hangul as they are taught; ㅈ, ㅉ and ㅊ are written in two ways."""


def by_the_rules(text: str, strokes: Strokes, model: Strokes | None) -> list[NDArray[np.int32]] | None:
    """A drawer's letter without slips, if its strokes are as many as they should be and run as they should.

    Of Hangul the number is known, and bars and stems are turned; kana are compared with `model`, the letter as it is
    taught. None for a letter that breaks the rules; other scripts have none.
    """
    kept = _without_slips(strokes)
    if script_of(text) == "Hangul":
        return [_forwards(s) for s in kept] if len(kept) == _STROKES.get(text, len(kept)) else None
    if script_of(text) != "Kana" or model is None:
        return kept
    same = len(kept) == len(model) and all(_chord(a) @ _chord(b) > 0 for a, b in zip(kept, model, strict=True))
    return kept if same else None


def _without_slips(strokes: Strokes) -> list[NDArray[np.int32]]:
    height = max(float(np.ptp(np.concatenate(strokes), axis=0).max()), 1.0)
    long = [s for s in strokes if arc_lengths(s)[-1] > _STRAY * height]
    return long or list(strokes)


def _forwards(stroke: NDArray[np.int32]) -> NDArray[np.int32]:
    """A bar from left to right, a stem downwards; a bent stroke as it is."""
    chord = _chord(stroke)
    straight = np.hypot(*chord) > 0.85 * arc_lengths(stroke)[-1]
    along = chord[0] if abs(chord[0]) > abs(chord[1]) else chord[1]
    return stroke[::-1] if straight and along < 0 else stroke


def _chord(stroke: NDArray[np.int32]) -> NDArray[np.float64]:
    chord: NDArray[np.float64] = np.subtract(stroke[-1], stroke[0], dtype=np.float64)
    return chord
