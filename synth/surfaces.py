"""What is written on, before anybody writes: paper, boards, screens, textures, photographs.

Pictures are float32 (H, W, 3), 0..255.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from synth.assets import Assets

Picture = NDArray[np.float32]
Map = NDArray[np.float32]

PAPERS = (
    (250, 250, 248),
    (243, 240, 230),
    (236, 225, 200),
    (250, 240, 170),
    (222, 222, 220),
    (205, 225, 240),
    (250, 215, 220),
)
DARK_PAPERS = ((176, 140, 100), (150, 115, 80), (120, 90, 60), (60, 60, 65), (30, 35, 60), (25, 25, 25))
BOARDS = ((30, 50, 40), (25, 30, 30), (45, 70, 55), (20, 25, 45))


def clouds(shape: tuple[int, int], rng: np.random.Generator, coarsest: float, slope: float) -> Map:
    """Noise of mean 0 and deviation 1 whose octaves, from `coarsest` pixels down to 1, weigh `slope` times the last."""
    height, width = shape
    cell, weight, total = max(coarsest, 1.0), 1.0, np.zeros((2, 2), np.float32)
    while weight > 0.02:  # each octave is drawn at its own size, and what was drawn so far is enlarged to it
        rows, columns = (height, width) if cell <= 1 else (int(height / cell) + 2, int(width / cell) + 2)
        total = cv2.resize(total, (columns, rows), interpolation=cv2.INTER_CUBIC)
        total += weight * rng.standard_normal((rows, columns), np.float32)
        if cell <= 1:
            break
        cell, weight = max(cell / 2, 1.0), weight * slope
    total = cv2.resize(total, (width, height), interpolation=cv2.INTER_CUBIC)
    total -= total.mean()
    return total / max(float(total.std()), 1e-6)


def plain(shape: tuple[int, int], color: NDArray[np.float32], rng: np.random.Generator, rough: float) -> Picture:
    """One colour with mottles and grain: `rough` is the deviation of either, in grey levels."""
    mottles = clouds(shape, rng, rng.uniform(20, 200), 0.5) * rng.uniform(0, rough)
    grain = clouds(shape, rng, rng.uniform(1, 4), 0.6) * rng.uniform(0, rough)
    return color + (mottles + grain)[..., None]


def paper(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """A sheet: white, tinted, recycled, kraft or dark, with folds and stains at times."""
    colors = PAPERS if rng.random() < 0.88 else DARK_PAPERS
    color = np.float32(colors[int(rng.integers(len(colors)))]) + rng.normal(0, 6, 3).astype(np.float32)
    sheet = plain(shape, color, rng, rng.choice([1.5, 4.0, 10.0]))
    if rng.random() < 0.15:
        fold(sheet, rng)
    if rng.random() < 0.12:
        stain(sheet, rng)
    return sheet


def fold(sheet: Picture, rng: np.random.Generator) -> None:
    """A crease: the sheet is a little lighter on one side, with a thin shade along it."""
    away = from_line(sheet.shape[:2], rng)
    sheet += (
        rng.uniform(-9, 9) * np.tanh(away / 30) - rng.uniform(0, 25) * np.exp(-((away / rng.uniform(0.7, 3)) ** 2))
    )[..., None]


def stain(sheet: Picture, rng: np.random.Generator) -> None:
    """Water or coffee: a darker region with a darker rim."""
    height, width = sheet.shape[:2]
    edge = clouds((height, width), rng, rng.uniform(60, 250), 0.5) - rng.uniform(0.5, 1.5)
    inside = np.clip(edge * 6, 0, 1)
    rim = np.exp(-((edge * rng.uniform(8, 20)) ** 2))
    tint = np.float32([0.3, 0.6, 1.0]) * rng.uniform(5, 35)
    sheet -= (inside * 0.5 + rim * 0.7)[..., None] * tint


def from_line(shape: tuple[int, int], rng: np.random.Generator) -> Map:
    """Signed distance of every pixel from a random line through the picture, bent a little."""
    height, width = shape
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.4 else rng.integers(4) * np.pi / 2 + rng.normal(0, 0.05)
    x0, y0 = rng.uniform(0, width), rng.uniform(0, height)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    along, away = (
        (x - x0) * np.cos(angle) + (y - y0) * np.sin(angle),
        (y - y0) * np.cos(angle) - (x - x0) * np.sin(angle),
    )
    return (away + rng.normal(0, 2) * np.sin(along / rng.uniform(60, 300))).astype(np.float32)


def board(shape: tuple[int, int], rng: np.random.Generator) -> tuple[Picture, bool]:
    """(a whiteboard with glare and wiped marks, or a blackboard with smears, whether it is dark)."""
    if rng.random() < 0.7:
        sheet = plain(shape, np.float32([225, 228, 230]) + rng.normal(0, 10, 3).astype(np.float32), rng, 3.0)
        if rng.random() < 0.6:
            sheet += np.clip(clouds(shape, rng, 300, 0.4) * rng.uniform(5, 30), -30, 60)[..., None]
        if rng.random() < 0.25:  # in poor light, or glass before something else
            sheet *= np.float32([1, 0.96, 0.88]) ** rng.uniform(0, 2) * rng.uniform(0.4, 0.9)
        if rng.random() < 0.12:
            sheet = _boarded(sheet, rng)
        return sheet, False
    color = np.float32(BOARDS[int(rng.integers(len(BOARDS)))])
    sheet = plain(shape, color, rng, 5.0)
    smears = np.clip(clouds(shape, rng, rng.uniform(30, 200), 0.7), 0, None) * rng.uniform(0, 22)
    return sheet + smears[..., None], True


def texture(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Sand, stone, wood, cloth: noise of any slope between two colours, stretched along one direction at times."""
    dark = rng.uniform(20, 190, 3).astype(np.float32) * rng.uniform(0.8, 1, 3).astype(np.float32)
    light = dark + rng.uniform(15, 90) * rng.uniform(0.7, 1.1, 3).astype(np.float32)
    height, width = shape
    stretch = int(rng.choice([1, 1, 1, 4, 12]))
    noise = clouds((height, max(8, width // stretch)), rng, rng.uniform(2, 150), rng.uniform(0.5, 1.0))
    if stretch > 1:
        noise = cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
        noise = noise if rng.random() < 0.5 or height != width else np.ascontiguousarray(noise.T)
    if rng.random() < 0.3:
        noise = np.sin(noise * rng.uniform(1, 4))
    if rng.random() < 0.3:  # rough: lit from one side
        gy, gx = np.gradient(cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 3)))
        angle = rng.uniform(0, 2 * np.pi)
        slope = gx * np.cos(angle) + gy * np.sin(angle)
        noise = slope / max(float(slope.std()), 1e-6)
    mix = np.clip(noise * 0.4 + 0.5, 0, 1)[..., None]
    surface = (dark * (1 - mix) + light * mix).astype(np.float32)
    return _boarded(surface, rng) if rng.random() < 0.2 else surface


def _boarded(surface: Picture, rng: np.random.Generator) -> Picture:
    """The surface in boards or tiles, each a little lighter or darker, with grooves between them."""
    height, width = surface.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = rng.integers(2) * np.pi / 2 + rng.normal(0, 0.06)
    for turn in (0.0, np.pi / 2) if rng.random() < 0.25 else (0.0,):
        along = x * np.sin(angle + turn) + y * np.cos(angle + turn) + rng.uniform(0, 500)
        pitch = rng.uniform(30, 250)
        board = np.floor(along / pitch).astype(int)
        shades = 1 + rng.normal(0, 0.06, board.max() - board.min() + 1).astype(np.float32)
        into = along - board * pitch
        groove = np.exp(-((into / rng.uniform(0.8, 4)) ** 2)) * rng.uniform(0.2, 0.9)
        edge = np.exp(-(((into - rng.uniform(3, 8)) / rng.uniform(1, 3)) ** 2)) * rng.uniform(0, 0.35)
        surface = surface * (shades[board - board.min()] * (1 - groove + edge))[..., None]
    return surface


def photograph(shape: tuple[int, int], rng: np.random.Generator, assets: Assets) -> Picture:
    """A piece of a photograph without writing, at any scale and turned any way; a texture where there is none."""
    photo = assets.photo(rng)
    if photo is None:
        return texture(shape, rng)
    height, width = shape
    scale = rng.uniform(0.6, 4.0) * max(height / photo.shape[0], width / photo.shape[1])
    scale = max(scale, max(height / photo.shape[0], width / photo.shape[1]))
    cut_h, cut_w = min(photo.shape[0], int(height / scale) + 1), min(photo.shape[1], int(width / scale) + 1)
    top, left = (int(rng.integers(0, n + 1)) for n in (photo.shape[0] - cut_h, photo.shape[1] - cut_w))
    piece = cv2.resize(photo[top : top + cut_h, left : left + cut_w], (width, height), interpolation=cv2.INTER_CUBIC)
    piece = piece[:, ::-1] if rng.random() < 0.5 else piece
    gain = rng.uniform(0.5, 1.2) * (1 + rng.normal(0, 0.08, 3))
    return (piece.astype(np.float32) * gain.astype(np.float32)).clip(0, 255)


def screen(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """The even ground of a drawing program."""
    grey = rng.choice([255, 255, 245, 30, 0])
    return np.full((*shape, 3), grey, np.float32) + (
        rng.uniform(-12, 12, 3).astype(np.float32) if rng.random() < 0.5 else 0
    )
