"""The native form: everything that a Page holds, without loss, one word per row of text.

    {"format": "inksight", "version": 1, "width": w, "height": h, "words": [
    {"text": s, "confidence": c, "box": [x0, y0, x1, y1], "line": i, "origin": s, "strokes": [[[x, y], ...], ...]}]}

`line` counts from 0. A word in a table has "cell": [table, row, column], the same for all words of a line. A word may
also have "kind": "drawing" or "print", and "widths" and "colors" with a value or null for each stroke. A page that ends
in lines without words says how many lines it has by a further key, "lines". With the background "photo" the picture is
in the file, too, as "photo": "data:image/jpeg;base64,...".
"""

from __future__ import annotations

import base64
import json
from typing import Any

from ..ink import Cell, Line, Page, Stroke, Word
from ..ink.tables import MOST_COLUMNS
from .photos import Photo, of_url
from .several import MOST_LINES
from .style import PLAIN, Style, jpeg

VERSION = 1
_JPEG = "data:image/jpeg;base64,"


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as UTF-8 JSON. Points are the shortest decimals that give the same float32 back."""
    words = list(page.numbered_words())
    head: dict[str, Any] = {"format": "inksight", "version": VERSION}
    head |= {"width": _number(page.width), "height": _number(page.height)}
    if len(page.lines) > (words[-1][0] + 1 if words else 0):
        head["lines"] = len(page.lines)
    if style.background == "photo" and style.photo is not None:
        head["photo"] = _JPEG + base64.b64encode(jpeg(style.photo)).decode()
    rows = ",\n".join(_word(word, line, page.lines[line].cell) for line, word in words)
    content = f'{json.dumps(head)[:-1]}, "words": [\n{rows}]}}\n'
    return content.encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape


def _word(word: Word, line: int, cell: Cell | None) -> str:
    fields: dict[str, Any] = {"text": word.text, "confidence": float(word.confidence)}
    fields |= {"box": [_number(v) for v in word.box], "line": line, "origin": word.origin}
    if cell is not None:
        fields["cell"] = list(cell)
    if word.kind != "word":
        fields["kind"] = word.kind
    if any(s.width is not None for s in word.strokes):
        fields["widths"] = [s.width if s.width is None else _number(s.width) for s in word.strokes]
    if any(s.color is not None for s in word.strokes):
        fields["colors"] = [s.color for s in word.strokes]
    strokes = ", ".join(_points(stroke) for stroke in word.strokes)
    return f'{json.dumps(fields, ensure_ascii=False)[:-1]}, "strokes": [{strokes}]}}'


def _points(stroke: Stroke) -> str:
    xs, ys = stroke.points.astype(str).T.tolist()  # numpy prints the shortest decimals that name the float32
    return "[" + ", ".join(f"[{x}, {y}]" for x, y in zip(xs, ys, strict=True)) + "]"


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else float(value)


def loads(data: bytes) -> Page:
    """The page as it was written. Raises ValueError with the reason for anything else."""
    document = json.loads(data)
    if not isinstance(document, dict) or document.get("format") != "inksight":
        raise ValueError('it isn\'t ink of InkSight (no "format": "inksight")')
    if document.get("version") != VERSION:
        raise ValueError(f"its version is {document.get('version')}, this program reads {VERSION}: update inksight")
    try:
        return _page(document)
    except KeyError as error:
        raise ValueError(f"the key {error} is missing") from error
    except (TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"a value has the wrong type ({error})") from error


def photos(data: bytes) -> list[Photo | None]:
    """The picture that the page has, or None. Raises ValueError as `loads` does."""
    page, picture = loads(data), of_url(json.loads(data).get("photo"))
    return [Photo(picture, (0.0, 0.0, page.width, page.height)) if picture else None]


def _page(document: dict[str, Any]) -> Page:
    rows = [(row["line"], _read_word(row, i)) for i, row in enumerate(document["words"])]
    count = max([document.get("lines", 0), *(line + 1 for line, _ in rows)])
    if count > MOST_LINES or any(not isinstance(line, int) or line < 0 for line, _ in rows):
        raise ValueError(f'each word needs a "line" from 0 to {MOST_LINES - 1}')
    lines: list[list[Word]] = [[] for _ in range(count)]
    for line, word in rows:
        lines[line].append(word)
    cells = {row["line"]: _cell(row["cell"]) for row in reversed(document["words"]) if row.get("cell") is not None}
    found = tuple(Line(tuple(words), cells.get(i)) for i, words in enumerate(lines))
    return Page(document["width"], document["height"], found)


def _cell(value: Any) -> Cell:
    if not (isinstance(value, list) and len(value) == 3 and all(type(v) is int and v >= 0 for v in value)):
        raise ValueError('a "cell" is [table, row, column], each from 0')
    if value[1] >= MOST_LINES or value[2] >= MOST_COLUMNS:
        raise ValueError(f"a table has at most {MOST_LINES} rows and {MOST_COLUMNS} columns")
    return Cell(*value)


def _read_word(row: dict[str, Any], index: int) -> Word:
    try:
        count = len(row["strokes"])
        looks = zip(row["strokes"], _of_strokes(row, "widths", count), _of_strokes(row, "colors", count), strict=True)
        strokes = tuple(Stroke(points, width, color) for points, width, color in looks)
        box, origin, kind = tuple(row["box"]), str(row.get("origin", "")), row.get("kind", "word")
        return Word(strokes, str(row["text"]), row["confidence"], box, origin, kind)
    except ValueError as error:
        raise ValueError(f"word {index}: {error}") from error


def _of_strokes(row: dict[str, Any], key: str, count: int) -> list[Any]:
    values = row.get(key) or [None] * count
    if len(values) != count:
        raise ValueError(f'"{key}" needs a value for each of the {count} strokes')
    return list(values)
