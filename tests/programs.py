"""The real programs that our files are opened in: Debian's packages of tests/packages.txt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def need(program: str) -> str:
    """The program's path. Where it is missing the test is skipped, but fails in CI, which installs them all."""
    path = shutil.which(program) or shutil.which(program, path=Path(sys.executable).parent)  # those of our dev extra
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{program} is missing: install the packages of tests/packages.txt")
    if path is None:
        pytest.skip(f"{program} is not installed (tests/packages.txt)")
    return path


def run(program: str, *arguments: str | Path, timeout: float = 120) -> str:
    """What the program prints; the test fails with its errors if it doesn't succeed."""
    done = subprocess.run([need(program), *map(str, arguments)], capture_output=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout.decode(errors="replace")
