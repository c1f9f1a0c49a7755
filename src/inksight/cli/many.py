"""How many pages are gone through: the options that convert and word share, handed to them as one `Many`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any

import click

from .options import together


@dataclass(frozen=True)
class Many:
    """The options' values. `shard` is (i, n), i from 1: every n-th page, from the i-th on."""

    recursive: bool
    overwrite: bool
    jobs: int
    shard: tuple[int, int] | None
    ray: bool


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", value)
    part, parts = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= part <= parts:
        raise click.BadParameter(f"'{value}' is not like 2/4, the second of four parts.")
    return part, parts


_OPTIONS = together(
    click.option("-r", "--recursive", is_flag=True, help="Take the folders inside of folders, too."),
    click.option("--overwrite", is_flag=True, help="Do finished pages again."),
    click.option("-j", "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes at work."),
    click.option("--shard", metavar="I/N", callback=_shard, help="Do the I-th of N parts of the pages."),
    click.option("--ray", is_flag=True, help="Spread the pages over a Ray cluster."),
)


def many(command: Callable[..., None]) -> Callable[..., None]:
    """--recursive, --overwrite, ...: a command's argument `many`."""

    @wraps(command)
    def packed(**values: Any) -> None:
        chosen = Many(**{f.name: values.pop(f.name) for f in fields(Many)})
        if chosen.ray and (chosen.jobs > 1 or chosen.shard):
            raise click.UsageError("--ray spreads the pages itself: leave out --jobs and --shard")
        command(many=chosen, **values)

    return _OPTIONS(packed)
