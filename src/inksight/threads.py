"""Work shared by a few threads. ONNX Runtime and most of NumPy let other threads run while they compute."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

MOST = 2
"""More threads gain little: Python's own steps take turns."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def allowed() -> int | None:
    """How many threads this process may take by OMP_NUM_THREADS, of which ONNX Runtime knows nothing; None: any."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(told)) if told.isdecimal() else None


def count() -> int:
    """How many threads this process may use for words: 1 or 2, as its processors and `allowed` allow."""
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        processors = os.cpu_count() or 1
    return max(1, min(MOST, processors, allowed() or MOST))


def each(
    work: Callable[[_Item], _Result], items: Iterable[_Item], threads: int | None = None
) -> Generator[_Result, None, None]:
    """`work` of each item, in order, while further items are worked on by `threads` threads (default: `count`).

    What the work raises is raised where its result would have come. Then, and when nobody asks for the rest, what
    hasn't begun is dropped, and what runs is waited for. The work sees the context variables of the caller.
    """
    number = threads if threads is not None else count()
    if number == 1:
        yield from map(work, items)
        return
    rest = iter(items)

    def begun(item: _Item) -> Future[_Result]:
        return pool.submit(copy_context().run, work, item)

    pool = ThreadPoolExecutor(number, thread_name_prefix="inksight-words")
    try:
        running: deque[Future[_Result]] = deque(map(begun, islice(rest, number + 1)))
        while running:
            yield running.popleft().result()
            running.extend(map(begun, islice(rest, 1)))
    finally:
        pool.shutdown(cancel_futures=True)
