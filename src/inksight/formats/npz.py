"""NPZ: words packed for training recognisers, in the container of dataset.py, so that training reads it as it is.

A word is a sample; points are in hundredths of a pixel of the page; `src` says how the word came. Beside the
container's arrays there are, per word, `page` and `line` (counted from 0), `box` (n, 4) in pixels, `confidence` and
`kind`, one a line; per stroke `width` in pixels (NaN where it isn't known) and the lines of `color`
("" where it isn't); and `page_size` (pages, 2) in pixels. There are no times: a picture tells none. To read it without
this package:

    with np.load("notes.npz") as z:
        texts, lengths = str(z["text"]).split("\\n"), z["stroke_len"]   # z["nstrokes"] says how many belong to a text
        steps = np.split(z["xy"].astype(int), np.cumsum(lengths)[:-1])  # undo the deltas as dataset.py says
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from itertools import islice
from zipfile import ZipFile

import numpy as np

from ..errors import InputError
from ..ink import Line, Page, Stroke, Word, as_kind
from .dataset import Arrays, PackedInk, arrays, labels, pack, unpack
from .several import MOST_LINES, most_unpacked, only
from .style import PLAIN, Style

_UNIT = 0.01
_FARTHEST = 1e7
"""Pixels; beyond, hundredths don't fit 32 bits."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page's words. Raises InputError for ink 10 million pixels away."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The words of all pages."""
    if any(np.abs(s.points).max() > _FARTHEST for page in pages for s in page.strokes):
        raise InputError("an .npz holds no ink 10 million pixels away; write JSON")
    placed = [(i, line, word) for i, page in enumerate(pages) for line, word in page.numbered_words()]
    strokes = [s for _, _, word in placed for s in word.strokes]
    return pack(
        [_sample(word) for _, _, word in placed],
        json.dumps({"format": "inksight", "version": 1, "unit": _UNIT, "names": [style.name for style in styles]}),
        page=np.array([i for i, _, _ in placed], np.int32),
        line=np.array([line for _, line, _ in placed], np.int32),
        box=np.array([word.box for _, _, word in placed]).reshape(-1, 4),
        confidence=np.array([word.confidence for _, _, word in placed]),
        kind=labels([word.kind for _, _, word in placed]),
        width=np.array([s.width or np.nan for s in strokes]),
        color=labels([s.color or "" for s in strokes]),
        page_size=np.array([(page.width, page.height) for page in pages]).reshape(-1, 2),
    )


def _sample(word: Word) -> PackedInk:
    strokes = [np.round(s.points.astype(np.float64) / _UNIT).astype(np.int32) for s in word.strokes]
    return PackedInk(word.text, "", word.origin, strokes, 0.0)


def loads(data: bytes) -> Page:
    """The page of a file with one. Raises ValueError for others."""
    return only(loads_pages(data))


def loads_pages(data: bytes) -> list[Page]:
    """The pages of a file of ours. Raises ValueError with the reason for anything else."""
    if _unpacked_size(data) > most_unpacked(data):
        raise ValueError("it is too large")
    packed = arrays(io.BytesIO(data))
    if "page_size" not in packed:
        raise ValueError("it holds no pages of ours (packed training data is read by inksight.formats.dataset)")
    try:
        words = _words(packed)
        pages: list[dict[int, list[Word]]] = [{} for _ in packed["page_size"]]
        for page, line, word in zip(packed["page"].tolist(), packed["line"].tolist(), words, strict=True):
            if page < 0 or not 0 <= line < MOST_LINES:
                raise ValueError(f"there is no line {line} on page {page}")
            pages[page].setdefault(line, []).append(word)
        return [
            Page(width, height, tuple(Line(tuple(lines.get(i, ()))) for i in range(max(lines, default=-1) + 1)))
            for (width, height), lines in zip(packed["page_size"].tolist(), pages, strict=True)
        ]
    except (KeyError, IndexError, TypeError, OverflowError) as error:
        raise ValueError(f"arrays are missing or don't fit ({error})") from error


def _unpacked_size(data: bytes) -> int:
    """Bytes of the arrays, as the file tells them; 0 where it isn't one: NumPy says what it is."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except Exception:  # as in dataset.py
        return 0


def _kinds(packed: Arrays) -> list[str]:
    """Each word's kind; files before version 0.2 say of words only whether they are drawings."""
    if "kind" in packed:
        return str(packed["kind"]).split("\n")
    return ["drawing" if drawn else "word" for drawn in packed["drawing"].tolist()]


def _words(packed: Arrays) -> list[Word]:
    colors, widths = iter(str(packed["color"]).split("\n")), iter(packed["width"].tolist())
    kinds = _kinds(packed)
    words = []
    for i, sample in enumerate(unpack(packed)):
        count = len(sample.strokes)
        looks = zip(sample.strokes, islice(widths, count), islice(colors, count), strict=True)
        strokes = tuple(
            Stroke(points * _UNIT, None if width != width else width, color or None) for points, width, color in looks
        )
        x0, y0, x1, y1 = packed["box"][i].tolist()
        sure, kind = float(packed["confidence"][i]), as_kind(kinds[i])
        words.append(Word(strokes, sample.text, sure, (x0, y0, x1, y1), sample.source, kind))
    return words
