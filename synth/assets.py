"""What scenes are made of: handwriting, photographs, fonts."""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

from synth.pack import UNIT

Curves = list[NDArray[np.float32]]
"""Strokes, each (n, 2): x right, y down."""


class _Inks(NamedTuple):
    """Many inks as flat arrays."""

    xy: NDArray[np.int16]
    ends: NDArray[np.int64]  # of strokes, in points
    last: NDArray[np.int64]  # of inks, in strokes

    def __getitem__(self, i: int) -> Curves:  # type: ignore[override]
        first = int(self.last[i - 1]) if i else 0
        begin = int(self.ends[first - 1]) if first else 0
        curves = []
        for end in self.ends[first : self.last[i]].tolist():
            curves.append(self.xy[begin:end].astype(np.float32) / UNIT)
            begin = end
        return curves

    @property
    def count(self) -> int:
        return len(self.last)


class Assets:
    """A file that synth.pack made, and folders of fonts (none: Pillow's own).

    `held_out` turns the photographs round: those of one picture in eight, which training doesn't use.
    """

    def __init__(self, path: Path, fonts: list[Path], held_out: bool = False) -> None:
        with np.load(path) as z:
            data = {k: z[k] for k in z.files}
        self.words, self.characters = (_inks(data, k) for k in ("word", "character"))
        self._hands, self._neat = np.cumsum(data["hands"]), int(data["neat"])
        names = str(data["photo_pictures"]).split("\n") if len(data["photo_sizes"]) else []
        ends = np.cumsum(data["photo_sizes"])
        raw = data["photo_bytes"].tobytes()
        self._photos = [
            raw[end - size : end]
            for name, end, size in zip(names, ends.tolist(), data["photo_sizes"].tolist(), strict=True)
            if (zlib.crc32(name.encode()) % 8 == 0) == held_out
        ]
        files = sorted(str(f) for folder in fonts for f in folder.rglob("*") if f.suffix in (".ttf", ".otf"))
        self.fonts = [f for f in files if _has_latin(f)]
        self._opened: dict[int, NDArray[np.uint8]] = {}

    def hand(self, rng: np.random.Generator) -> int:
        """One of those who wrote the words; every fifth time a single-line font, which looks most like print."""
        if self._neat and rng.random() < 0.2:
            return len(self._hands) - 1 - int(rng.integers(self._neat))
        return int(rng.integers(len(self._hands)))

    def word(self, rng: np.random.Generator, hand: int | None = None) -> Curves:
        """A word in heights of its hand's usual word, from x = 0, y = 0 at its middle: of that hand, or a Latin one of
        any, or characters."""
        if hand is not None:
            first = int(self._hands[hand - 1]) if hand else 0
            return self.words[int(rng.integers(first, self._hands[hand]))]
        if not self.characters.count or rng.random() < 0.7:
            return self.words[int(rng.integers(self.words.count))]
        curves, x = [], 0.0
        for _ in range(int(rng.integers(1, 6))):
            sign = self.characters[int(rng.integers(self.characters.count))]
            curves += [c + np.float32([x, 0]) for c in sign]
            x += max(0.7, max(float(c[:, 0].max()) for c in sign)) + 0.15
        return curves

    def photo(self, rng: np.random.Generator) -> NDArray[np.uint8] | None:
        """A photograph without writing, uint8 RGB."""
        if not self._photos:
            return None
        i = int(rng.integers(len(self._photos)))
        if i not in self._opened:
            bgr = cv2.imdecode(np.frombuffer(self._photos[i], np.uint8), cv2.IMREAD_COLOR)
            self._opened[i] = np.ascontiguousarray(bgr[..., ::-1]).astype(np.uint8)
        return self._opened[i]

    def font(self, rng: np.random.Generator, size: int) -> ImageFont.FreeTypeFont:
        """A font for print."""
        if not self.fonts:
            own = ImageFont.load_default(size)
            assert isinstance(own, ImageFont.FreeTypeFont), "Pillow was built without FreeType"
            return own
        return _font(self.fonts[int(rng.integers(len(self.fonts)))], size)


@lru_cache(256)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _has_latin(path: str) -> bool:
    """Whether a font has letters of its own for what synth.printed writes, and not the box of a missing one."""
    font = ImageFont.truetype(path, 24)
    missing = bytes(font.getmask("\uffff"))
    return all(bytes(font.getmask(letter)) not in (missing, b"") for letter in "agRé3")


def _inks(data: dict[str, NDArray], prefix: str) -> _Inks:
    ends, last = (np.cumsum(data[f"{prefix}_{k}"], dtype=np.int64) for k in ("points", "strokes"))
    return _Inks(data[f"{prefix}_xy"], ends, last)
