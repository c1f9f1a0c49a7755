"""Pages on a Ray cluster of several machines, one of which is lost. Needs `pip install 'inksight[ray]'`."""

import threading
import time
from pathlib import Path

import pytest

from inksight import formats
from inksight.batch.jobs import Work
from tests import works
from tests.programs import PATIENCE
from tests.test_batch import tasks_of

pytest.importorskip("ray.data")
WORK = Work(works.read, works.write, works.prepare)


@pytest.fixture(scope="module")
def cluster():
    """A head and two machines of one CPU each, all in this one."""
    import ray
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))  # for tests.works
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        made.machines = [made.add_node(num_cpus=1) for _ in range(2)]
        ray.init(address=made.address, log_to_driver=False)
        yield made
        ray.shutdown()
        made.shutdown()


def words(task):
    return [w.text for w in formats.read(task.target).words]


def test_pages_and_failures_come_back(cluster, tmp_path):
    from inksight.batch import on_ray

    tasks = tasks_of(tmp_path, "a", "bad", "b", "bug", "c")
    outcomes = {o.task: o for o in on_ray.run(tasks, WORK)}
    assert outcomes.keys() == set(tasks)
    assert {o.task.source.stem for o in outcomes.values() if o.error} == {"bad", "bug"}
    assert all(words(t) == list(outcomes[t].words) for t in tasks if t.source.stem in "abc")
    assert {words(t)[1] for t in tasks if t.source.stem in "abc"} == {"1"}  # thread


def test_a_killed_process_costs_nothing(cluster, tmp_path):
    from inksight.batch import on_ray

    tasks = tasks_of(tmp_path, "a", "fragile", "b", "c")
    assert all(o.error is None for o in on_ray.run(tasks, WORK))
    assert (tmp_path / "fragile.killed").exists()
    assert all(len(words(t)) == 2 for t in tasks)


def test_a_lost_machine_costs_nothing(cluster, tmp_path):
    """It is lost while each of the three has a page, which can't be finished before."""
    from inksight.batch import on_ray

    tasks = tasks_of(tmp_path, *(f"gated{i}" for i in range(8)))

    def lose():
        deadline = time.monotonic() + PATIENCE
        while len(list(tmp_path.glob("*.started"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        cluster.remove_node(cluster.machines.pop(), allow_graceful=False)
        (tmp_path / "go").touch()

    loser = threading.Thread(target=lose)
    loser.start()
    outcomes = list(on_ray.run(tasks, WORK))
    loser.join()
    assert sorted(o.task.source.stem for o in outcomes if o.error is None) == [f"gated{i}" for i in range(8)]
    assert all(len(words(t)) == 2 for t in tasks)
    assert len(cluster.machines) == 1
    assert max(p.stat().st_size for p in tmp_path.glob("*.started")) == 2, "no page was tried again"
