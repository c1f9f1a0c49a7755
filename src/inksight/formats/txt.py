"""Plain text of the reading: a row for each line, an empty one between paragraphs, a form feed between pages."""

from __future__ import annotations

from collections.abc import Sequence

from ..ink import Page
from .style import PLAIN, Style
from .textlines import paragraphs, plain, text_lines


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as UTF-8 text, without drawings, and without words and lines that couldn't be read."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one file."""
    return "\f".join(_text(page) for page in pages).encode()


def _text(page: Page) -> str:
    return "\n".join(f"{row}\n" for row in map("\n".join, read_paragraphs(page)))


def read_paragraphs(page: Page) -> list[list[str]]:
    """The rows of each paragraph; those without text are left out."""
    found = [[row for line in lines if (row := plain(line.text))] for lines in paragraphs(text_lines(page))]
    return [rows for rows in found if rows]
