"""Xournal++: pens with width and color on pages in points, under them the text, found by search but not seen.

A page has up to three layers. The lowest holds the words' text in the color of the paper; the photo, where there is
one, lies over it as a picture of its own, so that the file stands alone; the top layer, which Xournal++ opens for
editing, holds the ink. Strokes and texts say which word they belong to; Xournal++ ignores that and forgets it when it
saves, after which strokes are given to the text that they lie on.
"""

from __future__ import annotations

import base64
import gzip
import io
import math
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import numpy as np

from ..arrays import Pixels
from ..ink import Box, Line, Page, Stroke, Word, is_color
from ..ink.frames import Affine
from .markup import escaped, floats, local, number, parse
from .photos import Photo, largest, unpacked
from .several import most_unpacked, only, some
from .style import PLAIN, WHITE, Style, background, paper, sheet, styled
from .textlines import TextLine

_POINTS = 72 / 25.4
"""Per millimetre."""

_READING = "Text (InkSight)"
"""The layer with the words' text. Its name is what Xournal++ keeps."""

_LEADING, _ASCENT, _ADVANCE = 1.17, 0.93, 0.6
"""Height of a line, how far its top is above the baseline, and width of a letter, in a usual font of size 1."""

_THINNEST = 0.05  # points

_LONGEST = 2000  # pixels of a photo: 170 per inch of A4


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as a Xournal++ file. Coordinates have 2 decimals."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one Xournal++ file, with a style for each."""
    rows = ['<?xml version="1.0" standalone="no"?>', '<xournal creator="InkSight" fileversion="4">']
    for page, style in zip(pages, styles, strict=True):
        rows += _page(page, style)
    return gzip.compress("\n".join([*rows, "</xournal>", ""]).encode(), mtime=0)


def _page(page: Page, style: Style) -> Iterator[str]:
    drawn, place = styled(page, style), sheet(page, style)
    under = background(drawn, style, "none")
    shade = WHITE if under == "none" else paper(drawn)
    frame = place.frame.then(Affine.scaling(_POINTS))
    lines = [[word.transformed(frame) for word in line.words] for line in drawn.lines]
    yield f'<page width="{number(place.width * _POINTS)}" height="{number(place.height * _POINTS)}">'
    yield f'<background type="solid" color="{shade}ff" style="plain"/>'
    yield f'<layer name="{_READING}">'
    for i, line in enumerate(lines):
        yield from _texts(i, line, shade)
    yield "</layer>"
    if under == "photo" and style.photo is not None:
        (left, top), (right, bottom) = frame.apply([(0, 0), (page.width, page.height)]).tolist()
        edges = f'left="{number(left)}" top="{number(top)}" right="{number(right)}" bottom="{number(bottom)}"'
        yield f'<layer name="Photo"><image {edges}>{base64.b64encode(_png(style.photo)).decode()}</image></layer>'
    yield '<layer name="Ink">'
    for i, line in enumerate(lines):
        yield from (_stroke(stroke, i, j) for j, word in enumerate(line) for stroke in word.strokes)
    yield "</layer></page>"


def _texts(index: int, line: list[Word], color: str) -> Iterator[str]:
    """The words of a line in one size and on one baseline, so that an exported PDF has lines of text, too."""
    told = [(j, word) for j, word in enumerate(line) if word.text.strip()]
    if not told:
        return
    row = TextLine(tuple(word for _, word in told))
    tall = max(1.0, row.height / _LEADING)
    narrow = min((x1 - x0) / (_ADVANCE * len(w.text)) for w in row.words for x0, _, x1, _ in [w.box])
    size = min(max(narrow, tall / 3), tall)
    for j, word in told:
        x0, _, x1, _ = word.box
        top = row.baseline.at((x0 + x1) / 2) - _ASCENT * size
        place = f'font="Sans" size="{number(size)}" x="{number(x0)}" y="{number(top)}"'
        yield f'<text {place} color="{color}ff" word="{index}.{j}">{escaped(word.text)}</text>'


def _stroke(stroke: Stroke, line: int, word: int) -> str:
    """A dot is a line from a point to itself: Xournal++ draws that, and refuses a file with a single point."""
    points = np.repeat(stroke.points, 2, axis=0) if len(stroke) == 1 else stroke.points
    width = number(max(stroke.width or 0.0, _THINNEST))
    values = " ".join(map(number, points.ravel().tolist()))
    pen = f'tool="pen" color="{stroke.color}ff" width="{width}" capStyle="round"'
    return f'<stroke {pen} word="{line}.{word}">{values}</stroke>'


def _png(photo: Pixels) -> bytes:
    """As PNG in 256 colors: over a JPEG Xournal++ 1.1 stops drawing the page, and a photo's full PNG is huge."""
    from PIL import Image

    picture, out = Image.fromarray(photo), io.BytesIO()
    picture.thumbnail((_LONGEST, _LONGEST))
    palette = picture.reduce(4).quantize()  # a good one takes long to find
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue()


# ---------------------------------------------------------------------------------------------------------- reading

_COLORS = {
    "black": "#000000",
    "blue": "#3333cc",
    "red": "#ff0000",
    "green": "#008000",
    "gray": "#808080",
    "lightblue": "#00c0ff",
    "lightgreen": "#00ff00",
    "magenta": "#ff00ff",
    "orange": "#ff8000",
    "yellow": "#ffff00",
    "white": "#ffffff",
}
"""The names that Xournal and Xournal++ know for pens."""

_Place = tuple[int, int]
"""Line, and word in it."""


def loads(data: bytes) -> Page:
    """The page in a Xournal++ file, in points. Raises ValueError for a file with more or fewer pages than one."""
    return only(loads_pages(data))


def loads_pages(data: bytes) -> list[Page]:
    """The pages in a file of Xournal++ or Xournal, packed or not, in points (1/72 inch).

    The strokes of ours come as their words; those of others as one word. A stroke has the mean of its widths; what the
    eraser painted is left out. Typed text becomes words without ink. Raises ValueError for anything else.
    """
    return [_read_page(page) for page in _pages(data)]


def photos(data: bytes) -> list[Photo | None]:
    """The largest picture on each page, or None. Raises ValueError as `loads_pages` does."""
    return [largest([p for e in page.iter() if local(e) == "image" if (p := _image(e))]) for page in _pages(data)]


def _pages(data: bytes) -> Sequence[Element]:
    root = parse(_unpacked(data))
    if local(root) != "xournal":
        raise ValueError(f"it is <{local(root)}>, not <xournal>")
    return some([e for e in root if local(e) == "page"])


def _image(element: Element) -> Photo | None:
    left, top, right, bottom = (_value(element, name, 0.0) for name in ("left", "top", "right", "bottom"))
    picture = unpacked(element.text or "")
    return Photo(picture, (left, top, right, bottom)) if picture and left < right and top < bottom else None


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = unpacker.decompress(data, most_unpacked(data))
    except zlib.error as error:
        raise ValueError(f"broken gzip ({error})") from error
    if not unpacker.eof:
        raise ValueError("it is too large" if unpacker.unconsumed_tail else "it is cut short")
    return content


def _read_page(page: Element) -> Page:
    width, height = floats(f"{page.get('width')} {page.get('height')}", 2) or (0.0, 0.0)
    reader = _Reader()
    for layer in page:
        if local(layer) == "layer":
            reader.layer(layer)
    return Page(width, height, reader.lines())


@dataclass
class _Text:
    place: _Place
    box: Box
    content: str


@dataclass
class _Reader:
    """Collects what the layers of a page hold."""

    strokes: list[tuple[_Place | None, Stroke]] = field(default_factory=list)
    readings: list[_Text] = field(default_factory=list)  # what the ink spells
    typed: list[_Text] = field(default_factory=list)

    def layer(self, layer: Element) -> None:
        for element in layer:
            if local(element) == "stroke" and element.get("tool", "pen") != "eraser":
                stroke = _read_stroke(element)
                self.strokes += [(_told(element), stroke)] if stroke else []
            elif local(element) == "text":
                self.text(element, self.readings if layer.get("name") == _READING else self.typed)

    def text(self, element: Element, texts: list[_Text]) -> None:
        """Texts of about one height, one after the other, are a line."""
        size, x, y = (_value(element, name, usual) for name, usual in (("size", 12.0), ("x", 0.0), ("y", 0.0)))
        content = element.text or ""
        box = (x, y, x + _ADVANCE * size * len(content), y + _LEADING * size)
        line, word = texts[-1].place if texts else (-1, -1)
        follows = bool(texts) and abs(texts[-1].box[1] - y) < size / 2
        usual = (line, word + 1) if follows else (line + 1, 0)
        texts.append(_Text(_told(element) or usual, box, content))

    def lines(self) -> tuple[Line, ...]:
        strokes: dict[_Place, list[Stroke]] = defaultdict(list)
        for place, stroke in self.strokes:
            strokes[place or self.nearest(stroke)].append(stroke)
        texts = {text.place: text for text in self.readings}
        rows: dict[int, list[Word]] = defaultdict(list)
        for place in sorted(strokes.keys() | texts.keys()):
            rows[place[0]].append(_word(strokes[place], texts.get(place)))
        typed = [Line((_word([], text),)) for text in self.typed if text.content.strip()]
        return (*(Line(tuple(words)) for words in rows.values()), *typed)

    def nearest(self, stroke: Stroke) -> _Place:
        """The word that the stroke's middle lies in: of the nearest text's line the last that begins before it."""
        if not self.readings:
            return 0, 0
        x0, y0, x1, y1 = stroke.box
        x, y = (x0 + x1) / 2, (y0 + y1) / 2

        def distance(text: _Text) -> float:
            left, top, right, bottom = text.box
            return math.hypot(max(left - x, 0.0, x - right), y - (top + bottom) / 2)

        closest = min(self.readings, key=distance)
        before = [t for t in self.readings if t.place[0] == closest.place[0] and t.box[0] <= x]
        return max(before, key=lambda t: t.box[0]).place if before else closest.place


def _told(element: Element) -> _Place | None:
    match = re.fullmatch(r"(\d{1,9})\.(\d{1,9})", element.get("word", ""))
    return (int(match[1]), int(match[2])) if match else None


def _value(element: Element, name: str, usual: float) -> float:
    return (floats(element.get(name), 1) or (usual,))[0]


def _read_stroke(element: Element) -> Stroke | None:
    values = (element.text or "").split()
    if len(values) < 2:
        return None
    xy = np.array(values[: len(values) // 2 * 2], np.float64).reshape(-1, 2)
    return Stroke(xy[:1] if (xy == xy[0]).all() else xy, _width(element.get("width", "")), _color(element))


def _width(values: str) -> float | None:
    """The nominal width, or, where those of the stroke's pieces follow it, their mean."""
    widths = floats(values) or ()
    known = [w for w in widths[1:] or widths if np.isfinite(w) and w > 0]
    return float(np.mean(known)) if known else None


def _color(element: Element) -> str | None:
    written = element.get("color", "").lower()
    color = _COLORS.get(written, written[:7])
    return color if is_color(color) else None


def _word(strokes: list[Stroke], text: _Text | None) -> Word:
    if text is None:
        return Word(tuple(strokes))
    return Word(tuple(strokes), text.content, box=(0.0, 0.0, 0.0, 0.0) if strokes else text.box)
