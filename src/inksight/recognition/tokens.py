"""Ink and text as sequences that a decoder can write.

Two codes for ink live here:

- the original's (InkSight, arXiv 2402.05804): absolute coordinates on a 224 grid, two tokens a point, 451 ids;
- ours: integer canvas points, one decoder step a point. A stroke's first point is an absolute position, every other one
  a move of at most `MAX_STEP` pixels along each axis, and points lie dense only where the curve bends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..alphabets import LATIN, composed, spelled
from ..ink.curves import significance

# --- the original's code ----------------------------------------------------------------------------------------------

GRID = 224
"""N of the original's canvas: coordinates run from 0 to N, both included."""
START_OF_STROKE = 2 * (GRID + 1)
"""Id 450; x takes ids 0..224, y takes ids 225..449."""
VOCABULARY_SIZE = START_OF_STROKE + 1

_TOKEN = re.compile(r"<ink_token_(\d+)>")


def encode_original(strokes: Iterable[ArrayLike]) -> list[int]:
    """Strokes in the 224 frame -> token ids: per stroke 450, then x and y + 225 for each point, rounded and clamped."""
    ids: list[int] = []
    for stroke in strokes:
        points = np.clip(np.rint(np.asarray(stroke, np.float64)), 0, GRID).astype(int)
        if len(points) == 0:
            continue
        ids.append(START_OF_STROKE)
        for x, y in points.tolist():
            ids += [x, y + GRID + 1]
    return ids


def decode_original(ids: Sequence[int]) -> list[NDArray[np.int64]]:
    """Token ids -> strokes in the 224 frame, int64 (n, 2) each, as tolerantly as the original's detokenizer.

    Points before the first start token make a stroke; empty strokes vanish; a pair that is not (x, y) is dropped; a
    dangling token before a start token or at the end is skipped. Raises ValueError for an id outside 0..450.
    """
    strokes: list[list[tuple[int, int]]] = [[]]
    for token in ids:
        if not 0 <= token < VOCABULARY_SIZE:
            raise ValueError(f"ink token {token} is outside 0..{VOCABULARY_SIZE - 1}")
    at = 0
    while at < len(ids):
        if ids[at] == START_OF_STROKE:
            strokes.append([])
            at += 1
        elif at + 1 < len(ids) and ids[at + 1] != START_OF_STROKE:
            x, y = ids[at], ids[at + 1] - (GRID + 1)
            if 0 <= x <= GRID and 0 <= y <= GRID:
                strokes[-1].append((x, y))
            at += 2
        else:
            at += 1
    return [np.array(s, np.int64) for s in strokes if s]


def to_text(ids: Iterable[int]) -> str:
    """Token ids -> the original's text form, e.g. "<ink_token_450><ink_token_6><ink_token_257>"."""
    return "".join(f"<ink_token_{i}>" for i in ids)


def from_text(text: str) -> list[int]:
    """The ids of all ink tokens in a model's text output; whatever stands between them is skipped."""
    return [int(i) for i in _TOKEN.findall(text)]


# --- ours -------------------------------------------------------------------------------------------------------------

MAX_STEP = 18
"""The longest move along an axis, in canvas pixels."""
TOLERANCE = 0.9
"""How far the coded curve may lie from the true one before rounding, in canvas pixels."""


def path_points(
    points: ArrayLike, *, tolerance: float = TOLERANCE, significances: ArrayLike | None = None
) -> NDArray[np.int64]:
    """One stroke in canvas pixels -> the integer points that code it: int64 (m, 2), m >= 1.

    Ramer-Douglas-Peucker with `tolerance`; longer legs are cut into equal parts so that no move exceeds `MAX_STEP`;
    points that round to the one before are dropped. `significances` are geometry.significance(points), if known.
    """
    xy = np.asarray(points, np.float64)
    rank = significance(xy) if significances is None else np.asarray(significances)
    corners = xy[rank > tolerance]
    legs = np.diff(corners, axis=0)
    # After rounding, a part can be one pixel longer than before: cut for MAX_STEP - 1.
    parts = np.maximum(1, np.ceil(np.abs(legs).max(axis=1, initial=0) / (MAX_STEP - 1))).astype(int)
    leg = np.repeat(np.arange(len(legs)), parts)
    share = (np.arange(len(leg)) - np.repeat(np.cumsum(parts) - parts, parts) + 1) / np.repeat(parts, parts)
    dense = np.concatenate([corners[:1], corners[leg] + share[:, None] * legs[leg]])
    grid: NDArray[np.int64] = np.rint(dense).astype(np.int64)
    fresh = np.ones(len(grid), bool)
    fresh[1:] = (grid[1:] != grid[:-1]).any(axis=1)
    return grid[fresh]


def encode_path(strokes: Iterable[ArrayLike]) -> NDArray[np.int64]:
    """Integer strokes -> one row a point: int64 (n, 3) with columns (pen_down, a, b).

    pen_down = 1 starts a stroke and (a, b) is its absolute position; pen_down = 0 is a move and (a, b) = (dx, dy).
    Raises ValueError for an empty stroke or a move beyond MAX_STEP.
    """
    rows = []
    for stroke in strokes:
        xy = np.asarray(stroke, np.int64).reshape(-1, 2)
        if len(xy) == 0:
            raise ValueError("an empty stroke has no code")
        moves = np.diff(xy, axis=0, prepend=xy[:1])
        if np.abs(moves).max() > MAX_STEP:
            raise ValueError(f"a move longer than {MAX_STEP} has no code: see path_points")
        moves[0] = xy[0]
        rows.append(np.column_stack([np.arange(len(xy)) == 0, moves]))
    return np.concatenate(rows).astype(np.int64) if rows else np.zeros((0, 3), np.int64)


def decode_path(rows: ArrayLike) -> list[NDArray[np.int64]]:
    """The inverse of encode_path; moves before the first pen-down start from (0, 0)."""
    code = np.asarray(rows, np.int64).reshape(-1, 3)
    starts = np.flatnonzero(code[:, 0] == 1)
    return [np.cumsum(part[:, 1:], axis=0) for part in np.split(code, starts) if len(part)]


# --- text and prompts -------------------------------------------------------------------------------------------------

PAD, DERENDER, DERENDER_TEXT, RECOGNIZE, RECOGNIZE_DERENDER, INK, END, DOWN, MOVE = range(9)
"""Ids that are no characters: four prompts, start of ink, end of text, and the two kinds of point."""
FIRST_CHARACTER = 9

PROMPTS = {
    "derender": DERENDER,
    "derender-with-text": DERENDER_TEXT,
    "recognize-and-derender": RECOGNIZE_DERENDER,
    "recognize": RECOGNIZE,
}
"""The decoder's first token for each mode: the original's prompts "Derender the ink.", "Derender the ink: <text>",
"Recognize and derender." and (wording ours, the original's is unpublished) "Recognize the text."."""

CHARACTERS = LATIN
"""The shipped models' characters, in the order of their ids. A model's own list stands in its config.json."""


@dataclass(frozen=True)
class Vocabulary:
    """Text <-> ids. Characters follow the special ids in the order of `characters`."""

    characters: str = CHARACTERS

    def __len__(self) -> int:
        return FIRST_CHARACTER + len(self.characters)

    def encode(self, text: str) -> list[int]:
        """Ids of the text's characters, of Hangul its letters; those that the vocabulary lacks are left out."""
        return [FIRST_CHARACTER + self.characters.index(c) for c in spelled(text, self.characters)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the character ids among `ids`, Hangul in syllables; special ids are skipped."""
        return composed("".join(self.characters[i - FIRST_CHARACTER] for i in ids if i >= FIRST_CHARACTER))
