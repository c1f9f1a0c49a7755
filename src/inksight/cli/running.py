"""Takes the pages that a command was given through its work, and tells how it goes."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..batch import jobs
from ..batch.files import Outputs, Source, find_all, make_folder, real
from ..batch.jobs import Outcome, Outcomes, Reader, Task, Work
from ..errors import InputError, one_line
from .failures import Failures
from .look import Look
from .many import Many

if TYPE_CHECKING:
    from ..arrays import Pixels
    from ..formats import Style
    from ..ink import Page
    from ..pipeline import Progress

LOGGED = 10
"""Seconds from one line to the next where progress is written to no terminal."""

STOPPED = 130
"""Exit code after Ctrl-C."""


def convert_all(
    inputs: Sequence[str],
    out: str | None,
    fmt: str | None,
    *,
    look: Look,
    many: Many,
    debug: bool,
    read: Reader,
    prepare: Callable[[], object],
) -> None:
    """Read every page of every input and write its ink; the exit code says whether all went well.

    `read` is called with `progress`, too, where there is a bar to move.
    """
    run = _Run(look, many, Work(read, _keep, prepare, debug))
    try:
        with run.failures.caught():
            run.convert(inputs, out, fmt)
    except KeyboardInterrupt:
        goes_on = ", the same command goes on from there" if run.total > 1 else ""
        click.echo(f"inksight: stopped; {len(run.good)} of {run.total} pages are done{goes_on}", err=True)
        sys.exit(STOPPED)
    run.failures.exit(len(run.good), run.total)


class _Run:
    """A command at work: of `total` pages, those in `good` are there."""

    def __init__(self, look: Look, many: Many, work: Work) -> None:
        self.look, self.many, self.work = look, many, work
        self.failures = Failures(work.debug)
        self.good: set[Task] = set()
        self.total = 0
        self.shows_targets = True

    def convert(self, inputs: Sequence[str], out: str | None, fmt: str | None) -> None:
        from ..imaging.pictures import count_pages, endings

        # results that are pictures themselves aren't the input of the next run
        ours = real(Path(out)) if out and {Path(out).suffix, f".{fmt}"} & endings() else None
        sources = find_all(inputs, self.failures.report, recursive=self.many.recursive, leave_out=ours)
        if not sources:
            return
        counts = [count_pages(source.path) for source in sources]
        several_files = len(inputs) > 1 or len(sources) > 1 or Path(inputs[0]).is_dir()
        outputs = Outputs(out, fmt, sources, several_files, sum(counts) > 1)
        if outputs.one_file:
            self.into_one_file(sources, counts, outputs)
            return
        tasks: list[Task] = []
        for source, count in zip(sources, counts, strict=True):
            with self.failures.caught():
                tasks += [Task(source.path, n, outputs.place(source, n or 1, count)) for n in _numbers(count)]
        from ..formats.saving import sweep

        for folder in {task.target.parent for task in tasks}:
            make_folder(folder)
            sweep(folder)
        self.do(tasks, replace(self.work, write=partial(_write, fmt=outputs.format, look=self.look)))

    def into_one_file(self, sources: Sequence[Source], counts: Sequence[int], outputs: Outputs) -> None:
        """Till the last page is there, they wait in a hidden folder beside the file."""
        if self.many.shard:
            raise InputError(f"{outputs.out}: the parts of --shard don't come together in one file; name a folder")
        self.shows_targets = False
        with _waiting_room(outputs.out or "-") as folder:
            tasks = [
                Task(source.path, n, folder / f"{_key(source.path)}-{n or 1}.json")
                for source, count in zip(sources, counts, strict=True)
                for n in _numbers(count)
            ]
            self.do(tasks, replace(self.work, write=partial(_keep, photos=self.look.background == "photo")))
            ready = [task for task in tasks if task in self.good]
            if ready:
                _bind(ready, outputs, self.look)
                click.echo(f"{len(ready)} pages -> {outputs.out}", err=True)
            if len(ready) == len(tasks):
                shutil.rmtree(folder, ignore_errors=True)

    def do(self, tasks: Sequence[Task], work: Work) -> None:
        """Do those that aren't finished. A single page is always done: who names it wants it."""
        if self.many.shard:
            first, step = self.many.shard
            tasks = tasks[first - 1 :: step]
        self.total = len(tasks) + len(self.failures.lines)
        if len(tasks) > 1 and not self.many.overwrite:
            self.good = {task for task in tasks if task.finished}
        if self.good:
            click.echo(f"{len(self.good)} of {len(tasks)} pages are finished; --overwrite does them again", err=True)
        todo = [task for task in tasks if task not in self.good]
        if self.many.ray:
            from ..batch.on_ray import run

            with _page_bar(len(todo)) as advance:
                self.take(run(todo, work), todo, advance)
        elif len(todo) == 1:
            with _word_bar(todo[0]) as progress:
                read = partial(work.read, progress=progress)
                self.take(jobs.run(todo, replace(work, read=read)), todo, lambda outcome: None)
        else:
            with _page_bar(len(todo)) as advance:
                self.take(jobs.run(todo, work, self.many.jobs), todo, advance)

    def take(self, outcomes: Outcomes, todo: Sequence[Task], advance: Callable[[Outcome], None]) -> None:
        """Take in what comes of the tasks, and tell it in their order."""
        waiting, known = deque(todo), dict[Task, Outcome]()
        with closing(outcomes):
            for outcome in outcomes:
                known[outcome.task] = outcome
                if outcome.error is None:
                    self.good.add(outcome.task)
                while waiting and waiting[0] in known:
                    self.tell(known.pop(waiting.popleft()))
                advance(outcome)
                if outcome.no_space:
                    break
            else:
                return
        for outcome in known.values():
            self.tell(outcome)
        raise InputError("stopped, as nothing more can be written; with more space the same command goes on from there")

    def tell(self, outcome: Outcome) -> None:
        from tqdm import tqdm

        if outcome.error is not None:
            self.failures.report(InputError(outcome.error))
            return
        texts, strokes = outcome.words, outcome.strokes
        words = f'"{texts[0]}"' if len(texts) == 1 else f"{len(texts)} words"
        note = f", {outcome.note}" if outcome.note else ""
        target = f" -> {outcome.task.target}" if self.shows_targets else ""
        with tqdm.external_write_mode(file=sys.stderr):  # above the bar
            ink = f"{words}, {strokes} stroke{'' if strokes == 1 else 's'}{note}"
            click.echo(one_line(f"{outcome.task.name}{target}: {ink}"), err=True)


def _numbers(count: int) -> Sequence[int | None]:
    """The pages of a file: from 1, or None for the only one."""
    return range(1, count + 1) if count > 1 else [None]


def _key(path: Path) -> str:
    """The same for the same file, whatever else is converted with it."""
    return hashlib.blake2b(os.fsencode(real(path)), digest_size=8).hexdigest()


@contextmanager
def _waiting_room(out: str) -> Iterator[Path]:
    """The folder in which pages wait for the last one: hidden beside `out`, so that the next run finds them."""
    if out == "-":
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
        return
    from ..formats.saving import sweep

    folder = Path(out).with_name(f".{Path(out).name}.inksight")
    make_folder(folder)
    sweep(folder)
    sweep(folder.parent)
    yield folder


def _write(task: Task, page: Page, rgb: Pixels, *, fmt: str, look: Look) -> None:
    from .. import formats

    formats.write(look.page(page), task.target, fmt=fmt, style=look.style(rgb, task.label))


def _keep(task: Task, page: Page, rgb: Pixels, *, photos: bool = False) -> None:
    """For `_bind`: the page, and what it lies over."""
    from .. import formats
    from ..formats import saving
    from ..formats.style import jpeg

    if photos:
        try:
            saving.save(_photo(task), jpeg(rgb))
        except OSError as error:
            raise InputError(f"{task.name}: its photo can't be kept for the end: {error.strerror}") from error
    formats.write(page, task.target, fmt="json")


def _photo(task: Task) -> Path:
    return task.target.with_suffix(".jpg")


def _bind(tasks: Sequence[Task], outputs: Outputs, look: Look) -> None:
    """Write the kept pages into one file."""
    from .. import formats

    pages = [look.page(formats.read(task.target)) for task in tasks]
    formats.write_pages(pages, outputs.out or "-", outputs.format, styles=_Styles(tasks, look))


class _Styles(Sequence["Style"]):
    """How each page looks. Its photo is opened when it is its turn: together they don't fit into memory."""

    def __init__(self, tasks: Sequence[Task], look: Look) -> None:
        self.tasks, self.look = tasks, look

    def __len__(self) -> int:
        return len(self.tasks)

    def __getitem__(self, index: Any) -> Any:
        from ..imaging.pictures import open_image

        task = self.tasks[index]
        if self.look.background != "photo":
            return self.look.style(None, task.label)
        if not _photo(task).exists():
            raise InputError(f"{task.name}: its photo wasn't kept when it was converted; add --overwrite")
        return self.look.style(open_image(_photo(task)), task.label)


@contextmanager
def _bar(unit: str, **looks: Any) -> Iterator[Any]:
    """A progress bar on standard error; where that is no terminal but a log, a line once in `LOGGED` seconds."""
    from tqdm import tqdm

    if sys.stderr.isatty():
        looks |= {"leave": False}
    else:
        looks |= {
            "mininterval": LOGGED,
            "maxinterval": LOGGED,
            "delay": LOGGED,
            "ascii": True,
            "file": _Lines(),
            "ncols": 100,
        }
    with tqdm(unit=unit, **looks) as bar:
        yield bar


class _Lines:
    """Standard error as a log has it: each state of a bar is a line of its own."""

    def write(self, text: str) -> None:
        shown = text.strip("\r\n ")
        if shown:
            sys.stderr.write(f"{shown}\n")

    def flush(self) -> None:
        sys.stderr.flush()


@contextmanager
def _word_bar(task: Task) -> Iterator[Progress]:
    """A bar of words, shown once a page takes over a second."""
    with _bar("word", desc=task.source.name, delay=1) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


@contextmanager
def _page_bar(count: int) -> Iterator[Callable[[Outcome], None]]:
    """A bar of pages, with the words per second."""
    start, words, failed = time.monotonic(), 0, 0
    with _bar("page", total=count) as bar:

        def advance(outcome: Outcome) -> None:
            nonlocal words, failed
            words += len(outcome.words)
            failed += outcome.error is not None
            speed = f"{words / (time.monotonic() - start):.1f} words/s"
            bar.set_postfix_str(f"{speed}, {failed} failed" if failed else speed, refresh=False)
            bar.update()

        yield advance
