"""ALTO 4.4 (Library of Congress): the reading as XML, with boxes, baselines and confidences; the ink is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from xml.etree.ElementTree import Element

from .. import __version__
from ..ink import Box, Page, Word
from .markup import escaped, floats, local, number, parse, quoted
from .several import only, some
from .style import PLAIN, Style
from .textlines import Block, TextLine, blocks, box_around, boxed, drawings, page_of

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" SCHEMAVERSION="4.4">
<Description>
<MeasurementUnit>pixel</MeasurementUnit>
<sourceImageInformation><fileName>{name}</fileName></sourceImageInformation>
<Processing ID="inksight"><processingSoftware><softwareName>inksight</softwareName>\
<softwareVersion>{version}</softwareVersion></processingSoftware></Processing>
</Description>
<Layout>"""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as ALTO, in pixels with 2 decimals.

    A block is a paragraph or a cell of a table; drawings are illustrations at the end.
    """
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one file, named after the first picture."""
    rows = [_HEAD.format(name=escaped(styles[0].name if styles else ""), version=__version__)]
    ids = count(1)
    for index, page in enumerate(pages, start=1):
        size = f'WIDTH="{number(page.width)}" HEIGHT="{number(page.height)}"'
        rows.append(f'<Page ID="page_{index}" PHYSICAL_IMG_NR="{index}" {size}>')
        rows += [f'<PrintSpace HPOS="0" VPOS="0" {size}>', *_blocks(page, ids), "</PrintSpace>", "</Page>"]
    return "\n".join([*rows, "</Layout>", "</alto>", ""]).encode()


def _blocks(page: Page, ids: Iterator[int]) -> Iterator[str]:
    for block in blocks(page):
        if block.is_table:
            yield f'<ComposedBlock ID="table_{next(ids)}" {_place(block.box)} TYPE="table">'
        for _, cell in block.cells:
            yield from _block(cell, ids)
        if block.is_table:
            yield "</ComposedBlock>"
    for word in drawings(page):
        yield f'<Illustration ID="drawing_{next(ids)}" {_place(word.box)} TYPE="drawing"/>'


def _block(block: Block, ids: Iterator[int]) -> Iterator[str]:
    yield f'<TextBlock ID="block_{next(ids)}" {_place(block.box)}>'
    for line in block.lines:
        yield from _line(line, ids)
    yield "</TextBlock>"


def _line(line: TextLine, ids: Iterator[int]) -> Iterator[str]:
    x0, _, x1, _ = line.box
    foot = " ".join(f"{number(x)},{number(line.baseline.at(x))}" for x in (x0, x1))
    yield f'<TextLine ID="line_{next(ids)}" {_place(line.box)} BASELINE="{foot}">'
    yield "\n<SP/>\n".join(
        f'<String ID="word_{next(ids)}" {_place(w.box)} WC="{w.confidence:.4f}" CONTENT={quoted(w.text)}/>'
        for w in line.words
    )
    yield "</TextLine>"


def _place(box: Box) -> str:
    x0, y0, x1, y1 = box
    return f'HPOS="{number(x0)}" VPOS="{number(y0)}" WIDTH="{number(x1 - x0)}" HEIGHT="{number(y1 - y0)}"'


# ---------------------------------------------------------------------------------------------------------- reading


def loads(data: bytes) -> Page:
    """The page of an ALTO file of any version: words with boxes, text and confidence, without strokes.

    Coordinates are the file's own, which may be tenths of a millimetre: compare them with the page's size. Raises
    ValueError with the reason for broken files and for several pages.
    """
    return only(loads_pages(data))


def loads_pages(data: bytes) -> list[Page]:
    """All pages of the file. Raises ValueError for what isn't ALTO."""
    root = parse(data)
    if local(root) != "alto":
        raise ValueError(f"it is <{local(root)}>, not <alto>")
    return [_read_page(page) for page in some([e for e in root.iter() if local(e) == "Page"])]


def _read_page(element: Element) -> Page:
    width, height = floats(f"{element.get('WIDTH')} {element.get('HEIGHT')}", 2) or (0.0, 0.0)
    return page_of(_rows(element, (0.0, 0.0, width, height)), width, height)


def _rows(element: Element, outer: Box) -> Iterator[list[Word]]:
    """The words of each line; what has no box takes that of the element around it."""
    box = _box(element, outer)
    if local(element) == "Illustration":
        yield [boxed("", box, drawing=True)]
    elif local(element) == "TextLine":
        yield [_word(e, box) for e in element if local(e) == "String"] or [boxed("", box)]
    else:
        for child in element:
            yield from _rows(child, box)


def _word(element: Element, outer: Box) -> Word:
    return boxed(element.get("CONTENT", ""), _box(element, outer), *(floats(element.get("WC"), 1) or ()))


def _box(element: Element, outer: Box) -> Box:
    """Of the attributes, or around the polygon, whose coordinates may be apart by spaces or commas."""
    values = floats(" ".join(element.get(name, "") for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")), 4)
    if values:
        x, y, width, height = values
        return x, y, x + width, y + height
    polygon = next((e for shape in element if local(shape) == "Shape" for e in shape if local(e) == "Polygon"), None)
    return (box_around(polygon.get("POINTS", "")) if polygon is not None else None) or outer
