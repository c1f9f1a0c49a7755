"""Other views of a word: slanted or at another size it is traced anew, and of several inks the surest one is found.

A network that goes astray in one view seldom does so in the same way in the others. So the ink to keep is one of which
the decoder was sure, and which the inks of the other views bear out: they pass the same places, in the same direction,
at the same time, and lift the pen there. Where two views do, no more are asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Map
from ..imaging.canvas import fit
from ..imaging.crop import Crop
from ..ink.bundle import Bundle
from ..ink.frames import Affine

STEP = 3.0
"""Inks are compared at points so far apart, in canvas pixels."""
NEAR, LIFT_NEAR = 3.0, 5.0
"""Points this close are at one place, and so are ends of strokes; in canvas pixels."""
SAME_WAY = 0.5
"""Cosine of the angle between two directions that are the same."""
LATER = 0.08
"""Two pens are at a place at the same time when they differ by less than this share of the word."""
SURENESS, WAY, LIFTS = 1.5, 2.5, 3.0
"""What counts in a choice: the logarithm of the decoder's mean probability, and the shares of the way and of the lifts
that other inks bear out. Fitted to the errors of order, direction and lifts on words of validation writers (log.md)."""
LEFT = 15.0
"""What the share of the ink that isn't covered counts against it: order matters little where a part is missing."""
BORNE_OUT = 4.8
"""An ink that others bear out this well, of `WAY` + `LIFTS`, needs no more of them."""


class View(NamedTuple):
    """How a word is laid on the canvas."""

    slant: float = 0.0
    """Pixels to the right for each pixel upwards."""
    fill: float = 0.8
    """The most that its box may take of the canvas's height."""

    def fit(self, crop: Crop, height: int, max_width: int) -> tuple[Map, Affine]:
        """The canvas, float32 (height, W), and the affine map from the crop to it."""
        if not self.slant:
            return fit(crop.ink, crop.bounds, height=height, max_width=max_width, fill=self.fill)
        leaning, lean = slanted(crop.ink, self.slant)
        canvas, frame = fit(leaning, height=height, max_width=max_width, fill=self.fill)
        return canvas, lean.then(frame)


STRAIGHT = View()
ROUNDS = (View(slant=-0.15),), (View(fill=0.72), View(fill=0.88), View(slant=0.15))
"""The other views, those of a round together. Every word is seen in the first; the next is for those, one of
three, whose ink isn't borne out so far."""


def slanted(ink: Map, slant: float) -> tuple[Map, Affine]:
    """The ink map (H, W) sheared about its middle, wide enough for all of it, and the affine map to it."""
    height, width = ink.shape
    beyond = int(np.ceil(abs(slant) * height / 2)) + 1
    shift = beyond + slant * (height / 2 - np.arange(height) - 0.5)
    whole = np.floor(shift).astype(np.int64)
    part = (shift - whole)[:, None].astype(np.float32)
    column = np.arange(width + 2 * beyond) - whole[:, None]
    row = np.arange(height)[:, None]
    padded = np.pad(ink, ((0, 0), (1, 1)))
    here, before = (padded[row, np.clip(at, 0, width + 1)] for at in (column + 1, column))
    return here * (1 - part) + before * part, Affine(b=-slant, c=beyond + slant * height / 2)


class _Course(NamedTuple):
    """An ink as the way of a pen: points (n, 2), directions (n, 2; 0 for a dot), and where strokes end (strokes, 2)."""

    at: Array
    heading: Array
    ends: Array


def _course(strokes: Sequence[Array], pixel: float) -> _Course:
    even = Bundle.of(strokes).resampled(STEP * pixel)
    heading = even.gradient()
    length = np.linalg.norm(heading, axis=1, keepdims=True)
    return _Course(even.points, heading / np.maximum(length, 1e-9), even.points[even.last])


class Choice(NamedTuple):
    """One of several inks of a word."""

    which: int
    """Its number."""
    settled: bool
    """Whether the others bear it out so well that no more are needed."""


def consensus(inks: Sequence[Sequence[Array]], sure: Sequence[float], left: Sequence[float], pixel: float) -> Choice:
    """Which of at least two inks of one word to keep.

    Inks are strokes (n, 2) each, in one frame, `sure` the decoder's mean probabilities (0..1), `left` the shares
    (0..1) of the picture's ink that they don't cover; `pixel` is a canvas pixel in the frame's unit. An ink without
    strokes is borne out by none.
    """
    courses = [_course(strokes, pixel) if strokes else None for strokes in inks]
    count = len(inks)
    way, lifts = np.zeros((count, count)), np.zeros((count, count))
    for i, a in enumerate(courses):
        for j, b in enumerate(courses[:i]):
            if a and b:
                way[i, j] = way[j, i] = _same_way(a, b, pixel)
                lifts[i, j] = lifts[j, i] = _same_lifts(a, b, pixel)
    others = count - 1
    borne_out = (WAY * way.sum(axis=1) + LIFTS * lifts.sum(axis=1)) / others
    best = int((SURENESS * np.log(np.maximum(sure, 1e-3)) - LEFT * np.asarray(left) + borne_out).argmax())
    return Choice(best, bool(borne_out[best] >= BORNE_OUT))


def _same_way(a: _Course, b: _Course, pixel: float) -> float:
    """The share (0..1) of both ways whose points the other passes as well, in the same direction, at the same time."""
    near = _squared_gaps(a.at, b.at) < (NEAR * pixel) ** 2
    way = a.heading @ b.heading.T > SAME_WAY
    is_dot = [(c.heading == 0).all(axis=1) for c in (a, b)]  # which has no direction
    way |= is_dot[0][:, None] | is_dot[1]
    late = LATER * max(len(a.at), len(b.at)) + 2
    both = near & way & (np.abs(np.arange(len(a.at))[:, None] - np.arange(len(b.at))) < late)
    return float(both.any(axis=1).mean() + both.any(axis=0).mean()) / 2


def _same_lifts(a: _Course, b: _Course, pixel: float) -> float:
    """The share (0..1) of both inks' ends of strokes that lie where the other has one."""
    near = _squared_gaps(a.ends, b.ends) < (LIFT_NEAR * pixel) ** 2
    return float(near.any(axis=1).sum() + near.any(axis=0).sum()) / (len(a.ends) + len(b.ends))


def _squared_gaps(a: Array, b: Array) -> NDArray[np.float64]:
    """Squared distances between points (n, 2) and (m, 2): (n, m)."""
    dx, dy = (a[:, None, i] - b[None, :, i] for i in (0, 1))
    gaps: NDArray[np.float64] = dx * dx + dy * dy
    return gaps
