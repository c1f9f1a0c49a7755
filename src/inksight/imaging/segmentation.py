"""What in a picture a pen has drawn, what is ruling, what is print, and where there are words: seen by a network.

The network is fully convolutional and sees the picture as it is. Strokes of 2 to 8 pixels suit it best, so the picture
is first seen small, where the network says how high the writing is, and then at the size at which that writing is about
as high as in its training; what is much larger than the rest, a heading or letters carved in sand, is taken from the
small picture. Large pictures are seen in tiles that overlap, so that memory stays bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from .. import threads
from ..arrays import Map, Mask, Pixels
from ..ink import Box
from ..interrupt import checkpoint

INK = 0.5
"""From this share of a pixel on it counts as ink."""

COARSE = 4
"""The layout has one cell for so many pixels each way."""
SMALL_SIDE = 1024
"""The picture is first seen at most so large."""
IDEAL = 36.0
"""Height of a hand's usual word, in pixels, at which the picture is looked at."""
LARGE = 110.0
"""Writing higher than this, at that size, is taken from the small picture."""
BESIDE = 0.4
"""Print reaches beyond the boxes of its words by at most so many of their heights."""
MOST_PIXELS = 5_000_000
TILE, OVERLAP = 1600, 128
"""Sides of tiles, and what they share with their neighbours: the network sees up to 378 pixels far, most of it near."""
_MODEL = Path(__file__).parent.parent / "models" / "page-v1"


def binarize(ink: Map) -> Mask:
    """The pixels of an ink map that are ink: bool (H, W)."""
    return ink >= INK


class Layout(NamedTuple):
    """Where words are, each float32 (H / 4, W / 4): `word` and `line`, how surely a cell lies in the shrunk region of
    one (0..1); `height` of the hand's usual word, in pixels; `angle` of the line in radians, clockwise."""

    word: Map
    line: Map
    height: Map
    angle: Map


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Of a picture: `maps` float32 (3, H, W), the share of each pixel that ink, ruling and print cover, 0..1."""

    maps: NDArray[np.float32]
    layout: Layout

    @property
    def ink(self) -> Map:
        """What was written, by a pen or otherwise."""
        return np.asarray(self.maps[0])

    @property
    def ruling(self) -> Map:
        """Lines that the paper brought along."""
        return np.asarray(self.maps[1])

    @property
    def print(self) -> Map:
        """Printed letters."""
        return np.asarray(self.maps[2])

    @property
    def marks(self) -> Map:
        """The ink, print or not."""
        return np.maximum(self.ink, self.print)

    @property
    def pen(self) -> Map:
        """The ink where it is likelier than print."""
        return np.where(self.print > self.ink, np.float32(0), self.ink)

    def without_print(self, boxes: Sequence[Box]) -> Map:
        """All marks but for the print in the boxes of printed words and close to them. Elsewhere nothing is taken for
        print: block letters look like it."""
        marks, pen = self.marks, self.pen
        for x0, y0, x1, y1 in boxes:
            near = BESIDE * (y1 - y0)
            left, top, right, bottom = (max(round(v), 0) for v in (x0 - near, y0 - near, x1 + near, y1 + near))
            marks[top:bottom, left:right] = pen[top:bottom, left:right]
        return marks

    def within(self, inside: Mask) -> Segmentation:
        """With nothing where `inside`, bool (H, W), is False."""
        height, width = self.layout.word.shape
        rows, columns = (
            np.minimum(np.arange(n) * COARSE + COARSE // 2, m - 1)
            for n, m in zip((height, width), inside.shape, strict=True)
        )
        there = inside[np.ix_(rows, columns)]
        word, line = (np.where(there, m, np.float32(0)) for m in (self.layout.word, self.layout.line))
        return Segmentation(self.maps * inside, self.layout._replace(word=word, line=line))


class Seen(NamedTuple):
    """What the network says of a picture: maps float32 (3, H, W), layout float32 (5, H / 4, W / 4)."""

    maps: NDArray[np.float32]
    layout: NDArray[np.float32]


class Network:
    """The network of a model's folder."""

    def __init__(self, folder: Path = _MODEL) -> None:
        import onnxruntime  # loads slowly: not for a command's help

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads.allowed() or 0  # 0: as many as there are processors
        self._session = onnxruntime.InferenceSession(folder / "segmenter.onnx", options, ["CPUExecutionProvider"])

    def see(self, rgb: Pixels) -> Seen:
        """The network's word on a picture, uint8 (H, W, 3), at just this size."""
        height, width = rgb.shape[:2]
        whole = _padded(rgb)
        maps = np.empty((3, *whole.shape[:2]), np.float32)
        layout = np.empty((5, whole.shape[0] // COARSE, whole.shape[1] // COARSE), np.float32)
        for rows in _spans(whole.shape[0]):
            for columns in _spans(whole.shape[1]):
                tile = np.ascontiguousarray(whole[rows.seen, columns.seen])
                checkpoint()
                found: list[Any] = self._session.run(None, {"picture": tile})
                maps[:, rows.kept, columns.kept] = found[0][:, rows.inner, columns.inner]
                layout[:, rows.coarse_kept, columns.coarse_kept] = found[1][:, rows.coarse_inner, columns.coarse_inner]
        return Seen(maps[:, :height, :width], layout[:, : -(-height // COARSE), : -(-width // COARSE)])


class _Span(NamedTuple):
    """Along one axis: what a tile sees, what of the whole is taken from it, and where that lies in the tile."""

    seen: slice
    kept: slice
    inner: slice

    @property
    def coarse_kept(self) -> slice:
        return slice(self.kept.start // COARSE, self.kept.stop // COARSE)

    @property
    def coarse_inner(self) -> slice:
        return slice(self.inner.start // COARSE, self.inner.stop // COARSE)


def _spans(length: int) -> Iterator[_Span]:
    """Tiles along an axis whose length is a multiple of 32: each keeps its middle."""
    count = max(1, -(-(length - 2 * OVERLAP) // (TILE - 2 * OVERLAP)))
    edges = [round(length * i / count / 32) * 32 for i in range(count + 1)]
    for a, b in pairwise(edges):
        start, stop = max(a - OVERLAP, 0), min(b + OVERLAP, length)
        yield _Span(slice(start, stop), slice(a, b), slice(a - start, b - start))


def _padded(rgb: Pixels) -> Pixels:
    """The picture with its border repeated up to whole multiples of 32."""
    down, right = (-n % 32 for n in rgb.shape[:2])
    return np.pad(rgb, ((0, down), (0, right), (0, 0)), mode="edge") if down or right else rgb


@lru_cache(2)
def network(folder: Path = _MODEL) -> Network:
    """The network, loaded once."""
    return Network(folder)


def segment(rgb: Pixels, seer: Network | None = None) -> Segmentation:
    """Segment a picture, uint8 (H, W, 3), of a whole page or of one word. Raises ValueError for anything else."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"segment takes uint8 (H, W, 3), not {rgb.dtype} {rgb.shape}")
    seer = seer or network()
    size = rgb.shape[1], rgb.shape[0]
    small_scale = min(1.0, SMALL_SIDE / max(size))
    small = seer.see(_resized(rgb, small_scale))
    height = _usual_height(small.layout) / small_scale
    scale = _scale(height, size)
    if abs(np.log(scale / small_scale)) < np.log(1.25):
        return _segmentation(small, small_scale, size)
    fine = seer.see(_resized(rgb, scale))
    return _joined(_segmentation(fine, scale, size), _segmentation(small, small_scale, size), LARGE / scale)


def pen_ink(rgb: Pixels) -> Map:
    """What is written or printed in a picture, uint8 (H, W, 3): float32 (H, W), 0 = paper, 1 = ink."""
    return segment(rgb).marks


def _resized(rgb: Pixels, scale: float) -> Pixels:
    if scale == 1:
        return rgb
    size = tuple(max(1, round(n * scale)) for n in rgb.shape[1::-1])
    way = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(rgb).resize(size, way, reducing_gap=2.0 if scale < 0.5 else None))


def _usual_height(layout: NDArray[np.float32]) -> float:
    """The median height of the writing, in pixels of the picture that the network saw; IDEAL where there is none."""
    words = layout[0] > 0.5
    if not words.any():
        return IDEAL
    heights = 2 ** (layout[2][words] + 5)
    return float(np.exp(_weighted_median(np.log(heights), 1 / heights**2)))


def _weighted_median(values: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    order = np.argsort(values)
    along = np.cumsum(weights[order])
    middle = int(order[int(np.searchsorted(along, along[-1] / 2))])
    return float(values[middle])


def _scale(height: float, size: tuple[int, int]) -> float:
    """How large to look at a picture whose writing is `height` pixels high."""
    wanted = min(max(IDEAL / height, 0.35), 3.0)
    wanted = 1.0 if 0.7 < wanted < 1.4 else wanted
    return min(wanted, math.sqrt(MOST_PIXELS / (size[0] * size[1])))


def _segmentation(seen: Seen, scale: float, size: tuple[int, int]) -> Segmentation:
    """What was seen at a scale, in the pixels of the picture of `size` (width, height)."""
    maps = np.stack([_to_size(m, size) for m in seen.maps])
    coarse = -(-size[0] // COARSE), -(-size[1] // COARSE)
    word, line, height, cos, sin = (_to_size(c, coarse) for c in seen.layout)
    pixels, angle = np.exp2(height + 5) / scale, np.arctan2(sin, cos) / 2
    return Segmentation(maps, Layout(word, line, pixels.astype(np.float32), angle.astype(np.float32)))


def _to_size(values: Map, size: tuple[int, int]) -> Map:
    if values.shape == size[::-1]:
        return values
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BILINEAR))


def _joined(fine: Segmentation, small: Segmentation, large: float) -> Segmentation:
    """The fine picture's word, but the small one's where that sees writing higher than `large` pixels."""
    chosen = (small.layout.height > large) & (small.layout.line > 0.5)
    if not chosen.any():
        return fine
    grown = _grown(chosen, 3)
    pixels = _to_size(grown.astype(np.float32), fine.ink.shape[::-1]) > 0.5
    layout = Layout(*(np.where(grown, b, a) for a, b in zip(fine.layout, small.layout, strict=True)))
    return Segmentation(np.where(pixels, small.maps, fine.maps), layout)


def _grown(mask: Mask, reach: int) -> Mask:
    """The mask with what lies within `reach` cells, along rows and columns."""
    picture = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(2 * reach + 1))
    return np.asarray(picture) > 0
