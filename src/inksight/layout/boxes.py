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

import numpy as np

from ..errors import InputError
from ..ink import Page
from .saved import Found, Saved, read_bytes
from .schema import FARTHEST, BoxDocument, BoxRow, BoxRows, checked
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
        if w.kind != "drawing"
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
    if isinstance(document, dict):
        framed = checked(document, BoxDocument)
        return Saved(name, _all_found(framed.words), framed.width, framed.height)
    return Saved(name, _all_found(checked(document, BoxRows)))


def _all_found(rows: BoxRows) -> list[Found]:
    found = []
    for i, row in enumerate(rows):
        try:
            found.append(_found(row, i))
        except ValueError as error:
            raise ValueError(f"word {i}: {error}") from error
    return found


def _found(row: BoxRow | list[float], index: int) -> Found:
    """A word of a plain list; each is a line of its own unless they say something else."""
    if isinstance(row, list):
        return Found(_corners(row), line=index)
    if row.box is None and row.quad is None:
        raise ValueError('it is neither [x0, y0, x1, y1] nor has it a "box" or a "quad"')
    text, line = row.text or "", index if row.line is None else row.line
    confidence = min(max(row.confidence, 0.0), 1.0) if text else 0.0
    return Found(_corners(row.quad or row.box or []), text, confidence, line)


def _corners(values: Sequence[list[float] | float]) -> Corners:
    """Four numbers are x0, y0, x1, y1; eight are the corners."""
    numbers = np.array([v for part in values for v in (part if isinstance(part, list) else [part])], np.float64)
    if numbers.size not in (4, 8) or not (abs(numbers) < FARTHEST).all():
        raise ValueError("a box is [x0, y0, x1, y1], a quad has four corners [x, y], all of them numbers of pixels")
    if numbers.size == 8:
        return numbers.reshape(4, 2)
    x0, x1, y0, y1 = *sorted(numbers[[0, 2]].tolist()), *sorted(numbers[[1, 3]].tolist())
    return upright(x0, y0, x1, y1)
