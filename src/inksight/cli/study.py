"""`inksight study`: ask people, as the paper did, and count what they say."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..errors import InputError
from . import options
from .failures import Failures


@click.group()
def study() -> None:
    """The human study of InkSight's paper: tracings shown blind, two questions about each, and their votes.

    \b
    Examples:
      inksight study make InkSight-Derenderings -o study.html
      inksight study score answers-*.json
    """


@study.command()
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True)
@click.option("-o", "--output", "out", metavar="FILE", required=True, help="The page, an .html.")
@click.option("--dataset", "datasets", multiple=True, metavar="NAME", help="Only this data set, e.g. HierText.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model, e.g. small-p.")
@click.option("--mode", type=click.Choice(["vanilla", "d+t", "r+d"]), help="Only this mode, as the data set calls it.")
@click.option("-n", "number", type=click.IntRange(1), help="Pictures of each data set. [all]")
@click.option("--seed", default=0, show_default=True, help="Another seed, another order.")
@click.option("--title", default="Tracings", show_default=True, help="What stands above the page.")
@options.debug
def make(
    folders: tuple[str, ...],
    out: str,
    datasets: tuple[str, ...],
    models: tuple[str, ...],
    mode: str | None,
    number: int | None,
    seed: int,
    title: str,
    debug: bool,
) -> None:
    """Write a page on which people judge tracings without knowing whose they are.

    FOLDER is laid out as `inksight derenderings` has it: pictures, the inks of any models, and what people traced. The
    page is one file that works without a network; each rater saves a file of answers from it.

    \b
    Examples:
      inksight study make InkSight-Derenderings -o study.html --dataset HierText --mode vanilla
      inksight study make mine theirs -o study.html -n 50
    """
    failures = Failures(debug)
    with failures.caught():
        from ..original.study import chosen
        from ..original.study import make as page

        examples = [e for folder in folders for e in chosen(folder, datasets, models, mode, number)]
        _save(Path(out), page(examples, seed=seed, title=title))
        click.echo(f"{len(examples)} pictures -> {out}", err=True)
    failures.exit()


@study.command()
@click.argument("files", metavar="ANSWERS...", nargs=-1, required=True)
@click.option("-o", "--output", "out", metavar="FILE", help="Also write the numbers there, as JSON.")
@options.debug
def score(files: tuple[str, ...], out: str | None, debug: bool) -> None:
    """Count the answers: votes for each model, and how far the raters agree.

    ANSWERS are the files that the raters saved, one of each.

    \b
    Examples:
      inksight study score answers-*.json
    """
    failures = Failures(debug)
    with failures.caught():
        from ..original.study import read_answers, table
        from ..original.study import score as count

        scores = count([read_answers(path) for path in files])
        click.echo(table(scores))
        if out is not None:
            _save(Path(out), json.dumps(_without_nan(scores), indent=1, ensure_ascii=False).encode())
    failures.exit()


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, Mapping):
        return {k: _without_nan(v) for k, v in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _save(target: Path, data: bytes) -> None:
    from ..formats.saving import save

    try:
        save(target, data)
    except OSError as error:
        raise InputError(f"{target}: can't be written: {error.strerror}; choose another place") from error
