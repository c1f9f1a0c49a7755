"""Options that several commands share, and the names they choose from (repeated here to load nothing heavy)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

FORMATS = ("apng", "excalidraw", "gif", "inkml", "json", "mp4", "png", "rm", "rmdoc", "svg", "webp", "xopp")
MODES = ("derender", "derender-with-text", "recognize-and-derender", "recognize")
DETECTORS = ("rapidocr", "none")
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
    return click.option("--model", metavar="FOLDER", help="Another model than the one that comes with inksight.")(
        command
    )


def debug(command: Command) -> Command:
    """--debug."""
    return click.option("--debug", is_flag=True, help="Show where an error comes from.")(command)
