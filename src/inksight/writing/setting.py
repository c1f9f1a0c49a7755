"""Characters set to words: in square cells (Chinese, Japanese, Korean), or on a baseline (all alphabets)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..alphabets import script_of
from .accents import accented, parts
from .drawing import Drawing, end_to_end
from .style import Style, ranked

Hand = Callable[[str], Drawing | None]
"""A character by one hand, or None if it has none. For cells: in a square of side 1. On a baseline: anywhere."""
Extents = Callable[[str], tuple[float, float]]
"""Where print has a character's top and bottom, in x-heights below the x-line (the baseline is at 1)."""

SMALL_KANA = "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
_CORNERED = "、。，．"
"""Signs in the lower left corner of their cells."""
_TALL, _LOW, _HIGH = set("bdfhklt0123456789()[]{}|/\\!?$%&#@ß"), set("gpqy"), set("\"'^`*°")
_PRINTED = {
    "i": (-0.5, 1.0), "j": (-0.5, 1.7), ".": (0.9, 1.0), ",": (0.85, 1.2), "-": (0.45, 0.65), "_": (1.0, 1.2),
    "=": (0.2, 0.7), "+": (0.0, 0.9), "~": (0.3, 0.6), ":": (0.1, 1.0), ";": (0.1, 1.3),
}  # fmt: skip


def extent(character: str) -> tuple[float, float]:
    """The `Extents` of Latin letters, digits and signs."""
    if character in _TALL or character.isupper():
        return -0.7, 1.0
    if character in _LOW:
        return 0.0, 1.7
    return (-0.7, -0.2) if character in _HIGH else _PRINTED.get(character, (0.0, 1.0))


def into_cell(letter: Drawing, size: float = 0.8) -> Drawing:
    """A letter from anywhere in the middle of a cell, its greater side `size`."""
    low, high = letter.box()
    scale = size / max(float((high - low).max()), 1e-3)
    return letter.scaled(scale, 0.5 - (low + high) / 2 * scale)


def in_cells(text: str, hand: Hand, style: Style, rng: np.random.Generator) -> Drawing | None:
    """The characters side by side in cells of side 1, some strokes joined; None if the hand lacks one."""
    out, x = [], 0.0
    for c in text:
        drawn = hand(c)
        if drawn is None:
            return None
        kana = script_of(c) == "Kana"
        size = np.exp(rng.normal(0, style.sizes)) * (style.kana if kana else 1.0)
        width = size if kana else 1.0
        width *= 0.6 if c in _CORNERED or c in SMALL_KANA else 1.0
        place = x + (width - size) / 2, (1 - size) / 2 + rng.normal(0, style.drift)
        out.append(style.joined(drawn, rng).scaled(size, place))
        x += style.pitch * width + rng.normal(0, style.drift / 2)
    return ranked(end_to_end(out)) if out else None


def on_baseline(
    text: str, hand: Hand, extents: Extents, rng: np.random.Generator, *, late: bool = False
) -> tuple[str, Drawing] | None:
    """The characters on a line, in x-heights, and the text that came out: what the hand lacks is left out.

    An accented letter is set from its plain one and the marks, unless the hand has it whole. `late` puts the marks of
    all letters at the end of the word. None if nothing is left.
    """
    apart, bodies, marks, kept, x = rng.uniform(0.08, 0.3), [], [], "", 0.0
    for c in text:
        if c == " ":
            x, kept = x + 0.7, kept + c
            continue
        found = _letter(c, hand, extents, rng)
        if not found:
            continue
        low, high = found[0].box()
        moved = [d.scaled(1.0, (x - low[0], 0.0)) for d in found]
        bodies += moved[:1] if late else moved
        marks += moved[1:] if late else []
        x, kept = x + high[0] - low[0] + apart * np.exp(rng.normal(0, 0.3)), kept + c
    return (kept.strip(), end_to_end(bodies + marks)) if bodies else None


def _letter(character: str, hand: Hand, extents: Extents, rng: np.random.Generator) -> list[Drawing]:
    """A letter at its height on the line, and its marks; nothing if the hand lacks it."""
    whole = hand(character)
    if whole is not None:
        return [_seated(whole, character, extents, rng)]
    base, marks = parts(character)
    plain = hand(base) if marks else None
    return accented(_seated(plain, base, extents, rng), base, marks, rng) if plain is not None else []


def _seated(letter: Drawing, character: str, extents: Extents, rng: np.random.Generator) -> Drawing:
    """The letter as high as print has it, give or take a little."""
    top, bottom = extents(character)
    low, high = letter.box()
    size = (bottom - top) * (1 + rng.normal(0, 0.06)) / max(high[1] - low[1], 0.5 * (high[0] - low[0]), 1e-3)
    return letter.scaled(size, (-low[0] * size, top + rng.normal(0, 0.04) - low[1] * size))
