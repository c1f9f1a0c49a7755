"""How ink looks on paper and screen: the choices that all writers share, and what each of them comes to.

page = styled(page, style)              every stroke now has the width and the color to draw it with
under = background(page, style, "none") what lies under the ink: "none", "photo" (style.photo) or "paper"
paper(page)                             the color of that paper
sheet(page, style)                      the sheet in millimetres and the page's place on it
rgb("#1a1a2e"), jpeg(style.photo)       for the formats that need numbers or a file
"""

from __future__ import annotations

import colorsys
import io
import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import Pixels
from ..errors import InputError
from ..ink import Page, Stroke, is_color
from ..ink.frames import Affine

Color = tuple[int, int, int]
"""Red, green, blue, 0..255."""

Background = Literal["none", "photo", "paper"]


@dataclass(frozen=True, eq=False)
class Style:
    """What a writer may want to know besides the page; each takes what its format can show."""

    photo: Pixels | None = None
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
    """Pixels of the page per inch, where the format has lengths; None: the page is about as wide as an A4 sheet."""
    times: bool = False
    """Whether to write when each point was drawn (made up by ink.timing), where the format may leave it out."""
    speed: float = 1.0
    """How many times faster than usual an animation plays (see `timing.playing_time`)."""
    loop: bool | None = None
    """Whether an animation starts anew when it is over; None: the format's choice."""
    size: int | None = None
    """The longer side of a picture or an animation in pixels; None: the format's choice."""
    name: str = ""
    """Of the picture; InkML keeps it as exampleId."""

    def __post_init__(self) -> None:
        """Raises ValueError for a color, a sheet or a number that can't be."""
        if self.color not in (None, "ink", "order") and not is_color(self.color):
            raise ValueError(f'a color is "ink", "order" or "#rrggbb", not {self.color!r}')
        if self.fit is not None and self.fit not in SHEETS:
            raise ValueError(f"a sheet is one of {', '.join(SHEETS)}, not {self.fit!r}")
        for value in (self.width, self.dpi, self.speed, self.size):
            if value is not None and not (np.isfinite(value) and value > 0):
                raise ValueError(f"width, dpi, speed and size are positive numbers, not {value}")


PLAIN = Style()

INK_COLOR = "#1a1a2e"
"""The color of ink whose own isn't known."""

WHITE, BOARD = "#ffffff", "#1f2426"
"""Paper under dark and under light ink."""

SHEETS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4), "device": (157.2, 209.6)}
"""Width and height in millimetres, upright; "device" is reMarkable's screen."""

_LIGHT = 150
"""Luma (0..255) from which ink is too light for white paper."""

_COARSEST = 96
"""Pixels per inch that a small picture is taken to have, where nothing is known: a word doesn't fill a sheet."""


def styled(page: Page, style: Style, color: str = "ink") -> Page:
    """The page with every stroke's `width` and `color` set to what it is to be drawn with.

    `color` is the format's own choice of "ink", "order" or "#rrggbb", where the style makes none.
    """
    chosen, usual = style.color or color, stroke_width(page, style)
    number, count = itertools.count(), len(page.strokes)

    def dressed(stroke: Stroke) -> Stroke:
        width = style.width or stroke.width or usual
        if chosen == "ink":
            return Stroke(stroke.points, width, stroke.color or INK_COLOR)
        return Stroke(stroke.points, width, hexadecimal(rainbow(next(number), count)) if chosen == "order" else chosen)

    return page.with_strokes(dressed)


def stroke_width(page: Page, style: Style) -> float:
    """The width to draw strokes with whose own isn't known, in pixels.

    It is the style's, or the median of the known ones, or a 25th of the median word's height, at least 1: a word of
    ordinary writing is about two x-heights high, and a ballpoint's line about a twelfth of the x-height.
    """
    if style.width is not None:
        return style.width
    known = [s.width for s in page.strokes if s.width is not None]
    if known:
        return round(float(np.median(known)), 2)
    boxes = np.array([w.ink_box for w in page.words if w.strokes]).reshape(-1, 4)
    heights = boxes[:, 3] - boxes[:, 1]
    heights = heights[heights > 0]  # a dot or a dash tells nothing of the writing's size
    return round(max(1.0, float(np.median(heights)) / 25), 2) if len(heights) else 1.0


def rainbow(index: int, count: int) -> Color:
    """The color of stroke `index` of `count`: hues from red (0) to purple (0.8)."""
    red, green, blue = colorsys.hsv_to_rgb(0.8 * index / max(1, count - 1), 1.0, 0.9)
    return round(255 * red), round(255 * green), round(255 * blue)


def rgb(color: str) -> Color:
    """The numbers of "#rrggbb"."""
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def hexadecimal(color: Color) -> str:
    """`rgb` backwards."""
    return "#" + bytes(color).hex()


def background(page: Page, style: Style, default: Background) -> Background:
    """What lies under the ink of a `styled` page: the style's choice, or the format's own.

    Where the user chose nothing, light ink gets paper, on which it can be seen, and a missing photo becomes paper.
    Raises InputError where the user asked for a photo and there is none.
    """
    if style.background is not None:
        if style.background == "photo" and style.photo is None:
            raise InputError("there is no photo to lay under the ink; choose --background paper or none")
        return style.background
    if default == "photo":
        return "paper" if style.photo is None else "photo"
    return "paper" if paper(page) == BOARD else default


def paper(page: Page) -> str:
    """The color of the paper under a `styled` page: white, or that of a dark board where most ink is light."""
    shades = np.array([rgb(s.color or INK_COLOR) for s in page.strokes]).reshape(-1, 3)
    return BOARD if len(shades) and float(np.median(shades @ [0.299, 0.587, 0.114])) > _LIGHT else WHITE


@dataclass(frozen=True)
class Sheet:
    """A sheet of `width` x `height` millimetres, on which the page's corner lies at (`x`, `y`).

    `scale` is millimetres per pixel of the page.
    """

    width: float
    height: float
    scale: float
    x: float = 0.0
    y: float = 0.0

    @property
    def frame(self) -> Affine:
        """From pixels of the page to millimetres from the sheet's top-left corner."""
        return Affine.scaling(self.scale).then(Affine.translation(self.x, self.y))

    @property
    def view(self) -> tuple[float, float, float, float]:
        """The sheet in pixels of the page: x, y, width, height."""
        return (0 - self.x) / self.scale, (0 - self.y) / self.scale, self.width / self.scale, self.height / self.scale


def sheet(page: Page, style: Style) -> Sheet:
    """The physical sheet: `style.fit` with the page filling it from the middle, else one of the page's size.

    A4 and letter are turned for a page that is wider than high. Without a sheet, `style.dpi` says how large a pixel is;
    without that, the page is as wide as an A4 sheet, or smaller if it has few pixels.
    """
    width, height = max(page.width, 1.0), max(page.height, 1.0)
    turned = width > height
    if style.fit is None:
        usual = min(SHEETS["a4"][turned] / width, 25.4 / _COARSEST)
        scale = 25.4 / style.dpi if style.dpi else usual
        return Sheet(width * scale, height * scale, scale)
    across, down = SHEETS[style.fit][:: -1 if turned and style.fit != "device" else 1]
    scale = min(across / width, down / height)
    return Sheet(across, down, scale, (across - width * scale) / 2, (down - height * scale) / 2)


def jpeg(photo: Pixels) -> bytes:
    """The photo as a JPEG file, to be put into others."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(photo).save(out, "JPEG", quality=85)
    return out.getvalue()
