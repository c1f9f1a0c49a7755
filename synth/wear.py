"""What use leaves on a surface, none of it ink: dust and crumbs, scratches, smears, seams between boards.

Pictures are float32 (H, W, 3), 0..255, changed in place.
"""

from __future__ import annotations

import cv2
import numpy as np

from synth import pens
from synth.surfaces import Map, Picture, clouds, from_line


def specks(picture: Picture, rng: np.random.Generator) -> None:
    """Crumbs that wiping leaves: in clusters, or in a band, at times drawn out along the way of the wiper."""
    shape = picture.shape[:2]
    where = clouds(shape, rng, rng.uniform(40, 250), 0.5)
    if rng.random() < 0.4:
        where = 2.2 * np.exp(-((from_line(shape, rng) / rng.uniform(10, 60)) ** 2)) - 1
    stretch = rng.choice([1, 1, 3, 8])
    fine = clouds((shape[0], shape[1] // stretch), rng, rng.uniform(1, 4), 0.6)
    fine = cv2.resize(fine, shape[::-1], interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5 and shape[0] == shape[1]:
        fine = np.ascontiguousarray(fine.T)
    cover = np.clip((fine + where * rng.uniform(0.3, 0.9) - rng.uniform(1.2, 2.8)) * rng.uniform(1.5, 5), 0, 1)
    _tint(picture, cover * rng.uniform(0.15, 0.9), rng)


def scratches(picture: Picture, rng: np.random.Generator) -> None:
    """Thin straight scores, many along one way."""
    shape, way = picture.shape[:2], rng.uniform(0, np.pi)
    lines = []
    for _ in range(int(rng.integers(2, 40))):
        turn = way + rng.normal(0, 0.15) if rng.random() < 0.6 else rng.uniform(0, np.pi)
        middle, half = rng.uniform(0, max(shape), 2), rng.uniform(5, 120) * np.float32([np.cos(turn), np.sin(turn)])
        lines.append(np.float32([middle - half, middle + half]))
    cover = pens.coverage(shape, lines, pens.Pen((0, 0, 0), rng.uniform(0.5, 1.1)))
    worn = np.clip(clouds(shape, rng, 20, 0.6) * 0.5 + 0.5, 0, 1)
    _tint(picture, cover * worn * rng.uniform(0.1, 0.5), rng)


def _tint(picture: Picture, cover: Map, rng: np.random.Generator) -> None:
    """Dark on light grounds, light on dark ones, now and then the other way round."""
    grey = 20.0 if (picture.mean() > 110) == (rng.random() < 0.85) else 235.0
    color = np.float32([grey] * 3) + rng.normal(0, 12, 3).astype(np.float32)
    picture += cover[..., None] * (color - picture)


def wiped(picture: Picture, marks: Map, color: tuple[float, float, float], rng: np.random.Generator) -> None:
    """What a wiper leaves of these marks (H, W): streaks of their colour, and crumbs."""
    length, angle = rng.uniform(3, 15), rng.uniform(0, np.pi)
    kernel = np.zeros((31, 31), np.float32)
    x, y = np.cos(angle) * length, np.sin(angle) * length
    cv2.line(kernel, (round(15 - x), round(15 - y)), (round(15 + x), round(15 + y)), 1.0)
    streaks = cv2.filter2D(marks, -1, kernel / kernel.sum()) * rng.uniform(0.05, 0.35)
    kept = clouds(marks.shape, rng, rng.uniform(1, 5), 0.7) > rng.uniform(1.0, 2.2)
    crumbs = cv2.GaussianBlur(marks * kept, (0, 0), 0.6) * rng.uniform(0.1, 0.9)
    picture += np.maximum(streaks, crumbs)[..., None] * (np.float32(color) - picture)


def seam(picture: Picture, rng: np.random.Generator) -> Map:
    """A groove or gap across the whole picture, the ground beyond it a little lighter or darker, its rim catching the
    light. Returns how deep in the gap every pixel is, 0..1 (H, W)."""
    away = from_line(picture.shape[:2], rng)
    width = float(np.exp(rng.uniform(np.log(0.6), np.log(18))))
    gap = np.exp(-(np.abs(away / width) ** rng.choice([2, 4, 8])))
    rim = np.exp(-(((away - rng.choice([-1, 1]) * (width + rng.uniform(0.5, 4))) / rng.uniform(0.7, 4)) ** 2))
    if rng.random() < 0.3:  # here and there it is closed
        gap *= np.clip(0.5 + clouds(away.shape, rng, rng.uniform(15, 120), 0.5), 0, 1)
    beyond = np.tanh(away / rng.uniform(0.5, 40))
    shade = 1 + rng.uniform(0.08, 0.35) * rim + rng.choice([-1, 1]) * rng.uniform(0.02, 0.12) * beyond
    picture *= (shade * (1 - rng.uniform(0.15, 0.95) * gap))[..., None]
    return gap.astype(np.float32)
