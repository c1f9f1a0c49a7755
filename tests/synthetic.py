"""Ink that nobody wrote: a figure for each letter, and files of it in the container of the training data."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from inksight.formats.dataset import PackedInk, pack


def glyph(letter: str) -> list[np.ndarray]:
    """A letter's strokes, int32 (n, 2), 1000 units high: a Lissajous figure of its own, and a dot on an i or a j."""
    k = ord(letter) % 32
    t = np.linspace(0, 2.5, 40)
    body = np.stack([300 + 300 * np.cos((1 + k % 3) * t + k), 500 + 500 * np.sin((2 + k % 2) * t + k / 5)], axis=1)
    dot = [np.array([[300, -200], [320, -190]])] if letter in "ij" else []
    return [s.astype(np.int32) for s in [body, *dot]]


def word(text: str, writer: str = "writer") -> PackedInk:
    """The letters' figures side by side."""
    strokes = [g + np.array([800 * i, 0], np.int32) for i, letter in enumerate(text) for g in glyph(letter)]
    return PackedInk(text, writer, "synthetic", strokes, 800.0)


def write_packed(path: Path, samples: Sequence[PackedInk]) -> None:
    """Write the container that inksight.formats.dataset reads."""
    path.write_bytes(pack(samples))
