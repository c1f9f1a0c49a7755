"""What there is to choose: names that the command line, the server and the library share, and the choices themselves.

Nothing here needs anything to be loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

MODES = ("derender", "derender-with-text", "recognize-and-derender", "recognize")
"""What is asked for: strokes alone, strokes of a text that is told, text and strokes, text alone."""
READING = ("recognize", "recognize-and-derender")
"""The modes that read."""
DEFAULT_MODE, TOLD_MODE = "recognize-and-derender", "derender-with-text"

LANGUAGES = (
    "en", "fr", "de", "es", "it", "pt", "nl", "pl", "cs", "sv", "da", "no", "fi", "tr", "vi", "hu", "ro",
)  # fmt: skip
"""Languages whose letters have a model of their own (ISO 639-1)."""

DETECTORS = ("rapidocr", "inksight", "tesseract", "doctr", "google-vision", "boxes", "none")
"""What finds the words of a page."""
FROM_FILES = ("boxes", "google-vision")
"""Those that take the words from a file."""

PRINT = ("text", "trace", "ignore")
"""What becomes of print: its text alone, strokes as well, or nothing."""

SPLITS = ("test", "val")
"""Whose words an evaluation takes."""

FORMATS = (
    "alto",
    "apng",
    "csv",
    "dxf",
    "excalidraw",
    "excalidraw-md",
    "gif",
    "hocr",
    "inkml",
    "json",
    "jsonl",
    "lottie",
    "md",
    "mp4",
    "npz",
    "onenote",
    "page",
    "pdf",
    "pdf-ink",
    "png",
    "rm",
    "rmdoc",
    "svg",
    "svg-animated",
    "txt",
    "webp",
    "xopp",
)
"""Names of the formats; each is also its ending, unless formats._ENDINGS has another."""


@dataclass(frozen=True)
class TraceOptions:
    """How a word is traced. Raises ValueError for an unknown mode or language."""

    mode: str = DEFAULT_MODE
    """One of MODES."""
    model: str | Path | None = None
    """A shipped model's name or the folder of any; None: the default one."""
    fast: bool = False
    """Whether each word is looked at once instead of up to five times."""
    language: str | None = None
    """One of LANGUAGES; None: of a page the one that its words are of, of a word any."""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"unknown mode {self.mode!r}; the modes are {', '.join(MODES)}")
        if self.language not in (None, *LANGUAGES):
            raise ValueError(f"unknown language {self.language!r}; there are {', '.join(LANGUAGES)}")


@dataclass(frozen=True)
class PageOptions(TraceOptions):
    """How a page is converted: its words, and what is done before them."""

    detector: str | Callable[..., Any] = DETECTORS[0]
    """One of DETECTORS, or a `layout.detection.Detector`; "none" takes the whole picture for one word."""
    flatten: bool = False
    """Whether the ink is in the frame of the sheet, laid flat and turned upright, instead of the picture's."""
    print: str = PRINT[0]
    """One of PRINT. Raises ValueError for another."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.print not in PRINT:
            raise ValueError(f"print is one of {', '.join(PRINT)}, not {self.print!r}")


class TraceChoices(TypedDict, total=False):
    """`TraceOptions` as keywords."""

    mode: str
    model: str | Path | None
    fast: bool
    language: str | None


class PageChoices(TraceChoices, total=False):
    """`PageOptions` as keywords."""

    detector: str | Callable[..., Any]
    flatten: bool
    print: str


USUAL_TRACE, USUAL_PAGE = TraceOptions(), PageOptions()
"""What holds where nothing is chosen."""
