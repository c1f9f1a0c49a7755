"""How a rectangular sheet lay before the camera, from where its corners are in the picture."""

from __future__ import annotations

import numpy as np

from ...arrays import Array
from ...ink.frames import Homography

FOCUS = 1.0
"""A usual focal length, in longer sides of the picture: between a phone's (0.75) and a picture's that was cropped."""


def flat_to_picture(corners: Array, size: tuple[int, int]) -> Homography:
    """From the flat sheet, about as large as it is in the picture, into the picture of `size` (width, height).

    `corners`, float64 (4, 2), go round clockwise; the sheet's upper side is the one that runs most to the right.
    """
    side = np.roll(corners, -1, axis=0) - corners
    corners = np.roll(corners, -int(np.argmax(side[:, 0] / np.linalg.norm(side, axis=1))), axis=0)
    x, y = corners.T
    area = 0.5 * abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()))
    ratio = _ratio(corners - np.array(size) / 2, max(size))
    width, height = (area * ratio) ** 0.5, (area / ratio) ** 0.5
    return Homography.of_corners([[0, 0], [width, 0], [width, height], [0, height]], corners)


def _ratio(corners: Array, longer: int) -> float:
    """Width of the sheet over its height, if the camera's axis meets the picture's middle, from which corners count.

    Zhang and He 2007, "Whiteboard scanning and image enhancement", section 3: the focal length and the ratio follow
    from a rectangle's corners; where the perspective is too weak to tell the focal length, a usual one serves.
    """
    a, b, c, d = np.column_stack([corners, np.ones(4)])
    n = np.cross(a, c) @ d / (np.cross(b, c) @ d) * b - a
    o = np.cross(a, c) @ b / (np.cross(d, c) @ b) * d - a
    depth = n[2] * o[2]
    squared = -(n[0] * o[0] + n[1] * o[1]) / depth if abs(depth) > 1e-4 else 0.0
    focus = float(np.sqrt(squared)) if squared > 0 else 0.0
    if not 0.6 * longer < focus < 3 * longer:
        focus = FOCUS * longer
    across, down = (float(np.hypot(np.hypot(v[0], v[1]) / focus, v[2])) for v in (n, o))
    return across / down
