"""Many pages: the same work on each, in this process or in several.

A page's ink is a file that is there whole or not at all, so whatever stops a run, the finished pages stay, and the next
run does the others. Nothing is passed between processes but tasks and what came of them; each process has one thread
and loads the models once.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..arrays import Pixels
    from ..ink import Page

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
_KILLED = "the process that worked on it was killed twice; if memory ran out, try fewer --jobs"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Task:
    """One page of a picture file, and the file for its ink. `page` counts from 1; None: the file has just one."""

    source: Path
    page: int | None
    target: Path

    @property
    def name(self) -> str:
        return str(self.source) if self.page is None else f"{self.source}, page {self.page}"

    @property
    def label(self) -> str:
        """A short name for the page."""
        return self.source.stem if self.page is None else f"{self.source.stem}-{self.page}"

    @property
    def finished(self) -> bool:
        """Whether the ink is there, and not older than the picture."""
        try:
            return self.target.stat().st_mtime_ns >= self.source.stat().st_mtime_ns
        except OSError:
            return False


Reader = Callable[..., "tuple[Pixels, Page] | tuple[Pixels, Page, str]"]
"""Called with a task and its image.Picture; gives the page and what it lies over, as pipeline.convert_shown does, and
what else there is to tell of it."""
Writer = Callable[[Task, "Page", "Pixels"], None]


@dataclass(frozen=True)
class Work:
    """What is done with every page. It goes to other processes: its parts are functions of modules, or partials."""

    read: Reader
    """Finds the ink of a page."""
    write: Writer
    """Writes it to the task's target."""
    prepare: Callable[[], object]
    """Loads what every page needs; raises InputError where that can't be had."""
    debug: bool = False
    """Whether errors are raised rather than told."""


@dataclass(frozen=True)
class Outcome:
    """What came of a task: the words read, the number of strokes and what else there is to say, or the error."""

    task: Task
    words: tuple[str, ...] = ()
    strokes: int = 0
    note: str = ""
    error: str | None = None
    no_space: bool = False
    """Whether nothing more can be written there, so that further pages would be lost labour."""


Outcomes = Generator[Outcome, None, None]


def do(task: Task, work: Work) -> Outcome:
    """Convert one page. Whatever goes wrong with it is told in the outcome: it must not cost the other pages."""
    from ..imaging.pictures import open_picture

    try:
        picture = open_picture(task.source, page=(task.page or 1) - 1)
        shown, page, note = (*work.read(task, picture), "")[:3]
        work.write(task, page, shown)
    except InputError as error:
        if work.debug:
            raise
        cause = error.__cause__
        return Outcome(task, error=str(error), no_space=isinstance(cause, OSError) and cause.errno in _NO_SPACE)
    except Exception as error:
        if work.debug:
            raise
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Outcome(task, error=f"{task.name}: inksight failed ({reason}); please report it, with what --debug says")
    return Outcome(task, tuple(w.text for w in page.words if w.text), len(page.strokes), note)


def run(tasks: Sequence[Task], work: Work, processes: int = 1) -> Outcomes:
    """Do all tasks, one process or several; gives what came of each as soon as it is known, in any order.

    A task whose process is killed is tried once more. To stop, close the iterator: pages under way are given up.
    Raises InputError where the work can't be prepared.
    """
    if processes > 1 and len(tasks) > 1:
        yield from _in_processes(tasks, work, min(processes, len(tasks)))
        return
    if len(tasks) > 1:
        work.prepare()
    for task in tasks:
        yield do(task, work)


def _in_processes(tasks: Sequence[Task], work: Work, count: int) -> Outcomes:
    """Each process is a pool of its own with one task at a time: when it dies, it is known which task it had."""
    waiting, tried_again = deque(tasks), set[Task]()
    running: dict[Future[Outcome], tuple[ProcessPoolExecutor, Task]] = {}
    with _environment(_ONE_THREAD):
        idle = [_process(work) for _ in range(count)]
        try:
            idle[0].submit(work.prepare).result()
            while waiting or running:
                while waiting and idle:
                    process, task = idle.pop(0), waiting.popleft()
                    running[process.submit(_do_here, task)] = process, task
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    process, task = running.pop(future)
                    lost = isinstance(future.exception(), BrokenProcessPool)
                    idle.append(_process(work) if lost else process)
                    if lost and task not in tried_again:
                        tried_again.add(task)
                        waiting.append(task)
                    else:
                        yield Outcome(task, error=f"{task.name}: {_KILLED}") if lost else future.result()
        finally:
            for process in [*idle, *(p for p, _ in running.values())]:
                process.shutdown(wait=False, cancel_futures=True)


def _process(work: Work) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, get_context("spawn"), _start, (work,))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Variables for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# ------------------------------------------------------------------------------------------- inside such a process

_work: Work


def _start(work: Work) -> None:
    """Ctrl-C reaches every process of the terminal: it ends a page, not the process, which its parent does."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent leaves nobody who would end this process."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do_here(task: Task) -> Outcome:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return do(task, _work)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
