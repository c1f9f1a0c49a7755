"""How ink looks on its picture: the width and the color of each stroke.

Both are read off profiles across the stroke: how far the ink reaches to either side, and what color it has in the
middle, beside that of the paper around. Dividing by the paper takes the light away: black in the shade is black.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Map, Pixels
from ..ink import Page, Stroke, Word
from ..ink.curves import arc_lengths

Inked = TypeVar("Inked", Page, Word)

_Look = tuple[float, Array, Array]
"""Width in pixels; colors of the ink and of the paper around it, float64 (3,), 0..255."""

ALIKE = 45.0
"""Colors (0..255) closer than this come from one pen: what they differ by is the light and the camera."""

STEADY = 1.4
"""A pen's line varies by less than this factor between the strokes of a word."""

_PROFILES = 16  # across one stroke, at most
_OFFSETS = np.concatenate([np.arange(0, 4, 0.5), 4 * 1.1 ** np.arange(32)])  # pixels from the line's middle, up to 77
_TANGENT = 1.5  # pixels before and behind a place, which tell the way of the line there
_NEAR = 1.5  # pixels between a stroke and the middle of its line
_TYPICAL = 0.4  # of the profiles' widths, from the least: those through crossings and narrow loops are too wide
_BLUR = 1.0  # sigma in pixels: what looks softer than a camera's blur is soft itself, such as pencil
_BLACK = 24.0  # of the three channels of a black board, what isn't light but the camera's noise
_INK, _PAPER = 0.25, 0.15  # what an ink map must say, at least and at most


def measured(inked: Inked, rgb: Pixels, ink: Map) -> Inked:
    """The page or word with the width and the color that its strokes have on the picture.

    `rgb` is uint8 (H, W, 3) and `ink` its ink map, in whose pixels the strokes are. Strokes of like color get the same
    one, and strokes without ink under them keep what they have.
    """
    looks = [_look(stroke, rgb, ink) for stroke in inked.strokes]
    colors = iter(_pens(inked.strokes, looks))
    found = iter(looks)
    words = inked.words if isinstance(inked, Page) else (inked,)
    widths = iter([w for word in words for w in _steadied(word.strokes, [next(found) for _ in word.strokes])])

    def dressed(stroke: Stroke) -> Stroke:
        width, color = next(widths), next(colors)
        return stroke if width is None else Stroke(stroke.points, round(width, 2), color)

    return inked.with_strokes(dressed)


def _steadied(strokes: Sequence[Stroke], looks: Sequence[_Look | None]) -> list[float | None]:
    """The widths of a word's strokes. One that differs much from the others, by length, was measured on a crossing."""
    known = sorted((look[0], stroke.length + 1) for look, stroke in zip(looks, strokes, strict=True) if look)
    if not known:
        return [None] * len(looks)
    lengths = np.cumsum([length for _, length in known])
    usual = known[int(np.searchsorted(lengths, lengths[-1] / 2))][0]
    return [look and (look[0] if 1 / STEADY <= look[0] / usual <= STEADY else usual) for look in looks]


def _look(stroke: Stroke, rgb: Pixels, ink: Map) -> _Look | None:
    """Width and color of one stroke; None where no ink lies under it or no paper beside it."""
    at, normal = _across(stroke)
    ways = np.stack([normal, -normal], axis=1)[:, :, None] * _OFFSETS[:, None]  # profile, side, offset, x and y
    places = at[:, None, None] + ways
    depth = _sampled(ink, places)
    inked = depth[:, 0, 0] >= _INK
    depth, places = depth[inked], places[inked]
    reach = _OFFSETS[np.argmax(depth < depth[:, :, :1] / 2, axis=2)][:, :, None]
    beside = (depth <= _PAPER) & (reach < _OFFSETS) & (3 * reach + 3 > _OFFSETS)
    if not beside.any():
        return None
    far = np.flatnonzero(beside.any(axis=(0, 1)))[-1] + 1
    beside, colors = beside[:, :, :far], _sampled(rgb, places[:, :, :far])
    paper = np.median(colors[beside], axis=0)
    middle = colors[reach / 2 >= _OFFSETS[:far]]
    contrast = np.abs(middle - paper).sum(axis=1)
    middle = np.median(middle[contrast >= np.median(contrast)], axis=0)  # the rims of a thin line are half paper
    widths = _widths(colors, middle, paper)
    if not len(widths):
        return None
    width, part = _sharpened(*np.quantile(widths, _TYPICAL, axis=0).tolist())
    part = max(part, float(np.max(1 - middle / np.maximum(paper, 1))))  # no channel falls below 0: the hue stays
    return width, paper + (middle - paper) / part, paper


def _across(stroke: Stroke) -> tuple[Array, Array]:
    """Places along the stroke, float64 (k, 2), and the unit vectors across it there; all around for a dot."""
    way = arc_lengths(stroke.points)
    x, y = stroke.points.T.astype(np.float64)
    if way[-1] < 2 * _TANGENT:
        angle = np.arange(4) * np.pi / 4
        return np.tile([[x.mean(), y.mean()]], (4, 1)), np.stack([np.cos(angle), np.sin(angle)], axis=1)
    count = int(np.clip(way[-1] / 2, 3, _PROFILES))
    at = (np.arange(count) + 0.5) / count * way[-1]
    before, here, after = (
        np.stack([np.interp(s, way, x), np.interp(s, way, y)], axis=1) for s in (at - _TANGENT, at, at + _TANGENT)
    )
    along = after - before
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    return here, normal / np.maximum(np.hypot(*along.T), 1e-9)[:, None]


def _sampled(picture: NDArray[Any], places: Array) -> Array:
    """The picture between its pixels (bilinear), its border repeated outside: float64 of the places' shape."""
    height, width = picture.shape[:2]
    place = np.clip(places - 0.5, 0, np.array([width, height]) - 1.001)
    cell = place.astype(np.intp)
    part = place - cell
    (x, y), (fx, fy) = np.moveaxis(cell, -1, 0), np.moveaxis(part, -1, 0)
    if picture.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    top = picture[y, x] * (1 - fx) + picture[y, x + 1] * fx
    bottom = picture[y + 1, x] * (1 - fx) + picture[y + 1, x + 1] * fx
    return np.asarray(top * (1 - fy) + bottom * fy, np.float64)


def _widths(colors: Array, middle: Array, paper: Array) -> Array:
    """How wide each profile is where its color is a half, a quarter and three quarters of the way from paper to ink.

    `colors` is float64 (profiles, 2 sides, offsets, 3); the result (those profiles that end on paper, 3).
    """
    axis = middle - paper
    share = (colors - paper) @ axis / max(float(axis @ axis), 1e-9)
    share /= np.maximum(share[:, :, _OFFSETS[: share.shape[2]] <= _NEAR].max(axis=(1, 2), keepdims=True), 0.3)
    widths = np.stack([_crossing(share, level).sum(axis=1) for level in (0.5, 0.25, 0.75)], axis=1)
    return np.asarray(widths[np.isfinite(widths).all(axis=1) & (widths[:, 0] > 0.1)])  # else the line is elsewhere


def _crossing(share: Array, level: float) -> Array:
    """The offset at which each side of each profile falls below the level: float64 (profiles, 2), else NaN."""
    out = np.argmax(share < level, axis=2)
    inner, outer = (np.take_along_axis(share, k[..., None], 2)[..., 0] for k in (np.maximum(out - 1, 0), out))
    step = _OFFSETS[out] - _OFFSETS[np.maximum(out - 1, 0)]
    edge = _OFFSETS[out] - step * (level - outer) / np.maximum(inner - outer, 1e-9)
    return np.where((share < level).any(axis=2), edge, np.nan)


@cache
def _blurred_lines() -> tuple[Array, ...]:
    """What a Gaussian of sigma 1 makes of lines of many widths: width, how wide they look, softness, peak's height.

    They begin where the blur leaves 0.6 of the contrast: thinner ones all look alike. The softness is the ratio of the
    widths at a quarter and at three quarters of the peak; it falls with the width.
    """
    erf = np.vectorize(math.erf)
    widths, across = np.geomspace(1.7, 12, 60), np.linspace(0, 12, 2401)
    profiles = [erf((across + w / 2) / 2**0.5) - erf((across - w / 2) / 2**0.5) for w in widths]
    half, quarter, three = (
        np.array([np.interp(-level * p[0], -p, 2 * across) for p in profiles]) for level in (0.5, 0.25, 0.75)
    )
    return widths, half, quarter / three, np.array([p[0] / 2 for p in profiles])


def _sharpened(half: float, quarter: float, three: float) -> tuple[float, float]:
    """The width of a line that the camera blurred, and which part of its contrast the blur has left it."""
    width, seen, softness, peak = _blurred_lines()
    sigma = min(half / float(np.interp(-quarter / max(three, 1e-9), -softness, seen)), _BLUR)
    true = float(np.interp(half / sigma, seen, width)) if half < sigma * seen[-1] else half / sigma
    return true * sigma, float(np.interp(true, width, peak))


def _without_light(looks: Sequence[_Look | None]) -> Array:
    """The inks' colors, float64 (n, 3): dark ink's as it were on white paper in white light.

    Light ink can't be compared with white. It gets the light that the brightest board around it has.
    """
    ink, paper = (np.array([look[k] if look else np.zeros(3) for look in looks]).reshape(-1, 3) for k in (1, 2))
    light = ink.sum(axis=1) > paper.sum(axis=1)
    shade = paper.sum(axis=1, keepdims=True) + _BLACK
    brightest = np.quantile(shade[light], 0.9) if light.any() else 1.0
    return np.asarray(
        np.clip(np.where(light[:, None], ink * brightest / shade, 255 * ink / np.maximum(paper, 1)), 0, 255)
    )


def _pens(strokes: Sequence[Stroke], looks: Sequence[_Look | None]) -> list[str | None]:
    """The color of each stroke's pen: the median of the strokes that look alike, the longest setting the tone."""
    out: list[str | None] = [None] * len(looks)
    waiting = sorted((i for i, look in enumerate(looks) if look), key=lambda i: -strokes[i].length)
    colors = _without_light(looks)
    while waiting:
        near = np.linalg.norm(colors[waiting] - colors[waiting[0]], axis=1) < ALIKE
        pen = np.rint(np.median(colors[waiting][near], axis=0)).astype(np.uint8)
        for i, same in zip(waiting, near, strict=True):
            out[i] = f"#{pen.tobytes().hex()}" if same else None
        waiting = [i for i, same in zip(waiting, near, strict=True) if not same]
    return out
