"""How ink looks: the choices that all writers share, and sizes measured from the ink where none is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..ink import Page

Photo: TypeAlias = NDArray[np.uint8]
"""uint8 (H, W, 3)."""


Background = Literal["none", "photo", "paper"]


@dataclass(frozen=True, eq=False)
class Style:
    """What a writer may want to know besides the page; each takes what its format can show."""

    photo: Photo | None = None
    """The picture that the ink came from."""
    color: str | None = None
    """"ink" (each stroke's own), "order" (a rainbow in writing order) or "#rrggbb"; None: the format's choice."""
    width: float | None = None
    """Of all strokes, in pixels of the page; None: each stroke's own, or measured with `stroke_width`."""
    background: Background | None = None
    """What lies under the ink; None: the format's choice."""
    fit: str | None = None
    """The sheet that the page is fitted to (a name in `SHEETS`), where the format has sheets; None: the page's size."""
    dpi: float | None = None
    """Pixels of the page per inch, where the format has lengths; None: the page is as wide as an A4 sheet."""
    name: str = ""
    """Of the picture; InkML keeps it as exampleId."""


PLAIN = Style()

INK = "#1a1a2e"
"""The color of ink whose own isn't known."""

SHEETS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4), "device": (157.2, 209.6)}
"""Width and height in millimetres, upright; "device" is reMarkable's screen."""


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
