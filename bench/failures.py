"""Draws docs/failures.png: words that the model gets wrong, over their pictures, worst first.

The words are lettered by this project in the single-line Hershey fonts (examples/make_page.py says how to install
them) and photographed by the evaluation's renderer, so the picture may be passed on; nobody wrote them. The order of a
font's strokes is not a hand's, so a word is as bad as its text is wrong and its ink and picture disagree.

    PYTHONPATH=/tmp/hershey python -m bench.failures [-o docs/failures.png]
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
from PIL import Image

from examples.make_page import Hand
from inksight import trace_many
from inksight.arrays import Mask
from inksight.evaluate import metrics
from inksight.evaluate.contact_sheet import contact_sheet
from inksight.evaluate.render import render
from inksight.evaluate.sets import Sample
from inksight.formats.saving import save
from inksight.ink import Word

TEXTS = (
    "willow", "Queen", "RIVER", "3:45", "Zurich", "jar", "extraordinarily", "f(x)", "Illinois", "why?",
    "minimum", "Tuesday", "100%", "Hh", "bookkeeping", "O'Neill", "x-ray", "puzzle", "NOTES", "2026",
)  # fmt: skip
FONTS = ("scripts", "cursive", "futural", "rowmans")
SHOWN = 12
MARGIN = 40.0


def main() -> None:
    """Draw, trace, sort, and save the worst."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-o", dest="out", default="docs/failures.png")
    parser.add_argument("--model")
    options = parser.parse_args()
    samples = drawn()
    words = trace_many([s.picture for s in samples], model=options.model)
    bad = [badness(s, w) for s, w in zip(samples, words, strict=True)]
    worst = np.argsort(bad)[::-1][:SHOWN].tolist()
    notes = [f"{samples[i].text} > {words[i].text}" + " (skeleton)" * (words[i].origin == "skeleton") for i in worst]
    picture = contact_sheet([samples[i] for i in worst], [words[i] for i in worst], [bad[i] for i in worst], notes)
    picture = _small(picture)
    save(Path(options.out), picture)
    wrong = sum(w.text != s.text for s, w in zip(samples, words, strict=True))
    print(f"{len(samples)} words, {wrong} misread; the worst {SHOWN} in {options.out}, {len(picture) / 1000:.0f} kB")


def _small(png: bytes) -> bytes:
    """The picture with a palette of colors that are close to its own, half the size."""
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).quantize(256, kmeans=3, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def drawn() -> list[Sample]:
    """Every text in every font, each photographed in its own way."""
    samples = []
    for k, (text, font) in enumerate((t, f) for t in TEXTS for f in FONTS):
        rng = np.random.default_rng(k)
        strokes = Hand(rng, font, shake=1.5).word(text, MARGIN, 2 * MARGIN)
        picture, placed, mask = render(strokes, rng)
        samples.append(Sample(picture, text, font, placed, mask))
    return samples


def badness(sample: Sample, word: Word) -> float:
    """From 0: how wrong the text is, how much of the ink is missed, and how much is invented."""
    seen = metrics.picture_scores([np.asarray(s.points, np.float64) for s in word.strokes], _mask(sample))
    return metrics.cer(word.text, sample.text) + 3 * (1 - seen["coverage"] + seen["spurious"])


def _mask(sample: Sample) -> Mask:
    assert sample.mask is not None
    return sample.mask


if __name__ == "__main__":
    main()
