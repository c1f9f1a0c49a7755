"""What people draw beside their words, by a hand that shakes: boxes, arrows, circles, underlines, hatching, blots."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.assets import Curves

Points = NDArray[np.float32]


FILLED = 70.0
"""Pixels: larger shapes are hardly ever filled with a pen."""


class Drawing(NamedTuple):
    """Strokes and filled outlines, about the origin."""

    curves: Curves
    filled: Curves


def draw(rng: np.random.Generator, size: float) -> Drawing:
    """Something about `size` pixels large."""
    width, height = size * rng.uniform(0.5, 1.6), size * rng.uniform(0.3, 1.2)
    make = _KINDS[int(rng.integers(len(_KINDS)))]
    if make is _blob:  # few fill more than a fingertip's worth
        width, height = min(width, FILLED), min(height, FILLED)
    curves, outlines = make(rng, width, height)
    hand = _hand(rng) * size
    return Drawing([shaken(c, rng, hand) for c in curves], outlines)


def _hand(rng: np.random.Generator) -> float:
    """How much a hand strays, in sizes of what it draws: some draw along a ruler."""
    return 0.0 if rng.random() < 0.2 else float(np.exp(rng.uniform(np.log(0.002), np.log(0.016))))


def diagram(rng: np.random.Generator, width: float, height: float, cell: float) -> tuple[Drawing, list[Points]]:
    """Boxes in rows and columns with arrows from one to the next, about the origin, and the middles of the boxes' left
    sides, (2,) each, for what stands in them. `cell` is about how high a box is."""
    columns, rows = max(1, int(width / cell / 3.2)), max(2, int(height / cell / 1.9))
    hand, curves, outlines, places = _hand(rng) * cell * 2, [], [], []
    before: Points | None = None
    for column in range(columns):
        for row in range(rows):
            if rng.random() < 0.25:
                continue
            middle = np.float32([(column + 0.5) / columns - 0.5, (row + 0.5) / rows - 0.5]) * (width, height)
            w, h = cell * rng.uniform(1.4, 2.6), cell * rng.uniform(0.7, 1.1)
            make = _box if rng.random() < 0.75 else _ring
            lines, filled = make(rng, w, h)
            curves += [c + middle for c in lines]
            outlines += [c + middle for c in filled]
            places.append(middle - np.float32([w * 0.42, 0]))
            if before is not None and rng.random() < 0.9:
                shaft, head, solid = _connected(before, middle, h / 2, rng)
                curves += [shaft, *head]
                outlines += solid
            before = middle
    curves += [_loop(places, cell, rng) for _ in range(int(rng.integers(3))) if len(places) > 1]
    return Drawing([shaken(c, rng, hand) for c in curves], outlines), places


def table(
    rng: np.random.Generator, width: float, height: float, cell: float
) -> tuple[Curves, list[tuple[float, float, float]]]:
    """A table drawn by hand about the origin, rows about `cell` high: its lines, and of every cell the left end and the
    middle of its row and how wide it is. Lines overshoot, fall short and lean, the more the narrower they are, for else
    nobody could tell them from squared paper; some tables have no frame."""
    rows = int(np.clip(height / cell, 1, 14))
    columns = int(np.clip(width / cell / rng.uniform(0.8, 8), 1, 14))
    xs = np.linspace(-width / 2, width / 2, columns + 1) + rng.normal(0, 0.08 * width / columns, columns + 1)
    ys = np.linspace(-height / 2, height / 2, rows + 1) + rng.normal(0, 0.08 * cell, rows + 1)
    inner = slice(None) if rng.random() < 0.7 else slice(1, -1)
    lean, slack, hand = 0.03 * cell, 0.12 * cell, _hand(rng) * min(cell * 4, width)
    if rows * columns > 30:
        lean, hand = 0.06 * cell, max(hand, 0.03 * cell)

    def line(a: tuple[float, float], b: tuple[float, float], along: int) -> Points:
        ends = np.float32([a, b]) + rng.normal(0, lean, (2, 2)).astype(np.float32)
        ends[:, along] += rng.normal(0, slack, 2)
        return shaken(ends, rng, hand)

    lines = [line((xs[0], y), (xs[-1], y), 0) for y in ys[inner]]
    lines += [line((x, ys[0]), (x, ys[-1]), 1) for x in xs[inner]]
    cells = [(float(a), float(c + d) / 2, float(b - a)) for a, b in pairwise(xs) for c, d in pairwise(ys)]
    return lines, cells


def _loop(places: list[Points], cell: float, rng: np.random.Generator) -> Points:
    """A line from one box around others back to another."""
    a, b = (places[int(i)] for i in rng.choice(len(places), 2, replace=False))
    side = rng.choice([-1, 1]) * cell * rng.uniform(1, 3.5)
    beyond = max(a[0], b[0]) + side + 2 * cell if side > 0 else min(a[0], b[0]) + side
    return np.float32([a, [beyond, a[1]], [beyond, b[1]], b])


def arcs(rng: np.random.Generator, extent: float) -> Curves:
    """Long bent lines, one beside the other, that lead from here to there."""
    middle, radius, start = rng.uniform(-extent, extent, 2), rng.uniform(0.2, 1.2) * extent, rng.uniform(0, 6.3)
    turns = start + np.linspace(0, rng.uniform(0.8, 3), 40)
    unit = np.stack([np.cos(turns) * rng.uniform(0.5, 1.5), np.sin(turns)], 1)
    step, hand = rng.uniform(0.03, 0.15) * extent, _hand(rng) * radius
    return [shaken(unit * (radius + k * step) + middle, rng, hand) for k in range(int(rng.integers(1, 6)))]


def _connected(a: Points, b: Points, inset: float, rng: np.random.Generator) -> tuple[Points, Curves, Curves]:
    """An arrow from box to box, straight or round a corner: shaft, open head, filled head."""
    along = (b - a) / max(float(np.hypot(*(b - a))), 1e-3)
    start, end = a + along * inset, b - along * inset
    corner = np.float32([start[0], end[1]]) if rng.random() < 0.5 else np.float32([end[0], start[1]])
    shaft = np.stack([start, end] if rng.random() < 0.6 else [start, corner, end]).astype(np.float32)
    way = shaft[-1] - shaft[-2]
    way = way / max(float(np.hypot(*way)), 1e-3)
    side, reach = np.float32([-way[1], way[0]]), inset * rng.uniform(0.25, 0.6)
    head = np.stack([end - reach * (way + 0.6 * side), end, end - reach * (way - 0.6 * side)]).astype(np.float32)
    kind = rng.random()
    return (shaft, [], [head]) if kind < 0.45 else (shaft, [head], []) if kind < 0.9 else (shaft, [], [])


def shaken(curve: Points, rng: np.random.Generator, stray: float) -> Points:
    """The curve as a hand draws it: even steps, with slow errors of about `stray` pixels."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    if along[-1] < 1:
        return curve.astype(np.float32)
    count = max(2, int(along[-1] / 4))
    even = np.stack([np.interp(np.linspace(0, along[-1], count), along, curve[:, k]) for k in (0, 1)], 1)
    knots = max(3, count // 12)
    errors = rng.normal(0, 1, (knots, 2)).clip(-3, 3) * stray
    at, known = np.linspace(0, 1, count), np.linspace(0, 1, knots)
    return (even + np.stack([np.interp(at, known, errors[:, k]) for k in (0, 1)], 1)).astype(np.float32)


def _polyline(*points: tuple[float, float]) -> Points:
    return np.float32(points)


def _box(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    a, b, c, d = (-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)
    if rng.random() < 0.2:  # a rhombus
        a, b, c, d = (0, -h / 2), (w / 2, 0), (0, h / 2), (-w / 2, 0)
    if rng.random() < 0.5:
        return [_polyline(a, b, c, d, a)], []
    return [_polyline(a, b), _polyline(b, c), _polyline(c, d), _polyline(d, a)], []


def _ring(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    turn = np.linspace(0, rng.uniform(1.9, 2.4) * np.pi, 40) + rng.uniform(0, 6)
    ring = np.stack([np.cos(turn) * w / 2, np.sin(turn) * h / 2], 1).astype(np.float32)
    return ([], [ring]) if max(w, h) < FILLED and rng.random() < 0.1 else ([ring], [])


def _arrow(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    start, end = np.float32([-w / 2, rng.uniform(-h, h) / 2]), np.float32([w / 2, rng.uniform(-h, h) / 2])
    turn = rng.uniform(0, 2 * np.pi)
    rotation = np.float32([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    start, end = rotation @ start, rotation @ end
    along = (end - start) / max(float(np.hypot(*(end - start))), 1e-3)
    side, reach = np.float32([-along[1], along[0]]), rng.uniform(0.08, 0.25) * w
    left, right = end - reach * (along + 0.6 * side), end - reach * (along - 0.6 * side)
    bend = (start + end) / 2 + side * rng.normal(0, 0.1) * w
    shaft = np.stack([start, (start + bend) / 2 + side, bend, end]).astype(np.float32)
    if rng.random() < 0.4:
        return [shaft], [np.stack([left, end, right])]
    return [shaft, np.stack([left, end, right])], []


def _underline(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    wave = np.linspace(0, w, 30)
    y = np.sin(wave / max(w, 1) * rng.choice([0, 0, 40])) * 0.04 * w
    line = np.stack([wave - w / 2, y], 1).astype(np.float32)
    return ([line, line + np.float32([0, 0.08 * w])] if rng.random() < 0.2 else [line]), []


def _hatch(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    step = rng.uniform(0.05, 0.15) * w
    lines = [_polyline((x - 0.3 * h, h / 2), (x + 0.3 * h, -h / 2)) for x in np.arange(-w / 2, w / 2, step)]
    return (lines if rng.random() < 0.5 else [np.concatenate(lines)]), []


def _zigzag(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    count = int(rng.integers(4, 20))
    x = np.linspace(-w / 2, w / 2, count)
    return [np.stack([x, rng.uniform(-h, h, count) / 2], 1).astype(np.float32)], []


def _blob(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = 1 + 0.25 * np.interp(turn, np.linspace(0, 2 * np.pi, 8), rng.normal(0, 1, 8))
    shape = np.stack([np.cos(turn) * w * 0.3, np.sin(turn) * h * 0.3], 1) * radius[:, None]
    return [], [shape.astype(np.float32)]


def _curve(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    knots = rng.uniform(-0.5, 0.5, (5, 2)) * (w, h)
    at = np.linspace(0, 4, 50)
    smooth = np.stack([np.interp(at, np.arange(5), knots[:, k]) for k in (0, 1)], 1)
    for _ in range(12):
        smooth[1:-1] = (smooth[:-2] + 2 * smooth[1:-1] + smooth[2:]) / 4
    return [smooth.astype(np.float32)], []


def _grid(rng: np.random.Generator, w: float, h: float) -> tuple[Curves, Curves]:
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    lines = [_polyline((-w / 2, y), (w / 2, y)) for y in np.linspace(-h / 2, h / 2, rows + 1)]
    return lines + [_polyline((x, -h / 2), (x, h / 2)) for x in np.linspace(-w / 2, w / 2, columns + 1)], []


_KINDS = (_box, _box, _ring, _arrow, _arrow, _underline, _underline, _hatch, _zigzag, _blob, _curve, _grid)
