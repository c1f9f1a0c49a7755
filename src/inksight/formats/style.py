"""How ink looks: the choices that all writers share, and sizes measured from the ink where none is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..ink import Page

Photo: TypeAlias = NDArray[np.uint8]
"""uint8 (H, W, 3)."""


@dataclass(frozen=True, eq=False)
class Style:
    """What a writer may want to know besides the page; each takes what its format can show."""

    photo: Photo | None = None
    """The picture that the ink came from."""
    color: str = "#1a1a2e"
    """Of the ink, as CSS writes it."""
    width: float | None = None
    """Of a stroke, in pixels of the page; None measures it with `stroke_width`."""
    name: str = ""
    """Of the picture; InkML keeps it as exampleId."""


PLAIN = Style()


def stroke_width(page: Page, style: Style) -> float:
    """The width to draw strokes with, in pixels: the style's, or a 25th of the median word's height, at least 1.

    A word of ordinary writing is about two x-heights high, and a ballpoint's line about a twelfth of the x-height.
    """
    if style.width is not None:
        return style.width
    boxes = np.array([w.ink_box for w in page.words if w.strokes]).reshape(-1, 4)
    heights = boxes[:, 3] - boxes[:, 1]
    heights = heights[heights > 0]  # a dot or a dash tells nothing of the writing's size
    return round(max(1.0, float(np.median(heights)) / 25), 2) if len(heights) else 1.0
