"""InkML (W3C, 2011): traces with their text, with the annotations of InkSight's published data set.

A page of one word is written as that data set does: five annotations, then the traces, with the word's text as
textField. Any other page holds a traceGroup per line with one per word in it, each with its own textField.
The traceFormat stands in an inkSource, each trace names its context, and traces and groups have ids, because Wacom's
reader wants all that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple
from xml.etree.ElementTree import Element

import numpy as np

from ..arrays import Array
from ..ink import Line, Page, Stroke, Word, as_kind, bounding_box
from ..ink.frames import Affine
from ..ink.timing import letter_height, times
from . import traces
from .markup import PIXELS, css_color, escaped, floats, local, number, numbers, parse
from .style import PLAIN, Style, styled

INFERENCE_MODES = {
    "derender": "Vanilla Derender",
    "derender-with-text": "Derender with Text",
    "recognize-and-derender": "Recognize and Derender",
}
"""How the data set calls the ways that a word comes (inferenceMode)."""

_THINNEST = 0.01  # what two decimals can say

_TIME = '<channel name="T" type="integer" units="ms"/>'

_DEFINITIONS = """<definitions>
<inkSource xml:id="picture">
<traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/>{time}</traceFormat>
<activeArea width="{width}" height="{height}" units="dev"/>
</inkSource>
<context xml:id="page" inkSourceRef="#picture"/>
{brushes}</definitions>"""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as InkML, valid against W3C's schema; `style.name` becomes the exampleId. Points have 2 decimals.

    Strokes whose look is known refer to brushes. With `style.times` each point has a third value, made-up milliseconds
    since the first pen-down, and the annotation "times" says that they are synthetic.
    """
    if style.color or style.width:
        page = styled(page, style)
    single = len(page.lines) == len(page.words) == 1
    rows = ['<?xml version="1.0" encoding="UTF-8"?>', '<ink xmlns="http://www.w3.org/2003/InkML">']
    rows += [
        _annotation("application", "InkSight"),
        _annotation("sourceDataset", "user pictures"),
        _annotation("inferenceMode", _mode(page)),
        _annotation("exampleId", style.name),
    ]
    rows.append(_annotation("textField", page.words[0].text if single else page.text))
    rows += [_annotation("times", "synthetic")] if style.times else []
    rows += _details(page.words[0]) if single else []
    looks = dict.fromkeys(look for look in map(_look, page.strokes) if any(look))
    brushes = {look: f"pen{i}" for i, look in enumerate(looks)}
    writer = _Writer(brushes, iter(times(page.strokes)) if style.times else None)
    rows.append(
        _DEFINITIONS.format(
            width=number(page.width),
            height=number(page.height),
            time=_TIME if style.times else "",
            brushes="".join(f"{_brush(name, *look)}\n" for look, name in brushes.items()),
        )
    )
    if single:
        rows += writer.traces(page.words[0])
    for line in () if single else page.lines:
        rows += [writer.group(), *(row for word in line.words for row in writer.word(word)), "</traceGroup>"]
    return "\n".join([*rows, "</ink>", ""]).encode()


def _annotation(kind: str, content: str) -> str:
    return f'<annotation type="{kind}">{escaped(content)}</annotation>'


def _mode(page: Page) -> str:
    """The way that most words came."""
    origins = Counter(word.origin for word in page.words).most_common(1)
    return INFERENCE_MODES.get(origins[0][0], origins[0][0]) if origins else ""


def _details(word: Word) -> list[str]:
    """What the data set doesn't tell of a word; none is empty, since Wacom's reader stumbles over that in a group."""
    origin = [_annotation("origin", word.origin)] if word.origin else []
    kind = [_annotation("kind", word.kind)] if word.kind != "word" else []
    return [*origin, *kind, _annotation("confidence", f"{word.confidence:.4f}"), _annotation("box", numbers(word.box))]


_Look = tuple[str, str]
"""Width and color as they are written, "" where they aren't known."""


def _look(stroke: Stroke) -> _Look:
    return number(max(stroke.width, _THINNEST)) if stroke.width else "", stroke.color or ""


def _brush(name: str, width: str, color: str) -> str:
    known = [f'<brushProperty name="width" value="{width}" units="dev"/>'] if width else []
    known += [f'<brushProperty name="color" value="{color}"/>'] if color else []
    return f'<brush xml:id="{name}">{"".join(known)}</brush>'


@dataclass
class _Writer:
    """Writes traces and groups; each gets an id of its own."""

    brushes: dict[_Look, str]
    times: Iterator[Array] | None
    ids: Iterator[int] = field(default_factory=count)

    def group(self) -> str:
        return f'<traceGroup xml:id="g{next(self.ids)}">'

    def word(self, word: Word) -> list[str]:
        textfield = [_annotation("textField", word.text)] if word.text else []
        return [self.group(), *textfield, *_details(word), *self.traces(word), "</traceGroup>"]

    def traces(self, word: Word) -> list[str]:
        return [self.trace(stroke) for stroke in word.strokes]

    def trace(self, stroke: Stroke) -> str:
        brush = self.brushes.get(_look(stroke))
        reference = f' brushRef="#{brush}"' if brush else ""
        points = [f"{number(x)} {number(y)}" for x, y in stroke.points.tolist()]
        if self.times is not None:
            points = [f"{p} {round(1000 * t)}" for p, t in zip(points, next(self.times).tolist(), strict=True)]
        return f'<trace xml:id="t{next(self.ids)}" contextRef="#page"{reference}>{", ".join(points)}</trace>'


# ---------------------------------------------------------------------------------------------------------- reading

_ID = "{http://www.w3.org/XML/1998/namespace}id"

_TEXTS = ("textField", "normalizedLabel", "label", "truth")
"""Annotations that hold the text: ours, MathWriting's (two), CROHME's."""

_LENGTHS = PIXELS | {"m": 9600 / 2.54, "himetric": 0.96 / 25.4}
"""Units of length in CSS's pixels; himetric is OneNote's, a hundredth of a millimetre."""

_TINY, _READABLE = 2.0, 40.0
"""Letters less high than so many units weren't measured in pixels; they are enlarged to a height that can be read."""

_DATA_SET = 224.0
"""Width and height of the pictures that InkSight's data set was made from."""


class _Channels(NamedTuple):
    """What the values of a point are, and where it lies on the page."""

    values: int = 0  # how many it has; 0 where the file doesn't say
    x: int = 0  # which of them
    y: int = 1
    frame: Affine = Affine()


def loads(data: bytes) -> Page:
    """The page in an InkML file: ours, that of InkSight's data set, or one of other tools (MathWriting, CROHME, ...).

    A traceGroup that holds other groups is a line, one that holds traces or a text is a word; traces outside of all
    groups make one word. Groups that only refer to traces are ignored, and so are times. Brushes give width and color;
    units of length become CSS's pixels (96 per inch), and affine canvas transforms are applied. The page's size is the
    inkSource's activeArea; without one 224 x 224 for the data set, else the ink's extent, to where ink of negative
    coordinates is moved. Raises ValueError with the reason for broken files.
    """
    root = parse(data)
    if local(root) != "ink":
        raise ValueError(f"it is <{local(root)}>, not <ink>")
    reader = _Reader(root)
    lines = tuple(Line(tuple(words)) for words in reader.rows(root, reader.context, None))
    size = reader.size(root)
    return Page(*size, lines) if size else _framed(lines)


def _framed(lines: tuple[Line, ...]) -> Page:
    """A page around ink that says nothing of its page."""
    strokes = [s for line in lines for w in line.words for s in w.strokes]
    if not strokes:
        return Page(0, 0, lines)
    letter = letter_height(strokes)
    frame = Affine.scaling(_READABLE / letter if letter < _TINY and any(s.length for s in strokes) else 1.0)
    x0, y0, x1, y1 = Word((), box=bounding_box(strokes)).transformed(frame).box
    frame = frame.then(Affine.translation(-min(x0, 0.0), -min(y0, 0.0)))
    width, height = np.ceil([x1 - min(x0, 0.0), y1 - min(y0, 0.0)]).tolist()
    return Page(width, height, tuple(Line(tuple(w.transformed(frame) for w in line.words)) for line in lines))


class _Reader:
    """Looks up what traces refer to."""

    def __init__(self, root: Element) -> None:
        self.root = root
        named = ((e.get(_ID) or e.get("id"), e) for e in root.iter())
        self.by_id = {name: e for name, e in named if name}
        self.firsts = {local(e): e for e in reversed(list(root.iter()))}
        self.references = _references(root)
        context = self.first("context")
        self.context = root if context is None else context  # where a trace names none
        self.known: dict[Element, _Channels] = {}
        self.channels(self.context)

    def part(self, element: Element, kind: str) -> Element | None:
        """The element of this kind that one holds or refers to, itself or by the context that it builds upon."""
        inside = next((e for e in element if local(e) == kind), None)
        if inside is not None:
            return inside
        if kind + "Ref" in element.attrib:
            return self.by_id.get(element.get(kind + "Ref", "").removeprefix("#"))
        base = self.by_id.get(element.get("contextRef", "").removeprefix("#"))
        return self.part(base, kind) if base is not None and base is not element else None

    def first(self, kind: str) -> Element | None:
        return self.firsts.get(kind)

    def size(self, root: Element) -> tuple[float, float] | None:
        """The page's size, where the file tells it."""
        area = self.first("activeArea")
        told = floats(f"{area.get('width')} {area.get('height')}", 2) if area is not None else None
        if area is None or told is None:
            return (_DATA_SET, _DATA_SET) if _annotations(root).get("application") == "InkSight" else None
        frame = self.channels(self.context).frame
        unit = _LENGTHS.get(area.get("units", ""), abs(frame.a * frame.e - frame.b * frame.d) ** 0.5)
        return told[0] * unit, told[1] * unit

    def channels(self, context: Element) -> _Channels:
        """From the context's traceFormat, or the file's first; further channels (time, force, ...) are skipped."""
        if context not in self.known:
            self.known[context] = self.read_channels(context)
        return self.known[context]

    def read_channels(self, context: Element) -> _Channels:
        source = self.part(context, "inkSource")
        source = self.first("inkSource") if source is None else source
        form = self.part(context, "traceFormat")
        form = self.part(source, "traceFormat") if form is None and source is not None else form
        form = self.first("traceFormat") if form is None else form
        channels = [e for e in form or () if local(e) == "channel"]
        frame = _transform(self.part(context, "canvasTransform"))
        if not channels:
            return _Channels(frame=frame)
        names = [e.get("name", "").upper() for e in channels]
        if not {"X", "Y"} <= set(names):
            raise ValueError("its traceFormat has no channels X and Y")
        x, y = names.index("X"), names.index("Y")
        scales = [_scale(channels[i], source) for i in (x, y)]
        return _Channels(len(names), x, y, Affine.scaling(*scales).then(frame))

    def rows(self, parent: Element, context: Element, brush: Element | None) -> list[list[Word]]:
        """The words inside of `parent` in lines: its own words first, then the lines of the groups in it."""
        row, nested = [], []
        strokes = [s for e in parent if local(e) == "trace" for s in self.strokes(e, *self.around(e, context, brush))]
        groups = [e for e in parent if local(e) == "traceGroup" and e not in self.references]
        notes = _annotations(parent)
        if strokes or "box" in notes or (_text(notes) and not groups):
            row.append(_word(notes, strokes))
        for group in groups:
            found = self.rows(group, *self.around(group, context, brush))
            if any(local(e) == "traceGroup" for e in group) or not found:
                nested += found or [[]]
            else:
                row += found[0]
        return ([row] if row else []) + nested

    def around(self, element: Element, context: Element, brush: Element | None) -> tuple[Element, Element | None]:
        """The context and the brush of a trace or a group: those that it names, or those around it."""
        context = self.by_id.get(element.get("contextRef", "").removeprefix("#"), context)
        own = self.part(element, "brush")
        return context, brush if own is None else own

    def strokes(self, trace: Element, context: Element, brush: Element | None) -> list[Stroke]:
        """The trace as a stroke, unless it is empty or drawn in the air."""
        values, x, y, frame = self.channels(context)
        points = traces.parse("".join(trace.itertext()), values)
        if not points or trace.get("type", "penDown") == "penUp":
            return []
        width, color = _pen(self.part(context, "brush") if brush is None else brush, frame)
        at = np.stack([traces.decode([p[i] for p in points]) for i in (x, y)], axis=1)
        return [Stroke(frame.apply(at), width, color)]


def _scale(channel: Element, source: Element | None) -> float:
    """Pixels of the page that one step of a channel means, negative where it counts upwards."""
    unit = _LENGTHS.get(channel.get("units", ""))
    if unit is None or channel.get("type") == "integer":  # integers count the steps of the device
        unit = _resolution(channel.get("name"), source) or unit
    return (unit or 1.0) * (-1 if channel.get("orientation") == "-ve" else 1)


def _resolution(name: str | None, source: Element | None) -> float:
    """The length in pixels of a device's step along a channel, told as 0.01 mm or 100 1/mm; 0 where it isn't told."""
    for e in source.iter() if source is not None else ():
        if local(e) == "channelProperty" and (e.get("channel"), e.get("name")) == (name, "resolution"):
            (value,) = floats(e.get("value"), 1) or (0.0,)
            inverse, _, unit = e.get("units", "").rpartition("/")
            return _LENGTHS.get(unit, 0.0) * (1 / value if inverse and value else value)
    return 0.0


def _transform(canvas: Element | None) -> Affine:
    """A canvasTransform's affine map; the identity for all others."""
    rows = next((e.text or "" for e in canvas.iter() if local(e) == "affine"), "") if canvas is not None else ""
    values = floats(rows.strip().rstrip(","), 6)
    return Affine(*values) if values else Affine()


def _pen(brush: Element | None, frame: Affine) -> tuple[float | None, str | None]:
    """Width in pixels of the page and color of a brush, as far as it tells them."""
    named = {e.get("name"): e for e in brush if local(e) == "brushProperty"} if brush is not None else {}
    width, color = named.get("width"), named.get("color")
    wide = floats(width.get("value"), 1) if width is not None else None
    shade = css_color(color.get("value", "")) if color is not None else None
    if width is None or not wide:
        return None, shade
    zoom = _LENGTHS.get(width.get("units", ""), abs(frame.a * frame.e - frame.b * frame.d) ** 0.5)
    return wide[0] * zoom if wide[0] * zoom > 0 else None, shade


def _references(root: Element) -> set[Element]:
    """The groups that only point at traces which stand elsewhere, as CROHME's symbols do."""
    kinds: dict[Element, set[str]] = {}
    for element in reversed(list(root.iter())):  # what an element holds comes before it
        inside = (kinds.pop(e) if local(e) != "traceGroup" else kinds[e] for e in element)
        kinds[element] = set().union(*inside) | ({local(element)} & {"trace", "traceView"})
    return {e for e, held in kinds.items() if local(e) == "traceGroup" and held == {"traceView"}}


def _annotations(element: Element) -> dict[str, str]:
    return {e.get("type", ""): e.text or "" for e in element if local(e) == "annotation"}


def _text(notes: dict[str, str]) -> str:
    """The text that the annotations tell; only ours keeps its outer spaces: the data set says " " for no text."""
    text = next((notes[kind] for kind in _TEXTS if notes.get(kind)), "")
    return text if "box" in notes else text.strip()


def _word(notes: dict[str, str], strokes: list[Stroke]) -> Word:
    told = next((ours for ours, theirs in INFERENCE_MODES.items() if theirs == notes.get("inferenceMode")), "")
    confidence = (floats(notes.get("confidence"), 1) or (1.0,))[0]
    x0, y0, x1, y1 = floats(notes.get("box"), 4) or (0.0, 0.0, 0.0, 0.0)
    return Word(
        tuple(strokes),
        _text(notes),
        confidence,
        (x0, y0, x1, y1),
        notes.get("origin", told),
        as_kind(notes.get("kind")),
    )
