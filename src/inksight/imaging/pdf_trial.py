"""Whether PDFium comes to an end with a page: tried in a process of its own.

Forms may draw forms. PDFium takes each up as often as it is drawn, so that forty that draw the next one twice, some
kilobytes, keep it busy for years, and memory fills with them. Nothing but the end of its process stops it. Only files
that hold several forms are tried: their names are never packed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import BinaryIO

SECONDS, GIGABYTES = 10, 2
"""Of processor time, for one page; of memory. Pages of 25,000 parts take a tenth of a second."""

_FORM = re.compile(rb"/(?:F|#46)(?:o|#6[Ff])(?:r|#72)(?:m|#6[Dd])\b")
_CHUNK = 1 << 20


def nests(file: BinaryIO) -> bool:
    """Whether the file holds more than one form."""
    file.seek(0)
    found, end = 0, b""
    while found < 2 and (chunk := file.read(_CHUNK)):
        found += len(_FORM.findall(end + chunk))
        end = chunk[-8:]
    return found > 1


def ends(file: BinaryIO, index: int) -> bool:
    """Whether the page can be loaded within the bounds. Anything else that is wrong with it isn't told."""
    command = [sys.executable, "-P", __file__, str(index), str(SECONDS), str(GIGABYTES)]
    file.seek(0)
    try:
        done = subprocess.run(command, stdin=file.fileno(), capture_output=True, check=False)
    except OSError:  # it isn't on a disk
        done = subprocess.run(command, input=file.read(), capture_output=True, check=False)
    return done.returncode >= 0


def _load(index: int, seconds: int, gigabytes: int) -> None:
    import resource

    import pypdfium2

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (gigabytes << 30, gigabytes << 30))
    file = sys.stdin.buffer
    page = pypdfium2.PdfDocument(file if file.seekable() else file.read())[index]
    page.close()


if __name__ == "__main__":
    _load(*map(int, sys.argv[1:]))
