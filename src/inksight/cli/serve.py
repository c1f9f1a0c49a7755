"""inksight serve: the playground."""

from __future__ import annotations

import click

from ..errors import require
from .failures import Failures


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0: all of them.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="A name that others reach this machine by.")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="A site whose pages may use this server.")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
def serve(host: str, port: int, names: tuple[str, ...], origins: tuple[str, ...], show: bool) -> None:
    """Open the playground: drop a photo of handwriting, and watch it being written.

    It runs on this machine and for this machine alone, unless --host says otherwise; pictures are kept in memory and
    forgotten an hour after they were last looked at. Every program can use it as well: see /openapi.json.

    \b
    Examples:
      inksight serve --open
      inksight serve --host 0.0.0.0 --name my-laptop.local
    """
    failures = Failures()
    with failures.caught():
        for module in ("uvicorn", "starlette", "python_multipart"):
            require(module, "web", "the playground")
        from ..web.server import serve as run

        run(host, port, names=names, origins=origins, show=show)
    failures.exit()
