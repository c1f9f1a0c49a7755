"""Ink as pixels: strokes with smooth edges, each on a small tile of its own, and what lies under them.

Still and moving pictures are both made of such tiles, so the work grows with the ink and not with the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from ..arrays import Points
from ..ink import Page
from .style import INK_COLOR, Color, Style, background, paper, rgb

BRIGHTNESS = 0.45
"""Of the photo behind the strokes."""

_FINE = 4  # strokes are drawn this many times larger and reduced, for smooth edges
_THINNEST = 2.0  # pixels; a line that is thicker on the page doesn't get thinner than this in a smaller picture
_LARGEST_TILE = 4_000_000  # pixels, enlarged; larger ones are drawn as they are, so that no stroke fills the memory

_WIDEST = 100_000.0  # pixels: PIL counts them in 32 bits


class Pen(NamedTuple):
    """A stroke as it is drawn: its points, the line's width and color, and how far an edge reaches beyond the line."""

    points: Points
    width: float
    color: Color
    edge: float


class Tile(NamedTuple):
    """A picture in RGBA, and where its top-left corner lies."""

    x: int
    y: int
    picture: Image.Image

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom."""
        return self.x, self.y, self.x + self.picture.width, self.y + self.picture.height

    def moved(self, x: int, y: int) -> Tile:
        """The tile so much further to the right and down."""
        return self._replace(x=self.x + x, y=self.y + y)


def extent(page: Page, longest: float | None = None) -> tuple[int, int, float]:
    """Width and height in pixels of the page as a picture, and pixels per pixel of the page.

    The picture is as large as the page, unless `longest` says how long its longer side is to be.
    """
    zoom = 1.0 if longest is None else longest / max(page.width, page.height, 1.0)
    return max(1, math.ceil(page.width * zoom)), max(1, math.ceil(page.height * zoom)), zoom


def backdrop(page: Page, style: Style, width: int, height: int) -> tuple[Image.Image, Color | None]:
    """What lies under a `styled` page, RGBA, and the color of the strokes' edges: white over a photo, None else.

    That is the dimmed photo, unless the style chooses another background or has no photo.
    """
    under = background(page, style, "photo")
    if under == "photo" and style.photo is not None:
        dim = (np.arange(256) * BRIGHTNESS).astype(np.uint8)
        picture = Image.fromarray(dim[style.photo], "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        return picture.convert("RGBA"), (255, 255, 255)
    color = (*rgb(paper(page)), 255) if under == "paper" else (0, 0, 0, 0)
    return Image.new("RGBA", (width, height), color), None


def line(points: Points, width: float, color: Color, size: tuple[int, int]) -> Tile | None:
    """A polyline with round joints and ends, as far as it lies on a picture of this size."""
    return _tile(points, width, color, size, joined=True)


def dot(points: Points, radius: float, color: Color, size: tuple[int, int]) -> Tile | None:
    """Discs around the points."""
    return _tile(points, 2 * radius, color, size, joined=False)


def _tile(points: Points, width: float, color: Color, size: tuple[int, int], *, joined: bool) -> Tile | None:
    width = min(width, _WIDEST)
    reach = width / 2 + 1
    low = np.maximum(np.floor(points.min(axis=0) - reach), 0)
    high = np.minimum(np.ceil(points.max(axis=0) + reach), size)
    if (high <= low).any():
        return None
    (x, y), (across, down) = low.astype(int).tolist(), (high - low).astype(int).tolist()
    fine = _FINE if across * down * _FINE**2 <= _LARGEST_TILE else 1
    picture = Image.new("RGBA", (across * fine, down * fine))
    draw = ImageDraw.Draw(picture)
    at = (points - low) * fine - 0.5  # PIL counts from the pixel's centre
    if joined and len(at) > 1:
        draw.line(at.ravel().tolist(), color, max(1, round(width * fine)))
    radius = max(0.0, width * fine / 2 - 0.5)  # PIL fills both border pixels of the box
    for cx, cy in at.tolist():
        draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), color)
    return Tile(x, y, picture.reduce(fine) if fine > 1 else picture)


def lay(picture: Image.Image, tile: Tile | None) -> None:
    """Put the tile over the picture, in its place."""
    if tile is not None:
        picture.alpha_composite(tile.picture, (tile.x, tile.y))


def pens(page: Page, zoom: float) -> list[Pen]:
    """The strokes of a `styled` page on a picture that is `zoom` times as large, thick enough to show their color."""
    out = []
    for stroke in page.strokes:
        width = stroke.width or 1.0
        drawn = max(width * zoom, min(width, _THINNEST))
        edge = max(1.0, 0.3 * drawn, 1.5 * zoom)
        out.append(Pen(stroke.points * np.float32(zoom), drawn, rgb(stroke.color or INK_COLOR), edge))
    return out


def draw(picture: Image.Image, pens: Sequence[Pen], edges: Color | None) -> None:
    """All strokes, and under them all their edges, if those have a color."""
    if edges:
        for points, width, _, edge in pens:
            lay(picture, line(points, width + 2 * edge, edges, picture.size))
    for points, width, color, _ in pens:
        lay(picture, line(points, width, color, picture.size))


def mark(picture: Image.Image, pens: Sequence[Pen], edges: Color) -> None:
    """A dot with an edge where each stroke begins."""
    for points, width, color, edge in pens:
        lay(picture, dot(points[:1], width + edge, edges, picture.size))
        lay(picture, dot(points[:1], width, color, picture.size))
