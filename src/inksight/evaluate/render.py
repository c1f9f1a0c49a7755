"""Pictures of ink for the evaluation: a renderer that training never uses.

Training draws on its device from distances to the polylines; this one draws by brush with Pillow, at several times the
resolution, and makes paper, light and camera from other parts, so that no model can profit from knowing its renderer.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw

from ..arrays import Array, Mask
from ..ink.curves import arc_lengths, resample, smooth
from ..ink.frames import Affine

Picture = NDArray[np.uint8]
Random = np.random.Generator

_FINE = 4  # brush pixels per picture pixel
_COARSE = 150  # ink lower than this many tablet units shows the tablet's staircase
_STAIR = 1.2  # Gaussian along the arc, in tablet units, that takes it away

_PAPERS = [(252, 252, 250), (245, 240, 225), (236, 228, 205), (238, 240, 246), (205, 180, 145), (226, 238, 224)]
_INKS = [(25, 25, 30), (20, 35, 110), (40, 70, 170), (120, 20, 30), (15, 90, 50), (70, 40, 100), (85, 85, 88)]
_BOARDS = [(38, 48, 44), (32, 32, 34), (28, 62, 50), (40, 44, 62)]
_CHALKS = [(238, 236, 228), (240, 225, 150), (230, 175, 180), (165, 205, 235)]


def render(strokes: Sequence[ArrayLike], rng: Random, clean: bool = False) -> tuple[Picture, list[Array], Mask]:
    """Draw ink as a photo of a word, or (`clean`) as a plain black line on white.

    `strokes` are arrays (n >= 1, 2) in any unit, x right and y down; ink of a coarse tablet is smoothed first.
    Returns the picture uint8 (H, W, 3), the strokes float64 (n, 2) in its pixels, and the mask bool (H, W) of the
    pixels at least half covered by ink. The ink is 40 to 120 px high, but never wider than 900 px.
    """
    placed, size = _place(strokes, rng, clean)
    height = float(np.ptp(np.concatenate(placed)[:, 1]))
    width = max(1.6, height * (0.04 if clean else float(np.exp(rng.uniform(np.log(0.02), np.log(0.09))))))
    alpha = brush(placed, size, width, None if clean else rng)
    mask = alpha >= 0.5
    if clean:
        grey = np.rint(255 * (1 - alpha)).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2), placed, mask
    return _photograph(_on_surface(alpha, height, rng), rng), placed, mask


# --- the ink on its place ---------------------------------------------------------------------------------------------


def _place(strokes: Sequence[ArrayLike], rng: Random, clean: bool) -> tuple[list[Array], tuple[int, int]]:
    """The strokes in pixels of a picture, and the picture's (height, width)."""
    curves = [np.asarray(s, np.float64) for s in strokes]
    if np.ptp(np.concatenate(curves)[:, 1]) < _COARSE:
        curves = [smooth(c, _STAIR) for c in curves]
    if not clean:
        lean = Affine(b=rng.normal(0, 0.08)).then(Affine.rotation(rng.normal(0, 0.025)))
        curves = [lean.apply(c) for c in curves]
    everything = np.concatenate(curves)
    low, extent = everything.min(axis=0), np.maximum(np.ptp(everything, axis=0), 1e-6)
    aim = 80.0 if clean else rng.uniform(40, 120)
    scale = min(aim / max(extent[1], extent[0] / 12), 900 / extent[0])
    margins = np.full(4, 12.0) if clean else scale * extent[1] * rng.uniform(0.06, 0.5, 4) + 4
    placed = [(c - low) * scale + margins[:2] for c in curves]
    w, h = np.ceil(extent * scale + margins[:2] + margins[2:]).astype(int).tolist()
    return placed, (h, w)


def brush(strokes: Sequence[Array], size: tuple[int, int], width: float, rng: Random | None) -> NDArray[np.float32]:
    """How far ink covers each pixel: float32 (H, W), 0..1. With `rng` the width breathes and follows a nib."""
    h, w = size
    canvas = Image.new("L", (w * _FINE, h * _FINE))
    pen = ImageDraw.Draw(canvas)
    nib, contrast = (rng.uniform(0, np.pi), max(0.0, rng.normal(0, 0.3))) if rng else (0.0, 0.0)
    for stroke in strokes:
        dense = resample(stroke, 0.5)
        slope = np.gradient(dense, axis=0) if len(dense) > 1 else np.zeros((1, 2))
        turn = np.abs(np.sin(np.arctan2(slope[:, 1], slope[:, 0]) - nib))
        radius = width / 2 * (1 - min(contrast, 0.6) * (1 - turn)) * _FINE
        if rng:
            radius *= 1 + 0.15 * _wander(arc_lengths(dense), 3 * width, rng)
        for (x, y), r in zip((dense * _FINE).tolist(), radius.tolist(), strict=True):
            pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return np.asarray(canvas.reduce(_FINE)).astype(np.float32) / np.float32(255)


def _wander(at: Array, scale: float, rng: Random) -> Array:
    """A smooth random function of the arc length, about -1..1, that changes over `scale`."""
    knots = np.arange(0, at[-1] + 2 * scale, scale)
    return np.interp(at, knots, np.clip(rng.normal(0, 0.5, len(knots)), -1, 1))


# --- paper and ink ----------------------------------------------------------------------------------------------------


def _on_surface(alpha: NDArray[np.float32], height: float, rng: Random) -> NDArray[np.float32]:
    """The ink on its paper or board in even light: float32 (H, W, 3), 0..255."""
    h, w = alpha.shape
    board = rng.random() < 0.1
    ground = np.array((_BOARDS if board else _PAPERS)[rng.integers(4 if board else len(_PAPERS))], np.float32)
    colour = np.array((_CHALKS if board else _INKS)[rng.integers(4 if board else len(_INKS))], np.float32)
    ground += rng.normal(0, 4, 3).astype(np.float32)
    colour += rng.normal(0, 8, 3).astype(np.float32)
    cloud = 7 * rng.random() * clouds((h, w), 40, rng) + 5 * rng.random() * rng.normal(0, 1, (h, w))
    surface = np.asarray(ground + cloud[:, :, None], np.float32)
    if not board and rng.random() < 0.5:
        surface = _with_printed_lines(surface, height, rng)
    if not board and rng.random() < 0.15:  # what was written on the back of the sheet
        back = np.roll(alpha[:, ::-1], (int(rng.integers(-9, 9)), int(rng.integers(-w // 4, w // 4 + 1))), (0, 1))
        surface -= 22 * rng.random() * blurred(back, 1.5)[:, :, None]
    grainy = board or rng.random() < 0.25  # chalk, pencil
    grain = np.clip(rng.normal(0.85, 0.25, (h, w)), 0.25, 1) if grainy else 1 - 0.12 * clouds((h, w), 6, rng) ** 2
    strength = rng.uniform(0.65, 1.0) * alpha * np.clip(grain, 0, 1)
    return np.asarray(surface + strength[:, :, None] * (colour - surface), np.float32)


def _with_printed_lines(surface: NDArray[np.float32], height: float, rng: Random) -> NDArray[np.float32]:
    """Ruled, squared or dotted paper, its lines a little askew."""
    h, w, _ = surface.shape
    y, x = np.mgrid[:h, :w] + 0.5
    angle, pitch = rng.normal(0, 0.015), height * rng.uniform(0.35, 1.1)
    across, along = y * np.cos(angle) + x * np.sin(angle), x * np.cos(angle) - y * np.sin(angle)
    reach = rng.uniform(0.5, 1.1)

    def rows(at: Array) -> Array:
        phase = (at - rng.uniform(0, pitch)) / pitch
        return np.clip(reach + 0.5 - np.abs(phase - np.rint(phase)) * pitch, 0, 1)

    kind = rng.random()
    lines = rows(across)
    if kind > 0.5:
        other = rows(along)
        lines = np.maximum(lines, other) if kind < 0.85 else lines * other * 1.5
    colour = np.array([(120, 150, 205), (160, 160, 165), (190, 150, 150)][rng.integers(3)], np.float32)
    strength = (rng.uniform(0.25, 0.8) * np.clip(lines, 0, 1)).astype(np.float32)
    return np.asarray(surface + strength[:, :, None] * (colour - surface), np.float32)


# --- light and camera -------------------------------------------------------------------------------------------------


def _photograph(scene: NDArray[np.float32], rng: Random) -> Picture:
    """Shade, cast a shadow, blur, add noise, compress: uint8 (H, W, 3)."""
    h, w, _ = scene.shape
    y, x = np.mgrid[:h, :w] / max(h, w)
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.cos(angle) + y * np.sin(angle)
    light = rng.uniform(0.72, 1.05) + rng.normal(0, 0.13) * (slope - slope.mean())
    if rng.random() < 0.25:  # the edge of a shadow
        edge = 1 / (1 + np.exp(-(slope - rng.choice(slope.ravel())) * rng.uniform(8, 60)))
        light = light * (1 - rng.uniform(0.1, 0.4) * edge)
    tint = 1 + rng.normal(0, 0.03, 3)
    photo = scene * light[:, :, None] * tint
    if rng.random() < 0.7:
        photo = blurred(photo, float(rng.uniform(0.3, 1.3)) * min(1.0, h / 100))
    photo = photo + rng.normal(0, rng.uniform(0.5, 6), photo.shape)
    if rng.random() < 0.3:
        photo = np.repeat(photo.mean(axis=2, keepdims=True), 3, axis=2)
    out = Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8))
    packed = io.BytesIO()
    out.save(packed, "JPEG", quality=int(rng.integers(35, 96)))
    return np.asarray(Image.open(packed).convert("RGB"))


def clouds(size: tuple[int, int], scale: float, rng: Random) -> NDArray[np.float32]:
    """Smooth noise, about -1..1, with blobs of `scale` pixels: float32 (H, W)."""
    h, w = size
    coarse = rng.normal(0, 0.5, (int(h / scale) + 3, int(w / scale) + 3)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((w, h), Image.Resampling.BICUBIC))


def blurred(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur of (H, W) or (H, W, 3), the border repeated."""
    reach = int(np.ceil(3 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    for axis in (0, 1):
        n = picture.shape[axis]
        at = np.clip(np.arange(-reach, n + reach), 0, n - 1)
        padded = picture.take(at, axis=axis)
        picture = sum(t * padded.take(range(k, k + n), axis=axis) for k, t in enumerate(taps / taps.sum()))
    return np.asarray(picture, np.float32)
