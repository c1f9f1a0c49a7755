"""Where the words of a page are.

A detector is a callable from pixels to `Detection`s. Its boxes may be rough: `components.py` gives each piece of ink to
the word that it belongs to. OpenCV is imported here and in sheet/ alone, and only when a page is converted.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..errors import InputError
from ..imaging.pictures import Pixels
from ..ink import Box
from ..ink.frames import Affine, Frame

Quad = tuple[tuple[float, float], ...]
"""The four corners of a box, from the text's top left clockwise as one reads it."""


LEVEL = math.radians(5)
"""Words turned by less count as upright: the tracer takes them as they are (CER 0.21 up to 4 degrees, 0.25 at 6)."""


@dataclass(frozen=True)
class Detection:
    """One word: its box in pixels of the picture and what the detector read there.

    `box` is upright; `quad` is the close box of a word that is turned, else None (`around` makes a word from its
    corners). `text` is "" and `confidence` (0..1) is 0 where the detector doesn't read. Words
    with the same `line` were found in one piece of a text line, in reading order. `letters` says where the text's
    characters have their middles, in shares of the word's width; () where the detector doesn't tell.
    """

    box: Box
    text: str = ""
    confidence: float = 0.0
    line: int = 0
    quad: Quad | None = None
    letters: tuple[float, ...] = field(default=(), compare=False)

    @classmethod
    def around(
        cls,
        corners: ArrayLike,
        text: str = "",
        confidence: float = 0.0,
        line: int = 0,
        letters: tuple[float, ...] = (),
    ) -> Detection:
        """The word with these corners, (4, 2), from the text's top left clockwise as one reads it."""
        points = np.asarray(corners, np.float64).reshape(4, 2)
        (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        word = cls((x0, y0, x1, y1), text, confidence, line, tuple((x, y) for x, y in points.tolist()), letters)
        return word if abs(word.angle) >= LEVEL else replace(word, quad=None)

    @cached_property
    def angle(self) -> float:
        """How far the word is turned, in radians from the x axis towards the y axis: clockwise on the screen."""
        if self.quad is None:
            return 0.0
        a, b, c, d = np.array(self.quad)
        return math.atan2(*(b - a + c - d)[::-1])

    @cached_property
    def frame(self) -> Affine:
        """From the picture to the frame in which the word is upright: a turn about the picture's corner."""
        return Affine.rotation(-self.angle) if self.angle else Affine()

    @cached_property
    def upright(self) -> Box:
        """The close box of the word in its `frame`."""
        if self.quad is None:
            return self.box
        corners = self.frame.apply(self.quad)
        (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return x0, y0, x1, y1

    def transformed(self, frame: Frame) -> Detection:
        """The word in another frame."""
        x0, y0, x1, y1 = self.box
        corners = self.quad or ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        return Detection.around(frame.apply(corners), self.text, self.confidence, self.line, self.letters)

    @property
    def height(self) -> float:
        """How high the word is across its writing direction."""
        return self.upright[3] - self.upright[1]


class Detector(Protocol):
    """Finds the words of a picture.

    One that has to look for them has an attribute `looks` that is True: it is shown the sheet laid flat. Any other
    knows where they are in the picture as it came.
    """

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3), in any order; none for a blank page."""
        ...


def looks(detector: Detector) -> bool:
    """Whether the detector looks for the words in what it is shown."""
    return bool(getattr(detector, "looks", False))


def whole_page(rgb: Pixels) -> Sequence[Detection]:
    """The detector "none": the picture is one word."""
    height, width = rgb.shape[:2]
    return [Detection((0.0, 0.0, float(width), float(height)))]


NAMES = ("rapidocr", "tesseract", "doctr", "google-vision", "boxes", "none")
"""Names that `load` knows."""

FROM_FILES = ("boxes", "google-vision")
"""Those that take the words from a file."""


def is_here(name: str) -> bool:
    """Whether what the detector of that name needs is installed, told without loading it."""
    if name == "tesseract":
        return shutil.which("tesseract") is not None
    if name == "doctr":
        return any(find_spec(library) is not None for library in ("onnxtr", "doctr"))
    return True


def load(
    name: str, source: str | Path | None = None, *, picture: str | Path | None = None, page: int | None = None
) -> Detector:
    """The detector of that name, one of NAMES; networks are loaded once.

    `source` is the file that "boxes" reads, or the saved response that "google-vision" reads instead of calling the
    service; or a folder with such a file for `picture`, with the same stem. `page` is which page of the picture, from
    1; None where it has only one. Raises InputError for an unknown name, for what isn't installed, with how to install
    it, and for unusable files.
    """
    if name not in NAMES:
        raise InputError(f"unknown detector '{name}'; use one of {', '.join(NAMES)}")
    if source is None:
        if name == "boxes":
            raise InputError("the detector boxes takes the words from a file: name it, or its folder, with --boxes")
        return _loaded(name)
    if name not in FROM_FILES:
        raise InputError(f"the detector {name} reads no file; use one of {', '.join(FROM_FILES)}")
    from . import boxes, google_vision, saved

    path, number = Path(source), page or 1
    if path.is_dir():
        endings = boxes.ENDINGS if name == "boxes" else google_vision.ENDINGS
        path, number = saved.beside(path, picture, page, endings)
    return boxes.read(path, number) if name == "boxes" else google_vision.read(path, number)


@cache
def _loaded(name: str) -> Detector:
    if name == "rapidocr":
        from .rapidocr import shared

        return shared()
    if name == "tesseract":
        from .tesseract import Tesseract

        return Tesseract()
    if name == "doctr":
        from .doctr import Doctr

        return Doctr()
    if name == "google-vision":
        from .google_vision import GoogleVision

        return GoogleVision()
    return whole_page
