"""Long work asks here, before each of its steps, whether it is still wanted; whoever began it may say no by raising."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Check = Callable[[], None]
"""Returns, or raises what is to end the work."""

_check: ContextVar[Check | None] = ContextVar("check", default=None)


@contextmanager
def asking(check: Check) -> Iterator[None]:
    """`checkpoint` calls `check` inside of the with block, in this thread and in those of `threads.each`."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def checkpoint() -> None:
    """To be called before work that takes a tenth of a second or more. Raises what the check raises."""
    check = _check.get()
    if check is not None:
        check()
