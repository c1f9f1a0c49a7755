"""Words that were found before, and the files in which they lie beside their pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays import Pixels
from ..errors import InputError
from . import textline
from .detection import Detection
from .textline import Corners

SAME_SHAPE = 0.05
"""Pictures whose ratios of width to height differ by more than this share aren't the same one in another size."""


@dataclass(frozen=True, eq=False)
class Found:
    """A word or a line of words in a file: `corners` is float64 (4, 2), from the text's top left clockwise."""

    corners: Corners
    text: str = ""
    confidence: float = 0.0
    line: int = 0


@dataclass(frozen=True)
class Saved:
    """A detector that knows its words from a file, where they lie in a picture of `width` x `height`.

    0 x 0 says that this isn't known, 1 x 1 that the corners are shares of it.
    """

    name: str
    words: Sequence[Found]
    width: float = 0
    height: float = 0

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words in pixels of `rgb`, uint8 (H, W, 3). Raises InputError where that has another shape."""
        high, wide = rgb.shape[:2]
        scale = np.ones(2)
        if self.width > 0 and self.height > 0:
            scale = np.array([wide / self.width, high / self.height])
            if (self.width, self.height) != (1, 1) and abs(math.log(scale[0] / scale[1])) > SAME_SHAPE:
                size = f"{self.width:g} x {self.height:g}"
                raise InputError(f"{self.name}: is for a picture of {size}, not {wide} x {high}: give that picture")
        found = []
        for word in self.words:
            found += textline.words(word.text, word.confidence, word.corners * scale, word.line)
        return found


def beside(folder: Path, picture: str | Path | None, page: int | None, endings: Sequence[str]) -> tuple[Path, int]:
    """The file in the folder that goes with a picture, and which of its pages.

    For the page 3 of book.pdf that is book-3 with one of the endings, or the third page of book. `page` is None where
    the picture has only one. Raises InputError where there is no such file.
    """
    if picture is None:
        raise InputError(f"{folder}: is a folder; name the file for this picture")
    stem = Path(picture).stem
    wanted = [(stem, page or 1)] if page is None else [(f"{stem}-{page}", 1), (stem, page)]
    for name, number in wanted:
        for path in sorted(folder.iterdir()):
            if path.name.startswith(f"{name}.") and path.suffix.lower() in endings:
                return path, number
    raise InputError(f"{folder}: has no {wanted[0][0]}{'/'.join(endings)} for the picture {picture}; add it")


def read_bytes(path: Path) -> bytes:
    """The file's content. Raises InputError where it can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}; check the name") from error
