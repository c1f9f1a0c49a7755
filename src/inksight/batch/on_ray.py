"""Many pages on many machines: the work of jobs.py, spread by Ray Data, which also repeats what a lost worker had.

    ray start --head                             on one machine, `ray start --address ...` on the others
    inksight convert -r scans/ -o ink/ --ray     RAY_ADDRESS names the cluster; without one, this machine alone

Every machine needs inksight installed, and the pictures and results under the same paths, as on a shared disk. A page
takes one CPU and one thread.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import require
from .jobs import Outcomes, Task, Work, do


def run(tasks: Sequence[Task], work: Work) -> Outcomes:
    """As batch.run. Raises InputError where Ray isn't installed."""
    ray, data = require("ray", "ray", "--ray"), require("ray.data", "ray", "--ray")
    ray.init(ignore_reinit_error=True, log_to_driver=False, logging_level="error")
    data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    pages = data.from_items(list(map(_row, range(len(tasks)), tasks)), override_num_blocks=len(tasks))
    for row in pages.map(partial(_do, work=work), num_cpus=1).iter_rows():
        yield replace(row["outcome"], task=tasks[row["index"]])


def _row(index: int, task: Task) -> dict[str, Any]:
    return {
        "index": index,
        "source": str(task.source.resolve()),
        "page": task.page,
        "target": str(task.target.resolve()),
    }


def _do(row: dict[str, Any], work: Work) -> dict[str, Any]:
    task = Task(Path(row["source"]), row["page"], Path(row["target"]))
    return {"index": row["index"], "outcome": do(task, work)}
