"""Ink, ruling and print of the scenes, found within one pixel.

    python -m bench.segmentation.measure DATA [-n 500] [--segmenter WHICH ...] [--cache FOLDER] [--write]

WHICH is module:function, or the folder of a network's model. Without it the rules alone are measured. --write puts
the table into bench/results/segmentation.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inksight.arrays import Map, Mask

from .draft import Scene
from .scenes import GROUPS, KINDS, scenes
from .segmenters import RULES, Segmenter, load

RESULTS = Path(__file__).parents[1] / "results" / "segmentation.md"
SCENES = 500
SEEN = 0.4
"""Pixels covered by at least so much belong to the truth: a line of 0.8 px between two rows covers each so far."""
FOUND = 0.5
CLASSES = ("ink", "ruling", "print")


@dataclass(frozen=True)
class Score:
    """One scene. `f1` by class where the scene has it, `false` the share of the picture wrongly taken for a class that
    the scene has none of; `exact` is the ink's F1 without tolerance, `area` the found ink's area by the true one's."""

    kind: str
    f1: Mapping[str, float] = field(default_factory=dict)
    false: Mapping[str, float] = field(default_factory=dict)
    exact: float = np.nan
    area: float = np.nan
    seconds: float = 0.0


def score(scene: Scene, segmenter: Segmenter) -> Score:
    """What a segmenter makes of a scene. What lies under ink counts neither as found nor as missed."""
    start = time.process_time()
    maps = segmenter(scene.rgb)
    seconds = time.process_time() - start
    ink = scene.ink >= SEEN
    truths = {"ink": ink, "ruling": (scene.ruling >= SEEN) & ~ink, "print": (scene.printed >= SEEN) & ~ink}
    f1, false, exact, area = {}, {}, np.nan, np.nan
    for name in CLASSES:
        found_map = maps.get(name)
        if found_map is None:
            continue
        found, truth = found_map >= FOUND, truths[name]
        if name != "ink":
            found &= ~ink
        if not truth.any():
            false[name] = float(found.mean())
            continue
        f1[name] = f_score(found, truth, near(found), near(truth))
        if name == "ink":
            exact, area = f_score(found, truth, found, truth), float(found.sum() / truth.sum())
    return Score(scene.kind, f1, false, exact, area, seconds)


def f_score(found: Mask, truth: Mask, near_found: Mask, near_truth: Mask) -> float:
    """F1 of the found pixels near the truth and of the true ones near what was found; 0 where nothing was found."""
    if not found.any():
        return 0.0
    precision, recall = near_truth[found].mean(), near_found[truth].mean()
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def near(mask: Mask) -> Mask:
    """The pixels that are in the mask or touch one that is."""
    out = mask.copy()
    out[1:] |= mask[:-1]
    out[:-1] |= mask[1:]
    sideways = out.copy()
    out[:, 1:] |= sideways[:, :-1]
    out[:, :-1] |= sideways[:, 1:]
    return out


# --- scenes kept ------------------------------------------------------------------------------------------------------


def kept(data: Path, count: int, cache: Path | None) -> Iterator[Scene]:
    """The first scenes, from the folder `cache` where they lie there already, else made and laid there."""
    if cache is None:
        yield from scenes(data, range(count))
        return
    cache.mkdir(parents=True, exist_ok=True)
    missing = [k for k in range(count) if not (cache / f"{k:03d}.npz").exists()]
    made = scenes(data, missing) if missing else iter(())
    for k in range(count):
        if k in missing:
            scene = next(made)
            _keep(scene, cache / f"{k:03d}.npz")
            yield scene
        else:
            yield _read(cache / f"{k:03d}.npz")


def _keep(scene: Scene, path: Path) -> None:
    covers = [np.rint(255 * m).astype(np.uint8) for m in (scene.ink, scene.ruling, scene.printed)]
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, rgb=scene.rgb, covers=covers, kind=scene.kind)
    part.rename(path)


def _read(path: Path) -> Scene:
    with np.load(path) as arrays:
        covers: list[Map] = list(arrays["covers"].astype(np.float32) / np.float32(255))
        return Scene(str(arrays["kind"]), arrays["rgb"], *covers)


# --- the table --------------------------------------------------------------------------------------------------------

METHOD = """# Ink, ruling and print told apart

{count} scenes of {kinds} kinds by a generator that training never uses (bench/segmentation), made by
`python -m bench.segmentation.measure DATA`. F1: of the pixels found, the share within a pixel of the truth, and the
reverse; means over the scenes that have any. Exact: without the pixel. Area: of the ink found by that of the true ink
(geometric mean). False: per mille of the picture taken for ink where there is none. CPU: processor seconds a scene.
Aimed at: ink above .95 on paper, .85 on all, .70 carved; ruling and print above .85.
"""


def table(names: Sequence[str], runs: Sequence[Sequence[Score]]) -> str:
    """Markdown: a row for each group and kind, in each column the segmenters side by side."""
    many = len(names) > 1
    columns = [
        "ink F1",
        "exact",
        "area",
        "ruling F1",
        "print F1",
        "false ink, ‰",
        "false ruling, ‰",
        "false print, ‰",
        "CPU, s",
    ]
    text = METHOD.format(count=len(runs[0]), kinds=len({s.kind for s in runs[0]}))
    text += "\nEach cell: " + " → ".join(f"`{Path(n).name}`" for n in names) + "\n\n" if many else f"\n`{names[0]}`\n\n"
    text += f"| scenes | | {' | '.join(columns)} |\n| --- | ---: |{' ---: |' * len(columns)}\n"
    everything = [kind for kinds in GROUPS.values() for kind in kinds]
    rows = [("**all**", everything), *((f"**{g}**", k) for g, k in GROUPS.items()), *((k, [k]) for k in everything)]
    for name, kinds in rows:
        parts = [[s for s in run if s.kind in kinds] for run in runs]
        if parts[0]:
            text += f"| {name} | {len(parts[0])} | {' | '.join(_cells(parts))} |\n"
    return text


def _cells(parts: Sequence[Sequence[Score]]) -> list[str]:
    columns = []
    for scores in parts:
        f1 = [_mean([s.f1[c] for s in scores if c in s.f1]) for c in CLASSES]
        false = [_mean([1000 * s.false[c] for s in scores if c in s.false], 2) for c in CLASSES]
        exact = _mean([s.exact for s in scores if not np.isnan(s.exact)])
        areas = np.array([s.area for s in scores if s.area > 0])
        area = f"{np.exp(np.log(areas).mean()):.2f}" if len(areas) else ""
        columns.append([f1[0], exact, area, *f1[1:], *false, _mean([s.seconds for s in scores], 2)])
    return [" → ".join(c) if any(c) else "" for c in zip(*columns, strict=True)]


def _mean(values: Sequence[float], digits: int = 3) -> str:
    return f"{np.mean(values):.{digits}f}" if values else ""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("-n", type=int, default=SCENES, help=f"scenes; {len(KINDS)} are one of each kind")
    parser.add_argument("--segmenter", action="append", metavar="WHICH", help="several times: side by side")
    parser.add_argument("--cache", type=Path, help="a folder in which the scenes are kept for the next run")
    parser.add_argument("--write", action="store_true", help="write bench/results/segmentation.md")
    options = parser.parse_args()
    names = options.segmenter or [RULES]
    segmenters = [load(name) for name in names]
    runs: list[list[Score]] = [[] for _ in names]
    for number, scene in enumerate(kept(options.data, options.n, options.cache)):
        for run, segmenter in zip(runs, segmenters, strict=True):
            run.append(score(scene, segmenter))
        print(number, scene.kind, *(f"{run[-1].f1.get('ink', np.nan):.3f}" for run in runs), flush=True)
    text = table(names, runs)
    print(text)
    if options.write:
        RESULTS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
