"""`inksight convert` and `inksight word`: pictures in, files of ink out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from ..options import PageOptions, TraceOptions
from . import options
from .look import Look, look
from .many import Many, many
from .running import convert_all

if TYPE_CHECKING:
    from ..arrays import Pixels
    from ..batch.jobs import Task
    from ..imaging.pictures import Picture
    from ..ink import Page
    from ..pipeline import Progress


@click.command()
@options.files
@options.page
@click.option("--profile", is_flag=True, help="Tell where the time went, page by page.")
@look
@many
@options.debug
def convert(
    inputs: tuple[str, ...],
    out: str | None,
    fmt: str | None,
    chosen: PageOptions,
    boxes: str | None,
    profile: bool,
    look: Look,
    many: Many,
    debug: bool,
) -> None:
    """Convert pages of handwriting into digital ink.

    INPUT is a picture (JPEG, PNG, TIFF, WebP, HEIC, ...), a PDF, a folder of them, or a pattern like 'scans/*.jpg'.

    OUT is a file whose ending names the format (.svg .inkml .json .png), or a folder that takes one file for each
    picture. Left out, the result goes beside the picture, as .svg. With - it goes to standard output, in the format
    that --to names. A PDF or TIFF with several pages gives one file for each: name-1.svg, name-2.svg, ...; a file that
    can hold several pages takes them all.

    Of several pages, those are kept whose file is there and newer than the picture: after a stop, the same command goes
    on. A page that fails is told at the end, and the others are done; the exit code is then 1, or 2 if none could be
    done.

    \b
    Modes:
      recognize-and-derender  read each word, and trace it knowing what it says (the usual one)
      derender                trace without reading: for signatures, sketches, other scripts
      derender-with-text      trace what you say is written: inksight word --text
      recognize               read alone; no strokes

    \b
    Examples:
      inksight convert notes.jpg                       writes notes.svg
      inksight convert notes.jpg -o notes.inkml        another format
      inksight convert notes.jpg -o check.png          the strokes, drawn over the photo
      inksight convert scans/ book.pdf -o ink/         all pictures and pages into ink/
      inksight convert notebook/ -o notebook.pdf       all pages in one file
      inksight convert -r notebooks/ -o ink/ --jobs 4  folders in folders, by four processes
      inksight convert notes.jpg -o - --to json        to standard output
      inksight convert notes.jpg --color order --background photo
      inksight convert notes.jpg --fit a4 --simplify 1
      inksight convert notes.jpg --boxes notes.hocr    words that another tool found
      inksight convert table.jpg --flatten -o sheet.pdf --background photo
    """
    convert_all(
        inputs,
        out,
        fmt,
        look=look,
        many=many,
        debug=debug,
        read=partial(_read_page, chosen=chosen, boxes=boxes, profile=profile),
        prepare=partial(_load, chosen, None if boxes else str(chosen.detector)),
    )


@click.command()
@options.files
@options.word
@look
@many
@options.debug
def word(
    inputs: tuple[str, ...],
    out: str | None,
    fmt: str | None,
    chosen: TraceOptions,
    text: str | None,
    look: Look,
    many: Many,
    debug: bool,
) -> None:
    """Convert pictures of a single word, cut out close.

    INPUT, OUT and the modes are as in `inksight convert`; for derender-with-text, --text says what is written. A
    picture that looks like a page is traced as one word nevertheless, and told.

    \b
    Examples:
      inksight word name.png                           writes name.svg
      inksight word name.png --text hello -o name.json
      inksight word words/ --mode recognize -o ink/ --to json
    """
    convert_all(
        inputs,
        out,
        fmt,
        look=look,
        many=many,
        debug=debug,
        read=partial(_read_word, chosen=chosen, text=text),
        prepare=partial(_load, chosen),
    )


# The work itself: functions that other processes can be sent.


def _load(chosen: TraceOptions, detector: str | None = None) -> None:
    """What every page needs. Raises InputError where it can't be had."""
    from ..layout import detectors
    from ..pipeline import tracer

    tracer(chosen)
    if detector is not None:
        detectors.load(detector)


def _read_page(
    task: Task,
    picture: Picture,
    progress: Progress | None = None,
    *,
    chosen: PageOptions,
    boxes: str | None,
    profile: bool = False,
) -> tuple[Pixels, Page, str]:
    from ..layout import detectors
    from ..pipeline import convert_shown
    from ..report import PageReport

    find = detectors.load(str(chosen.detector), boxes, picture=task.source, page=task.page)
    reports: list[PageReport] = []
    options = replace(chosen, detector=find)
    shown, page = convert_shown(picture, options, progress=progress, report=reports.append)
    return shown, page, reports[0].note + (f" ({reports[0].profile})" if profile else "")


def _read_word(
    task: Task, picture: Picture, progress: Progress | None = None, *, chosen: TraceOptions, text: str | None
) -> tuple[Pixels, Page, str]:
    from ..ink import Page
    from ..layout.words import PAGE
    from ..pipeline import trace

    seen: list[int] = []
    found = trace(picture.pixels, chosen, text=text, found=seen.append).transformed(picture.frame)
    words = [found] if found.strokes or found.text else []
    page = Page.of_words(words, picture.width, picture.height)
    if seen[0] < PAGE:
        return picture.pixels, page, ""
    return picture.pixels, page, f"a page of {seen[0]} words or more, it seems: inksight convert {task.source}"
