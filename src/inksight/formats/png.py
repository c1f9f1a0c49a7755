"""PNG: the strokes over the dimmed photo, coloured from red to purple in writing order, each pen-down with a dot."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..ink import Page, Points
from .style import PLAIN, Color, Photo, Style, rainbow, stroke_width

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

BRIGHTNESS = 0.45  # of the photo behind the strokes
_SMOOTH_BELOW = 2_000_000  # pixels; smaller pictures are drawn at twice the size and reduced
_LARGEST = 200_000_000  # pixels


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as PNG of its own size: over `style.photo` where there is one, else over white paper.

    Raises InputError for a page of more than 200 million pixels.
    """
    width, height = (max(1, math.ceil(v)) for v in (page.width, page.height))
    if width * height > _LARGEST:
        raise InputError(f"a page of {width} x {height} pixels is too large for a PNG; write SVG")
    scale = 2 if width * height < _SMOOTH_BELOW else 1
    picture = _background(style.photo, width, height, scale)
    _draw(picture, [s.points * np.float32(scale) for s in page.strokes], scale * stroke_width(page, style))
    out = io.BytesIO()
    # a photo hardly shrinks further at the higher levels, which take seconds on a page
    (picture.reduce(scale) if scale > 1 else picture).save(out, "PNG", compress_level=1 if scale == 1 else 6)
    return out.getvalue()


def _background(photo: Photo | None, width: int, height: int, scale: int) -> Image:
    from PIL import Image

    if photo is None:
        return Image.new("RGB", (width * scale, height * scale), "white")
    dim = (np.arange(256) * BRIGHTNESS).astype(np.uint8)
    picture = Image.fromarray(dim[photo], "RGB")
    size = (width * scale, height * scale)
    return picture if picture.size == size else picture.resize(size, Image.Resampling.NEAREST)


def _draw(picture: Image, strokes: list[Points], width: float) -> None:
    """All outlines lie under all strokes, and the pen-down dots on top."""
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    colors = [rainbow(i, len(strokes)) for i in range(len(strokes))]
    edge = max(1.5, 0.3 * width)
    for points in strokes:
        _line(draw, points, width + 2 * edge, "white")
    for points, color in zip(strokes, colors, strict=True):
        _line(draw, points, width, color)
    for points, color in zip(strokes, colors, strict=True):
        _dots(draw, points[:1], width + edge, "white")
        _dots(draw, points[:1], width, color)


def _line(draw: ImageDraw, points: Points, width: float, color: Color | str) -> None:
    """A polyline with round joints and caps."""
    if len(points) > 1:
        draw.line((points - 0.5).ravel().tolist(), color, max(1, round(width)))  # PIL counts from the pixel's centre
    _dots(draw, points, width / 2, color)


def _dots(draw: ImageDraw, centres: Points, radius: float, color: Color | str) -> None:
    reach = max(0.0, radius - 0.5)  # PIL fills both border pixels of the box
    for x, y in (centres - 0.5).tolist():
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), color)
