"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def save(target: Path, data: bytes) -> None:
    """Write beside, then rename: readers see the old file or the new one, never a part. Raises OSError."""
    if target.exists() and not target.is_file() and not target.is_dir():  # /dev/null, a pipe: nothing to replace
        target.write_bytes(data)
        return
    target = target.resolve()  # a link stays a link
    beside = target.with_name(f".inksight-{secrets.token_hex(6)}")
    try:
        beside.write_bytes(data)
        os.replace(beside, target)
    finally:
        with suppress(OSError):
            beside.unlink()
