"""What writes and how it looks: coverage of strokes, and that coverage laid onto a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from synth.assets import Curves
from synth.surfaces import Map, Picture, clouds

INKS = (
    (15, 15, 20),
    (25, 35, 110),
    (20, 60, 170),
    (170, 25, 35),
    (20, 110, 50),
    (90, 40, 120),
    (120, 60, 20),
    (200, 90, 20),
    (235, 130, 40),
    (230, 100, 140),
    (70, 170, 90),
)
LIGHT_INKS = ((245, 245, 240), (250, 240, 120), (250, 180, 200), (140, 220, 250), (150, 240, 160), (255, 150, 60))
GREY_LEAD = (85, 85, 90)


@dataclass(frozen=True)
class Pen:
    """A pen: colour 0..255, width in pixels, how much of the ground it hides (0..1), how uneven its mark is."""

    color: tuple[float, float, float]
    width: float
    opacity: float = 0.95
    grain: float = 0.0
    """How much of the mark the ground's grain leaves out: pencil, chalk."""
    skips: float = 0.0
    """How much of it is faint in runs: a pen that runs dry."""
    glaze: bool = False
    """Colours multiply, as felt pens' and highlighters' do, instead of hiding what is below."""
    chisel: float = 0.0
    """How much the width depends on direction (0: none)."""
    depth: float = 0.0
    """Carved into the ground so deep instead of coloured (0: not at all)."""
    glow: float = 0.0
    """Light around the mark: neon, bright screens."""


def choose(rng: np.random.Generator, width: float, ground: NDArray[np.float32], dark: bool) -> Pen:
    """A pen that can be seen on the ground (mean colour); light ones on dark grounds."""
    kind = rng.random()
    if dark:
        color = _near(LIGHT_INKS, rng)
        pen = Pen(color, width, rng.uniform(0.75, 1))
        if kind < 0.5:
            pen = replace(pen, grain=rng.uniform(0.2, 0.9), opacity=rng.uniform(0.6, 1))
        elif kind < 0.65:
            pen = replace(pen, glow=rng.uniform(0.2, 0.8))
    elif kind < 0.18:
        pen = Pen(_jittered(GREY_LEAD, rng), width, rng.uniform(0.25, 0.85), grain=rng.uniform(0.1, 0.7))
    elif kind < 0.42:
        pen = Pen(_near(INKS, rng), width, rng.uniform(0.6, 0.95), glaze=True, chisel=rng.choice([0, 0, 0.5]))
    elif kind < 0.52:
        pen = Pen(_near(INKS, rng), width, rng.uniform(0.2, 0.5))  # faint, old, or hardly pressed
    else:
        pen = Pen(_near(INKS, rng), width, rng.uniform(0.8, 1), chisel=rng.choice([0, 0, 0, 0.3, 0.7]))
    if rng.random() < 0.15:
        pen = replace(pen, skips=rng.uniform(0.2, 0.8))
    return _visible(pen, ground, dark)


def _near(colors: tuple[tuple[int, int, int], ...], rng: np.random.Generator) -> tuple[float, float, float]:
    first = colors[0] if rng.random() < 0.4 else colors[int(rng.integers(len(colors)))]
    return _jittered(first, rng)


def _jittered(color: tuple[int, int, int], rng: np.random.Generator) -> tuple[float, float, float]:
    r, g, b = np.clip(np.float32(color) + rng.normal(0, 15, 3), 0, 255).tolist()
    return r, g, b


def _visible(pen: Pen, ground: NDArray[np.float32], dark: bool) -> Pen:
    """The pen, or one whose mark differs from the ground by at least 28 grey levels in some channel."""
    away = pen.opacity * float(np.abs(np.float32(pen.color) - ground).max())
    if away >= 28:
        return pen
    color = (250.0, 250.0, 245.0) if dark or ground.mean() < 90 else (20.0, 20.0, 30.0)
    return replace(pen, color=color, opacity=max(pen.opacity, 0.7), glaze=False)


def stands_out(before: Picture, after: Picture, cover: Map) -> bool:
    """Whether a mark can be told from its ground: it changes the picture by more than the ground's own roughness."""
    marked = cover > 0.5
    if not marked.any():
        return True
    rough = np.abs(before - cv2.blur(before, (9, 9)))[marked].max(axis=1).mean()
    return bool(np.abs(after - before)[marked].max(axis=1).mean() > 11 + 1.3 * rough)


def bold(pen: Pen, ground: NDArray[np.float32]) -> Pen:
    """The pen in black or white, whichever the ground (mean colour) is farther from, pressed hard; carved deeper."""
    color = (250.0, 250.0, 245.0) if ground.mean() < 120 else (15.0, 15.0, 20.0)
    return replace(
        pen, color=color, opacity=0.85, grain=min(pen.grain, 0.4), glaze=False, depth=min(1.5 * pen.depth, 1.2)
    )


def coverage(shape: tuple[int, int], curves: Curves, pen: Pen) -> Map:
    """How much of every pixel (centre of pixel (i, j) at (j + 0.5, i + 0.5)) the strokes cover, 0..1."""
    fine = 4 if pen.width < 2.5 else 2 if pen.width < 12 else 1
    mask = np.zeros((shape[0] * fine, shape[1] * fine), np.uint8)
    thick = _thickness(pen.width * fine)
    for curve in curves:
        points = np.rint((curve * fine - 0.5) * 16).astype(np.int32)
        if len(points) == 1:
            cv2.circle(mask, points[0].tolist(), round(pen.width * fine * 8), 255, cv2.FILLED, cv2.LINE_AA, 4)
        elif pen.chisel:
            _chiselled(mask, points, thick, pen.chisel)
        else:
            cv2.polylines(mask, [points], False, 255, thick, cv2.LINE_AA, 4)
    if fine > 1:
        mask = cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return mask.astype(np.float32) / 255


def _thickness(width: float) -> int:
    """What OpenCV has to be told to draw a line of this width: it draws 1.35 pixels more than an even number, and odd
    numbers as the even ones before them."""
    return max(1, 2 * round((width - 1.35) / 2))


def _chiselled(mask: NDArray[np.uint8], points: NDArray[np.int32], thick: int, chisel: float) -> None:
    """A nib held at 45 degrees: wide down right, thin up right."""
    dx, dy = np.diff(points, axis=0).T
    widths = (thick * (1 - chisel * np.abs(np.cos(np.arctan2(dy, dx) - np.pi / 4)))).clip(1).astype(int).tolist()
    ends = points.tolist()
    for a, b, width in zip(ends[:-1], ends[1:], widths, strict=True):
        cv2.line(mask, a, b, 255, width, cv2.LINE_AA, 4)


def filled(shape: tuple[int, int], polygons: Curves) -> Map:
    """How much of every pixel the closed outlines cover, 0..1."""
    mask = np.zeros((shape[0] * 2, shape[1] * 2), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.rint((polygon * 2 - 0.5) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def lay(picture: Picture, cover: Map, pen: Pen, rng: np.random.Generator) -> None:
    """Lay the pen's mark onto the picture, in place."""
    if pen.depth:
        _carve(picture, cover, pen, rng)
        return
    alpha = cover * pen.opacity
    if pen.grain:
        tooth = clouds(cover.shape, rng, rng.uniform(1, 3), 0.7)
        alpha *= np.clip(1.2 - pen.grain * (0.6 + 0.8 * tooth), 0.08, 1)
    if pen.skips:
        alpha *= np.clip(1 - pen.skips * (clouds(cover.shape, rng, max(6, 5 * pen.width), 0.5) * 0.6 + 0.3), 0.15, 1)
    color = np.float32(pen.color)
    if pen.glow:
        halo = cv2.GaussianBlur(cover, (0, 0), 2 * pen.width + 2) * pen.glow
        picture += halo[..., None] * (color - picture) * 0.6
    if pen.glaze:
        picture *= 1 - alpha[..., None] * (1 - color / 255)
    else:
        picture += alpha[..., None] * (color - picture)


def _carve(picture: Picture, cover: Map, pen: Pen, rng: np.random.Generator) -> None:
    """A groove under slanting light: one flank is lit, the other in shade, what was dug out lies along the rim."""
    ground = cv2.GaussianBlur(cover, (0, 0), max(0.5, 0.3 * pen.width))
    rim = np.clip(cv2.GaussianBlur(cover, (0, 0), 0.9 * pen.width + 0.5) - cover, 0, 1) * rng.uniform(0, 1.2)
    gy, gx = np.gradient(ground - rim)
    angle = rng.uniform(0, 2 * np.pi)
    slope = (gx * np.cos(angle) + gy * np.sin(angle)) * max(1.0, pen.width * 0.5)
    shade = 1 + pen.depth * np.clip(slope * 2.2, -1, 1) - cover * rng.uniform(0, 0.35) * pen.depth
    picture *= np.clip(shade, 0.15, 1.9)[..., None]
