"""How much memory opening a picture takes, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

_MEASURE = """
import re, sys
from inksight.imaging.pictures import open_picture
shape = open_picture(sys.argv[1]).pixels.shape
print(*shape, int(re.search("VmHWM: *(\\\\d+)", open("/proc/self/status").read().replace("\\t", " "))[1]) // 1024)
"""


def of_opening(path: Path) -> tuple[tuple[int, ...], int]:
    """The shape of what comes, and the most memory that was in use, in MB."""
    if not Path("/proc/self/status").exists():  # a child's ru_maxrss counts its parent's memory, too
        pytest.skip("memory is measured on Linux alone")
    run = [sys.executable, "-c", _MEASURE, str(path)]
    *shape, most = map(int, subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())
    return tuple(shape), most
