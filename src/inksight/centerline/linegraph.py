"""A one pixel wide skeleton as a graph: lines of pixels between ends, junctions and lone pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Mask
from ..ink.curves import arc_lengths

RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""The eight neighbours (row, column), clockwise from north; the even ones share a side with the pixel."""


@dataclass(frozen=True)
class Graph:
    """Lines between nodes.

    `lines[i]` is float64 (n, 2), the pixel centres from node `ends[i][0]` to node `ends[i][1]`. A closed line without
    a node has one made up for it. Node numbers have no meaning beyond being equal.
    """

    lines: list[Array]
    ends: list[tuple[int, int]]

    def degrees(self) -> Counter[int]:
        """How many line ends meet in each node."""
        return Counter(node for pair in self.ends for node in pair)

    def lengths(self) -> Array:
        """Arc length of each line: float64 (number of lines,)."""
        if not self.lines:
            return np.zeros(0)
        stop = np.cumsum([len(line) for line in self.lines])
        along = arc_lengths(np.concatenate(self.lines))  # of all at once: crowded graphs have very many short lines
        return np.asarray(along[stop - 1] - along[np.concatenate([[0], stop[:-1]])])

    def keep(self, wanted: set[int]) -> Graph:
        """The graph with only the lines of these indices."""
        return Graph([self.lines[i] for i in sorted(wanted)], [self.ends[i] for i in sorted(wanted)])

    def longest(self, count: int) -> Graph:
        """The graph with only the `count` longest lines."""
        return self if len(self.lines) <= count else self.keep(set(np.argsort(-self.lengths())[:count].tolist()))


def build(skeleton: Mask) -> Graph:
    """The graph of a skeleton as `thin` makes it: bool (H, W)."""
    rows, columns = np.nonzero(skeleton)
    centres = np.stack([columns + 0.5, rows + 0.5], axis=1)
    chains = list(_chains(_links(skeleton)))
    return Graph([centres[chain] for chain in chains], [(chain[0], chain[-1]) for chain in chains])


def _links(skeleton: Mask) -> list[list[int]]:
    """For each skeleton pixel the numbers of its neighbours.

    A diagonal neighbour counts only if no pixel that shares a side with both links them, so that a stair is a chain.
    """
    rows, columns = np.nonzero(skeleton)
    number = np.full((skeleton.shape[0] + 2, skeleton.shape[1] + 2), -1)
    number[rows + 1, columns + 1] = np.arange(len(rows))
    around = np.stack([number[rows + 1 + dr, columns + 1 + dc] for dr, dc in RING], axis=1)
    side = around[:, ::2] >= 0
    around[:, 1::2][side | np.roll(side, -1, axis=1)] = -1
    return [[k for k in row if k >= 0] for row in around.tolist()]


def _chains(links: list[list[int]]) -> Iterator[list[int]]:
    """Each chain of pixels between two nodes once, both nodes included; a closed one repeats its first pixel."""
    unused = {i for i, near in enumerate(links) if len(near) == 2}
    walked: set[tuple[int, int]] = set()
    for node, near in enumerate(links):
        if not near:
            yield [node]
        for step in near if len(near) != 2 else ():
            if (node, step) not in walked:
                chain = _follow(links, node, step)
                walked |= {(node, step), (chain[-1], chain[-2])}
                unused.difference_update(chain)
                yield chain
    while unused:
        start = unused.pop()
        chain = _follow(links, start, links[start][0])
        unused.difference_update(chain)
        yield chain


def _follow(links: list[list[int]], start: int, step: int) -> list[int]:
    chain = [start, step]
    while len(links[chain[-1]]) == 2 and chain[-1] != start:
        a, b = links[chain[-1]]
        chain.append(b if a == chain[-2] else a)
    return chain


def prune(graph: Graph, limit: float) -> Graph:
    """Without the spurs, the dead ends shorter than `limit` at a junction; the shortest go first.

    A junction that has lost all but two lines is none any more, and what is left there is no spur.
    """
    degree, length = graph.degrees(), graph.lengths()
    keep = set(range(len(graph.lines)))
    for i in np.argsort(length, kind="stable").tolist():
        a, b = graph.ends[i]
        if length[i] < limit and min(degree[a], degree[b]) == 1 and max(degree[a], degree[b]) > 2:
            keep.remove(i)
            degree.subtract((a, b))
    return graph.keep(keep)


def contract(graph: Graph, limit: float) -> Graph:
    """With junctions that a line shorter than `limit` links made one, as the skeleton tears a crossing into two forks.

    Rings shorter than that, the holes of a crossing, vanish too.
    """
    degree, length = graph.degrees(), graph.lengths()
    parent = {node: node for node in degree}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    gone = {i for i, (a, b) in enumerate(graph.ends) if length[i] < limit and min(degree[a], degree[b]) > 2}
    for i in gone:
        parent[root(graph.ends[i][0])] = root(graph.ends[i][1])
    ends = [(root(a), root(b)) for a, b in graph.ends]
    gone |= {i for i, (a, b) in enumerate(ends) if a == b and length[i] < limit and degree[a] > 2}
    return Graph(graph.lines, ends).keep(set(range(len(ends))) - gone)
