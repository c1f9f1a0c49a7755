"""From a picture to an ink map: light flattened, polarity and colour of the ink found, contrast stretched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from inksight.arrays import Map, Pixels

_BLOCKS = 16  # the longer side is cut into at most this many blocks; paper and light are taken as even within one
_BLOCK = 48  # side of a block in the reduced picture; also the smallest block in pixels of the picture
_FAINTEST = 0.1  # contrast beyond the noise from which ink is stretched to 1; fainter marks stay grey
_PEN = 0.6  # the usual ink on a pen's line is 0.85 and more, on the spots of textures 0.45 and less
_HIDDEN = 0.7  # of the ink's contrast: noise that reaches this is ink
_DARK = 16.0  # grey levels added to the paper's when dividing by it: keeps the noise of black surfaces small


def ink_map(rgb: Pixels, ceiling: float = 1.0) -> Map:
    """How much ink lies on each pixel: float32 (H, W), 0 = paper, 1 = full ink, cut at `ceiling`.

    Works the same for dark ink on light and light ink on dark paper, in any colour and under uneven light:

    1. The picture is reduced and cut into blocks; the tails of the blocks' colours beyond the paper colours around
       say which way the ink differs from the paper and in which channels. That direction gives one grey channel.
    2. The paper is that channel's morphological closing (opening for light ink) with a window wider than any stroke:
       shadows and surfaces larger than the window stay paper, with their edges.
    3. Contrast = (paper - grey - noise) / (paper + 16), divided by the ink's usual contrast.

    A picture in which nothing rises above the noise gives 0 everywhere. Raises ValueError for another shape or dtype.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"ink_map takes uint8 (H, W, 3), not {rgb.dtype} {rgb.shape}")
    picture = Image.fromarray(rgb)
    weights, light_ink = _ink_direction(*_blocks(picture))
    grey = picture.convert("L", matrix=(*weights, 0.0))
    paper, usual, clear = _levels(grey, light_ink)
    if 0 < clear < 12:  # faint ink in noise: strokes survive a slight blur better than the noise does
        grey = grey.filter(ImageFilter.GaussianBlur(1.0))
        paper, usual, clear = _levels(grey, light_ink)
    if clear == 0:
        return np.zeros(rgb.shape[:2], np.float32)
    return _ratio(grey, paper, (-1 if light_ink else 1) / max(usual, _FAINTEST), ceiling)


def _block_size(width: int, height: int) -> float:
    """Side of a block in pixels: 1/16 of a page's longer side, but about the height of a small crop."""
    return max(max(width, height) / _BLOCKS, min(width, height, _BLOCK))


def _blocks(picture: Image.Image) -> tuple[Pixels, int, int]:
    """The picture resized to whole blocks of 48 x 48, with the number of rows and columns of blocks."""
    size = _block_size(*picture.size)
    columns, rows = (max(1, round(n / size)) for n in picture.size)
    small = picture.resize((columns * _BLOCK, rows * _BLOCK), Image.Resampling.BOX)
    return np.asarray(small), rows, columns


def _ink_direction(small: Pixels, rows: int, columns: int) -> tuple[tuple[float, ...], bool]:
    """Channel weights (sum 1, none negative) along which ink differs most from paper, and whether ink is the lighter.

    A block's 1st and 99th percentile tell of ink only as far as they leave the range of the medians of the block and
    its neighbours: what lies within is the edge of a shadow or of the sheet.
    """
    blocks = small.reshape(rows, _BLOCK, columns, _BLOCK, 3).swapaxes(1, 2).reshape(rows, columns, -1, 3)
    dark, paper, light = np.percentile(blocks, (1, 50, 99), axis=2).astype(np.float32)
    below = np.maximum(-_maximum(-paper, 1, 1) - dark, 0)
    above = np.maximum(light - _maximum(paper, 1, 1), 0)
    light_ink = bool((above**3).sum() > (below**3).sum())
    tails = above if light_ink else below
    weights = (tails**2).sum(axis=(0, 1)) ** 0.5 + 1e-3
    return tuple((weights / weights.sum()).tolist()), light_ink


def _maximum(values: Map, ry: int, rx: int) -> Map:
    """Running maximum over (2 ry + 1) x (2 rx + 1) pixels along the first two axes, the border left out."""
    for axis, radius in ((0, ry), (1, rx)):
        window, span = 2 * radius + 1, 1
        edge = [(0, 0)] * values.ndim
        edge[axis] = (radius, radius)
        values = np.moveaxis(np.pad(values, edge, constant_values=-np.inf), axis, 0)
        while span < window:  # a window of n is the union of two shorter ones
            step = min(span, window - span)
            values = np.maximum(values[:-step], values[step:])
            span += step
        values = np.moveaxis(values, 0, axis)
    return values


def _levels(grey: Image.Image, light_ink: bool) -> tuple[Map, float, float]:
    """What of one grey channel is ink: the grey that just passes for paper at each pixel of the reduced picture, the
    ink's usual contrast to it, and how many sigmas of the paper's noise the ink stands out (0: there is none).

    Measured on the reduced picture, but on single pixels of the full one, which have its noise.
    """
    sign = np.float32(-1 if light_ink else 1)
    small, rows, columns = _blocks(grey)
    is_page = min(rows, columns) >= _BLOCKS // 2
    paper = _paper(small * sign, is_page) * sign
    pixels = np.asarray(grey.resize(small.shape[1::-1], Image.Resampling.NEAREST), np.float32)
    excess = (paper - pixels) * sign
    middle, sigma = _noise(excess, rows, columns, is_page)
    excess -= middle
    inked = excess > np.maximum(5 * sigma, 0.06 * (paper + _DARK))
    paper = np.maximum(paper - (middle + 3 * sigma) * sign, 0)
    if not inked.any():
        return paper, 0.0, 0.0
    contrast = (excess - 3 * sigma)[inked] / (paper + _DARK)[inked]
    return paper, float(np.percentile(contrast, 75)), float(np.percentile((excess / sigma)[inked], 75))


def _ratio(grey: Image.Image, paper: Map, factor: float, ceiling: float) -> Map:
    """factor * (paper - grey) / (paper + 16) in 0..ceiling; the paper is given reduced. In place: big arrays."""
    full = np.array(Image.fromarray(paper).resize(grey.size, Image.Resampling.BILINEAR))
    ink: Map = np.subtract(full, np.asarray(grey))
    full += _DARK
    ink /= full
    ink *= factor
    np.clip(ink, 0, ceiling, out=ink)
    return ink


def _paper(grey: Map, is_page: bool) -> Map:
    """The grey that each pixel of the reduced picture would have without its (darker) ink: the closing of the grey.

    A closing fills whatever darkens towards the border. On a page the border's pixels are repeated beyond it, so that
    a shadow runs on; in a crop, where strokes touch the border, a plane through the paper takes the light's slope.
    """
    if is_page:
        radius = _BLOCK // 4
        margin = 2 * radius
        closed = _closing(np.pad(grey, margin, mode="edge"), radius)
        return closed[margin:-margin, margin:-margin]
    plane = _plane(grey)
    return _closing(grey - plane, _BLOCK // 2) + plane  # strokes fill more of a crop: a wider window


def _closing(values: Map, radius: int) -> Map:
    """Grey closing with a square of 2 radius + 1: fills everything darker that no such square fits into."""
    return -_maximum(-_maximum(values, radius, radius), radius, radius)


def _plane(values: Map) -> Map:
    """A plane through the lighter pixels: least squares, again and again without what lies a sigma below."""
    height, width = values.shape
    y, x = (np.arange(n, dtype=np.float32) - (n - 1) / 2 for n in (height, width))  # about the middle: few digits lost
    kept, plane = np.ones(values.shape, np.float32), values
    for _ in range(4):
        weighed = kept * values
        rows, columns = kept.sum(axis=1, dtype=np.float64), kept.sum(axis=0, dtype=np.float64)
        yx, yy, xx = y @ kept @ x, rows @ y**2, columns @ x**2
        products = np.array([[yy, yx, rows @ y], [yx, xx, columns @ x], [rows @ y, columns @ x, rows.sum()]])
        sums = [y @ weighed.sum(axis=1), x @ weighed.sum(axis=0), weighed.sum(dtype=np.float64)]
        a, b, c = np.linalg.lstsq(products, np.array(sums), rcond=None)[0].astype(np.float32)
        plane = a * y[:, None] + b * x + c
        above = values - plane
        middle = float((kept * above).sum(dtype=np.float64)) / max(float(products[2, 2]), 1.0)
        spread = float((kept * (above - middle) ** 2).sum(dtype=np.float64)) / max(float(products[2, 2]), 1.0)
        kept = (above >= -max(spread**0.5, 1.0)).astype(np.float32)
    return plane


def _noise(excess: Map, rows: int, columns: int, is_page: bool) -> tuple[Map, Map]:
    """Mean and standard deviation of paper - grey where there is no ink, varying with the place.

    From each block's 10th and 35th percentile, which ink on less than half of the block hardly moves. In a crop, a bold
    pen fills more: where noise would hide most of the ink, it is ink, and the noise is that of the other blocks.
    """
    blocks = excess.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2).reshape(rows, columns, -1)
    low, high = np.percentile(blocks, (10, 35), axis=2).astype(np.float32)
    sigma = np.maximum((high - low) / 0.896, 0.7)  # in sigmas they lie at -1.282 and -0.385; rounding alone gives 0.3
    middle = high + 0.385 * sigma
    if not is_page:
        full = middle + 3 * sigma > _HIDDEN * np.percentile(excess, 99)
        if not full.all():
            middle[full], sigma[full] = np.median(middle[~full]), np.median(sigma[~full])
    size = excess.shape[::-1]
    wide = [np.array(Image.fromarray(v).resize(size, Image.Resampling.BILINEAR)) for v in (middle, sigma)]
    return wide[0], wide[1]


def is_drawn(ink: Map, mask: NDArray[np.bool_]) -> bool:
    """Whether the ink of a map, where `mask` is True, comes from a pen.

    A pen's lines are about equally dark all along. What is darkest in a texture, such as fur or wood, is just its tail.
    """
    return bool(mask.any()) and float(np.median(ink[mask])) > _PEN


def binarize(ink: Map) -> NDArray[np.bool_]:
    """The pixels of an ink map that are ink: bool (H, W), all False for a blank map.

    Otsu's threshold (1979) over 64 levels, held in 0.25..0.5: below lie smears and noise, above the rims of strokes.
    """
    count, edges = np.histogram(np.minimum(ink, 1), bins=64, range=(0, 1))
    level = (edges[:-1] + edges[1:]) / 2
    below, mass = np.cumsum(count), np.cumsum(count * level)
    above = count.sum() - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    threshold = float(edges[1:][np.nan_to_num(between).argmax()])
    return ink > min(max(threshold, 0.25), 0.5)
