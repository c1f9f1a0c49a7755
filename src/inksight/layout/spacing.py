"""Where words end: those that a detector ran together are cut at their gaps, those that it tore apart are joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from .detection import Detection
from .pieces import NOBODY, Pieces

CUT, JOIN = 0.33, 0.04
"""A word is cut at gaps wider than this, and two become one across a narrower one, in usual heights of words. Fitted to
5,363 gaps of bench/pages.py: with the detector's spaces alone 1.9 % of them are taken wrongly, with these 1.2 %. Boxes
that overlap say nothing: slanted words do."""

CLOSING = frozenset(",.;:!?)]}\u2026\u00bb\u201d\u3001\u3002")
"""What closes a word and is none by itself."""

NEAR = 1.0
"""It belongs to the word before it across a gap of so many usual heights of words."""

SMALL = 0.5
"""Ink smaller than this, in usual heights of words, that got none of its word's letters is a comma or a dot."""

Owner = NDArray[np.int64]


def respaced(words: Sequence[Detection], pieces: Pieces, owner: Owner, height: float) -> tuple[list[Detection], Owner]:
    """The words cut and joined by the gaps of their ink, and the word of each piece, or NOBODY: int64 (n,).

    `owner` is the word of each piece before. Lines keep their numbers, words their order in them.
    """
    members: dict[int, list[int]] = {}
    for i, word in enumerate(words):
        members.setdefault(word.line, []).append(i)
    found: list[Detection] = []
    after = np.full_like(owner, NOBODY)
    for line in members.values():
        for part in _joined([p for i in line for p in _parts(words, i, pieces, owner, height)], words, height):
            after[part.pieces] = len(found)
            found.append(part.word)
    return found, after


class _Part:
    """A word or a part of one: its pieces (n,), and the box of their ink in the frame in which the word is upright."""

    def __init__(self, word: Detection, source: int, pieces: NDArray[np.int64], box: Array) -> None:
        self.word, self.source, self.pieces, self.box = word, source, pieces, box


def _parts(words: Sequence[Detection], i: int, pieces: Pieces, owner: Owner, height: float) -> list[_Part]:
    """The parts of a word between its wide gaps, from left to right; a word without pieces of its own stays whole."""
    word = words[i]
    own = np.flatnonzero(owner == i)
    if not len(own):
        return [_Part(word, i, own, np.array(word.upright))]
    boxes = pieces.boxes_in(word.frame)[own]
    order = np.argsort(boxes[:, 0])
    own, boxes = own[order], boxes[order]
    reach = np.maximum.accumulate(boxes[:, 2])
    ends = np.flatnonzero(boxes[1:, 0] - reach[:-1] > CUT * height) + 1
    spans = list(pairwise([0, *ends.tolist(), len(own)]))
    hulls = [np.append(boxes[a:b, :2].min(axis=0), boxes[a:b, 2:].max(axis=0)) for a, b in spans]
    if len(spans) == 1:
        return [_Part(word, i, own, hulls[0])]
    middles = [(a[2] + b[0]) / 2 for a, b in pairwise(hulls)]
    texts = _cut_text(word, middles)
    return [
        _Part(_within(word, hull, text), i, own[a:b], hull)
        for hull, text, (a, b) in zip(hulls, texts, spans, strict=True)
    ]


def _cut_text(word: Detection, at: Sequence[float]) -> list[str]:
    """The word's text cut where its letters lie left and right of the places, which are in its upright frame."""
    x0, _, x1, _ = word.upright
    n = len(word.text)
    centres = np.array(word.letters) if len(word.letters) == n else (np.arange(n) + 0.5) / max(n, 1)
    which = np.searchsorted(np.array(at), x0 + centres * (x1 - x0))
    return [
        "".join(c for c, k in zip(word.text, which.tolist(), strict=True) if k == part) for part in range(len(at) + 1)
    ]


def _within(word: Detection, box: Array, text: str, confidence: float | None = None) -> Detection:
    """A word turned as this one is, with the box in its upright frame."""
    x0, y0, x1, y1 = box.tolist()
    corners = word.frame.inverse().apply([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    sure = (word.confidence if confidence is None else confidence) if text else 0.0
    return Detection.around(corners, text, sure, word.line)


def _joined(parts: Sequence[_Part], words: Sequence[Detection], height: float) -> list[_Part]:
    """The parts of a line, those that a detector tore apart made one."""
    out: list[_Part] = []
    for part in parts:
        if out and _are_one(out[-1], part, words, height):
            before = out.pop()
            box = np.append(np.minimum(before.box[:2], part.box[:2]), np.maximum(before.box[2:], part.box[2:]))
            same = before.source == part.source
            sure = before.word.confidence if same else min(before.word.confidence, part.word.confidence)
            word = _within(before.word, box, before.word.text + part.word.text, sure)
            part = _Part(word, part.source, np.append(before.pieces, part.pieces), box)
        out.append(part)
    return out


def _are_one(left: _Part, right: _Part, words: Sequence[Detection], height: float) -> bool:
    """Whether there is next to no gap between two neighbours that a detector found apart, or the right one closes the
    left one."""
    if words[left.source].frame != words[right.source].frame:
        return False
    beside = min(left.box[3], right.box[3]) - max(left.box[1], right.box[1])
    gap = right.box[0] - left.box[2]
    if _closes(right, words[right.source], height):
        return bool(gap < NEAR * height)
    return bool(left.source != right.source and 0 <= gap < JOIN * height and beside > 0)


def _closes(part: _Part, whole: Detection, height: float) -> bool:
    """Whether it is a comma or the like, which a detector found by itself or which was cut off its word."""
    if part.word.text:
        return CLOSING.issuperset(part.word.text)
    return bool(whole.text) and bool((part.box[2:] - part.box[:2] < SMALL * height).all())
