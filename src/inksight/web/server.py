"""Start the playground."""

from __future__ import annotations

import asyncio
import socket
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import InputError
from . import work
from .app import application
from .limits import Limits

STOPPED_SECONDS = 5
"""So long may work go on that has been told to end."""

LOCAL = ("localhost", "127.0.0.1", "::1")


def serve(
    host: str,
    port: int,
    *,
    names: tuple[str, ...] = (),
    origins: tuple[str, ...] = (),
    models: Mapping[str, Path] | None = None,
    folder: Path | None = None,
    show: bool = False,
    limits: Limits = Limits(),  # noqa: B008 (immutable)
) -> None:
    """Answer requests until Ctrl-C. `names` are further names that the server is known by, `origins` the sites whose
    pages may use it ("https://notes.example"); `models` are folders of further models by their names; results are kept
    in `folder`, too; `show` opens a browser.

    Raises InputError when the address can't be had.
    """
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::1", "::") else host
    app = application(limits, (*LOCAL, host, *names), origins, models=models, folder=folder)
    listening = _listen(host, port)
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}/"
    print(f"InkSight is at {address} (Ctrl-C stops it). Pictures stay on this machine.", flush=True)
    loading = Thread(target=work.prepare, daemon=True)
    loading.start()
    if show:
        webbrowser.open(address)
    Server(config(app, limits)).run(sockets=[listening])
    loading.join(STOPPED_SECONDS)  # a thread that is cut off within ONNX Runtime takes the process down with it


def config(app: Starlette, limits: Limits) -> uvicorn.Config:
    """How the application is served: within the limits, quietly, and stopped in a few seconds."""
    return uvicorn.Config(
        app, http=_protocol(limits.upload_seconds), log_level="warning", timeout_graceful_shutdown=STOPPED_SECONDS,
        limit_concurrency=256, server_header=False, lifespan="on",
    )  # fmt: skip


class Server(uvicorn.Server):
    """Stops at SIGINT or SIGTERM in order: those who wait are told at once, and the process ends well."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        close = getattr(getattr(self.config.app, "state", None), "close", None)  # none before it has begun
        if close is not None:
            close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{host}:{port}: can't listen there ({reason.lower()}); choose another --port") from error


def _protocol(seconds: float) -> type[H11Protocol]:
    """HTTP whose requests must arrive whole within some seconds, so that slow senders don't hold connections."""

    class Hurried(H11Protocol):
        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE and self._timer is not None:
                self._timer.cancel()
                self._timer = None
            elif self.conn.their_state is h11.IDLE and self._timer is None:
                self._wait()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(exc)

        def _wait(self) -> None:
            self._timer = self.loop.call_later(seconds, self.transport.close)

    return Hurried
