"""A batch that is disturbed, and begun again: the outputs are those of an undisturbed run, byte for byte.

    python -m bench.faults                   # 50 times, into bench/results/faults.md
    python -m bench.faults --count 7 --seed 3

Each time a run of `inksight convert` over a folder of small pictures, into a folder or into one file, with one process
or two, meets a fault at a random moment. Then the same command runs in peace, and whatever is missing, other than it
should be, or left over counts as a failure.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from PIL import Image, ImageDraw

RESULTS = Path(__file__).parent / "results" / "faults.md"

PAGES = 4

ROOM = 1500
"""Bytes that a file may have on the full disk: less than the ink of a page takes."""

PATIENCE = 900
"""Seconds that a run may take, on however busy a machine."""

OUTPUTS = (("-o", "out/", "--to", "json"), ("-o", "out/all.jsonl"))

Files = dict[str, bytes]
Run = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Place:
    """A folder with pictures in `in`, and the command that converts them into `out`."""

    folder: Path
    options: tuple[str, ...]
    command: ClassVar = ("-m", "inksight", "convert", "in", "--detector", "none", "--fast")

    def begin(self, limit: Callable[[], None] | None = None) -> Run:
        """A run in a group of its own, so that all its processes can be met together."""
        command = [sys.executable, *self.command, *self.options]
        return subprocess.Popen(command, cwd=self.folder, stderr=subprocess.DEVNULL, process_group=0, preexec_fn=limit)

    def finish(self) -> int:
        """The exit code of a run in peace."""
        return self.begin().wait(PATIENCE)

    def outputs(self) -> Files:
        """All files beside the pictures."""
        paths = (p for p in self.folder.rglob("*") if p.is_file() and p.parent != self.folder / "in")
        return {str(p.relative_to(self.folder)): p.read_bytes() for p in paths}


# ------------------------------------------------------------------------------------------------------- the faults


def killed(place: Place, moment: float) -> None:
    """kill -9 for all processes of the run."""
    run = place.begin()
    time.sleep(moment)
    with suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait(PATIENCE)


def worker_killed(place: Place, moment: float) -> None:
    """kill -9 for one of its processes, as the system does when memory runs out."""
    run = place.begin()
    time.sleep(moment)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children")
    for child in children.read_text().split()[-1:] if children.exists() else []:
        with suppress(ProcessLookupError):
            os.kill(int(child), signal.SIGKILL)
    run.wait(PATIENCE)


def interrupted_twice(place: Place, moment: float) -> None:
    """Ctrl-C, and again while it ends."""
    run = place.begin()
    for pause in (moment, 0.1):
        time.sleep(pause)
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGINT)
    run.wait(PATIENCE)


def disk_full(place: Place, _: float) -> None:
    """No file may grow."""
    place.begin(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))).wait(PATIENCE)


def folder_gone(place: Place, moment: float) -> None:
    """The pictures can't be read for a while."""
    run, pictures, away = place.begin(), place.folder / "in", place.folder.with_suffix(".away")
    time.sleep(moment)
    pictures.rename(away)
    run.wait(PATIENCE)
    away.rename(pictures)


def clock_turned_back(place: Place, moment: float) -> None:
    """The pictures are of tomorrow; and then kill -9."""
    tomorrow = time.time() + 86400
    for picture in (place.folder / "in").iterdir():
        os.utime(picture, (tomorrow, tomorrow))
    killed(place, moment)


def two_at_once(place: Place, moment: float) -> None:
    """Another run into the same folder."""
    first = place.begin()
    time.sleep(moment / 4)
    second = place.begin()
    for run in (first, second):
        run.wait(PATIENCE)


FAULTS = (killed, worker_killed, interrupted_twice, disk_full, folder_gone, clock_turned_back, two_at_once)


# ------------------------------------------------------------------------------------------------------ the harness


def pictures(folder: Path) -> None:
    """Pictures with a few lines of a pen each."""
    folder.mkdir(parents=True)
    for number in range(PAGES):
        picture = Image.new("L", (150, 70), 250)
        rng = random.Random(number)
        for _ in range(3):
            ImageDraw.Draw(picture).line([(rng.randrange(15, 135), rng.randrange(12, 58)) for _ in range(4)], 20, 3)
        picture.save(folder / f"page{number}.png")


@dataclass(frozen=True)
class Trial:
    """A fault, how many files were there when it was over, and what was wrong after the next run."""

    fault: str
    there: int
    wrong: list[str]


def compared(found: Files, want: Files) -> list[str]:
    """What is otherwise than it should be."""
    missing = [f"{name} is missing" for name in want if name not in found]
    left = [f"{name} is left over" for name in found if name not in want]
    return missing + left + [f"{name} is another" for name in want if found.get(name, want[name]) != want[name]]


def trial(fault: Callable[[Place, float], None], place: Place, moment: float, want: Files) -> Trial:
    """Meet the fault, run again, look."""
    fault(place, moment)
    there = sum(found == want.get(name) for name, found in place.outputs().items())
    code = place.finish()
    wrong = compared(place.outputs(), want) + ([f"exit code {code}"] if code else [])
    return Trial(fault.__name__, there, wrong)


def run(count: int, seed: int) -> list[Trial]:
    """`count` trials, the faults in turn."""
    rng, done = random.Random(seed), list[Trial]()
    with tempfile.TemporaryDirectory() as name:
        peace = {}
        for way, output in enumerate(OUTPUTS):
            place = _place(Path(name, f"peace{way}"), output)
            start = time.monotonic()
            if place.finish():
                raise SystemExit("a run in peace failed")
            peace[output] = place.outputs(), time.monotonic() - start
        for number in range(count):
            fault, output = FAULTS[number % len(FAULTS)], rng.choice(OUTPUTS)
            jobs = "2" if fault is worker_killed else rng.choice("12")
            place = _place(Path(name, str(number)), (*output, "--jobs", jobs))
            want, seconds = peace[output]
            done.append(trial(fault, place, rng.uniform(0, 1.1 * seconds), want))
            print(f"{number + 1}/{count} {done[-1]}", flush=True)
            shutil.rmtree(place.folder)
    return done


def _place(folder: Path, options: tuple[str, ...]) -> Place:
    pictures(folder / "in")
    (folder / "out").mkdir()
    return Place(folder, options)


def report(trials: list[Trial], seed: int) -> str:
    """The figures as Markdown."""
    peace = "the outputs were other than those of an undisturbed run, byte for byte, or something was left over"
    rows = []
    for fault in FAULTS:
        own = [t for t in trials if t.fault == fault.__name__]
        there = ", ".join(map(str, sorted(t.there for t in own)))
        rows.append(
            f"| {fault.__name__.replace('_', ' ')} | {len(own)} | {sum(bool(t.wrong) for t in own)} | {there} |"
        )
    bad = [f"- {t.fault}: {'; '.join(t.wrong)}" for t in trials if t.wrong]
    return "\n".join(
        [
            "# Faults in a batch\n",
            f"`python -m bench.faults --count {len(trials)} --seed {seed}`: {PAGES} pictures, a fault at a random "
            f"moment, the same command again; {len(bad)} of {len(trials)} times {peace}.\n",
            "| fault | times | wrong afterwards | finished files that each run left |\n| --- | --- | --- | --- |",
            *rows,
            *(["", *bad] if bad else []),
            "",
        ]
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    trials = run(given.count, given.seed)
    RESULTS.write_text(report(trials, given.seed))
    print(RESULTS.read_text())
    raise SystemExit(any(t.wrong for t in trials))


if __name__ == "__main__":
    main()
