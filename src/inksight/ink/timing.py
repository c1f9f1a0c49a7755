"""When a pen might have been where: times for ink that came without any.

A picture holds no times. These are made up, plausible enough to animate ink and to feed recognisers that ask for times,
and are marked as synthetic wherever they are written. The pen follows the two-thirds power law (Lacquaniti, Terzuolo
and Viviani 1983): its speed falls with the cube root of the curvature, within limits, and it starts and stops slowly.
Over 153 words of UNIPEN, whose tablets tell the real speed, the two's logarithms have a median correlation of 0.82.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..arrays import Array
from . import Stroke
from .curves import arc_lengths, smooth

SPEED = 13.0
"""Along a curve with the radius of a letter's height, in letter heights per second."""
FASTEST = 2.0
"""Of a straight line, in SPEED."""
RAMP = 0.3
"""The pen is at SPEED this far from a stroke's ends, in letter heights."""
SLOWEST = 0.25
"""At corners and at a stroke's ends, in SPEED."""
DWELL = 0.05
"""For how long the pen touches the paper at a dot, in seconds."""
LIFT, AIR_SPEED, LONGEST_LIFT = 0.08, 20.0, 0.6
"""A move through the air takes LIFT seconds and its way at AIR_SPEED, and is over after LONGEST_LIFT."""

HOLD = 3.0
"""For how long an animation shows the written page before it starts anew, in seconds."""
LONGEST_PLAY, LONGEST_OF_ALL = 15.0, 600.0
"""In seconds: how long an animation is by itself at most, and however slowly it shall play."""

_BLUR = 1 / 12  # of the curve before its bends are measured, in letter heights: points come as polygons
_FINEST = 1000  # steps of a curve at most, however long it is


def times(strokes: Sequence[Stroke]) -> list[Array]:
    """When the pen passes each point, in seconds from the first pen-down: for each stroke float64 (n,), rising.

    Time passes between strokes, and within them wherever the pen moves. Between the last point of a stroke and the
    first of the next the pen is in the air, after `DWELL` on the paper if the stroke is a dot.
    """
    unit = letter_height(strokes)
    out: list[Array] = []
    now = 0.0
    for i, stroke in enumerate(strokes):
        if i:
            before = strokes[i - 1]
            way = float(np.hypot(*(stroke.points[0].astype(float) - before.points[-1])))
            now += min(LIFT + way / (AIR_SPEED * unit), LONGEST_LIFT) + (DWELL if before.length == 0 else 0.0)
        out.append(now + _along(stroke, unit))
        now = float(out[-1][-1])
    return out


def duration(strokes: Sequence[Stroke]) -> float:
    """How long the writing takes, in seconds: till the pen leaves the paper for the last time."""
    return float(times(strokes)[-1][-1]) + (DWELL if strokes[-1].length == 0 else 0.0) if strokes else 0.0


def playing_time(pen_time: float, speed: float) -> float:
    """How long an animation of writing takes that took `pen_time` seconds.

    A pen takes minutes for a page. It plays in the square root of its seconds (a word in 2, a page in 12, none in more
    than 15), and never slower than the pen; then as much faster as `speed` says.
    """
    return min(min(pen_time, math.sqrt(pen_time), LONGEST_PLAY) / speed, LONGEST_OF_ALL)


def letter_height(strokes: Sequence[Stroke]) -> float:
    """The size of the writing: the median height of the strokes that have one, else of their lengths, else 1."""
    for sizes in ([s.box[3] - s.box[1] for s in strokes], [s.length for s in strokes]):
        if some := [size for size in sizes if size > 0]:
            return float(np.median(some))
    return 1.0


def _along(stroke: Stroke, unit: float) -> Array:
    """Seconds from the first point to each: float64 (n,)."""
    way = arc_lengths(stroke.points)
    if way[-1] == 0:
        return np.zeros(len(way))
    blur = max(_BLUR * unit, 2 * way[-1] / _FINEST)
    even = smooth(stroke.points, blur)
    at = np.linspace(0, way[-1], len(even))
    speed = _speed(even, at / unit) * unit
    slowness = 1 / speed
    passed = np.concatenate([[0.0], np.cumsum((slowness[1:] + slowness[:-1]) / 2 * np.diff(at))])
    return np.asarray(np.interp(way, at, passed))


def _speed(curve: Array, at: Array) -> Array:
    """Letter heights per second at the evenly spaced points of a curve, which lie at arc lengths `at`."""
    steps = np.diff(curve, axis=0)
    turns = np.abs(np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))))
    bend = np.pad(turns / at[1], (1, 1), mode="edge") if len(turns) else np.zeros(len(curve))
    by_bend = (bend + FASTEST**-3) ** (-1 / 3)
    from_end = np.minimum(at, at[-1] - at)
    return np.asarray(SPEED * np.clip(np.minimum(by_bend, np.sqrt(from_end / RAMP)), SLOWEST, None))
