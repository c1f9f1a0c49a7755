"""SVG: one stroked path per stroke in writing order, grouped by word and line, in pixels of the page.

The polylines are the page's points, so that a plotter draws what the page has. A word is a group with its text as the
title and its confidence, origin and box as data attributes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from xml.etree.ElementTree import Element

import numpy as np

from ..geometry import Affine
from ..ink import Line, Page, Stroke, Word
from . import svgpath
from .markup import escaped, floats, local, number, numbers, parse, quoted
from .style import INK, PLAIN, Style, stroke_width


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as SVG, drawn with the style's color and width. Coordinates have 2 decimals."""
    width, height = number(page.width), number(page.height)
    pen = f'stroke={quoted(style.color or INK)} stroke-width="{number(stroke_width(page, style))}"'
    rows = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<g fill="none" {pen} stroke-linecap="round" stroke-linejoin="round">',
    ]
    for line in page.lines:
        rows += ['<g class="line">', *map(_word, line.words), "</g>"]
    return "\n".join([*rows, "</g>", "</svg>", ""]).encode()


def _word(word: Word) -> str:
    data = f'data-confidence="{word.confidence:.4f}" data-origin={quoted(word.origin)}'
    head = f'<g class="word" {data} data-box="{numbers(word.box)}">\n<title>{escaped(word.text)}</title>'
    return "\n".join([head, *(f'<path d="{_path(stroke)}"/>' for stroke in word.strokes), "</g>"])


def _path(stroke: Stroke) -> str:
    """A single point is drawn to itself: a subpath of length 0, which round caps show as a dot."""
    points = stroke.points.tolist()
    start, *rest = [f"{number(x)} {number(y)}" for x, y in points]
    return f"M{start} L{' '.join(rest or [start])}"


# ---------------------------------------------------------------------------------------------------------- reading

_UNSEEN = {"defs", "symbol", "clipPath", "mask", "marker", "pattern"}
_PX = {"": 1.0, "px": 1.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "pt": 96 / 72, "pc": 16.0}


@dataclass
class _Reader:
    """Collects what the walk through the document meets."""

    lines: list[list[Word]] = field(default_factory=list)
    loose: list[Stroke] = field(default_factory=list)  # strokes outside of our words

    def walk(self, parent: Element, frame: Affine, strokes: list[Stroke]) -> None:
        """Read the children of `parent`; what they draw goes to the end of `strokes`, in the page's frame."""
        for child in parent:
            if local(child) in _UNSEEN:
                continue
            here = svgpath.transform(child.get("transform", "")).then(frame)
            if child.get("class") == "word":
                self.word(child, here)
                continue
            if child.get("class") == "line":
                self.lines.append([])
            strokes += [Stroke(here.apply(points)) for points in _polylines(child, here)]
            self.walk(child, here, strokes)

    def word(self, group: Element, frame: Affine) -> None:
        strokes: list[Stroke] = []
        self.walk(group, frame, strokes)
        title = next((e.text or "" for e in group if local(e) == "title"), "")
        confidence = (floats(group.get("data-confidence"), 1) or (1.0,))[0]
        x0, y0, x1, y1 = floats(group.get("data-box"), 4) or (0.0, 0.0, 0.0, 0.0)
        box = Word((), box=(x0, y0, x1, y1)).transformed(frame).box
        if not self.lines:
            self.lines.append([])
        self.lines[-1].append(Word(tuple(strokes), title, confidence, box, group.get("data-origin", "")))


def loads(data: bytes) -> Page:
    """The page in an SVG: ours as it was written (points to 2 decimals), others as one word of all that they draw.

    Reads path, polyline and line elements under nested transforms, curves flattened to a tenth of a pixel, and ignores
    the rest; the page's pixel is the unit of the viewBox. Raises ValueError with the reason for broken files.
    """
    root = parse(data)
    if local(root) != "svg":
        raise ValueError(f"it is <{local(root)}>, not <svg>")
    reader = _Reader()
    view = floats(root.get("viewBox"), 4)
    reader.walk(root, Affine.translation(-view[0], -view[1]) if view else Affine(), reader.loose)
    if reader.loose:
        reader.lines.append([Word(tuple(reader.loose))])
    lines = tuple(Line(tuple(words)) for words in reader.lines)
    width, height = view[2:] if view else _size(root, lines)
    return Page(width, height, lines)


def _size(root: Element, lines: tuple[Line, ...]) -> tuple[float, float]:
    """The size from the width and height attributes; where they say nothing in units of length, from the ink."""
    corners = [w.ink_box[2:] for line in lines for w in line.words if w.strokes]
    right, bottom = np.ceil(np.max([(0.0, 0.0), *corners], axis=0)).tolist()
    return _length(root.get("width", "")) or right, _length(root.get("height", "")) or bottom


def _length(value: str) -> float | None:
    match = re.fullmatch(r"\s*([\d.]+(?:e[-+]?\d+)?)\s*([a-z]*)\s*", value, re.IGNORECASE)
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
    """A point drawn to itself is a dot: one point."""
    return line[:1] if all(a == b for a, b in pairwise(line)) else line
