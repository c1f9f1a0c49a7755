"""Files of ink, found by the ending of their name: write(page, "notes.svg"), read("notes.inkml").

A format is one module of this package with the format's name (dashes as underscores) and a place in `names.FORMATS`:

    dumps(page, style) -> bytes             the whole file
    loads(data) -> Page                     where the format can be read; ValueError with the reason for a broken file
    dumps_pages(pages, styles) -> bytes     where a file can hold several pages, with a style for each
    loads_pages(data) -> list[Page]         where such a file can be read
    photos(data) -> list[Photo | None]      where it can hold the photos that the pages lie over
    missing() -> str | None                 where writing needs what may not be installed: what to do then

Such modules import nothing heavy before they are called.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from textwrap import shorten
from types import ModuleType
from typing import Any

import numpy as np

from ..arrays import Pixels
from ..errors import InputError
from ..ink import Page
from ..options import FORMATS
from .photos import Photo
from .saving import save
from .style import PLAIN, Style

__all__ = [
    "FORMATS",
    "Style",
    "dumps",
    "dumps_pages",
    "ending",
    "format_of",
    "holds_pages",
    "loads",
    "loads_pages",
    "missing",
    "photos",
    "read",
    "read_pages",
    "readable",
    "write",
    "write_pages",
]


_ENDINGS = {
    "alto": "xml",
    "excalidraw-md": "excalidraw.md",
    "lottie": "json",
    "page": "xml",
    "pdf-ink": "pdf",
    "svg-animated": "svg",
}
"""Endings of formats whose name isn't theirs; most of these are chosen by name alone."""


def ending(fmt: str) -> str:
    """The ending, without its dot, of files of the format."""
    return _ENDINGS.get(fmt, fmt)


def format_of(path: str | Path) -> str:
    """The format that the ending of `path` names. Raises InputError, listing the known endings, when none does."""
    suffix = Path(path).suffix
    own = [fmt for fmt in FORMATS if fmt not in _ENDINGS]
    for fmt, longer in _ENDINGS.items():
        if "." in longer and str(path).lower().endswith(f".{longer}"):
            return fmt
    if suffix[1:].lower() in own:
        return suffix[1:].lower()
    several = [fmt for fmt, shared in _ENDINGS.items() if shared == suffix[1:].lower()]
    if several:
        raise InputError(f"{path}: '{suffix}' may be one of several formats; say which with --to: {', '.join(several)}")
    what = f"unknown ending '{suffix}'" if suffix else "no ending that names a format"
    raise InputError(f"{path}: {what}; use one of {_endings(own)}")


def holds_pages(fmt: str) -> bool:
    """Whether one file of the format can hold several pages."""
    return hasattr(_module(fmt), "dumps_pages")


def missing(fmt: str) -> str | None:
    """What has to be installed before the format can be written; None where nothing is missing."""
    look: Callable[[], str | None] | None = getattr(_module(fmt), "missing", None)
    return look() if look else None


def dumps_pages(pages: Sequence[Page], fmt: str, *, styles: Sequence[Style] = ()) -> bytes:
    """Several pages as one file, `styles` (none or one for each) saying how they look.

    Raises InputError for a format whose files hold one page.
    """
    if not holds_pages(fmt):
        raise InputError(
            f".{ending(fmt)} files hold one page; use one of {_endings(list(filter(holds_pages, FORMATS)))}"
        )
    return _dump("dumps_pages", fmt, pages, styles or [PLAIN] * len(pages))


def dumps(page: Page, fmt: str, *, photo: Pixels | None = None, style: Style = PLAIN) -> bytes:
    """The page as a file of the format `fmt`, one of FORMATS.

    Raises InputError for an unknown format, and for ink so far out that the format has no numbers for it.
    """
    return _dump("dumps", fmt, page, style if photo is None else replace(style, photo=photo))


def _dump(function: str, fmt: str, *arguments: Any) -> bytes:
    try:
        return bytes(getattr(_module(fmt), function)(*arguments))
    except (ValueError, OverflowError) as error:
        raise InputError(f"this ink can't be written as .{ending(fmt)}: {shorten(str(error), 200)}") from error


def loads(data: bytes, fmt: str, *, name: str | Path = "ink") -> Page:
    """The page in a file's bytes. Raises InputError, naming `name` and the reason, when they can't be read as `fmt`."""
    page: Page = _load("loads", data, fmt, name)
    return page


def loads_pages(data: bytes, fmt: str, *, name: str | Path = "ink") -> list[Page]:
    """All pages in a file's bytes: several where the format holds them, else one. Raises InputError as `loads` does."""
    if hasattr(_module(fmt), "loads_pages"):
        return list(_load("loads_pages", data, fmt, name))
    return [loads(data, fmt, name=name)]


def photos(data: bytes, fmt: str, *, name: str | Path = "ink") -> list[Photo | None]:
    """The photos of the pages that `loads_pages` gives, None for those without. Raises InputError as `loads` does."""
    if hasattr(_module(fmt), "photos"):
        return list(_load("photos", data, fmt, name))
    return [None] * len(loads_pages(data, fmt, name=name))


def _load(function: str, data: bytes, fmt: str, name: str | Path) -> Any:
    reader = getattr(_module(fmt), function, None)
    if reader is None:
        raise InputError(f"{name}: .{fmt} files hold no ink that could be read; use one of {_endings(readable())}")
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # Stroke refuses what is beyond float32, in words
            return reader(data)
    except RecursionError:
        raise InputError(f"{name}: not a usable {fmt} file: its elements are nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{name}: not a usable {fmt} file: {shorten(str(error), 200)}") from error


def write(
    page: Page, path: str | Path, *, fmt: str | None = None, photo: Pixels | None = None, style: Style = PLAIN
) -> None:
    """Write the page to `path`, whole or not at all; "-" is standard output.

    `fmt` is one of FORMATS; left out, the ending of `path` names it. `photo` is the picture that the ink came from,
    uint8 (H, W, 3), for the formats that show it. Raises InputError for an unknown format and for a place that can't be
    written.
    """
    if str(path) == "-" and fmt is None:
        raise InputError(f"standard output has no ending: name a format ({', '.join(FORMATS)})")
    fmt = fmt or format_of(path)
    _write(path, lambda: dumps(page, fmt, photo=photo, style=style))


def write_pages(pages: Sequence[Page], path: str | Path, fmt: str, *, styles: Sequence[Style] = ()) -> None:
    """Write several pages to one file, as `dumps_pages` and `write` say."""
    _write(path, lambda: dumps_pages(pages, fmt, styles=styles))


def _write(path: str | Path, dump: Callable[[], bytes]) -> None:
    """Write what `dump` makes; that the place is there is checked before."""
    if str(path) == "-":
        _print(dump())
        return
    target = Path(path)
    if not target.parent.is_dir():
        raise InputError(f"{path}: the folder {target.parent} doesn't exist; create it first")
    data = dump()
    try:
        save(target, data)
    except OSError as error:
        raise InputError(f"{path}: can't write into {target.parent}: {error.strerror}; choose another place") from error


def read(path: str | Path, *, fmt: str | None = None) -> Page:
    """The page in a file, whose format its ending names unless `fmt` does; "-" is standard input.

    Raises InputError for a file that is missing, of unknown format or broken.
    """
    fmt = fmt or format_of(path)
    return loads(_bytes(path), fmt, name=path)


def read_pages(path: str | Path, *, fmt: str | None = None) -> list[Page]:
    """All pages in a file; otherwise as `read`."""
    fmt = fmt or format_of(path)
    return loads_pages(_bytes(path), fmt, name=path)


def readable() -> list[str]:
    """The formats that can be read."""
    return [fmt for fmt in FORMATS if hasattr(_module(fmt), "loads")]


def _bytes(path: str | Path) -> bytes:
    try:
        if str(path) == "-":
            if sys.stdin is None:
                raise InputError("standard input is closed; name a file")
            return sys.stdin.buffer.read()
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from error


def _module(fmt: str) -> ModuleType:
    if fmt not in FORMATS:
        raise InputError(f"unknown format '{fmt}'; use one of {', '.join(FORMATS)}")
    return import_module("." + fmt.replace("-", "_"), __name__)


def _endings(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join("." + name for name in names)


def _print(data: bytes) -> None:
    if sys.stdout is None:
        raise InputError("standard output is closed; name a file with -o")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever was reading has enough
        raise
    except OSError as error:
        raise InputError(f"standard output can't be written: {error.strerror}; choose a file with -o") from error
