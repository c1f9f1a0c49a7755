"""Which ink belongs to which word: connected pieces of ink are given to detected words, the rest to drawings.

A detector's boxes are rough: they clip the letters at the ends of words and reach into the lines above and below. The
ink itself says better where a word ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..fidelity import pen_width
from ..geometry import Affine
from ..image import Map, Pixels
from ..ink import Box
from . import Detection

Mask = NDArray[np.bool_]
Labels = NDArray[np.int32]
Array = NDArray[np.float64]

NOBODY = -1

REACH = 0.5
"""Ink outside all boxes goes to the nearest word within this many heights of its box."""

EDGE_STEP = 0.12
"""A difference in lightness of this share is the edge of a sheet (noise: 8 grey levels more)."""

SPLIT_SHARE, SPLIT_OWN = 0.3, 0.5
"""A piece of ink that lies in several boxes is cut for a further word if that holds this share of the piece, or if the
piece is this share of that word's ink."""


@dataclass(frozen=True)
class Crop:
    """The ink of one word or drawing alone, upright: `ink` is float32 (h, w), `frame` leads from it to the page."""

    ink: Map
    frame: Affine
    box: Box
    """The tight box of the ink, in pixels of the page."""


def crops(rgb: Pixels, ink: Map, mask: Mask, words: Sequence[Detection]) -> tuple[list[Crop | None], list[Crop]]:
    """The ink of each word (None for a word without any), and the drawings that belong to no word.

    `ink` is the ink map of `rgb`, float32 (H, W), `mask` its binarisation, bool (H, W). Dust, blots, faint smears, dark
    areas along the border of the picture and the edges of the sheet belong to nothing.
    """
    pieces = _Pieces.of(ink, mask)
    if not len(pieces.area):
        return [None] * len(words), []
    owner = _owners(pieces, words)
    by_piece = np.append(owner, NOBODY)[pieces.labels]  # label -1 is paper
    _split(by_piece, pieces, owner, words)
    height = float(np.median([w.height for w in words])) if words else 10 * pieces.pen
    drawn = (owner == NOBODY) & pieces.is_drawing()
    drawn[drawn] = ~_on_edges(rgb, pieces, np.flatnonzero(drawn))
    drawings = _groups(pieces, drawn, height / 3)
    margin = round(2 * pieces.pen) + 1
    cut = _cut(ink, by_piece, len(words), margin)
    upright = [c and _turned(c, -w.angle) if w.angle else c for c, w in zip(cut, words, strict=True)]
    return upright, [c for c in _cut(ink, *drawings, margin) if c]


@dataclass(frozen=True)
class _Pieces:
    """Connected pieces of ink without specks. `labels` is int32 (H, W), -1 on paper; the rest has one entry a piece."""

    labels: Labels
    pen: float
    area: Array
    box: Array
    """float64 (n, 4): x0, y0, x1, y1."""
    level: Array
    """Mean of the ink map."""
    thickness: Array
    """Diameter of the largest disc inside."""

    @classmethod
    def of(cls, ink: Map, mask: Mask) -> _Pieces:
        import cv2

        pen = pen_width(mask)
        image = mask.astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(image, connectivity=8)
        keep = stats[:, cv2.CC_STAT_AREA] >= max(4.0, 0.5 * pen**2)
        keep[0] = False
        number = np.where(keep, np.cumsum(keep) - 1, NOBODY).astype(np.int32)
        labels = number[labels]
        at = labels >= 0
        x, y, w, h, area = stats[keep].T.astype(float)
        level = np.bincount(labels[at], ink[at], len(area)) / area
        thickness = np.zeros(len(area))
        np.maximum.at(thickness, labels[at], 2 * cv2.distanceTransform(image, cv2.DIST_L2, 3)[at])
        return cls(labels, pen, area, np.stack([x, y, x + w, y + h], axis=1), level, thickness)

    def boxes_in(self, frame: Affine) -> Array:
        """The pieces' boxes in a turned frame: float64 (n, 4)."""
        if frame == Affine() or not len(self.area):
            return self.box
        points = frame.apply(self._pixels)
        low, high = np.minimum.reduceat(points, self._starts), np.maximum.reduceat(points, self._starts)
        return np.hstack([low - 0.5, high + 0.5])

    @cached_property
    def _pixels(self) -> Array:
        """Centres of the pieces' pixels, one piece after the other: float64 (m, 2)."""
        rows, columns = np.nonzero(self.labels >= 0)
        order = np.argsort(self.labels[rows, columns], kind="stable")
        return np.stack([columns, rows], axis=1)[order].astype(np.float64) + 0.5

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Where each piece's pixels begin: int64 (n,)."""
        return np.append(0, np.cumsum(self.area[:-1])).astype(np.int64)

    @property
    def size(self) -> Array:
        """float64 (n, 2): width and height of the boxes."""
        return self.box[:, 2:] - self.box[:, :2]

    def is_drawing(self) -> Mask:
        """Whether a piece that belongs to no word looks like pen strokes rather than dust, a blot or a shadow."""
        height, width = self.labels.shape
        dust = (self.area < 4 * self.pen**2) | (self.size.max(axis=1) < 3 * self.pen)
        low = self.box[:, :2] < self.pen
        high = self.box[:, 2:] > np.array([width, height]) - self.pen
        rim = ((low | high) & (self.size < 6 * self.pen)).any(axis=1)
        drawn: Mask = ~dust & ~rim & (self.thickness < 4 * self.pen) & (self.level > 0.4)
        return drawn


def _on_edges(rgb: Pixels, pieces: _Pieces, chosen: NDArray[np.int64]) -> Mask:
    """Whether each chosen piece runs along a step from one surface to another, such as the edge of a sheet: bool (n,).

    Paper is equally light on both sides of a pen stroke.
    """
    import cv2

    near, far = round(pieces.pen) | 1, (6 * round(pieces.pen)) | 1
    out = []
    for i in chosen.tolist():
        x0, y0, x1, y1 = pieces.box[i].astype(int).tolist()
        window = np.s_[max(y0 - far, 0) : y1 + far, max(x0 - far, 0) : x1 + far]
        piece = (pieces.labels[window] == i).astype(np.uint8)
        inked = (pieces.labels[window] != NOBODY).astype(np.uint8)
        around = (cv2.dilate(piece, np.ones((far, far))) > 0) & (cv2.dilate(inked, np.ones((near, near))) == 0)
        grey = rgb[window][around].mean(axis=1)
        dark, light = np.percentile(grey, (20, 80)) if len(grey) else (0, 0)
        out.append(light - dark > EDGE_STEP * light + 8)
    return np.array(out, bool)


def _owners(pieces: _Pieces, words: Sequence[Detection]) -> NDArray[np.int64]:
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
    w, h = pieces.size.T
    sprawls = (np.maximum(w, h) > 2 * height) & (inside < 0.2)  # a drawing that runs through words
    underlines = _underlines(seen[np.arange(n), best], boxes[best])
    owner = np.where((inside > 0) & ~sprawls & ~underlines, best, NOBODY)
    gap = np.maximum(np.maximum(boxes[:, :2] - seen[..., 2:], seen[..., :2] - boxes[:, 2:]), 0)
    distance = np.linalg.norm(gap, axis=2) / heights
    near = distance.argmin(axis=1)
    fits = pieces.size.max(axis=1) <= 1.2 * heights[near]
    return np.where((inside == 0) & (distance.min(axis=1) <= REACH) & fits, near, owner)


def _overlap(pieces: _Pieces, word: Detection) -> Array:
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
    flat: Mask = (h < 0.3 * height) & (w > 1.2 * height) & (w > 6 * h) & (middle > boxes[:, 3] - 0.2 * height)
    return flat


def _split(by_piece: Labels, pieces: _Pieces, owner: NDArray[np.int64], words: Sequence[Detection]) -> None:
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


def _groups(pieces: _Pieces, chosen: Mask, reach: float) -> tuple[Labels, int]:
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
