"""The table of `inksight evaluate` with other people's tracers in it, which the package itself doesn't need.

As these tools give their lines in no order, each line is turned to run rightwards and all are sorted from left to
right, which is the least that anybody would do. They see the same mask of the ink as the package's own skeleton.
bench/requirements.txt says what they need.

    python -m bench.baselines DATA [--words 150] [--real] [--clean] [-o FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType

import numpy as np

from inksight import trace_many
from inksight.arrays import Array, Mask
from inksight.errors import InputError
from inksight.evaluate.baselines import Baseline
from inksight.evaluate.run import evaluate
from inksight.evaluate.sets import Sample, Selection
from inksight.imaging.pictures import binarize
from inksight.imaging.segmentation import pen_ink
from inksight.options import TraceOptions
from inksight.pipeline import tracer

HALF = 0.5
"""From a pixel's number to its centre."""
FINE = np.linspace(0, 1, 9)
"""Where a cubic is sampled."""


def sknw_edges(sample: Sample) -> list[Array]:
    """scikit-image's skeleton, as the edges of its graph."""
    skeletonize = _load("skimage.morphology").skeletonize
    bones = skeletonize(_mask(sample)).astype(np.uint16)
    graph = _load("sknw").build_sknw(bones, multi=True, iso=True, ring=True, full=True)
    lines = [edge["pts"] for _, _, edge in graph.edges(data=True)]
    lines += [graph.nodes[n]["o"][None] for n in graph.nodes if not graph.degree(n)]
    return left_to_right(np.asarray(line, np.float64)[:, ::-1] + HALF for line in lines)


def autotrace_centreline(sample: Sample) -> list[Array]:
    """The centreline mode of autotrace, which Inkscape's extensions use, too."""
    autotrace = _load("autotrace")
    mask = _mask(sample)
    picture = np.repeat(np.where(mask, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    vector = autotrace.Bitmap(picture).trace(centerline=True, background_color=(255, 255, 255))
    lines = [np.concatenate([_points(spline) for spline in path.splines]) for path in vector.paths]
    return left_to_right(line * (1, -1) + (HALF, len(mask) - HALF) for line in lines)


def _points(spline: object) -> Array:
    """A piece of autotrace: a straight line between its outer points, or a cubic, sampled."""
    a, b, c, d = (np.array([p.x, p.y]) for p in spline.points)  # type: ignore[attr-defined]
    if spline.degree.name == "LINEAR":  # type: ignore[attr-defined]
        return np.array([a, d])
    t = FINE[:, None]
    return np.asarray((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)


def left_to_right(lines: Iterable[Array]) -> list[Array]:
    """The lines, each running rightwards, sorted by their left ends."""
    turned = [line if line[0, 0] <= line[-1, 0] else line[::-1] for line in lines]
    return sorted(turned, key=lambda line: float(line[:, 0].min()))


def _mask(sample: Sample) -> Mask:
    return binarize(pen_ink(sample.picture))


def _load(module: str) -> ModuleType:
    """The module. Raises InputError that says how to get it."""
    try:
        return import_module(module)
    except ImportError as error:
        missing = module.partition(".")[0]
        raise InputError(f"{missing} is not installed: pip install -r bench/requirements.txt") from error


BASELINES: Mapping[str, Baseline] = {"sknw edges": sknw_edges, "autotrace": autotrace_centreline}


def main() -> None:
    """Evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--words", type=int, default=150)
    parser.add_argument("--model")
    parser.add_argument("--real", action="store_true", help="real pictures")
    parser.add_argument("--clean", action="store_true", help="plain lines, not photos")
    parser.add_argument("-o", dest="out", metavar="FOLDER", help="also write the report there")
    options = parser.parse_args()
    selection = Selection(options.words, real=options.real, clean=options.clean)
    try:
        for module in ("skimage.morphology", "sknw", "autotrace"):
            _load(module)  # now: later would be a row lost after minutes
        tracer(TraceOptions(model=options.model))  # a bad model is told now
        report = evaluate(
            options.data,
            selection,
            lambda pictures, texts: trace_many(pictures, model=options.model),
            more=BASELINES,
            progress=sys.stderr.isatty(),
        )
        print(report.table())
        if options.out is not None:
            report.save(options.out)
    except InputError as error:
        sys.exit(f"bench.baselines: {error}")


if __name__ == "__main__":
    main()
