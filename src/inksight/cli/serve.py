"""inksight serve: the playground."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import click

from ..errors import InputError, require
from .failures import Failures

UNITS = {"m": 60, "h": 3600, "d": 86400}


def _span(ctx: click.Context, param: click.Parameter, value: str) -> float:
    """Seconds of a span of time like 90m, 8h or 30d."""
    match = re.fullmatch(r"(\d{1,6})([mhd])", value)
    if match is None or int(match[1]) == 0:
        raise click.BadParameter(f"'{value}' is not like 90m, 8h or 30d.")
    return float(int(match[1]) * UNITS[match[2]])


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0: all of them.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="A name that others reach this machine by.")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="A site whose pages may use this server.")
@click.option(
    "--keep", default="1h", show_default=True, callback=_span, help="How long a result is kept: 90m, 8h, 30d."
)
@click.option("--folder", metavar="FOLDER", help="Keep results there, so that they outlive the server. [in memory]")
@click.option("--model", "models", multiple=True, metavar="FOLDER", help="A further model to choose and to compare.")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
def serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    origins: tuple[str, ...],
    keep: float,
    folder: str | None,
    models: tuple[str, ...],
    show: bool,
) -> None:
    """Open the playground: drop a photo of handwriting, watch it being written, and mend what was read wrong.

    It runs on this machine and for this machine alone, unless --host says otherwise. Pictures are kept in memory, and
    forgotten when nobody looked at them for as long as --keep says. Every program can use it as well: see /docs.

    \b
    Examples:
      inksight serve --open
      inksight serve --open --keep 30d --folder ~/inksight
      inksight serve --open --model small-p/       the original's weights beside ours
      inksight serve --host 0.0.0.0 --name my-laptop.local
    """
    failures = Failures()
    with failures.caught():
        for module in ("uvicorn", "starlette", "python_multipart"):
            require(module, "web", "the playground")
        from ..web.limits import Limits
        from ..web.server import serve as run

        run(
            host, port, names=names, origins=origins, show=show, limits=replace(Limits(), kept_seconds=keep),
            models={Path(m).resolve().name: _model(m) for m in models}, folder=_folder(folder) if folder else None,
        )  # fmt: skip
    failures.exit()


def _model(name: str) -> Path:
    """The folder of a model that can be loaded. Raises InputError."""
    from ..options import TraceOptions
    from ..pipeline import tracer

    tracer(TraceOptions(model=name))
    return Path(name)


def _folder(name: str) -> Path:
    """The folder, made if need be. Raises InputError."""
    folder = Path(name).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: can't be made: {error.strerror}; choose another --folder") from error
    return folder
