"""A scene being made: what is put where on a sheet, how it is inked, lit and photographed.

Everything is placed in the frame of a flat sheet as large as the picture, and drawn straight into the picture's frame,
so that the truth is exact: no picture is ever warped, only print is.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inksight.arrays import Array, Map, Pixels
from inksight.evaluate.render import blurred, clouds
from inksight.ink.curves import arc_lengths

from .hand import Hand
from .raster import FINE, Canvas, dense, union
from .surfaces import Random, Size, Surface, flat

TEXT = (
    "Name Date Signature Total amount of the order received by please return this form before the end of month "
    "Answer each question in full sentences 1. 2. 3. 4. 17 2024 No. Chapter Exercise Paragraph and with from their "
    "water river machine over between measure energy light history column figure table section (see page 12) however; "
    "therefore, Ministère Rechnung Übung Größe équation théorème demonstration"
)
PRINTED = TEXT.split()


@dataclass(frozen=True)
class Pen:
    """What writes: its width in pixels and colour; how much it covers, and in which way unevenly."""

    width: float
    color: tuple[float, ...]
    opacity: float = 0.95
    grain: float = 0.0
    """Share of the paper's grains that the pen leaves free: pencil, chalk."""
    breathe: float = 0.12
    """How much the width changes with the pressure."""
    nib: float | None = None
    """The angle of a flat nib, radians."""
    smear: float = 0.0
    """Blur of the ink that doesn't belong to the line, in pixels."""


@dataclass(frozen=True)
class Written:
    """A word of the truth: its text, the corners of its box (4, 2) in pixels, and the number of its line."""

    text: str
    quad: Array
    line: int


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture, uint8 (H, W, 3), and its truth: float32 (H, W) each, 0..1, the share of a pixel that is covered.

    What lies under ink is still ruling or print.
    """

    kind: str
    rgb: Pixels
    ink: Map
    ruling: Map
    printed: Map
    words: Sequence[Written] = ()


@dataclass(frozen=True)
class Frame:
    """From the flat sheet to the picture: a bend, then a view."""

    view: Array = field(default_factory=lambda: np.eye(3))
    bend: float = 0.0
    """How far the middle of the sheet lies below its straight place, in pixels."""
    width: float = 1.0

    def apply(self, points: Array) -> Array:
        """Points (n, 2) of the sheet in the picture."""
        x, y = np.asarray(points, float).T
        y = y + self.bend * np.sin(np.pi * x / self.width)
        u, v, w = self.view @ np.stack([x, y, np.ones_like(x)])
        return np.stack([u / w, v / w], axis=1)

    def undo(self, points: Array) -> Array:
        """Points (n, 2) of the picture on the sheet."""
        x, y = np.asarray(points, float).T
        u, v, w = np.linalg.inv(self.view) @ np.stack([x, y, np.ones_like(x)])
        return np.stack([u / w, v / w - self.bend * np.sin(np.pi * u / w / self.width)], axis=1)


def tilted(size: Size, rng: Random, turn: float = 0.02, tilt: float = 0.04, bend: float = 0.0) -> Frame:
    """A camera not quite above the sheet: turned by about `turn` radians and tilted; `bend` a share of the height."""
    h, w = size
    a, px, py = rng.normal(0, turn), *rng.normal(0, tilt / max(h, w), 2)
    to_middle, back = np.eye(3), np.eye(3)
    to_middle[:2, 2], back[:2, 2] = (-w / 2, -h / 2), (w / 2, h / 2)
    turned = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [px, py, 1]])
    return Frame(back @ turned @ to_middle, rng.normal(0, bend) * h, w)


@dataclass(frozen=True)
class Stock:
    """What scenes are made of: hands, a source of photographs, and the files of fonts to print with."""

    hands: Sequence[Hand]
    photographs: Callable[[Size, Random], Surface]
    fonts: Sequence[str]


def fonts() -> list[str]:
    """Fonts that training has not seen: Caladea, Source Serif and Source Sans, from PyPI (bench/requirements.txt)."""
    import font_caladea as caladea
    import font_source_sans_pro as sans
    import font_source_serif_pro as serif

    files = [caladea.Caladea, caladea.CaladeaBold, caladea.CaladeaItalic, serif.SourceSerifPro]
    return [*files, serif.SourceSerifProLightIt, sans.SourceSansPro, sans.SourceSansProSemibold]


class Draft:
    """A scene being made. Sizes are pixels, boxes (x0, y0, x1, y1) on the sheet."""

    def __init__(self, size: Size, rng: Random, stock: Stock) -> None:
        self.size, self.rng, self.stock = size, rng, stock
        self.hand = stock.hands[int(rng.integers(len(stock.hands)))]
        self.frame = Frame()
        self.surface: Surface = flat(size, (248, 247, 243))
        self.layers: list[tuple[Pen, Canvas]] = []
        self.rulings: list[tuple[Canvas, tuple[float, ...], float]] = []
        self.print_color: tuple[float, ...] = (40, 40, 44)
        self.words: list[Written] = []
        self._sheet_print = Image.new("L", (size[1] * FINE, size[0] * FINE))
        self._lines = 0

    @property
    def height(self) -> int:
        return self.size[0]

    @property
    def width(self) -> int:
        return self.size[1]

    @property
    def page(self) -> tuple[float, float, float, float]:
        """The sheet within its margins."""
        return 0.06 * self.width, 0.06 * self.height, 0.95 * self.width, 0.95 * self.height

    # --- writing ---

    def take(self, pen: Pen) -> Pen:
        """Write with this pen from now on."""
        self.layers.append((pen, Canvas(self.size)))
        return pen

    def draw(self, points: Array, width: float = 1.0) -> None:
        """A stroke of the pen in hand along points (n, 2) of the sheet; its width may be a multiple of the pen's."""
        pen, canvas = self.layers[-1]
        way = self.frame.apply(dense(points, pen.width))
        at = arc_lengths(way)
        knots = np.arange(0, at[-1] + 20 * pen.width, 8 * pen.width)
        pressure = np.interp(at, knots, np.clip(self.rng.normal(0, 0.6, len(knots)), -1, 1))
        canvas.stroke(way, np.maximum(pen.width * width * (1 + pen.breathe * pressure), 0.8), pen.nib)

    def fill(self, corners: Array) -> None:
        """Black out a polygon (n, 2) of the sheet."""
        self.layers[-1][1].polygon(self.frame.apply(corners))

    def word(self, x: float, y: float, x_height: float, right: float) -> float | None:
        """A word at x on the baseline y that ends before `right`; returns where it ends, None if there is no room."""
        for _ in range(8):
            text, strokes = self.hand.word(self.rng)
            placed = [s * x_height + (x, y) for s in strokes]
            low, high = np.concatenate(placed).min(axis=0), np.concatenate(placed).max(axis=0)
            if high[0] <= right:
                break
        else:
            return None
        for stroke in placed:
            self.draw(stroke)
        box = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
        self.words.append(Written(text, self.frame.apply(box), self._lines))
        return float(high[0])

    def line(self, x: float, y: float, right: float, x_height: float) -> float:
        """Words from x as far as `right`; returns where the next one would begin."""
        end: float | None = x
        while end is not None:
            end = self.word(x, y + self.rng.normal(0, 0.05 * x_height), x_height, right)
            x = x if end is None else end + x_height * self.rng.uniform(0.9, 2.0)
        self._lines += 1
        return x

    def text(self, box: tuple[float, float, float, float], x_height: float, pitch: float, full: float = 0.9) -> None:
        """Lines in a box, `full` of them, from its top."""
        x0, y0, x1, y1 = box
        for y in np.arange(y0 + pitch, y1, pitch):
            if self.rng.random() < full:
                short = self.rng.uniform(0.3, 0.8) if self.rng.random() < 0.2 else 1.0
                self.line(x0 + abs(self.rng.normal(0, 0.5 * x_height)), y, x0 + (x1 - x0) * short, x_height)

    # --- what was there before ---

    def rule(self, points: Array, width: float) -> None:
        """A line of the ruling in hand along points (n, 2) of the sheet."""
        way = np.concatenate([np.linspace(a, b, 24) for a, b in itertools.pairwise(points)])
        self.rulings[-1][0].stroke(self.frame.apply(way), width)

    def ruling(self, color: tuple[float, ...], strength: float) -> None:
        """Begin a ruling of this colour and strength (0..1)."""
        self.rulings.append((Canvas(self.size), color, strength))

    def print(self, box: tuple[float, float, float, float], height: float, lines: int = 99) -> float:
        """Printed lines in a box, `height` pixels from line to line, in any font; returns where they end."""
        font = self.stock.fonts[int(self.rng.integers(len(self.stock.fonts)))]
        face = _font(font, max(6, round(0.75 * height * FINE)))
        pen = ImageDraw.Draw(self._sheet_print)
        x0, y, x1, y1 = box
        while y + height <= y1 and lines:
            words = self.rng.choice(PRINTED, 60)
            fits = np.cumsum([face.getlength(f"{w} ") / FINE for w in words]) <= x1 - x0
            pen.text((x0 * FINE, y * FINE), " ".join(words[fits]), fill=255, font=face)
            y, lines = y + height, lines - 1
        return y

    def printed(self) -> Map:
        """The print as the picture shows it."""
        whole = self._sheet_print
        if whole.getbbox() is None:
            return np.zeros(self.size, np.float32)
        step = 64
        tiles = []
        for y in range(0, self.height, step):
            for x in range(0, self.width, step):
                a, b = min(x + step, self.width), min(y + step, self.height)
                corners = self.frame.undo(np.array([(x, y), (x, b), (a, b), (a, y)])) * FINE
                tiles.append(((x * FINE, y * FINE, a * FINE, b * FINE), tuple(corners.ravel().tolist())))
        seen = whole.transform(whole.size, Image.Transform.MESH, tiles, Image.Resampling.BILINEAR)
        return np.asarray(seen.reduce(FINE), np.float32) / np.float32(255)

    def place(self, corners: Array, surface: Surface, shadow: float = 0.35) -> None:
        """Lay something with these corners (n, 2) of the sheet's frame on what is there, with a shadow at its edge."""
        canvas = Canvas(self.size)
        canvas.polygon(self.frame.apply(corners))
        cover = canvas.coverage()
        reach = max(2.0, min(self.size) / 120)
        soft = blurred(np.roll(cover, (round(reach), round(reach)), (0, 1)), reach)
        self.surface = self.surface * (1 - shadow * soft)[..., None]
        self.surface += cover[..., None] * (surface - self.surface)

    # --- the picture ---

    def ink(self) -> Map:
        """All that pens have drawn."""
        return union([canvas.coverage() for _, canvas in self.layers], self.size)

    def painted(self) -> Surface:
        """The sheet with its ruling, print and ink, in even light."""
        out = self.surface
        for canvas, color, strength in self.rulings:
            out = out + (strength * canvas.coverage())[..., None] * (np.array(color, np.float32) - out)
        out = out + 0.93 * self.printed()[..., None] * (np.array(self.print_color, np.float32) - out)
        for pen, canvas in self.layers:
            cover = self._inked(pen, canvas.coverage())
            out = out + cover[..., None] * (np.array(pen.color, np.float32) - out)
        return np.asarray(out, np.float32)

    def _inked(self, pen: Pen, cover: Map) -> Map:
        """How much of each pixel takes the pen's colour."""
        if pen.smear:
            cover = np.maximum(cover, 0.35 * blurred(cover, pen.smear))
        if pen.grain:
            grains = self.rng.normal(0, 1, self.size).astype(np.float32)
            grains = blurred(grains, 0.6 + 0.06 * pen.width)
            cover = cover * np.clip(1.2 - pen.grain + pen.grain * 1.2 * grains / grains.std(), 0.12, 1)
        flow = 1 - 0.12 * clouds(self.size, 12, self.rng) ** 2
        return np.asarray(pen.opacity * cover * np.clip(flow, 0.5, 1), np.float32)

    def scene(self, kind: str, picture: Surface, lens: Lens) -> Scene:
        """The scene with the light on it, photographed."""
        ruling = union([canvas.coverage() for canvas, _, _ in self.rulings], self.size)
        return Scene(kind, lens.shoot(picture, self.rng), self.ink(), ruling, self.printed(), self.words)


@cache
def _font(path: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font's file at a size; without a file that which comes with Pillow."""
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)


@dataclass(frozen=True)
class Lens:
    """The light's unevenness and what the camera does: shares, pixels, grey levels, JPEG quality."""

    exposure: float = 1.0
    slope: float = 0.1
    shadow: float = 0.0
    glare: float = 0.0
    vignette: float = 0.0
    warmth: float = 0.0
    blur: float = 0.5
    noise: float = 2.0
    quality: int = 88

    def shoot(self, scene: Surface, rng: Random) -> Pixels:
        """The photo, uint8 (H, W, 3)."""
        lit = scene * self._light(scene.shape[:2], rng)[..., None]
        lit = lit * np.array([1 + self.warmth, 1, 1 - 1.4 * self.warmth], np.float32)
        if self.glare:
            lit = lit + self._glare(scene.shape[:2], rng)[..., None] * (252 - lit)
        if self.blur > 0.2:
            lit = blurred(lit, self.blur)
        lit = lit + rng.normal(0, self.noise, lit.shape)
        packed = io.BytesIO()
        Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).save(packed, "JPEG", quality=self.quality)
        return np.asarray(Image.open(packed).convert("RGB"))

    def dimmer(self, **changes: float) -> Lens:
        """The same lens with other values."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def _light(self, size: Size, rng: Random) -> Map:
        h, w = size
        y, x = np.mgrid[:h, :w] / max(h, w)
        angle = rng.uniform(0, 2 * np.pi)
        along = (x - x.mean()) * np.cos(angle) + (y - y.mean()) * np.sin(angle)
        light = self.exposure * (1 + self.slope * along)
        light = light * (1 - self.vignette * 2 * ((x - x.mean()) ** 2 + (y - y.mean()) ** 2))
        for _ in range(3 if self.shadow else 0):
            angle, bow = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.5)
            across = (x - x.mean()) * np.cos(angle) + (y - y.mean()) * np.sin(angle) + bow * (x - x.mean()) ** 2
            softness = rng.uniform(0.004, 0.08)
            edge = 1 / (1 + np.exp(-np.clip((across - rng.uniform(0.05, 0.4)) / softness, -40, 40)))
            light = light * (1 - self.shadow * rng.uniform(0.4, 1) * edge)
        return np.asarray(light, np.float32)

    def _glare(self, size: Size, rng: Random) -> Map:
        """Reflections of a lamp or a window: up to `glare` of the light."""
        h, w = size
        y, x = np.mgrid[:h, :w]
        out = np.zeros(size)
        for _ in range(int(rng.integers(1, 4))):
            cx, cy = rng.uniform(0, w), rng.uniform(0, h)
            rx, ry = rng.uniform(0.05, 0.3, 2) * max(h, w)
            power = rng.choice([2, 8])
            out = np.maximum(out, np.exp(-(np.abs((x - cx) / rx) ** power) - np.abs((y - cy) / ry) ** power))
        return np.asarray(self.glare * out, np.float32)


def phone(rng: Random) -> Lens:
    """An ordinary picture by a phone or a scanner."""
    if rng.random() < 0.3:
        return Lens(
            rng.uniform(0.95, 1.02),
            0.02,
            blur=rng.uniform(0, 0.6),
            noise=rng.uniform(0, 2),
            quality=int(rng.integers(60, 96)),
        )
    return Lens(
        exposure=rng.uniform(0.65, 1.02),
        slope=rng.uniform(0, 0.4),
        vignette=rng.uniform(0, 0.25),
        warmth=rng.normal(0, 0.04),
        blur=rng.uniform(0.3, 1.0),
        noise=rng.uniform(1, 5),
        quality=int(rng.integers(45, 95)),
    )
