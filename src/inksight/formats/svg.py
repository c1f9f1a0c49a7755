"""SVG: one stroked path per stroke in writing order, grouped by word and line, in pixels of the page.

The polylines are the page's points, so that a plotter draws what the page has. A word is a group with its text as the
title and its confidence, origin and box as data attributes; a drawing is such a group of another class. Most strokes'
color and width stand once, on the group around all; those that differ have their own.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import ArrayLike

from ..ink import KINDS, Line, Page, Stroke, Word, as_kind
from ..ink.frames import Affine
from . import svgpath
from .markup import PIXELS, css_color, escaped, floats, local, number, numbers, parse, quoted
from .photos import Photo, largest, of_url
from .style import INK_COLOR, PLAIN, Background, Style, background, jpeg, paper, sheet, styled

FADED = 0.5
"""Opacity of a photo under the ink that was traced from it."""

_THINNEST = 0.01  # what two decimals can say

_DOT = 0.001

_XLINK = "http://www.w3.org/1999/xlink"  # for pictures: Inkscape 1.2 doesn't know href without it

Attributes = Callable[[Stroke], str]
"""What else a stroke's path says: nothing, or attributes with a space before each."""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as SVG. Coordinates have 2 decimals.

    A pixel of the page is one of the picture, or as many millimetres as the style's sheet or dpi make it.
    """
    return document(styled(page, style), style)


def document(
    page: Page, style: Style, under: Background = "none", css: str = "", more: Attributes = lambda stroke: ""
) -> bytes:
    """A `styled` page as SVG, over `under` where the style is silent, with CSS and what else each path has to say."""
    color = _most((s.color or INK_COLOR for s in page.strokes), INK_COLOR)
    width = _most(map(_width, page.strokes), "1")
    pen = f'stroke="{color}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"'
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="{_XLINK}" {_size_of(page, style)}>',
        *([f"<style>{escaped(css)}</style>"] if css else []),
        *_under(page, style, under),
        f'<g class="writing" fill="none" {pen}>' if css else f'<g fill="none" {pen}>',
    ]

    def path(stroke: Stroke) -> str:
        own_color = "" if stroke.color == color else f' stroke="{stroke.color}"'
        own_width = "" if _width(stroke) == width else f' stroke-width="{_width(stroke)}"'
        return f'<path d="{path_data(stroke)}"{own_color}{own_width}{more(stroke)}/>'

    for line in page.lines:
        rows += ['<g class="line">', *(row for word in line.words for row in _word(word, path)), "</g>"]
    return "\n".join([*rows, "</g>", "</svg>", ""]).encode()


def path_data(stroke: Stroke) -> str:
    """A dot is a thousandth of a pixel long: round caps show it, and vpype would drop it if it had no length."""
    start, *rest = [f"{number(x)} {number(y)}" for x, y in stroke.points.tolist()]
    return f"M{start} L{' '.join(rest)}" if {start} < {start, *rest} else f"M{start} h{_DOT}"


def _most(values: Iterable[str], otherwise: str) -> str:
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else otherwise


def _width(stroke: Stroke) -> str:
    return number(max(stroke.width or 1.0, _THINNEST))


def _size_of(page: Page, style: Style) -> str:
    """Pixels, unless the style says how large they are."""
    if style.fit is None and style.dpi is None:
        size = f"{number(page.width)} {number(page.height)}"
        return f'width="{number(page.width)}" height="{number(page.height)}" viewBox="0 0 {size}"'
    place = sheet(page, style)
    return f'width="{number(place.width)}mm" height="{number(place.height)}mm" viewBox="{numbers(place.view)}"'


def _under(page: Page, style: Style, otherwise: Background) -> Iterator[str]:
    """What lies under the ink: paper on the whole sheet, and a faded photo on it."""
    under = background(page, style, otherwise)
    if under == "none":
        return
    x, y, width, height = map(number, sheet(page, style).view)
    yield f'<rect class="paper" x="{x}" y="{y}" width="{width}" height="{height}" fill="{paper(page)}"/>'
    if under == "photo" and style.photo is not None:
        link = "data:image/jpeg;base64," + base64.b64encode(jpeg(style.photo)).decode()
        size = f'width="{number(page.width)}" height="{number(page.height)}" preserveAspectRatio="none"'
        yield f'<image class="photo" {size} opacity="{FADED}" xlink:href="{link}"/>'


def _word(word: Word, path: Callable[[Stroke], str]) -> Iterator[str]:
    data = f'data-confidence="{word.confidence:.4f}" data-origin={quoted(word.origin)}'
    yield f'<g class="{word.kind}" {data} data-box="{numbers(word.box)}">'
    yield f"<title>{escaped(word.text)}</title>"
    yield from map(path, word.strokes)
    yield "</g>"


# ---------------------------------------------------------------------------------------------------------- reading

_UNSEEN = {"defs", "symbol", "clipPath", "mask", "marker", "pattern"}
_PX = {"": 1.0} | PIXELS


class _Pen(NamedTuple):
    """How elements are stroked; None where nothing says so."""

    color: str | None = None
    width: float | None = None

    def within(self, element: Element) -> _Pen:
        """That of an element which stands where this one holds: CSS goes before attributes, both before ours."""
        rules = (rule.partition(":") for rule in element.get("style", "").split(";"))
        own = dict(element.attrib) | {name.strip(): value for name, _, value in rules}
        color = css_color(own["stroke"]) if "stroke" in own else self.color
        width = _length(own["stroke-width"]) if "stroke-width" in own else self.width
        return _Pen(color, width)

    def stroke(self, points: ArrayLike, frame: Affine) -> Stroke:
        """A line of this pen, seen in the page's frame."""
        width = 1.0 if self.color and self.width is None else self.width
        return Stroke(points, width or None, self.color).transformed(frame)


@dataclass
class _Reader:
    """Collects what the walk through the document meets."""

    lines: list[list[Word]] = field(default_factory=list)
    loose: list[Stroke] = field(default_factory=list)  # strokes outside of our words

    def walk(self, parent: Element, frame: Affine, pen: _Pen, strokes: list[Stroke]) -> None:
        """Read the children of `parent`; what they draw goes to the end of `strokes`, in the page's frame."""
        for child in parent:
            if local(child) in _UNSEEN:
                continue
            here, own = svgpath.transform(child.get("transform", "")).then(frame), pen.within(child)
            if child.get("class") in KINDS:
                self.word(child, here, own)
                continue
            if child.get("class") == "line":
                self.lines.append([])
            strokes += [own.stroke(points, here) for points in _polylines(child, here)]
            self.walk(child, here, own, strokes)

    def word(self, group: Element, frame: Affine, pen: _Pen) -> None:
        strokes: list[Stroke] = []
        self.walk(group, frame, pen, strokes)
        title = next((e.text or "" for e in group if local(e) == "title"), "")
        confidence = (floats(group.get("data-confidence"), 1) or (1.0,))[0]
        x0, y0, x1, y1 = floats(group.get("data-box"), 4) or (0.0, 0.0, 0.0, 0.0)
        box = Word((), box=(x0, y0, x1, y1)).transformed(frame).box
        if not self.lines:
            self.lines.append([])
        self.lines[-1].append(
            Word(tuple(strokes), title, confidence, box, group.get("data-origin", ""), as_kind(group.get("class")))
        )


def loads(data: bytes) -> Page:
    """The page in an SVG: ours as it was drawn (to 2 decimals), others as one word of all that they draw.

    Reads path, polyline and line elements under nested transforms, curves flattened to a tenth of a pixel, with their
    color and width, and ignores the rest; the page's pixel is the unit of the viewBox. Raises ValueError with the
    reason for broken files.
    """
    root = _root(data)
    reader = _Reader()
    view, frame = floats(root.get("viewBox"), 4), _frame(root)
    reader.walk(root, frame, _Pen().within(root), reader.loose)
    if reader.loose:
        reader.lines.append([Word(tuple(reader.loose))])
    lines = tuple(Line(tuple(words)) for words in reader.lines)
    width, height = view[2:] if view else _size(root, lines)
    return Page(width, height, lines)


def photos(data: bytes) -> list[Photo | None]:
    """The largest picture that the drawing has inside, or None. Raises ValueError as `loads` does."""
    root = _root(data)
    return [largest(list(_images(root, _frame(root))))]


def _images(parent: Element, frame: Affine) -> Iterator[Photo]:
    """The upright pictures within an element, in the page's frame."""
    for child in parent:
        if local(child) in _UNSEEN:
            continue
        here = svgpath.transform(child.get("transform", "")).then(frame)
        picture = of_url(child.get(f"{{{_XLINK}}}href") or child.get("href")) if local(child) == "image" else None
        x, y, width, height = (_length(child.get(name, "0")) or 0.0 for name in ("x", "y", "width", "height"))
        if picture and width > 0 and height > 0 and here.b == here.d == 0 and min(here.a, here.e) > 0:
            (left, top), (right, bottom) = here.apply([(x, y), (x + width, y + height)]).tolist()
            yield Photo(picture, (left, top, right, bottom))
        yield from _images(child, here)


def _root(data: bytes) -> Element:
    root = parse(data)
    if local(root) != "svg":
        raise ValueError(f"it is <{local(root)}>, not <svg>")
    return root


def _frame(root: Element) -> Affine:
    """From the drawing's units to the page."""
    view = floats(root.get("viewBox"), 4)
    return Affine.translation(-view[0], -view[1]) if view else Affine()


def _size(root: Element, lines: tuple[Line, ...]) -> tuple[float, float]:
    """The size from the width and height attributes; where they say nothing in units of length, from the ink."""
    corners = [w.ink_box[2:] for line in lines for w in line.words if w.strokes]
    right, bottom = np.ceil(np.max([(0.0, 0.0), *corners], axis=0)).tolist()
    return _length(root.get("width", "")) or right, _length(root.get("height", "")) or bottom


def _length(value: str) -> float | None:
    match = re.fullmatch(r"([\d.]+(?:e[-+]?\d+)?)\s*([a-z]*)", value.strip(), re.IGNORECASE)
    unit = _PX.get(match[2].lower()) if match else None
    return float(match[1]) * unit if match and unit else None


def _polylines(element: Element, frame: Affine) -> list[list[tuple[float, float]]]:
    """What an element draws, in its own frame, finely enough for the page's frame."""
    kind = local(element)
    if kind == "path":
        zoom = abs(frame.a * frame.e - frame.b * frame.d) ** 0.5
        lines = svgpath.flatten(element.get("d", ""), 0.1 / max(zoom, 1e-9))
    elif kind == "polyline":
        values = svgpath.scan(element.get("points", ""))
        lines = [list(zip(values[::2], values[1::2], strict=False))]
    elif kind == "line":
        x1, y1, x2, y2 = ((svgpath.scan(element.get(name, "0")) or [0.0])[0] for name in ("x1", "y1", "x2", "y2"))
        lines = [[(x1, y1), (x2, y2)]]
    else:
        return []
    return [_without_echo(line) for line in lines if line]


def _without_echo(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """What is drawn no further than our dots is one point."""
    return line[:1] if all(abs(x - line[0][0]) <= 2 * _DOT and y == line[0][1] for x, y in line) else line
