"""Finding words in converted pages, however they were misread.

search("two herons", "ink/") -> matches, the best first: where (pages.py) an index (index.py) knows like text (match.py)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ..alphabets import in_a_row
from ..batch.files import by_number
from ..errors import InputError
from ..ink import Box
from .index import Found, Index
from .match import Hit, hits, normal

__all__ = ["Match", "search"]


@dataclass(frozen=True)
class Match:
    """Neighbouring words of a page that are like the query.

    `page` is its number in the file, `line` that of the first word among its lines with text, both from 1. `boxes` has
    one (x0, y0, x1, y1) for each line that the words are on, in pixels of the page, which is `width` x `height`; of a
    PDF, in points. `before`, `text` and `after` make up these lines. `score` is 1 where words and query are the same
    but for accents, punctuation and capitals.
    """

    file: Path
    page: int
    line: int
    boxes: tuple[Box, ...]
    before: str
    text: str
    after: str
    score: float
    width: float
    height: float


def search(
    query: str,
    folder: str | Path,
    *,
    progress: Callable[[int, int], None] | None = None,
    on_error: Callable[[InputError], None] | None = None,
) -> list[Match]:
    """Where the words of `query` stand next to each other, in this order, on the converted pages in `folder`.

    Searched are JSON, SVG, InkML and PDF files of InkSight in it and in its folders, of several results of a page one.
    The index is kept in the folder (.inksight.db), or among the user's caches. `progress` is called with the number of
    files looked at and of all, `on_error` with what is wrong with files that are passed over. Raises InputError for a
    query without letters and for a folder that isn't there.
    """
    wanted = normal(query)
    if not wanted:
        raise InputError(f"'{query}': nothing to search for; give a word")
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder; name one with converted pages")
    index = Index(Path(folder))
    try:
        with index.in_use():
            for error in index.update(progress):
                if on_error:
                    on_error(InputError(error))
            return sorted((m for found in index.like(wanted) for m in _matches(wanted, found)), key=_rank)
    finally:
        index.close()


def _rank(match: Match) -> tuple[object, ...]:
    return -match.score, by_number(match.file), match.page, match.line


def _matches(query: str, found: Found) -> list[Match]:
    return [_match(hit, found) for hit in hits(query, [w.text for w in found.entries.words], found.text)]


def _match(hit: Hit, found: Found) -> Match:
    words = found.entries.words
    meant = words[hit.first : hit.last + 1]
    lines = {w.line for w in meant}
    before = in_a_row(w.text for w in words[: hit.first] if w.line in lines)
    after = in_a_row(w.text for w in words[hit.last + 1 :] if w.line in lines)
    boxes = tuple(_around([w.box for w in part]) for _, part in groupby(meant, key=lambda w: w.line))
    text, size = in_a_row(w.text for w in meant), (found.entries.width, found.entries.height)
    return Match(found.path, found.number, meant[0].line, boxes, before, text, after, hit.score, *size)


def _around(boxes: list[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)
