"""What files with word boxes may hold: each kind of document as one model, checked before anything is made of it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")

FARTHEST = 1e9
"""No picture has a pixel farther out."""


def checked(document: Any, kind: type[T]) -> T:
    """The document, decoded JSON, as the model `kind`. Raises ValueError, which names the place that is wrong."""
    try:
        return msgspec.convert(document, kind)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


class BoxRow(Struct):
    """A word of a plain list, which is either this or its box alone."""

    box: list[float] | None = None
    quad: list[list[float] | float] | None = None
    text: str | None = None
    confidence: float = 1.0
    line: int | None = None


BoxRows = list[BoxRow | list[float]]


class BoxDocument(Struct):
    """The same in a picture of known size."""

    words: BoxRows
    width: float = 0.0
    height: float = 0.0


class _Vertex(Struct):
    x: float | None = None
    y: float | None = None


class Polygon(Struct):
    """Corners in pixels, or in shares of the picture; a 0 may be left out."""

    vertices: list[_Vertex] | None = None
    normalized_vertices: list[_Vertex] | None = None


class _Break(Struct):
    type: str | None = None
    type_: str | None = None


class _Property(Struct):
    detected_break: _Break | None = None


class _Symbol(Struct):
    text: str = ""
    property: _Property | None = None


class VisionWord(Struct):
    """A word of Google Vision, of which punctuation is cut off."""

    bounding_box: Polygon
    symbols: list[_Symbol] | None = None
    confidence: float = 1.0


class _Paragraph(Struct):
    words: list[VisionWord] | None = None


class _Block(Struct):
    paragraphs: list[_Paragraph] | None = None


class VisionPage(Struct):
    """A page of Google Vision."""

    width: float | None = None
    height: float | None = None
    blocks: list[_Block] | None = None


class _FullText(Struct):
    pages: list[VisionPage] | None = None


class _Label(Struct):
    description: str
    bounding_poly: Polygon | None = None


class _Error(Struct):
    code: int = 0
    message: str = "error"


class VisionResponse(Struct):
    """An AnnotateImageResponse of Google Vision, with keys in snake_case."""

    full_text_annotation: _FullText | None = None
    text_annotations: list[_Label] | None = None
    error: _Error | None = None
