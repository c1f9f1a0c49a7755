import numpy as np
import pytest

from inksight.centerline.linegraph import build, contract, prune


def mask(*rows):
    return np.array([[c == "#" for c in row] for row in rows])


CROSS = mask("..#....", "..#....", "#######", "..#....", "..#....", "..#....")


def test_a_stair_is_one_line():
    graph = build(mask("##...", ".##..", "..#..", "...##"))
    assert len(graph.lines) == 1
    assert graph.lines[0].tolist()[0] == [0.5, 0.5]
    assert graph.lines[0].tolist()[-1] == [4.5, 3.5]


def test_a_cross_has_four_arms_in_one_node():
    graph = build(CROSS)
    assert len(graph.lines) == 4
    assert sorted(graph.degrees().values()) == [1, 1, 1, 1, 4]
    assert sorted(graph.lengths()) == [2, 2, 3, 4]


def test_a_ring_and_a_lone_pixel():
    graph = build(mask(".##..", "#..#.", ".##..", ".....", "....#"))
    dot, ring = sorted(graph.lines, key=len)
    assert dot.tolist() == [[4.5, 4.5]]
    assert len(ring) == 7
    assert ring[0].tolist() == ring[-1].tolist()
    assert sorted(graph.lengths()) == pytest.approx([0, 4 * np.sqrt(2) + 2])


def test_every_pixel_lies_on_a_line():
    noise = np.random.default_rng(0).random((20, 30)) < 0.3
    points = {tuple(p) for line in build(noise).lines for p in line.tolist()}
    rows, columns = np.nonzero(noise)
    assert points == set(zip((columns + 0.5).tolist(), (rows + 0.5).tolist(), strict=True))


def test_prune_takes_the_short_arms_but_never_the_last_two():
    assert sorted(prune(build(CROSS), 2.5).lengths()) == [3, 4]
    assert len(prune(build(CROSS), 100).lines) == 2
    line = build(mask("####"))
    assert prune(line, 100) == line


def test_contract_joins_two_forks_and_drops_the_line_between():
    graph = build(mask("#.....#", ".#...#.", "..###..", ".#...#.", "#.....#"))
    assert len(graph.lines) == 5
    joined = contract(graph, 2.5)
    assert sorted(joined.degrees().values()) == [1, 1, 1, 1, 4]
    assert len(contract(graph, 1.5).lines) == 5


def test_longest():
    assert sorted(build(CROSS).longest(2).lengths()) == [3, 4]
    assert len(build(np.zeros((3, 3), bool)).longest(2).lines) == 0
