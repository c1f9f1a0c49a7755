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
from bench.steps import REST, STEPS
from inksight.evaluate.sets import rendered, unipen_words

RESULTS = measure.ROOT / "bench" / "results" / "profile.md"
PAGE = measure.ROOT / "examples" / "page.jpg"
LIMIT = 900.0

Facts = Mapping[str, Any]
Versions = Mapping[str, Path]
"""Folders with the code of each version, by its heading."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the data folder, as inksight evaluate takes it")
    parser.add_argument("--before", metavar="COMMIT", help="measure this commit as well")
    parser.add_argument("--page", type=Path, default=PAGE, help="picture of the page (default: examples/page.jpg)")
    parser.add_argument("--fast", action="store_true", help="one view of each word")
    parser.add_argument("--quick", action="store_true", help="few words, one run: a trial")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _versions(options.before, Path(folder)) as versions:
        files = _drawn(options.data, Path(folder), 2 if options.quick else 8)
        text = report(versions, files, options.page.resolve(), options.fast, 1 if options.quick else 3)
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


def _drawn(data: Path, folder: Path, count: int) -> dict[int, Path]:
    """Pictures of `count` words of each length, pickled."""
    words = unipen_words(data, 64, split="val")
    files = {n: folder / f"{n}.pkl" for n in LENGTHS}
    for n, file in files.items():
        file.write_bytes(pickle.dumps([s.picture for s in rendered(of_length(words, n, count))]))
    return files


def report(versions: Versions, files: Mapping[int, Path], page: Path, fast: bool, runs: int) -> str:
    """All tables as Markdown."""
    one = {n: _each(versions, 1, what="words", file=str(f), fast=fast, runs=runs) for n, f in files.items()}
    two = {n: _each(versions, 2, what="words", file=str(f), fast=fast, runs=runs) for n, f in files.items()}
    pages = {k: _each(versions, k, what="page", file=str(page), fast=fast, runs=runs) for k in (1, 2)}
    m = measure.machine()
    head = (
        f"# Where the time goes\n\nWritten by `python -m bench.profile DATA`. {m['processor']}, {m['processors']} "
        f"processors, {', '.join(m['features']) or 'no known vector units'}, load {m['load']:.1f} at the start; "
        f"{'one view of each word' if fast else 'views as they are needed'}; the least of {runs} runs.\n"
    )
    return "\n".join(
        [
            head,
            "## Words by letters: milliseconds a word\n",
            _table("letters", versions, one, two),
            "## Steps of words: processor milliseconds a word, all lengths, one thread\n",
            _steps(versions, list(one.values())),
            "## A page\n",
            _table("threads", versions, pages, pages),
            f"## Steps of the page: processor milliseconds a word, {_count(pages)} words, one thread\n",
            _steps(versions, [pages[1]]),
        ]
    )


def _each(versions: Versions, threads: int, **asked: Any) -> dict[str, Facts]:
    """The facts of each version."""
    return {name: _task(root, threads, asked) for name, root in versions.items()}


def _task(root: Path, threads: int, asked: Facts) -> Facts:
    """What bench.steps of that folder finds. Raises CalledProcessError when it fails."""
    environment = {**measure.environment(threads), "PYTHONPATH": f"{root / 'src'}:{root}"}
    command = [sys.executable, "-W", "ignore", "-m", "bench.steps", json.dumps(asked)]
    done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, check=True, timeout=LIMIT)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _ms(facts: Facts, key: str) -> str:
    return f"{1000 * facts[key] / facts['words']:.1f}"


def _count(pages: Mapping[int, Mapping[str, Facts]]) -> int:
    return int(next(iter(pages[1].values()))["words"])


def _table(
    what: str, versions: Versions, one: Mapping[int, Mapping[str, Facts]], two: Mapping[int, Mapping[str, Facts]]
) -> str:
    """A row for each number: processor time with one thread, time on the wall with two."""
    head = [what, *(f"{v}: processor" for v in versions), *(f"{v}: wall, 2 threads" for v in versions)]
    if what == "threads":
        head = [what, *(f"{v}: {k}" for v in versions for k in ("processor", "wall", "peak MB"))]
        cells = [
            [str(n), *(c for v in versions for c in (*map(_ms, (f[v], f[v]), ("processor", "wall")), _mb(f[v])))]
            for n, f in one.items()
        ]
    else:
        cells = [
            [str(n), *(_ms(f[v], "processor") for v in versions), *(_ms(two[n][v], "wall") for v in versions)]
            for n, f in one.items()
        ]
    return _markdown([head, *cells])


def _mb(facts: Facts) -> str:
    return f"{facts['peak_mb']:.0f}"


def _steps(versions: Versions, found: Sequence[Mapping[str, Facts]]) -> str:
    """A row for each step: where it is, and the mean milliseconds a word of each version."""

    def mean(version: str, step: str) -> float:
        words = sum(f[version]["words"] for f in found)
        return 1000 * sum(f[version]["steps"].get(step, 0.0) for f in found) / words

    names = {step: f"{place.split(':')[0].replace('.', '/')}.py" for step, place in STEPS.items()} | {REST: ""}
    rows = [[step, place, *(f"{mean(v, step):.2f}" for v in versions)] for step, place in names.items()]
    rows = [row for row in rows if any(cell != "0.00" for cell in row[2:])]
    whole = [f"{sum(mean(v, step) for step in names):.1f}" for v in versions]
    return _markdown([["step", "file", *versions], *rows, ["**all**", "", *whole]])


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *body])


if __name__ == "__main__":
    main()
