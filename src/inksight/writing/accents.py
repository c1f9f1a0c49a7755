"""Marks above, below and through letters, for hands of which the plain letters alone are known."""

from __future__ import annotations

import unicodedata

import numpy as np

from .drawing import Drawing, Floats, end_to_end

# Strokes of the marks in x-heights: x from the letter's middle, y up from the mark's lower edge (below: downwards).
_ABOVE: dict[str, list[list[tuple[float, float]]]] = {
    "\u0300": [[(-0.18, 0.34), (0.14, 0.0)]],  # grave
    "\u0301": [[(0.18, 0.34), (-0.14, 0.0)]],  # acute
    "\u0302": [[(-0.28, 0.0), (0.0, 0.3), (0.28, 0.0)]],  # circumflex
    "\u0303": [[(-0.3, 0.04), (-0.2, 0.2), (-0.06, 0.2), (0.08, 0.06), (0.2, 0.06), (0.3, 0.22)]],  # tilde
    "\u0304": [[(-0.28, 0.08), (0.28, 0.1)]],  # macron
    "\u0306": [[(-0.26, 0.26), (-0.14, 0.06), (0.04, 0.02), (0.18, 0.1), (0.26, 0.28)]],  # breve
    "\u0307": [[(0.0, 0.1), (0.03, 0.07)]],  # dot
    "\u0308": [[(-0.18, 0.12), (-0.16, 0.08)], [(0.18, 0.12), (0.2, 0.08)]],  # two dots
    "\u0309": [[(-0.14, 0.34), (0.0, 0.42), (0.12, 0.34), (0.1, 0.2), (0.0, 0.13), (0.0, 0.02)]],  # hook
    "\u030a": [[(0.0, 0.32), (-0.14, 0.2), (-0.06, 0.04), (0.1, 0.06), (0.14, 0.22), (0.0, 0.32)]],  # ring
    "\u030b": [[(0.0, 0.34), (-0.2, 0.0)], [(0.3, 0.34), (0.1, 0.0)]],  # two acutes
    "\u030c": [[(-0.26, 0.28), (0.0, 0.0), (0.26, 0.28)]],  # caron
}
_BELOW: dict[str, list[list[tuple[float, float]]]] = {
    "\u0323": [[(0.0, 0.14), (0.03, 0.17)]],  # dot
    "\u0326": [[(0.04, 0.1), (0.0, 0.34)]],  # comma
    "\u0327": [[(0.02, -0.02), (0.0, 0.12), (0.14, 0.2), (0.1, 0.34), (-0.1, 0.34)]],  # cedilla
    "\u0328": [[(0.24, -0.02), (0.08, 0.16), (0.12, 0.32), (0.3, 0.3)]],  # ogonek
}
_HORN = "\u031b"
_BARRED = {"đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ð": "d", "Ð": "D"}
_DOTLESS = {"i": "ı", "j": "ȷ"}


def parts(character: str) -> tuple[str, str]:
    """The plain letter, and its marks in the order of writing (the bar of a đ as U+0335)."""
    base, *marks = list(unicodedata.normalize("NFD", character))
    if base in _BARRED:
        return _BARRED[base], "\u0335" + "".join(marks)
    tones = [m for m in marks if m in "\u0300\u0301\u0303\u0309\u0323"]
    return base, "".join([m for m in marks if m not in tones] + tones)


def accented(letter: Drawing, base: str, marks: str, rng: np.random.Generator) -> list[Drawing]:
    """The letter's drawing (in x-heights, baseline at 1), and one for each mark; an i or j loses its dot under one."""
    if base in _DOTLESS and any(m in _ABOVE for m in marks) and len(letter.count) > 1:
        body = letter.count[:-1].sum()
        letter = Drawing(letter.xy[:body], letter.rank[:body], letter.count[:-1])
    low, high = letter.box()
    drawn, top = [letter], low[1] - 0.12
    for mark in marks:
        strokes, lift = _mark(mark, base, low, high, top, rng)
        drawn.append(strokes)
        top -= lift
    return drawn


def _mark(
    mark: str, base: str, low: Floats, high: Floats, top: float, rng: np.random.Generator
) -> tuple[Drawing, float]:
    """A mark at its place, and by how much it pushes the next one up."""
    size, middle = rng.uniform(0.8, 1.25), (low[0] + high[0]) / 2 + rng.normal(0, 0.05)
    if mark == "\u0335":
        level, half = _bar_level(base, low, high), 0.28 * size
        at = middle + (0.12 if base == "d" else 0.0)
        tilt = 0.12 if base in "lL" else 0.02
        return _drawing([[(at - half, level + tilt), (at + half, level - tilt)]], rng), 0.0
    if mark == _HORN:
        hook = [(high[0] - 0.04, low[1] + 0.14), (high[0] + 0.14, low[1] + 0.04), (high[0] + 0.12, low[1] - 0.14)]
        return _drawing([hook], rng), 0.0
    if mark in _BELOW:
        bottom = high[1] if base not in "yjgpq" else max(1.0, high[1] - 0.2)
        return _drawing([[(middle + size * x, bottom + size * y) for x, y in s] for s in _BELOW[mark]], rng), 0.0
    shape = _ABOVE.get(mark, _ABOVE["\u0301"])
    return _drawing([[(middle + size * x, top - size * y) for x, y in s] for s in shape], rng), 0.4 * size


def _bar_level(base: str, low: Floats, high: Floats) -> float:
    """The height of the bar through a letter, from its box."""
    share = 0.22 if base == "d" else 0.5
    return float(low[1] + share * (high[1] - low[1]))


def _drawing(strokes: list[list[tuple[float, float]]], rng: np.random.Generator) -> Drawing:
    return end_to_end([Drawing.of([np.array(s) + rng.normal(0, 0.02, (len(s), 2))]) for s in strokes])
