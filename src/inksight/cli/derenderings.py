"""`inksight derenderings`: look at the data set InkSight-Derenderings, and write one like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..batch.files import Source, find_all, make_folder
from ..errors import InputError
from ..options import TOLD_MODE
from . import options
from .failures import Failures

if TYPE_CHECKING:
    from PIL import Image

    from ..original.derenderings import Example

_ON_A_SHEET = 10


@click.group()
def derenderings() -> None:
    """InkSight's published data set: look at it, or write our inks in its layout.

    It is Derendering/InkSight-Derenderings on Hugging Face: 300 pictures of words, each with the inks of three models.

    \b
    Examples:
      inksight derenderings view InkSight-Derenderings -o sheet.png
      inksight derenderings write words/ -o InkSight-Derenderings --dataset IAM
    """


@derenderings.command()
@click.argument("folder", metavar="FOLDER")
@click.option("-o", "--output", "out", metavar="OUT", required=True, help="A .png, or a folder for one each.")
@click.option("--dataset", "datasets", multiple=True, metavar="NAME", help="Only this data set, e.g. HierText.")
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model, e.g. small-p.")
@click.option(
    "-n", "number", type=click.IntRange(1), help=f"Examples of each data set. [{_ON_A_SHEET} on a sheet, else all]"
)
@options.debug
def view(
    folder: str, out: str, datasets: tuple[str, ...], models: tuple[str, ...], number: int | None, debug: bool
) -> None:
    """Draw pictures beside their inks: one of each model in each mode, and what people traced.

    FOLDER holds what the data set has: DATASET/images_sample, MODEL_DATASET_inkml/{vanilla,d+t,r+d}, and
    human_tracing_hash_to_ink.npy. Strokes run from red to purple in writing order, with a dot where each begins; below
    is the text.

    \b
    Examples:
      inksight derenderings view InkSight-Derenderings -o sheet.png
      inksight derenderings view InkSight-Derenderings -o sheets/ --dataset HierText --model small-p
    """
    failures = Failures(debug)
    done, total = 0, 1
    with failures.caught():
        from ..original.derenderings import find

        one_file = Path(out).suffix.lower() == ".png" and not Path(out).is_dir()
        examples = _first(find(folder, datasets, models), number or (_ON_A_SHEET if one_file else None))
        if one_file:
            _draw(examples, Path(out))
            done = 1
        else:
            total = len(examples)
            for example in examples:
                with failures.caught():
                    make_folder(Path(out, example.dataset))
                    _draw([example], Path(out, example.dataset, f"{example.id}.png"), panel=224)
                    done += 1
        click.echo(f"{len(examples) if one_file else done} examples -> {out}", err=True)
    failures.exit(done, total)


def _first(examples: Sequence[Example], number: int | None) -> list[Example]:
    """The first `number` of each data set."""
    names = dict.fromkeys(example.dataset for example in examples)
    return [e for name in names for e in [e for e in examples if e.dataset == name][:number]]


def _draw(examples: Sequence[Example], target: Path, **settings: int) -> None:
    from ..original.gallery import sheet

    _save(sheet(examples, **settings), target)


def _save(picture: Image.Image, target: Path) -> None:
    import io

    from ..formats.saving import save

    data = io.BytesIO()
    picture.save(data, "PNG")
    try:
        save(target, data.getvalue())
    except OSError as error:
        raise InputError(f"{target}: can't be written: {error.strerror}; choose another place") from error


@derenderings.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", "folder", metavar="FOLDER", required=True, help="The data set; a new one, or it grows.")
@click.option("--dataset", required=True, metavar="NAME", help="What the pictures are called together, e.g. IAM.")
@click.option("--name", metavar="NAME", help="What the model is called there. [its folder's name]")
@click.option("--texts", metavar="FILE", help="What the pictures say, a line each: ID, tab, text. Adds the mode d+t.")
@options.model
@options.debug
def write(
    inputs: tuple[str, ...],
    folder: str,
    dataset: str,
    name: str | None,
    texts: str | None,
    model: str | None,
    debug: bool,
) -> None:
    """Derender pictures of words in every mode, and write them and their inks as the data set has them.

    INPUT is as in `inksight word`; the name of a picture's file is its ID.

    \b
    Examples:
      inksight derenderings write words/ -o mine --dataset notes
      inksight derenderings write InkSight-Derenderings/IAM/images_sample -o InkSight-Derenderings --dataset IAM
      inksight derenderings write words/ -o mine --dataset notes --texts words.tsv
    """
    failures = Failures(debug)
    done, total = 0, 1
    with failures.caught():
        from ..recognition.models import located

        told = _told(texts) if texts is not None else {}
        called = name or located(model).name
        sources = find_all(inputs, failures.report)
        _unlike(sources)
        total = len(sources) + len(failures.lines)
        for source in sources:
            with failures.caught():
                _derender(source, told.get(source.path.stem), model, folder, called, dataset)
                done += 1
        click.echo(f"{done} examples -> {folder}", err=True)
    failures.exit(done, total)


def _told(path: str) -> Mapping[str, str]:
    """The text of each example. Raises InputError."""
    try:
        rows = [line.split("\t") for line in Path(path).read_text("utf-8").splitlines() if line]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: can't be read ({error}); it has to be a text file in UTF-8") from error
    wrong = next((row for row in rows if len(row) != 2), None)
    if wrong is not None:
        raise InputError(f"{path}: the line '{wrong[0][:40]}' isn't an ID, a tab and a text")
    return {row[0]: row[1] for row in rows}


def _unlike(sources: Sequence[Source]) -> None:
    """Raises InputError where two pictures have one name."""
    known: dict[str, Source] = {}
    for source in sources:
        other = known.setdefault(source.path.stem, source)
        if other is not source:
            raise InputError(f"{source.path}: has the same name as {other.path}; rename one")


def _derender(source: Source, text: str | None, model: str | None, folder: str, called: str, dataset: str) -> None:
    """Write one picture and its ink in each mode."""
    from ..imaging.pictures import open_image
    from ..original.derenderings import FOLDERS, write
    from ..pipeline import trace

    picture = open_image(source.path)
    told = {TOLD_MODE: text}
    modes = [mode for mode in FOLDERS.values() if mode != TOLD_MODE or text is not None]
    words = {mode: trace(picture, mode=mode, text=told.get(mode), model=model) for mode in modes}
    write(folder, called, dataset, source.path.stem, picture, words)
