"""Where requests wait for a worker: a bounded queue in front of a few threads, whose work can be stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

LOOK = 0.5
"""Seconds between two looks at whether somebody still waits."""


class Full(Exception):
    """Too many are waiting."""


class Stopped(Exception):
    """Nobody waits for this work any more."""


class Closed(Exception):
    """The server is being stopped."""


class TooLong(Exception):
    """The work took longer than a request may."""


class Ticket:
    """A piece of work's right to go on: it asks now and then. Work of which nothing comes for so many seconds has
    lost it."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end, self._stopped = seconds, float("inf"), False

    def begin(self) -> None:
        """The clock starts when the work does, not while it waits."""
        self.renew()

    def renew(self) -> None:
        """Something has come of the work: the clock starts anew. Raises as `check` does."""
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
        self._room = workers + waiting
        self._tickets: set[Ticket] = set()
        self._closed = False

    def admit(self) -> None:
        """Raises Full when there is no room, or Closed: to be asked before a large upload is read."""
        if self._closed:
            raise Closed
        if len(self._tickets) >= self._room:
            raise Full

    async def run(self, ticket: Ticket, work: Callable[[], T], gone: Callable[[], Awaitable[bool]] | None = None) -> T:
        """The work's result. `gone` tells, asked now and then, that nobody waits for it any more.

        Raises Full when there is no room, Closed, TooLong, and what the work raises. Cancelled or gone, the work is
        told to stop; work that hasn't begun is dropped.
        """
        self.admit()

        def begun() -> T:
            ticket.begin()
            return work()

        self._tickets.add(ticket)
        future = self._pool.submit(begun)
        future.add_done_callback(lambda _: self._tickets.discard(ticket))
        job = asyncio.wrap_future(future)
        try:
            while not job.done():
                await asyncio.wait([job], timeout=LOOK)
                if self._closed:
                    raise Closed
                if not job.done():
                    ticket.check()
                    if gone is not None and await gone():
                        raise Stopped
            return job.result()
        finally:
            ticket.stop()
            job.cancel()

    def close(self) -> None:
        """Take no more work, drop what waits, and stop what runs."""
        self._closed = True
        for ticket in tuple(self._tickets):
            ticket.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
