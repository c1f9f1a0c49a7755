"""What a request may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that keep one visitor from taking the machine; all of them end in a clear 4xx answer."""

    upload_bytes: int = 32 * 2**20
    document_bytes: int = 8 * 2**20
    """Of ink that is sent; that of a full page takes less than one."""
    pixels: int = 50_000_000
    """Of a picture, told from its head before it is decoded, and of a page that is rendered."""
    pages: int = 1000
    """Of a file, one of which is converted at a time."""
    upload_seconds: float = 60.0
    """For a request's head, and again for its body, to arrive."""
    work_seconds: float = 180.0
    """For one picture, until something comes of it, and again until more does: a step, some words."""
    workers: int = 2
    waiting: int = 32
    """Requests that wait for a worker; the next one is told to come back."""
    many_words: int = 200
    """A page with more is traced only after the visitor was asked."""
    kept_seconds: float = 3600.0
    kept_bytes: int = 256 * 2**20
    """Results are forgotten this long after they were last asked for, or when newer ones need the room."""
