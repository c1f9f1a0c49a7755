"""Korean syllables out of their letters, in the six layouts that writing has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .drawing import Drawing, end_to_end

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]
FIRST = 0xAC00
LYING = "ㅗㅛㅜㅠㅡ"
"""Vowels below the initial; all others, but those of `PARTS`, stand at its right."""
PARTS = {
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ",
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
"""Vowels of a lying and an upright part, and finals of two letters side by side."""

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1 in the syllable's cell, a square of side 1."""
Hand = Callable[[str], Drawing | None]
"""A letter of one writer, or None if he has none."""

_LAYOUTS: dict[tuple[str, bool], tuple[Box, ...]] = {
    ("upright", False): ((0.05, 0.12, 0.52, 0.82), (0.60, 0.00, 0.96, 1.00)),
    ("upright", True): ((0.06, 0.04, 0.52, 0.48), (0.60, 0.00, 0.95, 0.58), (0.20, 0.64, 0.92, 0.98)),
    ("lying", False): ((0.20, 0.03, 0.80, 0.48), (0.02, 0.54, 0.98, 0.92)),
    ("lying", True): ((0.20, 0.00, 0.80, 0.32), (0.02, 0.37, 0.98, 0.60), (0.20, 0.68, 0.82, 1.00)),
    ("both", False): ((0.08, 0.06, 0.52, 0.44), (0.00, 0.52, 0.62, 0.86), (0.68, 0.00, 0.98, 1.00)),
    ("both", True): ((0.08, 0.00, 0.52, 0.30), (0.00, 0.36, 0.62, 0.58), (0.68, 0.00, 0.98, 0.62), (0.2, 0.68, 0.9, 1)),
}  # fmt: skip
"""Kind of vowel, and is there a final -> the boxes of the letters in the order of writing."""


def letters(syllable: str) -> tuple[str, str, str]:
    """Initial, vowel and final ("": none). Raises ValueError for anything but a Hangul syllable."""
    n = ord(syllable) - FIRST
    if not 0 <= n < len(INITIALS) * len(VOWELS) * len(FINALS):
        raise ValueError(f"{syllable!r} is no Hangul syllable")
    return INITIALS[n // 588], VOWELS[n // 28 % 21], FINALS[n % 28]


def is_syllable(character: str) -> bool:
    """Whether `letters` takes it apart."""
    return "가" <= character <= "힣"


def syllable(character: str, hand: Hand, rng: np.random.Generator, uneven: float = 0.03) -> Drawing | None:
    """A syllable in a cell of side 1, the letters' boxes uneven by so much; None if the hand lacks a letter."""
    boxed = [(letter, _shaken(box, rng, uneven)) for letter, box in _plan(*letters(character))]
    drawn = [(hand(letter), box) for letter, box in boxed]
    return end_to_end([into(d, box) for d, box in drawn if d]) if all(d for d, _ in drawn) else None


def _plan(initial: str, vowel: str, final: str) -> list[tuple[str, Box]]:
    """The letters to write and where."""
    kind = "lying" if vowel in LYING else "both" if vowel in PARTS else "upright"
    boxes = list(_LAYOUTS[kind, bool(final)])
    plan = list(zip([initial, *PARTS.get(vowel, vowel)], boxes, strict=False))
    if len(final) and final in PARTS:
        x0, y0, x1, y1 = boxes[-1]
        middle = (x0 + x1) / 2
        pair = ((x0, y0, middle - 0.03, y1), (middle + 0.03, y0, x1, y1))
        return plan + list(zip(PARTS[final], pair, strict=True))
    return [*plan, (final, boxes[-1])] if final else plan


def _shaken(box: Box, rng: np.random.Generator, uneven: float) -> Box:
    x0, y0, x1, y1 = np.array(box) + rng.normal(0, uneven, 4)
    return x0, y0, max(x1, x0 + 0.08), max(y1, y0 + 0.08)


def into(letter: Drawing, box: Box) -> Drawing:
    """The letter stretched into the box; a bar is stretched along itself alone, and lies in the middle."""
    low, high = letter.box()
    size = np.maximum(high - low, 1e-6)
    x, y = np.array(box[2:]) - box[:2]
    scale = np.array([x, y]) / size
    if size[0] < 0.2 * size[1]:
        scale[0] = scale[1]
    elif size[1] < 0.2 * size[0]:
        scale[1] = scale[0]
    centre = (np.array(box[:2]) + box[2:]) / 2
    return Drawing((letter.xy - (low + high) / 2) * scale + centre, letter.rank * scale.mean(), letter.count)
