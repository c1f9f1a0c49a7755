"""The rows beside the model: a classical tracer, a ceiling, and controls that each measure must tell from the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from ..arrays import Array
from ..centerline import skeleton
from ..imaging.crop import Crop
from ..imaging.pictures import fit
from ..imaging.segmentation import pen_ink
from ..recognition.tokens import GRID, path_points
from ..recognition.tracer import on_the_ink
from .sets import Sample

Baseline: TypeAlias = Callable[[Sample], Sequence[Array]]
"""From a sample to strokes in pixels of its picture."""


def ordered_skeleton(sample: Sample) -> list[Array]:
    """The centreline tracer, which sees only the picture: what a model has to beat."""
    return [np.asarray(s.points, np.float64) for s in skeleton.trace(Crop.of(pen_ink(sample.picture)))]


def on_original_grid(sample: Sample) -> list[Array]:
    """The truth on the original's 224 grid with the ink filling it: as good as absolute tokens can get."""
    points = np.concatenate(_truth(sample))
    low, scale = points.min(axis=0), GRID / max(float(np.ptp(points, axis=0).max()), 1e-6)
    return [np.rint((s - low) * scale) / scale + low for s in _truth(sample)]


def in_our_code(sample: Sample) -> list[Array]:
    """The truth coded on our canvas and brought back as the tracer does it: as good as a faultless network would be."""
    crop = Crop.of(pen_ink(sample.picture))
    _, frame = fit(crop.ink, crop.bounds)
    coded = [path_points(frame.apply(s)) for s in _truth(sample)]
    return [np.asarray(s.points, np.float64) for s in on_the_ink(crop, coded, frame)]


def as_written(sample: Sample) -> list[Array]:
    """The truth: the best that a measure without it (an OCR's, a recogniser's) can be expected to give."""
    return _truth(sample)


def shuffled(sample: Sample) -> list[Array]:
    """The true strokes in random order."""
    strokes = _truth(sample)
    return [strokes[i] for i in np.random.default_rng(len(strokes)).permutation(len(strokes))]


def reversed_strokes(sample: Sample) -> list[Array]:
    """The true strokes in their order, each drawn backwards."""
    return [s[::-1] for s in _truth(sample)]


def mirrored(sample: Sample) -> list[Array]:
    """The truth mirrored left to right inside its box."""
    x = np.concatenate(_truth(sample))[:, 0]
    return [s * (-1, 1) + (x.min() + x.max(), 0) for s in _truth(sample)]


def nothing(sample: Sample) -> list[Array]:
    """No ink at all."""
    return []


def _truth(sample: Sample) -> list[Array]:
    if sample.strokes is None:
        raise ValueError("this baseline needs the true strokes, and a real picture has none")
    return sample.strokes


BASELINES: Mapping[str, Baseline] = {"skeleton": ordered_skeleton}
CEILINGS: Mapping[str, Baseline] = {"224 grid": on_original_grid, "our code": in_our_code}
WRITTEN: Mapping[str, Baseline] = {"as written": as_written}
CONTROLS: Mapping[str, Baseline] = {
    "shuffled": shuffled,
    "reversed": reversed_strokes,
    "mirrored": mirrored,
    "empty": nothing,
}
