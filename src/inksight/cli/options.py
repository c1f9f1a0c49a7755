"""Options that several commands share, and names they choose from, repeated here where the library has them in what is
heavy to load."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..options import FORMATS

MODES = ("derender", "derender-with-text", "recognize-and-derender", "recognize")
DETECTORS = ("rapidocr", "tesseract", "doctr", "google-vision", "boxes", "none")
BOXES = "boxes"
SPLITS = ("test", "val")
DEFAULT_MODE, TOLD_MODE = "recognize-and-derender", "derender-with-text"

Command = TypeVar("Command", bound=Callable[..., Any])


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """One decorator out of several options, shown in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def files(command: Command) -> Command:
    """INPUT..., -o and --to: what is read and where the ink goes."""
    return together(
        click.argument("inputs", metavar="INPUT...", nargs=-1, required=True),
        click.option("-o", "--output", "out", metavar="OUT", help="A file, a folder, or - (see above)."),
        click.option("--to", "fmt", type=click.Choice(FORMATS), help="The format, where OUT doesn't say it. [svg]"),
    )(command)


def model(command: Command) -> Command:
    """--model."""
    return click.option(
        "--model", metavar="FOLDER", help="Another model than the one that comes with inksight: see inksight models."
    )(command)


def fast(command: Command) -> Command:
    """--fast."""
    return click.option(
        "--fast", is_flag=True, help="Look at each word once: twice as fast, with a fifth more errors."
    )(command)


def detector(command: Command) -> Command:
    """--detector and --boxes."""
    return together(
        click.option(
            "--detector",
            type=click.Choice(DETECTORS),
            help=f"What finds the words; none: the picture is one word. [{DETECTORS[0]}, or boxes with --boxes]",
        ),
        click.option(
            "--boxes",
            metavar="FILE",
            help="The words of another tool: JSON, hOCR, ALTO, PAGE XML, or a response of Google Vision (then with "
            "--detector google-vision); or a folder with such files, named as the pictures are.",
        ),
    )(command)


def debug(command: Command) -> Command:
    """--debug."""
    return click.option("--debug", is_flag=True, help="Show where an error comes from.")(command)
