"""How the writing lies: the direction of its lines, and which way is up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array, Pixels
from ...ink.frames import Affine, Chain, Frame
from .render import render

Lines = NDArray[np.float64]
"""float64 (n, 2, 2): the two ends of the middle line of each text line, and no order among the two."""

LONG = 2.5
"""A box this many times as long as it is high is a line of writing whose direction can be told."""

AGREE = 0.7
"""The lines' directions must agree as far (length of the mean of unit vectors of the doubled angles)."""

READ_HEIGHT = 48
"""Height in pixels at which lines are read."""

FLUENT, SURER = 0.85, 0.08
"""Lines read as surely as that are upright; else the other way must be surer by that."""

ENOUGH, MOST = 2, 5
"""So many lines that are read surely settle which way is up; so many are read at most."""


def middle_lines(boxes: Array, long_as: float = LONG) -> tuple[Lines, Array]:
    """The long boxes' middle lines, and the boxes' heights across them, float64 (m,); `boxes` is (n, 4, 2)."""
    a, b, c, d = np.moveaxis(boxes, 1, 0)
    across = np.stack([(a + d) / 2, (b + c) / 2], axis=1)
    down = np.stack([(a + b) / 2, (d + c) / 2], axis=1)
    width, height = (np.linalg.norm(v[:, 1] - v[:, 0], axis=1) for v in (across, down))
    lying = width >= height
    lines = np.where(lying[:, None, None], across, down)
    long, thick = np.maximum(width, height), np.minimum(width, height)
    good = long >= long_as * np.maximum(thick, 1e-9)
    return lines[good], thick[good]


def direction(lines: Lines) -> float | None:
    """The angle of the lines of writing to the x axis in radians, from -pi/2 to pi/2; None where they don't agree."""
    if not len(lines):
        return None
    vector = lines[:, 1] - lines[:, 0]
    length = np.linalg.norm(vector, axis=1)
    angle = np.arctan2(vector[:, 1], vector[:, 0])
    mean = (length * np.exp(2j * angle)).sum() / length.sum()
    if abs(mean) < AGREE:
        return None
    middle = float(np.angle(mean) / 2)
    off = (angle - middle + np.pi / 2) % np.pi - np.pi / 2
    order = np.argsort(off)
    share = np.cumsum(length[order]) / length.sum()
    return middle + float(off[order][np.searchsorted(share, 0.5)])


def is_upside_down(
    rgb: Pixels, lines: Lines, heights: Array, to_rgb: Frame, sureness: Callable[[Sequence[Pixels]], list[float]]
) -> bool:
    """Whether the lines are read more surely when turned round.

    `lines` with their `heights`, in a frame in which they run from left to right or the reverse; `to_rgb` leads from
    there into `rgb`.
    """
    longest = np.argsort(-np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1))[:MOST]
    strips: list[Pixels] = []
    read: list[float] = []
    for i in longest.tolist():
        strips.append(strip(rgb, lines[i], float(heights[i]), to_rgb))
        read += sureness(strips[-1:])
        if len(read) >= ENOUGH and np.mean(read) >= FLUENT:
            return False
    return bool(strips) and float(np.mean(sureness([s[::-1, ::-1] for s in strips])) - np.mean(read)) > SURER


def strip(rgb: Pixels, line: Array, height: float, to_rgb: Frame) -> Pixels:
    """One line of writing, READ_HEIGHT pixels high, left end first."""
    start, end = line[np.argsort(line[:, 0])]
    dx, dy = (end - start).tolist()
    scale = 1.1 * height / READ_HEIGHT
    place = Affine.translation(0, -READ_HEIGHT / 2).then(Affine.scaling(scale))
    place = place.then(Affine.rotation(float(np.arctan2(dy, dx)))).then(Affine.translation(*start.tolist()))
    width = max(READ_HEIGHT, round(float(np.hypot(dx, dy)) / scale))
    return render(rgb, Chain((place, to_rgb)), (width, READ_HEIGHT))
