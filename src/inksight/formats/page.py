"""PAGE XML of 2019 (PRImA): the reading with boxes, baselines and confidences; the ink is left out.

Transkribus, eScriptorium and OCR-D edit such files. A region is a paragraph or a table, with a region for each cell;
regions are listed in reading order.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from xml.etree.ElementTree import Element

from .. import __version__
from ..ink import Box, Page, Word
from .markup import escaped, floats, local, parse, quoted
from .several import only
from .style import PLAIN, Style
from .textlines import Block, TextLine, blocks, box_around, boxed, drawings, page_of, pixels

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15">
<Metadata>
<Creator>inksight {version}</Creator>
<Created>1970-01-01T00:00:00Z</Created>
<LastChange>1970-01-01T00:00:00Z</LastChange>
</Metadata>
<Page imageFilename={name} imageWidth="{width}" imageHeight="{height}">"""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as PAGE XML, in whole pixels around the ink.

    Equal pages give equal bytes: the times that the format asks for are the epoch.
    """
    _, _, width, height = pixels((0, 0, page.width, page.height), page)
    rows = [_HEAD.format(version=__version__, name=quoted(style.name), width=width, height=height)]
    found = list(enumerate(blocks(page)))
    if found:
        rows += ['<ReadingOrder><OrderedGroup id="order">']
        rows += [f'<RegionRefIndexed index="{i}" regionRef="region_{i}"/>' for i, _ in found]
        rows += ["</OrderedGroup></ReadingOrder>"]
    ids = count()
    for i, block in found:
        rows += (_table if block.is_table else _region)(block, f"region_{i}", page, ids)
    for word in drawings(page):
        rows.append(f'<LineDrawingRegion id="drawing_{next(ids)}">{_coords(word.box, page)}</LineDrawingRegion>')
    return "\n".join([*rows, "</Page>", "</PcGts>", ""]).encode()


def _table(table: Block, name: str, page: Page, ids: Iterator[int]) -> Iterator[str]:
    yield f'<TableRegion id="{name}">{_coords(table.box, page)}'
    for cell, block in table.cells:
        if cell is not None:
            role = f'<Roles><TableCellRole rowIndex="{cell.row}" columnIndex="{cell.column}"/></Roles>'
            yield from _region(block, f"cell_{next(ids)}", page, ids, role)
    yield "</TableRegion>"


def _region(block: Block, name: str, page: Page, ids: Iterator[int], role: str = "") -> Iterator[str]:
    yield f'<TextRegion id="{name}">{_coords(block.box, page)}{role}'
    for line in block.lines:
        yield from _line(line, page, ids)
    yield _text("\n".join(line.text for line in block.lines)) + "</TextRegion>"


def _line(line: TextLine, page: Page, ids: Iterator[int]) -> Iterator[str]:
    x0, _, x1, _ = line.box
    feet = [pixels((x, y, x, y), page)[:2] for x in (x0, x1) for y in [line.baseline.at(x)]]
    yield f'<TextLine id="line_{next(ids)}">{_coords(line.box, page)}<Baseline points="{_points(feet)}"/>'
    for word in line.words:
        text = _text(word.text, f' conf="{word.confidence:.4f}"')
        yield f'<Word id="word_{next(ids)}">{_coords(word.box, page)}{text}</Word>'
    yield _text(line.text) + "</TextLine>"


def _coords(box: Box, page: Page) -> str:
    x0, y0, x1, y1 = pixels(box, page)
    return f'<Coords points="{_points([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])}"/>'


def _points(points: list[tuple[int, int]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _text(text: str, conf: str = "") -> str:
    return f"<TextEquiv{conf}><Unicode>{escaped(text)}</Unicode></TextEquiv>"


# ---------------------------------------------------------------------------------------------------------- reading

_DRAWINGS = {"LineDrawingRegion", "GraphicRegion"}


def loads(data: bytes) -> Page:
    """The page of a PAGE XML file of any version: words with boxes, text and confidence, without strokes.

    A line whose words aren't told is one word. Regions come in the reading order that the file names, if it does.
    Raises ValueError with the reason for broken files.
    """
    root = parse(data)
    found = [e for e in root.iter() if local(e) == "Page"]
    if local(root) != "PcGts" or not found:
        raise ValueError(f"it is <{local(root)}>{' without a <Page>' if not found else ''}, not <PcGts> with one")
    return only([_read_page(e) for e in found])


def _read_page(page: Element) -> Page:
    width, height = floats(f"{page.get('imageWidth')} {page.get('imageHeight')}", 2) or (0.0, 0.0)
    refs = [e.get("regionRef") for e in _ordered(page) if e.get("regionRef")]
    rank = {ref: i for i, ref in enumerate(refs)}
    regions = sorted(page, key=lambda e: rank.get(e.get("id"), len(rank)))
    whole = (0.0, 0.0, width, height)
    return page_of((row for region in regions for row in _rows(region, whole)), width, height)


def _ordered(parent: Element) -> Iterator[Element]:
    """The reading order's references in their order; groups hold others, each with an index or none."""
    for child in sorted(parent, key=lambda e: (floats(e.get("index"), 1) or (0.0,))[0]):
        if local(child) in ("ReadingOrder", "OrderedGroup", "UnorderedGroup") or "regionRef" in child.attrib:
            yield child
            yield from _ordered(child)
        elif local(child).endswith("GroupIndexed"):
            yield from _ordered(child)


def _rows(element: Element, outer: Box) -> Iterator[list[Word]]:
    """The words of each line; what has no coordinates takes those of the element around it."""
    box = _box(element, outer)
    if local(element) in _DRAWINGS:
        yield [boxed("", box, drawing=True)]
    elif local(element) == "TextLine":
        words = [_word(e, box) for e in element if local(e) == "Word"]
        yield _told(words, _read_text(element)[0]) or [_word(element, box)]
    else:
        for child in element:
            yield from _rows(child, box)


def _told(words: list[Word], text: str) -> list[Word]:
    """Words that have no text of their own take the line's, if it has as many."""
    parts = text.split()
    if any(w.text for w in words) or len(parts) != len(words):
        return words
    return [boxed(part, w.box, w.confidence) for part, w in zip(parts, words, strict=True)]


def _word(element: Element, outer: Box) -> Word:
    text, confidence = _read_text(element)
    return boxed(text, _box(element, outer), confidence)


def _read_text(element: Element) -> tuple[str, float | None]:
    """The first reading, or that with the lowest index, and its confidence."""
    readings = [e for e in element if local(e) == "TextEquiv"]
    if not readings:
        return "", None
    best = min(readings, key=lambda e: (floats(e.get("index"), 1) or (0.0,))[0])
    text = next((e.text or "" for e in best if local(e) == "Unicode"), "")
    return text, (floats(best.get("conf"), 1) or (None,))[0]


def _box(element: Element, outer: Box) -> Box:
    """Around the polygon of <Coords points="x,y x,y ..."/>, or of the older <Coords><Point x="" y=""/>...</Coords>."""
    for coords in (e for e in element if local(e) == "Coords"):
        told = coords.get("points", "") or " ".join(f"{p.get('x', '')},{p.get('y', '')}" for p in coords)
        box = box_around(told)
        if box is not None:
            return box
    return outer
