"""Fit a word's part of an ink map into the model's canvas, with the exact map between the two."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from ..arrays import Map
from ..ink import Box
from ..ink.frames import Affine
from .crop import Crop
from .raster import ink_box
from .segmentation import binarize

_WIDTH_STEP = 32  # canvases are whole multiples of this wide, so that words share batches
_MIN_WIDTH = 64
_MAX_SCALE = 8.0
_MAX_PEN = 0.15  # of the canvas height: a dot or a dash may fill its box, but not the canvas


def fit(
    ink: Map, box: Box | None = None, *, height: int = 64, max_width: int = 512, fill: float = 0.8
) -> tuple[Map, Affine]:
    """A word's part of an ink map on the model's canvas: (float32 (height, W), the affine map from `ink` to it).

    `box` (x0, y0, x1, y1; default: the box of the ink, or everything where there is none) may reach beyond the map,
    which counts as paper there. Its centre comes to the centre of the canvas, without turning or distortion. The scale
    is the largest for which the box takes at most `fill` of the canvas height, at most `max_width` less the same
    margins at both sides, the pen at most 0.15 of the canvas height (a dot, a dash or an l stays small), and a pixel
    at most 8 pixels. W is the width with margins rounded up to a multiple of 32, at least 64. The crop is resampled
    with an antialiased cubic, so that fine pens survive shrinking; the map is exact to a hundredth of a pixel.

    Raises ValueError for a box that isn't finite or ends before it begins, and for a max_width that isn't a
    multiple of 32 from 64 on.
    """
    x0, y0, x1, y1 = box if box is not None else ink_box(binarize(ink))
    scale, width = _size(ink, (x0, y0, x1, y1), height, max_width, fill)
    frame = Affine(scale, 0.0, (width - scale * (x0 + x1)) / 2, 0.0, scale, (height - scale * (y0 + y1)) / 2)
    return _resample(ink, frame, width, height), frame


def width(crop: Crop, *, height: int = 64, max_width: int = 512, fill: float = 0.8) -> int:
    """How wide the canvas is that `fit` would make of the crop."""
    return _size(crop.ink, crop.bounds, height, max_width, fill)[1]


def _size(ink: Map, box: Box, height: int, max_width: int, fill: float) -> tuple[float, int]:
    """The scale and the canvas's width, as `fit` says."""
    x0, y0, x1, y1 = box
    if not (np.isfinite([x0, y0, x1, y1]).all() and x0 <= x1 and y0 <= y1):
        raise ValueError(f"a box is (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1, not {box}")
    if max_width < _MIN_WIDTH or max_width % _WIDTH_STEP:
        raise ValueError(f"max_width must be a multiple of {_WIDTH_STEP} from {_MIN_WIDTH} on, not {max_width}")
    margins = (1 - fill) * height
    scale = min(
        fill * height / max(y1 - y0, 1),
        (max_width - margins) / max(x1 - x0, 1),
        _MAX_PEN * height / max(_pen(ink, (x0, y0, x1, y1)), 1e-3),
        _MAX_SCALE,
    )
    needed = math.ceil(((x1 - x0) * scale + margins) / _WIDTH_STEP - 1e-6) * _WIDTH_STEP
    return scale, min(max(needed, _MIN_WIDTH), max_width)


def _crop(ink: Map, x0: int, y0: int, x1: int, y1: int) -> Map:
    """ink[y0:y1, x0:x1], with paper where that lies beyond the map."""
    out = np.zeros((y1 - y0, x1 - x0), np.float32)
    h, w = ink.shape
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, w), min(y1, h)
    if left < right and top < bottom:
        out[top - y0 : bottom - y0, left - x0 : right - x0] = ink[top:bottom, left:right]
    return out


def _pen(ink: Map, box: Box) -> float:
    """Usual width of the lines in a box: twice their area over their outline, which is the map's total variation."""
    x0, y0, x1, y1 = box
    crop = _crop(ink, math.floor(x0) - 1, math.floor(y0) - 1, math.ceil(x1) + 1, math.ceil(y1) + 1)
    dy, dx = np.diff(crop, axis=0)[:, :-1], np.diff(crop, axis=1)[:-1]
    return 2 * float(crop.sum()) / max(float(np.hypot(dx, dy).sum()), 1e-6)


def _resample(ink: Map, frame: Affine, width: int, height: int) -> Map:
    """The canvas of `width` x `height` that `frame` (scale and shift only) maps the ink map to."""
    scale = frame.a
    left, top = -frame.c / scale, -frame.f / scale  # of the canvas, in the map
    right, bottom = left + width / scale, top + height / scale
    reach = math.ceil(2 / min(scale, 1)) + 1  # of the cubic, so that it never sees the crop's end
    x, y = math.floor(left) - reach, math.floor(top) - reach
    crop = _crop(ink, x, y, math.ceil(right) + reach, math.ceil(bottom) + reach)
    window = (left - x, top - y, right - x, bottom - y)
    canvas = Image.fromarray(crop).resize((width, height), Image.Resampling.BICUBIC, box=window)
    clipped: Map = np.clip(np.asarray(canvas, np.float32), 0, 1)
    return clipped


def standardise(canvas: Map) -> Map:
    """What the network sees: paper at 0, ink at about 1, clipped to -0.5..1.5; float32 of the same shape.

    (canvas - median) / max(0.2, mean of the brightest 3 % - median). The training has the same lines in PyTorch.
    """
    centred = canvas - np.median(canvas)
    count = max(1, int(0.03 * canvas.size))
    ink = np.partition(centred, canvas.size - count, axis=None)[-count:].mean()
    seen: Map = np.clip(centred / max(float(ink), 0.2), -0.5, 1.5).astype(np.float32)
    return seen
