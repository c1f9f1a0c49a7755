"""Pictures of words that nobody wrote: rounded letters in a row, on papers of several kinds."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

PAPERS = ("plain", "light ink", "noisy", "ruled", "large", "tiny", "bold")


@cache
def ink(paper):
    """How much ink lies on each pixel: float32 (H, W)."""
    width, height, pen = {"large": (900, 820, 9), "tiny": (90, 44, 2), "bold": (360, 150, 15)}.get(paper, (360, 150, 5))
    dark = Image.new("L", (4 * width, 4 * height))
    for line in strokes(width, height):
        ImageDraw.Draw(dark).line([(4 * x, 4 * y) for x, y in line.tolist()], fill=255, width=4 * pen, joint="curve")
    soft = dark.resize((width, height), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.7))
    return np.asarray(soft, np.float32) / 255


@cache
def picture(paper):
    """uint8 (H, W, 3)."""
    rng = np.random.default_rng(PAPERS.index(paper))
    drawn = ink(paper)
    if paper == "ruled":
        drawn = np.maximum(drawn, 0.6 * (np.arange(len(drawn)) % 52 == 44)[:, None])
    shade = np.linspace(1, 0.75, drawn.shape[1])[None, :, None]
    sheet, line = (np.array([52, 60, 55]), 225.0) if paper == "light ink" else (np.array([236, 232, 222]), 40.0)
    rgb = (sheet * (1 - 0.9 * drawn[..., None]) + 0.9 * line * drawn[..., None]) * shade
    rgb += rng.normal(0, 9 if paper == "noisy" else 1.5, rgb.shape)
    return rgb.clip(0, 255).round().astype(np.uint8)


def strokes(width, height):
    """Loops, an arch with a bar and a dot: float (n, 2) each."""
    t = np.linspace(0, 1, 80)
    x, y = width / 10, height / 2
    loops = np.stack([x + 4 * x * t + 0.7 * x * np.sin(19 * t), y + 0.25 * height * np.cos(19 * t)], axis=1)
    arch = np.stack([6 * x + 2.4 * x * t, y + 0.2 * height - 0.42 * height * np.sin(3.1 * t)], axis=1)
    bar = np.array([[6.2 * x, 1.02 * y], [8.3 * x, 0.98 * y]])
    dot = np.array([[9 * x, 0.6 * y], [9.04 * x, 0.62 * y]])
    return [loops, arch, bar, dot]
