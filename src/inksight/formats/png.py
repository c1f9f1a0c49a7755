"""PNG: the strokes over the dimmed photo, coloured from red to purple in writing order, each pen-down with a dot."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ..errors import InputError
from ..ink import Page, Stroke
from .style import PLAIN, Style, paper, rgb, styled

if TYPE_CHECKING:
    from PIL import Image

_SMALL = 2_000_000  # pixels; a photo hardly shrinks further at the higher levels, which take seconds on a larger page
_LARGEST = 200_000_000  # pixels


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as PNG of its own size, or `style.size` pixels long, over `style.photo` where there is one, else paper.

    Where the style chooses no color it is a picture to check: thin lines, a dot at each pen-down (with "order", too).
    Otherwise strokes have their own width. Raises InputError for more than 200 million pixels.
    """
    picture = draw(page, style)
    if style.background != "none":
        picture = picture.convert("RGB")
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6 if picture.width * picture.height < _SMALL else 1)
    return out.getvalue()


def draw(page: Page, style: Style = PLAIN) -> Image.Image:
    """The same as a picture in RGBA."""
    from . import drawing  # brings Pillow

    width, height, zoom = drawing.extent(page, style.size)
    if width * height > _LARGEST:
        raise InputError(f"a page of {width} x {height} pixels is too large for a PNG; write SVG")
    if style.color is None:
        page = page.with_strokes(lambda stroke: Stroke(stroke.points))  # forgets widths: the ink is to be seen beside
    page = styled(page, style, "order")
    picture, edges = drawing.backdrop(page, style, width, height)
    pens = drawing.pens(page, zoom)
    drawing.draw(picture, pens, edges)
    if style.color in (None, "order"):
        drawing.mark(picture, pens, edges or rgb(paper(page)))
    return picture
