"""The digital-ink document, and what can be said of ink without a picture: curves, frames, order, times."""

from .document import KINDS, Box, Kind, Line, Page, Stroke, Word, as_kind, bounding_box, is_color
from .tables import Cell

__all__ = ["KINDS", "Box", "Cell", "Kind", "Line", "Page", "Stroke", "Word", "as_kind", "bounding_box", "is_color"]
