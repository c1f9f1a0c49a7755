"""What the package costs: each dependency's megabytes, the first word of a new process, a word through the warm server.

    python -m bench.package [-o bench/results/package.md]

Seconds are of the clock and, in brackets, of the processor: on a machine with other work the second says more.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

import httpx

import inksight
from tests.web.serving import served

WORD = Path(__file__).parents[1] / "examples" / "word.jpg"
GIVES = {
    "inksight": "the package with its models", "opencv-python-headless": "RapidOCR, sheets laid flat, regions",
    "onnxruntime": "runs every network", "numpy": "arrays", "rapidocr": "finds and reads words, with models",
    "pillow": "pictures in and out", "pypdfium2": "PDF in", "click": "the command line", "tqdm": "progress",
    "shapely": "RapidOCR's boxes", "pyclipper": "RapidOCR's boxes", "pyyaml": "RapidOCR's settings",
    "protobuf": "ONNX Runtime's", "msgspec": "readers of boxes from files",
}  # fmt: skip
"""What a package is for."""
REPEATED = 20


class Spent(NamedTuple):
    """Seconds by the clock, and of the processor."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} ({self.processor:.2f})"


def needed(name: str, seen: dict[str, Distribution] | None = None) -> dict[str, Distribution]:
    """The distributions that one needs without extras, itself among them, by name."""
    found = {} if seen is None else seen
    try:
        own = distribution(name)
    except PackageNotFoundError:  # of another system or another Python
        return found
    if own.metadata["Name"].lower() in found:
        return found
    found[own.metadata["Name"].lower()] = own
    for requirement in own.requires or []:
        if ";" not in requirement:
            needed(re.split(r"[\s<>=!~\[(;]", requirement, maxsplit=1)[0], found)
    return found


def megabytes(own: Distribution) -> float:
    """Of its files as they are installed; of ours, as the wheel has them, also where they aren't."""
    if own.metadata["Name"] == "inksight":
        paths = [p for p in Path(inksight.__file__).parent.rglob("*") if p.suffix != ".safetensors"]
    else:
        paths = [Path(str(own.locate_file(file))) for file in own.files or []]
    return sum(p.stat().st_size for p in paths if p.is_file() and p.suffix != ".pyc") / 1e6


def timed(action: Callable[[], object], who: int) -> Spent:
    """What an action takes of this process, or of its children: `who` as in resource.getrusage."""
    before, begin = resource.getrusage(who), time.perf_counter()
    action()
    after = resource.getrusage(who)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(time.perf_counter() - begin, spent)


def first_word() -> Spent:
    """`inksight word` from its start to its end."""
    command = [sys.executable, "-c", "from inksight.cli import main; main()", "word", str(WORD), "-o", os.devnull]
    return timed(lambda: subprocess.run([*command, "--to", "svg"], check=True), resource.RUSAGE_CHILDREN)


def warm_words() -> Spent:
    """A word through the server's API, the median of many."""
    with served() as port:

        def ask() -> None:
            with WORD.open("rb") as file:
                httpx.post(f"http://127.0.0.1:{port}/api/word", files={"file": file}, timeout=600).raise_for_status()

        ask()
        each = [timed(ask, resource.RUSAGE_SELF) for _ in range(REPEATED)]
    return Spent(*(statistics.median(values) for values in zip(*each, strict=True)))


def rows() -> Iterator[str]:
    """The report, row by row."""
    sizes = sorted(((megabytes(own), name) for name, own in needed("inksight").items()), reverse=True)
    yield "| package | MB | for |"
    yield "| --- | --- | --- |"
    for size, name in sizes:
        if size >= 1 or name in GIVES:
            yield f"| {name} | {size:.1f} | {GIVES.get(name, 'another package of these')} |"
    yield f"| all {len(sizes)} | {sum(size for size, _ in sizes):.0f} | |"
    yield ""
    yield "| seconds (of the processor) | |"
    yield "| --- | --- |"
    yield f"| the first word, from `inksight word` to its end | {first_word()} |"
    yield f"| a word through the warm server, median of {REPEATED} | {warm_words()} |"


def main() -> None:
    """Print the report, or write it."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("-o", "--output", type=Path)
    chosen = options.parse_args()
    text = "\n".join(rows())
    print(text)
    if chosen.output:
        chosen.output.write_text(f"# What the package costs\n\n{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
