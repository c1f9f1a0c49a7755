"""Lines that the paper brings along: ruling, squares, dots, margins, tables, forms, in a sheet's frame."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from synth.assets import Curves

TRUE_WIDTH, TRUE_DOT = 1.5, 2.4
"""Pixels."""


class Ruling(NamedTuple):
    """Straight lines of one colour and width; dots are lines of one point.

    In the truth they are at least TRUE_WIDTH wide, dots TRUE_DOT: what is finer would cover no pixel by half.
    """

    lines: Curves
    color: tuple[float, float, float]
    width: float
    opacity: float

    @property
    def true_width(self) -> float:
        return max(self.width, TRUE_DOT if len(self.lines) and len(self.lines[0]) == 1 else TRUE_WIDTH)


def _line(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """A line in steps, so that it can be bent."""
    return np.stack([np.linspace(x0, x1, 17), np.linspace(y0, y1, 17)], 1).astype(np.float32)


def _look(rng: np.random.Generator, width: float) -> tuple[tuple[float, float, float], float, float]:
    """Colour, width, opacity."""
    colors = (
        (120, 150, 200),
        (150, 150, 155),
        (110, 190, 200),
        (200, 130, 140),
        (60, 60, 65),
        (180, 140, 200),
        (90, 110, 170),
    )
    r, g, b = np.clip(np.float32(colors[int(rng.integers(len(colors)))]) + rng.normal(0, 15, 3), 0, 255).tolist()
    return (r, g, b), width, rng.uniform(0.2, 0.95)


def rulings(rng: np.random.Generator, extent: float, pitch: float) -> list[Ruling]:
    """Ruling of a sheet that covers -extent..extent both ways, `pitch` pixels from line to line."""
    kind = rng.random()
    width = rng.uniform(0.5, 1.2) * max(0.8, min(pitch / 22, 3.5))
    ys = np.arange(-extent + rng.uniform(0, pitch), extent, pitch)
    rows = [_line(-extent, y, extent, y) for y in ys]
    if kind < 0.33:
        found = [Ruling(rows, *_look(rng, width))]
    elif kind < 0.62:
        found = [Ruling(rows + [_line(y, -extent, y, extent) for y in ys], *_look(rng, width))]
    elif kind < 0.86:
        near = ys if len(ys) < 60 else ys[:60]
        color, _, opacity = _look(rng, width)
        arm = width * rng.uniform(1, 3)
        if rng.random() < 0.15:  # little crosses
            arms = [np.float32(a) * arm for a in ([[-1, 0], [1, 0]], [[0, -1], [0, 1]])]
            crosses = [np.float32([x, y]) + a for x in near for y in near for a in arms]
            return [Ruling(crosses, color, max(0.8, 0.7 * width), max(opacity, 0.4))]
        dots = [np.float32([[x, y]]) for x in near for y in near]
        return [Ruling(dots, color, max(1.0, width * rng.uniform(0.8, 2.2)), max(opacity, 0.4))]
    else:  # French: three faint lines between two strong ones, and columns
        color, strong, opacity = _look(rng, width)
        faint = [_line(-extent, y, extent, y) for y in np.arange(ys[0], extent, pitch / 4)] if len(ys) else []
        columns = [_line(y, -extent, y, extent) for y in ys]
        found = [Ruling(rows + columns, color, strong, opacity), Ruling(faint, color, strong * 0.6, opacity * 0.7)]
    if rng.random() < 0.3:
        x = rng.uniform(-0.9, 0.4) * extent
        found.append(
            Ruling([_line(x, -extent, x, extent)], (200, 60, 70), width * rng.uniform(1, 1.5), rng.uniform(0.4, 0.9))
        )
    return found


def table(rng: np.random.Generator, extent: float, pitch: float) -> list[Ruling]:
    """A printed table: rows of one height, columns of any width, darker than ruling."""
    left, right = -extent * rng.uniform(0.3, 1), extent * rng.uniform(0.3, 1)
    top, count = -extent * rng.uniform(0.2, 1), int(rng.integers(2, 14))
    bottom = top + count * pitch
    columns = np.sort(rng.uniform(left, right, int(rng.integers(1, 6))))
    lines = [_line(left, y, right, y) for y in np.linspace(top, bottom, count + 1)]
    lines += [_line(x, top, x, bottom) for x in (left, *columns, right)]
    grey = rng.uniform(0, 120)
    return [Ruling(lines, (grey, grey, grey + rng.uniform(0, 40)), rng.uniform(0.8, 2.5), rng.uniform(0.5, 1))]


def form(rng: np.random.Generator, extent: float, pitch: float) -> list[Ruling]:
    """Printed lines and boxes to be filled in."""
    lines = []
    for y in np.arange(-extent, extent, pitch):
        x = -extent + rng.uniform(0, extent)
        while x < extent:
            length = rng.uniform(2, 12) * pitch
            if rng.random() < 0.25:
                side = rng.uniform(0.3, 0.8) * pitch
                box = [(x, y), (x + side, y), (x + side, y - side), (x, y - side), (x, y)]
                lines += [_line(*a, *b) for a, b in pairwise(box)]
                length = 2 * side
            elif rng.random() < 0.6:
                lines.append(_line(x, y, x + length, y))
            x += length + rng.uniform(1, 8) * pitch
    grey = rng.uniform(0, 110)
    return [Ruling(lines, (grey, grey, grey), rng.uniform(0.7, 2), rng.uniform(0.5, 1))]
