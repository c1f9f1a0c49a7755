"""The contact sheet: every word's ink over its dimmed picture, from worst to best."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..ink import Stroke, Word
from .sets import Sample

_TILE = (300, 132)
_CAPTION = 20
_COLUMNS = 6
_MOST = 400
_ZOOM = 2  # lines are drawn larger and shrunk, so that they come out smooth


def contact_sheet(
    samples: Sequence[Sample], words: Sequence[Word], badness: Sequence[float], captions: Sequence[str]
) -> bytes:
    """A PNG of the words sorted from worst to best; beyond 400 the worst 200 and an even choice of the rest.

    Strokes run from blue (first) over green to red (last), with a dot at each pen-down.
    """
    order = np.argsort(badness)[::-1]
    if len(order) > _MOST:
        rest = np.linspace(_MOST // 2, len(order) - 1, _MOST // 2).astype(int)
        order = np.concatenate([order[: _MOST // 2], order[rest]])
    w, h = _TILE
    sheet = Image.new("RGB", (w * _COLUMNS, h * max(1, -(-len(order) // _COLUMNS))), "white")
    font = ImageFont.load_default(13)
    for place, k in enumerate(order.tolist()):
        corner = (place % _COLUMNS * w, place // _COLUMNS * h)
        sheet.paste(_tile(samples[k], words[k]), (corner[0] + 4, corner[1] + _CAPTION))
        label = Image.new("RGB", (w - 8, _CAPTION), "white")  # of its own, so that a long one ends with its tile
        ImageDraw.Draw(label).text((0, 2), _plain(captions[k]), fill="black", font=font)
        sheet.paste(label, (corner[0] + 4, corner[1]))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _plain(caption: str) -> str:
    """The caption in ASCII, all that Pillow's own font has: é becomes \\xe9, which can be told from è."""
    return caption.encode("ascii", "backslashreplace").decode()


def _tile(sample: Sample, word: Word) -> Image.Image:
    """The word's ink over its picture, fitted into a tile."""
    h, w, _ = sample.picture.shape
    scale = min((_TILE[0] - 8) / w, (_TILE[1] - _CAPTION - 6) / h)
    size = (max(1, round(w * scale * _ZOOM)), max(1, round(h * scale * _ZOOM)))
    picture = Image.fromarray(sample.picture).resize(size, Image.Resampling.BILINEAR)
    tile = Image.blend(picture, Image.new("RGB", size, "white"), 0.65)
    pen = ImageDraw.Draw(tile)
    for k, stroke in enumerate(word.strokes):
        _draw(pen, stroke, scale * _ZOOM, _colour(k, len(word.strokes)))
    return tile.reduce(_ZOOM)


def _draw(pen: ImageDraw.ImageDraw, stroke: Stroke, scale: float, colour: tuple[int, int, int]) -> None:
    points = [(float(x), float(y)) for x, y in stroke.points * scale]
    if len(points) > 1:
        pen.line(points, fill=colour, width=3, joint="curve")
    (x, y), r = points[0], 5
    pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _colour(k: int, n: int) -> tuple[int, int, int]:
    """From blue over green to red."""
    r, g, b = colorsys.hsv_to_rgb(0.66 * (1 - k / max(1, n - 1)), 1.0, 0.8)
    return round(r * 255), round(g * 255), round(b * 255)
