"""InkML (W3C, 2011): traces with their text, with the annotations of InkSight's published data set.

A page of one word is written as that data set does: five annotations, then the traces, with the word's text as
textField. Any other page holds a traceGroup per line with one per word in it, each with its own textField.
The traceFormat stands in an inkSource, each trace names its context, and traces and groups have ids, because Wacom's
reader wants all that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from xml.etree.ElementTree import Element

import numpy as np

from ..ink import Line, Page, Stroke, Word
from .markup import escaped, floats, local, number, numbers, parse
from .style import PLAIN, Style

_MODES = {
    "derender": "Vanilla Derender",
    "derender-with-text": "Derender with Text",
    "recognize-and-derender": "Recognize and Derender",
}
"""How the data set calls the ways that a word comes (inferenceMode)."""

_DEFINITIONS = """<definitions>
<inkSource xml:id="picture">
<traceFormat><channel name="X" type="decimal"/><channel name="Y" type="decimal"/></traceFormat>
<activeArea width="{width}" height="{height}" units="dev"/>
</inkSource>
<context xml:id="page" inkSourceRef="#picture"/>
</definitions>"""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as InkML, valid against W3C's schema; `style.name` becomes the exampleId. Points have 2 decimals."""
    single = len(page.lines) == len(page.words) == 1
    rows = ['<?xml version="1.0" encoding="UTF-8"?>', '<ink xmlns="http://www.w3.org/2003/InkML">']
    rows += [
        _annotation("application", "InkSight"),
        _annotation("sourceDataset", "user pictures"),
        _annotation("inferenceMode", _mode(page)),
        _annotation("exampleId", style.name),
    ]
    rows.append(_annotation("textField", page.words[0].text if single else page.text))
    rows += _details(page.words[0]) if single else []
    rows.append(_DEFINITIONS.format(width=number(page.width), height=number(page.height)))
    ids = count()
    if single:
        rows += _traces(page.words[0], ids)
    for line in () if single else page.lines:
        rows += [_group(ids), *(row for word in line.words for row in _word_group(word, ids)), "</traceGroup>"]
    return "\n".join([*rows, "</ink>", ""]).encode()


def _annotation(kind: str, content: str) -> str:
    return f'<annotation type="{kind}">{escaped(content)}</annotation>'


def _mode(page: Page) -> str:
    """The way that most words came."""
    origins = Counter(word.origin for word in page.words).most_common(1)
    return _MODES.get(origins[0][0], origins[0][0]) if origins else ""


def _group(ids: Iterator[int]) -> str:
    return f'<traceGroup xml:id="g{next(ids)}">'


def _word_group(word: Word, ids: Iterator[int]) -> list[str]:
    textfield = [_annotation("textField", word.text)] if word.text else []
    return [_group(ids), *textfield, *_details(word), *_traces(word, ids), "</traceGroup>"]


def _details(word: Word) -> list[str]:
    """What the data set doesn't tell of a word; none is empty, since Wacom's reader stumbles over that in a group."""
    origin = [_annotation("origin", word.origin)] if word.origin else []
    return [*origin, _annotation("confidence", f"{word.confidence:.4f}"), _annotation("box", numbers(word.box))]


def _traces(word: Word, ids: Iterator[int]) -> list[str]:
    return [
        f'<trace xml:id="t{next(ids)}" contextRef="#page">{_points_text(stroke)}</trace>' for stroke in word.strokes
    ]


def _points_text(stroke: Stroke) -> str:
    return ", ".join(f"{number(x)} {number(y)}" for x, y in stroke.points.tolist())


# ---------------------------------------------------------------------------------------------------------- reading

_TEXTS = ("textField", "normalizedLabel", "label", "truth")
"""Annotations that hold the text: ours, MathWriting's (two), CROHME's."""

_VALUE = re.compile(r"""\s*([!'"]?)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[*?TF])""")
"""A value with its prefix (InkML, section 3.2.1): explicit, first or second difference; * and ? repeat the last."""

_ALIEN = re.compile(r"""[^\s\d.,:eETF+*?!'"-]""")
"""What no value is made of."""

_Channels = tuple[int, int, int]
"""How many values a point has, and which of them are x and y; 0 values when the file doesn't say."""


def loads(data: bytes) -> Page:
    """The page in an InkML file: ours, that of InkSight's data set, or one of other tools (MathWriting, CROHME, ...).

    A traceGroup that holds other groups is a line, one that holds traces or a text is a word; traces outside of all
    groups make one word. Groups that only refer to traces are ignored. The page's size is the inkSource's activeArea;
    without one 224 x 224 for the data set, else the ink's extent. Raises ValueError with the reason for broken files.
    """
    root = parse(data)
    if local(root) != "ink":
        raise ValueError(f"it is <{local(root)}>, not <ink>")
    lines = tuple(Line(tuple(words)) for words in _rows(root, _channels(root)))
    return Page(*_size(root, lines), lines)


def _channels(root: Element) -> _Channels:
    """From the first traceFormat; further channels (time, force, ...) are skipped."""
    declared = next((list(e) for e in root.iter() if local(e) == "traceFormat"), [])
    names = [e.get("name", "").upper() for e in declared if local(e) == "channel"]
    if not names:
        return 0, 0, 1
    if not {"X", "Y"} <= set(names):
        raise ValueError("its traceFormat has no channels X and Y")
    return len(names), names.index("X"), names.index("Y")


def _size(root: Element, lines: tuple[Line, ...]) -> tuple[float, float]:
    for element in root.iter():
        if local(element) == "activeArea" and (size := floats(f"{element.get('width')} {element.get('height')}", 2)):
            return size[0], size[1]
    if _annotations(root).get("application") == "InkSight":
        return 224.0, 224.0
    corners = [word.ink_box[2:] for line in lines for word in line.words if word.strokes]
    width, height = np.ceil(np.max([(0.0, 0.0), *corners], axis=0)).tolist()
    return width, height


def _rows(parent: Element, channels: _Channels) -> list[list[Word]]:
    """The words inside of `parent` in lines: its own words first, then the lines of the groups in it."""
    row, nested = [], []
    strokes = [s for e in parent if local(e) == "trace" for s in _strokes(e, channels)]
    groups = [e for e in parent if local(e) == "traceGroup" and not _refers(e)]
    notes = _annotations(parent)
    if strokes or "box" in notes or (_text(notes) and not groups):
        row.append(_word(notes, strokes))
    for group in groups:
        found = _rows(group, channels)
        if any(local(e) == "traceGroup" for e in group) or not found:
            nested += found or [[]]
        else:
            row += found[0]
    return ([row] if row else []) + nested


def _refers(group: Element) -> bool:
    """Whether the group only points at traces that stand elsewhere, as CROHME's symbols do."""
    kinds = {local(e) for e in group.iter()}
    return "traceView" in kinds and "trace" not in kinds


def _annotations(element: Element) -> dict[str, str]:
    return {e.get("type", ""): e.text or "" for e in element if local(e) == "annotation"}


def _text(notes: dict[str, str]) -> str:
    """The text that the annotations tell; only ours keeps its outer spaces: the data set says " " for no text."""
    text = next((notes[kind] for kind in _TEXTS if notes.get(kind)), "")
    return text if "box" in notes else text.strip()


def _word(notes: dict[str, str], strokes: list[Stroke]) -> Word:
    told = next((ours for ours, theirs in _MODES.items() if theirs == notes.get("inferenceMode")), "")
    confidence = (floats(notes.get("confidence"), 1) or (1.0,))[0]
    x0, y0, x1, y1 = floats(notes.get("box"), 4) or (0.0, 0.0, 0.0, 0.0)
    return Word(tuple(strokes), _text(notes), confidence, (x0, y0, x1, y1), notes.get("origin", told))


def _strokes(trace: Element, channels: _Channels) -> list[Stroke]:
    """The trace as a stroke, unless it is empty or drawn in the air."""
    count, x, y = channels
    points = _points("".join(trace.itertext()), count)
    if not points or trace.get("type", "penDown") == "penUp":
        return []
    return [Stroke(list(zip(_decode([p[x] for p in points]), _decode([p[y] for p in points]), strict=True)))]


def _points(text: str, count: int) -> list[list[tuple[str, str]]]:
    """The (prefix, value) pairs of each point; `count` of them, or any number from 2 where it is 0.

    W3C's form is "x y, x y"; the data set has "x,y x,y". Intermittent channels, behind a colon, are dropped.
    """
    for pieces in (text.split(","), text.split()):
        points = [_VALUE.findall(piece.partition(":")[0]) for piece in pieces if piece.strip()]
        if not points:
            return []
        size = count or len(points[0])
        if size >= 2 and all(len(p) == size for p in points) and not _ALIEN.search(text):
            return points
    raise ValueError(f"can't read the trace '{' '.join(text.split())[:40]}'")


def _decode(tokens: list[tuple[str, str]]) -> list[float]:
    """The values of one channel: a prefix holds until the next one."""
    order, number, change, value = 0, 0.0, 0.0, 0.0
    values = []
    for prefix, token in tokens:
        order = {"!": 0, "'": 1, '"': 2}.get(prefix, order)
        number = number if token in "*?" else float(token)
        change = (number - value, number, change + number)[order]
        value = number if order == 0 else value + change
        values.append(value)
    return values
