"""Many pages in one or several processes: whatever happens to one page, the others are done."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from inksight import formats
from inksight.batch.jobs import Task, Work, do, run
from inksight.errors import InputError
from tests import works
from tests.programs import PATIENCE

WORK = Work(works.read, works.write, works.prepare)


def tasks_of(folder, *names):
    for name in names:
        Image.new("RGB", (8, 8)).save(folder / f"{name}.png")
    return [Task(folder / f"{name}.png", None, folder / f"{name}.json") for name in names]


def words(task):
    return [w.text for w in formats.read(task.target).words]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_failing_page_leaves_the_others(tmp_path, processes):
    tasks = tasks_of(tmp_path, "a", "bad", "b", "bug", "c")
    outcomes = {o.task.source.stem: o for o in run(tasks, WORK, processes)}
    assert outcomes.keys() == {"a", "bad", "b", "bug", "c"}
    assert outcomes["bad"].error == f"{tmp_path}/bad.png: is bad"
    bug = "inksight failed (KeyError: 'a bug'); please report it, with what --debug says"
    assert outcomes["bug"].error == f"{tmp_path}/bug.png: {bug}"
    assert all(words(t) == list(outcomes[t.source.stem].words) for t in tasks if t.source.stem in "abc")
    assert sorted(p.name for p in tmp_path.glob("*.json")) == ["a.json", "b.json", "c.json"]


def test_processes_have_one_thread_and_leave_no_trace(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    tasks = tasks_of(tmp_path, "a", "b", "c", "d")
    made_by = [o.words for o in run(tasks, WORK, 2)]
    assert {threads for _, threads in made_by} == {"1"}
    assert len({pid for pid, _ in made_by} - {str(os.getpid())}) == 2
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_a_killed_process_costs_nothing(tmp_path):
    tasks = tasks_of(tmp_path, "a", "fragile", "b", "c")
    assert all(o.error is None for o in run(tasks, WORK, 2))
    assert (tmp_path / "fragile.killed").exists()
    assert all(len(words(t)) == 2 for t in tasks)


def test_a_page_that_kills_twice_is_told(tmp_path):
    tasks = tasks_of(tmp_path, "a", "deadly", "b")
    errors = {o.task.source.stem: o.error for o in run(tasks, WORK, 2)}
    assert errors.pop("deadly").startswith(f"{tmp_path}/deadly.png: the process that worked on it was killed twice")
    assert errors == {"a": None, "b": None}


@pytest.mark.parametrize("processes", [1, 2])
def test_what_every_page_needs_is_missed_once(tmp_path, processes):
    tasks = tasks_of(tmp_path, "a", "b", "c")
    with pytest.raises(InputError, match="the model is missing"):
        list(run(tasks, replace(WORK, prepare=works.cannot_prepare), processes))


@pytest.mark.parametrize(("name", "error"), [("bad", InputError), ("bug", KeyError)])
def test_debug_raises(tmp_path, name, error):
    with pytest.raises(error):
        do(*tasks_of(tmp_path, name), replace(WORK, debug=True))


def test_finished_is_what_is_newer_than_its_picture(tmp_path):
    (task,) = tasks_of(tmp_path, "a")
    assert not task.finished
    do(task, WORK)
    assert task.finished
    os.utime(task.source, ns=(0, task.target.stat().st_mtime_ns + 1))
    assert not task.finished


COMMAND = """
import sys
from inksight.cli import convert, main
from tests import works
convert._read_page, convert._load = works.read, works.prepare
if __name__ == "__main__":
    main(["convert", *sys.argv[1:]])
"""


@pytest.fixture
def command(tmp_path):
    """Starts `inksight convert` with the work of these tests, in processes of its own."""
    script = tmp_path / "command.py"
    script.write_text(COMMAND)
    root = Path(__file__).parent.parent

    def start(*arguments):
        return subprocess.Popen(
            [sys.executable, str(script), *map(str, arguments)],
            env=os.environ | {"PYTHONPATH": str(root)},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("whom", ["the terminal", "the command"])
def test_ctrl_c_keeps_the_finished_pages(tmp_path, command, jobs, whom):
    pictures, out = tmp_path / "in", tmp_path / "out"
    pictures.mkdir()
    tasks_of(pictures, "a", "b", *(f"gated{i}" for i in range(6)))
    running = command(pictures, "-o", out, "--to", "json", "--jobs", jobs)
    lines = iter(running.stderr.readline, "")
    assert [next(lines).split(" -> ")[0] for _ in "ab"] == [f"{pictures}/{n}.png" for n in "ab"]
    (os.killpg if whom == "the terminal" else os.kill)(running.pid, signal.SIGINT)
    errors = [next(lines)]
    (pictures / "go").touch()
    errors += lines
    assert running.wait(timeout=PATIENCE) == 130
    assert errors == ["inksight: stopped; 2 of 8 pages are done, the same command goes on from there\n"]
    finished = {p.name: p.read_bytes() for p in out.iterdir()}
    assert {"a.json", "b.json"} <= finished.keys()
    assert len(finished) <= (2 if jobs == 1 else 4)  # pages under way may come to their end

    rest = command(pictures, "-o", out, "--to", "json", "--jobs", jobs)
    errors = rest.communicate(timeout=PATIENCE)[1].splitlines()
    assert rest.returncode == 0
    assert errors[0] == f"{len(finished)} of 8 pages are finished; --overwrite does them again"
    assert len(list(out.iterdir())) == 8
    assert finished == {n: (out / n).read_bytes() for n in finished}


def test_processes_end_with_a_killed_command(tmp_path, command):
    pictures, out = tmp_path / "in", tmp_path / "out"
    pictures.mkdir()
    tasks_of(pictures, "a", "b", "gated1", "gated2")
    running = command(pictures, "-o", out, "--to", "json", "--jobs", 2)
    wait_for(lambda: len(list(out.glob("*.json"))) == 2)
    workers = {int(words(Task(Path(), None, p))[0]) for p in out.glob("*.json")}
    running.kill()
    running.communicate()
    wait_for(lambda: not any(alive(pid) for pid in workers))


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False
