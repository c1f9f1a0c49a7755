"""The digital-ink document, and what can be said of ink without a picture: curves, frames, order, times."""

from .document import Box, Kind, Line, Page, Stroke, Word, bounding_box, is_color

__all__ = ["Box", "Kind", "Line", "Page", "Stroke", "Word", "bounding_box", "is_color"]
