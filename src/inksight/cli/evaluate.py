"""`inksight evaluate`: how good the model is."""

from __future__ import annotations

import sys
from typing import Any

import click

from . import options
from .failures import Failures


@click.command()
@click.argument("data", metavar="DATA")
@click.option("--words", default=400, show_default=True, type=click.IntRange(min=1), help="How many words at most.")
@click.option(
    "--split", type=click.Choice(options.SPLITS), default=options.SPLITS[0], show_default=True, help="Whose words."
)
@click.option("--real", is_flag=True, help="Real pictures (text and coverage alone) instead of drawn ink.")
@click.option("--clean", is_flag=True, help="Draw the ink as plain lines, not as a photo.")
@click.option("--paper", is_flag=True, help="Also the paper's measures: an OCR and an online recogniser read the ink.")
@click.option(
    "--mode", type=click.Choice(options.MODES), default=options.DEFAULT_MODE, show_default=True, help="What to do."
)
@options.model
@options.fast
@click.option("--seed", default=0, show_default=True, help="Another seed, other words and pictures.")
@click.option("-o", "--output", "out", metavar="FOLDER", help="Also write table.md, report.json and sheet.png there.")
@click.option(
    "--inks", metavar="FOLDER", help="Also write pictures and inks there, for `inksight derenderings` and `study`."
)
def evaluate(data: str, out: str | None, inks: str | None, **settings: Any) -> None:
    """Measure the model, beside its peers and controls, on words that it never saw.

    DATA is the folder with the data, described in train/README.md. The table goes to standard output.

    \b
    Examples:
      inksight evaluate data/ --words 100
      inksight evaluate data/ --real -o report/
      inksight evaluate data/ --words 100 --paper
    """
    from ..evaluate.run import evaluate as run

    failures = Failures()
    with failures.caught():
        report = run(data, progress=sys.stderr.isatty(), **settings)
        click.echo(report.table())
        if out is not None:
            report.save(out)
        if inks is not None:
            from ..original.inks import write_inks

            write_inks(report, inks)
    failures.exit()
