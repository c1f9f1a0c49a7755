"""Which frame of an animation to take: that in which most is written, the last of them."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..errors import InputError
from .bounds import decoding

ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
"""Kinds whose frames follow each other in time; those of others are pages, sizes or layers."""

FRAMES_MEGAPIXELS = 500
"""So much of an animation is looked at; of a picture with more in one frame, the first."""

SMALL = 256
"""Longer side in pixels of the frames in which the ink is measured."""

NEARLY = 0.95
"""A pen in the picture hides some ink: a later frame with this share of the most is as good."""


def settle(picture: Image.Image, most: int) -> None:
    """Seek to the frame to take, unless one frame has more than `most` million pixels or there is just one."""
    pixels = picture.size[0] * picture.size[1]
    if picture.format not in ANIMATED or pixels > most * 1e6 or not _is_animated(picture):
        return
    inks: list[float] = []
    try:
        for index in range(max(1, int(FRAMES_MEGAPIXELS * 1e6 / pixels))):
            with decoding(""):
                picture.seek(index)
                inks.append(_ink(picture))
    except InputError:  # the end, or damage from here on
        pass
    best = max(inks, default=0.0)
    picture.seek(max((i for i, ink in enumerate(inks) if ink >= NEARLY * best), default=0))


def _is_animated(picture: Image.Image) -> bool:
    """Whether there is a second frame; one that is damaged is none."""
    try:
        with decoding(""):
            return bool(getattr(picture, "is_animated", False))
    except InputError:
        return False


def _ink(picture: Image.Image) -> float:
    """How much the frame differs from its most frequent grey."""
    frame = picture.convert("RGBA") if picture.has_transparency_data else picture.convert("L")
    if frame.mode == "RGBA":
        frame = Image.alpha_composite(Image.new("RGBA", frame.size, (128, 128, 128)), frame).convert("L")
    grey = np.asarray(frame.reduce(max(1, max(frame.size) // SMALL)), np.float32)
    return float(abs(grey - np.median(grey)).mean())
