"""The real programs that our files are opened in: Debian's packages of tests/packages.txt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

PATIENCE = 180
"""Seconds after which a test gives up on another process: long, since a busy machine is no fault of ours."""


def need(program: str) -> str:
    """The program's path. Without it the test is skipped, or fails in CI."""
    path = shutil.which(program) or shutil.which(program, path=Path(sys.executable).parent)  # those of our dev extra
    return path or missing(f"{program} is not installed")


def missing(what: str) -> NoReturn:
    """Skip the test, and say why. In CI (.ci/run), which installs all that tests need, it fails instead."""
    if os.environ.get("INKSIGHT_CI"):
        pytest.fail(f"{what}, though CI installs tests/packages.txt")
    pytest.skip(f"{what} (tests/packages.txt)")


def run(program: str, *arguments: str | Path, timeout: float = PATIENCE) -> str:
    """What the program prints; the test fails with its errors if it doesn't succeed."""
    done = subprocess.run([need(program), *map(str, arguments)], capture_output=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    return done.stdout.decode(errors="replace")
