"""Which ink belongs to which word: connected pieces of ink are given to detected words, the rest to drawings.

A detector's boxes are rough: they clip the letters at the ends of words and reach into the lines above and below. The
ink itself says better where a word ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Labels, Map, Mask
from ..imaging.crop import Crop
from ..ink import Box
from ..ink.frames import Affine
from .detection import Detection
from .pieces import NOBODY, Pieces
from .spacing import respaced

REACH = 0.5
"""Ink outside all boxes goes to the nearest word within this many heights of its box."""

MARK = 0.5
"""Of that, ink above or below a box is a mark of its word only up to this size in heights of the box: dots, accents."""

WORD_LIKE = 0.35, 2.2
"""Ink without a box that is so high, in usual heights of words, may be a word that the detector missed."""

LONGEST_WORD = 12.0
"""And at most so wide."""

SPLIT_SHARE, SPLIT_OWN = 0.3, 0.5
"""A piece of ink that lies in several boxes is cut for a further word if that holds this share of the piece, or if the
piece is this share of that word's ink."""


class Inked(NamedTuple):
    """A word and its ink."""

    word: Detection
    crop: Crop


class Crops(NamedTuple):
    """A page's ink: the words, what may be words that the detector missed, and what is none."""

    words: list[Inked]
    missed: list[Inked]
    drawings: list[Crop]


def crops(ink: Map, mask: Mask, words: Sequence[Detection]) -> Crops:
    """The ink of each word, with the words cut and joined by their gaps, and the ink that belongs to none.

    `ink` is a page's ink map, float32 (H, W), `mask` its binarisation, bool (H, W). Words without ink are left out, and
    so is what belongs to none and is not surely ink.
    """
    pieces = Pieces.of(ink, mask)
    if not len(pieces.area):
        return Crops([], [], [])
    height = float(np.median([w.height for w in words])) if words else 10 * pieces.pen
    words, owner = respaced(words, pieces, _owners(pieces, words), height)
    by_piece = np.append(owner, NOBODY)[pieces.labels]  # label -1 is paper
    _split(by_piece, pieces, owner, words)
    drawn = (owner == NOBODY) & ~pieces.faint
    margin = round(2 * pieces.pen) + 1
    cut = zip(words, _cut(ink, by_piece, len(words), margin), strict=True)
    inked = [Inked(w, _turned(c, -w.angle) if w.angle else c) for w, c in cut if c]
    rest = [c for c in _cut(ink, *groups(pieces, drawn, height / 3), margin) if c]
    line = max((w.line for w in words), default=-1) + 1
    missed = [Inked(Detection(c.box, line=line + i), c) for i, c in enumerate(rest) if _is_word_like(c.box, height)]
    return Crops(inked, missed, [c for c in rest if not _is_word_like(c.box, height)])


def _is_word_like(box: Box, height: float) -> bool:
    low, high = WORD_LIKE
    return low * height <= box[3] - box[1] <= high * height and box[2] - box[0] <= LONGEST_WORD * height


def _owners(pieces: Pieces, words: Sequence[Detection]) -> NDArray[np.int64]:
    """The word of each piece, or NOBODY: int64 (n,)."""
    n = len(pieces.area)
    if not words:
        return np.full(n, NOBODY)
    boxes = np.array([w.upright for w in words])
    heights = boxes[:, 3] - boxes[:, 1]
    in_frame = {frame: pieces.boxes_in(frame) for frame in {w.frame for w in words}}
    seen = np.stack([in_frame[w.frame] for w in words], axis=1)  # each piece as each word sees it
    weight = np.stack([_overlap(pieces, word) for word in words], axis=1)
    best = weight.argmax(axis=1)
    inside = weight[np.arange(n), best] / pieces.area
    height = heights[best]
    at = seen[np.arange(n), best]
    sprawls = (pieces.size.max(axis=1) > 2 * height) & (inside < 0.2)  # a drawing that runs through words
    owner = np.where((inside > 0) & ~sprawls & ~_underlines(at, boxes[best]), best, NOBODY)
    owner[_rings(at, owner, inside * pieces.area)] = NOBODY
    gap = np.maximum(np.maximum(boxes[:, :2] - seen[..., 2:], seen[..., :2] - boxes[:, 2:]), 0)
    distance = np.linalg.norm(gap, axis=2) / heights
    near = distance.argmin(axis=1)
    beside = gap[np.arange(n), near, 1] == 0
    fits = pieces.size.max(axis=1) <= np.where(beside, 1.2, MARK) * heights[near]
    return np.where((inside == 0) & (distance.min(axis=1) <= REACH) & fits, near, owner)


def _rings(boxes: Array, owner: NDArray[np.int64], weight: Array) -> NDArray[np.int64]:
    """The pieces drawn around a word: their boxes, float64 (n, 4), hold most of the ink of the word that owns them."""
    found = []
    for word in np.unique(owner[owner != NOBODY]).tolist():
        own = np.flatnonzero(owner == word)
        for i in own.tolist():
            others = own[own != i]
            inner = (boxes[others, :2] > boxes[i, :2]).all(axis=1) & (boxes[others, 2:] < boxes[i, 2:]).all(axis=1)
            if weight[others[inner]].sum() > max(0.6 * weight[others].sum(), 0.3 * weight[i]):
                found.append(i)
    return np.array(found, np.int64)


def _overlap(pieces: Pieces, word: Detection) -> Array:
    """Pixels of each piece inside the word's box, those near its upper and lower edge counting less: float64 (n,)."""
    x0, y0, x1, y1 = (max(round(v), 0) for v in word.box)
    part = pieces.labels[y0:y1, x0:x1]
    rows, columns = np.nonzero(part >= 0)
    x, y = word.frame.apply(np.stack([columns + x0 + 0.5, rows + y0 + 0.5], axis=1)).T
    left, top, right, bottom = word.upright
    inside = (left <= x) & (x < right) & (top <= y) & (y < bottom)
    weight = 1 - 0.8 * abs(y - (top + bottom) / 2) / max((bottom - top) / 2, 0.5)
    return np.bincount(part[rows, columns], weight * inside, len(pieces.area)).astype(np.float64)


def _underlines(pieces: Array, boxes: Array) -> Mask:
    """Whether each piece is a flat line at the foot of its box, both float64 (n, 4): bool (n,)."""
    w, h = (pieces[:, 2:] - pieces[:, :2]).T
    height = boxes[:, 3] - boxes[:, 1]
    middle = pieces[:, 1::2].mean(axis=1)
    flat: Mask = (h < 0.3 * height) & (w > 1.2 * height) & (w > 6 * h) & (middle > boxes[:, 3] - 0.25 * height)
    return flat


def _split(by_piece: Labels, pieces: Pieces, owner: NDArray[np.int64], words: Sequence[Detection]) -> None:
    """Divide, in place, the pixels of pieces that join words (two letters that touch) among those words."""
    weights = np.array([_overlap(pieces, w) for w in words]).reshape(len(words), len(pieces.area))
    share = weights / np.maximum(weights.sum(axis=0), 1e-9)
    own = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    claims = (weights > 0) & ((share >= SPLIT_SHARE) | ((own >= SPLIT_OWN) & (share > 0.05)))
    for piece in np.flatnonzero((claims.sum(axis=0) > 1) & (owner != NOBODY)).tolist():
        x0, y0, x1, y1 = pieces.box[piece].astype(int).tolist()
        rows, columns = np.nonzero(pieces.labels[y0:y1, x0:x1] == piece)
        candidates = np.flatnonzero(claims[:, piece])
        points = np.stack([columns + x0 + 0.5, rows + y0 + 0.5], axis=1)
        nearest = np.argmin([_distance(points, words[i]) for i in candidates.tolist()], axis=0)
        by_piece[rows + y0, columns + x0] = candidates[nearest]


def _distance(points: Array, word: Detection) -> Array:
    """Distance of each point (n, 2) from the word's box; inside, up to 1 by how far it lies from its middle line."""
    seen, box = word.frame.apply(points), word.upright
    low, high = np.array(box[:2]), np.array(box[2:])
    outside = np.linalg.norm(np.maximum(np.maximum(low - seen, seen - high), 0), axis=1)
    return np.asarray(outside + abs(seen[:, 1] - (box[1] + box[3]) / 2) / max(box[3] - box[1], 1.0))


def groups(pieces: Pieces, chosen: Mask, reach: float) -> tuple[Labels, int]:
    """The chosen pieces, those within `reach` of each other together: labels int32 (H, W) and how many there are."""
    import cv2

    mask = np.append(chosen, False)[pieces.labels]
    size = 2 * round(reach / 2) + 1
    grown = cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8))
    count, labels = cv2.connectedComponents(grown, connectivity=8)
    return np.where(mask, labels - 1, NOBODY).astype(np.int32), count - 1


def _cut(ink: Map, owner: NDArray[Any], count: int, margin: int) -> list[Crop | None]:
    """For each of the owners 0..count - 1 its ink with a margin, everything else paper; None for one without ink."""
    rows, columns = np.nonzero(owner >= 0)
    whose = owner[rows, columns]
    low, high = np.full((count, 2), np.iinfo(np.int64).max), np.full((count, 2), -1)
    for axis, at in enumerate((columns, rows)):
        np.minimum.at(low[:, axis], whose, at)
        np.maximum.at(high[:, axis], whose, at)
    return [_crop(ink, owner, i, low[i], high[i] + 1, margin) if high[i, 0] >= 0 else None for i in range(count)]


def _crop(ink: Map, owner: NDArray[Any], i: int, low: NDArray[Any], high: NDArray[Any], margin: int) -> Crop:
    import cv2

    (x0, y0), (x1, y1) = np.maximum(low - margin, 0).tolist(), (high + margin).tolist()
    part = owner[y0:y1, x0:x1]
    own = cv2.dilate((part == i).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0  # with the pale rim of the strokes
    alone = np.where(own & ((part == i) | (part == NOBODY)), ink[y0:y1, x0:x1], np.float32(0))
    frame = Affine.translation(x0, y0)
    return Crop(alone, frame, tuple(float(v) for v in (*low, *high)))  # type: ignore[arg-type]


def _turned(crop: Crop, angle: float) -> Crop:
    """The crop turned by `angle` into a picture that holds all of it."""
    import cv2

    h, w = crop.ink.shape
    turn = Affine.rotation(angle)
    corners = turn.apply([[0, 0], [w, 0], [w, h], [0, h]])
    low = np.floor(corners.min(axis=0) + 1e-6)  # a turn by 90 degrees comes out exact
    size = np.ceil(corners.max(axis=0) - low - 1e-6).astype(int)
    turn = turn.then(Affine.translation(*-low))
    centres = (
        Affine.translation(0.5, 0.5).then(turn).then(Affine.translation(-0.5, -0.5))
    )  # OpenCV's pixels start there
    matrix = np.array([[centres.a, centres.b, centres.c], [centres.d, centres.e, centres.f]])
    ink = cv2.warpAffine(crop.ink, matrix, size.tolist(), flags=cv2.INTER_CUBIC)
    return replace(crop, ink=np.clip(ink, 0, 1), frame=turn.inverse().then(crop.frame))
