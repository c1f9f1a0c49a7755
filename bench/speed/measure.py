"""Processes that measure one thing each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FEATURES = {"avx2": "AVX2", "avx_vnni": "AVX-VNNI", "avx512f": "AVX-512", "avx512_vnni": "VNNI", "amx_int8": "AMX"}
"""What matters to matrix products, by its name in /proc/cpuinfo."""


def task(name: str, threads: int, /, limit: float = 400.0, **asked: Any) -> dict[str, Any]:
    """A task's facts (`bench.speed.tasks`), or {"failed": why}; its process may use so many threads."""
    command = [sys.executable, "-W", "ignore", "-m", "bench.speed.tasks", name, json.dumps(asked)]
    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment(threads), timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done within {limit:.0f} s"}
    finally:
        print(f"{time.perf_counter() - start:6.1f} s  {name} {threads} {asked}", file=sys.stderr)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["no reason given"])[-1]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def command(arguments: list[str], runs: int, threads: int = 2) -> float:
    """The least seconds of an `inksight` command from start to end. Raises CalledProcessError when it fails."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "inksight", *arguments], check=True, capture_output=True, env=environment(threads)
        )
        found.append(time.perf_counter() - start)
    return min(found)


def environment(threads: int) -> Mapping[str, str]:
    """This process's, with the number of threads that libraries may use."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return {**os.environ, **dict.fromkeys(names, str(threads))}


def machine() -> dict[str, Any]:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split() for line in lines if line.startswith("flags")), [])
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "processor": names[0] if names else sys.platform, "processors": os.cpu_count(), "load": load,
        "features": [name for flag, name in FEATURES.items() if flag in flags],
    }  # fmt: skip


def megabytes(folder: Path) -> float:
    """Of all files in a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts) / 1e6
