"""The segmentation network: what in a picture a pen has drawn, what is ruling, what is print, and where words are.

- A U-Net over the picture as it is, unshuffled by 2; five levels, additive skips, no normalisation of the picture, so
  that polarity and contrast are learnt. Batch norm folds into the convolutions on export.
- Dilated convolutions at the coarsest level see some 500 pixels around: ruling is told from a pen's line by its length.
- Two heads: three maps at full size, by pixel shuffle; five at a quarter of it, from which words and lines are found.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from synth.scene import Scene, Written

MAPS = ("ink", "ruling", "print")
"""Channels of the full-size head, logits."""
LAYOUT = ("word", "line", "height", "cos", "sin")
"""Channels of the head at a quarter of the size: logits of shrunk words and lines; log2 of the hand's height in pixels
less 5; cosine and sine of twice the angle of the line."""
COARSE = 4
SHRUNK = 0.25
"""A word's region in `word` is shrunk at each side by this share of its shorter side, so that neighbours part."""


@dataclass(frozen=True)
class Config:
    """Channels of the levels, at 1/2, 1/4, 1/8, 1/16, 1/32 of the picture."""

    channels: tuple[int, ...] = (24, 32, 48, 64, 96)
    dilations: tuple[int, ...] = (1, 2, 4)

    def as_dict(self) -> dict:
        return asdict(self)


class Block(nn.Sequential):
    """Convolution 3x3, batch norm, ReLU."""

    def __init__(self, into: int, out: int, dilation: int = 1, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(into, out, 3, stride, padding=dilation, dilation=dilation, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
        )


class Segmenter(nn.Module):
    """(B, 3, H, W) in 0..1, H and W multiples of 32 -> logits (B, 3, H, W) and layout (B, 5, H / 4, W / 4)."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config or Config()
        widths = self.config.channels
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), Block(12, widths[0]), Block(widths[0], widths[0]))
        self.down = nn.ModuleList(nn.Sequential(Block(a, b, stride=2), Block(b, b)) for a, b in pairwise(widths))
        self.middle = nn.Sequential(*(Block(widths[-1], widths[-1], d) for d in self.config.dilations))
        self.lift = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(nn.Sequential(Block(a, a), Block(a, a)) for a in widths[:-1])
        self.maps = nn.Sequential(nn.Conv2d(widths[0], 4 * len(MAPS), 1), nn.PixelShuffle(2))
        self.layout = nn.Conv2d(widths[1], len(LAYOUT), 1)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(picture)
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(x)
        x = self.middle(x)
        layout = x
        for level in reversed(range(len(skips))):
            x = F.interpolate(self.lift[level](x), scale_factor=2.0, mode="nearest") + skips[level]
            x = self.up[level](x)
            if level == 1:
                layout = self.layout(x)
        return self.maps(x), layout


Sample = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]
"""Picture, maps, care (3, H, W); layout and how much it counts (6, H / 4, W / 4)."""


# --- truth ------------------------------------------------------------------------------------------------------------


def truth(scene: Scene) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Of a scene: coverage 0..255 (3, H, W), and the layout's channels (5, H / 4, W / 4), its word and line in 0..1."""
    maps = np.stack([scene.ink, scene.ruling, scene.print])
    return (maps * 255).astype(np.uint8), layout(scene.words, scene.rgb.shape[:2])


def layout(words: list[Written], shape: tuple[int, int]) -> NDArray[np.float32]:
    """The layout's channels (5, H / 4, W / 4) of these words in a picture of this shape."""
    size = (shape[0] // COARSE, shape[1] // COARSE)
    word, line = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
    height, cos, sin = (np.zeros(size, np.float32) for _ in range(3))
    for quad in _line_quads(words):
        _fill(line, _shrunk(quad / COARSE, across=False), 1)
    for w in words:
        quad = w.quad / COARSE
        along = quad[1] - quad[0] + quad[2] - quad[3]
        angle = 2 * float(np.arctan2(along[1], along[0]))
        _fill(word, _shrunk(quad), 1)
        for channel, value in ((height, np.log2(max(w.height, 4)) - 5), (cos, np.cos(angle)), (sin, np.sin(angle))):
            _fill(channel, quad, float(value))
    return np.stack([word, line, height, cos, sin]).astype(np.float32)


def _fill(channel: NDArray, quad: NDArray[np.float32], value: float) -> None:
    cv2.fillPoly(channel, [np.rint((quad - 0.5) * 16).astype(np.int32)], value, cv2.LINE_8, 4)


def _shrunk(quad: NDArray[np.float32], across: bool = True) -> NDArray[np.float32]:
    """The quadrilateral less SHRUNK of its shorter side above and below and, with `across`, left and right."""
    right, down = (quad[1] - quad[0] + quad[2] - quad[3]) / 2, (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    long, high = max(float(np.hypot(*right)), 1e-3), max(float(np.hypot(*down)), 1e-3)
    inset = SHRUNK * min(long, high)
    dx = right / long * inset if across else right * 0
    dy = down / high * inset
    return quad + np.float32([dx + dy, dy - dx, -dx - dy, dx - dy])


def _line_quads(words: list[Written]) -> list[NDArray[np.float32]]:
    """The words of a line and the gaps between them, as quadrilaterals of neighbours' height."""
    quads = [w.quad for w in words]
    for a, b in pairwise(words):
        if a.line == b.line:
            quads.append(np.stack([a.quad[1], b.quad[0], b.quad[3], a.quad[2]]))
    return quads


# --- loss -------------------------------------------------------------------------------------------------------------


WEIGHTS = (1.0, 0.6, 0.6)
"""Of the maps in the loss."""
REGION_WEIGHTS = (0.3, 0.15)


def losses(model: Segmenter, picture: Tensor, maps: Tensor, care: Tensor, coarse: Tensor) -> dict[str, Tensor]:
    """The parts of the loss: a map's is cross-entropy, weighed by `care`, plus half of soft Dice.

    `picture` uint8 (B, 3, H, W), `maps` uint8 (B, 3, H, W), `care` uint8 of the same shape: how much each pixel counts,
    0 where the truth isn't known; `coarse` (B, 6, H / 4, W / 4): the layout's channels and how much they count.
    """
    logits, seen = model(picture.float() / 255)
    full = _region(logits, maps.float() / 255, care.float())
    regions = _region(seen[:, :2], coarse[:, :2], coarse[:, 5:].expand(-1, 2, -1, -1))
    inside = coarse[:, 0] * coarse[:, 5]
    off = F.smooth_l1_loss(seen[:, 2:], coarse[:, 2:5], reduction="none", beta=0.2).sum(1)
    parts = {name: w * full[i] for i, (name, w) in enumerate(zip(MAPS, WEIGHTS, strict=True))}
    parts |= {name: w * regions[i] for i, (name, w) in enumerate(zip(LAYOUT[:2], REGION_WEIGHTS, strict=True))}
    return parts | {"pose": 0.1 * (off * inside).sum() / inside.sum().clamp(min=1)}


def _region(logits: Tensor, wanted: Tensor, care: Tensor) -> Tensor:
    """The loss of each channel: (B, C, H, W) each -> (C,)."""
    there = torch.sigmoid(logits)
    crossed = (F.softplus(logits) - logits * wanted) * care
    known = care.clamp(max=1)
    sums = [v.sum((0, 2, 3)) for v in (crossed, care, there * wanted * known, (there + wanted) * known)]
    return sums[0] / sums[1].clamp(min=1) + 0.5 * (1 - (2 * sums[2] + 1) / (sums[3] + 1))


def care(maps: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How much each pixel of maps (3, H, W) counts: within 3 pixels of a mark five times as much as elsewhere."""
    near = [cv2.dilate(m, np.ones((7, 7), np.uint8)) for m in maps]
    return (1 + 4 * (np.stack(near) > 25)).astype(np.uint8)


def blind(rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a picture (H, W, 3) is white all around, or black so far that it can't be a bold stroke, so that nobody can
    know what was there: bool (H, W)."""
    white, black = rgb.min(axis=2) >= 250, rgb.max(axis=2) <= 5
    lost = [cv2.erode(m.astype(np.uint8), np.ones((n, n), np.uint8)) > 0 for m, n in ((white, 9), (black, 65))]
    return np.asarray(lost[0] | lost[1])


def unseen(rgb: NDArray[np.uint8], cover: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Marks of coverage 0..255 (H, W) that a picture (H, W, 3) doesn't show, lost in noise or glare: bool (H, W).

    Around each pixel the mean colours on and off the marks are apart by less than the deviation off them, or by hardly
    anything.
    """
    picture = rgb.astype(np.float32)
    on, off = (cover > 127).astype(np.float32), (cover < 13).astype(np.float32)
    many_on, many_off = (_around(m)[..., None] + 1e-6 for m in (on, off))
    mean_on, mean_off = _around(picture * on[..., None]) / many_on, _around(picture * off[..., None]) / many_off
    spread = np.sqrt(np.maximum(_around(picture**2 * off[..., None]) / many_off - mean_off**2, 0))
    shown = np.abs(mean_on - mean_off) > np.maximum(0.7 * spread, 3)
    judged = (many_on > 0.01) & (many_off > 0.1)
    return (cover > 0) & judged[..., 0] & ~shown.any(axis=2)


def _around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return cv2.boxFilter(values, -1, (17, 17))
