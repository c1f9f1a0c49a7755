"""The playground in a thread of the tests, on a free port of this machine."""

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn

from inksight.web.app import application
from inksight.web.limits import Limits
from inksight.web.server import LOCAL, config
from tests.programs import PATIENCE


@contextmanager
def served(limits=Limits()):  # noqa: B008
    """The port at which the server answers."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config(application(limits, LOCAL), limits))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        assert soon(lambda: server.started)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


def soon(condition, seconds=PATIENCE):
    """Whether it comes true within that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
