"""The command line's files: which pictures its arguments mean, and where each result goes."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import InputError

PICTURES = frozenset(
    f".{e}" for e in ("bmp", "gif", "heic", "heif", "jpeg", "jpg", "pdf", "pgm", "png", "ppm", "tif", "tiff", "webp")
)
"""Endings that are taken for pictures inside a folder."""


def find(argument: str) -> list[Path]:
    """The pictures that one argument means: a file, those directly in a folder, or those that match a pattern.

    A name that doesn't exist comes back as it is: opening it says what is wrong. Raises InputError for a folder or a
    pattern without pictures.
    """
    path = Path(argument)
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES and p.is_file())
        if not found:
            raise InputError(f"{argument}: no pictures in this folder; name one that has some")
        return found
    if path.exists() or not glob.has_magic(argument):
        return [path]
    found = sorted(p for p in map(Path, glob.glob(argument, recursive=True)) if p.is_file())
    if not found:
        raise InputError(f"{argument}: no file matches; check the pattern")
    return found


def find_all(arguments: Sequence[str], on_error: Callable[[InputError], None]) -> list[Path]:
    """The pictures of all arguments, each once, in their order; what is wrong with one doesn't stop the others."""
    found: dict[Path, None] = {}
    for argument in arguments:
        try:
            found |= dict.fromkeys(find(argument))
        except InputError as error:
            on_error(error)
    return list(found)


@dataclass
class Outputs:
    """Where results go: `out` as the user gave it, the format, and whether there is more than one input."""

    out: str | None
    fmt: str | None
    several: bool
    _written: dict[Path, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.out is None or self.out == "-":
            if self.out == "-" and self.fmt is None:
                raise InputError("-o -: standard output has no ending; name a format with --to, e.g. --to svg")
            if self.out == "-" and self.several:
                raise InputError("-o -: takes one input; name a folder for several")
        elif self.is_folder:
            if not Path(self.out).is_dir():
                raise InputError(f"{self.out}: this folder doesn't exist; create it first")
        else:
            self._check_file(Path(self.out))

    def _check_file(self, path: Path) -> None:
        """What would fail at the end is said before the work."""
        if self.fmt is None:
            from .formats import format_of

            format_of(path)
        if not path.parent.is_dir():
            raise InputError(f"{path}: the folder {path.parent} doesn't exist; create it first")

    @property
    def is_folder(self) -> bool:
        out = self.out or ""
        return out.endswith(("/", "\\")) or Path(out).is_dir() or (self.several and bool(out))

    def place(self, source: Path, number: int | None) -> str:
        """The file for the ink of `source`, or of its page `number` where it has several; "-" is standard output.

        Raises InputError where another picture's result or the picture itself would be overwritten.
        """
        if self.out == "-":
            if number is not None:
                raise InputError(f"{source}: has several pages, standard output takes one; name a folder with -o")
            return "-"
        from .formats import ending

        file_given = self.out is not None and not self.is_folder
        base = Path(self.out or "") if file_given else source.with_suffix("." + ending(self.fmt or "svg"))
        if self.is_folder:
            base = Path(self.out or "", base.name)
        target = base if number is None else base.with_stem(f"{base.stem}-{number}")
        if target.exists() and source.exists() and target.samefile(source):
            raise InputError(f"{source}: the result would overwrite the picture; name another file with -o")
        other = self._written.setdefault(target, source)
        if other != source:
            raise InputError(f"{source}: the result would overwrite that of {other}; convert it on its own, with -o")
        return str(target)
