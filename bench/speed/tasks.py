"""What is timed, each in a fresh process: `python -m bench.speed.tasks NAME '{"fast": false, ...}'` prints a JSON line.

OMP_NUM_THREADS says how many threads a task may use.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Facts = dict[str, float]
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "examples" / "page.jpg"


def main() -> None:
    """Run a task."""
    name, asked = sys.argv[1], json.loads(sys.argv[2])
    facts = TASKS[name](**asked)
    print(json.dumps(facts | {"peak_mb": peak()}))


def peak() -> float:
    """The most memory that this process had, in MB.

    On Linux not by getrusage, whose figure a process takes over from the one that started it.
    """
    if sys.platform == "linux":
        return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def samples(path: str, least: int = 0, most: int = 10**9) -> list[Any]:
    """The drawn words that the parent process left in a file."""
    return list(pickle.loads(Path(path).read_bytes()))[least:most]


def load(fast: bool) -> Facts:
    """Seconds until the shipped model can trace, without and with the import of ONNX Runtime."""
    start = time.perf_counter()
    import onnxruntime  # noqa: F401

    from inksight.recognition.predict import Predictor

    imported = time.perf_counter()
    Predictor(fast=fast)
    return {"import": imported - start, "load": time.perf_counter() - imported}


def words(fast: bool, file: str, most: int, batch: int, runs: int) -> Facts:
    """Seconds per word; `batch` 0: batches as a page has them."""
    from inksight import pipeline
    from inksight.imaging import canvas
    from inksight.imaging.crop import Crop
    from inksight.imaging.segmentation import pen_ink
    from inksight.recognition.predict import Predictor
    from inksight.recognition.tracer import Tracer
    from inksight.threads import each

    inks = [pen_ink(s.picture) for s in samples(file, 0, most)]
    tracer = Tracer(Predictor(fast=fast))
    if batch:
        jobs = [list(range(at, min(at + batch, len(inks)))) for at in range(0, len(inks), batch)]
    else:
        jobs = pipeline._batches([canvas.width(Crop.of(ink)) for ink in inks])

    def once() -> None:
        for _ in each(lambda job: tracer.trace([Crop.of(inks[i]) for i in job]), jobs):
            pass

    tracer.trace([Crop.of(inks[0])])
    return {"seconds": _best(once, runs) / len(inks), "words": len(inks)}


def page(fast: bool, scale: float, runs: int) -> Facts:
    """A page of 48 words, whole and its words alone, and the seconds of the very first one."""
    from PIL import Image

    import inksight
    from inksight.report import PageReport

    with Image.open(PAGE) as picture:
        size = round(picture.width * scale), round(picture.height * scale)
        picture = picture.convert("RGB").resize(size)
    reports: list[PageReport] = []
    start = time.perf_counter()
    count = len(inksight.convert(picture, fast=fast, report=reports.append).words)
    first = whole = time.perf_counter() - start
    for _ in range(runs):
        start = time.perf_counter()
        inksight.convert(picture, fast=fast, report=reports.append)
        whole = min(whole, time.perf_counter() - start)
    tracing = min(r.seconds["tracing"] for r in reports)
    return {
        "seconds": whole, "first": first, "words": count, "tracing": tracing / max(count, 1),
        "megapixels": size[0] * size[1] / 1e6,
    }  # fmt: skip


def classical(name: str, file: str, most: int, runs: int) -> Facts:
    """A tracer without a model. Raises what its import raises where it isn't installed."""
    from bench import baselines
    from inksight.evaluate.baselines import ordered_skeleton

    trace = {"skeleton": ordered_skeleton, "sknw": baselines.sknw_edges, "autotrace": baselines.autotrace_centreline}[
        name
    ]
    chosen = samples(file, 0, most)
    trace(chosen[0])
    return {"seconds": _best(lambda: [trace(s) for s in chosen], runs) / len(chosen), "words": len(chosen)}


def original(kind: str, tokens: int, folder: str) -> Facts:
    """A word by the original's network (`bench.speed.original`) with random weights and a key-value cache."""
    from bench.speed import original as network

    ways = {"torch": network.with_torch, "cuda": network.with_cuda, "onnx": network.with_onnx}
    return ways[kind](tokens, int(os.environ["OMP_NUM_THREADS"]), Path(folder))


def _best(work: Callable[[], Any], runs: int) -> float:
    """The least seconds of several runs."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


TASKS: dict[str, Callable[..., Facts]] = {
    "load": load, "words": words, "page": page, "classical": classical, "original": original,
}  # fmt: skip

if __name__ == "__main__":
    main()
