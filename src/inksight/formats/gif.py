"""GIF: the writing being written, over the dimmed photo or paper, for places that show nothing else.

One palette serves all frames, a quarter of it for what lies under the ink, so that a photo can't crowd the ink's colors
out; each frame holds only the rectangle with new ink.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..ink import Page
from .style import PLAIN, Style

if TYPE_CHECKING:
    from PIL.Image import Image

    from .film import Film

_PAPER_COLORS = 64
_CLEAR = 255
"""The index of pixels that stay as they were; it is also the number of colors."""
_KEEP = 1
"""The disposal method that leaves a frame where it is."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as GIF, played as film.film says, again and again unless the style says otherwise."""
    from PIL.GifImagePlugin import getdata, getheader

    from .film import film

    movie = film(page, style)
    under, ink = _colors(movie)
    palette = _palette(under)
    header, _ = getheader(
        _palette(under + ink).resize(movie.start.size), info={} if style.loop is False else {"loop": 0}
    )
    blocks = [*header]
    for _, tile, seconds in movie.shots():
        frame = _indexed(tile.picture, palette)
        look = {"duration": round(1000 * seconds), "transparency": _CLEAR, "disposal": _KEEP}
        blocks += getdata(frame, (tile.x, tile.y), **look)
        palette = _palette(under + ink)
    return b"".join([*blocks, b";"])


def _colors(movie: Film) -> tuple[list[int], list[int]]:
    """Up to 64 colors of what was there before the ink, and those of the ink: red, green, blue, red, ..."""
    from PIL import Image

    *_, (written, _, _) = movie.shots()
    start, final = (np.asarray(picture.convert("RGB")) for picture in (movie.start, written))
    new = final[(start != final).any(axis=2)]
    under = Image.fromarray(start).quantize(_PAPER_COLORS).getpalette() or []
    ink = Image.fromarray(new[None]).quantize(_CLEAR - len(under) // 3).getpalette() if len(new) else []
    return under, ink or []


def _palette(colors: list[int]) -> Image:
    """A picture with the palette."""
    from PIL import Image

    picture = Image.new("P", (1, 1))
    picture.putpalette((colors * 256)[:768])
    return picture


def _indexed(picture: Image, palette: Image) -> Image:
    """The picture in the palette's colors, clear where it is more than half transparent."""
    from PIL import Image

    indexed = picture.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    indexed.paste(_CLEAR, mask=picture.getchannel("A").point(lambda alpha: 255 * (alpha < 128)))
    return indexed
