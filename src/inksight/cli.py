"""The command line: thin commands over the library. What is heavy is imported when a command runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import __version__
from .errors import InputError
from .files import Outputs, find_all

if TYPE_CHECKING:
    from .image import Pixels
    from .ink import Page
    from .pipeline import Progress

BAD_INPUT = 2
"""Exit code when any input was bad, as for wrong options."""

FORMATS = ("inkml", "json", "png", "svg")
MODES = ("derender", "derender-with-text", "recognize-and-derender", "recognize")
DETECTORS = ("rapidocr", "none")
SPLITS = ("test", "val")
DEFAULT_MODE, TOLD_MODE = "recognize-and-derender", "derender-with-text"

_F = TypeVar("_F", bound=Callable[..., Any])
Reader = Callable[["Pixels", "Progress"], "Page"]


class _Failures:
    """Reports what goes wrong, one line each, and remembers that something did."""

    def __init__(self, debug: bool) -> None:
        self.debug = debug
        self.count = 0

    def report(self, error: InputError) -> None:
        self.count += 1
        if self.debug:
            raise error
        click.echo(f"inksight: {error}", err=True)

    @contextmanager
    def caught(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            self.report(error)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="inksight")
def main() -> None:
    """Turn pictures of handwriting into digital ink: pen strokes in writing order, with the text they spell.

    \b
    inksight convert notes.jpg                 a page of notes -> notes.svg
    inksight word name.png -o name.inkml       a picture of one word
    inksight convert --help                    more examples
    """


def _common(command: _F) -> _F:
    """The arguments that `convert` and `word` share."""
    for option in (
        click.option("--debug", is_flag=True, help="Show where an error comes from."),
        click.option("--model", metavar="FOLDER", help="Another model than the one that comes with inksight."),
        click.option("--to", "fmt", type=click.Choice(FORMATS), help="The format, where OUT doesn't say it. [svg]"),
        click.option("-o", "--output", "out", metavar="OUT", help="A file, a folder, or - (see above)."),
        click.argument("inputs", metavar="INPUT...", nargs=-1, required=True),
    ):
        command = option(command)
    return command


@main.command()
@_common
@click.option("--mode", type=click.Choice(MODES), default=DEFAULT_MODE, show_default=True, help="What to do.")
@click.option(
    "--detector",
    type=click.Choice(DETECTORS),
    default=DETECTORS[0],
    show_default=True,
    help="What finds the words; none: the picture is one word.",
)
def convert(
    inputs: tuple[str, ...], out: str | None, fmt: str | None, mode: str, detector: str, model: str | None, debug: bool
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
    """

    def read(rgb: Pixels, progress: Progress) -> Page:
        from . import pipeline

        return pipeline.convert(rgb, mode=mode, detector=detector, model=model, progress=progress)

    _run(inputs, out, fmt, debug, read)


@main.command()
@_common
@click.option("--text", help="What the word says; implies --mode derender-with-text.")
@click.option("--mode", type=click.Choice(MODES), help=f"What to do. [{DEFAULT_MODE}]")
def word(
    inputs: tuple[str, ...],
    out: str | None,
    fmt: str | None,
    mode: str | None,
    text: str | None,
    model: str | None,
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
    chosen = mode or (DEFAULT_MODE if text is None else TOLD_MODE)
    if (chosen == TOLD_MODE) != (text is not None):
        raise click.UsageError("--text and --mode derender-with-text belong together")

    def read(rgb: Pixels, progress: Progress) -> Page:
        from .ink import Page
        from .tracer import trace

        found = trace(rgb, mode=chosen, text=text, model=model)
        height, width = rgb.shape[:2]
        return Page.of_words([found], width, height) if found.strokes or found.text else Page(width, height)

    _run(inputs, out, fmt, debug, read)


@main.command()
@click.argument("data", metavar="DATA")
@click.option("--words", default=400, show_default=True, type=click.IntRange(min=1), help="How many words at most.")
@click.option("--split", type=click.Choice(SPLITS), default=SPLITS[0], show_default=True, help="Whose words.")
@click.option("--real", is_flag=True, help="Real pictures (text and coverage alone) instead of drawn ink.")
@click.option("--clean", is_flag=True, help="Draw the ink as plain lines, not as a photo.")
@click.option("--mode", type=click.Choice(MODES), default=DEFAULT_MODE, show_default=True, help="What to do.")
@click.option("--model", metavar="FOLDER", help="Another model than the one that comes with inksight.")
@click.option("--seed", default=0, show_default=True, help="Another seed, other words and pictures.")
@click.option("-o", "--output", "out", metavar="FOLDER", help="Also write table.md, report.json and sheet.png there.")
def evaluate(data: str, out: str | None, **settings: Any) -> None:
    """Measure the model, beside its peers and controls, on words that it never saw.

    DATA is the folder with the data, described in train/README.md. The table goes to standard output.

    \b
    Examples:
      inksight evaluate data/ --words 100
      inksight evaluate data/ --real -o report/
    """
    from .evaluate.run import evaluate as run

    failures = _Failures(debug=False)
    with failures.caught():
        report = run(data, progress=sys.stderr.isatty(), **settings)
        click.echo(report.table())
        if out is not None:
            report.save(out)
    if failures.count:
        sys.exit(BAD_INPUT)


def _run(inputs: tuple[str, ...], out: str | None, fmt: str | None, debug: bool, read: Reader) -> None:
    """Read every page of every input and write its ink; the exit code says whether all went well."""
    failures = _Failures(debug)
    done = 0
    with failures.caught():
        sources = find_all(inputs, failures.report)
        outputs = Outputs(out, fmt, len(sources) > 1 or len(inputs) > 1)
        for source in sources:
            with failures.caught():
                _convert_file(source, outputs, read)
                done += 1
    if failures.count:
        if done or failures.count > 1:
            click.echo(f"inksight: {done} of {done + failures.count} inputs converted", err=True)
        sys.exit(BAD_INPUT)


def _convert_file(source: Path, outputs: Outputs, read: Reader) -> None:
    from . import formats

    for number, rgb in _numbered_pages(source):
        target = outputs.place(source, number)
        with _bar(source, number) as progress:
            page = read(rgb, progress)
        formats.write(page, target, fmt=outputs.fmt, photo=rgb)
        click.echo(f"{source} -> {target}: {_summary(page)}", err=True)


def _summary(page: Page) -> str:
    texts = [w.text for w in page.words if w.text]
    words = f'"{texts[0]}"' if len(texts) == 1 else f"{len(texts)} words"
    strokes = len(page.strokes)
    return f"{words}, {strokes} {'stroke' if strokes == 1 else 'strokes'}"


def _numbered_pages(source: Path) -> Iterator[tuple[int | None, Pixels]]:
    """The pages of a file with their numbers from 1; None for the only page."""
    from .image import open_pages

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
