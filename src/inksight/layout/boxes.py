"""Word boxes that any other tool made: JSON, hOCR, ALTO or PAGE XML.

JSON is what InkSight writes, or a list of words, each one of

    [x0, y0, x1, y1]
    {"box": [x0, y0, x1, y1], "text": "word", "confidence": 0.9, "line": 3}
    {"quad": [[x, y], [x, y], [x, y], [x, y]]}     a turned box, from the text's top left clockwise

all in pixels, everything but the box or quad optional. {"width": w, "height": h, "words": [...]} also says in a picture
of which size. A line of text is cut into its words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..ink import Page
from .saved import Found, Saved, read_bytes
from .textline import Corners, upright

ENDINGS = (".json", ".hocr", ".html", ".htm", ".xml")
"""Endings of the files that are looked for in a folder; what they hold is told from their content."""


def read(path: Path, page: int = 1) -> Saved:
    """The words of a file, or of its page with that number. Raises InputError, naming the file, for unusable ones."""
    data = read_bytes(path)
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            return _from_json(data, str(path))
        return _of_page(_pages(data), page, str(path))
    except RecursionError:
        raise InputError(f"{path}: not usable word boxes: it is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path}: not usable word boxes: {' '.join(str(error).split())}") from error


def _pages(data: bytes) -> list[Page]:
    """The pages of a file of markup. Raises ValueError."""
    from ..formats import alto, hocr
    from ..formats import page as page_xml

    head = data[:4096].lower()
    if b"pcgts" in head:
        return [page_xml.loads(data)]
    return alto.loads_pages(data) if b"alto" in head and b"ocr_page" not in head else hocr.loads_pages(data)


def _of_page(pages: Sequence[Page], number: int, name: str) -> Saved:
    if number > len(pages):
        raise ValueError(f"it has {len(pages)} pages, no page {number}")
    page = pages[number - 1]
    found = [
        Found(upright(*w.box), w.text, w.confidence, i)
        for i, line in enumerate(page.lines)
        for w in line.words
        if w.kind == "word"
    ]
    ends = np.max([(0.0, 0.0), *(w.corners.max(axis=0) for w in found)], axis=0).tolist()
    if ends == [page.width, page.height]:  # a page that ends with its words is one of unknown size
        return Saved(name, found)
    return Saved(name, found, page.width, page.height)


def _from_json(data: bytes, name: str) -> Saved:
    """Raises ValueError for what isn't a list of words."""
    document = json.loads(data)
    if isinstance(document, dict) and document.get("format") == "inksight":
        from ..formats import json as ours

        return _of_page([ours.loads(data)], 1, name)
    width, height = 0.0, 0.0
    if isinstance(document, dict):
        width, height = (_number(document.get(key, 0), key) for key in ("width", "height"))
        document = document.get("words")
    if not isinstance(document, list):
        raise ValueError('it is neither a list of words nor {"width": w, "height": h, "words": [...]}')
    found = []
    for i, row in enumerate(document):
        try:
            found.append(_found(row, i))
        except (TypeError, ValueError) as error:
            raise ValueError(f"word {i}: {error}") from error
    return Saved(name, found, width, height)


def _found(row: Any, index: int) -> Found:
    """A word of a plain list; each is a line of its own unless they say something else."""
    if isinstance(row, list):
        return Found(_corners(row), line=index)
    if not isinstance(row, dict) or not ("box" in row or "quad" in row):
        raise ValueError('it is neither [x0, y0, x1, y1] nor has it a "box" or a "quad"')
    text, line = row.get("text") or "", row.get("line", index)
    if not isinstance(text, str) or not isinstance(line, int):
        raise ValueError('"text" is a string and "line" a whole number')
    confidence = min(max(_number(row.get("confidence", 1), "confidence"), 0.0), 1.0)
    return Found(_corners(row.get("quad") or row["box"]), text, confidence if text else 0.0, line)


def _corners(values: Any) -> Corners:
    """Four numbers are x0, y0, x1, y1; eight are the corners."""
    numbers = np.array(values, np.float64).ravel()
    if numbers.size not in (4, 8) or not np.isfinite(numbers).all():
        raise ValueError("a box is [x0, y0, x1, y1], a quad has four corners [x, y], all of them numbers")
    if numbers.size == 8:
        return numbers.reshape(4, 2)
    x0, x1, y0, y1 = *sorted(numbers[[0, 2]].tolist()), *sorted(numbers[[1, 3]].tolist())
    return upright(x0, y0, x1, y1)


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f'"{key}" is a number, not {value!r}')
    return float(value)
