"""Pages whose words and strokes are known: handwriting of UNIPEN's held-out writers, laid out, inked and photographed.

A page is a layout on a paper seen by a camera (see LAYOUTS, PAPERS, CAMERAS), the same every time. Nothing here is
shared with the renderer of the training. Frames: pixels of the sheet, then of the photo; x right, y down.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inksight.arrays import Array
from inksight.evaluate.render import blurred, brush, clouds
from inksight.evaluate.sets import unipen_words
from inksight.formats.dataset import PackedInk
from inksight.ink import Box
from inksight.ink.curves import resample, smooth

Random = np.random.Generator
Strokes = list[Array]
Surface = NDArray[np.float32]
"""float32 (H, W, 3), 0..255."""

A4 = (210, 297)
DPI = 150
FEWEST_WORDS, MOST_WORDS = 40, 150
"""A writer with fewer different words has no page; so many are used."""
BOXED = 0.7
"""Words with wider gaps between their letters, in x-heights, were written into boxes, letter by letter."""


@dataclass
class Piece:
    """A word, or (without text) a drawing, with the box of its ink."""

    strokes: Strokes
    text: str = ""
    box: Box = (0, 0, 0, 0)


@dataclass
class Block:
    """Lines of words that are read one after the other."""

    lines: list[list[Piece]] = field(default_factory=list)


@dataclass
class Sheet:
    """A page's truth. `ordered` blocks are read in their order; others (labels, notes) in any."""

    name: str
    blocks: list[Block] = field(default_factory=list)
    drawings: list[Piece] = field(default_factory=list)
    marks: list[Piece] = field(default_factory=list)
    """Bullets and the like: right as a word, as a drawing, and left out."""
    ordered: bool = True
    picture: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 0, 3), np.uint8))
    mask: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), np.bool_))
    """Where the ink is: bool (H, W)."""

    @property
    def words(self) -> list[Piece]:
        return [w for b in self.blocks for line in b.lines for w in line]

    @property
    def pieces(self) -> list[Piece]:
        return [*self.words, *self.drawings, *self.marks]


# --- the hand ---------------------------------------------------------------------------------------------------------


@dataclass
class Hand:
    """A writer: words with their baseline at y = 0, and the usual wide gap inside a word, in x-heights."""

    words: list[tuple[str, Strokes]]
    gap: float
    rng: Random
    at: int = 0

    def next(self, least: int = 1) -> tuple[str, Strokes]:
        """The writer's next word of at least so many characters."""
        while True:
            self.at = (self.at + 1) % len(self.words)
            if len(self.words[self.at][0]) >= least:
                return self.words[self.at]


def hands(folder: str | Path, seed: int = 0) -> Iterator[Hand]:
    """Test and validation writers with enough words, one after the other, for ever."""
    by_writer: dict[str, list[PackedInk]] = {}
    for split in ("test", "val"):
        for word in unipen_words(folder, 100_000, split=split):  # type: ignore[arg-type]
            if word.text.isascii() and any(c.isalnum() for c in word.text):
                by_writer.setdefault(word.writer, []).append(word)
    rng = np.random.default_rng(seed)
    writers = sorted(w for w, words in by_writer.items() if len({x.text for x in words}) >= FEWEST_WORDS)
    while True:
        for k in rng.permutation(len(writers)).tolist():
            words = _in_x_heights(by_writer[writers[k]][:MOST_WORDS])
            if len(words) < FEWEST_WORDS:
                continue
            gap = float(np.percentile([_inner_gap(strokes) for _, strokes in words], 75))
            order = rng.permutation(len(words)).tolist()
            yield Hand([words[i] for i in order], gap, rng)


def _in_x_heights(words: Sequence[PackedInk]) -> list[tuple[str, Strokes]]:
    """Words of one writer, all scaled alike; those whose size speaks for a wrong label are left out."""
    curves = [[_without_stairs(np.asarray(s, np.float64)) for s in w.strokes] for w in words]
    feet = [_turning(c, 1) for c in curves]
    heights = [np.ptp(np.concatenate(c)[:, 1]) for c in curves]
    x_height = float(np.median([f - _turning(c, -1) for f, c in zip(feet, curves, strict=True)]))
    x_height = max(x_height, 0.37 * float(np.median(heights)))  # hands full of loops turn everywhere
    out = []
    for word, strokes, foot in zip(words, curves, feet, strict=True):
        points = np.concatenate(strokes)
        shift = (points[:, 0].min(), foot)
        width, height = np.ptp(points, axis=0) / x_height
        curves_there = [(s - shift) / x_height for s in strokes]
        if height < 4.5 and 0.25 < width / len(word.text) < 2.2 and _inner_gap(curves_there) < BOXED:
            out.append((word.text, curves_there))
    return out


def _inner_gap(strokes: Strokes) -> float:
    """The median gap between the letters of a word, 0 where they touch or overlap."""
    spans = sorted((float(s[:, 0].min()), float(s[:, 0].max())) for s in strokes)
    gaps, right = [], spans[0][1]
    for x0, x1 in spans[1:]:
        if x0 > right - 0.05:
            gaps.append(max(x0 - right, 0.0))
        right = max(right, x1)
    return float(np.median(gaps)) if gaps else 0.0


def _without_stairs(points: Array) -> Array:
    """The stairs of coarse tablets smoothed away."""
    return smooth(points, 1.2) if len(points) > 2 else points


def _turning(strokes: Strokes, sign: int) -> float:
    """The middle of the strokes' lower (1) or upper (-1) turning points."""
    found = []
    coarse = 0.08 * float(np.ptp(np.concatenate(strokes)[:, 1]))  # wiggles are no turns
    for s in strokes:
        y = sign * resample(s, coarse)[:, 1]
        inner = y[1:-1][(y[1:-1] >= y[:-2]) & (y[1:-1] > y[2:])]
        found += [*inner.tolist(), float(y.max())]
    return sign * float(np.median(found))


# --- the layouts ------------------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """A sheet being written: sizes in pixels of the sheet."""

    sheet: Sheet
    hand: Hand
    rng: Random
    width: float
    height: float
    x_height: float
    pitch: float
    """From line to line."""

    def word(self, x: float, baseline: float, size: float = 1.0, least: int = 1, room: float = np.inf) -> Piece:
        """One word written at x; a shorter one where there is no room."""
        for _ in range(60):
            text, curves = self.hand.next(least)
            scale = self.x_height * size
            strokes = [c * scale + (x, baseline) for c in curves]
            if max(float(s[:, 0].max()) for s in strokes) - x <= room:
                break
        return Piece(strokes, text)

    def line(
        self, x: float, right: float, baseline: float, size: float = 1.0, most: int = 99, first: Piece | None = None
    ) -> list[Piece]:
        """Words from x to about the right margin."""
        words = [first] if first else []
        at = _right(first) + self.gap(size) if first else x
        while len(words) < most:
            word = self.word(at, baseline + self.rng.normal(0, 0.06 * self.x_height), size)
            if _right(word) > right and words:
                break
            words.append(word)
            at = _right(word) + self.gap(size)
            if at > right - 2 * self.x_height:
                break
        return words

    def gap(self, size: float) -> float:
        """Between two words; who leaves space between letters leaves more between words."""
        return float(self.x_height * size * (np.clip(self.rng.normal(1.2, 0.22), 0.85, 2.0) + 1.2 * self.hand.gap))

    def paragraphs(self, box: Box, block: Block | None = None, size: float = 1.0, length: int = 5) -> Block:
        """Lines from the top to the foot of the box, in paragraphs of about so many lines, the left edge uneven."""
        block = block or Block()
        x0, y, x1, y1 = box
        pitch, left = self.pitch * size, int(self.rng.integers(length, 2 * length))
        while y <= y1:
            short = left == 1
            right = x0 + (x1 - x0) * (self.rng.uniform(0.3, 0.7) if short else 1)
            block.lines.append(self.line(x0 + abs(self.rng.normal(0, 0.3 * self.x_height)), right, y, size))
            y += pitch * (1.8 if short else 1)
            left = int(self.rng.integers(length, 2 * length)) if short else left - 1
        return block

    def draw(self, *curves: Array) -> None:
        """A drawing."""
        self.sheet.drawings.append(Piece([self.shaky(c) for c in curves]))

    def shaky(self, curve: Array) -> Array:
        """The curve as an unsteady hand draws it."""
        dense = resample(curve, 3.0)
        if len(dense) < 3:
            return dense
        shake = np.cumsum(self.rng.normal(0, 0.25, dense.shape), axis=0)
        drift = shake - np.linspace(0, 1, len(dense))[:, None] * shake[-1]
        return smooth(dense + drift, 4.0)


def _right(word: Piece) -> float:
    return max(float(s[:, 0].max()) for s in word.strokes)


def _hull(pieces: Sequence[Piece]) -> Box:
    points = np.concatenate([s for p in pieces for s in p.strokes])
    (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return x0, y0, x1, y1


def prose(desk: Desk) -> None:
    """A heading, underlined, and paragraphs across the page."""
    w, h, p = desk.width, desk.height, desk.pitch
    heading = Block([desk.line(0.25 * w, 0.75 * w, 2 * p, 1.3, most=3)])
    x0, _, x1, y1 = _hull(heading.lines[0])
    desk.draw(np.array([(x0 - 5, y1 + 0.3 * desk.x_height), (x1 + 8, y1 + 0.35 * desk.x_height)]))
    desk.sheet.blocks += [heading, desk.paragraphs((0.1 * w, 4 * p, 0.92 * w, h - 2 * p))]


def columns(desk: Desk) -> None:
    """A heading across two columns."""
    w, h, p = desk.width, desk.height, desk.pitch
    desk.sheet.blocks.append(Block([desk.line(0.2 * w, 0.8 * w, 2 * p, 1.4, most=4)]))
    for x in (0.07, 0.54):
        desk.sheet.blocks.append(desk.paragraphs((x * w, 4 * p, (x + 0.37) * w, h - (2 + 3 * x) * p)))


def bullets(desk: Desk) -> None:
    """Lists, with dashes, dots or check boxes in front."""
    w, h, p, x = desk.width, desk.height, desk.pitch, desk.x_height
    y = 2 * p
    kind = int(desk.rng.integers(3))
    while y < h - 4 * p:
        block = Block([desk.line(0.1 * w, 0.6 * w, y, 1.15, most=2)])
        for _ in range(int(desk.rng.integers(3, 7))):
            y += p
            if y < h - 2 * p:
                block.lines.append(desk.line(0.18 * w, w * desk.rng.uniform(0.4, 0.85), y))
                _bullet(desk, kind, 0.14 * w, y - x / 2)
        desk.sheet.blocks.append(block)
        y += 1.7 * p


def _bullet(desk: Desk, kind: int, x: float, y: float) -> None:
    r = desk.x_height / 2
    if kind == 0:
        desk.sheet.marks.append(Piece([desk.shaky(np.array([(x - 1.4 * r, y), (x + 1.4 * r, y)]))]))
    elif kind == 1:
        desk.sheet.marks.append(Piece([_circle(x, y, 0.2 * r)]))
    else:
        box = np.array([(-r, -r), (-r, r), (r, r), (r, -r), (-r, -r)]) * 1.2 + (x, y)
        desk.sheet.marks.append(Piece([desk.shaky(box)]))


def margin_notes(desk: Desk) -> None:
    """A text with smaller notes beside it, behind a line drawn by hand."""
    w, h, p = desk.width, desk.height, desk.pitch
    side = desk.rng.random() < 0.5
    text, notes = ((0.08, 0.66), (0.74, 0.95)) if side else ((0.36, 0.94), (0.06, 0.28))
    desk.sheet.blocks.append(desk.paragraphs((text[0] * w, 2.5 * p, text[1] * w, h - 2 * p)))
    x = (0.705 if side else 0.32) * w
    desk.draw(np.array([(x, 1.5 * p), (x + 4, h - 1.5 * p)]))
    for y in np.arange(0.15, 0.8, 0.3) * h:
        y += desk.rng.uniform(0, 0.1) * h
        box = (notes[0] * w, y, notes[1] * w, y + 2.2 * p)
        desk.sheet.blocks.append(desk.paragraphs(box, size=0.8, length=9))
    desk.sheet.ordered = False


def sketches(desk: Desk) -> None:
    """Short texts beside sketches, arrows between them."""
    w, h, p = desk.width, desk.height, desk.pitch
    rows = 4
    for k in range(rows):
        y0, y1 = (0.06 + k * 0.9 / rows) * h, (0.06 + (k + 1) * 0.9 / rows) * h - 1.5 * p
        left = k % 2 == 0
        x = 0.08 * w if left else 0.45 * w
        desk.sheet.blocks.append(desk.paragraphs((x, y0 + p, x + 0.45 * w, min(y1, y0 + 5 * p)), length=9))
        centre = np.array([(0.76 if left else 0.22) * w, (y0 + y1) / 2])
        _sketch(desk, int(desk.rng.integers(5)) if k else 0, centre, 0.36 * (y1 - y0))
        tip = centre + np.array([(-0.12 if left else 0.12) * w, 0])
        _arrow(desk, tip + np.array([(-0.07 if left else 0.07) * w, 0.02 * h]), tip)


def _circle(x: float, y: float, r: float, squash: float = 1.0) -> Array:
    angle = np.linspace(-1.8, -1.8 + 2 * np.pi, 60)
    return np.stack([x + r * np.cos(angle), y + squash * r * np.sin(angle)], axis=1)


def _sketch(desk: Desk, kind: int, centre: Array, r: float) -> None:
    """A star, a house, a flower, a face or a spiral."""
    x, y = centre
    if kind == 0:
        angle = np.arange(6) * 4 * np.pi / 5 - np.pi / 2
        star = np.stack([x + 0.55 * r * np.cos(angle), y + 0.55 * r * np.sin(angle)], axis=1)
        desk.draw(star)
    elif kind == 1:
        wall = np.array([(-1, 0), (-1, 1), (1, 1), (1, 0), (-1, 0), (0, -0.9), (1, 0)]) * r + centre
        door = np.array([(-0.2, 1), (-0.2, 0.4), (0.25, 0.4), (0.25, 1)]) * r + centre
        desk.draw(wall, door)
    elif kind == 2:
        petals = [_circle(x + 0.5 * r * np.cos(a), y + 0.5 * r * np.sin(a), 0.24 * r) for a in np.arange(6) * np.pi / 3]
        desk.draw(_circle(x, y, 0.22 * r), *petals, np.array([(x, y + 0.8 * r), (x + 0.1 * r, y + 1.5 * r)]))
    elif kind == 3:
        mouth = _circle(x, y + 0.1 * r, 0.5 * r)[12:28]
        eyes = [_circle(x + s * 0.3 * r, y - 0.25 * r, 0.08 * r) for s in (-1, 1)]
        desk.draw(_circle(x, y, 0.8 * r), mouth, *eyes)
    else:
        t = np.linspace(0.3, 6 * np.pi, 240)
        desk.draw(np.stack([x + r * t / 19 * np.cos(t), y + r * t / 19 * np.sin(t)], axis=1))


def _arrow(desk: Desk, start: Array, tip: Array) -> None:
    along = (tip - start) / np.linalg.norm(tip - start)
    across = np.array([-along[1], along[0]])
    size = 0.9 * desk.x_height
    head = np.array([tip - size * (along + 0.6 * across), tip, tip - size * (along - 0.6 * across)])
    bow = start + np.linspace(0, 1, 40)[:, None] * (tip - start)
    desk.draw(bow + 0.1 * np.sin(np.linspace(0, np.pi, 40))[:, None] * across * np.linalg.norm(tip - start), head)


def diagram(desk: Desk) -> None:
    """Boxes with words inside, joined by arrows; few words."""
    w, h, p = desk.width, desk.height, desk.pitch
    spots = [(0.3, 0.12), (0.68, 0.3), (0.28, 0.48), (0.7, 0.66), (0.32, 0.84)]
    boxes = []
    for x, y in spots:
        words = desk.line(x * w - 0.12 * w, x * w + 0.16 * w, y * h, most=2)
        desk.sheet.blocks.append(Block([words]))
        x0, y0, x1, y1 = _hull(words)
        m = 1.1 * desk.x_height
        corners = np.array([(x0 - m, y0 - m), (x0 - m, y1 + m), (x1 + m, y1 + m), (x1 + m, y0 - m), (x0 - m, y0 - m)])
        desk.draw(corners)
        boxes.append((x0 - m, y0 - m, x1 + m, y1 + m))
    for a, b in pairwise(boxes):
        start = np.array([(a[0] + a[2]) / 2, a[3] + 0.3 * p])
        tip = np.array([(b[0] + b[2]) / 2, b[1] - 0.3 * p])
        _arrow(desk, start, tip)
    desk.sheet.ordered = False


def underlined(desk: Desk) -> None:
    """A text with words underlined, circled and lines between the paragraphs."""
    w, h, p, x = desk.width, desk.height, desk.pitch, desk.x_height
    y = 2 * p
    for _ in range(3):
        block = desk.paragraphs((0.1 * w, y, 0.9 * w, y + 0.19 * h), length=20)
        desk.sheet.blocks.append(block)
        for line in block.lines[::2]:
            word = line[int(desk.rng.integers(len(line)))]
            x0, y0, x1, y1 = _hull([word])
            if desk.rng.random() < 0.7:
                foot = y1 + 0.25 * x
                desk.draw(np.array([(x0, foot), (x1 + 4, foot + 1)]))
            else:
                squash = (0.5 * (y1 - y0) + 0.5 * x) / (0.5 * (x1 - x0) + 0.6 * x)
                desk.draw(_circle((x0 + x1) / 2, (y0 + y1) / 2, 0.5 * (x1 - x0) + 0.6 * x, squash))
        y += 0.19 * h + 2.4 * p
        desk.draw(np.array([(0.1 * w, y - 1.2 * p), (0.7 * w, y - 1.2 * p + 6)]))


def dense(desk: Desk) -> None:
    """Edge to edge."""
    w, h, p = desk.width, desk.height, desk.pitch
    desk.sheet.blocks.append(desk.paragraphs((0.04 * w, 1.3 * p, 0.98 * w, h - 0.8 * p), length=60))


LAYOUTS: dict[str, tuple[Callable[[Desk], None], float, float]] = {
    "prose": (prose, 3.2, 3.6),
    "columns": (columns, 2.6, 3.6),
    "list": (bullets, 3.2, 3.6),
    "margin notes": (margin_notes, 2.9, 3.6),
    "sketches": (sketches, 3.2, 3.6),
    "diagram": (diagram, 3.6, 3.6),
    "underlined": (underlined, 3.0, 4.0),
    "dense": (dense, 3.2, 3.2),
}
"""How each is laid out, its x-height in millimetres and its lines' pitch in x-heights."""


# --- the papers -------------------------------------------------------------------------------------------------------

PAPERS = ("white", "yellowed", "ruled", "squared", "dark squares", "dotted", "kraft", "board")


def _surface(paper: str, alpha: NDArray[np.float32], pitch: float, mm: float, rng: Random) -> Surface:
    """The ink on its paper in even light."""
    h, w = alpha.shape
    colour = {"yellowed": (238, 224, 190), "kraft": (196, 164, 120), "board": (38, 60, 50)}.get(paper, (248, 247, 243))
    grain = {"board": 5.0, "kraft": 7.0, "yellowed": 5.0}.get(paper, 1.5)
    surface = np.full((h, w, 3), colour, np.float32)
    surface += (grain * clouds((h, w), 50, rng) + 0.6 * grain * rng.normal(0, 1, (h, w)).astype(np.float32))[..., None]
    inks = [(28, 28, 32), (24, 40, 120), (30, 60, 150), (45, 45, 48)]
    ink = np.array((235, 234, 226) if paper == "board" else inks[rng.integers(4)], np.float32)
    _print_lines(surface, paper, pitch, mm, rng, ink)
    strength = (np.clip(rng.normal(0.82, 0.2, (h, w)), 0.3, 1) if paper == "board" else np.float32(0.9)) * alpha
    surface += strength[..., None] * (ink - surface)
    if paper == "ruled":
        for y in (0.2, 0.5, 0.8):  # punched holes, the dark table behind them
            cv2.circle(surface, (round(0.03 * w), round(y * h)), round(2.8 * mm), (60, 45, 38), -1, cv2.LINE_AA)
    return surface


def _print_lines(surface: Surface, paper: str, pitch: float, mm: float, rng: Random, ink: Surface) -> None:
    """Ruling, squares or dots (changes `surface`)."""
    h, w = surface.shape[:2]
    y, x = np.arange(h) + 0.5, np.arange(w) + 0.5

    def rows(at: Array, step: float, half: float) -> Array:
        phase = at / step
        return np.clip(half + 0.5 - np.abs(phase - np.rint(phase)) * step, 0, 1)

    if paper == "ruled":
        lines = np.broadcast_to(rows(y - 0.35 * pitch, pitch, 0.15 * mm)[:, None], (h, w)).copy()
        blue, level = (140, 165, 210), 0.85
    elif paper in ("squared", "dark squares"):
        half = (0.1 if paper == "squared" else 0.16) * mm
        lines = np.maximum(rows(y, 5 * mm, half)[:, None], rows(x, 5 * mm, half)[None])
        blue, level = ((150, 170, 205), 0.8) if paper == "squared" else (tuple(ink), 0.95)  # type: ignore[assignment]
    elif paper == "dotted":
        lines = np.sqrt(rows(y, 5 * mm, 0.25 * mm)[:, None] * rows(x, 5 * mm, 0.25 * mm)[None])
        blue, level = (150, 150, 155), 0.8
    else:
        return
    surface += (level * lines.astype(np.float32))[..., None] * (np.array(blue, np.float32) - surface)


# --- the cameras ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Camera:
    """How the sheet is seen: degrees of turn, how far the corners move (share of the side), what light and lens do."""

    dpi: int = DPI
    turn: float = 0.0
    tilt: float = 0.0
    shadow: float = 0.0
    slope: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    quality: int = 90


CAMERAS = {
    "scan": Camera(),
    "shadow": Camera(shadow=0.4, noise=2, blur=0.5),
    "gradient": Camera(slope=0.5, noise=3, blur=0.6),
    "perspective": Camera(tilt=0.05, shadow=0.15, noise=2, blur=0.6),
    "skew": Camera(turn=2.5, noise=1),
    "noise": Camera(noise=11, blur=0.8),
    "jpeg": Camera(quality=28, blur=0.4),
    "low": Camera(dpi=95, noise=2, blur=0.4),
    "12 MP": Camera(dpi=345, tilt=0.03, slope=0.2, noise=4, blur=1.2),
}


def _seen(sheet: Sheet, surface: Surface, alpha: NDArray[np.float32], camera: Camera, rng: Random) -> None:
    """Photograph the surface: fills the sheet's picture and mask, moves its strokes into the photo."""
    h, w = alpha.shape
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float64)
    seen = corners.copy()
    if camera.turn or camera.tilt:
        angle = np.radians(camera.turn * rng.choice([-1, 1]))
        middle, turn = np.array([w, h]) / 2, np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        inset = 1 - 2 * camera.tilt
        seen = (corners - middle) @ turn * inset + middle + rng.uniform(-1, 1, (4, 2)) * camera.tilt * min(w, h) * 0.8
    through = cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32))
    table = (96.0, 78.0, 62.0) if camera.tilt else tuple(np.median(surface[::16, ::16], axis=(0, 1)).tolist())
    photo = cv2.warpPerspective(surface, through, (w, h), flags=cv2.INTER_AREA, borderValue=(*table, 0))
    sheet.mask = cv2.warpPerspective(alpha, through, (w, h)) >= 0.5
    for piece in sheet.pieces:
        piece.strokes = [cv2.perspectiveTransform(s[None], through)[0] for s in piece.strokes]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    light = 1 - camera.slope * (0.7 * x / w + 0.3 * y / h)
    if camera.shadow:
        edge = 0.5 * w + 0.35 * (y - 0.4 * h) + 0.05 * w * np.sin(6 * y / h)
        light *= 1 - camera.shadow / (1 + np.exp(-(x - edge) / (0.02 * w)))
    photo *= light[..., None]
    if camera.blur:
        photo = blurred(photo, camera.blur)
    if camera.noise:
        photo += np.asarray(rng.normal(0, camera.noise, photo.shape), np.float32)
    packed = io.BytesIO()
    Image.fromarray(photo.clip(0, 255).astype(np.uint8)).save(packed, "JPEG", quality=camera.quality)
    sheet.picture = np.asarray(Image.open(packed).convert("RGB"))


# --- pages ------------------------------------------------------------------------------------------------------------

PAGES = [
    ("prose", "white", "scan"), ("columns", "white", "shadow"), ("list", "ruled", "scan"),
    ("margin notes", "yellowed", "gradient"), ("sketches", "white", "perspective"), ("diagram", "board", "scan"),
    ("underlined", "ruled", "jpeg"), ("dense", "white", "12 MP"), ("prose", "squared", "noise"),
    ("columns", "kraft", "scan"), ("list", "dotted", "shadow"), ("margin notes", "white", "skew"),
    ("sketches", "dark squares", "scan"), ("diagram", "white", "low"), ("underlined", "white", "gradient"),
    ("dense", "ruled", "shadow"), ("prose", "board", "gradient"), ("columns", "squared", "perspective"),
    ("list", "kraft", "noise"), ("margin notes", "ruled", "jpeg"), ("sketches", "dotted", "skew"),
    ("diagram", "squared", "shadow"), ("underlined", "yellowed", "low"), ("dense", "dark squares", "scan"),
    ("prose", "ruled", "skew"), ("columns", "yellowed", "jpeg"), ("list", "white", "low"),
    ("margin notes", "dotted", "perspective"), ("sketches", "kraft", "gradient"), ("diagram", "dark squares", "noise"),
    ("underlined", "board", "scan"), ("dense", "squared", "12 MP"),
]  # fmt: skip
"""(layout, paper, camera) of each page."""


def pages(folder: str | Path, chosen: Sequence[int] | None = None) -> Iterator[Sheet]:
    """The pages with these numbers (default: all), made one after the other. Raises InputError for another folder."""
    for k, hand in zip(range(len(PAGES)), hands(folder), strict=False):
        if chosen is None or k in chosen:
            hand.rng = np.random.default_rng((1, k))
            yield _page(*PAGES[k], hand, f"{k:02d}")


def _page(layout: str, paper: str, camera: str, hand: Hand, number: str) -> Sheet:
    write, x_height, pitch = LAYOUTS[layout]
    lens = CAMERAS[camera]
    mm = lens.dpi / 25.4
    rng = hand.rng
    size = (round(A4[1] * mm), round(A4[0] * mm))
    sheet = Sheet(f"{number} {layout}, {paper}, {camera}")
    x_height *= mm * float(rng.uniform(0.9, 1.1)) * (1.4 if paper == "board" else 1)
    desk = Desk(sheet, hand, rng, size[1], size[0], x_height, pitch * x_height)
    write(desk)
    pen = float(rng.uniform(0.45, 0.75)) * mm * (1.6 if paper == "board" else 1)
    alpha = brush([s for p in sheet.pieces for s in p.strokes], size, pen, rng)
    _seen(sheet, _surface(paper, alpha, desk.pitch, mm, rng), alpha, lens, rng)
    for piece in sheet.pieces:
        x0, y0, x1, y1 = _hull([piece])
        piece.box = (x0 - pen / 2, y0 - pen / 2, x1 + pen / 2, y1 + pen / 2)
    return sheet
