"""CSV: one row per point, in writing order, for spreadsheets and data frames.

| column | what |
| --- | --- |
| page, page_width, page_height | the page, counted from 0, and its size in pixels |
| line, word, stroke | counted from 0 on the page |
| point | counted from 0 in the stroke |
| x, y | pixels of the page from its top-left corner, x to the right, y down |
| synthetic_t | where the style wants times: seconds since the first pen-down, made up by inksight.ink.timing |
| width, color | of the stroke, in pixels and as #rrggbb; empty where they aren't known |
| text, confidence, kind | of the word: what it says, how sure that is (0 to 1), and "word", "drawing" or "print" |

A word without strokes has one row without a point; a page without words has none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, repeat

import numpy as np

from ..ink import Line, Page, Stroke, Word, as_kind
from ..ink.timing import times
from .several import only
from .style import PLAIN, Style

COLUMNS = (
    "page", "page_width", "page_height", "line", "word", "stroke", "point", "x", "y", "synthetic_t",
    "width", "color", "text", "confidence", "kind",
)  # fmt: skip

Row = dict[str, str]


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page's points as UTF-8. Coordinates are the shortest decimals that give the same float32 back."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The points of all pages, one page after the other."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="")  # rows end as RFC 4180 says; then texts with \r are quoted, too
    writer.writeheader()
    for number, (page, style) in enumerate(zip(pages, styles, strict=True)):
        here = {"page": str(number), "page_width": str(page.width), "page_height": str(page.height)}
        writer.writerows(here | row for row in _rows(page, style.times))
    return out.getvalue().encode("utf-8", "replace")


def _rows(page: Page, timed: bool) -> Iterator[Row]:
    clock = iter(times(page.strokes)) if timed else repeat(None)
    counted = count()
    for number, (line, word) in enumerate(page.numbered_words()):
        told = {"line": str(line), "word": str(number), "text": word.text, "kind": word.kind}
        told["confidence"] = f"{word.confidence:.4f}"
        if not word.strokes:
            yield told
        for stroke in word.strokes:
            seconds = next(clock)
            look = {"stroke": str(next(counted)), "width": str(stroke.width or ""), "color": stroke.color or ""}
            xs, ys = stroke.points.astype(str).T.tolist()  # the shortest decimals
            for point, (x, y) in enumerate(zip(xs, ys, strict=True)):
                t = "" if seconds is None else f"{seconds[point]:.4f}"
                yield told | look | {"point": str(point), "x": x, "y": y, "synthetic_t": t}


# ---------------------------------------------------------------------------------------------------------- reading


def loads(data: bytes) -> Page:
    """The page of a file with one. Raises ValueError for others."""
    return only(loads_pages(data) or [Page(0, 0)])


def loads_pages(data: bytes) -> list[Page]:
    """The pages in a table of points, ours or one that has columns x and y at least.

    Points with the same page, line, word and stroke belong together, in the order of their rows; a column that is
    missing counts as 0, and a page without a size is as large as its ink. The words' boxes and origins aren't kept.
    Raises ValueError, naming the word, for anything else.
    """
    words: dict[tuple[int, int, int], dict[str, list[Row]]] = {}
    try:
        table = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), restval="")
        if not {"x", "y"} <= set(table.fieldnames or ()):
            raise ValueError("its first row doesn't name the columns x and y")
        for row in table:
            page, line, word = (int(row.get(column) or 0) for column in ("page", "line", "word"))
            words.setdefault((page, line, word), {}).setdefault(row.get("stroke") or "", []).append(row)
    except csv.Error as error:
        raise ValueError(f"not a table ({error})") from error
    lines: dict[int, dict[int, list[Word]]] = {}
    sizes: dict[int, tuple[float, float]] = {}
    for (page, line, word), strokes in sorted(words.items()):
        try:
            lines.setdefault(page, {}).setdefault(line, []).append(_word(strokes))
            sizes[page] = _size(next(iter(strokes.values()))[0])
        except ValueError as error:
            raise ValueError(f"page {page}, line {line}, word {word}: {error}") from error
    return [_page(sizes[page], found.values()) for page, found in lines.items()]


def _word(rows: dict[str, list[Row]]) -> Word:
    """A word from the rows of each of its strokes."""
    first = next(iter(rows.values()))[0]
    strokes = tuple(_stroke(points) for points in rows.values() if points[0]["x"] or points[0]["y"])
    sure = float(first.get("confidence") or 1.0)
    return Word(strokes, first.get("text") or "", sure, kind=as_kind(first.get("kind")))


def _stroke(rows: list[Row]) -> Stroke:
    width, color = rows[0].get("width"), rows[0].get("color")
    return Stroke([[float(row["x"]), float(row["y"])] for row in rows], float(width) if width else None, color or None)


def _size(row: Row) -> tuple[float, float]:
    return float(row.get("page_width") or 0), float(row.get("page_height") or 0)


def _page(size: tuple[float, float], lines: Iterable[list[Word]]) -> Page:
    found = tuple(Line(tuple(words)) for words in lines)
    corners = [word.ink_box[2:] for line in found for word in line.words if word.strokes]
    right, bottom = np.ceil(np.max([(0.0, 0.0), *corners], axis=0)).tolist()
    return Page(size[0] or right, size[1] or bottom, found)
