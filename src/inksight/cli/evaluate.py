"""`inksight evaluate`: how good the model is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ..options import SPLITS, TOLD_MODE, TraceOptions
from . import options
from .failures import Failures

if TYPE_CHECKING:
    from ..evaluate.run import More, TraceMany


@click.command()
@click.argument("data", metavar="DATA")
@click.option("--words", default=400, show_default=True, type=click.IntRange(min=1), help="How many words at most.")
@click.option("--split", type=click.Choice(SPLITS), default=SPLITS[0], show_default=True, help="Whose words.")
@click.option("--real", is_flag=True, help="Real pictures (text and coverage alone) instead of drawn ink.")
@click.option("--scripts", is_flag=True, help="Words of other scripts (--words of each), with a table by script.")
@click.option("--clean", is_flag=True, help="Draw the ink as plain lines, not as a photo.")
@click.option("--paper", is_flag=True, help="Also the paper's measures: an OCR and an online recogniser read the ink.")
@options.trace
@click.option("--seed", default=0, show_default=True, help="Another seed, other words and pictures.")
@click.option("-o", "--output", "out", metavar="FOLDER", help="Also write table.md, report.json and sheet.png there.")
@click.option(
    "--inks", metavar="FOLDER", help="Also write pictures and inks there, for `inksight derenderings` and `study`."
)
def evaluate(data: str, out: str | None, inks: str | None, paper: bool, chosen: TraceOptions, **selection: Any) -> None:
    """Measure the model, beside its baselines and controls, on words that it never saw.

    DATA is the folder with the data, described in train/README.md. The table goes to standard output.

    \b
    Examples:
      inksight evaluate data/ --words 100
      inksight evaluate data/ --real -o report/
      inksight evaluate data/ --scripts --words 40
      inksight evaluate data/ --words 100 --paper
    """
    from ..evaluate.run import evaluate as run
    from ..evaluate.sets import Selection

    failures = Failures()
    with failures.caught():
        settings = {"mode": chosen.mode, "fast": chosen.fast, "paper": paper}
        trace, also = _tracing(chosen), _paper() if paper else None
        report = run(data, Selection(**selection), trace, settings, also=also, progress=sys.stderr.isatty())
        click.echo(report.tables())
        if out is not None:
            report.save(out)
        if inks is not None:
            from ..original.inks import write_inks

            write_inks(report, inks)
    failures.exit()


def _tracing(chosen: TraceOptions) -> TraceMany:
    """The model as the evaluation calls it. Raises InputError for a bad one now: later, it would be a failed word."""
    from ..pipeline import trace_many, tracer

    tracer(chosen)
    return lambda pictures, texts: trace_many(pictures, chosen, texts=texts if chosen.mode == TOLD_MODE else None)


def _paper() -> More:
    from ..original.paper import PaperScores

    return PaperScores()
