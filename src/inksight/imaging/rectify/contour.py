"""The exact edge of a sheet whose outline is about known: each side followed from corner to corner, as it bends."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ...arrays import Array, Pixels
from ...ink.frames import Homography
from .outline import CLEAR, Outline
from .render import render

SIDE = 640
"""Longer side of the flattened picture in which the edges are followed, in pixels."""

MARGIN = 48
"""How far an edge is looked for on both sides of its line, in those pixels."""

STEEP = 0.25
"""What moving by a row from one column to the next costs, an edge as clear as most of the side being worth 1."""


def contour(rgb: Pixels, outline: Outline) -> tuple[Array, list[Array]]:
    """The outline's corners moved onto the edges, float64 (4, 2), and each side's course, float64 (n, 2), clockwise.

    Both in pixels of `rgb`, uint8 (H, W, 3). Beyond the border of the picture the course runs outside of it.
    """
    width, height = _size(outline.corners)
    m = MARGIN
    flat = np.array([[m, m], [m + width, m], [m + width, m + height], [m, m + height]], float)
    to_flat = Homography.of_corners(outline.corners, flat)
    seen = render(rgb, to_flat.inverse(), (width + 2 * m, height + 2 * m))
    plain = 100 * np.log(cv2.medianBlur(seen, 7) + np.float32(16))
    paths = [_side(plain, turn, outline.cut[turn]) for turn in range(4)]
    corners = np.array([_corner(paths[i - 1], paths[i]) for i in range(4)])
    back = to_flat.inverse()
    return back.apply(corners), [back.apply(path) for path in paths]


def _size(corners: Array) -> tuple[int, int]:
    """Width and height of the flattened picture, without margins."""
    side = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    width, height = (side[0] + side[2]) / 2, (side[1] + side[3]) / 2
    scale = SIDE / max(width, height)
    return max(80, round(width * scale)), max(80, round(height * scale))


def _side(plain: NDArray[np.float32], turn: int, cut: bool) -> Array:
    """The course of one side (0: the upper, then clockwise) in the flattened picture: float64 (n, 2), clockwise."""
    upright = np.rot90(plain, turn)  # counter-clockwise: the right side comes up
    columns = np.arange(MARGIN, upright.shape[1] - MARGIN)
    rows = np.zeros(len(columns)) if cut else _followed(upright[:, columns])
    x, y = columns[::4] + 0.5, rows[::4]
    height, width = plain.shape[:2]
    turned_back = [(x, y), (width - y, x), (width - x, height - y), (y, height - x)][turn]
    return np.stack(turned_back, axis=1)


def _followed(upright: NDArray[np.float32]) -> Array:
    """The row of the clearest edge in each column's first 2 MARGIN pixels, moving at most one a column (Viterbi)."""
    reach = 2
    band = upright[: 2 * MARGIN + 2 * reach]
    step = band[2 * reach :] - band[: -2 * reach]  # row i: across the edge between rows i + reach - 1 and i + reach
    strongest = np.linalg.norm(step, axis=2).argmax(axis=0)
    direction = step[strongest, np.arange(step.shape[1])].sum(axis=0)
    direction /= max(float(np.linalg.norm(direction)), 1e-6)
    gain = step @ direction
    gain /= max(float(np.median(gain.max(axis=0))), CLEAR)
    gain = gain.clip(0, 1.5) - 0.005 * np.abs(np.arange(len(gain)) + reach - MARGIN)[:, None]
    return np.asarray(_best_way(gain.T) + reach + 0.5, np.float64)


def _best_way(gain: Array) -> NDArray[np.int64]:
    """Where to be at each step, moving at most one place, so that the sum of `gain` (steps, places) is largest."""
    total = np.full((len(gain), gain.shape[1] + 2), -np.inf)  # of the best way to each place, walled in
    total[0, 1:-1] = gain[0]
    for k in range(1, len(gain)):
        before = total[k - 1]
        moved = np.maximum(before[:-2], before[2:]) - STEEP
        total[k, 1:-1] = np.maximum(before[1:-1], moved) + gain[k]
    left, stay, right = total[:, :-2] - STEEP, total[:, 1:-1], total[:, 2:] - STEEP
    came = np.where(stay >= np.maximum(left, right), 0, np.where(left >= right, -1, 1))
    places = np.zeros(len(gain), np.int64)
    places[-1] = int(stay[-1].argmax())
    for k in range(len(gain) - 1, 0, -1):
        places[k - 1] = places[k] + came[k - 1, places[k]]
    return places


def _corner(before: Array, after: Array) -> Array:
    """Where two sides would meet if each were as straight as its third next to the corner: float64 (2,)."""
    a, u = _line(before[-len(before) // 3 :])
    b, v = _line(after[: len(after) // 3 + 1])
    along = np.linalg.solve(np.stack([u, -v], axis=1), b - a)
    return np.asarray(a + along[0] * u)


def _line(path: Array) -> tuple[Array, Array]:
    """A point and the direction of the straight line that most of the path follows."""
    x, y, px, py = cv2.fitLine(path.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel().tolist()
    return np.array([px, py]), np.array([x, y])
