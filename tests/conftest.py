"""Property tests give the same examples on every machine, however slow it is; long files of tests come first."""

import signal

import pytest
from hypothesis import settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background: commands would be deaf to Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

LONG = ("web", "train", "browser", "test_main_path", "test_rectify", "test_tracer", "test_pipeline")
"""Folders and files. Were they last, the other processes that share the tests would wait for one."""


@pytest.fixture(scope="module")
def chromium():
    """A browser of the module's own; without one, its tests are skipped."""
    from tests.browsing import launched

    with launched() as browser:
        yield browser


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: not {item.path.parent.name, item.path.stem} & set(LONG))
