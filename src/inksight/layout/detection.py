"""A word as it was found on a page, and what finds it.

A detector is a callable from pixels to `Detection`s. Its boxes may be rough: `components.py` gives each piece of ink to
the word that it belongs to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Pixels
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
