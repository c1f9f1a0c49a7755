"""Draws the example pictures: a photo of a notebook page, a single word, a chalk board, and a sketch with labels.

Nothing in them is anybody's handwriting: the letters are the single-line script of the Hershey fonts (the package
Hershey-Fonts; see THIRD_PARTY_NOTICES.md), bent a little differently every time, inked, and photographed by arithmetic.
Keep that package apart: it brings a module named "tests", which would hide the tests of this project.

    pip install --target /tmp/hershey Hershey-Fonts
    PYTHONPATH=/tmp/hershey python examples/make_page.py     # writes page.jpg, word.jpg, board.jpg and sketch.jpg

They lie beside this file, and in smaller files in the playground.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from HersheyFonts import HersheyFonts
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from inksight.ink.curves import resample, smooth

Array = NDArray[np.float64]
Curve = Array
"""float64 (n, 2): x to the right, y down, in pixels of the flat sheet."""

OVERSAMPLING = 2
CAPITAL, BASE = 21.0, 9.0  # how high a Hershey capital is, and the y (downwards) on which it stands, in font units
HERE = Path(__file__).parent
PLAYGROUND = HERE.parent / "src/inksight/web/static/examples"

NOTES = [
    "Rain until ten, then a clear sky.",
    "Two herons by the old mill,",
    "one fox at the edge of the wood",
    "Ask Anna about the boat",
    "and bring 3 jars of honey.",
    "Things to draw: the bridge,",
    "the willow, the quiet pond.",
]


def wave(rng: np.random.Generator, scale: float, period: float) -> Callable[[Array], Array]:
    """A smooth random function of x with about the standard deviation `scale`, wandering over `period` pixels."""
    frequency = rng.uniform(0.4, 1.6, 5) * 2 * np.pi / period
    phase, weight = rng.uniform(0, 2 * np.pi, 5), rng.normal(0, scale / np.sqrt(2.5), 5)
    return lambda x: np.sin(x[:, None] * frequency + phase) @ weight


@cache
def font(name: str) -> HersheyFonts:
    """A Hershey font of the package."""
    loaded = HersheyFonts()
    loaded.load_default_font(name)
    return loaded


@dataclass
class Hand:
    """A way of writing: a font, the height of a capital in pixels, and how unsteady the hand is (1 = ordinary)."""

    rng: np.random.Generator
    name: str = "scripts"
    height: float = 44.0
    shake: float = 1.0

    def word(self, text: str, x: float, baseline: float) -> list[Curve]:
        """The strokes of one word that starts at x and stands on the baseline.

        Letters stay joined: the whole word is bent by smooth functions of x, so that no two letters come out alike.
        """
        unit = self.height / CAPITAL
        strokes = [np.array(s, float) for s in font(self.name).strokes_for_text(text) if len(s) > 1]
        left = min(float(s[:, 0].min()) for s in strokes)
        rise, size = wave(self.rng, 0.6, 40), wave(self.rng, 0.06, 30)
        slant, width = wave(self.rng, 0.08, 45), wave(self.rng, 1.0, 30)
        drift = self.rng.normal(0.0, 0.012)
        curves = []
        for s in strokes:
            u, up = s[:, 0] - left, BASE - s[:, 1]
            bent_up = up * (1 + self.shake * size(u)) + self.shake * rise(u) + drift * u
            bent_x = u + self.shake * (slant(u) * up + width(u)) + 0.06 * up
            curve = np.stack([x + unit * bent_x, baseline - unit * bent_up], axis=1)
            curves.append(smooth(resample(curve, 1.0), 0.035 * self.height, 1.0))
        return curves

    def line(self, text: str, x: float, baseline: float) -> list[Curve]:
        """Words one after the other, the spaces a little uneven."""
        curves: list[Curve] = []
        for token in text.split():
            word = self.word(token, x, baseline + self.rng.normal(0, 1.2))
            curves += word
            x = max(float(c[:, 0].max()) for c in word) + self.height * self.rng.uniform(0.55, 0.8)
        return curves


def draw_ink(size: tuple[int, int], curves: Sequence[Curve], width: float, rng: np.random.Generator) -> Array:
    """Ink density 0..1, float64 (H, W): round-tipped lines whose width breathes a little."""
    k = OVERSAMPLING
    image = Image.new("L", (size[0] * k, size[1] * k), 0)
    pen = ImageDraw.Draw(image)
    for curve in curves:
        breath = wave(rng, 0.12, 60)
        for (x, y), swell in zip(curve * k, breath(np.arange(len(curve), dtype=float)), strict=True):
            r = k * width * (1 + swell) / 2
            pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return np.asarray(image.resize(size, Image.Resampling.BOX), float) / 255


def clouds(size: tuple[int, int], cell: int, rng: np.random.Generator) -> Array:
    """Smooth noise of mean 0 and standard deviation about 1 with blobs of `cell` pixels: float64 (H, W)."""
    small = rng.normal(0, 1, (size[1] // cell + 2, size[0] // cell + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC), float)


def perspective(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> list[float]:
    """PIL's eight coefficients of the camera: photo pixel -> sheet pixel, the sheet's corners seen at `corners`."""
    w, h = size
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, [(0, 0), (w, 0), (w, h), (0, h)], strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(c) for c in np.linalg.solve(np.array(rows, float), np.array(values, float))]


def photograph(
    sheet: Array, corners: Sequence[tuple[float, float]], table: Sequence[float], rng: np.random.Generator
) -> Image.Image:
    """The sheet (float64 (H, W, 3), reflectance 0..1) on a table: perspective, shadow, blur and sensor noise."""
    h, w = sheet.shape[:2]
    rgba = np.dstack([sheet, np.ones((h, w))]).clip(0, 1) * 255
    camera = perspective(corners, (w, h))
    flat = Image.fromarray(rgba.astype(np.uint8), "RGBA")
    bent = flat.transform((w, h), Image.Transform.PERSPECTIVE, camera, Image.Resampling.BICUBIC)
    seen = np.asarray(bent, float) / 255
    ground = np.array(table) * (1 + 0.06 * clouds((w, h), 40, rng))[..., None]
    scene = seen[..., :3] * seen[..., 3:] + ground * (1 - seen[..., 3:])
    y, x = np.mgrid[0:h, 0:w]
    lamp = 1.04 - 0.30 * (x / w) ** 2 - 0.12 * y / h
    hand = 1 - 0.30 / (1 + np.exp(-(0.9 * x + 0.55 * y - 1.02 * w) / (0.07 * w)))  # the photographer's own shadow
    warm = np.array([1.0, 0.975, 0.925])
    picture = Image.fromarray(((scene * (lamp * hand)[..., None] * warm).clip(0, 1) * 255).astype(np.uint8))
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.6)), float)
    return Image.fromarray((blurred + rng.normal(0, 2.5, blurred.shape)).clip(0, 255).astype(np.uint8))


def paper(size: tuple[int, int], rng: np.random.Generator) -> Array:
    """An empty sheet: float64 (H, W, 3)."""
    grain = 0.004 * clouds(size, 2, rng) + 0.006 * clouds(size, 60, rng)
    return np.array([0.95, 0.945, 0.925]) + grain[..., None]


def inked(sheet: Array, ink: Array, colour: Sequence[float]) -> Array:
    """The sheet with ink laid over it."""
    return sheet * (1 - ink[..., None]) + np.array(colour) * ink[..., None]


def notebook(rng: np.random.Generator) -> Image.Image:
    """A ruled page of notes with an underlined heading, a drawn arrow and a star."""
    size, step, top = (1200, 1500), 104, 330
    sheet = paper(size, rng)
    rows = np.zeros((size[1], size[0]))
    for y in range(top, size[1] - 60, step):
        rows[y : y + 2] = 0.55
    margin = np.zeros_like(rows)
    margin[:, 128:130] = 0.5
    sheet = inked(inked(sheet, rows, (0.55, 0.68, 0.82)), margin, (0.85, 0.45, 0.45))
    heading = Hand(rng, "futural", 50, 0.7).line("Field notes, Monday", 180, top - step - 10)
    body = Hand(rng, height=46)
    curves = list(heading)
    for i, text in enumerate(NOTES):
        curves += body.line(text, 160 + rng.normal(0, 8), top + i * step - 4)
    curves += [underline(heading, rng), *arrow(830, 1010, rng), star(960, 1150, 42)]
    sheet = inked(sheet, 0.92 * draw_ink(size, curves, 3.8, rng), (0.10, 0.14, 0.36))
    return photograph(sheet, [(62, 44), (1152, 72), (1176, 1462), (30, 1440)], (0.42, 0.30, 0.21), rng)


def underline(curves: Sequence[Curve], rng: np.random.Generator) -> Curve:
    """A line drawn by hand below the curves."""
    points = np.concatenate(curves)
    x = np.arange(points[:, 0].min(), points[:, 0].max())
    return np.stack([x, points[:, 1].max() + 10 + wave(rng, 1.5, 250)(x)], axis=1)


def arrow(x: float, y: float, rng: np.random.Generator) -> list[Curve]:
    """A curved arrow that points to the left."""
    t = np.linspace(0, 1, 200)
    shaft = np.stack([x + 190 * (1 - t), y + 40 * np.sin(2.6 * t) + wave(rng, 1, 80)(190 * t)], axis=1)
    tip = shaft[-1]
    head = resample(np.array([tip + np.array((33, -6)), tip, tip + np.array((17, 29))]), 1.0)
    return [shaft, head]


def star(x: float, y: float, radius: float) -> Curve:
    """A five-pointed star in one stroke."""
    angle = np.arange(6) * 4 * np.pi / 5 - np.pi / 2 + 0.1
    return resample(np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1), 1.0)


def single_word(rng: np.random.Generator) -> Image.Image:
    """One word on plain paper, cut close."""
    size = (520, 220)
    ink = draw_ink(size, Hand(rng, height=92).word("willow", 95, 150), 5.0, rng)
    sheet = inked(paper(size, rng), 0.9 * ink, (0.12, 0.12, 0.15))
    return photograph(sheet, [(-12, -8), (532, -6), (536, 230), (-16, 226)], (0.5, 0.5, 0.5), rng)


def board(rng: np.random.Generator) -> Image.Image:
    """White chalk on a dark green board with traces of an old wiping."""
    size = (1200, 760)
    smear = 0.02 * clouds(size, 90, rng) + 0.006 * clouds(size, 3, rng)
    sheet = np.array([0.13, 0.20, 0.17]) + smear[..., None]
    chalk = Hand(rng, height=82, shake=1.2)
    lines = ["No class today,", "read chapter 7", "and bring a pencil"]
    curves = [c for i, text in enumerate(lines) for c in chalk.line(text, 120 + 20 * i, 210 + 200 * i)]
    dust = (0.86 + 0.10 * clouds(size, 3, rng) + 0.08 * rng.normal(0, 1, (size[1], size[0]))).clip(0.25, 1)
    sheet = inked(sheet, draw_ink(size, curves, 7.5, rng) * dust, (0.90, 0.90, 0.86))
    return photograph(sheet, [(-20, -14), (1216, 6), (1208, 770), (-10, 790)], (0.3, 0.2, 0.1), rng)


def by_hand(corners: Sequence[tuple[float, float]], rng: np.random.Generator) -> Curve:
    """A line through the corners as a hand draws it: rounded and a little unsteady."""
    line = smooth(resample(np.array(corners, float), 1.0), 4.0, 1.0)
    way = np.arange(len(line), dtype=float)
    return line + np.stack([wave(rng, 1.2, 120)(way), wave(rng, 1.2, 120)(way)], axis=1)


def boat(x: float, y: float, rng: np.random.Generator) -> list[Curve]:
    """A sailing boat whose waterline's middle is (x, y), and waves below it."""
    t = np.linspace(0, 1, 30)
    keel = [(x - 170 + 340 * u, y + 78 * np.sin(np.pi * u) ** 0.7) for u in t]
    leech = [(x + 14 + 150 * np.sin(1.45 * u), y - 300 + 268 * u) for u in t]
    lines = [
        [(x - 188, y), (x + 196, y)],
        [(x - 170, y), *keel, (x + 170, y)],
        [(x, y - 2), (x - 2, y - 345)],
        [*leech, (x + 14, y - 32), (x + 12, y - 300)],
        [(x - 14, y - 290), (x - 128, y - 34), (x - 14, y - 34), (x - 14, y - 285)],
    ]
    waves = [
        [(x + left + 18 * k, y + down + 9 * (k % 2)) for k in range(14)] for left, down in ((-330, 96), (-60, 128))
    ]
    return [by_hand(line, rng) for line in lines + waves]


def sketch(rng: np.random.Generator) -> Image.Image:
    """A drawing with three labels, each with a line to what it names."""
    size = (900, 760)
    hand, (x, y) = Hand(rng, height=44), (450, 500)
    curves = boat(x, y, rng)
    for text, place, way in [
        ("mast", (150, 190), [(292, 186), (x - 14, 182)]),
        ("sail", (680, 270), [(664, 264), (x + 110, 300)]),
        ("old hull", (640, 690), [(700, 636), (x + 130, 552)]),
    ]:
        curves += [*hand.line(text, *place), by_hand(way, rng)]
    sheet = inked(paper(size, rng), 0.85 * draw_ink(size, curves, 4.0, rng), (0.16, 0.17, 0.19))
    return photograph(sheet, [(-10, -12), (914, -6), (908, 774), (-16, 768)], (0.5, 0.5, 0.5), rng)


def main() -> None:
    """Write the pictures; the seeds are fixed, so that they come out the same every time."""
    pictures = {"page": notebook, "word": single_word, "board": board, "sketch": sketch}
    for seed, (name, draw) in enumerate(pictures.items(), start=7):
        picture = draw(np.random.default_rng(seed))
        for folder, quality in ((HERE, 85), (PLAYGROUND, 70)):
            picture.save(folder / f"{name}.jpg", quality=quality, optimize=True)


if __name__ == "__main__":
    main()
