"""`inksight search`: where words stand on converted pages."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError
from .failures import Failures

if TYPE_CHECKING:
    from ..search import Match

NOTHING_FOUND = 1


@click.command()
@click.argument("words", metavar="WORDS")
@click.argument("folder", metavar="FOLDER")
@click.option("--json", "as_json", is_flag=True, help="Matches as JSON, one in a row.")
@click.option("--overlay", metavar="DIR", help="Also draw the pages with the matches marked into this folder.")
@click.option("--photos", metavar="DIR", help="Draw over the photos in here, if they aren't beside the files.")
def search(words: str, folder: str, as_json: bool, overlay: str | None, photos: str | None) -> None:
    """Find words on converted pages, even where they were misread.

    FOLDER has what `inksight convert` wrote: JSON, JSON Lines, SVG, InkML or PDF, in folders, too. Several words are a
    phrase: they stand next to each other, on one line or on two. Capitals, accents and punctuation make no difference;
    about one letter in four may have been misread. The best matches come first.

    A match is a line: FILE:PAGE:LINE:BOX: the line's text, and in % how like the words it is, if not the same. BOX is
    left,top,right,bottom in pixels of the page (of a PDF: in points). The exit code is 1 if nothing is found.

    The first search reads all files and keeps an index in FOLDER (.inksight.db); later ones read what changed.

    \b
    Examples:
      inksight convert -r scans/ -o ink/ --to json     once
      inksight search heron ink/
      inksight search "by the old mill" ink/ --overlay found/ --photos scans/
      inksight search heron ink/ --json | jq .file
    """
    from ..search import search

    failures = Failures()
    found: list[Match] = []
    with failures.caught():
        with _bar() as progress:
            found = search(words, folder, progress=progress, on_error=_tell)
        for match in found:
            click.echo(_as_json(match) if as_json else _as_line(match))
        if overlay is not None:
            for path in _draw(found, Path(folder), Path(overlay), photos):
                click.echo(f"-> {path}", err=True)
    failures.exit()
    if not found:
        sys.exit(NOTHING_FOUND)


def _tell(error: InputError) -> None:
    click.echo(f"inksight: {error}", err=True)


def _as_json(match: Match) -> str:
    return json.dumps(asdict(match) | {"file": str(match.file), "score": round(match.score, 3)}, ensure_ascii=False)


def _as_line(match: Match) -> str:
    boxes = "+".join(",".join(f"{v:.0f}" for v in box) for box in match.boxes)
    text = " ".join(filter(None, [match.before, click.style(match.text, bold=True, fg="red"), match.after]))
    likeness = "" if match.score == 1 else click.style(f" ({match.score:.0%})", dim=True)
    return f"{match.file}:{match.page}:{match.line}:{boxes}: {text}{likeness}"


def _draw(found: Sequence[Match], folder: Path, out: Path, photos: str | None) -> Iterator[Path]:
    """Write a PNG for each page with matches, in folders like those in `folder`; gives them as they are written."""
    from ..formats.saving import save
    from ..search.overlay import draw

    pages: dict[tuple[Path, int], list[Match]] = {}
    for match in found:
        pages.setdefault((match.file, match.page), []).append(match)
    several = {file for file, page in pages if page > 1}
    for (file, page), matches in pages.items():
        name = f"{file.stem}-{page}.png" if file in several else f"{file.stem}.png"
        place = file.relative_to(folder).parent
        target, places = out / place / name, [file.parent, *([Path(photos, place)] if photos else [])]
        data = io.BytesIO()
        draw(file, page, matches, places).save(data, "PNG", compress_level=1)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            save(target, data.getvalue())
        except OSError as error:
            raise InputError(f"{target}: can't be written ({error.strerror}); choose another folder") from error
        yield target


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar of files on standard error, shown if they take over a second; none where nobody looks."""
    from tqdm import tqdm

    with tqdm(desc="reading", unit="file", delay=1, leave=False, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
