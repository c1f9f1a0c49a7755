"""Markdown of the reading: lines stay lines, paragraphs are apart, tables are tables, a rule is between pages.

What is written is shown as it is written: characters that mean something in Markdown are escaped (CommonMark, and the
additions of GitHub and Obsidian).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..ink import Page
from .style import PLAIN, Style
from .textlines import drawings
from .txt import read_blocks

_BREAK = "  \n"
"""Two spaces: the line break that every Markdown knows."""

_ANYWHERE = re.compile(r"([\\`*_\[\]<>~|$&]|==|%%|\^)")
_AT_START = re.compile(r"^([-+=#:]|\d+(?=[.)]))")


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as UTF-8 Markdown. Drawings are mentioned at its end."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one file."""
    return "\n---\n\n".join(map(_page, pages)).encode()


def _page(page: Page) -> str:
    blocks = [(_table if block.is_table else _paragraph)(rows) for block, rows in read_blocks(page)]
    count = len(drawings(page))
    if count:
        blocks.append(f"*({count} {'drawing' if count == 1 else 'drawings'})*")
    return "\n".join(f"{block}\n" for block in blocks)


def _paragraph(rows: Sequence[Sequence[str]]) -> str:
    return _BREAK.join(_escaped(row[0]) for row in rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    """A table of GitHub's kind, whose first row is its head; one of a single column, too."""
    head, *body = ["| " + " | ".join(map(_escaped, row)) + " |" for row in rows]
    return "\n".join([head, "| --- " * len(rows[0]) + "|", *body])


def _escaped(row: str) -> str:
    r"""The row with a backslash before what Markdown would take for its own: 1\. and \# at its start, \* anywhere."""
    row = _ANYWHERE.sub(lambda m: "".join("\\" + c for c in m[1]), row)
    return _AT_START.sub(lambda m: m[1] + "\\" if m[1][0].isdigit() else "\\" + m[1], row)
