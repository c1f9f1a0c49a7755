"""Serve the built page on this machine: python -m browser.serve [FOLDER] [--port 8766]. Any static server will do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import click

from .build import OUT


class _Handler(SimpleHTTPRequestHandler):
    """Files with the types that browsers insist on, whatever this machine's tables say."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
    }  # fmt: skip

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the folder, for this machine alone; port 0 takes a free one. Raises OSError for a taken port."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, directory=str(folder)))


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of the folder's page, served as long as the context lasts."""
    with server(folder, 0) as running:
        thread = Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
        thread.join()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=OUT)
@click.option("--port", default=8766, show_default=True)
def main(folder: Path, port: int) -> None:
    """Serve the built page on this machine."""
    if not (folder / "index.html").is_file():
        click.echo(f"{folder}: holds no page; build it: python -m browser.build -o {folder}", err=True)
        sys.exit(2)
    try:
        running = server(folder, port)
    except OSError as error:
        click.echo(f"port {port}: {error.strerror}; choose another with --port", err=True)
        sys.exit(2)
    click.echo(f"http://127.0.0.1:{running.server_port}/  (Ctrl-C ends it)")
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        running.server_close()


if __name__ == "__main__":
    main()
