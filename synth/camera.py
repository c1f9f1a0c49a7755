"""How a scene is seen: light and shadow, then a phone, a scanner, or a screenshot.

Pictures are float32 (H, W, 3), 0..255.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from synth.surfaces import Picture, clouds, from_line


def light(picture: Picture, rng: np.random.Generator) -> None:
    """Uneven light, shadows with edges, a flash or glare, a tint; in place."""
    shape = picture.shape[:2]
    if rng.random() < 0.6:
        field = 1 + clouds(shape, rng, max(shape), 0.3) * rng.uniform(0, 0.18)
        picture *= np.clip(field, 0.35, 1.6)[..., None]
    if rng.random() < 0.3:
        soft = rng.uniform(1, 50)
        shadow = 0.5 + 0.5 * np.tanh(from_line(shape, rng) / soft)
        picture *= (1 - rng.uniform(0.1, 0.6) * shadow)[..., None]
    if rng.random() < 0.22:
        glare(picture, rng)
    if rng.random() < 0.3:
        picture *= rng.uniform(0.25, 1)
    if rng.random() < 0.5:
        picture *= np.float32(1 + rng.normal(0, 0.08, 3))


def glare(picture: Picture, rng: np.random.Generator) -> None:
    """A lamp mirrored in the surface, whose grain glitters in it; in place."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    shape = (height, width)
    far = np.hypot(
        (x - rng.uniform(0, width)) / rng.uniform(20, 250), (y - rng.uniform(0, height)) / rng.uniform(20, 250)
    )
    spot = np.exp(-(far ** rng.uniform(1, 3)))
    if rng.random() < 0.25:  # a tube
        spot = spot**0.3 * np.exp(-((from_line(shape, rng) / rng.uniform(2, 15)) ** 4))
    glitter = clouds(shape, rng, rng.uniform(1, 6), 0.7) * rng.uniform(0, 1.2) * (rng.random() < 0.7)
    tint = np.float32([1, 1, 1]) - np.float32([0, 0.05, 0.2]) * rng.uniform(0, 1)
    picture += (rng.uniform(20, 150) * spot * np.clip(1 + glitter, 0, 3))[..., None] * tint


def photograph(picture: Picture, rng: np.random.Generator) -> NDArray[np.uint8]:
    """What a camera, a scanner or a screenshot makes of the scene: uint8 of the same shape."""
    kind = rng.random()
    if rng.random() < 0.04:
        _bordered(picture, rng)
    if kind < 0.12:
        return np.clip(picture, 0, 255).astype(np.uint8)  # a screenshot, a clean scan
    if rng.random() < 0.3:
        picture = _coarse(picture, rng)
    blur = rng.uniform(0, 1.4) if rng.random() < 0.85 else rng.uniform(1.4, 2.5)
    if blur > 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    if rng.random() < 0.1:
        picture = _shaken(picture, rng)
    if rng.random() < 0.7:
        sensor = clouds(picture.shape[:2], rng, rng.choice([1, 1, 2]), 0.5)
        picture = picture + sensor[..., None] * rng.uniform(0, 9)
        if rng.random() < 0.3:
            picture = picture + rng.standard_normal(picture.shape, np.float32) * rng.uniform(0, 10)
    if rng.random() < 0.2:  # blotches of colour, as in dim light
        picture = picture + np.stack(
            [clouds(picture.shape[:2], rng, rng.uniform(2, 5), 0.6) for _ in range(3)], 2
        ) * rng.uniform(2, 13)
    if rng.random() < 0.3:  # sharpened, as phones do
        picture = picture + rng.uniform(0.2, 1.2) * (picture - cv2.GaussianBlur(picture, (0, 0), 1.2))
    if rng.random() < 0.15 and picture.mean() > 110:
        picture = _whitened(picture, rng)
    elif rng.random() < 0.3:
        picture = 128 + (picture - 128) * rng.uniform(0.7, 1.4) + rng.uniform(-20, 20)
    seen = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        grey = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)
        seen = cv2.cvtColor(_thresholded(grey, rng) if rng.random() < 0.2 else grey, cv2.COLOR_GRAY2RGB)
    return jpeg(seen, rng) if rng.random() < 0.8 else seen


def _bordered(picture: Picture, rng: np.random.Generator) -> None:
    """A black or white line along one side, as apps leave it where they cut; in place."""
    inset, width = int(rng.integers(0, 40)), int(rng.integers(1, 9))
    turned = picture if rng.random() < 0.5 else picture.transpose(1, 0, 2)
    turned = turned if rng.random() < 0.5 else turned[::-1]
    turned[:inset] = 0.5 * turned[:inset] + 0.5 * rng.uniform(0, 255)
    turned[inset : inset + width] = rng.choice([0, 0, 0, 255])


def _coarse(picture: Picture, rng: np.random.Generator) -> Picture:
    """Fewer pixels than it has: a small picture enlarged."""
    factor = rng.uniform(0.35, 0.9)
    way = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC]))
    if rng.random() < 0.1:  # in blocks
        factor, way = rng.uniform(0.15, 0.6), cv2.INTER_NEAREST
    small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, picture.shape[1::-1], interpolation=way)


def _shaken(picture: Picture, rng: np.random.Generator) -> Picture:
    """Blurred along one direction."""
    length, angle = rng.uniform(1, 5), rng.uniform(0, np.pi)
    kernel = np.zeros((9, 9), np.float32)
    x, y = np.cos(angle) * length / 2, np.sin(angle) * length / 2
    cv2.line(kernel, (round(4 - x), round(4 - y)), (round(4 + x), round(4 + y)), 1.0)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())


def _whitened(picture: Picture, rng: np.random.Generator) -> Picture:
    """As a scanning app makes it: the ground divided by itself, the contrast torn up, its grain and crumbs as well."""
    ground = cv2.GaussianBlur(picture, (0, 0), rng.uniform(12, 50))
    level = rng.uniform(0.84, 0.95)
    return 255 * (level + (picture / np.maximum(ground, 20) - level) * rng.uniform(2, 10))


def _thresholded(grey: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Black and white, as fax machines and scanner apps make it."""
    if rng.random() < 0.5:
        return cv2.adaptiveThreshold(
            grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 51, int(rng.integers(8, 25))
        )
    return cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]


def jpeg(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Saved as JPEG and read again."""
    quality = int(rng.integers(25, 96))
    ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok
    return cv2.imdecode(data, cv2.IMREAD_COLOR)
