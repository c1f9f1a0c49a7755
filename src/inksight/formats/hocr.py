"""hOCR 1.2: the reading as XHTML, with boxes, baselines and confidences in title attributes; the ink is left out.

The full nest is written (page, area, paragraph, line, word), because some readers walk it step by step. What is read
may be any HTML: tags in all cases, unclosed ones, named characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

from .. import __version__
from ..ink import Box, Page, Word
from .markup import escaped, floats, number, numbers, quoted
from .several import only, some
from .style import PLAIN, Style
from .textlines import Block, TextLine, blocks, boxed, drawings, page_of, pixels

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml">
<head>
<title>{name}</title>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/>
<meta name="ocr-system" content="inksight {version}"/>
<meta name="ocr-capabilities" content="ocr_page ocr_table ocr_carea ocr_par ocr_line \
ocr_linedrawing ocrx_word ocrp_wconf"/>
</head>
<body>"""


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as hOCR; boxes are whole pixels around the ink, confidences whole percents."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one file."""
    rows = [_HEAD.format(name=escaped(styles[0].name if styles else ""), version=__version__)]
    for index, (page, style) in enumerate(zip(pages, styles, strict=True)):
        rows += _page(page, style, index)
    return "\n".join([*rows, "</body>", "</html>", ""]).encode()


def _page(page: Page, style: Style, index: int) -> Iterator[str]:
    image = 'image "{}"; '.format(style.name.replace('"', "'")) if style.name else ""
    dpi = f"; scan_res {number(style.dpi)} {number(style.dpi)}" if style.dpi else ""
    box = numbers(pixels((0, 0, page.width, page.height), page))
    yield f'<div class="ocr_page" id="page_{index + 1}" title={quoted(f"{image}bbox {box}; ppageno {index}{dpi}")}>'
    for block in blocks(page):
        yield from _table(block, page) if block.is_table else _paragraph(block, page)
    for word in drawings(page):
        yield f'<div class="ocr_linedrawing" title="bbox {numbers(pixels(word.box, page))}"></div>'
    yield "</div>"


def _table(table: Block, page: Page) -> Iterator[str]:
    """A paragraph for each cell, in reading order."""
    yield f'<div class="ocr_table" title="bbox {numbers(pixels(table.box, page))}">'
    for _, cell in table.cells:
        yield from _paragraph(cell, page)
    yield "</div>"


def _paragraph(block: Block, page: Page) -> Iterator[str]:
    title = f"bbox {numbers(pixels(block.box, page))}"
    yield f'<div class="ocr_carea" title="{title}"><p class="ocr_par" title="{title}">'
    for line in block.lines:
        yield from _line(line, page)
    yield "</p></div>"


def _line(line: TextLine, page: Page) -> Iterator[str]:
    """The baseline counts from the lower left corner of the line's box."""
    x0, y0, x1, y1 = pixels(line.box, page)
    foot = f"baseline {line.baseline.slope:.4f} {number(line.baseline.at(x0) - y1)}"
    yield f'<span class="ocr_line" title="bbox {x0} {y0} {x1} {y1}; {foot}; x_size {number(line.height)}">'
    for word in line.words:
        title = f"bbox {numbers(pixels(word.box, page))}; x_wconf {round(100 * word.confidence)}"
        yield f'<span class="ocrx_word" title="{title}">{escaped(word.text)}</span>'
    yield "</span>"


# ---------------------------------------------------------------------------------------------------------- reading

_LINES = {"ocr_line", "ocrx_line", "ocr_header", "ocr_footer", "ocr_caption", "ocr_textfloat"}
_WORDS = {"ocrx_word", "ocr_word"}
_DEEPEST = 500  # elements that are open at once
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class _Html(HTMLParser):
    """Builds a tree of whatever HTML there is; HTML can't declare entities, and nothing is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.builder = TreeBuilder()
        self.builder.start("document", {})
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, {key: value or "" for key, value in attrs})
        if tag in _VOID:
            self.builder.end(tag)
        else:
            self.open.append(tag)
        if len(self.open) > _DEEPEST:
            raise ValueError("its elements are nested too deeply")

    def handle_endtag(self, tag: str) -> None:
        """Closes what is open inside of the element too; an end without a start is nothing."""
        while tag in self.open:
            self.builder.end(last := self.open.pop())
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        self.builder.data(data)

    def tree(self, text: str) -> Element:
        """Raises ValueError for a document that breaks off."""
        self.feed(text)
        if "<" in self.rawdata:  # what feed() left over; close() is slow in many of them
            raise ValueError("it breaks off inside of a tag")
        self.close()
        if "html" in self.open:
            raise ValueError("it breaks off: </html> is missing")
        for tag in reversed(["document", *self.open]):
            self.builder.end(tag)
        return self.builder.close()


def loads(data: bytes) -> Page:
    """The page of an hOCR file: words with boxes, text and confidence, without strokes; a line without words is one.

    Raises ValueError with the reason for broken files and for several pages.
    """
    return only(loads_pages(data))


def loads_pages(data: bytes) -> list[Page]:
    """All pages of the file, which must be UTF-8; coordinates are its own. Raises ValueError for what isn't hOCR."""
    root = _Html().tree(data.decode("utf-8-sig"))
    found = [e for e in root.iter() if "ocr_page" in _classes(e)]
    if not found and not any(_classes(e) & (_LINES | _WORDS) for e in root.iter()):
        raise ValueError('it isn\'t hOCR (no element has the class "ocr_page")')
    return [_read_page(e) for e in some(found) or [root]]


def _read_page(element: Element) -> Page:
    box = _box(element, (0.0, 0.0, 0.0, 0.0))
    return page_of(_rows(element, box), box[2], box[3])


def _rows(element: Element, outer: Box) -> Iterator[list[Word]]:
    """The words of each line; what has no box takes that of the element around it."""
    box = _box(element, outer)
    if "ocr_linedrawing" in _classes(element):
        yield [boxed("", box, drawing=True)]
    elif _classes(element) & _LINES or any(_classes(e) & _WORDS for e in element):
        words = [e for e in element.iter() if _classes(e) & _WORDS]
        yield [_word(e, box) for e in words or [element]]
    else:
        for child in element:
            yield from _rows(child, box)


def _word(element: Element, outer: Box) -> Word:
    percent = floats(_property(element, "x_wconf"), 1)
    text = " ".join("".join(element.itertext()).split())
    return boxed(text, _box(element, outer), percent[0] / 100 if percent else None)


def _box(element: Element, outer: Box) -> Box:
    values = floats(_property(element, "bbox"), 4)
    return (values[0], values[1], values[2], values[3]) if values else outer


def _property(element: Element, name: str) -> str | None:
    """The values of one of the properties in the title; names of images, in quotes, may look like anything."""
    title = re.sub('"[^"]*"', "", element.get("title", ""))
    match = re.search(rf"(?:^|;)\s*{name}\s+([^;]*)", title)
    return match[1] if match else None


def _classes(element: Element) -> set[str]:
    return set(element.get("class", "").split())
