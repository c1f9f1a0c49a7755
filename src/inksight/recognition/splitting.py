"""Words too wide for the model's canvas, which would shrink them: cut at gaps, traced in parts, put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..alphabets import in_a_row, is_unspaced
from ..imaging.crop import Crop
from ..ink import Word
from ..ink.frames import Affine

WIDEST = 7.0
"""A word is cut if its ink is wider than so many times its height; the parts are about this wide or less."""

SPACE = 0.33
"""Parts farther apart than this, in heights of the ink, are words of their own, with a space between their texts."""


AT_ONCE = 4
"""Ideographs and kana that are traced together: as many strokes as a long Latin word has."""


def cuts(crop: Crop, text: str = "", letters: Sequence[float] = (), widest: float = WIDEST) -> list[int]:
    """The columns where to cut a word's ink, W pixels wide, from 0 to W: [0, W] for one that is not too wide.

    Each cut goes through the middle of the widest gap near its even share of the width, or where the ink is least. What
    reads as Chinese or Japanese (`text`, with its `letters` in shares of the width) is cut between characters.
    """
    whole = [0, crop.ink.shape[1]]
    if crop.is_blank:
        return whole
    left, top, right, bottom = crop.bounds
    width, height = right - left, bottom - top
    inked = crop.mask.sum(axis=0)
    if is_unspaced(text) and len(letters) == len(text):
        between = [(letters[i - 1] + letters[i]) / 2 for i in range(AT_ONCE, len(text), AT_ONCE)]
        reach = width / len(text) / 4
    else:
        parts = int(np.ceil(width / (widest * height)))
        between, reach = [k / parts for k in range(1, parts)], width / parts / 3
    found = [_best(inked, left + width * share, reach) for share in between]
    return [whole[0], *found, whole[1]]


def _best(inked: NDArray[np.int64], middle: float, reach: float) -> int:
    """The middle of the longest run of the least inked columns within `reach` of `middle`."""
    start = int(middle - reach)
    near = inked[start : int(middle + reach) + 1]
    edges = np.flatnonzero(np.diff(np.pad(near == near.min(), 1).astype(np.int8))).reshape(-1, 2)
    a, b = (int(v) for v in edges[np.diff(edges, axis=1).argmax()])
    return start + (a + b) // 2


def joined(words: Sequence[Word], at: Sequence[int], crop: Crop) -> Word:
    """The word of the parts between the cuts `at`, traced each in its own frame."""
    if len(words) == 1:
        return words[0]
    height = max(crop.bounds[3] - crop.bounds[1] - 1, 1.0)
    moved = [w.transformed(Affine.translation(x, 0)) for w, x in zip(words, at, strict=False)]
    text = moved[0].text
    for a, b in pairwise(moved):
        apart = b.ink_box[0] - a.ink_box[2] > SPACE * height
        text = in_a_row([text, b.text]) if apart else text + b.text
    weights = [max(len(w.text), 1) for w in moved]
    x0, y0 = np.min([w.box[:2] for w in moved], axis=0).tolist()
    x1, y1 = np.max([w.box[2:] for w in moved], axis=0).tolist()
    return replace(
        moved[0],
        strokes=tuple(s for w in moved for s in w.strokes),
        text=text,
        confidence=float(np.average([w.confidence for w in moved], weights=weights)),
        box=(x0, y0, x1, y1),
    )


def shares(text: str, at: Sequence[int]) -> list[str]:
    """The text shared out among the parts between the cuts, as if all its characters were equally wide."""
    ends = [round(len(text) * x / at[-1]) for x in at]
    return [text[a:b].strip() for a, b in pairwise(ends)]
