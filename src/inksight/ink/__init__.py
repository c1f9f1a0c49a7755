"""The digital-ink document, and what can be said of ink without a picture: curves, frames, order, times."""

from .document import KINDS, Box, Kind, Line, Page, Stroke, Word, as_kind, bounding_box, is_color

__all__ = ["KINDS", "Box", "Kind", "Line", "Page", "Stroke", "Word", "as_kind", "bounding_box", "is_color"]
