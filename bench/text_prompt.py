"""Which text helps the tracer: the detector's reading, the model's own, the true one, or none?

Words of validation writers are drawn as photos and read by RapidOCR and by the model; then each is traced in every way
of `WAYS`. The table gives the error of the text and of the ink for each way, over all words and over those that the
detector read right or wrong; below it, the choices by confidence that pipeline.py could make.

    python -m bench.text_prompt DATA [--words 150] [--real]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inksight.evaluate import metrics
from inksight.evaluate.sets import Sample, real_words, rendered, unipen_words
from inksight.imaging.crop import Crop
from inksight.imaging.segmentation import pen_ink
from inksight.ink import Word
from inksight.layout.rapidocr import shared
from inksight.recognition.predict import Predictor
from inksight.recognition.tracer import Tracer


@dataclass(frozen=True)
class Row:
    """A word: what the detector and the model read, how surely, and the LDTW of the ink of each way (NaN: unknown)."""

    truth: str
    found: str
    found_sure: float
    own: str
    own_sure: float
    ldtw: dict[str, float]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--words", type=int, default=150)
    parser.add_argument("--real", action="store_true", help="real pictures, whose strokes nobody knows: text alone")
    options = parser.parse_args()
    if options.real:
        samples = real_words(options.data, options.words)
    else:
        samples = rendered(unipen_words(options.data, options.words, split="val"))
    rows = measure(samples, Tracer(Predictor()))
    print(f"{len(rows)} words\n")
    print("\n".join(ways(rows)), end="\n\n")
    print("\n".join(choices(rows)))


def measure(samples: Sequence[Sample], model: Tracer) -> list[Row]:
    """Read and trace every word in every way."""
    crops = [Crop.of(pen_ink(s.picture)) for s in samples]
    found = shared().read([s.picture for s in samples])
    own = model.trace(crops, mode="recognize")
    texts = {
        "neither": ("derender", None),
        "own reading": ("recognize-and-derender", None),
        "detector's": ("derender-with-text", [text or None for text, _ in found]),
        "the truth": ("derender-with-text", [s.text for s in samples]),
    }
    traced = {name: model.trace(crops, mode=mode, texts=given) for name, (mode, given) in texts.items()}
    return [
        Row(s.text, *found[i], own[i].text, own[i].confidence, {name: _ldtw(s, w[i]) for name, w in traced.items()})
        for i, s in enumerate(samples)
    ]


def _ldtw(sample: Sample, word: Word) -> float:
    if sample.strokes is None:
        return float("nan")
    return metrics.ldtw([np.asarray(s.points, np.float64) for s in word.strokes], sample.strokes)


def cer(text: str, truth: str) -> float:
    """The share of wrong characters of one word."""
    return metrics.text_scores(text, truth)["cer"]


def ways(rows: Sequence[Row]) -> list[str]:
    """A table of the ways to trace."""
    right = np.array([r.found == r.truth for r in rows])
    groups = {"all": np.full(len(rows), True), "detector right": right, "detector wrong": ~right}
    lines = ["| LDTW, median (mean) | " + " | ".join(f"{n} ({m.sum()})" for n, m in groups.items()) + " |"]
    lines.append("| --- |" + " --- |" * len(groups))
    for name in rows[0].ldtw:
        values = np.array([r.ldtw[name] for r in rows])
        cells = [f"{np.median(values[m]):.2f} ({values[m].mean():.2f})" if m.any() else "" for m in groups.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def choices(rows: Sequence[Row]) -> list[str]:
    """A table of rules for the text: whose it is, and how wrong."""
    rules: dict[str, Callable[[Row], bool]] = {"always the model's": lambda r: False, "always the detector's": bool}
    for least in (0.5, 0.7, 0.8, 0.9, 0.95):
        rules[f"detector's from {least}"] = lambda r, least=least: r.found_sure >= least
    for more in (-0.2, 0.0, 0.2, 0.3, 0.4):
        rules[f"detector's if surer by {more}"] = lambda r, more=more: r.found_sure > r.own_sure + more
    for below in (0.3, 0.5, 0.7, 0.9):
        rules[f"detector's from 0.8 if own below {below}"] = lambda r, below=below: (
            r.found_sure >= 0.8 and r.own_sure < below
        )
    lines = ["| text | CER | words right | LDTW median (mean) | detector's share |", "| --- | --- | --- | --- | --- |"]
    for name, rule in rules.items():
        taken = [bool(r.found) and rule(r) for r in rows]
        texts = [r.found if t else r.own for r, t in zip(rows, taken, strict=True)]
        wrong = np.mean([cer(text, r.truth) for text, r in zip(texts, rows, strict=True)])
        right = np.mean([text == r.truth for text, r in zip(texts, rows, strict=True)])
        ink = [r.ldtw["detector's" if t else "own reading"] for r, t in zip(rows, taken, strict=True)]
        lines.append(
            f"| {name} | {wrong:.3f} | {right:.3f} | {np.median(ink):.2f} ({np.mean(ink):.2f}) | {np.mean(taken):.2f} |"
        )
    best = np.mean([min(cer(r.found, r.truth), cer(r.own, r.truth)) for r in rows])
    lines.append(f"| the better of both, as the truth says | {best:.3f} | | | |")
    return lines


if __name__ == "__main__":
    main()
