"""What goes wrong, one line each on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from ..errors import InputError

BAD_INPUT = 2
"""Exit code when any input was bad, as for wrong options."""


class Failures:
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
