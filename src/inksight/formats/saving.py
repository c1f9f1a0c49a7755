"""Files that are there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from contextlib import suppress
from pathlib import Path

_HERE = hashlib.blake2b(socket.gethostname().encode(), digest_size=4).hexdigest()
"""This machine: others may write into the same folder."""


def save(target: Path, data: bytes) -> None:
    """Write beside, then rename: readers see the old file or the new one, never a part. Raises OSError."""
    if target.exists() and not target.is_file() and not target.is_dir():  # /dev/null, a pipe: nothing to replace
        target.write_bytes(data)
        return
    target = Path(os.path.realpath(target))  # a link stays a link
    beside = target.with_name(f".inksight-{_HERE}-{os.getpid()}-{secrets.token_hex(6)}")
    try:
        beside.write_bytes(data)
        os.replace(beside, target)
    finally:
        with suppress(OSError):
            beside.unlink()


def sweep(folder: Path) -> None:
    """Remove what processes of this machine that were killed within `save` have left in the folder."""
    for path in folder.glob(f".inksight-{_HERE}-*-*"):
        process = path.name.split("-")[2]
        if process.isdecimal() and not _runs(int(process)):
            with suppress(OSError):
                path.unlink()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it is another user's
        return True
    return True
