"""Work shared by threads."""

import threading

import pytest

from inksight import threads
from tests.programs import PATIENCE


@pytest.mark.parametrize("number", [1, 2, 3])
def test_results_come_in_order(number):
    assert list(threads.each(lambda x: x * x, range(20), number)) == [x * x for x in range(20)]


def test_two_work_at_once():
    both = threading.Barrier(2, timeout=PATIENCE)
    assert sorted(threads.each(lambda _: both.wait(), range(2), 2)) == [0, 1]


def test_one_thread_is_the_caller_s():
    assert set(threads.each(lambda _: threading.get_ident(), range(3), 1)) == {threading.get_ident()}


@pytest.mark.parametrize("number", [1, 2])
def test_what_the_work_raises_comes_out_and_ends_it(number):
    begun = []

    def work(x):
        begun.append(x)
        return 1 / (x - 2)

    found = threads.each(work, range(100), number)
    assert [next(found), next(found)] == [-0.5, -1.0]
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert max(begun) < 8


def test_nobody_asks_for_the_rest():
    begun = []
    found = threads.each(begun.append, range(100), 2)
    next(found)
    found.close()
    assert len(begun) < 8
    assert not [t for t in threading.enumerate() if t.name.startswith("inksight-words")]


def test_nothing_to_do():
    assert list(threads.each(str, [], 2)) == []


@pytest.mark.parametrize(("told", "most"), [("1", 1), ("2", 2), ("64", 2), ("0", 1), ("many", 2), ("", 2)])
def test_as_many_as_allowed(monkeypatch, told, most):
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: range(8), raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert threads.count() == most


def test_no_more_than_processors(monkeypatch):
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: range(1), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert threads.count() == 1
