"""Work for pages that other processes can be sent: what happens is written in the picture's name."""

import os
import signal
import time

from inksight import formats
from inksight.errors import InputError
from inksight.ink import Page, Word


def read(task, picture, **settings):
    """A page that says which process made it, or whatever the name asks for."""
    name = task.source.stem
    with task.source.with_suffix(".started").open("a") as attempts:
        attempts.write("x")
    while "gated" in name and not (task.source.parent / "go").exists():
        time.sleep(0.02)
    if "bad" in name:
        raise InputError(f"{task.name}: is bad")
    if "bug" in name:
        raise KeyError("a bug")
    killed_before = task.target.with_suffix(".killed")
    if "deadly" in name or ("fragile" in name and not killed_before.exists()):
        killed_before.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    words = str(os.getpid()), os.environ.get("OMP_NUM_THREADS", "any")
    return picture.pixels, Page.of_words([Word((), text) for text in words], picture.width, picture.height)


def write(task, page, rgb):
    formats.write(page, task.target, fmt="json")


def prepare(*settings):
    pass


def cannot_prepare():
    raise InputError("the model is missing")
