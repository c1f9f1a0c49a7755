"""Memory that is given back: large arrays lie outside the C library's heap, and leave the process once they are freed.

glibc learns from the first large arrays that are freed to keep such sizes on its heap, where small ones between them
hold it open. Finding the words of a page then takes 550 MB at its peak instead of 410.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_M_MMAP_THRESHOLD = -3  # malloc.h
LARGE = 4 << 20
"""Bytes from which memory is large."""


@cache
def keep_small() -> bool:
    """Set it for this process; whether that was possible (with glibc alone)."""
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL("libc.so.6").mallopt(_M_MMAP_THRESHOLD, LARGE))
    except (OSError, AttributeError):  # another C library
        return False
