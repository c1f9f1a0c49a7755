"""Processor time by step, in a process of its own: `python -m bench.steps '{"words": FILE, ...}'` prints a JSON line.

Each step is a function of the package (`STEPS`); what it spends in another step's function counts for that one.
OMP_NUM_THREADS says how many threads may work.
"""

from __future__ import annotations

import importlib
import json
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from threading import local
from typing import Any

STEPS = {
    "sheet laid flat": "imaging.rectify:flatten",
    "words found": "layout.rapidocr:RapidOcr.__call__",
    "segmentation: network": "imaging.segmentation:Network.see",
    "segmentation: around it": "imaging.segmentation:segment",
    "ink to words": "layout.components:crops",
    "onto the canvas": "recognition.views:View.fit",
    "encoder": "recognition.engine:Engine.encode",
    "beam search": "recognition.reading:candidates",
    "decoder: texts": "recognition.reading:_decoder_says",
    "decoder: ink": "recognition.engine:Decoder.step",
    "decoding loop": "recognition.decoding:decode",
    "views compared": "recognition.tracer:_consensus",
    "smoothing": "recognition.tracer:on_the_ink",
    "snapping": "centerline.snap:snap",
    "checks": "recognition.tracer:_check",
    "ordered skeleton": "centerline.skeleton:trace",
    "held to the ink": "recognition.clipping:held",
    "widths and colours": "imaging.appearance:measured",
}
"""Each step's function, by its place in the package."""
OWN = "decoder: texts"
"""A step that keeps what it spends in others: the same decoder, asked for something else."""
REST = "the rest"

Seconds = dict[str, float]


class Stopwatch:
    """Sums each step's own processor time, over all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._thread = local()

    def timed(self, step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, with its time counted for `step`."""

        @wraps(work)
        def counted(*args: Any, **more: Any) -> Any:
            stack = self._thread.__dict__.setdefault("stack", [])
            self._count(stack)
            stack.append(OWN if OWN in stack else step)
            try:
                return work(*args, **more)
            finally:
                self._count(stack)
                stack.pop()

        return counted

    def _count(self, stack: Sequence[str]) -> None:
        """What has passed since the last call in this thread belongs to the innermost step."""
        now = time.thread_time()
        if stack:
            self.seconds[stack[-1]] += now - self._thread.since
        self._thread.since = now


def watch(clock: Stopwatch) -> None:
    """Have the clock count every step."""
    for module in ("pipeline", "recognition.tracer", "imaging.rectify", "layout.rapidocr"):
        importlib.import_module(f"inksight.{module}")
    for step, place in STEPS.items():
        module, name = place.split(":")
        owner: Any = importlib.import_module(f"inksight.{module}")
        *outer, name = name.split(".")
        for part in outer:
            owner = getattr(owner, part)
        plain = getattr(owner, name)
        holders = [owner] if outer else [m for n, m in sys.modules.items() if n.startswith("inksight")]
        for holder in holders:
            if getattr(holder, name, None) is plain:
                setattr(holder, name, clock.timed(step, plain))


def measure(work: Callable[[], Any], runs: int, clock: Stopwatch) -> dict[str, Any]:
    """Of several runs the least processor seconds of each step and of all, and the least seconds on the wall."""
    steps, whole, wall = [], [], []
    for _ in range(runs):
        clock.seconds.clear()
        start = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start[0])
        whole.append(time.process_time() - start[1])
        steps.append(dict(clock.seconds) | {REST: whole[-1] - sum(clock.seconds.values())})
    least = {step: min(s.get(step, 0.0) for s in steps) for step in (*STEPS, REST)}
    return {"steps": least, "processor": min(whole), "wall": min(wall)}


def words(clock: Stopwatch, file: str, fast: bool, runs: int) -> dict[str, Any]:
    """The pictures of words in a file, pickled uint8 (H, W, 3), batch by batch."""
    from inksight.pipeline import BATCH, trace_many
    from inksight.threads import each

    pictures = pickle.loads(Path(file).read_bytes())
    batches = [pictures[at : at + BATCH] for at in range(0, len(pictures), BATCH)]

    def work() -> None:
        for _ in each(lambda batch: trace_many(batch, fast=fast), batches):
            pass

    trace_many(pictures[:1], fast=fast)
    return measure(work, runs, clock) | {"words": len(pictures)}


def page(clock: Stopwatch, file: str, fast: bool, runs: int) -> dict[str, Any]:
    """The picture of a page, from its file on."""
    import inksight
    from bench.speed.tasks import peak

    count = len(inksight.convert(file, fast=fast).words)
    return measure(lambda: inksight.convert(file, fast=fast), runs, clock) | {"words": count, "peak_mb": peak()}


def main() -> None:
    """Run what is asked for."""
    asked = json.loads(sys.argv[1])
    clock = Stopwatch()
    watch(clock)
    print(json.dumps({"words": words, "page": page}[asked.pop("what")](clock, **asked)))


if __name__ == "__main__":
    main()
