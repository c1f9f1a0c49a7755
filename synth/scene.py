"""A scene: something written on something, photographed, with the truth of every pixel and of every word."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from synth import camera, drawings, pens, printed, ruling, surfaces, things, wear
from synth.assets import Assets, Curves
from synth.pens import Pen
from synth.surfaces import Map, Picture


class Written(NamedTuple):
    """A word of the scene: its corners (4, 2) in pixels, clockwise from the writing's upper left, the usual height of
    its hand in pixels, the line that it stands in, whether it is print."""

    quad: NDArray[np.float32]
    height: float
    line: int
    printed: bool


class Scene(NamedTuple):
    """rgb uint8 (H, W, 3); ink, ruling, print float32 (H, W): the share of each pixel that they cover, seen or not."""

    rgb: NDArray[np.uint8]
    ink: Map
    ruling: Map
    print: Map
    words: list[Written]
    kind: str


@dataclass(frozen=True)
class View:
    """From a sheet's frame, its origin in the middle of the picture, to pixels: turned, seen aslant, bent."""

    matrix: NDArray[np.float64]
    bend: float
    period: float

    @classmethod
    def random(cls, rng: np.random.Generator, side: int, flat: bool) -> View:
        """Upright, a little askew, or any way; as a camera sees it, or `flat`."""
        askew = rng.random()
        angle = (
            rng.normal(0, 0.02) if askew < 0.6 else rng.normal(0, 0.1) if askew < 0.92 else rng.uniform(-np.pi, np.pi)
        )
        cos, sin = np.cos(angle), np.sin(angle)
        tilt = np.zeros(2) if flat else rng.normal(0, 0.12 if rng.random() < 0.85 else 0.4, 2) / side
        squeeze = 1 if flat else 1 + rng.normal(0, 0.05)
        turn = np.array([[cos, -sin, 0], [sin * squeeze, cos * squeeze, 0], [tilt[0], tilt[1], 1]])
        bend = 0.0 if flat or rng.random() < 0.6 else rng.normal(0, 0.02) * side
        return cls(np.array([[1, 0, side / 2], [0, 1, side / 2], [0, 0, 1]]) @ turn, bend, rng.uniform(1, 3) * side)

    def __call__(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, 2) of the sheet in pixels of the picture."""
        x, y = points[:, 0], points[:, 1] + self.bend * np.sin(points[:, 0] / self.period * 2 * np.pi)
        m = self.matrix
        w = np.maximum(m[2, 0] * x + m[2, 1] * y + m[2, 2], 0.15)  # nothing from behind the camera
        return np.stack(
            [(m[0, 0] * x + m[0, 1] * y + m[0, 2]) / w, (m[1, 0] * x + m[1, 1] * y + m[1, 2]) / w], 1
        ).astype(np.float32)


@dataclass
class _Canvas:
    """A scene in the making."""

    rgb: Picture
    view: View
    rng: np.random.Generator
    assets: Assets
    dark: bool = False
    ink: Map = field(init=False)
    ruling: Map = field(init=False)
    print: Map = field(init=False)
    words: list[Written] = field(default_factory=list)
    lines: int = 0
    hand: int | None = None
    """Whose words they are; those of many if None."""
    marks: dict[Pen, Curves] = field(default_factory=dict)
    """Strokes not yet drawn: those of one pen are drawn together."""
    room: Map = field(init=False)
    """Where there is something to write on: 1; beside the sheet 0."""

    def __post_init__(self) -> None:
        self.ink, self.ruling, self.print = (np.zeros(self.shape, np.float32) for _ in range(3))
        self.room = np.ones(self.shape, np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.rgb.shape[:2]
        return height, width

    @property
    def side(self) -> int:
        return max(self.shape)

    def ground(self) -> NDArray[np.float32]:
        return self.rgb[:: max(1, self.side // 16), :: max(1, self.side // 16)].mean(axis=(0, 1))

    def write(self, curves: Curves, outlines: Curves, pen: Pen) -> None:
        """Draw strokes and filled outlines (pixels) in one pen."""
        cover = pens.coverage(self.shape, curves, pen)
        if outlines:
            cover = np.maximum(cover, pens.filled(self.shape, outlines))
        cover *= self.room
        before = self.rgb.copy()
        pens.lay(self.rgb, cover, pen, self.rng)
        if not pens.stands_out(before, self.rgb, cover):
            ground = before[cover > 0.5].mean(axis=0)
            pens.lay(self.rgb, cover, pens.bold(pen, ground), self.rng)
        np.maximum(self.ink, cover, out=self.ink)

    def flush(self) -> None:
        """Draw the strokes that wait."""
        for pen, curves in self.marks.items():
            self.write(curves, [], pen)
        self.marks = {}

    def sees(self, low: NDArray[np.float32], high: NDArray[np.float32]) -> bool:
        """Whether any of a box of the sheet may be in the picture."""
        corners = self.view(np.float32([low, [high[0], low[1]], high, [low[0], high[1]]]))
        return bool((corners.max(axis=0) > 0).all() and (corners.min(axis=0) < self.shape[::-1]).all())

    def add(
        self, box: tuple[float, float, float, float], height: float, line: int, is_print: bool, view: View | None = None
    ) -> None:
        """Note a word by its box in the sheet's frame, if its middle is on the sheet."""
        x0, y0, x1, y1 = box
        quad = (view or self.view)(np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]))
        x, y = quad.mean(axis=0)
        if 0 <= x < self.shape[1] and 0 <= y < self.shape[0] and self.room[int(y), int(x)] > 0.5:
            self.words.append(Written(quad, height, line, is_print))


def compose(rng: np.random.Generator, assets: Assets, side: int, kind: str | None = None) -> Scene:
    """A scene of `side` x `side` pixels; `kind` is one of KINDS, at random by their shares if left out."""
    names = list(KINDS)
    kind = kind or names[int(rng.choice(len(names), p=[share for share, _ in KINDS.values()]))]
    canvas = KINDS[kind][1](rng, assets, side)
    camera.light(canvas.rgb, rng)
    return Scene(camera.photograph(canvas.rgb, rng), canvas.ink, canvas.ruling, canvas.print, canvas.words, kind)


# --- kinds of scenes --------------------------------------------------------------------------------------------------


def _paper(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """A sheet, or a part of one: plain, ruled, squared, a form; alone or on a table."""
    canvas = _Canvas(surfaces.paper((side, side), rng), View.random(rng, side, rng.random() < 0.4), rng, assets)
    canvas.dark = bool(canvas.ground().mean() < 110) or (bool(canvas.ground().mean() < 170) and rng.random() < 0.5)
    height = _height(rng)
    if rng.random() < 0.25:
        _bleed(canvas, height)
    if rng.random() < 0.08:
        wear.specks(canvas.rgb, rng)
    if rng.random() < 0.6:
        _rule(canvas, height)
    if rng.random() < 0.08:  # where the pages meet
        wear.seam(canvas.rgb, rng)
    if rng.random() < 0.28:
        _print(canvas, height)
    if rng.random() < 0.3:
        _table_top(canvas)
    if rng.random() < 0.12:
        _note(canvas)
    _handwriting(canvas, height)
    if rng.random() < 0.2:
        _things(canvas)
    return canvas


def _form(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """Print with its lines and boxes, filled in by hand or not."""
    canvas = _Canvas(surfaces.paper((side, side), rng), View.random(rng, side, rng.random() < 0.5), rng, assets)
    canvas.dark = bool(canvas.ground().mean() < 110)
    height = _height(rng)
    make = ruling.table if rng.random() < 0.5 else ruling.form
    _ruled(canvas, make(rng, 0.75 * side, height * rng.uniform(1.0, 2.2)))
    _print(canvas, height)
    if rng.random() < 0.8:
        _handwriting(canvas, height)
    return canvas


def _board(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """A whiteboard or blackboard with its rails, pens of several colours, wiped marks."""
    rgb, dark = surfaces.board((side, side), rng)
    canvas = _Canvas(rgb, View.random(rng, side, False), rng, assets, dark)
    height = _height(rng)
    if rng.random() < 0.4:
        _bleed(canvas, height)
    if rng.random() < 0.3:
        _wiped(canvas, height)
    if rng.random() < 0.35:
        wear.specks(canvas.rgb, rng)
    if rng.random() < 0.2:
        wear.scratches(canvas.rgb, rng)
    if rng.random() < 0.25:
        canvas.room *= 1 - wear.seam(canvas.rgb, rng)
    if rng.random() < 0.4:
        _rails(canvas)
    _handwriting(canvas, height, most_pens=4)
    if rng.random() < 0.3:
        _things(canvas)
    return canvas


def _surface(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """Writing on a wall, wood, cloth, glass: on a texture or a photograph."""
    rgb = surfaces.texture((side, side), rng) if rng.random() < 0.5 else surfaces.photograph((side, side), rng, assets)
    canvas = _Canvas(rgb, View.random(rng, side, False), rng, assets)
    canvas.dark = bool(canvas.ground().mean() < rng.uniform(60, 190))
    _handwriting(canvas, _height(rng, least=22), boldest=0.2)
    return canvas


def _carved(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """Drawn in sand, scratched into stone or wood, embossed."""
    rgb = surfaces.texture((side, side), rng) if rng.random() < 0.6 else surfaces.photograph((side, side), rng, assets)
    if rng.random() < 0.15:
        rgb = surfaces.paper((side, side), rng)
    canvas = _Canvas(rgb, View.random(rng, side, False), rng, assets)
    height = _height(rng, least=35)
    pen = Pen((0, 0, 0), max(2.5, height * rng.uniform(0.06, 0.14)), depth=rng.uniform(0.35, 0.9))
    _text(canvas, height, [pen])
    if rng.random() < 0.4:
        _draw(canvas, height, [pen])
    return canvas


def _screen(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """A drawing program's canvas: even ground, clean strokes."""
    canvas = _Canvas(surfaces.screen((side, side), rng), View.random(rng, side, True), rng, assets)
    canvas.dark = bool(canvas.ground().mean() < 110)
    height = _height(rng)
    if rng.random() < 0.3:
        _rule(canvas, height)
    _handwriting(canvas, height)
    return canvas


def _print_only(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """A printed page without handwriting."""
    canvas = _Canvas(surfaces.paper((side, side), rng), View.random(rng, side, False), rng, assets)
    _print(canvas, _height(rng), whole=True)
    if rng.random() < 0.4:
        _table_top(canvas)
    return canvas


def _nothing(rng: np.random.Generator, assets: Assets, side: int) -> _Canvas:
    """Nobody wrote anything here: a photograph, a texture, an empty sheet on a table."""
    choice = rng.random()
    rgb = (
        surfaces.photograph((side, side), rng, assets)
        if choice < 0.55
        else surfaces.texture((side, side), rng)
        if choice < 0.75
        else surfaces.paper((side, side), rng)
    )
    canvas = _Canvas(rgb, View.random(rng, side, False), rng, assets)
    if choice >= 0.75:
        if rng.random() < 0.6:
            _rule(canvas, _height(rng))
        if rng.random() < 0.6:
            _table_top(canvas)
    if rng.random() < 0.3:
        _things(canvas)
    if rng.random() < 0.15:
        wear.seam(canvas.rgb, rng)
    return canvas


KINDS = {
    "paper": (0.40, _paper),
    "form": (0.10, _form),
    "board": (0.21, _board),
    "surface": (0.07, _surface),
    "carved": (0.06, _carved),
    "screen": (0.03, _screen),
    "print": (0.05, _print_only),
    "nothing": (0.08, _nothing),
}
"""Share and maker of each kind."""


# --- what is in them --------------------------------------------------------------------------------------------------


def _height(rng: np.random.Generator, least: float = 11) -> float:
    """The usual height of a hand's words in pixels: most are small."""
    most = 75 if rng.random() < 0.8 else 230
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))


def _pens(canvas: _Canvas, height: float, most: int, boldest: float) -> list[Pen]:
    """Up to `most` pens, each as bold as the writing allows; on middling grounds dark and light ones."""
    rng, ground = canvas.rng, canvas.ground()
    chosen = []
    for _ in range(1 + int(rng.integers(most)) if rng.random() < 0.5 else 1):
        share = np.exp(rng.uniform(np.log(0.03), np.log(boldest)))
        dark = canvas.dark if not 90 < ground.mean() < 170 or rng.random() < 0.5 else bool(rng.random() < 0.5)
        chosen.append(pens.choose(rng, float(np.clip(height * share, 0.8, 60)), ground, dark))
    return chosen


def _handwriting(canvas: _Canvas, height: float, most_pens: int = 2, boldest: float = 0.14) -> None:
    """Text, drawings, and at times a heading or a margin in a much bolder or finer hand."""
    rng = canvas.rng
    chosen = _pens(canvas, height, most_pens, boldest)
    style = rng.random()
    if style > 0.91:
        _diagram(canvas, height, chosen)
        return
    if style > 0.83:
        _table(canvas, height, chosen)
        return
    if rng.random() < 0.25:
        _separators(canvas, height, chosen)
    if style < 0.8:
        _text(canvas, height, chosen)
    if style > 0.8 or rng.random() < 0.35:
        _draw(canvas, height, chosen)
    if rng.random() < 0.12:
        other = float(np.clip(height * np.exp(rng.choice([-1, 1]) * rng.uniform(0.4, 1.3)), 10, 230))
        _text(canvas, other, _pens(canvas, other, 1, 0.3), scattered=True)


def _text(canvas: _Canvas, height: float, chosen: list[Pen], scattered: bool = False) -> None:
    """Words in rows over the whole sheet or a part of it, or here and there."""
    canvas.hand = canvas.assets.hand(canvas.rng) if canvas.rng.random() < 0.6 else None
    _rows(canvas, height, chosen, scattered)
    canvas.flush()


def _rows(canvas: _Canvas, height: float, chosen: list[Pen], scattered: bool) -> None:
    rng, side = canvas.rng, canvas.side
    extent = 0.62 * side
    if scattered or rng.random() < 0.15:
        for _ in range(int(rng.integers(1, 7))):
            x, y = rng.uniform(-extent, extent / 2), rng.uniform(-extent, extent)
            _row(
                canvas,
                height,
                chosen[int(rng.integers(len(chosen)))],
                x,
                y,
                x + rng.uniform(1, 8) * height,
                rng.normal(0, 0.15),
            )
        return
    pitch = height * rng.uniform(0.95, 2.4)
    left, right = -extent, extent
    if rng.random() < 0.3:
        left, right = (
            np.sort(rng.uniform(-extent, extent, 2)) if rng.random() < 0.5 else (rng.uniform(-extent, 0), extent)
        )
    slope, pen = rng.normal(0, 0.015), chosen[0]
    for y in np.arange(-extent + rng.uniform(0, pitch), extent, pitch):
        if rng.random() < 0.15:
            continue
        if len(chosen) > 1 and rng.random() < 0.3:
            pen = chosen[int(rng.integers(len(chosen)))]
        start = left + (rng.uniform(0, 6) * height if rng.random() < 0.15 else 0)
        end = right if rng.random() < 0.8 else rng.uniform(left, right)
        _row(canvas, height * rng.uniform(0.93, 1.07), pen, start, y + rng.normal(0, 0.04) * height, end, slope)


def _row(canvas: _Canvas, height: float, pen: Pen, x: float, y: float, end: float, slope: float) -> None:
    """A line of words from (x, y) to `end` in the sheet's frame."""
    rng = canvas.rng
    slant, stretch, space = rng.normal(0, 0.15), rng.uniform(0.8, 1.15), height * rng.uniform(0.18, 0.7)
    curves: Curves = []
    first = x
    while x < end:
        word = canvas.assets.word(rng, canvas.hand)
        points = np.concatenate(word)
        if len(points) < 2:
            continue
        turn = np.float32([[stretch, 0], [-slant, 1]]) * height
        points = points @ turn
        low, high = points.min(axis=0), points.max(axis=0)
        points += np.float32([x - low[0], y + slope * (x - first) + rng.normal(0, 0.03) * height])
        low, high = points.min(axis=0), points.max(axis=0)
        half = pen.width / 2
        if canvas.sees(low, high):
            canvas.add((low[0] - half, low[1] - half, high[0] + half, high[1] + half), height, canvas.lines, False)
            curves += np.split(canvas.view(points), np.cumsum([len(c) for c in word])[:-1])
            if rng.random() < 0.015:  # crossed out
                middle = (low[1] + high[1]) / 2 + rng.normal(0, 0.1, 2) * height
                curves.append(canvas.view(np.stack([[low[0], high[0]], middle], 1).astype(np.float32)))
        x = float(high[0]) + space * rng.uniform(0.7, 1.4)
    if curves and rng.random() < 0.12:  # underlined
        foot, slip = np.float32([[first, y], [x, y + slope * (x - first)]]), rng.uniform(0.35, 0.6) * height
        curves.append(canvas.view(drawings.shaken(foot + np.float32([0, slip]), rng, rng.uniform(0, 0.03) * height)))
    canvas.lines += 1
    canvas.marks.setdefault(pen, []).extend(curves)


def _draw(canvas: _Canvas, height: float, chosen: list[Pen]) -> None:
    """Boxes, arrows, circles and what else people draw."""
    rng = canvas.rng
    for _ in range(int(rng.integers(1, 8))):
        size = float(np.clip(height * np.exp(rng.uniform(-0.3, 2.2)), 15, 0.9 * canvas.side))
        drawing = drawings.draw(rng, size)
        at = np.float32(rng.uniform(-0.5, 0.5, 2) * canvas.side)
        pen = chosen[int(rng.integers(len(chosen)))]
        canvas.write([canvas.view(c + at) for c in drawing.curves], [canvas.view(c + at) for c in drawing.filled], pen)


def _separators(canvas: _Canvas, height: float, chosen: list[Pen]) -> None:
    """Long lines drawn with the pen, along a ruler or not: between parts of the text, from one place to another, or a
    frame around all of it."""
    rng, extent = canvas.rng, 0.5 * canvas.side
    pen = chosen[int(rng.integers(len(chosen)))]
    stray = rng.choice([0.0, 0.01, 0.03]) * height
    lines: Curves = []
    for _ in range(int(rng.integers(1, 4))):
        a, b = np.sort(rng.uniform(-extent, extent, 2))
        at = rng.uniform(-extent, extent)
        lines.append(np.float32([[a, at], [b, at]] if rng.random() < 0.6 else [[at, a], [at, b]]))
    if rng.random() < 0.3:
        lines += drawings.arcs(rng, extent)
    if rng.random() < 0.4:
        x0, x1, y0, y1 = *np.sort(rng.uniform(-extent, extent, 2)), *np.sort(rng.uniform(-extent, extent, 2))
        lines.append(np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]))
    canvas.write([canvas.view(drawings.shaken(line, rng, stray)) for line in lines], [], pen)


def _diagram(canvas: _Canvas, height: float, chosen: list[Pen]) -> None:
    """A flow chart: boxes with a word or two in each, arrows between them."""
    rng, side = canvas.rng, canvas.side
    cell = height * rng.uniform(1.3, 3.5)
    drawing, places = drawings.diagram(rng, side * rng.uniform(0.5, 1.1), side * rng.uniform(0.6, 1.2), cell)
    pen = chosen[0]
    canvas.write([canvas.view(c) for c in drawing.curves], [canvas.view(c) for c in drawing.filled], pen)
    for x, y in places:
        if rng.random() < 0.8:
            _row(canvas, height * rng.uniform(0.6, 0.9), chosen[-1], float(x), float(y), float(x) + cell * 0.7, 0.0)
    canvas.flush()


def _table(canvas: _Canvas, height: float, chosen: list[Pen]) -> None:
    """A table drawn with the pen, often larger than the picture, with something in most of its cells."""
    rng, side = canvas.rng, canvas.side
    cell = height * (rng.uniform(1.1, 2.6) if rng.random() < 0.85 else rng.uniform(0.4, 1.1))
    lines, cells = drawings.table(rng, side * rng.uniform(0.4, 1.5), side * rng.uniform(0.3, 1.5), cell)
    canvas.write([canvas.view(line) for line in lines], [], chosen[0])
    for x, y, width in cells:
        if cell > height and rng.random() < 0.7:
            start = x + 0.3 * height
            _row(canvas, height * rng.uniform(0.6, 0.9), chosen[-1], start, y, start + 0.3 * width, 0.0)
    canvas.flush()


def _rule(canvas: _Canvas, height: float) -> None:
    """Ruling as wide as the writing, or as it happens to be; several lines are in the picture, for a single one may as
    well be a pen's."""
    pitch = height * canvas.rng.uniform(0.7, 2.2) if canvas.rng.random() < 0.7 else canvas.rng.uniform(9, 170)
    _ruled(canvas, ruling.rulings(canvas.rng, 0.8 * canvas.side, float(np.clip(pitch, 7, 0.28 * canvas.side))))


def _ruled(canvas: _Canvas, found: list[ruling.Ruling]) -> None:
    ground = canvas.ground()
    for rule in (r for r in found if r.lines):
        color, opacity = rule.color, rule.opacity
        if ground.mean() < 120:
            color = tuple(np.clip(np.float32(color) + 90, 0, 255).tolist())
        if np.abs(np.float32(color) - ground).max() * opacity < 14:
            opacity = 1.0
        pen = Pen(color, max(0.5, rule.width), opacity)
        ends = np.cumsum([len(line) for line in rule.lines])[:-1]
        lines = np.split(canvas.view(np.concatenate(rule.lines)), ends)
        cover = pens.coverage(canvas.shape, lines, pen) * canvas.room
        pens.lay(canvas.rgb, cover, pen, canvas.rng)
        if rule.true_width > pen.width:
            cover = pens.coverage(canvas.shape, lines, replace(pen, width=rule.true_width)) * canvas.room
        np.maximum(canvas.ruling, cover, out=canvas.ruling)


def _print(canvas: _Canvas, height: float, whole: bool = False) -> None:
    """Blocks of print somewhere on the sheet."""
    rng, side = canvas.rng, canvas.side
    for _ in range(1 if whole else int(rng.integers(1, 5))):
        size = int(np.clip(height * rng.uniform(0.35, 1.1), 8, 90))
        rows = int(1.5 * side / size / 1.3) if whole else int(rng.integers(1, 8))
        block = printed.block(rng, canvas.assets, size, int(side * (1.4 if whole else rng.uniform(0.15, 1.2))), rows)
        x, y = (-0.7 * side, -0.7 * side) if whole else rng.uniform(-0.6, 0.4, 2) * side
        flat = View(canvas.view.matrix, 0.0, 1.0)
        matrix = canvas.view.matrix @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
        cover = (
            cv2.warpPerspective(block.mask, matrix, canvas.shape[::-1], flags=cv2.INTER_AREA).astype(np.float32) / 255
        )
        cover *= canvas.room
        dark = canvas.ground().mean() < 110
        grey = rng.uniform(0, 70) if not dark else rng.uniform(190, 255)
        color = (
            (grey, grey, grey)
            if rng.random() < 0.75
            else tuple(np.abs(rng.uniform(0, 160, 3) - (0 if not dark else 255)).tolist())
        )
        pens.lay(canvas.rgb, cover, pens._visible(Pen(color, 1, rng.uniform(0.6, 1)), canvas.ground(), dark), rng)
        np.maximum(canvas.print, cover, out=canvas.print)
        for line in block.lines:
            for x0, y0, x1, y1 in line:
                canvas.add((x + x0, y + y0, x + x1, y + y1), 1.0 * size, canvas.lines, True, flat)
            canvas.lines += 1


def _bleed(canvas: _Canvas, height: float) -> None:
    """What shows through from the other side, or was wiped: mirrored, pale, soft; nobody wants it traced."""
    rng = canvas.rng
    ghost = _Canvas(canvas.rgb.copy(), canvas.view, rng, canvas.assets)
    _text(ghost, height, [Pen((0, 0, 0), max(1.0, height * rng.uniform(0.04, 0.1)))])
    cover = cv2.GaussianBlur(ghost.ink[:, ::-1], (0, 0), rng.uniform(1.0, 3.0)) * rng.uniform(0.04, 0.16)
    canvas.rgb *= 1 - cover[..., None]


def _wiped(canvas: _Canvas, height: float) -> None:
    """Writing that a wiper has gone over."""
    ghost = _Canvas(canvas.rgb.copy(), canvas.view, canvas.rng, canvas.assets)
    [pen] = _pens(canvas, height, 1, 0.14)
    _text(ghost, height, [pen], scattered=bool(canvas.rng.random() < 0.5))
    wear.wiped(canvas.rgb, ghost.ink, pen.color, canvas.rng)


def _table_top(canvas: _Canvas) -> None:
    """The sheet ends inside the picture: beside it is what it lies on, with a shadow along the edge."""
    rng, shape = canvas.rng, canvas.shape
    corners = np.float32([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (2 * canvas.side)
    for k in range(4):
        if rng.random() < 0.4:
            axis, sign = k % 2, 1 if k < 2 else -1
            limit = sign * rng.uniform(0.15, 0.48) * canvas.side
            reach = corners[:, axis] * sign > 0
            corners[reach, axis] = limit
    corners += rng.normal(0, 0.01 * canvas.side, (4, 2)).astype(np.float32)
    sheet = pens.filled(shape, [canvas.view(corners)])
    if sheet.mean() < 0.25:
        return
    below = surfaces.photograph(shape, rng, canvas.assets) if rng.random() < 0.55 else surfaces.texture(shape, rng)
    if rng.random() < 0.2:
        below = surfaces.plain(shape, rng.uniform(0, 255, 3).astype(np.float32), rng, 4)
    if rng.random() < 0.3:
        below = _stacked(below, sheet, canvas.ground(), rng)
    shadow = cv2.GaussianBlur(sheet, (0, 0), rng.uniform(1, 12))
    below *= (1 - rng.uniform(0, 0.7) * shadow)[..., None]
    canvas.rgb = canvas.rgb * sheet[..., None] + below * (1 - sheet)[..., None]
    canvas.ink *= sheet
    canvas.ruling *= sheet
    canvas.print *= sheet
    canvas.room = sheet
    canvas.words = [w for w in canvas.words if _inside(sheet, w.quad)]


def _stacked(below: Picture, sheet: Map, color: NDArray[np.float32], rng: np.random.Generator) -> Picture:
    """The edges of the sheets beneath look out beside the sheet."""
    away = cv2.distanceTransform((sheet < 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    edges = 0.8 + 0.2 * np.sin(away * rng.uniform(0.7, 2.5) + surfaces.clouds(away.shape, rng, 60, 0.5))
    stack = np.clip(rng.uniform(4, 35) - away, 0, 1)[..., None]
    return below * (1 - stack) + edges[..., None] * color * stack


def _inside(room: Map, quad: NDArray[np.float32]) -> bool:
    x, y = quad.mean(axis=0)
    return bool(room[int(y), int(x)] > 0.5)


def _note(canvas: _Canvas) -> None:
    """A sticky note, a label, a strip of tape over what was there."""
    rng = canvas.rng
    w, h = rng.uniform(0.15, 0.6, 2) * canvas.side
    at = rng.uniform(-0.4, 0.4, 2) * canvas.side
    turn = rng.normal(0, 0.15)
    box = np.float32([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2
    quad = canvas.view(
        (box @ np.float32([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + at).astype(np.float32)
    )
    note = pens.filled(canvas.shape, [quad])
    shadow = cv2.GaussianBlur(note, (0, 0), rng.uniform(1, 6)) * rng.uniform(0.05, 0.4)
    canvas.rgb *= (1 - shadow * (1 - note))[..., None]
    color = np.float32(
        ((255, 240, 120), (255, 190, 210), (180, 235, 160), (160, 215, 250), (250, 250, 250))[int(rng.integers(5))]
    )
    canvas.rgb = canvas.rgb * (1 - note[..., None]) + surfaces.plain(canvas.shape, color, rng, 3) * note[..., None]
    for truth in (canvas.ink, canvas.ruling, canvas.print):
        truth *= 1 - note
    canvas.words = [w for w in canvas.words if not _inside(note, w.quad)]


def _rails(canvas: _Canvas) -> None:
    """The frame of a board or a picture along some borders, in ledges and grooves, and the wall behind."""
    rng, side = canvas.rng, canvas.side
    wall = (
        surfaces.texture(canvas.shape, rng)
        if rng.random() < 0.6
        else surfaces.photograph(canvas.shape, rng, canvas.assets)
    )
    metal = rng.uniform(10, 240)
    for axis, sign in ((0, -1), (0, 1), (1, -1), (1, 1)):
        if rng.random() < 0.5:
            continue
        inner = sign * rng.uniform(0.25, 0.55) * side
        edges = inner + sign * np.concatenate([[0], np.cumsum(rng.uniform(1, 0.05 * side, int(rng.integers(1, 6))))])
        for near, far in pairwise(edges):
            tint = np.float32([1, 1, 1]) * metal * rng.uniform(0.4, 1.3) + rng.normal(0, 8, 3).astype(np.float32)
            _band(canvas, axis, near, far, tint)
        _band(canvas, axis, edges[-1], sign * 3 * side, wall)


def _band(canvas: _Canvas, axis: int, near: float, far: float, filling: Picture | NDArray[np.float32]) -> None:
    """Between two lines of the sheet's frame, across the whole picture, is something else, not to be written on."""
    reach = 3 * canvas.side
    band = np.float32([[near, -reach], [near, reach], [far, reach], [far, -reach]])
    band = band if axis == 0 else np.ascontiguousarray(band[:, ::-1])
    cover = pens.filled(canvas.shape, [canvas.view(band)])
    canvas.rgb += cover[..., None] * (filling - canvas.rgb)
    canvas.room = canvas.room * (1 - cover)


def _things(canvas: _Canvas) -> None:
    """What lies or hangs about, with a shadow around it."""
    for _ in range(int(canvas.rng.integers(1, 5))):
        cover, paint = things.thing(canvas.shape, canvas.rng)
        shade = 1 - 0.4 * cv2.GaussianBlur(cover, (0, 0), 4)
        canvas.rgb *= (shade * (1 - cover) + cover)[..., None]
        canvas.rgb += cover[..., None] * (paint - canvas.rgb)
        for truth in (canvas.ink, canvas.ruling, canvas.print):
            truth *= 1 - cover
