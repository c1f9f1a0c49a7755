"""Print: blocks of text in many fonts, as a mask in a frame of its own, with the boxes of its words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synth.assets import Assets

_ONSETS = ("b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "ch", "th", "")
_NUCLEI = ("a", "e", "i", "o", "u", "ea", "ou", "ai", "é", "ö")
_CODAS = ("", "", "n", "r", "s", "t", "l", "nd", "ng", "rt", "ss")


class Block(NamedTuple):
    """Its mask, uint8 (H, W), and its words' boxes (x0, y0, x1, y1) in pixels of the mask, line by line."""

    mask: NDArray[np.uint8]
    lines: list[list[tuple[float, float, float, float]]]


def word(rng: np.random.Generator) -> str:
    """A made-up word, a number, or a sign."""
    if rng.random() < 0.12:
        return str(int(rng.integers(0, 10 ** int(rng.integers(1, 6)))))

    def pick(parts: tuple[str, ...]) -> str:
        return parts[int(rng.integers(len(parts)))]

    text = "".join(pick(_ONSETS) + pick(_NUCLEI) + pick(_CODAS) for _ in range(int(rng.integers(1, 4))))
    style = rng.random()
    text = text.upper() if style < 0.1 else text.capitalize() if style < 0.35 else text
    return text + ("" if rng.random() < 0.85 else pick((",", ".", ":", ";", "?", "!")))


def block(rng: np.random.Generator, assets: Assets, size: int, width: int, rows: int) -> Block:
    """`rows` lines of print with letters of `size` pixels, at most `width` wide."""
    font = assets.font(rng, size)
    pitch = round(size * rng.uniform(1.1, 1.7))
    picture = Image.new("L", (max(8, width), pitch * rows + size // 2))
    draw = ImageDraw.Draw(picture)
    space = font.getlength(" ")
    up, down = (b for b in font.getbbox("Hg")[1::2])
    lines = []
    for row in range(rows):
        x, texts, boxes = 0.0, [], []
        while rng.random() > 0.03:
            text = word(rng)
            end = x + font.getlength(text)
            if end > width:
                break
            texts.append(text)
            boxes.append((x, row * pitch + up, end, row * pitch + down))
            x = end + space
        draw.text((0, row * pitch), " ".join(texts), 255, font)
        lines.append(boxes)
    return Block(np.asarray(picture), lines)
