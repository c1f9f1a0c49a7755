"""Stands in for the original's network: writes one stroke along the middle of what is dark in each column."""

import io

import numpy as np
from PIL import Image

from inksight.recognition.tokens import to_text


class Columns:
    """A Writer in numpy. It reads every word as `text`; `asked` are the prompts, `seen` the pictures."""

    def __init__(self, text="wave"):
        self.text, self.asked, self.seen = text, [], []

    def write(self, pictures, prompts):
        self.asked += prompts
        squares = [np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")) for picture in pictures]
        self.seen += squares
        said = ["<extra_id_0> " + (self.text if p == "Recognize and derender." else "") for p in prompts]
        return [f"{text} {self.ink(square, p)}" for text, square, p in zip(said, squares, prompts, strict=True)]

    def ink(self, square, prompt):
        return to_text(ids_of(square))


def ids_of(square):
    """The stroke's ink tokens for a square, uint8 (224, 224, 3)."""
    dark = square.mean(axis=2) < 128
    columns = np.flatnonzero(dark.any(axis=0))
    middle = [np.flatnonzero(dark[:, x]).mean() + 0.5 for x in columns]
    return [450, *(i for x, y in zip(columns.tolist(), middle, strict=True) for i in (x, int(y) + 225))]


def wave(width=300, height=120, *, thick=4, start=20, end=280):
    """A picture with a curve that has one point in each column, uint8 (H, W, 3), and that curve, float (n, 2)."""
    x = np.arange(start, end) + 0.5
    y = height / 2 + 0.3 * height * np.sin((x - start) / 25)
    rows = np.arange(height)[:, None] + 0.5
    picture = np.full((height, width), 255, np.uint8)
    picture[:, start:end][np.abs(rows - y) <= thick / 2] = 0
    return np.repeat(picture[:, :, None], 3, axis=2), np.stack([x, y], axis=1)
