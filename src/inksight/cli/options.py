"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from ..options import DEFAULT_MODE, DETECTORS, FORMATS, FROM_FILES, MODES, PRINT, TOLD_MODE, PageOptions, TraceOptions

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


_MODE = click.option("--mode", type=click.Choice(MODES), default=DEFAULT_MODE, show_default=True, help="What to do.")
_FAST = click.option("--fast", is_flag=True, help="Look at each word once: twice as fast, with a fifth more errors.")
_PAGE = together(
    _MODE,
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
    model,
    _FAST,
    click.option(
        "--print",
        "print_",
        type=click.Choice(PRINT),
        default=PRINT[0],
        show_default=True,
        help="What becomes of print: its text alone, strokes as well, or nothing.",
    ),
    click.option("--flatten", is_flag=True, help="The ink as on the flat sheet, with that for the photo under it."),
)


def page(command: Callable[..., None]) -> Callable[..., None]:
    """--mode, --detector, ...: a command's arguments `chosen`, PageOptions, and `boxes`."""

    @wraps(command)
    def packed(
        mode: str, detector: str | None, model: str | None, fast: bool, flatten: bool, print_: str, **values: Any
    ) -> None:
        finds = detector or (DETECTORS[0] if values["boxes"] is None else FROM_FILES[0])
        command(chosen=PageOptions(mode, model, fast, finds, flatten, print_), **values)

    return _PAGE(packed)


def word(command: Callable[..., None]) -> Callable[..., None]:
    """--text, --mode, --model and --fast: a command's arguments `chosen`, TraceOptions, and `text`."""

    @wraps(command)
    def packed(mode: str | None, model: str | None, fast: bool, text: str | None, **values: Any) -> None:
        meant = mode or (DEFAULT_MODE if text is None else TOLD_MODE)
        if (meant == TOLD_MODE) != (text is not None):
            raise click.UsageError(f"--text and --mode {TOLD_MODE} belong together")
        command(chosen=TraceOptions(meant, model, fast), text=text, **values)

    return together(
        click.option("--text", help=f"What the word says; implies --mode {TOLD_MODE}."),
        click.option("--mode", type=click.Choice(MODES), help=f"What to do. [{DEFAULT_MODE}]"),
        model,
        _FAST,
    )(packed)


def trace(command: Callable[..., None]) -> Callable[..., None]:
    """--mode, --model and --fast: a command's argument `chosen`, TraceOptions."""

    @wraps(command)
    def packed(mode: str, model: str | None, fast: bool, **values: Any) -> None:
        command(chosen=TraceOptions(mode, model, fast), **values)

    return together(_MODE, model, _FAST)(packed)


def debug(command: Command) -> Command:
    """--debug."""
    return click.option("--debug", is_flag=True, help="Show where an error comes from.")(command)
