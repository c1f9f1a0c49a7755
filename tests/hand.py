"""A plain hand that nobody has: printed letters of lines and arcs, for what reads ink as it was written."""

from itertools import pairwise

import numpy as np


def arc(x, y, rx, ry, begin, end):
    """Points of an ellipse around (x, y), from one angle to another in degrees, 90 being down."""
    t = np.radians(np.linspace(begin, end, 24))
    return np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], axis=1)


def line(*points):
    """Points along straight lines."""
    corners = np.array(points, float)
    return np.concatenate([np.linspace(a, b, 12) for a, b in pairwise(corners)])


def joined(*parts):
    return np.concatenate(parts)


# Each letter: its width, and its strokes; x-height 40 (y from 60 to 100), ascenders from 10.
LETTERS = {
    "a": (34, [joined(arc(16, 80, 16, 20, -40, -360), line((32, 80), (32, 62), (32, 95), (38, 100)))]),
    "c": (30, [arc(18, 80, 18, 20, -45, -315)]),
    "d": (34, [joined(arc(16, 80, 16, 20, -40, -360), line((32, 80), (32, 10), (32, 100)))]),
    "e": (32, [joined(line((2, 82), (32, 78)), arc(17, 80, 16, 20, -10, -310))]),
    "h": (32, [joined(line((0, 10), (0, 100), (0, 78)), arc(15, 78, 15, 18, 180, 360), line((30, 78), (30, 100)))]),
    "i": (6, [line((3, 60), (3, 100)), line((3, 40), (4, 43))]),
    "l": (6, [line((3, 10), (3, 100))]),
    "m": (
        50,
        [
            joined(
                line((0, 60), (0, 100), (0, 76)),
                arc(12, 76, 12, 16, 180, 360),
                line((24, 76), (24, 100), (24, 76)),
                arc(36, 76, 12, 16, 180, 360),
                line((48, 76), (48, 100)),
            )
        ],
    ),
    "n": (32, [joined(line((0, 60), (0, 100), (0, 78)), arc(15, 78, 15, 18, 180, 360), line((30, 78), (30, 100)))]),
    "o": (34, [arc(17, 80, 17, 20, -80, -440)]),
    "t": (24, [line((12, 25), (12, 100)), line((0, 58), (25, 56))]),
    "u": (34, [joined(line((0, 60), (0, 82)), arc(15, 82, 15, 18, 180, 0), line((30, 82), (30, 60), (30, 100)))]),
    "v": (30, [line((0, 60), (15, 100), (30, 60))]),
    "w": (46, [line((0, 60), (11, 100), (22, 66), (33, 100), (44, 60))]),
    "x": (30, [line((0, 60), (28, 100)), line((28, 60), (0, 100))]),
    "z": (30, [line((0, 61), (28, 60), (0, 100), (30, 99))]),
}


def written(text, seed=0):
    """The strokes of a word, float64 (n, 2), each letter a little off its place; leaning by a fifth."""
    rng = np.random.default_rng((seed, *map(ord, text)))
    strokes, x = [], 0.0
    for letter in text:
        width, parts = LETTERS[letter]
        for part in parts:
            moved = part + np.array([x, rng.normal(0, 1.5)]) + rng.normal(0, 0.4, part.shape)
            strokes.append(moved - np.outer(moved[:, 1] - 100, (0.2, 0)))
        x += width + 14 + rng.normal(0, 2)
    return strokes
