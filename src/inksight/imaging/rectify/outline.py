"""The outline of a sheet on a table: four straight edges, between which the picture changes colour.

Candidates come from lines (Hough) in a small picture without its thin strokes; each is judged by what supports it. The
border of the picture may stand in for an edge that it cuts off.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Array, Pixels

SIDE = 480
"""Longer side of the picture in which lines are looked for, in pixels."""

LINES = 18
"""So many lines are tried at most."""

STEP = 3
"""Colours are compared so many pixels before and behind an edge: a shadow's edge is softer."""

CLEAR = 6.0
"""Two surfaces differ in lightness by at least so many per cent."""

SUPPORTED, CUT_SUPPORTED = 0.55, 0.75
"""Share of each edge at which the colour changes; where the picture's border cuts the sheet, more is asked."""

SMALLEST = 0.12
"""A sheet takes at least this share of the picture."""

LIKELY = 0.2
"""The least score of a sheet."""


@dataclass(frozen=True, eq=False)
class Outline:
    """A quadrilateral that may be a sheet: `corners` float64 (4, 2), clockwise, in pixels of the given picture.

    `cut` says of each side (from corner i to i + 1) whether it is the picture's border. `score` orders the candidates.
    """

    corners: Array
    cut: tuple[bool, bool, bool, bool]
    score: float

    @property
    def whole(self) -> bool:
        return not any(self.cut)


def outlines(rgb: Pixels) -> list[Outline]:
    """Candidates for the sheet's outline, the best first; none where the sheet fills the picture."""
    scale = min(1.0, SIDE / max(rgb.shape[:2]))
    size = round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    plain = 100 * np.log(_without_strokes(small) + np.float32(16))  # equal shares of light are equal steps in shadows
    lines, border, edges = _lines(plain)
    quads, cut = _quads(lines, border, plain.shape[1], plain.shape[0])
    if not len(quads):
        return []
    score = _scores(plain, quads, cut)
    likely = [i for i in np.argsort(-score)[:60].tolist() if score[i] > 0]
    score[likely] *= [np.exp(-0.5 * _edges_inside(edges, quads[i])) for i in likely]
    height, width = rgb.shape[:2]
    factor = np.array([width / plain.shape[1], height / plain.shape[0]])
    best = sorted(likely, key=lambda i: -score[i])
    found = [Outline(quads[i] * factor, tuple(cut[i].tolist()), float(score[i])) for i in best]
    return [o for o in found if o.score > LIKELY]


def _without_strokes(small: Pixels) -> Pixels:
    """The picture with its thin strokes, light or dark, gone and its edges where they were."""
    return np.asarray(cv2.medianBlur(cv2.medianBlur(small, 9), 9), np.uint8)


def _lines(plain: NDArray[np.float32]) -> tuple[Array, int, Pixels]:
    """Straight lines as (rho, theta), float64 (n, 2): strong ones, then the picture's border as the last four.

    Also the number of lines that aren't the border's, and the edges in which they were found, uint8 (H, W).
    """
    dx, dy = cv2.Sobel(plain, cv2.CV_32F, 1, 0), cv2.Sobel(plain, cv2.CV_32F, 0, 1)
    strongest = (np.abs(dx) + np.abs(dy)).argmax(axis=2)[..., None]
    dx, dy = (np.take_along_axis(d, strongest, axis=2)[..., 0] for d in (dx, dy))
    height, width = plain.shape[:2]
    kept: list[tuple[float, float]] = []
    edges = np.zeros((height, width), np.uint8)
    for clear, most in ((4 * CLEAR, LINES // 2), (CLEAR, LINES)):  # a table's pattern may have many fainter lines
        edges = np.asarray(cv2.Canny(dx.astype(np.int16), dy.astype(np.int16), 4 * clear, 8 * clear), np.uint8)
        found = cv2.HoughLines(edges, 1, np.pi / 180, round(0.12 * min(height, width)))
        for rho, theta in (found if found is not None else np.zeros((0, 1, 2))).reshape(-1, 2).tolist():
            if len(kept) == most:
                break
            if not any(_alike((rho, theta), other) for other in kept):
                kept.append((rho, theta))
    half = np.pi / 2
    border = [(0.0, half), (width - 1.0, 0.0), (height - 1.0, half), (0.0, 0.0)]
    return np.array(kept + border), len(kept), edges


def _alike(a: tuple[float, float], b: tuple[float, float]) -> bool:
    rho, turn = b[0], abs(a[1] - b[1])
    if turn > np.pi / 2:  # the same direction is met again at 180 degrees, with rho reversed
        rho, turn = -rho, np.pi - turn
    return abs(a[0] - rho) < 8 and turn < np.radians(4)


def _quads(lines: Array, real: int, width: int, height: int) -> tuple[Array, NDArray[np.bool_]]:
    """Convex quadrilaterals of two pairs of opposite lines: corners float64 (n, 4, 2), clockwise, and which are cut."""
    direction = np.stack([np.cos(lines[:, 1]), np.sin(lines[:, 1])], axis=1)
    angle = np.degrees(np.arccos(np.abs(direction @ direction.T).clip(0, 1)))
    opposite = [(i, j) for i, j in combinations(range(len(lines)), 2) if angle[i, j] < 40]
    chosen = [
        (a, c, b, d)
        for (a, b), (c, d) in combinations(opposite, 2)
        if len({a, b, c, d}) == 4 and min(angle[a, c], angle[a, d], angle[b, c], angle[b, d]) > 45
        if min(a, b, c, d) < real
    ]
    if not chosen:
        return np.zeros((0, 4, 2)), np.zeros((0, 4), bool)
    around = np.array(chosen)  # lines in the order in which they are met
    corners = np.stack([_meet(lines[around[:, i - 1]], lines[around[:, i]]) for i in range(4)], axis=1)
    flip = _area(corners) < 0
    corners[flip], around[flip] = corners[flip][:, ::-1], around[flip][:, [2, 1, 0, 3]]
    cut = around >= real
    near = 0.12 * max(width, height)
    inside = ((corners > -near) & (corners < np.array([width, height]) + near)).all(axis=(1, 2))
    good = inside & _is_fair(corners) & (_area(corners) > SMALLEST * width * height)
    return corners[good], cut[good]


def _meet(a: Array, b: Array) -> Array:
    """Where lines a and b, each (n, 2), cross: float64 (n, 2)."""
    (r, s), (p, q) = a.T, b.T
    det = np.sin(q - s)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (r * np.sin(q) - p * np.sin(s)) / det
        y = (p * np.cos(s) - r * np.cos(q)) / det
    return np.asarray(np.nan_to_num(np.stack([x, y], axis=1), nan=1e9, posinf=1e9, neginf=-1e9))


def _area(corners: Array) -> Array:
    """Positive for those that go round clockwise on the screen: float64 (n,)."""
    x, y = corners[..., 0], corners[..., 1]
    return np.asarray(0.5 * (x * np.roll(y, -1, axis=1) - np.roll(x, -1, axis=1) * y).sum(axis=1))


def _is_fair(corners: Array) -> NDArray[np.bool_]:
    """Whether a rectangle can look like that: convex, angles of 40 to 140 degrees, opposite sides not too unlike."""
    side = np.roll(corners, -1, axis=1) - corners
    length = np.maximum(np.linalg.norm(side, axis=2), 1e-9)
    before = np.roll(side, 1, axis=1)
    turn = before[..., 0] * side[..., 1] - before[..., 1] * side[..., 0]
    sine = turn / (length * np.roll(length, 1, axis=1))
    ratio = np.maximum(length[:, :2] / length[:, 2:], length[:, 2:] / length[:, :2])
    fair: NDArray[np.bool_] = (sine > np.sin(np.radians(40))).all(axis=1) & (ratio < 2.5).all(axis=1)
    return fair


def _scores(plain: NDArray[np.float32], quads: Array, cut: NDArray[np.bool_]) -> Array:
    """How good each quadrilateral is as a sheet's outline, 0 for not at all: float64 (n,)."""
    height, width = plain.shape[:2]
    at = (np.arange(48) + 0.5) / 48
    side = np.roll(quads, -1, axis=1) - quads
    length = np.linalg.norm(side, axis=2, keepdims=True)
    inward = np.stack([-side[..., 1], side[..., 0]], axis=2) / length
    points = quads[:, :, None] + at[:, None] * side[:, :, None]  # (n, 4, 48, 2)
    visible = np.asarray(((points >= 2) & (points <= np.array([width - 3, height - 3]))).all(axis=3))
    change = np.zeros((*points.shape[:3], 3), np.float32)
    for offset in (-3.0, -1.5, 0.0, 1.5, 3.0):  # an edge may run beside its line by a little
        here = points + offset * inward[:, :, None]
        across = _colours(plain, here + STEP * inward[:, :, None]) - _colours(plain, here - STEP * inward[:, :, None])
        larger = np.linalg.norm(across, axis=3) > np.linalg.norm(change, axis=3)
        change = np.where(larger[..., None], across, change)
    mean = (change * visible[..., None]).sum(axis=2)
    mean /= np.maximum(np.linalg.norm(mean, axis=2, keepdims=True), 1e-6)
    step = (change * mean[:, :, None]).sum(axis=3) * visible
    clear = step > CLEAR
    seen = np.asarray(visible.sum(axis=2))
    support = np.where(seen >= 12, clear.sum(axis=2) / np.maximum(seen, 1), 0.0)
    whole = ~cut.any(axis=1)
    least = np.where(cut, 1.0, support).min(axis=1)
    enough = np.where(whole, least >= SUPPORTED, least >= CUT_SUPPORTED)
    mean_support = np.where(cut, 0.6, support).mean(axis=1)
    lighter = (np.where(cut, 0, mean.sum(axis=2)) >= 0).sum(axis=1) >= 3  # a sheet is lighter than the table ...
    darker = (np.where(cut, 0, mean.sum(axis=2)) <= 0).sum(axis=1) == 4  # ... or all round darker
    size = (_area(quads) / (width * height)).clip(0, 1)
    weakest = np.where(cut, np.inf, step.sum(axis=2) / np.maximum(seen, 1)).min(axis=1)  # a table's pattern is weaker
    good = enough & (lighter | darker)
    contrast = (weakest / max(float((weakest * good).max()), CLEAR)).clip(0, 1)
    return np.asarray(good * mean_support**2 * size**0.35 * contrast**0.5)


def _edges_inside(edges: Pixels, corners: Array) -> float:
    """How long the edges inside the quadrilateral are, in its circumferences: paper is plain."""
    middle = corners.mean(axis=0)
    inner = middle + 0.92 * (corners - middle)
    region = np.zeros(edges.shape, np.uint8)
    cv2.fillConvexPoly(region, inner.round().astype(np.int32), 1)
    around = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).sum()
    return float(((edges > 0) & (region > 0)).sum() / around)


def _colours(plain: NDArray[np.float32], points: Array) -> NDArray[np.float32]:
    x = points[..., 0].round().astype(int).clip(0, plain.shape[1] - 1)
    y = points[..., 1].round().astype(int).clip(0, plain.shape[0] - 1)
    return np.asarray(plain[y, x])
