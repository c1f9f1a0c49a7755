"""`inksight render`: files of ink in, files of ink or pictures of it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..batch.files import Outputs, Source, find_all, make_folder
from ..errors import InputError, one_line
from ..options import FORMATS
from . import options
from .failures import Failures
from .look import Look, look

if TYPE_CHECKING:
    from ..arrays import Pixels
    from ..ink import Page


@dataclass(frozen=True)
class _Leaf:
    """A page: the file that it is from, its number there (from 1), and how many there are."""

    source: Source
    page: Page
    number: int
    count: int

    @property
    def name(self) -> str:
        stem = self.source.path.stem
        return stem if self.count == 1 else f"{stem} {self.number}"


@click.command()
@options.files
@click.option("--from", "source_fmt", type=click.Choice(FORMATS), help="The format, where INPUT doesn't say it.")
@click.option("--photo", metavar="PICTURE", help="What the ink was traced from: it goes under the ink.")
@look
@options.debug
def render(
    inputs: tuple[str, ...],
    out: str | None,
    fmt: str | None,
    source_fmt: str | None,
    photo: str | None,
    look: Look,
    debug: bool,
) -> None:
    """Draw ink, or turn it into another format.

    INPUT is a file of ink (.json, .svg, .inkml, .xopp, ...), a folder of them, a pattern like 'ink/*.json', or - for
    standard input, in the format that --from names. OUT is as in `inksight convert`; left out, the ink goes beside its
    file, as .svg; that of standard input goes to standard output.

    \b
    Examples:
      inksight render notes.json -o notes.png
      inksight render notes.inkml -o notes.xopp        another format
      inksight render notes.svg -o notes.gif --speed 2
      inksight render notes.json --photo notes.jpg -o notes.pdf
      inksight render ink/ -o book.pdf                 all pages of a folder in one file
      inksight render notes.json -o - --to svg-animated > notes.svg
    """
    failures = Failures(debug)
    done, total = 0, 1
    out = "-" if out is None and inputs == ("-",) else out
    with failures.caught():
        leaves = _read(inputs, source_fmt, failures)
        total = len(leaves) + len(failures.lines)
        if leaves:
            under = _photo(photo, len(leaves))
            if under is not None and look.background is None:
                look = replace(look, background="photo")
            sources = list(dict.fromkeys(leaf.source for leaf in leaves))
            several = len(inputs) > 1 or len(sources) > 1 or Path(inputs[0]).is_dir()
            outputs = Outputs(out, fmt, sources, several, len(leaves) > 1)
            done = _bind(leaves, outputs, look) if outputs.one_file else _write(leaves, outputs, look, under, failures)
    failures.exit(done, total)


def _read(inputs: Sequence[str], fmt: str | None, failures: Failures) -> list[_Leaf]:
    """The pages of all files; what is wrong with one is reported."""
    from .. import formats

    if "-" in inputs and fmt is None:
        raise InputError("-: standard input has no ending; name its format with --from")
    kinds = frozenset(f".{formats.ending(name)}" for name in ([fmt] if fmt else formats.readable()))
    leaves = []
    for source in find_all(inputs, failures.report, kinds=kinds, what="files of ink"):
        with failures.caught():
            pages = formats.read_pages(source.path, fmt=fmt)
            if not pages:
                raise InputError(f"{source.path}: has no page of ink in it")
            leaves += [_Leaf(source, page, i, len(pages)) for i, page in enumerate(pages, start=1)]
    return leaves


def _photo(name: str | None, pages: int) -> Pixels | None:
    from ..imaging.pictures import open_image

    if name is not None and pages > 1:
        raise InputError(f"{name}: one photo can't lie under {pages} pages; render them one by one")
    return open_image(name) if name is not None else None


def _bind(leaves: Sequence[_Leaf], outputs: Outputs, look: Look) -> int:
    """Write all pages into one file; how many those are."""
    from .. import formats

    pages, styles = [look.page(leaf.page) for leaf in leaves], [look.style(name=leaf.name) for leaf in leaves]
    formats.write_pages(pages, outputs.out or "-", outputs.format, styles=styles)
    click.echo(f"{len(pages)} pages -> {outputs.out}", err=True)
    return len(pages)


def _write(leaves: Sequence[_Leaf], outputs: Outputs, look: Look, photo: Pixels | None, failures: Failures) -> int:
    """Write a file for each page; how many could be written."""
    from .. import formats

    done = 0
    for leaf in leaves:
        with failures.caught():
            target = outputs.place(leaf.source, leaf.number, leaf.count)
            make_folder(target.parent)
            formats.write(look.page(leaf.page), target, fmt=outputs.format, style=look.style(photo, leaf.name))
            strokes = len(leaf.page.strokes)
            click.echo(
                one_line(f"{leaf.source.path} -> {target}: {strokes} stroke{'' if strokes == 1 else 's'}"), err=True
            )
            done += 1
    return done
