"""Where the words of a page are.

A detector is a callable from pixels to `Detection`s. Its boxes may be rough: `components.py` gives each piece of ink to
the word that it belongs to. OpenCV is imported here and nowhere else, and only when a page is converted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from ..errors import InputError
from ..image import Pixels
from ..ink import Box


@dataclass(frozen=True)
class Detection:
    """One word: its upright box in pixels of the picture and what the detector read there.

    `text` is "" and `confidence` (0..1) is 0 where the detector doesn't read. Words with the same `line` were found in
    one piece of a text line, from left to right.
    """

    box: Box
    text: str = ""
    confidence: float = 0.0
    line: int = 0


class Detector(Protocol):
    """Finds the words of a picture."""

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3), in any order; none for a blank page."""
        ...


def whole_page(rgb: Pixels) -> Sequence[Detection]:
    """The detector "none": the picture is one word."""
    height, width = rgb.shape[:2]
    return [Detection((0.0, 0.0, float(width), float(height)))]


def _rapidocr() -> Detector:
    from .rapidocr import RapidOcr

    return RapidOcr()


_LOADERS: dict[str, Callable[[], Detector]] = {"rapidocr": _rapidocr, "none": lambda: whole_page}

NAMES = tuple(_LOADERS)
"""Names that `load` knows."""


@cache
def load(name: str) -> Detector:
    """The detector of that name, loaded once. Raises InputError for an unknown name."""
    if name not in _LOADERS:
        raise InputError(f"unknown detector '{name}'; use one of {', '.join(NAMES)}")
    return _LOADERS[name]()
