"""Run a tracer and its baselines over a test set and score what comes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from ..arrays import Array
from ..imaging import raster
from ..imaging.pictures import binarize
from ..imaging.segmentation import pen_ink
from ..ink import Word
from . import baselines, metrics
from .report import Report, Scores
from .scripts import script_samples
from .sets import Sample, Selection, select

TraceMany: TypeAlias = Callable[[Sequence[NDArray[np.uint8]], Sequence[str]], Sequence[Word]]
"""From pictures uint8 (H, W, 3) and their true texts (for a mode that is told the text) to words in their pixels."""

More: TypeAlias = Callable[[Sample, Sequence[Array], NDArray[np.bool_]], Scores]
"""Further scores of a sample's ink; the mask bool (H, W) shows where the picture has ink."""

BATCH = 16
CONTROL_WORDS = 100
"""Controls are scored on this many of the words: enough to see that a measure can fail."""


def evaluate(
    data: str | Path,
    selection: Selection,
    trace: TraceMany,
    settings: Mapping[str, Any] | None = None,
    *,
    more: Mapping[str, baselines.Baseline] | None = None,
    also: More | None = None,
    progress: bool = False,
) -> Report:
    """`score` on words of the data folder (`sets`) that `trace` never saw; the report's settings begin with theirs.

    Raises InputError for a bad folder.
    """
    samples = (script_samples if selection.scripts else select)(data, selection, progress=progress)
    told = asdict(selection) | {"words": len(samples)} | dict(settings or {})
    return score(samples, trace, told, more=more, also=also, progress=progress)


def score(
    samples: Sequence[Sample],
    trace: TraceMany,
    settings: Mapping[str, Any] | None = None,
    *,
    more: Mapping[str, baselines.Baseline] | None = None,
    also: More | None = None,
    progress: bool = False,
) -> Report:
    """Trace and score samples, and score the baselines on them; `more` are rows beside the package's own.

    `also` scores every ink, too, and the ink as written.
    """
    others = list(_baselines(samples, more or {}, baselines.WRITTEN if also else {}))
    work = len(samples) + sum(len(chosen) for _, _, chosen in others)
    with tqdm(total=work, disable=not progress, unit="word", leave=False) as bar:
        words: list[Word] = []
        rows: dict[str, list[Scores]] = {"model": []}
        for sample, word, facts in _traced(samples, trace):
            words.append(word)
            strokes = [np.asarray(s.points, np.float64) for s in word.strokes]
            told = facts | {"fallback": float(word.origin == "skeleton")}
            scores = _scores(sample, strokes, also) | metrics.text_scores(word.text, sample.text) | told
            rows["model"].append(scores | _verdicts(scores))
            bar.update()
        for name, baseline, chosen in others:
            rows[name] = []
            for sample in chosen:
                rows[name].append(_baseline_scores(sample, baseline, also))
                bar.update()
    return Report(settings or {}, samples, words, rows)


def _verdicts(scores: Scores) -> Scores:
    """Of the model: whether a word failed (crashed, empty, looped), and whether its ink and its text are both right."""
    verdicts = {"failed": max(scores["crashed"], scores["empty"], scores.get("looped", 0.0))}
    return verdicts | ({"hard_pass": scores["ink_pass"] * scores["exact"]} if "ink_pass" in scores else {})


def _baselines(
    samples: Sequence[Sample], more: Mapping[str, baselines.Baseline], written: Mapping[str, baselines.Baseline]
) -> Iterator[tuple[str, baselines.Baseline, Sequence[Sample]]]:
    """The rows beside the model that these samples allow, each with its samples."""
    known = [s for s in samples if s.strokes is not None]
    for name, baseline in {**baselines.BASELINES, **more}.items():
        yield name, baseline, samples
    for name, baseline in {**baselines.CEILINGS, **written}.items() if known else ():
        yield name, baseline, known
    for name, baseline in baselines.CONTROLS.items() if known else ():
        yield name, baseline, known[:CONTROL_WORDS]


def _traced(samples: Sequence[Sample], trace: TraceMany) -> Iterator[tuple[Sample, Word, Scores]]:
    """Each sample with its word and {"crashed", "seconds"}. A batch that raises is tried again word by word."""
    for at in range(0, len(samples), BATCH):
        batch = samples[at : at + BATCH]
        start = time.perf_counter()
        try:
            words = list(trace([s.picture for s in batch], [s.text for s in batch]))
            crashed = [0.0] * len(batch)
        except Exception:  # whatever the tracer raises is a failure to be counted
            words, crashed = _one_by_one(batch, trace)
        seconds = (time.perf_counter() - start) / len(batch)
        for sample, word, crash in zip(batch, words, crashed, strict=True):
            yield sample, word, {"crashed": crash, "seconds": seconds}


def _one_by_one(batch: Sequence[Sample], trace: TraceMany) -> tuple[list[Word], list[float]]:
    words, crashed = [], []
    for sample in batch:
        try:
            words.append(trace([sample.picture], [sample.text])[0])
            crashed.append(0.0)
        except Exception:  # see _traced
            words.append(Word())
            crashed.append(1.0)
    return words, crashed


def _baseline_scores(sample: Sample, baseline: baselines.Baseline, also: More | None) -> Scores:
    start = time.perf_counter()
    strokes = baseline(sample)
    return {"seconds": time.perf_counter() - start} | _scores(sample, strokes, also)


def _scores(sample: Sample, strokes: Sequence[Array], also: More | None) -> Scores:
    """Everything but the text. Where no true mask is known, the picture's own threshold stands for it."""
    mask = binarize(pen_ink(sample.picture)) if sample.mask is None else sample.mask
    scores = metrics.picture_scores(strokes, mask) | {"empty": float(not strokes)}
    if sample.strokes is not None:
        scores |= metrics.ink_scores(strokes, sample.strokes, raster.pen_width(mask))
        scores["ink_pass"] = metrics.ink_passes(strokes, sample.strokes, scores)
    return scores | (also(sample, strokes, mask) if also else {})
