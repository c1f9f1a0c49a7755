"""Ruled and squared paper in the picture of one word: lines from border to border that the pen did not draw.

Whole pages have more to go by (lines of one family, over long ways), see `detect.ruling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.rules.inkmap import binarize, ink_map
from inksight.arrays import Array, Map, Mask, Pixels
from inksight.imaging.raster import pen_width

FAINT = 0.15
"""Ink above this takes part in the search: ruling is often paler than the pen."""

STEEPEST, BESIDE = 0.08, 0.02
"""The steepest line, and by how much the slopes of a picture's lines may differ."""

COVERED, COVERED_BESIDE = 0.93, 0.8
"""The share of its way that a line must be inked; less is enough for a further line beside one that is clear."""

BARE = 0.35
"""The share of its way on which a line must be seen alone, with nothing that crosses or touches it."""

WAVER = 0.8
"""How far in pixels (root mean square) a line may stray from a parabola."""

WIDE, MARGIN = 2.0, 3
"""In a picture so many times as wide as high, or with so many pixels of paper above and below, a line across may look
like the pen's; in a tighter one it may be the bar of a T."""

PALER, THINNER = 0.2, 0.6
"""A line unlike the pen's: its ink lower by so much, or its width less than this share of the pen's."""

LEFT = 0.25
"""With less of the ink left, or a flat rest, the lines were the writing: a dash, an equals sign, an underscore."""

HALO = 2
"""The blurred rim of a line, in pixels."""

TRIALS = 40
"""So many places are looked at closely; only noise has more."""


CEILING = 3.0
"""Where lines of the paper outnumber the pen's, the usual ink is theirs, and a pen may be so many times as dark."""


def word_ink(rgb: Pixels) -> Map:
    """The ink map of a picture of one word, without the lines of the paper: float32 (H, W), 0 = paper, 1 = full ink.

    The lines are taken off before the ink is cut at 1, because on squared paper they may be most of what is inked; then
    the scale is set by what is left. Raises ValueError for another shape or dtype than uint8 (H, W, 3).
    """
    ink = ink_map(rgb, CEILING)
    return rescaled(without_ruling(ink), ink)


def rescaled(rest: Map, ink: Map) -> Map:
    """What is left of an ink map without its ruling, cut at 1; the scale is that of the rest, if anything was taken."""
    inked = rest[rest > FAINT] if rest is not ink else np.zeros(0, np.float32)
    usual = max(1.0, float(np.percentile(inked, 75))) if len(inked) else 1.0
    return (rest / np.float32(usual)).clip(0, 1)


def without_ruling(ink: Map) -> Map:
    """A word's ink map with the lines of the paper at 0; strokes that cross or touch them stay: float32 (H, W).

    A line of the paper runs straight from border to border. Where its vertical run of ink is no higher than the line
    is thick, the run goes; where it is higher or darker, a stroke crosses, and all of it stays. Upright lines likewise,
    but only beside horizontal ones or one another. What the pen may have drawn stays: lines that end before the border,
    that look like the pen's in a tight picture, or without which hardly any ink would be left. The map itself is
    returned when there is nothing to take away.
    """
    rows, columns = _lines(ink), _lines(ink.T)
    if not rows and len(columns) < 2:
        return ink
    mask = binarize(ink)
    rest = mask & ~_on(rows, ink.shape) & ~_on(columns, ink.T.shape).T
    if not rest.any():
        return ink
    pen, level = pen_width(rest), float(np.median(ink[rest]))
    tight = ink.shape[1] < WIDE * len(ink) and (mask[:MARGIN].any() or mask[-MARGIN:].any())
    rows = [line for line in rows if not tight or line.unlike(pen, level)]
    squared = len(rows) >= 2 and len(columns) >= 3
    some = bool(rows) or len(columns) >= 2
    columns = [line for line in columns if squared or (some and line.unlike(pen, level))]
    out = ink.copy()
    for line in rows:
        _erase(out, line, pen)
    for line in columns:
        _erase(out.T, line, pen)
    for row in rows:
        for column in columns:
            _erase_crossing(out, row, column)
    left = np.flatnonzero((rest & (out > 0)).any(axis=1))
    return out if len(left) and np.ptp(left) >= 3 * pen and binarize(out).sum() >= LEFT * rest.sum() else ink


@dataclass(frozen=True)
class _Line:
    """A line from the left border to the right one: its row in each column (W,), its usual ink and its width in px."""

    rows: NDArray[np.int64]
    level: float
    thickness: float

    def unlike(self, pen: float, level: float) -> bool:
        """Whether it looks different from the pen's lines."""
        return self.level < level - PALER or self.thickness < THINNER * pen


def _lines(ink: Map) -> list[_Line]:
    """The nearly horizontal lines from border to border, the clearest first."""
    limit = int(4 + 0.04 * min(ink.shape))
    if min(ink.shape) < 3 * limit:
        return []
    ends, covered, bare = _candidates(ink > FAINT, limit)
    if not len(ends):
        return []
    score = np.where(covered >= COVERED_BESIDE, covered + bare + (covered >= COVERED), 0)  # the clear ones come first
    drop = ends[:, 1] - ends[:, 0]
    found: list[_Line] = []
    for _ in range(TRIALS):
        best = int(score.argmax())
        if score[best] == 0 or not (found or covered[best] >= COVERED):
            break
        start, end = ends[best].tolist()
        line = _measured(ink, np.linspace(start, end, ink.shape[1]), limit, borders=1 if found else 2)
        apart = abs(ends - ends[best])
        if line is None:
            score[(apart <= 1).all(axis=1)] = 0
        else:
            found.append(line)
            score[(apart <= limit).any(axis=1) | (abs(drop - drop[best]) > BESIDE * ink.shape[1] + 1)] = 0
    return found


def _candidates(mask: Mask, limit: int) -> tuple[Array, Array, Array]:
    """Straight lines from border to border: the rows of their ends (n, 2), and the shares of their columns in which
    they are inked, and inked by a vertical run of at most `limit` pixels, (n,) each.

    From row profiles of narrow blocks of columns, sheared. Only those with a share of `BARE` of such runs.
    """
    height, width = mask.shape
    edges = np.linspace(0, width, max(4, min(16, width // 8)) + 1).astype(int)
    place = (edges[1:] + edges[:-1]) / (2 * width) - 0.5
    drop = np.arange(-int(STEEPEST * width), int(STEEPEST * width) + 1)
    shift = np.rint(drop[:, None] * place).astype(int)
    pad = -int(shift.min())  # so that what lies beyond the map counts as paper
    cells = ((np.arange(height)[:, None, None] + pad + shift) * len(place) + np.arange(len(place))).reshape(
        -1, len(place)
    )

    def profile(part: Mask) -> NDArray[np.int16]:
        near = part.copy()
        near[1:] |= part[:-1]
        near[:-1] |= part[1:]
        return np.pad(np.add.reduceat(near, edges[:-1], axis=1, dtype=np.int16), ((pad, pad), (0, 0))).ravel()

    bare = profile(mask & (vertical_runs(mask) <= limit))[cells].sum(axis=1) / width
    kept = np.flatnonzero(bare >= BARE)
    covered = profile(mask)[cells[kept]].sum(axis=1) / width
    ends = kept[:, None] // len(drop) + drop[kept % len(drop), None] * [-0.5, 0.5]
    return ends, covered, bare[kept]


def vertical_runs(mask: Mask) -> NDArray[np.int32]:
    """For each pixel of the mask the length of the vertical run through it; 0 elsewhere: int32 (H, W)."""
    edges = np.diff(np.pad(mask, ((1, 1), (0, 0))).astype(np.int8), axis=0).T  # columns, for runs in memory order
    lengths = np.nonzero(edges == -1)[1] - np.nonzero(edges == 1)[1]
    runs = np.zeros(mask.T.shape, np.int32)
    runs[mask.T] = np.repeat(lengths, lengths)
    return runs.T


def _measured(ink: Map, rows: Array, limit: int, borders: int) -> _Line | None:
    """The line near `rows` (W,), followed closely; None if it isn't straight, thin and inked up to so many borders."""
    offset = np.arange(-limit - 1, limit + 2)[:, None]
    band = _band(ink, np.rint(rows).astype(np.int64), limit + 1)
    run, above, below = _runs_through_middle(band > FAINT)
    thin = (run > 0) & (run <= limit)
    if thin.mean() < BARE:
        return None
    thin &= run <= np.percentile(run[thin], 40) + 1  # what is higher has a stroke at it
    along = np.where((offset >= -above - 1) & (offset <= below + 1), band, 0)  # the runs alone, with their rims
    peak = along.max(axis=0)
    level = float(np.median(peak[thin]))
    end = max(2, len(rows) // 64)
    if sum(float(np.median(part)) > 0.5 * level for part in (peak[:end], peak[-end:])) < borders:
        return None
    near = along[:, thin]
    x = np.flatnonzero(thin)
    centre = np.rint(rows[thin]) + (offset * near).sum(axis=0) / near.sum(axis=0)
    curve = np.polynomial.Polynomial.fit(x, centre, 2)
    if np.sqrt(np.mean((curve(x) - centre) ** 2)) > WAVER:
        return None
    thickness = float(np.median(near.sum(axis=0))) / level
    return _Line(np.rint(curve(np.arange(len(rows)))).astype(np.int64), level, thickness)


def _band(ink: Map, rows: NDArray[np.int64], reach: int) -> Map:
    """The map straightened along a line: float32 (2 reach + 1, W), the line in the middle; 0 beyond the map."""
    at = rows + np.arange(-reach, reach + 1)[:, None]
    inside = (at >= 0) & (at < len(ink))
    return np.where(inside, ink[at.clip(0, len(ink) - 1), np.arange(len(rows))], np.float32(0))


def _runs_through_middle(on: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The lengths of a band's vertical runs through its middle row (0: none), and how far they go on above and below.

    All (W,). A run that misses the middle by a pixel counts.
    """
    reach = len(on) // 2
    above = np.cumprod(on[reach - 1 :: -1], axis=0, dtype=np.int64).sum(axis=0)
    below = np.cumprod(on[reach + 1 :], axis=0, dtype=np.int64).sum(axis=0)
    return np.where(on[reach - 1 : reach + 2].any(axis=0), above + below + 1, 0), above, below


def _on(lines: Sequence[_Line], shape: tuple[int, ...]) -> Mask:
    """The pixels on the lines: bool `shape`."""
    rows = np.arange(shape[0])[:, None]
    out = np.zeros(shape, np.bool_)
    for line in lines:
        out |= abs(rows - line.rows) <= line.thickness / 2 + 1
    return out


def _erase(ink: Map, line: _Line, pen: float) -> None:
    """Set the line to 0 where no stroke crosses it or lies on it (changes `ink`)."""
    reach = int(2 * line.thickness) + 4
    band = _band(ink, line.rows, reach)
    run, above, below = _runs_through_middle(band > max(FAINT, 0.5 * line.level))
    stroke = (run > 1.3 * line.thickness + 0.8) | ((run > 0) & _inky(band, line))
    low = run <= 1.5 * line.thickness + 1.5
    stroke = _bridged(_without_bumps(stroke, low, 0.6 * pen), low, pen)
    offset = np.arange(-reach, reach + 1)[:, None]
    at, column = np.broadcast_arrays(line.rows + offset, np.arange(len(line.rows)))
    gone = ~stroke & (offset >= -above - HALO) & (offset <= below + HALO) & (at >= 0) & (at < len(ink))
    ink[at[gone], column[gone]] = 0


def _erase_crossing(ink: Map, row: _Line, column: _Line) -> None:
    """Set what is left where two lines cross to 0, unless it goes on beyond the crossing (changes `ink`)."""
    x = int(column.rows[len(column.rows) // 2].clip(0, ink.shape[1] - 1))
    y = int(row.rows[x].clip(0, len(ink) - 1))
    x = int(column.rows[y].clip(0, ink.shape[1] - 1))
    reach = int(max(row.thickness, column.thickness) / 2) + HALO + 1
    box = ink[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
    if max(box[[0, -1]].max(), box[:, [0, -1]].max()) <= FAINT:
        box[:] = 0


def _inky(band: Map, line: _Line) -> Mask:
    """Where more ink lies on a line than its own, (W,), without the noise of single pixels.

    All that lies across it counts, as the peak of a thin line changes with its place between two rows of pixels.
    """
    middle, reach = len(band) // 2, int(line.thickness / 2) + 1
    mass = np.pad(band[middle - reach : middle + reach + 1].sum(axis=0), 1, mode="edge")
    calm = np.median([mass[:-2], mass[1:-1], mass[2:]], axis=0)
    return np.asarray(calm > (1.4 * line.level + PALER) * line.thickness)


def _without_bumps(stroke: Mask, low: Mask, least: float) -> Mask:
    """The flags (W,) without the stretches narrower than `least` that are low throughout: the line's own noise."""
    edges = np.flatnonzero(np.diff(np.pad(stroke, 1).astype(np.int8))).reshape(-1, 2)
    out = stroke.copy()
    for start, end in edges.tolist():
        if end - start < least and low[start:end].all():
            out[start:end] = False
    return out


def _bridged(stroke: Mask, low: Mask, pen: float) -> Mask:
    """The flags (W,) with the gaps filled in which a stroke is likely to go on along the line.

    These are gaps of a pen's width, and wider ones where a stroke comes to the line gradually: the bottom of a bowl.
    """
    at = np.flatnonzero(stroke)
    soft = stroke & low
    before, after = soft & np.roll(soft, 1), soft & np.roll(soft, -1)
    reach = pen * (1 + 3.0 * before[at[:-1]] + 3.0 * after[at[1:]])
    gap = np.diff(at) - 1
    out = stroke.copy()
    for i in np.flatnonzero((gap > 0) & (gap <= reach)).tolist():
        out[at[i] : at[i + 1]] = True
    return out
