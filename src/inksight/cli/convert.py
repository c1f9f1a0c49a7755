"""`inksight convert` and `inksight word`: pictures in, files of ink out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..files import Outputs, find_all
from . import options
from .failures import BAD_INPUT, Failures
from .look import Look, look

if TYPE_CHECKING:
    from ..image import Pixels
    from ..ink import Page
    from ..pipeline import Progress

Reader = Callable[["Pixels", "Progress"], "Page"]


@click.command()
@options.files
@click.option(
    "--mode", type=click.Choice(options.MODES), default=options.DEFAULT_MODE, show_default=True, help="What to do."
)
@click.option(
    "--detector",
    type=click.Choice(options.DETECTORS),
    default=options.DETECTORS[0],
    show_default=True,
    help="What finds the words; none: the picture is one word.",
)
@options.model
@look
@options.debug
def convert(
    inputs: tuple[str, ...],
    out: str | None,
    fmt: str | None,
    mode: str,
    detector: str,
    model: str | None,
    look: Look,
    debug: bool,
) -> None:
    """Convert pages of handwriting into digital ink.

    INPUT is a picture (JPEG, PNG, TIFF, WebP, HEIC, ...), a PDF, a folder of them, or a pattern like 'scans/*.jpg'.

    OUT is a file whose ending names the format (.svg .inkml .json .png), or a folder that takes one file for each
    picture; several inputs need a folder. Left out, the result goes beside the picture, as .svg. With - it goes to
    standard output, in the format that --to names. A PDF or TIFF with several pages gives one file for each:
    name-1.svg, name-2.svg, ...

    A picture that can't be used is reported and left out; the exit code is then 2.

    \b
    Examples:
      inksight convert notes.jpg                       writes notes.svg
      inksight convert notes.jpg -o notes.inkml        another format
      inksight convert notes.jpg -o check.png          the strokes, drawn over the photo
      inksight convert scans/ book.pdf -o ink/         all pictures and pages into ink/
      inksight convert notes.jpg -o - --to json        to standard output
      inksight convert notes.jpg --color order --background photo
      inksight convert notes.jpg --fit a4 --simplify 1
    """

    def read(rgb: Pixels, progress: Progress) -> Page:
        from .. import pipeline

        return pipeline.convert(rgb, mode=mode, detector=detector, model=model, progress=progress)

    _run(inputs, out, fmt, look, debug, read)


@click.command()
@options.files
@click.option("--text", help="What the word says; implies --mode derender-with-text.")
@click.option("--mode", type=click.Choice(options.MODES), help=f"What to do. [{options.DEFAULT_MODE}]")
@options.model
@look
@options.debug
def word(
    inputs: tuple[str, ...],
    out: str | None,
    fmt: str | None,
    mode: str | None,
    text: str | None,
    model: str | None,
    look: Look,
    debug: bool,
) -> None:
    """Convert pictures of a single word, cut out close.

    INPUT and OUT are as in `inksight convert`. Modes: derender (strokes alone), derender-with-text (you say with --text
    what is written), recognize-and-derender (strokes and text), recognize (text alone).

    \b
    Examples:
      inksight word name.png                           writes name.svg
      inksight word name.png --text hello -o name.json
      inksight word words/ --mode recognize -o ink/ --to json
    """
    chosen = mode or (options.DEFAULT_MODE if text is None else options.TOLD_MODE)
    if (chosen == options.TOLD_MODE) != (text is not None):
        raise click.UsageError("--text and --mode derender-with-text belong together")

    def read(rgb: Pixels, progress: Progress) -> Page:
        from ..ink import Page
        from ..tracer import trace

        found = trace(rgb, mode=chosen, text=text, model=model)
        height, width = rgb.shape[:2]
        return Page.of_words([found], width, height) if found.strokes or found.text else Page(width, height)

    _run(inputs, out, fmt, look, debug, read)


def _run(inputs: tuple[str, ...], out: str | None, fmt: str | None, look: Look, debug: bool, read: Reader) -> None:
    """Read every page of every input and write its ink; the exit code says whether all went well."""
    failures = Failures(debug)
    done = 0
    with failures.caught():
        sources = find_all(inputs, failures.report)
        outputs = Outputs(out, fmt, len(sources) > 1 or len(inputs) > 1)
        for source in sources:
            with failures.caught():
                _convert_file(source, outputs, look, read)
                done += 1
    if failures.count:
        if done or failures.count > 1:
            click.echo(f"inksight: {done} of {done + failures.count} inputs converted", err=True)
        sys.exit(BAD_INPUT)


def _convert_file(source: Path, outputs: Outputs, look: Look, read: Reader) -> None:
    from .. import formats

    for number, rgb in _numbered_pages(source):
        target = outputs.place(source, number)
        with _bar(source, number) as progress:
            page = read(rgb, progress)
        formats.write(look.page(page), target, fmt=outputs.fmt, style=look.style(rgb, source.stem))
        click.echo(f"{source} -> {target}: {_summary(page)}", err=True)


def _summary(page: Page) -> str:
    texts = [w.text for w in page.words if w.text]
    words = f'"{texts[0]}"' if len(texts) == 1 else f"{len(texts)} words"
    strokes = len(page.strokes)
    return f"{words}, {strokes} {'stroke' if strokes == 1 else 'strokes'}"


def _numbered_pages(source: Path) -> Iterator[tuple[int | None, Pixels]]:
    """The pages of a file with their numbers from 1; None for the only page."""
    from ..image import open_pages

    pages = open_pages(source)
    first = next(pages)
    second = next(pages, None)
    if second is None:
        yield None, first
        return
    yield 1, first
    yield 2, second
    yield from enumerate(pages, start=3)


@contextmanager
def _bar(source: Path, number: int | None) -> Iterator[Progress]:
    """A progress bar of words on standard error, shown once a page takes over a second; none where nobody looks."""
    from tqdm import tqdm

    name = source.name if number is None else f"{source.name} page {number}"
    with tqdm(desc=name, unit="word", delay=1, leave=False, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
