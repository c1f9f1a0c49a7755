"""SVG's little languages: path data and transform lists (SVG 1.1, sections 8.3 and 7.6)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache

import numpy as np

from ..ink.frames import Affine

Point = tuple[float, float]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_CALL = re.compile(r"[\s,]*(\w+)\s*\(([^)]*)\)")
_ARITY = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}
_FINEST = 100.0  # pieces of a curve, however large it is: a circle as large as a page keeps to a tenth of a pixel


def scan(text: str) -> list[float]:
    """All the numbers in a text, whatever stands between."""
    return [float(v) for v in re.findall(_NUMBER, text)]


def transform(text: str) -> Affine:
    """The map of a transform list from the element's frame to its parent's. Raises ValueError for an unknown one."""
    frame = Affine()
    end = 0
    while match := _CALL.match(text, end):
        frame = _transform(match[1], scan(match[2])).then(frame)  # the last one written is the first to be applied
        end = match.end()
    if text[end:].strip():
        raise ValueError(f"can't read the transform '{text}'")
    return frame


def _transform(name: str, values: list[float]) -> Affine:
    match name, values:
        case "matrix", [a, b, c, d, e, f]:
            return Affine(a, c, e, b, d, f)
        case "translate", [x, *y]:
            return Affine.translation(x, y[0] if y else 0.0)
        case "scale", [x, *y]:
            return Affine.scaling(x, y[0] if y else x)
        case "rotate", [degrees]:
            return Affine.rotation(math.radians(degrees))
        case "rotate", [degrees, x, y]:
            return Affine.translation(-x, -y).then(_transform("rotate", [degrees])).then(Affine.translation(x, y))
        case "skewX", [degrees]:
            return Affine(b=math.tan(math.radians(degrees)))
        case "skewY", [degrees]:
            return Affine(d=math.tan(math.radians(degrees)))
    raise ValueError(f"can't read the transform '{name}' of {len(values)} numbers")


def flatten(data: str, tolerance: float) -> list[list[Point]]:
    """The subpaths of path data as polylines that stay within `tolerance` of their curves.

    Raises ValueError for broken path data and for arcs.
    """
    lines: list[list[Point]] = []
    here = start = (0.0, 0.0)
    last, control = "M", here  # the command before, and its last control point, which S and T mirror
    for command, values in _commands(data):
        kind = command.upper()
        points = _absolute(kind, values, here, here if command != kind else (0.0, 0.0))
        if kind == "M":
            start = points[0]
            lines.append([])
        elif not lines:
            raise ValueError("path data must begin with M")
        elif kind == "Z":
            points = [start]
        elif last == "Z":  # goes on from where the subpath before began
            lines.append([start])
        if kind in "ST":
            smooth = last in ("CS" if kind == "S" else "QT")
            points.insert(0, (2 * here[0] - control[0], 2 * here[1] - control[1]) if smooth else here)
        lines[-1] += _bezier([here, *points], tolerance) if kind in "CSQT" else points
        last, control, here = kind, points[max(-2, -len(points))], points[-1]
    return lines


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with the numbers of one use of it; repeated uses are written out."""
    leading, *parts = re.split(r"([A-DF-Za-df-z])", data)
    if leading.strip():
        raise ValueError(f"path data must begin with M, not '{leading.strip()[:20]}'")
    for command, arguments in zip(parts[::2], parts[1::2], strict=True):
        if command in "Aa":
            raise ValueError("arcs in paths aren't read: turn them into curves first")
        count = _ARITY.get(command.upper(), -1)
        values = scan(arguments)
        if re.sub(_NUMBER, "", arguments).strip(", \t\r\n") or (len(values) % count if count > 0 else values):
            raise ValueError(f"can't read the path data '{(command + arguments)[:40]}'")
        if count == 0:
            yield command, []
        for i in range(0, len(values), max(count, 1)):
            yield command, values[i : i + count]
            command = {"M": "L", "m": "l"}.get(command, command)  # further pairs after a move are lines


def _absolute(kind: str, values: list[float], here: Point, origin: Point) -> list[Point]:
    """The points of a command whose numbers count from `origin`."""
    if kind == "H":
        return [(values[0] + origin[0], here[1])]
    if kind == "V":
        return [(here[0], values[0] + origin[1])]
    return [(x + origin[0], y + origin[1]) for x, y in zip(values[::2], values[1::2], strict=True)]


def _bezier(controls: list[Point], tolerance: float) -> list[Point]:
    """A quadratic or cubic Bezier curve as points behind its start.

    As many even steps as Wang's bound asks for: sqrt(d (d - 1) / 8 * max |second difference| / tolerance), of degree d.
    """
    degree = len(controls) - 1
    bend = max(
        math.hypot(a[0] - 2 * b[0] + c[0], a[1] - 2 * b[1] + c[1])
        for a, b, c in zip(controls, controls[1:], controls[2:], strict=False)
    )
    steps = math.ceil(min(_FINEST, max(1.0, math.sqrt(degree * (degree - 1) / 8 * bend / tolerance))))
    return [
        (sum(w * x for w, (x, _) in zip(row, controls, strict=True)),
         sum(w * y for w, (_, y) in zip(row, controls, strict=True)))
        for row in _weights(degree, steps)
    ]  # fmt: skip


@cache
def _weights(degree: int, steps: int) -> list[list[float]]:
    """How much each control point counts for each of the points, which are evenly spread."""
    t = np.arange(1, steps + 1)[:, None] / steps
    k = np.arange(degree + 1)
    ways = np.array([math.comb(degree, i) for i in range(degree + 1)])
    weights: list[list[float]] = (ways * t**k * (1 - t) ** (degree - k)).tolist()
    return weights
