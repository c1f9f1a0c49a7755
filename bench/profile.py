"""Where the time goes: processor milliseconds a word by step and file, words of 2 to 20 letters, a page, two threads.

    python -m bench.profile DATA [--before COMMIT] [--page PICTURE] [--fast] [--quick]

prints tables and writes bench/results/profile.md. With --before the code of an earlier commit is measured in turn with
this one, so that both had the same machine; its own bench/steps.py says what its steps are. Times on the processor
hardly depend on what else runs; those on the wall do.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.speed import measure
from bench.speed.__main__ import LENGTHS, of_length
from bench.steps import STEPS
from inksight.evaluate.sets import rendered, unipen_words

RESULTS = measure.ROOT / "bench" / "results" / "profile.md"
PAGE = measure.ROOT / "examples" / "page.jpg"
LIMIT = 900.0

Facts = Mapping[str, Any]
Versions = Mapping[str, Path]
"""Folders with the code of each version, by its heading."""
Found = Mapping[str, Facts]
"""What was measured, by version."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the data folder, as inksight evaluate takes it")
    parser.add_argument("--before", metavar="COMMIT", help="measure this commit as well")
    parser.add_argument("--page", type=Path, default=PAGE, help="picture of the page (default: examples/page.jpg)")
    parser.add_argument("--fast", action="store_true", help="one view of each word")
    parser.add_argument("--quick", action="store_true", help="words of two lengths, one thread, one run")
    options = parser.parse_args()
    lengths, threads = ((4, 12), (1,)) if options.quick else (LENGTHS, (1, 2))
    asked = {"fast": options.fast, "runs": 1 if options.quick else 3}
    with tempfile.TemporaryDirectory() as folder, _versions(options.before, Path(folder)) as versions:
        files = _drawn(options.data, Path(folder), lengths)
        words = {
            (n, k): _each(versions, k, what="words", file=str(f), **asked) for n, f in files.items() for k in threads
        }
        pages = {k: _each(versions, k, what="page", file=str(options.page.resolve()), **asked) for k in threads}
    text = _head(asked) + report(words, pages)
    print(text)
    RESULTS.write_text(text, encoding="utf-8")


@contextmanager
def _versions(before: str | None, folder: Path) -> Iterator[Versions]:
    """This code, and that of a commit in a work tree of its own."""
    if before is None:
        yield {"ms": measure.ROOT}
        return
    earlier = folder / "before"
    git = ["git", "-C", str(measure.ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", str(earlier), before], check=True, capture_output=True)
    try:
        yield {"before": earlier, "after": measure.ROOT}
    finally:
        subprocess.run([*git, "remove", "--force", str(earlier)], check=True, capture_output=True)


def _drawn(data: Path, folder: Path, lengths: Sequence[int]) -> dict[int, Path]:
    """Pictures of eight words of each length, pickled."""
    words = unipen_words(data, 64, split="val")
    files = {n: folder / f"{n}.pkl" for n in lengths}
    for n, file in files.items():
        file.write_bytes(pickle.dumps([s.picture for s in rendered(of_length(words, n, 8))]))
    return files


def _head(asked: Facts) -> str:
    m = measure.machine()
    views = "one view of each word" if asked["fast"] else "views as they are needed"
    machine = f"{m['processor']} ({', '.join(m['features']) or 'no known vector units'}), {m['processors']} processors"
    return (
        f"# Where the time goes\n\nWritten by `python -m bench.profile DATA`. {machine}, load {m['load']:.1f} at the "
        f"end; {views}; the least of {asked['runs']} runs. Milliseconds a word.\n\n"
    )


def report(words: Mapping[tuple[int, int], Found], pages: Mapping[int, Found]) -> str:
    """The tables as Markdown: words by their letters and the number of threads, pages by the latter."""
    one = [found for (_, threads), found in words.items() if threads == 1]
    rows = {f"{n} letters, {k} {'thread' if k == 1 else 'threads'}": found for (n, k), found in words.items()}
    rows |= {f"page, {k} {'thread' if k == 1 else 'threads'}": found for k, found in pages.items()}
    parts = ["## Words and pages", _whole(rows), "## Steps of words, one thread", _steps(one)]
    count = int(next(iter(pages[1].values()))["words"])
    return "\n\n".join([*parts, f"## Steps of a page of {count} words, one thread", _steps([pages[1]])])


def _each(versions: Versions, threads: int, **asked: Any) -> Found:
    """The facts of each version."""
    return {name: _task(root, threads, asked) for name, root in versions.items()}


def _task(root: Path, threads: int, asked: Facts) -> Facts:
    """What bench.steps of that folder finds. Raises CalledProcessError when it fails."""
    environment = {**measure.environment(threads), "PYTHONPATH": f"{root / 'src'}:{root}"}
    command = [sys.executable, "-W", "ignore", "-m", "bench.steps", json.dumps(asked)]
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, check=True, timeout=LIMIT)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _whole(rows: Mapping[str, Found]) -> str:
    """Processor time, time on the wall and, of pages, memory."""
    versions = list(next(iter(rows.values())))
    head = ["", *(f"{kind}, {v}" for kind in ("processor", "wall", "peak MB") for v in versions)]

    def cells(found: Found) -> list[str]:
        times = [f"{1000 * f[k] / f['words']:.1f}" for k in ("processor", "wall") for f in found.values()]
        return times + [f"{f['peak_mb']:.0f}" if "peak_mb" in f else "" for f in found.values()]

    return _markdown([head, *([name, *cells(found)] for name, found in rows.items())])


def _steps(found: Sequence[Found]) -> str:
    """A row for each step: where it is, and the mean processor time of each version."""
    versions = list(found[0])

    def mean(version: str, step: str) -> float:
        words = sum(f[version]["words"] for f in found)
        return 1000 * sum(f[version]["steps"].get(step, 0.0) for f in found) / words

    names = {step: f"{place.split(':')[0].replace('.', '/')}.py" for step, place in STEPS.items()}
    names |= {step: "" for f in found for facts in f.values() for step in facts["steps"] if step not in names}
    rows = [[step, place, *(f"{mean(v, step):.2f}" for v in versions)] for step, place in names.items()]
    rows = [row for row in rows if any(cell != "0.00" for cell in row[2:])]
    whole = [f"{sum(mean(v, step) for step in names):.1f}" for v in versions]
    return _markdown([["step", "file", *versions], *rows, ["all", "", *whole]])


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


if __name__ == "__main__":
    main()
