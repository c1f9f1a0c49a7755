"""Does the ink read like the picture? RapidOCR reads real words, and the same words drawn anew from their strokes.

    python -m bench.rereading DATA [--words 120] [--model FOLDER] [--fast]

The words are those of held-out writers. What the reader loses from one row to the next was lost in that step: seeing
the ink, tracing it, or giving it the widths of the pen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from PIL import Image

from inksight.arrays import Map, Pixels
from inksight.centerline import skeleton
from inksight.evaluate import metrics
from inksight.evaluate.sets import Sample, real_words
from inksight.formats import png
from inksight.formats.style import Style
from inksight.imaging.appearance import measured
from inksight.imaging.crop import Crop
from inksight.imaging.segmentation import pen_ink
from inksight.ink import Line, Page, Stroke, Word
from inksight.layout.rapidocr import shared
from inksight.recognition.predict import Predictor
from inksight.recognition.tracer import Tracer

BLACK = Style(color="#000000", background="none")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--words", type=int, default=120)
    parser.add_argument("--model")
    parser.add_argument("--fast", action="store_true")
    options = parser.parse_args()
    samples = real_words(options.data, options.words, seed=1)
    print("| what is read | CER | exact |\n| --- | --- | --- |")
    for name, pictures in ways(samples, Tracer(Predictor(options.model, fast=options.fast))).items():
        read = [text for text, _ in shared().read(pictures)]
        error = np.mean([metrics.cer(text, s.text) for text, s in zip(read, samples, strict=True)])
        exact = np.mean([text == s.text for text, s in zip(read, samples, strict=True)])
        print(f"| {name} | {error:.3f} | {exact:.3f} |")


def ways(samples: Sequence[Sample], model: Tracer) -> dict[str, list[Pixels]]:
    """The words as they were photographed, as they are seen, and as they are drawn from strokes."""
    inks = [pen_ink(s.picture) for s in samples]
    crops = [Crop.of(ink) for ink in inks]
    ours = model.trace(crops)
    classical = [Word(tuple(skeleton.trace(crop))) for crop in crops]
    own, others = (
        [measured(word, s.picture, ink) for word, s, ink in zip(words, samples, inks, strict=True)]
        for words in (ours, classical)
    )
    shown = partial(_drawn, samples=samples)
    return {
        "the picture": [s.picture for s in samples],
        "the ink map": [_as_picture(ink) for ink in inks],
        "our strokes in their widths": shown(own),
        "our strokes in one width": shown([_even(word) for word in own]),
        "the skeleton's strokes": shown(others),
    }


def _as_picture(ink: Map) -> Pixels:
    grey = np.rint(255 * (1 - ink)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _even(word: Word) -> Word:
    """The word in a pen of one width, its usual one."""
    width = float(np.median([float(np.mean(s.width)) for s in word.strokes if s.width is not None] or [1.0]))
    return replace(word, strokes=tuple(Stroke(s.points, width) for s in word.strokes))


def _drawn(words: Sequence[Word], samples: Sequence[Sample]) -> list[Pixels]:
    """The words in black on white, each in its picture's size."""
    sizes = [s.picture.shape for s in samples]
    pages = [Page(width, height, (Line((word,)),)) for word, (height, width, _) in zip(words, sizes, strict=True)]
    inks = [png.draw(page, BLACK) for page in pages]
    papers = [Image.new("RGBA", ink.size, "white") for ink in inks]
    return [np.asarray(Image.alpha_composite(p, i).convert("RGB")) for p, i in zip(papers, inks, strict=True)]


if __name__ == "__main__":
    main()
