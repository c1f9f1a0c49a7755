"""What goes wrong: one line each on standard error, at the end, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..errors import InputError

BAD_INPUT, SOME_FAILED = 2, 1
"""Exit codes when nothing went well, as for wrong options, and when something did."""


class Failures:
    """Collects what goes wrong, or raises it where `debug` asks for that."""

    def __init__(self, debug: bool = False) -> None:
        self.debug = debug
        self.lines: list[str] = []

    def report(self, error: InputError) -> None:
        if self.debug:
            raise error
        self.lines.append(str(error))

    @contextmanager
    def caught(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            self.report(error)

    def exit(self, done: int = 0, total: int = 1) -> None:
        """Where anything went wrong, tell it and leave; `done` of `total` pages went well."""
        for line in self.lines:
            click.echo(f"inksight: {line}", err=True)
        if self.lines and total > 1:
            click.echo(f"inksight: {done} of {total} pages converted", err=True)
        if self.lines:
            sys.exit(SOME_FAILED if done else BAD_INPUT)
