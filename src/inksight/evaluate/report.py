"""What an evaluation found: as a table, as JSON, and drawn."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ..errors import InputError
from ..formats.saving import save
from ..ink import Word
from .contact_sheet import contact_sheet
from .sets import Sample

Scores: TypeAlias = dict[str, float]
"""Of one word: measure -> value; NaN where the measure does not apply."""

Summary: TypeAlias = Mapping[str, Mapping[str, Mapping[str, float]]]
"""row -> measure -> statistic ("median", "mean", "p90", "n") -> value"""

# What the table shows: measure, statistic, heading.
_TABLE = (
    ("ldtw", "median", "body LDTW, % of ink height, median"),
    ("ldtw", "mean", "body LDTW, mean"),
    ("ldtw", "p90", "body LDTW, 90th percentile"),
    ("direction", "mean", "direction (nearest sample)"),
    ("direction_of_passes", "mean", "direction (any pass)"),
    ("pen_lift_f1", "mean", "pen-lift F1"),
    ("stroke_count_error", "mean", "stroke-count error"),
    ("order_tau", "mean", "order tau"),
    ("mark_f1", "mean", "mark F1"),
    ("retrace_recall", "mean", "retrace recall"),
    ("chamfer_missed", "mean", "chamfer truth to ink, %"),
    ("chamfer_added", "mean", "chamfer ink to truth, %"),
    ("coverage", "mean", "coverage"),
    ("spurious", "mean", "spurious"),
    ("aiou", "mean", "AIoU"),
    ("air_travel", "mean", "air travel"),
    ("backward_jumps", "mean", "backward jumps"),
    ("char_f1", "mean", "character F1, picture to ink"),
    ("online_cer", "mean", "CER of the ink's reader"),
    ("online_exact", "mean", "exact words of the ink's reader"),
    ("cer", "mean", "CER"),
    ("cer_caseless", "mean", "CER, case ignored"),
    ("exact", "mean", "exact words"),
    ("ink_pass", "mean", "hard pass, ink"),
    ("hard_pass", "mean", "hard pass, ink and text"),
    ("crashed", "mean", "crashed"),
    ("empty", "mean", "empty"),
    ("looped", "mean", "looped"),
    ("failed", "mean", "failed: any of these"),
    ("fallback", "mean", "fallback used"),
    ("seconds", "mean", "seconds a word"),
)


@dataclass(frozen=True)
class Report:
    """Per row ("model", "skeleton", ...) the scores of each word, in the order of the samples; the model's words."""

    settings: Mapping[str, Any]
    samples: Sequence[Sample] = field(repr=False)
    words: Sequence[Word] = field(repr=False)
    rows: Mapping[str, Sequence[Scores]] = field(repr=False)

    def summary(self) -> dict[str, dict[str, dict[str, float]]]:
        """row -> measure -> {"median", "mean", "p90", "n"} over the words that the measure applies to."""
        return {row: _summarise(scores) for row, scores in self.rows.items()}

    def table(self) -> str:
        """A Markdown table: measures down, rows across."""
        return table(self.summary(), {row: len(scores) for row, scores in self.rows.items()})

    def _scripts(self) -> dict[str, list[Scores]]:
        """The model's scores of the samples of each script; of none if no sample names one."""
        parts: dict[str, list[Scores]] = {}
        for sample, scores in zip(self.samples, self.rows["model"], strict=True):
            if sample.script:
                parts.setdefault(sample.script, []).append(scores)
        return parts

    def by_script(self) -> str:
        """The model's scores as such a table, a column for each script; "" if no sample names one."""
        parts = self._scripts()
        summary = {script: _summarise(scores) for script, scores in parts.items()}
        return table(summary, {script: len(scores) for script, scores in parts.items()}) if parts else ""

    def tables(self) -> str:
        """All rows, and then the model's by script, if there are several."""
        return "\n\n".join(filter(None, (self.table(), self.by_script())))

    def to_json(self) -> dict[str, Any]:
        """Settings, summary, that of each script with the number of its words, and each word's scores; what doesn't
        apply is null."""
        said = [
            {"text": s.text, "writer": s.writer, "read": w.text, "origin": w.origin, "confidence": w.confidence}
            for s, w in zip(self.samples, self.words, strict=True)
        ]
        rows = {row: [_without_nan(s) for s in scores] for row, scores in self.rows.items()}
        scripts = {name: {"words": len(own), "summary": _summarise(own)} for name, own in self._scripts().items()}
        facts = {"settings": dict(self.settings), "summary": self.summary(), "scripts": scripts}
        return {**facts, "words": said, "rows": rows}

    def save(self, folder: str | Path) -> None:
        """Write report.json, table.md and sheet.png into a folder, which is made if need be.

        Raises InputError when the folder can't be written to.
        """
        out = Path(folder)
        try:
            out.mkdir(exist_ok=True)
            save(out / "table.md", (self.tables() + "\n").encode())
            save(out / "report.json", json.dumps(self.to_json(), ensure_ascii=False, indent=1).encode())
            save(out / "sheet.png", contact_sheet(self.samples, self.words, self._badness(), self._captions()))
        except OSError as error:
            raise InputError(
                f"{out}: can't write the report there ({error.strerror}); choose another folder"
            ) from error

    def _badness(self) -> list[float]:
        """LDTW where the truth is known, else how much ink is missed or invented, in %."""
        return [s.get("ldtw", 100 * (1 - s["coverage"] + s["spurious"])) for s in self.rows["model"]]

    def _captions(self) -> list[str]:
        usual = self.settings.get("mode")
        pairs = zip(self._badness(), self.samples, self.words, strict=True)
        return [
            f"{bad:.1f}  {s.text} > {w.text}" + (f" ({w.origin})" if w.origin not in ("", usual) else "")
            for bad, s, w in pairs
        ]


def table(summary: Summary, words: Mapping[str, int]) -> str:
    """A summary as a Markdown table, measures down, rows across; `words` says how many words each row has."""
    cells = [["", *summary], ["words", *(str(words[row]) for row in summary)]]
    for measure, statistic, heading in _TABLE:
        values = [summary[row].get(measure, {}).get(statistic) for row in summary]
        if any(v is not None for v in values):
            cells.append([heading, *("" if v is None else f"{v:.3g}" for v in values)])
    widths = [max(len(line[k]) for line in cells) for k in range(len(cells[0]))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (w + 2) for w in widths) + "|")
    return "\n".join(lines)


def _summarise(scores: Sequence[Scores]) -> dict[str, dict[str, float]]:
    out = {}
    for measure in sorted({m for s in scores for m in s}):
        values = np.array([s[measure] for s in scores if not math.isnan(s.get(measure, math.nan))])
        if len(values):
            median, p90 = np.percentile(values, (50, 90)).tolist()
            out[measure] = {"median": median, "mean": float(values.mean()), "p90": p90, "n": len(values)}
    return out


def _without_nan(scores: Scores) -> dict[str, float | None]:
    return {k: None if math.isnan(v) else round(v, 5) for k, v in scores.items()}
