"""Plain text of the reading: a row for each line, an empty one between paragraphs, a form feed between pages.

A row of a table is a row, with tabs between its cells.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ink import Page
from ..ink.tables import rows
from .style import PLAIN, Style
from .textlines import Block, blocks, plain


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as UTF-8 text, without drawings, and without words and lines that couldn't be read."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one file."""
    return "\f".join(_text(page) for page in pages).encode()


def _text(page: Page) -> str:
    return "\n".join("".join("\t".join(row) + "\n" for row in read) for _, read in read_blocks(page))


def read_blocks(page: Page) -> list[tuple[Block, list[list[str]]]]:
    """The paragraphs and tables, each with its rows of cells; those of a paragraph have one. What has no text is left
    out."""
    found = [
        (block, rows(block.lines) if block.is_table else [[line.text] for line in block.lines])
        for block in blocks(page)
    ]
    shown = [(block, [[plain(cell) for cell in row] for row in read]) for block, read in found]
    kept = [(block, [row for row in read if any(row)]) for block, read in shown]
    return [(block, read) for block, read in kept if read]
