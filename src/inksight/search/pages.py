"""The pages of a folder that can be searched, and their words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import formats
from ..errors import InputError
from ..ink import Box

if TYPE_CHECKING:
    from ..ink import Page

SUFFIXES = (".json", ".jsonl", ".svg", ".inkml", ".pdf")
"""Files that keep what was read, the more exact first: of several results of a page one is searched."""

_OURS = {
    ".json": b'"inksight"', ".jsonl": b'"inksight"', ".svg": b'class="word"', ".inkml": b"<ink", ".pdf": b"%PDF-",
}  # fmt: skip
"""What such a file has where it may be of ours: a folder may hold others."""


@dataclass(frozen=True)
class Entry:
    """A word that was read: where, and in which of its page's lines, counted from 1."""

    text: str
    line: int
    box: Box


@dataclass(frozen=True)
class Entries:
    """A page of `width` x `height`, in whose pixels the boxes are: of a PDF, its points."""

    width: float
    height: float
    words: tuple[Entry, ...]


def files(folder: Path) -> Iterator[Path]:
    """Those to be searched in the folder and the folders inside, hidden ones left out, as they are met."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(n for n in folders if not n.startswith("."))
        best: dict[str, Path] = {}
        for path in (Path(place, n) for n in sorted(names) if not n.startswith(".")):
            known = best.get(path.stem)
            if path.suffix.lower() in SUFFIXES and (known is None or _rank(path) < _rank(known)):
                best[path.stem] = path
        yield from best.values()


def _rank(path: Path) -> int:
    return SUFFIXES.index(path.suffix.lower())


def entries(path: Path, data: bytes) -> list[Entries]:
    """The pages in a file's bytes; none where it isn't ours. Raises InputError for a broken file."""
    suffix = path.suffix.lower()
    if _OURS[suffix] not in data:
        return []
    if suffix == ".pdf":
        return _of_pdf(path, data)
    return [_of_page(page) for page in formats.loads_pages(data, suffix[1:], name=path)]


def _of_page(page: Page) -> Entries:
    lines = [line for line in page.lines if line.text]
    words = (Entry(w.text, i, w.box) for i, line in enumerate(lines, start=1) for w in line.words if w.text)
    return Entries(page.width, page.height, tuple(words))


def _of_pdf(path: Path, data: bytes) -> list[Entries]:
    """What can be marked in a PDF of ours. Raises InputError for one with a damaged page."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return []  # ours aren't broken: they are there whole or not at all
    with document:
        if not document.get_metadata_value("Creator").startswith("inksight"):
            return []
        try:
            return [_of_pdf_page(page) for page in document]
        except pypdfium2.PdfiumError as error:
            raise InputError(f"{path}: damaged ({error}); convert its pages again") from error


def _of_pdf_page(page: Any) -> Entries:
    text = page.get_textpage()
    height = page.get_height()
    line, word = 1, list[tuple[str, Box]]()
    words: list[Entry] = []

    def end() -> None:
        if word:
            x0, y0, x1, y1 = zip(*(box for _, box in word), strict=True)
            words.append(Entry("".join(c for c, _ in word), line, (min(x0), min(y0), max(x1), max(y1))))
            word.clear()

    for i in range(text.count_chars()):
        c = text.get_text_range(i, 1)
        if c.strip():
            left, bottom, right, top = text.get_charbox(i, loose=True)
            word.append((c, (left, height - top, right, height - bottom)))
            continue
        end()
        line += c == "\n"
    end()
    return Entries(page.get_width(), height, tuple(words))
