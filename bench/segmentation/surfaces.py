"""What is written on: papers, boards, sand, wood, and photographs; float32 (H, W, 3), 0..255, in even light."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inksight.arrays import Map
from inksight.evaluate.render import blurred
from inksight.evaluate.sets import is_held_out

Surface = NDArray[np.float32]
Random = np.random.Generator
Size = tuple[int, int]
"""(height, width)."""

PAPERS = [(250, 249, 246), (246, 242, 230), (238, 228, 204), (233, 238, 244), (228, 236, 222), (244, 226, 224)]
KRAFTS = [(186, 148, 104), (166, 132, 96), (150, 142, 128), (108, 112, 120), (96, 76, 60)]
NOTES = [(250, 232, 110), (246, 160, 170), (150, 214, 230), (180, 226, 130), (250, 186, 96)]
BOARDS = [(40, 74, 60), (34, 36, 38), (30, 52, 48), (44, 50, 66)]
SANDS = [(204, 178, 138), (176, 152, 120), (150, 136, 118), (222, 206, 176)]
WOODS = [(170, 122, 76), (122, 82, 50), (206, 170, 122), (92, 62, 42)]


def flat(size: Size, color: tuple[float, ...]) -> Surface:
    """One colour."""
    return np.broadcast_to(np.array(color, np.float32), (*size, 3)).copy()


def chosen(colors: list[tuple[int, int, int]], rng: Random) -> tuple[float, ...]:
    """One of the colours, a little off."""
    return tuple((np.array(colors[int(rng.integers(len(colors)))]) + rng.normal(0, 4, 3)).clip(0, 255).tolist())


def fractal(size: Size, slope: float, rng: Random, stretch: float = 1.0) -> NDArray[np.float32]:
    """Noise of mean 0 and deviation 1 whose amplitude falls with the frequency to the power of `slope`.

    `stretch` > 1 draws it out along x, as wood's grain is.
    """
    h, w = size
    fy, fx = np.fft.fftfreq(h)[:, None], np.fft.rfftfreq(w)[None]
    amplitude = (np.hypot(fy, fx * stretch) + 1 / max(h, w)) ** -slope
    noise = np.fft.irfft2(np.fft.rfft2(rng.normal(0, 1, size)) * amplitude, size)
    noise -= noise.mean()
    return np.asarray(noise / noise.std(), np.float32)


def paper(size: Size, color: tuple[float, ...], rng: Random) -> Surface:
    """Paper with fibres, and stains where it is old."""
    fibres = fractal(size, 0.4, rng, stretch=rng.uniform(0.5, 2)) * rng.uniform(0.3, 2)
    stains = fractal(size, 1.6, rng) * rng.uniform(0, 4)
    return flat(size, color) + (fibres + stains)[..., None]


def kraft(size: Size, rng: Random) -> Surface:
    """Coloured cardboard, flecked."""
    flecks = fractal(size, 0.6, rng, stretch=3) * rng.uniform(2, 8)
    return flat(size, chosen(KRAFTS, rng)) + flecks[..., None]


def whiteboard(size: Size, rng: Random) -> Surface:
    """Enamel with the smears of a wiped board."""
    smears = np.maximum(fractal(size, 1.3, rng, stretch=0.3), 0) * rng.uniform(0, 7)
    return flat(size, (236, 238, 240)) - smears[..., None]


def blackboard(size: Size, rng: Random) -> Surface:
    """A board with the dust of wiped chalk."""
    dust = np.maximum(fractal(size, 1.2, rng, stretch=0.4) + 0.3, 0) * rng.uniform(4, 18)
    return flat(size, chosen(BOARDS, rng)) + (dust + rng.uniform(1, 4) * fractal(size, 0.2, rng))[..., None]


def sand(size: Size, rng: Random) -> Surface:
    """Grains, ripples and pebbles."""
    grains = fractal(size, rng.uniform(0.1, 0.7), rng) * rng.uniform(5, 15)
    ripples = fractal(size, 1.5, rng) * rng.uniform(2, 9)
    return flat(size, chosen(SANDS, rng)) + (grains + ripples)[..., None]


def wood(size: Size, rng: Random) -> Surface:
    """Boards with a grain along them and seams between."""
    h, _ = size
    rings = np.sin(fractal(size, 1.4, rng, stretch=9) * rng.uniform(4, 12)) * rng.uniform(4, 14)
    grain = fractal(size, 0.7, rng, stretch=12) * rng.uniform(3, 9)
    seams = np.zeros(h, np.float32)
    if rng.random() < 0.6:
        width = int(rng.integers(90, 260))
        seams[int(rng.integers(width)) :: width] = -60
    return flat(size, chosen(WOODS, rng)) + (rings + grain + seams[:, None])[..., None]


def leather(size: Size, rng: Random) -> Surface:
    """Skin or rough plaster: bumps in slanting light."""
    bumps = blurred(rng.normal(0, 1, size).astype(np.float32), rng.uniform(1, 2.5))
    relief = np.gradient(bumps / bumps.std(), axis=1).astype(np.float32)
    return flat(size, chosen([*KRAFTS, *PAPERS], rng)) + (relief * rng.uniform(4, 16))[..., None]


def carved(surface: Surface, groove: Map, width: float, depth: float, rim: float, light: float) -> Surface:
    """A surface with a groove, coverage (H, W), `width` pixels wide, and a rim, in light from the angle `light`.

    Shaded by the slope of the smoothed groove; what lies low is darker.
    """
    relief = rim * blurred(groove, 0.9 * width) - blurred(groove, max(0.6, 0.22 * width))
    gy, gx = np.gradient(relief)
    slope = (gx * np.cos(light) + gy * np.sin(light)) * width
    shade = np.clip(1 + depth * slope + 0.3 * depth * np.minimum(relief, 0), 0.15, 1.8)
    return np.asarray(surface * shade[..., None], np.float32)


class Photographs:
    """Crops of surfaces and scenes without text; of the pictures of the collection those that are held out."""

    def __init__(self, data: str | Path) -> None:
        self._pictures: list[Image.Image] = []
        with zipfile.ZipFile(Path(data) / "backgrounds" / "backgrounds.zip") as archive:
            for row in map(json.loads, archive.read("index.jsonl").decode().splitlines()):
                if is_held_out(row["picture"]):
                    self._pictures.append(Image.open(io.BytesIO(archive.read(row["file"]))).convert("RGB"))

    def __call__(self, size: Size, rng: Random) -> Surface:
        """A cut of one of them, of the size's shape, mirrored or not."""
        picture = self._pictures[int(rng.integers(len(self._pictures)))]
        h, w = size
        scale = min(picture.width / w, picture.height / h) * rng.uniform(0.55, 1)
        x, y = rng.uniform(0, picture.width - w * scale), rng.uniform(0, picture.height - h * scale)
        cut = picture.resize((w, h), Image.Resampling.BICUBIC, (x, y, x + w * scale, y + h * scale))
        pixels = np.asarray(cut, np.float32)
        return pixels[:, ::-1].copy() if rng.random() < 0.5 else pixels
