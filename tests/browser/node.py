"""Functions of the page's JavaScript modules, called from Python."""

from __future__ import annotations

import base64
import json
import subprocess
from functools import cache
from pathlib import Path

import numpy as np

from tests.programs import PATIENCE, missing, need

CALLER = Path(__file__).parent / "node.mjs"


def calls(*wanted):
    """The answers of [(module, function, arguments), ...], run in one go by node; the test is skipped without node.

    Arrays of one axis become typed arrays, those of two become grids, and back.
    """
    node = _node()
    asked = [{"module": module, "name": name, "args": _given(arguments)} for module, name, arguments in wanted]
    done = subprocess.run(
        [node, CALLER], input=json.dumps(asked).encode(), capture_output=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return [_told(answer) for answer in json.loads(done.stdout)]


@cache
def _node():
    """The program's path; the test is skipped where it is missing or too old."""
    node = need("node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if int(version.lstrip("v").partition(".")[0] or 0) < 18:
        missing(f"node is too old ({version}); the tests take 18")
    return node


def call(module, name, *arguments):
    """One answer."""
    return calls((module, name, arguments))[0]


def channels(rgb):
    """uint8 (H, W, 3) as the three grids that the modules take."""
    return [np.ascontiguousarray(rgb[..., k]) for k in range(3)]


def curves(strokes):
    """Strokes, or their points, as lists."""
    return [np.asarray(getattr(s, "points", s), float).tolist() for s in strokes]


def _given(value):
    if isinstance(value, np.ndarray):
        kind = "uint8" if value.dtype == bool else str(value.dtype)
        data = base64.b64encode(np.ascontiguousarray(value).astype(kind).tobytes()).decode()
        return {"$grid": list(value.shape), "kind": kind, "data": data}
    if isinstance(value, list | tuple):
        return [_given(v) for v in value]
    if isinstance(value, dict):
        return {k: _given(v) for k, v in value.items()}
    return value


def _told(value):
    if isinstance(value, list):
        return [_told(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "$grid" in value:
        return np.frombuffer(base64.b64decode(value["data"]), value["kind"]).reshape(value["$grid"])
    if "$map" in value:
        return {k: _told(v) for k, v in value["$map"]}
    return {k: _told(v) for k, v in value.items()}
