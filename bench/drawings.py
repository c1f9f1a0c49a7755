"""Boxes, arrows, circles and underlines as the tracer and as the ordered skeleton draw them, against true strokes.

    python -m bench.drawings [--drawings 100] [--model FOLDER] [--fast]

Drawn by the scenes' own generator, with other random numbers than training's, as photos by the evaluation's renderer.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from inksight.arrays import Array
from inksight.centerline import skeleton
from inksight.evaluate import metrics
from inksight.evaluate.render import render
from inksight.imaging.crop import Crop
from inksight.imaging.raster import pen_width
from inksight.imaging.segmentation import pen_ink
from inksight.ink import Stroke
from inksight.recognition.predict import Predictor
from inksight.recognition.tracer import Tracer
from train.scripts import drawing

SEED = 4711
SHOWN = {
    "ldtw": "body LDTW, %", "direction": "direction", "pen_lift_f1": "pen-lift F1",
    "stroke_count_error": "stroke-count error", "coverage": "coverage", "passes": "pass, strict",
}  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--drawings", type=int, default=100)
    parser.add_argument("--model")
    parser.add_argument("--fast", action="store_true")
    options = parser.parse_args()
    photos = [_photo(k) for k in range(options.drawings)]
    crops = [Crop.of(pen_ink(picture)) for picture, _, _ in photos]
    model = Tracer(Predictor(options.model, fast=options.fast))
    found = {
        "tracer": [w.strokes for w in model.trace(crops, mode="derender")],
        "skeleton": [skeleton.trace(crop) for crop in crops],
    }
    print(f"| {options.drawings} drawings | " + " | ".join(SHOWN.values()) + " |\n|" + " --- |" * (len(SHOWN) + 1))
    for name, drawn in found.items():
        scores = [_scores(d, truth, mask) for d, (_, truth, mask) in zip(drawn, photos, strict=True)]
        means = {key: np.mean([s[key] for s in scores]) for key in SHOWN if key != "ldtw"}
        ldtw = " / ".join(f"{v:.2f}" for v in np.percentile([s["ldtw"] for s in scores], (50, 90)))
        print(f"| {name} | {ldtw} | " + " | ".join(f"{v:.3f}" for v in means.values()) + " |")


def _photo(number: int) -> tuple[np.ndarray, list[Array], np.ndarray]:
    """A drawing's picture, its strokes in pixels of that, and its mask."""
    rng = np.random.default_rng((SEED, number))
    while (made := drawing(rng)) is None:
        pass
    return render(made[1].strokes(), rng)


def _scores(strokes: Sequence[Stroke], truth: list[Array], mask: np.ndarray) -> dict[str, float]:
    drawn = [np.asarray(s.points, np.float64) for s in strokes]
    scores = metrics.ink_scores(drawn, truth, pen_width(mask)) | metrics.picture_scores(drawn, mask)
    return scores | {"passes": metrics.ink_passes(drawn, truth, scores)}


if __name__ == "__main__":
    main()
