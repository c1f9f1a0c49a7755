"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from ..options import (
    DEFAULT_MODE,
    DETECTORS,
    FORMATS,
    FROM_FILES,
    LANGUAGES,
    MODES,
    PRINT,
    TOLD_MODE,
    PageOptions,
    TraceChoices,
    TraceOptions,
)

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
    about = "Another model: scripts-v1 for other scripts than Latin, or a folder; see inksight models."
    return click.option("--model", metavar="FOLDER", help=about)(command)


_MODE = click.option("--mode", type=click.Choice(MODES), default=DEFAULT_MODE, show_default=True, help="What to do.")
_FAST = click.option("--fast", is_flag=True, help="Look at each word once: twice as fast, with a fifth more errors.")
_LANGUAGE = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="What is written, of a page told from its words if left out: en, fr, de, ... Reads its words better.",
)
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
    _LANGUAGE,
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


def _how(values: dict[str, Any]) -> dict[str, Any]:
    """Of a command's arguments those that TraceOptions has; `_rest` has the others."""
    return {name: value for name, value in values.items() if name in TraceChoices.__annotations__}


def _rest(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in TraceChoices.__annotations__}


def page(command: Callable[..., None]) -> Callable[..., None]:
    """--mode, --detector, ...: a command's arguments `chosen`, PageOptions, and `boxes`."""

    @wraps(command)
    def packed(detector: str | None, flatten: bool, print_: str, **values: Any) -> None:
        how = _how(values)
        finds = detector or (DETECTORS[0] if values["boxes"] is None else FROM_FILES[0])
        command(chosen=PageOptions(**how, detector=finds, flatten=flatten, print=print_), **_rest(values))

    return _PAGE(packed)


def word(command: Callable[..., None]) -> Callable[..., None]:
    """--text, --mode, --model, ...: a command's arguments `chosen`, TraceOptions, and `text`."""

    @wraps(command)
    def packed(mode: str | None, text: str | None, **values: Any) -> None:
        meant = mode or (DEFAULT_MODE if text is None else TOLD_MODE)
        if (meant == TOLD_MODE) != (text is not None):
            raise click.UsageError(f"--text and --mode {TOLD_MODE} belong together")
        command(chosen=TraceOptions(**_how(values | {"mode": meant})), text=text, **_rest(values))

    return together(
        click.option("--text", help=f"What the word says; implies --mode {TOLD_MODE}."),
        click.option("--mode", type=click.Choice(MODES), help=f"What to do. [{DEFAULT_MODE}]"),
        model,
        _FAST,
        _LANGUAGE,
    )(packed)


def trace(command: Callable[..., None]) -> Callable[..., None]:
    """--mode, --model, --fast and --language: a command's argument `chosen`, TraceOptions."""

    @wraps(command)
    def packed(**values: Any) -> None:
        command(chosen=TraceOptions(**_how(values)), **_rest(values))

    return together(_MODE, model, _FAST, _LANGUAGE)(packed)


def debug(command: Command) -> Command:
    """--debug."""
    return click.option("--debug", is_flag=True, help="Show where an error comes from.")(command)
