"""Memory that is given back."""

import subprocess
import sys
from pathlib import Path

import pytest

from inksight.imaging import heap

_SCRIPT = """
import numpy as np
from inksight.imaging import heap
assert heap.keep_small()
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
arrays = [np.ones(20 << 20, np.uint8) for _ in range(8)]
small = [np.ones(1000) for _ in range(100)]
full = resident()
del arrays
arrays = [np.ones(16 << 20, np.uint8) for _ in range(8)]
more = [np.ones(1000) for _ in range(100)]
del arrays
print(full - resident())
"""


def test_asked_twice_it_says_the_same():
    assert heap.keep_small() is heap.keep_small()


@pytest.mark.skipif(not heap.keep_small(), reason="not glibc")
def test_freed_arrays_leave_the_process():
    source = str(Path(heap.__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, env={"PYTHONPATH": source})
    assert int(done.stdout) > 100 << 20, done.stderr
