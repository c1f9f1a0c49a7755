"""JSON Lines: one page per row, each as the native JSON; a page whose picture has a name begins with it ("name")."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..ink import Page
from . import json as native
from .several import only, some
from .style import PLAIN, Style


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as one row of UTF-8, without loss."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """A row for each page."""
    return b"".join(_row(page, style.name) for page, style in zip(pages, styles, strict=True))


def _row(page: Page, name: str) -> bytes:
    row = native.dumps(page).replace(b"\n", b"") + b"\n"  # in JSON, line breaks inside of strings are escaped
    return b'{"name": ' + json.dumps(name).encode() + b", " + row[1:] if name else row


def loads(data: bytes) -> Page:
    """The page of a file with one row. Raises ValueError for others."""
    return only(loads_pages(data))


def loads_pages(data: bytes) -> list[Page]:
    """The pages of all rows; empty rows are skipped. Raises ValueError, with the row's number, for a broken one."""
    pages = []
    rows = [(number, row) for number, row in enumerate(data.split(b"\n"), 1) if row.strip()]
    for number, row in some(rows):
        try:
            pages.append(native.loads(row))
        except ValueError as error:
            raise ValueError(f"row {number}: {error}") from error
    return pages
