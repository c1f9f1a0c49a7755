"""What the formats share that hold several pages in one file."""

from __future__ import annotations

from ..ink import Page


def only(pages: list[Page]) -> Page:
    """The one page of a file. Raises ValueError where it has more or none."""
    if len(pages) != 1:
        raise ValueError(f"it has {len(pages)} pages, not one")
    return pages[0]
