"""What files of ink may hold: the one page of some, and limits for broken ones."""

from __future__ import annotations

from collections.abc import Sequence

from ..ink import Page

MOST_LINES = 100_000
"""Of a page, so that a broken number of a line can't fill the memory."""


def only(pages: Sequence[Page]) -> Page:
    """The one page of a file. Raises ValueError where it has more or none."""
    if len(pages) != 1:
        raise ValueError(f"it holds {len(pages)} pages, not one")
    return pages[0]


def most_unpacked(data: bytes) -> int:
    """How many bytes a packed file may hold, so that a small one can't fill the memory. Ink packs ten times at most."""
    return (1 << 24) + 100 * len(data)
