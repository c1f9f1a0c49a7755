"""How a pen may have run through a graph of lines: straight on at crossings, and back over short ways to save a lift.

A run is a list of directed lines: 2 i is line i from its first node to its second, 2 i + 1 the way back. In the same
way end 2 i of line i lies in its first node and end 2 i + 1 in its second: a run enters by the end of its own number.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ..arrays import Array
from ..ink.curves import arc_lengths
from .linegraph import Graph

Run = list[int]


def points_of(graph: Graph, run: Run) -> Array:
    """The points along a run: float64 (n, 2)."""
    return np.concatenate([graph.lines[k // 2][:: -1 if k % 2 else 1] for k in run])


def headings(graph: Graph, pen: float) -> Array:
    """For each directed line the unit vector in which it leaves its first node: float64 (2 * number of lines, 2).

    Measured beyond the blot of a junction, whose size is about `pen`, the width of the lines in px.
    """
    out = np.zeros((2 * len(graph.lines), 2))
    for k in range(len(out)):
        points = points_of(graph, [k])
        s = arc_lengths(points)
        near, far = np.searchsorted(s, [min(pen / 2, s[-1] / 3), min(2.5 * pen, s[-1])])
        step = points[far] - points[near]
        out[k] = step / max(float(np.hypot(*step)), 1e-9)
    return out


def straight_runs(graph: Graph, heads: Array, max_turn: float) -> list[Run]:
    """Every line once, in runs that go on at a junction with the line that needs the smallest turn.

    `heads` are the lines' headings; no run turns by more than `max_turn` radians at a junction.
    """
    meeting: dict[int, list[int]] = defaultdict(list)
    for i, (a, b) in enumerate(graph.ends):
        meeting[a].append(2 * i)
        meeting[b].append(2 * i + 1)
    partner: dict[int, int] = {}
    for ends in meeting.values():
        partner |= _straightest(heads, ends, max_turn)
    return _spliced(graph, list(_chains(len(graph.lines), partner)), heads)


def _spliced(graph: Graph, runs: list[Run], heads: Array) -> list[Run]:
    """The runs with each closed one that meets another taken in there as a loop, such as the eye of an e."""
    loops = [run for run in runs if _start(graph, run[0]) == _start(graph, run[-1] ^ 1)]
    out = [run for run in runs if _start(graph, run[0]) != _start(graph, run[-1] ^ 1)]
    host = {_start(graph, k): i for i, run in enumerate(out) for k in (*run, run[-1] ^ 1)}
    while loops:
        waiting = []
        for run in loops:
            n = next((n for n, k in enumerate(run) if _start(graph, k) in host), None)
            if n is None:
                waiting.append(run)
                continue
            run = run[n:] + run[:n]
            i = host[_start(graph, run[0])]
            out[i] = _inserted(graph, out[i], run, heads)
            host |= {_start(graph, k): i for k in run}
        if len(waiting) == len(loops):  # loops that only meet each other, or nothing: the first becomes a run
            out.append(waiting.pop(0))
            host |= {_start(graph, k): len(out) - 1 for k in out[-1]}
        loops = waiting
    return out


def _inserted(graph: Graph, run: Run, loop: Run, heads: Array) -> Run:
    """The run with the loop, which starts in one of its nodes, put in where and in the direction that turns least."""
    here = _start(graph, loop[0])
    places = [n for n, k in enumerate(run) if _start(graph, k) == here]
    places += [len(run)] if _start(graph, run[-1] ^ 1) == here else []
    ways = [(n, way) for n in places[:_CROWD] for way in (loop, _back(loop))]

    def bend(n: int, way: Run) -> float:
        before, after = run[n - 1 : n] if n else [], run[n : n + 1]
        added = sum(_turn(heads, a, b) for a, b in pairwise([*before, way[0]]))
        added += sum(_turn(heads, a, b) for a, b in pairwise([way[-1], *after]))
        return added - sum(_turn(heads, a, b) for a, b in pairwise([*before, *after]))

    n, way = min(ways, key=lambda choice: bend(*choice))
    return run[:n] + way + run[n:]


def _start(graph: Graph, k: int) -> int:
    """The node in which a directed line starts."""
    return graph.ends[k // 2][k % 2]


def _turn(heads: Array, a: int, b: int) -> float:
    """By how many radians the pen turns from one directed line to the next, 0 for straight on."""
    return float(np.arccos(np.clip(-heads[a ^ 1] @ heads[b], -1, 1)))


def _straightest(heads: Array, ends: list[int], max_turn: float) -> dict[int, int]:
    """The pairs among the line ends that meet in a node, the straightest first."""
    if len(ends) == 2:
        return {ends[0]: ends[1], ends[1]: ends[0]}
    away = heads[ends[:_CROWD]]
    turn = np.arccos(np.clip(-away @ away.T, -1, 1))
    pairs: dict[int, int] = {}
    for i, j in zip(*np.unravel_index(np.argsort(turn, axis=None, kind="stable"), turn.shape), strict=True):
        a, b = ends[i], ends[j]
        if turn[i, j] < max_turn and a // 2 != b // 2 and a not in pairs and b not in pairs:
            pairs |= {a: b, b: a}
    return pairs


_CROWD = 12  # more lines than this never cross in writing: the rest are not compared


def _chains(n: int, partner: dict[int, int]) -> Iterator[Run]:
    """All n items, each once, in runs that go from an item's far end to the item of that end's partner."""
    unused = set(range(n))
    starts = [e for e in range(2 * n) if e not in partner]
    for start in starts + list(range(0, 2 * n, 2)):  # what then is left are closed runs
        if start // 2 in unused:
            run = [start]
            unused.remove(start // 2)
            while (after := partner.get(run[-1] ^ 1)) is not None and after // 2 in unused:
                run.append(after)
                unused.remove(after // 2)
            yield run


def bridged(graph: Graph, runs: list[Run], limit: float, leaning: list[float]) -> list[list[Run]]:
    """The runs put into chains, with the ways back over at most `limit` px of ink that link them.

    A run that ends in a junction, beside another line, was more often than not begun or left there by a pen that stayed
    on the paper: the cheapest way from there to another run's end is retraced. `leaning[i]` says by how many px run i,
    as given, looks like the pen's direction (negative: like the opposite); a link against it costs more.
    """
    node = [_start(graph, k) for run in runs for k in (run[0], run[-1] ^ 1)]
    partner: dict[int, int] = {}
    routes: dict[tuple[int, int], Run] = {}
    family = list(range(len(runs)))

    def root(i: int) -> int:
        while family[i] != i:
            family[i] = i = family[family[i]]
        return i

    for _, e, f, route in sorted(_offers(graph, node, limit, leaning)):
        if e not in partner and f not in partner and root(e // 2) != root(f // 2):
            partner |= {e: f, f: e}
            routes |= {(e, f): route, (f, e): _back(route)}
            family[root(e // 2)] = root(f // 2)
    return [_spelled(chain, runs, routes) for chain in _chains(len(runs), partner)]


def _offers(graph: Graph, node: list[int], limit: float, leaning: list[float]) -> Iterator[tuple[float, int, int, Run]]:
    """(cost, end, other run's end, way between them) for the runs' ends that lie in a junction; end e is in node[e]."""
    degree, lengths = graph.degrees(), graph.lengths().tolist()
    beside: dict[int, list[int]] = defaultdict(list)
    for k in range(2 * len(graph.lines)):
        beside[_start(graph, k)].append(k)
    at: dict[int, list[int]] = defaultdict(list)
    for e, place in enumerate(node):
        at[place].append(e)
    forth = [lean * sign for lean in leaning for sign in (-1, 1)]  # how much each end looks like the run's last
    for e, place in enumerate(node):
        if degree[place] > 2:
            for cost, stop, route in _reachable(graph, beside, lengths, place, limit):
                for f in at[stop]:
                    against = min(abs(forth[e]), abs(forth[f])) if forth[e] * forth[f] > 0 else 0.0
                    if f // 2 != e // 2 and cost + _AGAINST * against <= limit:
                        yield cost + _AGAINST * against, e, f, route


_AGAINST = 0.5  # px of detour that a px of leaning against the pen's direction is worth


def _reachable(
    graph: Graph, beside: dict[int, list[int]], lengths: list[float], start: int, limit: float
) -> Iterator[tuple[float, int, Run]]:
    """(length, node, way) to each node within `limit` of `start`, nearest first (Dijkstra)."""
    done: set[int] = set()
    heap: list[tuple[float, int, Run]] = [(0.0, start, [])]
    while heap and len(done) < _HORIZON:
        cost, here, way = heapq.heappop(heap)
        if here not in done:
            done.add(here)
            yield cost, here, way
            for k in beside[here]:
                if cost + lengths[k // 2] <= limit:
                    heapq.heappush(heap, (cost + lengths[k // 2], _start(graph, k ^ 1), [*way, k]))


_HORIZON = 24  # nodes around a junction that are looked at; bounds the time on masks that are no writing


def _spelled(chain: Run, runs: list[Run], routes: dict[tuple[int, int], Run]) -> list[Run]:
    """A chain of run numbers as runs, with the routes between them."""
    out = [_turned(runs, chain[0])]
    for before, item in pairwise(chain):
        if route := routes[before ^ 1, item]:
            out.append(route)
        out.append(_turned(runs, item))
    return out


def _turned(runs: list[Run], item: int) -> Run:
    return _back(runs[item // 2]) if item % 2 else runs[item // 2]


def _back(run: Run) -> Run:
    """The same lines walked the other way."""
    return [k ^ 1 for k in reversed(run)]
