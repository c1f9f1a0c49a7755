"""The command line's files: which pictures its arguments mean, and where each result goes."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Source:
    """A file with pictures. `folder` is its place below the argument that meant it, kept below an output folder."""

    path: Path
    folder: Path = Path()


def find(
    argument: str,
    *,
    recursive: bool = False,
    leave_out: Path | None = None,
    kinds: frozenset[str] | None = None,
    what: str = "pictures",
) -> list[Source]:
    """The pictures that one argument means: a file, those in a folder, or those that match a pattern.

    Of a folder, hidden files and what lies in `leave_out` are passed over; `recursive` takes the folders in it, too. A
    number in a name counts as one: page 2 comes before page 10. A name that doesn't exist comes back as it is: opening
    it says what is wrong. `kinds` are the endings to look for in a folder (default: all that can be read), and `what`
    is what they are called. Raises
    InputError for a folder or a pattern without pictures.
    """
    path = Path(argument)
    if path.is_dir():
        from ..imaging.pictures import endings  # brings Pillow

        found = sorted(_of_kinds(path, kinds or endings(), recursive, leave_out), key=by_number)
        if not found:
            advice = "name one that has some" if recursive else "name one that has some, or add --recursive"
            raise InputError(f"{argument}: no {what} in this folder; {advice}")
        return [Source(p, p.parent.relative_to(path)) for p in found]
    if path.exists() or not glob.has_magic(argument):
        return [Source(path)]
    found = sorted((p for p in map(Path, glob.glob(argument, recursive=True)) if p.is_file()), key=by_number)
    if not found:
        raise InputError(f"{argument}: no file matches; check the pattern")
    return [Source(p) for p in found]


def real(path: Path) -> Path:
    """The path without links; of links that lead in a circle the path itself, which opening then complains of."""
    return Path(os.path.realpath(path))


def _of_kinds(folder: Path, kinds: frozenset[str], recursive: bool, leave_out: Path | None) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, onerror=_tell):
        here = Path(place)
        visible = [n for n in folders if not n.startswith(".") and real(here / n) != leave_out]
        folders[:] = visible if recursive else []
        for path in (here / n for n in names if not n.startswith(".")):
            if path.suffix.lower() in kinds and path.is_file() and real(path) != leave_out:
                yield path


def _tell(error: OSError) -> None:
    """What os.walk passes over in silence."""
    raise error


def by_number(path: Path) -> list[list[str | int]]:
    """Sorts names as people count: page 2 before page 10."""
    parts = [re.split(r"(\d+)", part.casefold()) for part in path.parts]
    return [[int(t) if i % 2 else t for i, t in enumerate(part)] for part in parts]


def find_all(
    arguments: Sequence[str],
    on_error: Callable[[InputError], None],
    **options: Any,
) -> list[Source]:
    """The pictures of all arguments, each once, in their order; what is wrong with one doesn't stop the others.

    `options` are those of `find`.
    """
    found: dict[Path, Source] = {}
    for argument in arguments:
        try:
            for source in find(argument, **options):
                found.setdefault(source.path, source)
        except InputError as error:
            on_error(error)
        except OSError as error:
            on_error(InputError(f"{error.filename or argument}: can't be looked into ({error.strerror}); allow it"))
    return list(found.values())


@dataclass
class Outputs:
    """Where results go: `out` as the user gave it, the format, the inputs, and how many pages they have.

    `several_files` says that the input is a folder or more than one argument. Raises InputError for what would fail at
    the end.
    """

    out: str | None
    fmt: str | None
    sources: Sequence[Source]
    several_files: bool
    several_pages: bool
    _written: dict[Path, Source] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._inputs = {real(source.path): source for source in self.sources}
        if self.out == "-" and self.fmt is None:
            raise InputError("-o -: standard output has no ending; name a format with --to, e.g. --to svg")
        one_page = f"a .{self.format} file holds one page"
        if self.out == "-" and self.several_files and not self.one_file:
            raise InputError("-o -: takes one input; name a folder for several")
        if self.out in (None, "-") or self.is_folder:
            return
        path = Path(self.out or "")
        if not path.parent.is_dir():
            raise InputError(f"{path}: the folder {path.parent} doesn't exist; create it first")
        if self.several_files and self.several_pages and not self.one_file:
            raise InputError(f"{path}: {one_page}; name a folder for several")
        if self.one_file and real(path) in self._inputs:
            raise InputError(f"{path}: is one of the inputs; give the result another name")

    @property
    def is_folder(self) -> bool:
        """Whether `out` means a folder: it is one, ends like one, or has to be one."""
        if self.out is None or self.out == "-":
            return False
        path = Path(self.out)
        return self.out.endswith(("/", "\\")) or path.is_dir() or (self.several_files and not path.suffix)

    @property
    def format(self) -> str:
        """The format of all results. Raises InputError where an ending names none."""
        from ..formats import format_of

        return self.fmt or ("svg" if self.out is None or self.is_folder else format_of(self.out))

    @property
    def one_file(self) -> bool:
        """Whether all pages go into the one file `out`."""
        from ..formats import holds_pages

        return self.out is not None and not self.is_folder and self.several_pages and holds_pages(self.format)

    def place(self, source: Source, page: int = 1, count: int = 1) -> Path:
        """The file for the ink of a page of `source`, which has `count`; "-" is standard output.

        Raises InputError where a picture or another picture's result would be overwritten.
        """
        if self.out == "-":
            if count > 1:
                raise InputError(f"{source.path}: has several pages, standard output takes one; name a folder with -o")
            return Path("-")
        from ..formats import ending

        base = source.path.with_suffix("." + ending(self.format))
        if self.is_folder:
            base = Path(self.out or "", source.folder, base.name)
        elif self.out is not None:
            base = Path(self.out)
        target = base if count == 1 else base.with_stem(f"{base.stem}-{page:0{len(str(count))}}")
        given = self._inputs.get(real(target))
        if given is not None:
            what = "the input" if given == source else f"the input {given.path}"
            raise InputError(f"{source.path}: the result would overwrite {what}; name another file with -o")
        other = self._written.setdefault(target, source)
        if other != source:
            raise InputError(
                f"{source.path}: the result would overwrite that of {other.path}; convert it on its own, with -o"
            )
        return target


def make_folder(folder: Path) -> None:
    """Create the folder and those around it, unless it is there. Raises InputError where that can't be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: this folder can't be created: {error.strerror}; choose another") from error
