"""Scenes of 28 kinds with exact truth, the same for the same number: `scenes(data, n)`.

python -m bench.segmentation.scenes DATA -n 56 -o sheet.jpg     # to look at: pictures beside their truth
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from inksight.arrays import Array
from inksight.evaluate.render import blurred

from . import surfaces
from .draft import Draft, Frame, Lens, Pen, Scene, Stock, fonts, phone, tilted
from .hand import hands
from .surfaces import Photographs, Random, Size, Surface, chosen

INKS = [(24, 24, 28), (22, 36, 112), (36, 72, 176), (60, 58, 62), (70, 44, 100)]
COLORS = [(196, 30, 40), (20, 128, 62), (32, 76, 200), (214, 120, 20), (140, 50, 160), (24, 24, 28)]
CHALKS = [(240, 238, 232), (246, 226, 140), (240, 172, 176), (160, 206, 240), (170, 226, 170)]
RULINGS = [(122, 160, 214), (150, 152, 158), (206, 150, 160), (120, 176, 160), (90, 96, 110)]

Kind = Callable[[Draft], Scene]


# --- helpers ----------------------------------------------------------------------------------------------------------


def _x_height(d: Draft, low: float = 8.0, high: float = 36.0) -> float:
    most = min(high, d.height / 10)
    return float(np.exp(d.rng.uniform(np.log(min(low, most)), np.log(most))))


def _pen(d: Draft, x_height: float, color: tuple[float, ...] | None = None) -> Pen:
    width = max(1.0, x_height * float(np.exp(d.rng.uniform(np.log(0.07), np.log(0.24)))))
    nib = d.rng.uniform(0.3, 1.2) if d.rng.random() < 0.15 else None
    return Pen(width, color or chosen(INKS, d.rng), d.rng.uniform(0.75, 1), breathe=d.rng.uniform(0.03, 0.2), nib=nib)


def _paper(d: Draft, bend: float = 0.01) -> None:
    d.surface = surfaces.paper(d.size, chosen(surfaces.PAPERS, d.rng), d.rng)
    d.frame = tilted(d.size, d.rng, bend=bend)


def rules(d: Draft, pitch: float, start: float = 0.0, upright: bool = False, width: float | None = None) -> None:
    """Lines across the whole sheet, beyond its edges."""
    far = 0.3 * max(d.size)
    length, span = (d.height, d.width) if upright else (d.width, d.height)
    width = width or d.rng.uniform(0.7, 1.6)
    for at in np.arange(start - np.ceil((start + far) / pitch) * pitch, span + far, pitch):
        ends = np.array([(-far, at), (length + far, at)])
        d.rule(ends[:, ::-1] if upright else ends, width)


def _ruled(d: Draft, pitch: float) -> None:
    d.ruling(chosen(RULINGS, d.rng), d.rng.uniform(0.4, 0.95))
    rules(d, pitch, d.page[1])
    if d.rng.random() < 0.4:
        d.ruling((214, 90, 100), d.rng.uniform(0.4, 0.9))
        x = d.rng.uniform(0.04, 0.14) * d.width
        d.rule(np.array([(x, -0.3 * d.height), (x, 1.3 * d.height)]), d.rng.uniform(0.8, 1.8))


def _squared(d: Draft, pitch: float) -> None:
    d.ruling(chosen(RULINGS, d.rng), d.rng.uniform(0.35, 0.95))
    width = d.rng.uniform(0.7, 1.4)
    rules(d, pitch, d.page[1], width=width)
    rules(d, pitch, 0.0, upright=True, width=width)


def _dotted(d: Draft, pitch: float) -> None:
    d.ruling(chosen(RULINGS, d.rng), d.rng.uniform(0.5, 1))
    radius = d.rng.uniform(0.6, 1.4)
    x, y = np.meshgrid(
        np.arange(-0.1 * d.width, 1.1 * d.width, pitch), np.arange(-0.1 * d.height, 1.1 * d.height, pitch)
    )
    for cx, cy in d.frame.apply(np.stack([x.ravel(), y.ravel()], axis=1)).tolist():
        d.rulings[-1][0].disc(cx, cy, radius)


def _any_ruling(d: Draft, pitch: float) -> None:
    (lambda *_: None, _ruled, _squared, _dotted)[int(d.rng.integers(4))](d, pitch)


def _done(d: Draft, kind: str, lens: Lens | None = None) -> Scene:
    return d.scene(kind, d.painted(), lens or phone(d.rng))


def _write(d: Draft, x_height: float, pen: Pen | None = None) -> None:
    d.take(pen or _pen(d, x_height))
    d.text(d.page, x_height, x_height * d.rng.uniform(2.4, 3.6))


def shaky(d: Draft, *corners: tuple[float, float]) -> Array:
    """Straight pieces from corner to corner as a hand draws them."""
    points = np.array(corners, float)
    way = np.concatenate([np.linspace(a, b, 12) for a, b in itertools.pairwise(points)])
    wander = np.cumsum(d.rng.normal(0, 0.35, way.shape), axis=0)
    return np.asarray(way + wander - np.linspace(wander[0], wander[-1], len(way)))


def _oval(x: float, y: float, rx: float, ry: float) -> Array:
    t = np.linspace(-2, 4.4, 60)
    return np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], axis=1)


def arrow(d: Draft, start: tuple[float, float], tip: tuple[float, float], size: float) -> None:
    """With a filled head, an open one, or a narrow filled one."""
    a, b = np.array(start), np.array(tip)
    along = (b - a) / max(1e-6, float(np.hypot(*(b - a))))
    across = np.array([-along[1], along[0]])
    spread = d.rng.uniform(0.35, 0.7)
    left, right = (b - size * (along + s * spread * across) for s in (1, -1))
    d.draw(shaky(d, start, tip))
    if d.rng.random() < 0.6:
        d.fill(np.array([left, b, right]))
    else:
        d.draw(np.array([left, b, right]))


# --- paper ------------------------------------------------------------------------------------------------------------


def plain(d: Draft) -> Scene:
    """Writing on blank paper."""
    _paper(d)
    _write(d, _x_height(d))
    return _done(d, "plain")


def ruled(d: Draft) -> Scene:
    """Writing on and beside ruled lines."""
    _paper(d)
    x_height = _x_height(d)
    pitch = x_height * d.rng.uniform(1.6, 3.2)
    _ruled(d, pitch)
    d.take(_pen(d, x_height))
    d.text(d.page, x_height, pitch if d.rng.random() < 0.7 else 2.7 * x_height)
    return _done(d, "ruled")


def squared(d: Draft) -> Scene:
    """Writing on squares, pale or dark."""
    _paper(d)
    x_height = _x_height(d)
    _squared(d, x_height * d.rng.uniform(0.8, 2.0))
    _write(d, x_height)
    return _done(d, "squared")


def dotted(d: Draft) -> Scene:
    """Writing on dots."""
    _paper(d)
    x_height = _x_height(d)
    _dotted(d, x_height * d.rng.uniform(0.8, 1.8))
    _write(d, x_height)
    return _done(d, "dotted")


def form(d: Draft) -> Scene:
    """A table with printed heads, filled in by hand."""
    _paper(d)
    x0, y0, x1, y1 = d.page
    x_height = _x_height(d, 8, 22)
    row = x_height * d.rng.uniform(3, 5)
    columns = np.concatenate([[x0], np.sort(d.rng.uniform(x0 + 60, x1 - 60, int(d.rng.integers(1, 4)))), [x1]])
    d.ruling(chosen([(30, 30, 34), (110, 114, 124), (90, 110, 170)], d.rng), d.rng.uniform(0.6, 1))
    d.take(_pen(d, x_height))
    size, width = row * d.rng.uniform(0.3, 0.5), d.rng.uniform(0.8, 2.2)
    y = d.print((x0, 0.2 * y0, x1, y1), size * 1.4, lines=1) + 0.4 * row
    rows = np.arange(y, y1, row)
    for at in rows:
        d.rule(np.array([(x0, at), (x1, at)]), width)
    for x in columns:
        d.rule(np.array([(x, rows[0]), (x, rows[-1])]), width)
    for k, at in enumerate(rows[:-1]):
        for i, (a, b) in enumerate(itertools.pairwise(columns)):
            if k == 0 or (i == 0 and d.rng.random() < 0.7):
                d.print((a + 4, at + 0.15 * row, b - 4, at + row), size, lines=1)
            elif d.rng.random() < 0.8:
                d.line(a + 6, at + 0.72 * row, b - 4, x_height)
    return _done(d, "form")


def printed(d: Draft) -> Scene:
    """Printed text with writing between, beside and on it."""
    _paper(d)
    x0, y0, x1, y1 = d.page
    d.print_color = chosen([(28, 28, 30), (60, 60, 66), (30, 40, 90)], d.rng)
    y, size = y0, float(np.exp(d.rng.uniform(np.log(13), np.log(34))))
    x_height = max(8.0, size * d.rng.uniform(0.5, 1.1))
    d.take(_pen(d, x_height, chosen([*INKS, *COLORS], d.rng)))
    split = x0 + (x1 - x0) * (d.rng.uniform(0.55, 0.75) if d.rng.random() < 0.4 else 1)
    while y < y1 - 2 * size:
        end = d.print((x0, y, split, y1), size * d.rng.uniform(0.9, 1.3), lines=int(d.rng.integers(1, 6)))
        if split < x1:
            d.text((split + x_height, y, x1, end), x_height, 2.6 * x_height)
        if d.rng.random() < 0.3:  # something underlined or crossed out
            at = d.rng.uniform(y, end)
            d.draw(shaky(d, (x0, at), (x0 + d.rng.uniform(0.1, 0.5) * (split - x0), at + d.rng.normal(0, 2))))
        y = end + x_height * d.rng.uniform(3, 6)
        d.line(x0, y - 1.5 * x_height, x0 + (split - x0) * d.rng.uniform(0.3, 1), x_height)
        y += 0.5 * x_height
    return _done(d, "printed")


def inks(d: Draft) -> Scene:
    """Several pens of different colours and widths."""
    _paper(d)
    x_height = _x_height(d, 9, 30)
    pitch = 2.8 * x_height
    _any_ruling(d, pitch)
    x0, y0, x1, y1 = d.page
    pens = [_pen(d, x_height, chosen(COLORS, d.rng)) for _ in range(int(d.rng.integers(2, 5)))]
    for pen in pens:
        d.take(pen)
    layers = list(d.layers)
    for y in np.arange(y0 + pitch, y1, pitch):
        x = x0
        while x < x1 - 3 * x_height:
            d.layers.append(d.layers.pop(int(d.rng.integers(len(layers)))))
            x = d.line(x, y, x + max(3 * x_height, (x1 - x) * d.rng.uniform(0.2, 1)), x_height) + x_height
    return _done(d, "inks")


def widths(d: Draft) -> Scene:
    """Broad marker and fine pen on one page."""
    _paper(d)
    x0, y0, x1, y1 = d.page
    large = min(d.height / 5, d.width / 5, d.rng.uniform(50, 180))
    color = chosen([*INKS, *COLORS], d.rng)
    d.take(Pen(min(60.0, large * d.rng.uniform(0.22, 0.45)), color, breathe=0.04, nib=d.rng.choice([None, 0.8])))
    d.line(x0, y0 + 1.6 * large, x1, large)
    fine = _x_height(d, 8, 14)
    d.take(Pen(d.rng.uniform(0.8, 1.6), chosen(INKS, d.rng), d.rng.uniform(0.8, 1), breathe=0.1))
    d.text((x0, y0 + 2.4 * large, x1, y1), fine, 3 * fine)
    return _done(d, "widths")


def drawings(d: Draft) -> Scene:
    """Boxes, ovals and arrows, filled and open, with words, on any paper."""
    _paper(d)
    x_height = _x_height(d, 8, 22)
    _any_ruling(d, x_height * d.rng.uniform(1.2, 2.6))
    d.take(_pen(d, x_height, chosen([*INKS, *COLORS], d.rng)))
    rows, columns = max(1, round(d.height / (11 * x_height))), max(1, round(d.width / (16 * x_height)))
    dx, dy = (d.page[2] - d.page[0]) / columns, (d.page[3] - d.page[1]) / rows
    for r in range(rows):
        for c in range(columns):
            x, y = d.page[0] + (c + 0.5) * dx, d.page[1] + (r + 0.45) * dy
            rx, ry = 0.36 * dx * d.rng.uniform(0.8, 1), 0.26 * dy * d.rng.uniform(0.8, 1)
            if d.rng.random() < 0.6:
                d.draw(
                    shaky(d, (x - rx, y - ry), (x - rx, y + ry), (x + rx, y + ry), (x + rx, y - ry), (x - rx, y - ry))
                )
            else:
                d.draw(_oval(x, y, rx, ry))
            d.line(x - 0.75 * rx, y + 0.4 * x_height, x + 0.9 * rx, x_height)
            if r < rows - 1 and d.rng.random() < 0.7:
                arrow(d, (x, y + ry), (x + d.rng.normal(0, 4), y + dy - ry), x_height * d.rng.uniform(0.6, 2))
            if c < columns - 1 and d.rng.random() < 0.5:
                arrow(d, (x + rx, y), (x + dx - rx, y + d.rng.normal(0, 4)), x_height * d.rng.uniform(0.6, 2))
    return _done(d, "drawings")


def pencil(d: Draft) -> Scene:
    """Faint, grainy writing."""
    _paper(d)
    x_height = _x_height(d, 9, 30)
    _any_ruling(d, 2.6 * x_height)
    grey = d.rng.uniform(70, 110)
    width = max(1.3, x_height * d.rng.uniform(0.08, 0.16))
    _write(d, x_height, Pen(width, (grey, grey, grey + 4), d.rng.uniform(0.5, 1), grain=0.4, breathe=0.25))
    return _done(d, "pencil")


def bleed(d: Draft) -> Scene:
    """What was written on the back shows through."""
    _paper(d)
    x_height = _x_height(d)
    back = Draft(d.size, d.rng, d.stock)
    _write(back, x_height * d.rng.uniform(0.8, 1.2))
    shade = blurred(back.ink()[:, ::-1], d.rng.uniform(0.8, 2.5)) * d.rng.uniform(20, 70)
    d.surface -= shade[..., None] * np.array([1, 0.95, 0.8], np.float32)
    _any_ruling(d, 2.6 * x_height)
    _write(d, x_height)
    return _done(d, "bleed")


def shadows(d: Draft) -> Scene:
    """A hand's and a phone's shadow across the page."""
    _paper(d, bend=0.02)
    x_height = _x_height(d)
    _any_ruling(d, 2.6 * x_height)
    _write(d, x_height)
    return _done(d, "shadows", phone(d.rng).dimmer(shadow=d.rng.uniform(0.35, 0.65), slope=0.4))


def glare(d: Draft) -> Scene:
    """Glossy paper with the lamp in it."""
    _paper(d)
    x_height = _x_height(d)
    _any_ruling(d, 2.6 * x_height)
    _write(d, x_height)
    return _done(d, "glare", phone(d.rng).dimmer(glare=d.rng.uniform(0.4, 0.8)))


def low(d: Draft) -> Scene:
    """Few pixels and hard compression."""
    _paper(d)
    x_height = _x_height(d, 7, 12)
    _any_ruling(d, 2.6 * x_height)
    width = max(1.0, x_height * d.rng.uniform(0.12, 0.2))
    _write(d, x_height, Pen(width, chosen(INKS, d.rng)))
    return _done(d, "low", phone(d.rng).dimmer(blur=d.rng.uniform(0.8, 1.2), quality=int(d.rng.integers(22, 45))))


def sticky(d: Draft) -> Scene:
    """Coloured notes on a table or board, their edges in sight."""
    d.surface = _table(d)
    count = int(d.rng.integers(1, 4))
    for k in range(count):
        side = min(0.85 * d.height, 0.9 * d.width / count)
        x, y = (k + 0.5) * d.width / count, d.height / 2 + d.rng.normal(0, 0.03 * d.height)
        d.frame = turned(x, y, d.rng.normal(0, 0.08))
        note = surfaces.paper(d.size, chosen(surfaces.NOTES, d.rng), d.rng)
        d.place(rectangle(x, y, side, side), note)
        x_height = side * d.rng.uniform(0.035, 0.09)
        d.take(_pen(d, x_height))
        box = (x - 0.44 * side, y - 0.42 * side, x + 0.42 * side, y + 0.44 * side)
        d.text(box, x_height, 2.8 * x_height)
    return _done(d, "sticky")


def _table(d: Draft) -> Surface:
    kind = int(d.rng.integers(4))
    if kind == 0:
        return d.stock.photographs(d.size, d.rng)
    return (surfaces.wood, surfaces.leather, surfaces.whiteboard)[kind - 1](d.size, d.rng)


def rectangle(x: float, y: float, w: float, h: float) -> Array:
    """The corners of an upright rectangle about (x, y)."""
    return np.array([(x - w / 2, y - h / 2), (x + w / 2, y - h / 2), (x + w / 2, y + h / 2), (x - w / 2, y + h / 2)])


def turned(x: float, y: float, angle: float) -> Frame:
    """A turn about a point."""
    c, s = np.cos(angle), np.sin(angle)
    return Frame(np.array([[c, -s, x - c * x + s * y], [s, c, y - s * x - c * y], [0, 0, 1]]))


# --- boards and other surfaces ----------------------------------------------------------------------------------------


def whiteboard(d: Draft) -> Scene:
    """Several markers on enamel, between rails, on a wall."""
    d.surface = surfaces.flat(d.size, chosen([(200, 190, 176), (150, 160, 170), (120, 96, 80)], d.rng))
    d.frame = tilted(d.size, d.rng, tilt=0.12)
    x0, y0, x1, y1 = _board(d, surfaces.whiteboard(d.size, d.rng))
    x_height = _x_height(d, 9, 32)
    ghosts = Draft(d.size, d.rng, d.stock)
    _write(ghosts, x_height)
    d.surface -= d.rng.uniform(0, 9) * blurred(ghosts.ink(), 2.5)[..., None]
    w, h = (x1 - x0) / 2, (y1 - y0) / 2
    for k in range(int(d.rng.integers(2, 5))):
        d.take(
            Pen(max(1.6, x_height * d.rng.uniform(0.12, 0.26)), chosen(COLORS, d.rng), d.rng.uniform(0.7, 1), grain=0.1)
        )
        x, y = x0 + k % 2 * w, y0 + k // 2 * h
        full = d.rng.uniform(0.4, 1)
        d.text((x, y, x + 0.95 * w, y + full * h), x_height, 2.9 * x_height)
        if full < 0.7:  # a box with an arrow to it below the text
            x, y = x + d.rng.uniform(0.3, 0.6) * w, y + 0.8 * h
            rx, ry = d.rng.uniform(2, 5) * x_height, 1.2 * x_height
            d.draw(shaky(d, (x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry), (x - rx, y - ry)))
            arrow(d, (x - 0.28 * w, y - d.rng.uniform(-1, 2) * ry), (x - rx, y), x_height)
    return _done(d, "whiteboard", phone(d.rng).dimmer(glare=d.rng.choice([0, 0.5]), vignette=0.3))


def _board(d: Draft, surface: Surface) -> tuple[float, float, float, float]:
    """A framed board that fills most of the picture; returns the box to write in."""
    m = d.rng.uniform(-0.02, 0.08, 4) * (d.width, d.height, d.width, d.height)
    a, b, c, e = m[0], m[1], d.width - m[2], d.height - m[3]
    middle = ((a + c) / 2, (b + e) / 2)
    rail = d.rng.uniform(0.012, 0.035) * max(d.size)
    color = chosen([(60, 62, 66), (170, 174, 178), (40, 40, 44), (150, 110, 70)], d.rng)
    d.place(rectangle(*middle, c - a + 2 * rail, e - b + 2 * rail), surfaces.flat(d.size, color))
    d.place(rectangle(*middle, c - a, e - b), surface, shadow=0.5)
    for _ in range(int(d.rng.integers(0, 4))):  # pens and a wiper on the tray
        x = d.rng.uniform(a, c)
        lying = rectangle(x, e + 0.4 * rail, d.rng.uniform(2, 8) * rail, 0.6 * rail)
        d.place(lying, surfaces.flat(d.size, chosen([*COLORS, (230, 230, 230)], d.rng)))
    inset = 0.03 * max(d.size)
    return max(a, 0) + inset, max(b, 0) + inset, min(c, d.width) - inset, min(e, d.height) - inset


def blackboard(d: Draft) -> Scene:
    """Chalks on a dark board."""
    d.surface = surfaces.flat(d.size, chosen([(170, 160, 140), (90, 80, 70)], d.rng))
    d.frame = tilted(d.size, d.rng, tilt=0.1)
    box = _board(d, surfaces.blackboard(d.size, d.rng))
    x_height = _x_height(d, 10, 36)
    for k in range(int(d.rng.integers(1, 4))):
        width = max(2.0, x_height * d.rng.uniform(0.12, 0.25))
        d.take(
            Pen(
                width,
                CHALKS[0] if k == 0 else chosen(CHALKS, d.rng),
                d.rng.uniform(0.6, 0.95),
                grain=0.45,
                smear=d.rng.choice([0, 2]),
            )
        )
        top = box[1] + (box[3] - box[1]) * k / 3
        d.text((box[0], top, box[2], box[3] if k == 2 else top + (box[3] - box[1]) / 3), x_height, 2.9 * x_height)
    return _done(d, "blackboard")


def dim(d: Draft) -> Scene:
    """A framed note on a wall in little light."""
    d.surface = surfaces.paper(
        d.size, chosen([(150, 130, 110), (120, 126, 140), (90, 70, 60), (190, 186, 176)], d.rng), d.rng
    )
    d.frame = tilted(d.size, d.rng, tilt=0.15)
    x, y = d.width / 2, d.height / 2
    w, h = d.width * d.rng.uniform(0.75, 1.0), d.height * d.rng.uniform(0.75, 1.0)
    for share, color in (
        (1.0, chosen(surfaces.WOODS, d.rng)),
        (0.94, (40, 30, 22)),
        (0.92, chosen(surfaces.WOODS, d.rng)),
    ):
        d.place(rectangle(x, y, w * share, h * share), surfaces.flat(d.size, color))
    w, h = 0.84 * w, 0.82 * h
    d.place(rectangle(x, y, w, h), surfaces.paper(d.size, chosen(surfaces.PAPERS, d.rng), d.rng), shadow=0.6)
    x_height = _x_height(d, 9, 34)
    d.take(_pen(d, x_height))
    d.text((x - 0.44 * w, y - 0.45 * h, x + 0.44 * w, y + 0.46 * h), x_height, x_height * d.rng.uniform(2.4, 3.4))
    lens = Lens(
        d.rng.uniform(0.22, 0.5), 0.5, vignette=0.5, warmth=0.08, blur=0.8, noise=d.rng.uniform(3, 7), quality=60
    )
    return _done(d, "dim", lens)


def kraft(d: Draft) -> Scene:
    """White and black ink on coloured cardboard."""
    d.surface = surfaces.kraft(d.size, d.rng)
    d.frame = tilted(d.size, d.rng)
    x_height = _x_height(d, 10, 34)
    x0, y0, x1, y1 = d.page
    d.take(_pen(d, x_height, (244, 242, 236)))
    d.take(_pen(d, x_height, chosen([(20, 18, 18), (40, 24, 20)], d.rng)))
    for y in np.arange(y0 + 2.6 * x_height, y1, 2.8 * x_height):
        if d.rng.random() < 0.6:
            d.layers.reverse()
        d.line(x0, y, x1, x_height)
    return _done(d, "kraft")


def mural(d: Draft) -> Scene:
    """A marker on a photograph or a wall of any kind, as light or as dark as needed to be read."""
    d.surface = d.stock.photographs(d.size, d.rng)
    d.frame = tilted(d.size, d.rng, turn=0.06)
    x_height = _x_height(d, 20, 60)
    dark = d.surface.mean() > 120
    color = chosen([(16, 16, 20), (120, 10, 20), (10, 20, 110)] if dark else [(248, 248, 244), (250, 236, 110)], d.rng)
    _write(d, x_height, Pen(x_height * d.rng.uniform(0.16, 0.3), color, breathe=0.08))
    return _done(d, "mural")


def _carved(d: Draft, kind: str, x_height: float, width: float, depth: float, rim: float) -> Scene:
    """Grooves in what is there: shaded by the slope of a smoothed stroke, the rim raised; the truth is the groove."""
    d.frame = tilted(d.size, d.rng, turn=0.08)
    d.take(Pen(width, (0, 0, 0), breathe=0.15))
    d.text(d.page, x_height, 3 * x_height, full=1)
    if d.rng.random() < 0.4:
        t = np.linspace(0, 2 * np.pi, 80)
        heart = np.stack([16 * np.sin(t) ** 3, -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t)], axis=1)
        d.draw(heart * 0.08 * x_height + (0.8 * d.width, 0.85 * d.height))
    light = d.rng.uniform(0, 2 * np.pi)
    return d.scene(kind, surfaces.carved(d.surface, d.ink(), width, depth, rim, light), phone(d.rng))


def sand(d: Draft) -> Scene:
    """Letters drawn in sand with a finger or a stick."""
    d.surface = surfaces.sand(d.size, d.rng)
    x_height = min(d.height / 5, d.width / 8) * d.rng.uniform(0.5, 1)
    return _carved(d, "sand", x_height, x_height * d.rng.uniform(0.16, 0.32), d.rng.uniform(0.45, 0.9), 0.6)


def scratched(d: Draft) -> Scene:
    """Letters scratched or cut into wood or stone."""
    d.surface = (surfaces.wood if d.rng.random() < 0.6 else surfaces.sand)(d.size, d.rng)
    x_height = min(d.height / 5, d.width / 8) * d.rng.uniform(0.4, 0.9)
    return _carved(
        d, "scratched", x_height, max(3.0, x_height * d.rng.uniform(0.1, 0.25)), d.rng.uniform(0.5, 1.0), 0.1
    )


def embossed(d: Draft) -> Scene:
    """Letters pressed into leather or card."""
    leather = d.rng.random() < 0.5
    d.surface = (
        surfaces.leather(d.size, d.rng) if leather else surfaces.paper(d.size, chosen(surfaces.PAPERS, d.rng), d.rng)
    )
    x_height = min(d.height / 5, d.width / 8) * d.rng.uniform(0.4, 0.9)
    return _carved(
        d, "embossed", x_height, max(3.0, x_height * d.rng.uniform(0.12, 0.25)), d.rng.uniform(0.35, 0.8), 0.0
    )


def crop(d: Draft) -> Scene:
    """One or two words, cut out tightly."""
    x_height = d.rng.uniform(14, 46)
    size = (round(x_height * d.rng.uniform(2.4, 4)), max(60, round(x_height * d.rng.uniform(5, 12))))
    close = Draft(size, d.rng, d.stock)
    (lambda c: _paper(c, 0), lambda c: setattr(c, "surface", surfaces.kraft(c.size, c.rng)))[int(d.rng.random() < 0.2)](
        close
    )
    _any_ruling(close, 2.6 * x_height)
    close.take(_pen(close, x_height, chosen([*INKS, *COLORS], d.rng)))
    close.line(0.05 * size[1], 0.66 * size[0], 0.98 * size[1], x_height)
    return _done(close, "crop")


# --- without ink ------------------------------------------------------------------------------------------------------


def photograph(d: Draft) -> Scene:
    """A picture of a thing or a place."""
    d.surface = d.stock.photographs(d.size, d.rng)
    return _done(d, "photograph", Lens(blur=0, noise=1))


def texture(d: Draft) -> Scene:
    """Sand, wood, leather, a board: nothing on it."""
    d.surface = (surfaces.sand, surfaces.wood, surfaces.leather, surfaces.blackboard, surfaces.kraft)[
        int(d.rng.integers(5))
    ](d.size, d.rng)
    return _done(d, "texture")


def blank(d: Draft) -> Scene:
    """An empty sheet, perhaps ruled, in any light, perhaps on a table."""
    d.frame = tilted(d.size, d.rng)
    d.surface = surfaces.paper(d.size, chosen(surfaces.PAPERS, d.rng), d.rng)
    _any_ruling(d, d.rng.uniform(14, 60))
    return _done(d, "blank", phone(d.rng).dimmer(shadow=d.rng.choice([0, 0.5])))


def page(d: Draft) -> Scene:
    """A printed page."""
    _paper(d)
    d.print_color = chosen([(28, 28, 30), (60, 60, 66)], d.rng)
    x0, y, x1, y1 = d.page
    while y < y1 - 20:
        height = float(np.exp(d.rng.uniform(np.log(12), np.log(44))))
        y = d.print((x0, y, x1, y1), height, lines=int(d.rng.integers(1, 9))) + height
    return _done(d, "page")


PAPER: tuple[Kind, ...] = (
    plain, ruled, squared, dotted, form, printed, inks, widths, drawings, pencil, bleed, shadows, glare, low,
    sticky, crop,
)  # fmt: skip
SURFACES: tuple[Kind, ...] = (whiteboard, blackboard, dim, kraft, mural)
CARVED: tuple[Kind, ...] = (sand, scratched, embossed)
EMPTY: tuple[Kind, ...] = (photograph, texture, blank, page)
KINDS = (*PAPER, *SURFACES, *CARVED, *EMPTY)
GROUPS = {
    name: [kind.__name__ for kind in kinds]
    for name, kinds in (("paper", PAPER), ("surfaces", SURFACES), ("carved", CARVED), ("without ink", EMPTY))
}
"""The kinds of scenes, by what they are on."""


def scenes(data: str | Path, numbers: Sequence[int] | range) -> Iterator[Scene]:
    """The scenes with these numbers, each of kind `number % 28`. Raises InputError for a folder without the data."""
    stock = Stock(hands(data), Photographs(data), fonts())
    for number in numbers:
        rng = np.random.default_rng((15, number))
        yield KINDS[number % len(KINDS)](Draft(_size(rng), rng, stock))


def _size(rng: Random) -> Size:
    """400 to 1400 pixels a side."""
    side, aspect = np.exp(rng.uniform(np.log(560), np.log(1150))), np.exp(rng.uniform(-0.35, 0.35))
    h, w = (int(np.clip(side * aspect**s, 400, 1400)) for s in (1, -1))
    return h, w


# --- looking ----------------------------------------------------------------------------------------------------------


def shown(scene: Scene) -> Image.Image:
    """The picture, and below or beside it the truth: ink black, ruling blue, print red."""
    truth = np.full((*scene.ink.shape, 3), 255, np.float32)
    for cover, color in ((scene.ruling, (90, 140, 255)), (scene.printed, (230, 60, 40)), (scene.ink, (0, 0, 0))):
        truth += cover[..., None] * (np.array(color, np.float32) - truth)
    h, w = scene.ink.shape
    both = Image.new("RGB", (2 * w + 4, h), "magenta")
    both.paste(Image.fromarray(scene.rgb), (0, 0))
    both.paste(Image.fromarray(truth.astype(np.uint8)), (w + 4, 0))
    return both


def contact_sheet(pictures: Sequence[Image.Image], columns: int = 4, cell: tuple[int, int] = (720, 400)) -> Image.Image:
    """Pictures in rows, each shrunk into a cell."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * cell[0], rows * cell[1]), "grey")
    for k, picture in enumerate(pictures):
        small = picture.copy()
        small.thumbnail((cell[0] - 4, cell[1] - 4))
        sheet.paste(small, (k % columns * cell[0], k // columns * cell[1]))
    return sheet


def main() -> None:
    """Write a contact sheet of the first scenes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-n", type=int, default=len(KINDS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("-o", dest="out", type=Path, required=True)
    options = parser.parse_args()
    numbers = range(options.first, options.first + options.n)
    contact_sheet([shown(s) for s in scenes(options.data, numbers)]).save(options.out, quality=88)


if __name__ == "__main__":
    main()
