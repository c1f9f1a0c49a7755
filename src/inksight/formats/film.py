"""The writing being written, frame by frame: what the moving formats (GIF, APNG, WebP, MP4) share.

Each frame is only the ink that is new in it, on a small tile, to be laid over the picture so far.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops

from ..arrays import Array, Points
from ..ink import Page
from ..ink.timing import HOLD, playing_time, times
from . import drawing
from .drawing import Pen, Tile
from .style import Color, Style, styled

LONGEST_SIDE = 800
"""Of the picture in pixels, where the style says nothing and the page is larger."""

_SHORTEST_FRAME, _MOST_FRAMES = 0.04, 240


class Shot(NamedTuple):
    """The whole picture so far, what is to be laid over the one before for it, and how long it is seen, in seconds."""

    picture: Image.Image
    new: Tile
    seconds: float


class Film(NamedTuple):
    """What is there before the first stroke, RGBA, then the new ink of each frame, and how long a frame takes.

    A frame without new ink is None. The last frame stays for another `HOLD` seconds.
    """

    start: Image.Image
    tiles: list[Tile | None]
    seconds: float

    def shots(self) -> Iterator[Shot]:
        """The start, and then every change. All shots share one picture: use it at once or copy it."""
        picture, new, seen = self.start.copy(), Tile(0, 0, self.start), self.seconds
        for tile in self.tiles:
            if tile is not None:
                yield Shot(picture, new, seen)
                drawing.lay(picture, tile)
                new, seen = self._settled(tile, picture), 0.0
            seen += self.seconds
        yield Shot(picture, new, seen + HOLD)

    def _settled(self, tile: Tile, picture: Image.Image) -> Tile:
        """The tile's pixels as they look in the picture, where that is opaque: not all viewers blend alike."""
        if self.start.crop((0, 0, 1, 1)).tobytes()[3] == 0:  # there is no background
            return tile
        settled = picture.crop(tile.box)
        settled.putalpha(tile.picture.getchannel("A").point(lambda alpha: 255 * (alpha > 0)))
        return tile._replace(picture=settled)


def film(page: Page, style: Style) -> Film:
    """The page being written over the dimmed photo, or over what the style chooses, colored by order.

    It plays in `timing.playing_time` and then holds the last frame for 3 seconds.
    """
    page = styled(page, style, "order")
    longest = style.size or min(LONGEST_SIDE, max(page.width, page.height))
    width, height, zoom = drawing.extent(page, longest)
    width, height = width + width % 2, height + height % 2  # as most video coders need it
    start, edges = drawing.backdrop(page, style, width, height)
    clock = times(page.strokes)
    pen_time = float(clock[-1][-1]) if clock else 0.0
    seconds, count = _schedule(pen_time, style.speed)
    ends = np.linspace(0, pen_time, count + 1)[1:]
    return Film(start, list(_tiles(drawing.pens(page, zoom), clock, ends, edges, start.size)), seconds)


def _schedule(pen_time: float, speed: float) -> tuple[float, int]:
    """Seconds of each frame, in whole hundredths because GIF counts in those, and the number of frames."""
    total = playing_time(pen_time, speed)
    frame = max(_SHORTEST_FRAME, math.ceil(100 * total / _MOST_FRAMES) / 100)
    return frame, max(1, round(total / frame))


def _tiles(
    pens: Sequence[Pen], clock: Sequence[Array], ends: Array, edges: Color | None, size: tuple[int, int]
) -> Iterator[Tile | None]:
    """The new ink of each frame; frame k shows what is written until `ends[k]`."""
    inked = Image.new("L", size)  # where ink lies already: later edges go under it
    first = 0  # the first stroke that isn't finished
    since = -math.inf
    for end in ends.tolist():
        pieces = []
        for i in range(first, len(pens)):
            if clock[i][0] > end:
                break
            if len(points := _between(pens[i].points, clock[i], since, end)):
                pieces.append(pens[i]._replace(points=points))
        while first < len(pens) and clock[first][-1] <= end:
            first += 1
        yield _joined(pieces, inked, edges, size)
        since = end


def _between(points: Points, clock: Array, since: float, until: float) -> Points:
    """The part of a stroke that is drawn in the time (since, until], from where the pen was before: float32 (n, 2)."""
    a, b = max(since, float(clock[0])), min(until, float(clock[-1]))
    if b < a or clock[-1] <= since:
        return points[:0]
    inside = points[(clock > a) & (clock < b)]
    ends = [np.array([[np.interp(t, clock, points[:, 0]), np.interp(t, clock, points[:, 1])]]) for t in (a, b)]
    return np.concatenate([ends[0], inside, ends[1]]).astype(np.float32)


def _joined(pieces: Sequence[Pen], inked: Image.Image, edges: Color | None, size: tuple[int, int]) -> Tile | None:
    """The pieces as one tile, their edges under all ink; `inked` learns where the ink is."""
    lines = [t for p in pieces if (t := drawing.line(p.points, p.width, p.color, size))]
    under = [t for p in pieces if edges and (t := drawing.line(p.points, p.width + 2 * p.edge, edges, size))]
    if not lines and not under:
        return None
    lefts, tops, rights, bottoms = zip(*(tile.box for tile in lines + under), strict=True)
    x0, y0, x1, y1 = min(lefts) // 2 * 2, min(tops) // 2 * 2, max(rights), max(bottoms)  # WebP counts in twos
    joined = Image.new("RGBA", (x1 - x0, y1 - y0))
    for tile in under:
        drawing.lay(joined, tile.moved(-x0, -y0))
    joined.putalpha(ImageChops.multiply(joined.getchannel("A"), ImageChops.invert(inked.crop((x0, y0, x1, y1)))))
    for tile in lines:
        drawing.lay(joined, tile.moved(-x0, -y0))
        alpha = tile.picture.getchannel("A")
        inked.paste(ImageChops.lighter(inked.crop(tile.box), alpha), tile.box)
    return Tile(x0, y0, joined)
