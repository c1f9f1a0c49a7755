"""Work that is no longer wanted ends at its next step, in every thread that does it."""

import numpy as np
import pytest

from inksight import threads
from inksight.interrupt import asking, checkpoint
from inksight.layout.rapidocr import _Asking


class Unwanted(Exception):
    pass


def refuse():
    raise Unwanted


def test_nobody_asks_where_nobody_wants_to_know():
    checkpoint()


def test_the_work_ends_where_it_is_refused():
    with pytest.raises(Unwanted), asking(refuse):
        checkpoint()
    checkpoint()


@pytest.mark.parametrize("count", [1, 2])
def test_threads_ask_for_whoever_began_them(count):
    def work(item):
        checkpoint()
        return item

    assert list(threads.each(work, range(5), count)) == list(range(5))
    with asking(refuse), pytest.raises(Unwanted):
        list(threads.each(work, range(5), count))


def test_a_detector_asks_before_each_of_its_networks_runs():
    runs = []
    network = _Asking(lambda pictures: runs.append(pictures.shape) or "found")
    assert network(np.zeros((1, 3))) == "found"
    with asking(refuse), pytest.raises(Unwanted):
        network(np.zeros((1, 3)))
    assert runs == [(1, 3)]
