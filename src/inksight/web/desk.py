"""Where requests wait for a worker: a bounded queue in front of a few threads, whose work can be stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Full(Exception):
    """Too many are waiting."""


class Stopped(Exception):
    """Nobody waits for this work any more."""


class TooLong(Exception):
    """The work took longer than a request may."""


class Ticket:
    """A piece of work's right to go on: it asks now and then."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end, self._stopped = seconds, float("inf"), False

    def begin(self) -> None:
        """The clock starts when the work does, not while it waits."""
        self.check()
        self._end = time.monotonic() + self.seconds

    def stop(self) -> None:
        """Tell the work to end."""
        self._stopped = True

    def check(self) -> None:
        """Raises Stopped or TooLong when the work should end."""
        if self._stopped:
            raise Stopped
        if time.monotonic() > self._end:
            raise TooLong


class Desk:
    """Runs work in `workers` threads while at most `waiting` more wait."""

    def __init__(self, workers: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="inksight")
        self._room, self._taken = workers + waiting, 0

    async def run(self, ticket: Ticket, work: Callable[[], T], gone: Callable[[], Awaitable[bool]]) -> T:
        """The work's result. `gone` tells, asked twice a second, that nobody waits for it any more.

        Raises Full when there is no room, and what the work raises. Cancelled or gone, the work is told to stop.
        """
        if self._taken >= self._room:
            raise Full

        def begun() -> T:
            ticket.begin()
            return work()

        self._taken += 1
        job = asyncio.get_running_loop().run_in_executor(self._pool, begun)
        job.add_done_callback(self._leave)
        try:
            while not job.done():
                await asyncio.wait([job], timeout=0.5)
                if not job.done() and await gone():
                    raise Stopped
            return await job
        finally:
            ticket.stop()

    def _leave(self, job: asyncio.Future[T]) -> None:
        self._taken -= 1
        if not job.cancelled():
            job.exception()  # looked at: nobody may be left who would

    def close(self) -> None:
        """Take no more work, and drop what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)
