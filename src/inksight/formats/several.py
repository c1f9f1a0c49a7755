"""What files of ink may hold: the one page of some, and limits for broken ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ..ink import Page

T = TypeVar("T")

MOST_LINES = 100_000
"""Of a page, so that a broken number of a line can't fill the memory."""

MOST_PAGES = 10_000
"""Of a file: a packed one of some kilobytes can name millions."""


def some(pages: Sequence[T]) -> Sequence[T]:
    """The same, before they are read. Raises ValueError where they are too many."""
    if len(pages) > MOST_PAGES:
        raise ValueError(f"it has more than {MOST_PAGES} pages; split it")
    return pages


def only(pages: Sequence[Page]) -> Page:
    """The one page of a file. Raises ValueError where it has more or none."""
    if len(pages) != 1:
        raise ValueError(f"it holds {len(pages)} pages, not one")
    return pages[0]


def most_unpacked(data: bytes) -> int:
    """How many bytes a packed file may hold, so that a small one can't fill the memory. Ink packs ten times at most."""
    return (1 << 24) + 100 * len(data)
