"""Markdown of the reading: lines stay lines, paragraphs are apart, a rule is between pages.

What is written is shown as it is written: characters that mean something in Markdown are escaped (CommonMark, and the
additions of GitHub and Obsidian).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..ink import Page
from .style import PLAIN, Style
from .textlines import drawings
from .txt import read_paragraphs

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
    blocks = [_BREAK.join(map(_escaped, rows)) for rows in read_paragraphs(page)]
    count = len(drawings(page))
    if count:
        blocks.append(f"*({count} {'drawing' if count == 1 else 'drawings'})*")
    return "\n".join(f"{block}\n" for block in blocks)


def _escaped(row: str) -> str:
    r"""The row with a backslash before what Markdown would take for its own: 1\. and \# at its start, \* anywhere."""
    row = _ANYWHERE.sub(lambda m: "".join("\\" + c for c in m[1]), row)
    return _AT_START.sub(lambda m: m[1] + "\\" if m[1][0].isdigit() else "\\" + m[1], row)
