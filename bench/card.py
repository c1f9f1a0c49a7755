"""Writes the scores of a model into its card, so that no number in it is typed by hand.

Takes the report.json files of `inksight evaluate -o FOLDER`, and replaces what stands in the card between lines like
`<!-- begin test -->` and `<!-- end test -->`:

    test, real   the tables
    modes        the test words in each mode, side by side
    targets      what was aimed at, and whether it was met
    failures     what the scores say is wrong with the worst 40 test words

    python -m bench.card --test test/report.json --real real/report.json --mode derender/report.json ...
    python -m bench.card --scripts scripts/report.json --card src/inksight/models/scripts-v1/README.md

The second writes one part alone, `scripts`: words of other scripts, a column for each.

The test report may be that of `python -m bench.baselines`, which has more rows; `--original` takes a report of
`python -m bench.original` on the same words or the first of them, and makes it a row as well.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from inksight.evaluate.report import table
from inksight.formats.saving import save
from inksight.options import READING
from inksight.recognition.models import DEFAULT_MODEL

CARDS = Path(__file__).parent.parent / "src/inksight/models"
WORST = 40
ORIGINAL = "original's shape"
OF_TEXT = ("cer", "cer_caseless", "exact", "hard_pass")
OF_ALL = ("crashed", "seconds")

Report = Mapping[str, Any]
Scores = Mapping[str, float | None]

TARGETS = (
    # set, measure, statistic, words, limit, whether more is better
    ("test", "ldtw", "median", "body LDTW, median, % of the ink height", 3.0, False),
    ("test", "ldtw", "p90", "body LDTW, 90th percentile", 10.0, False),
    ("test", "direction", "mean", "direction", 0.95, True),
    ("test", "pen_lift_f1", "mean", "pen-lift F1", 0.85, True),
    ("test", "stroke_count_error", "mean", "stroke-count error", 0.15, False),
    ("test", "coverage", "mean", "coverage", 0.97, True),
    ("test", "spurious", "mean", "spurious", 0.03, False),
    ("test", "cer", "mean", "CER", 0.08, False),
    ("test", "exact", "mean", "exact words", 0.75, True),
    ("test", "failed", "mean", "failures (empty, looped, crashed)", 0.005, False),
    ("test", "fallback", "mean", "fallback used", 0.02, False),
    ("real", "coverage", "mean", "coverage, real words", 0.95, True),
    ("real", "spurious", "mean", "spurious, real words", 0.05, False),
    ("real", "cer", "mean", "CER, real words", 0.15, False),
)

CAUSES: Sequence[tuple[str, Callable[[Scores], bool]]] = (
    # The first that holds is the word's cause.
    ("the model's ink was given up for the ordered skeleton's", lambda s: _of(s, "fallback") == 1),
    ("ink missing: under 95 % of the writing covered", lambda s: _of(s, "coverage") < 0.95),
    ("ink invented or astray: over 5 % off the writing", lambda s: _of(s, "spurious") > 0.05),
    (
        "strokes whole and the right way round, but in another order",
        lambda s: _of(s, "pen_lift_f1") >= 0.8 and _of(s, "direction_of_passes") >= 0.85,
    ),
    ("strokes whole, one or more of them drawn backwards", lambda s: _of(s, "pen_lift_f1") >= 0.8),
    (
        "strokes broken or joined elsewhere than the writer did, the right way round",
        lambda s: _of(s, "direction_of_passes") >= 0.85,
    ),
    ("strokes broken or joined elsewhere, and drawn backwards in part", lambda s: True),
)


def main() -> None:
    """Fill the card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--test", help="report.json of drawn test words; with --real")
    parser.add_argument("--real", help="report.json of real words")
    parser.add_argument("--mode", action="append", default=[], help="report.json of another mode; may be repeated")
    parser.add_argument("--scripts", help="report.json of words of other scripts")
    parser.add_argument("--original", help="report.json of bench.original")
    parser.add_argument("--card", default=str(CARDS / DEFAULT_MODEL / "README.md"))
    options = parser.parse_args()
    if bool(options.test) != bool(options.real) or not (options.test or options.scripts):
        parser.error("give --test and --real, or --scripts")
    try:
        parts = by_script(_read(options.scripts)) if options.scripts else {}
        if options.test:
            test, real, *modes = (_read(p) for p in (options.test, options.real, *options.mode))
            if options.original:
                test = with_row(test, ORIGINAL, _read(options.original))
            parts |= sections(test, real, modes)
        card = Path(options.card).read_text("utf-8")
        save(Path(options.card), filled(card, parts).encode())
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"bench.card: {error!r}")


def _read(path: str) -> Report:
    report: Report = json.loads(Path(path).read_text("utf-8"))
    if not {"settings", "summary", "words", "rows"} <= set(report):
        raise ValueError(f"{path}: not a report of inksight evaluate")
    return report


def filled(card: str, parts: Mapping[str, str]) -> str:
    """The card with its parts put between their marks. Raises ValueError where a mark is missing."""
    for name, text in parts.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        marked = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        found = len(marked.findall(card))
        if found != 1:
            raise ValueError(f"the card has {found} times {begin} ... {end}, not once")
        card = marked.sub(f"{begin}\n{text}\n{end}".replace("\\", r"\\"), card)
    return card


def with_row(report: Report, name: str, other: Report) -> Report:
    """The report with another's model as a further row. Raises ValueError if that isn't of the first of its words."""
    texts, others = ([w["text"] for w in r["words"]] for r in (report, other))
    if others != texts[: len(others)]:
        raise ValueError(f"the report for the row {name} is not of the same words")
    rows = {part: {"model": None, name: other[part]["model"]} | report[part] for part in ("summary", "rows")}
    return {**report, **rows}


def sections(test: Report, real: Report, modes: Sequence[Report]) -> dict[str, str]:
    """The card's parts by name."""
    return {
        "test": f"{command(test)}\n\n{whole(test)}",
        "real": f"{command(real)}\n\n{whole(real)}",
        "modes": beside([test, *modes]),
        "targets": targets({"test": test, "real": real}),
        "failures": failures(test),
    }


def by_script(report: Report) -> dict[str, str]:
    """The card's part on other scripts."""
    found = report["scripts"]
    words = {name: part["words"] for name, part in found.items()}
    columns = table({name: part["summary"] for name, part in found.items()}, words)
    flags = " --fast" if report["settings"].get("fast") else ""
    return {"scripts": f"`inksight evaluate DATA --scripts --words {max(words.values())}{flags}`\n\n{columns}"}


def command(report: Report) -> str:
    """What was run, on what."""
    said = report["settings"]
    flags = "".join(f" --{f}" for f in ("real", "clean", "fast") if said.get(f))
    flags += f" --seed {said['seed']}" if said.get("seed") else ""
    writers = len({w["writer"] for w in report["words"]})
    return f"{said['words']} words of {writers} writers: `inksight evaluate DATA --words {said['words']}{flags}`"


def whole(report: Report) -> str:
    """The table of all rows."""
    return table(report["summary"], {row: len(scores) for row, scores in report["rows"].items()})


def beside(reports: Sequence[Report]) -> str:
    """The model's row of each report, which must be of the same words."""
    if len({tuple(w["text"] for w in r["words"]) for r in reports}) != 1:
        raise ValueError("the reports of the modes are not of the same words")
    modes = {r["settings"]["mode"] + (" --fast" if r["settings"].get("fast") else ""): r for r in reports}
    summary = {mode: dict(r["summary"]["model"]) for mode, r in modes.items()}
    for mode, of_model in summary.items():  # what a mode doesn't do is no failure, and what it is told no success
        if mode == "recognize":
            summary[mode] = {m: v for m, v in of_model.items() if m in OF_TEXT + OF_ALL}
        elif mode.split()[0] not in READING:
            summary[mode] = {m: v for m, v in of_model.items() if m not in OF_TEXT}
    return table(summary, {mode: len(r["words"]) for mode, r in modes.items()})


def targets(reports: Mapping[str, Report]) -> str:
    """A table of the targets."""
    lines = ["| target | limit | reached | |", "| --- | --- | --- | --- |"]
    for name, measure, statistic, words, limit, more in TARGETS:
        value = reports[name]["summary"]["model"][measure][statistic]
        met = value > limit if more else value < limit
        lines.append(
            f"| {words} | {'over' if more else 'under'} {limit:g} | {value:.3g} | {'met' if met else '**missed**'} |"
        )
    return "\n".join(lines)


def failures(report: Report) -> str:
    """What the scores say is wrong with the worst words, most frequent cause first."""
    worst = sorted(report["rows"]["model"], key=lambda s: -_of(s, "ldtw"))[:WORST]
    causes = Counter(next(name for name, holds in CAUSES if holds(s)) for s in worst)
    lines = [f"- {count} of {len(worst)}: {name}" for name, count in causes.most_common()]
    return "\n".join([*lines, f"- (the mildest of these words has a body LDTW of {_of(worst[-1], 'ldtw'):.1f} %)"])


def _of(scores: Scores, measure: str) -> float:
    """A score that every word of known ink has."""
    value = scores[measure]
    if value is None:
        raise ValueError(f"{measure} is null; this needs words whose ink is known")
    return value


if __name__ == "__main__":
    main()
