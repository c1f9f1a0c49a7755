"""Lines that were on the paper before the pen came: ruling, squares, margins, folds and the edges of the sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.rules.inkmap import ink_map
from bench.rules.word_ruling import CEILING, rescaled, vertical_runs
from inksight.arrays import Array, Map, Mask, Pixels
from inksight.imaging.raster import pen_width

FAINT = 0.15
"""Ink above this takes part in the search: ruling is often paler than the pen."""

FAMILY = 4
"""So many alike lines across the page are a ruling; fewer may be underlines, or bars of a drawing."""

SPAN, LONE_SPAN = 0.4, 0.9
"""Shares of the page's width (or height) that one line of a family, or one on its own, must span."""

SOLID = 0.75
"""The share of its way on which a line must be inked; a row of letters is not."""

CRUMB = 0.6
"""A small rest of which more than this share lies on the lines is one of them."""

SAME_LEVEL = 0.25
"""How far the ink levels of two lines of a family may lie apart."""


DARKER = 1.6
"""A pixel so many times as dark as a line, and by more than `SAME_LEVEL`, belongs to a stroke on it."""


def page_ink(rgb: Pixels) -> Map:
    """The ink map of a page, without the lines of the paper: float32 (H, W), 0 = paper, 1 = full ink.

    As ruling.word_ink does it: lines first, then the scale of what is left. Raises ValueError for another shape or
    dtype than uint8 (H, W, 3).
    """
    ink = ink_map(rgb, CEILING)
    return rescaled(without_ruling(ink), ink)


def without_ruling(ink: Map) -> Map:
    """The ink map with the pixels of long straight lines set to 0, those of strokes that cross or touch them kept.

    A ruled line is thin across its direction wherever nothing crosses it, and its pieces line up over a large share of
    the page. So: pixels in short vertical runs of ink -> flat pieces -> chains of pieces in line -> long chains; their
    pixels go where the run is short, as staff lines do in the reading of music (Dalitz et al. 2008, section 3). The
    same for upright lines, on what is left.
    """
    mask = ink > FAINT
    limit = max(3, math.ceil(1.3 * pen_width(mask)) + 1)
    rows, along_rows = _lines(ink, mask, limit)
    columns, along_columns = _lines(ink.T, mask.T & ~rows.T, limit)
    lines = rows | columns.T
    if not lines.any():
        return ink
    return np.where(lines | _crumbs(mask & ~lines, along_rows | along_columns.T, 2 * limit), np.float32(0), ink)


def _crumbs(left: Mask, along: Mask, size: int) -> Mask:
    """The small pieces of what is left that lie on the lines for the most part: their own noise, bool (H, W)."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(left.astype(np.uint8), connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA]
    on_lines = np.bincount(labels[along], minlength=len(stats)) > CRUMB * area
    small = (stats[:, cv2.CC_STAT_WIDTH] <= size) & (stats[:, cv2.CC_STAT_HEIGHT] <= size)
    crumbs = small & on_lines
    crumbs[0] = False
    found: Mask = crumbs[labels]
    return found


@dataclass(frozen=True)
class _Pieces:
    """Flat pieces of lines, each fitted by y = y0 + slope (x - x0) for x0 <= x <= x1; arrays of shape (n,).

    `level` is the mean of the ink map along the piece's core, `thickness` the mean height in pixels.
    """

    x0: Array
    x1: Array
    y0: Array
    slope: Array
    level: Array
    thickness: Array

    @property
    def y1(self) -> Array:
        return self.y0 + self.slope * (self.x1 - self.x0)

    @property
    def width(self) -> Array:
        return self.x1 - self.x0 + 1

    def path(self, chain: list[int]) -> Array:
        """The pieces' ends one after the other: float64 (2 n, 2)."""
        ends = [(self.x0[i], self.y0[i], self.x1[i], self.y1[i]) for i in chain]
        return np.array(ends).reshape(-1, 2)


def _lines(ink: Map, mask: Mask, limit: int) -> tuple[Mask, Mask]:
    """The long, nearly horizontal lines, at most `limit` pixels thick: their pixels, and what is no darker beside them.

    Lines of the paper go on to its edge, also where they are too short or too pale to be seen as lines.
    """
    import cv2

    runs = vertical_runs(mask)
    pieces = _flat_pieces(ink, mask & (runs <= limit), limit)
    highest = np.zeros(mask.shape, np.float32)  # a run higher than this is a stroke on the line, not the line
    darkest = np.zeros(mask.shape, np.float32)  # so is a pixel darker than this
    for chain in _long(pieces, _chains(pieces, limit, mask.shape[1]), mask):
        path = _to_borders(pieces.path(chain), mask.shape[1]).round().astype(np.int32)[:, None]
        thickness = np.average(pieces.thickness[chain], weights=pieces.width[chain])
        level = np.average(pieces.level[chain], weights=pieces.width[chain])
        cv2.polylines(highest, [path], False, 1.4 * thickness + 1, thickness=limit + 2)
        darker = max(level + SAME_LEVEL, DARKER * level)
        cv2.polylines(darkest, [path], False, darker, thickness=limit + 2)
    return mask & (runs <= highest) & (ink <= darkest), (highest > 0) & (ink <= darkest)


def _to_borders(path: Array, width: int) -> Array:
    """The path (n, 2) drawn out to both sides of the picture, by the slope of its outer quarters."""
    quarter = max(1, len(path) // 4)
    ends = []
    for inner, outer, x in ((path[quarter], path[0], 0.0), (path[-1 - quarter], path[-1], width - 1.0)):
        slope = (outer[1] - inner[1]) / (outer[0] - inner[0]) if outer[0] != inner[0] else 0.0
        ends.append((x, outer[1] + slope * (x - outer[0])))
    return np.vstack([ends[0], path, ends[1]])


def _flat_pieces(ink: Map, thin: Mask, length: int) -> _Pieces:
    """The components of `thin` that are at least `length` wide and four times as wide as high, from left to right."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(thin.astype(np.uint8), connectivity=8)
    w, h = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    flat = (w >= length) & (w >= 4 * h)
    flat[0] = False
    y, x = np.nonzero(flat[labels])
    label = labels[y, x]

    def total(values: Array | None = None) -> Array:
        return np.bincount(label, values, len(stats))[flat].astype(np.float64)

    height = len(ink)
    core = ink[y, x] >= np.maximum(ink[np.maximum(y - 1, 0), x], ink[np.minimum(y + 1, height - 1), x])
    level = total((ink[y, x] * core).astype(float)) / np.maximum(total(core.astype(float)), 1)
    n = total()
    mx, my = total(x.astype(float)) / n, total(y.astype(float)) / n
    slope = (total(x * y.astype(float)) / n - mx * my) / (total(x * x.astype(float)) / n - mx**2)
    x0 = stats[flat, cv2.CC_STAT_LEFT].astype(float)
    x1 = x0 + w[flat] - 1
    order = np.argsort(x0, kind="stable")
    return _Pieces(*(a[order] for a in (x0, x1, my + slope * (x0 - mx), slope, level, n / w[flat])))


def _chains(pieces: _Pieces, limit: int, width: int) -> list[list[int]]:
    """Pieces in line with one another, each chain from left to right.

    All lines of a page have about the same slope; perspective lets it vary by a hundredth.
    """
    if not len(pieces.x0):
        return []
    common = _weighted_median(pieces.slope, pieces.width**2)
    chains: list[list[int]] = []
    tails = np.zeros((0, 3))  # each chain's end, and where it starts
    for i in np.flatnonzero(abs(pieces.slope - common) <= 0.02 + limit / pieces.width).tolist():
        dx = pieces.x0[i] - tails[:, 0]
        off = abs(pieces.y0[i] - tails[:, 1] - common * dx)
        fits = (dx >= -limit) & (dx <= width / 3) & (off <= 0.5 * limit + 1 + 0.01 * abs(dx))
        if fits.any():
            best = int(
                np.where(fits, tails[:, 0] - tails[:, 2], -np.inf).argmax()
            )  # the longest: letters make short ones
            chains[best].append(i)
            tails[best, :2] = pieces.x1[i], pieces.y1[i]
        else:
            chains.append([i])
            tails = np.vstack([tails, (pieces.x1[i], pieces.y1[i], pieces.x0[i])])
    return chains


def _long(pieces: _Pieces, chains: list[list[int]], mask: Mask) -> list[list[int]]:
    """The chains that are lines of the paper: a family of alike ones, or single ones across nearly the whole page."""
    width = mask.shape[1]
    spans = np.array([pieces.x1[c[-1]] - pieces.x0[c[0]] for c in chains]) / width
    levels = np.array([np.average(pieces.level[c], weights=pieces.width[c]) for c in chains])
    solid = np.array([s >= SPAN and _inked(pieces.path(c), mask) >= SOLID for s, c in zip(spans, chains, strict=True)])
    if not solid.any():
        return []
    alike = abs(levels - _weighted_median(levels[solid], spans[solid])) <= SAME_LEVEL
    keep = solid & (spans >= LONE_SPAN)
    if (solid & alike).sum() >= FAMILY:
        keep |= solid & alike
    return [c for c, k in zip(chains, keep, strict=True) if k]


def _inked(path: Array, mask: Mask) -> float:
    """The share of the path's columns with ink within 2 pixels above or below."""
    x = np.arange(int(path[0, 0]), int(path[-1, 0]) + 1)
    y = np.interp(x, path[:, 0], path[:, 1]).round().astype(int)
    rows = np.clip(y[:, None] + np.arange(-2, 3), 0, len(mask) - 1)
    return float(mask[rows, x[:, None]].any(axis=1).mean())


def _weighted_median(values: Array, weights: Array) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
