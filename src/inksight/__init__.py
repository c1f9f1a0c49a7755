"""InkSight: from a picture of handwriting to digital ink.

import inksight
page = inksight.convert("notes.jpg")          # Page: lines > words > strokes
word = inksight.trace("word.png")             # a picture of one word -> Word
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .formats import write
    from .ink import Line, Page, Stroke, Word
    from .pipeline import convert, trace, trace_many

__version__ = "0.2.0"
__all__ = ["Line", "Page", "Stroke", "Word", "__version__", "convert", "trace", "trace_many", "write"]

_HOMES = {
    "Line": "ink",
    "Page": "ink",
    "Stroke": "ink",
    "Word": "ink",
    "convert": "pipeline",
    "trace": "pipeline",
    "trace_many": "pipeline",
    "write": "formats",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first asked for: `import inksight` alone loads nothing heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
