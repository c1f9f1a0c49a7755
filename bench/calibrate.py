"""Fits a model's calibration, the numbers under "calibration" in its config.json, and shows how good they are.

1. How much the language model, letters and the decoder weigh in reading: those with the fewest wrong characters (CER,
   `reading_error`), found by going through each weight's neighbours in turn until none is better.
2. How sure a word is: logistic functions of what decoding says, for good ink (body LDTW under 6 %, known for drawn
   words alone) and for a text that is right in every character. What the tables say of a word comes from a fit to other
   writers, so that they show whether the promises come true; the numbers come from all words.

Words of validation writers, drawn as photos, and real words of held-out writers are read and traced.

    python -m bench.calibrate DATA [--words 300] [--real 150] [--model FOLDER] [--reading] [--write]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from inksight.arrays import Array
from inksight.evaluate import metrics
from inksight.evaluate.sets import Sample, real_words, rendered, unipen_words
from inksight.formats.saving import save
from inksight.imaging.crop import Crop
from inksight.imaging.segmentation import pen_ink
from inksight.ink import Stroke
from inksight.recognition import confidence
from inksight.recognition.calibration import Calibration
from inksight.recognition.models import model_folder
from inksight.recognition.predict import BATCH, Predictor
from inksight.recognition.tracer import Tracer, checked

MODE = "recognize-and-derender"
GOOD = 6.0
"""LDTW, in % of the ink height, below which ink counts as good."""
RIDGE = 1.0
"""Pulls the weights of standardised features to 0, as much as about so many words pull."""
FOLDS, BINS = 5, 5
ALLOWED = 1 / 3
"""A word whose text is wrong with a larger chance had better be looked at."""
STEP = 0.1
"""By which a weight of reading is moved."""


@dataclass(frozen=True)
class Row:
    """A word: what is known when its confidence is said, and what came true."""

    writer: str
    ink: tuple[float, ...]
    text: tuple[float, ...]
    match: float
    """How well strokes and picture agree."""
    said: float
    """The confidence that the tracer gave."""
    good: float
    """Whether the ink is good: 1, 0, or NaN where nobody knows."""
    right: float


def main() -> None:
    """Trace, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--words", type=int, default=300, help="drawn words")
    parser.add_argument("--real", type=int, default=150, help="real words")
    parser.add_argument("--model")
    parser.add_argument("--reading", action="store_true", help="fit the weights of reading, too, which takes longest")
    parser.add_argument("--write", action="store_true", help="into the model's config.json")
    options = parser.parse_args()
    samples = rendered(unipen_words(options.data, options.words, split="val"))
    samples += real_words(options.data, options.real)
    model = Predictor(options.model)
    if options.reading:
        model.engine.calibration = descend(lambda c: reading_error(model, samples, c), model.engine.calibration)
    rows = collect(samples, model)
    fitted = confidence_fitted(rows, model.engine.calibration)
    print("\n".join(report(rows)), "", json.dumps(fitted.as_config(), indent=1), sep="\n")
    if options.write:
        write(fitted, model_folder(options.model) / "config.json")


def write(fitted: Calibration, path: Path) -> None:
    """Put the numbers into a config.json."""
    config = json.loads(path.read_text("utf-8")) | {"calibration": fitted.as_config()}
    save(path, (json.dumps(config, indent=1, ensure_ascii=False) + "\n").encode())


def reading_error(model: Predictor, samples: Sequence[Sample], calibration: Calibration) -> float:
    """The objective: wrong characters in what the model reads with this calibration, by those of the truth."""
    model.engine.calibration = calibration
    words = Tracer(model).trace([Crop.of(pen_ink(s.picture)) for s in samples], mode="recognize")
    wrong = sum(metrics.edit_distance(w.text, s.text) for w, s in zip(words, samples, strict=True))
    return wrong / sum(len(s.text) for s in samples)


def descend(error: Callable[[Calibration], float], start: Calibration) -> Calibration:
    """Coordinate descent over the weights of reading: each moves by STEP while that gives fewer errors."""
    best, least = start, error(start)
    while True:
        before = least
        for name in ("language", "letter", "decoder"):
            for step in (-STEP, STEP):
                tried = replace(best, **{name: round(getattr(best, name) + step, 3)})
                if getattr(tried, name) >= 0 and (found := error(tried)) < least:
                    best, least = tried, found
        if least == before:
            return best


def confidence_fitted(rows: Sequence[Row], calibration: Calibration) -> Calibration:
    """The calibration with the weights of confidence fitted to all words."""
    drawn = [r for r in rows if not np.isnan(r.good)]
    ink = fit(np.array([r.ink for r in drawn]), np.array([r.good for r in drawn]))
    text = fit(np.array([r.text for r in rows]), np.array([r.right for r in rows]))
    short = [tuple(float(f"{w:.3g}") for w in weights.tolist()) for weights in (ink, text)]
    return replace(calibration, ink=short[0], text=short[1])


def collect(samples: Sequence[Sample], model: Predictor) -> list[Row]:
    """Trace every word once, without the ways out of a bad result."""
    rows: list[Row] = []
    for at in tqdm(range(0, len(samples), BATCH), unit="batch", delay=1):
        part = samples[at : at + BATCH]
        crops = [Crop.of(pen_ink(s.picture)) for s in part]
        for sample, crop, own in zip(part, crops, model.predict(crops, MODE, None), strict=True):
            result = checked(crop, own, MODE, model.calibration)
            ink, text = confidence.ink_features(own.found), confidence.text_features(own.found)
            right = float(result.word.text == sample.text)
            said, good = result.word.confidence, _is_good(sample, result.word.strokes)
            rows.append(Row(sample.writer, ink, text, max(0.0, result.score), said, good, right))
    return rows


def _is_good(sample: Sample, strokes: Sequence[Stroke]) -> float:
    if sample.strokes is None:
        return float("nan")
    return float(metrics.ldtw([np.asarray(s.points, np.float64) for s in strokes], sample.strokes) < GOOD)


def report(rows: Sequence[Row]) -> list[str]:
    """Tables of reliability."""
    good, right, said, match = (np.array([getattr(r, n) for r in rows]) for n in ("good", "right", "said", "match"))
    real = np.isnan(good)
    writers = sorted({r.writer for r in rows})
    folds = np.array([writers.index(r.writer) % FOLDS for r in rows])
    ink_x, text_x = np.array([r.ink for r in rows]), np.array([r.text for r in rows])
    ink = match[~real] * elsewhere(ink_x[~real], good[~real], folds[~real])
    text = elsewhere(text_x, right, folds)
    worth = (good + right)[~real] / 2
    return [
        f"{len(rows)} words, {(~real).sum()} of them drawn: ink good {good[~real].mean():.2f}; text right "
        f"{right[~real].mean():.2f}, of real words {right[real].mean():.2f}",
        *reliability("Confidence as it is (true: half for good ink, half for a right text)", said[~real], worth),
        *reliability("Confidence fitted: the geometric mean of the next two", np.sqrt(ink * text[~real]), worth),
        *reliability("Good ink, fitted", ink, good[~real]),
        *reliability("Right text, fitted", text, right),
        *reliability("Right text of real words, fitted", text[real], right[real]),
        "",
        *doubt(said, right),
    ]


def reliability(title: str, said: Array, true: Array) -> list[str]:
    """A table of words sorted by what was said, in bins of equal numbers, and how good that is as a whole."""
    bins = np.array_split(np.argsort(said, kind="stable"), BINS)
    means = [(said[b].mean(), true[b].mean(), len(b)) for b in bins if len(b)]
    gap = np.mean([abs(a - b) for a, b, _ in means])
    brier = np.mean((said - true) ** 2)
    return [
        f"\n{title}\n\n| said | true | words |\n| --- | --- | --- |",
        *(f"| {a:.2f} | {b:.2f} | {n} |" for a, b, n in means),
        f"\nmean gap {gap:.3f}, Brier score {brier:.3f}, area under ROC {area_under_roc(said, true):.3f}",
    ]


def doubt(said: Array, right: Array) -> list[str]:
    """The constant of inksight/report.py, and what it finds."""
    least = threshold(said, right)
    low = said < least
    return [
        f"DOUBTFUL = {least:.2f}",
        f"{low.mean():.0%} of the words have less, of the wrong ones {low[right == 0].mean():.0%}; wrong are "
        f"{1 - right[low].mean():.0%} of them, of the others {1 - right[~low].mean():.0%}",
    ]


def threshold(said: Array, right: Array, allowed: float = ALLOWED) -> float:
    """The confidence at which the chance that a text is wrong has come down to `allowed`.

    `said` is (n,), 0..1, and `right` (n,), 0 or 1. The chance is a logistic function of the confidence's log-odds.
    """
    odds = np.log(np.clip(said, 0.01, 0.99) / (1 - np.clip(said, 0.01, 0.99)))
    nothing, slope = fit(odds[:, None], right)
    return float(1 / (1 + np.exp((nothing - np.log((1 - allowed) / allowed)) / slope)))


def area_under_roc(said: Array, true: Array) -> float:
    """How often of two words the better one was said to be better; ties count half."""
    better = true[:, None] > true
    ahead = (said[:, None] > said) + 0.5 * (said[:, None] == said)
    return float(ahead[better].mean()) if better.any() else float("nan")


def elsewhere(x: Array, y: Array, folds: NDArray[np.intp]) -> Array:
    """What is said of each row (n,) by a fit to the other folds."""
    out = np.empty(len(y))
    for k in np.unique(folds):
        weights = fit(x[folds != k], y[folds != k])
        out[folds == k] = 1 / (1 + np.exp(-weights[0] - x[folds == k] @ weights[1:]))
    return out


def fit(x: Array, y: Array) -> Array:
    """Logistic regression of y (n,), 0 or 1, on x (n, k) by Newton's method: weights (k + 1,), of nothing first."""
    middle, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    design = np.column_stack([np.ones(len(x)), (x - middle) / spread])
    ridge = np.diag([1e-6] + [RIDGE] * x.shape[1])
    weights = np.zeros(len(ridge))
    for _ in range(25):
        p = 1 / (1 + np.exp(-design @ weights))
        curvature = design.T @ (design * (p * (1 - p))[:, None]) + ridge
        weights += np.linalg.solve(curvature, design.T @ (y - p) - ridge @ weights)
    scaled = weights[1:] / spread
    return np.concatenate([[weights[0] - scaled @ middle], scaled])


if __name__ == "__main__":
    main()
