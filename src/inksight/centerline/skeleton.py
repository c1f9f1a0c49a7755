"""The classical ordered centreline tracer: thin the ink, walk its graph, put the strokes in a natural order.

It needs no model: it is the fallback when the model's strokes don't match the picture, and the evaluation's baseline.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Mask
from ..imaging.crop import Crop
from ..ink import Stroke
from ..ink.curves import arc_lengths, resample, smooth
from . import linegraph, penpath
from .linegraph import RING, Graph
from .snap import snap


def _removable(second: bool) -> NDArray[np.bool_]:
    """For each of the 256 neighbourhoods (bit k: RING[k] is ink) whether the pixel goes in this subiteration."""
    n, ne, e, se, s, sw, w, nw = ((np.arange(256)[None] >> np.arange(8)[:, None]) & 1).astype(bool)
    arms = (~n & (ne | e)).astype(int) + (~e & (se | s)) + (~s & (sw | w)) + (~w & (nw | n))
    ahead = (nw | n).astype(int) + (ne | e) + (se | s) + (sw | w)
    behind = (n | ne).astype(int) + (e | se) + (s | sw) + (w | nw)
    few = np.minimum(ahead, behind)
    side = (s | sw | ~nw) & w if second else (n | ne | ~se) & e
    return np.asarray((arms == 1) & (few >= 2) & (few <= 3) & ~side)


_TABLES = (_removable(False), _removable(True))
_BITS = 1 << np.arange(8)


def thin(mask: Mask) -> Mask:
    """The skeleton of the mask: lines one pixel wide, with as many components and holes: bool (H, W).

    Guo and Hall 1989, "Parallel thinning with two-subiteration algorithms", algorithm A1, by look-up.
    """
    padded = np.pad(mask, 1)
    flat = padded.reshape(-1)
    offsets = np.array([r * padded.shape[1] + c for r, c in RING])
    live = np.flatnonzero(flat)
    changed = True
    while changed:
        changed = False
        for table in _TABLES:
            gone = table[flat[live[:, None] + offsets] @ _BITS]
            changed = changed or bool(gone.any())
            flat[live[gone]] = False
            live = live[~gone]
    return padded[1:-1, 1:-1]


def trace(crop: Crop) -> list[Stroke]:
    """The centrelines of the ink as strokes in a natural writing order, in pixels of the crop.

    Specks are left out. A crop without ink gives no strokes, and none makes it fail. On a map of noise only the 2,000
    longest lines are kept, which bounds the time.
    """
    if crop.is_blank:
        return []
    pen, height = crop.pen, crop.bounds[3] - crop.bounds[1]
    graph = linegraph.contract(linegraph.build(thin(crop.mask)), 1.5)  # touching junction pixels are one junction
    graph = linegraph.prune(graph, _SPUR * pen).longest(_MOST_LINES)
    graph = linegraph.contract(graph, _TEAR * pen)
    heads = penpath.headings(graph, pen)
    runs = penpath.straight_runs(graph, heads, np.radians(_MAX_TURN))
    leaning = [_leaning(penpath.points_of(graph, run), height) for run in runs]
    chains = penpath.bridged(graph, runs, _RETRACE * height, leaning)
    curves = [_forward(_curve(graph, chain, pen), height, pen) for chain in chains]
    curves = [c for c in curves if not _is_speck(crop.mask, c, pen)]
    strokes = [Stroke(curves[i]) for i in _natural_order(curves, height)]
    return snap(crop, strokes, reach=max(1.0, pen / 4))  # thinning is off by half a pixel, and by more at junctions


# In pen widths, ink heights and degrees; chosen on words of UNIPEN's training writers.
_SPUR, _TEAR = 1.0, 1.8  # what is shorter is an artefact of thinning: a spur, a crossing torn into two forks
_MAX_TURN = 70  # at a junction a line goes on in another one only up to this turn
_RETRACE = 0.6  # how far the pen goes back over ink to save a lift
_MOST_LINES = 2000


def _curve(graph: Graph, chain: list[penpath.Run], pen: float) -> Array:
    """The chain's points without the stairs of the pixels; where the pen turns back, the corner stays sharp."""
    pieces = [smooth(penpath.points_of(graph, run), pen / 2, max(1.0, pen / 3)) for run in chain]
    curve = np.concatenate(pieces)
    return np.asarray(curve[np.concatenate([[True], (np.diff(curve, axis=0) != 0).any(axis=1)])])


def _leaning(curve: Array, height: float) -> float:
    """By how many px the curve looks drawn in its direction: rightwards, downwards and counter-clockwise are natural.

    Changes its sign with the direction. The weights are a logistic regression's on words of UNIPEN's training writers.
    """
    across, down = curve[-1] - curve[0]
    steps = np.diff(resample(curve, 0.1 * height), axis=0)
    angle = np.arctan2(steps[:, 1], steps[:, 0])
    clockwise = ((np.diff(angle) + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi)
    return float(across + 1.2 * down - 0.2 * height * clockwise)


def _forward(curve: Array, height: float, pen: float) -> Array:
    """The curve in the direction in which a person would draw it; a closed one starts at its top right."""
    gap = np.hypot(*(curve[-1] - curve[0]))
    if len(curve) > 3 and gap < 0.01 * height:
        start = int((curve[:-1] @ [1.0, -2.0]).argmax())
        curve = np.concatenate([curve[start:-1], curve[: start + 1]])
    return _opened(np.asarray(curve if _leaning(curve, height) >= 0 else curve[::-1]), pen)


def _opened(curve: Array, pen: float) -> Array:
    """The curve with a loop at its start, the bowl of an a or d, walked counter-clockwise."""
    far = np.hypot(*(curve - curve[0]).T)
    away = int((far > 2 * pen).argmax())
    back = np.flatnonzero(far[away:] < pen)
    if not away or not len(back):
        return curve
    end = away + int(back[0])
    while end + 1 < len(curve) and far[end + 1] < far[end]:
        end += 1
    x, y = curve[: end + 1].T
    clockwise = np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) > 0  # as y points down
    return np.concatenate([curve[end::-1], curve[end:]]) if clockwise else curve


def _is_speck(mask: Mask, curve: Array, pen: float) -> bool:
    """Whether the ink around a short curve is less than a quarter of a pen width squared."""
    (x0, y0), (x1, y1) = np.floor(curve.min(axis=0) - pen / 2), np.ceil(curve.max(axis=0) + pen / 2)
    if max(x1 - x0, y1 - y0) > 3 * pen + 2:
        return False
    return bool(mask[max(int(y0), 0) : int(y1), max(int(x0), 0) : int(x1)].sum() < pen * pen / 4)


def _natural_order(curves: list[Array], height: float) -> list[int]:
    """Left to right by the left edge, but each dot, accent and bar directly after the stroke it lies over or under."""
    if not curves:
        return []
    low, high = np.array([c.min(axis=0) for c in curves]), np.array([c.max(axis=0) for c in curves])
    (wide, tall), middle = (high - low).T, (low + high) / 2
    length = np.array([arc_lengths(c)[-1] for c in curves])
    bar = (tall < 0.2 * height) & (tall < wide) & (wide < height) & (middle[:, 1] < np.mean(middle[:, 1]))
    mark = (length < 0.3 * height) | bar
    rank = low[:, 0].copy()
    bodies = np.flatnonzero(~mark)
    for i in np.flatnonzero(mark) if len(bodies) else ():
        beyond = np.maximum(low[bodies] - middle[i], middle[i] - high[bodies]).clip(0)
        near = beyond @ [1.0, 0.3] + 0.1 * np.abs(middle[bodies, 0] - middle[i, 0])
        host = bodies[near.argmin()]
        if low[i, 0] <= high[host, 0] and high[i, 0] >= low[host, 0]:
            rank[i] = low[host, 0]
        else:
            mark[i] = False  # it stands alone: a comma, a hyphen
    order: list[int] = np.lexsort((low[:, 0], mark, rank)).tolist()
    return order
