"""The data set InkSight-Derenderings: pictures of words with the ink that several models made of them, in three modes.

    FOLDER/IAM/images_sample/ID.png                             the pictures; also IMGUR5K, HierText, your own
    FOLDER/small-p_IAM_inkml/{vanilla,d+t,r+d}/ID.inkml         the inks of the model small-p
    FOLDER/human_tracing_hash_to_ink.npy                        what people traced of HierText

Found, read and written here; human.py reads the last, gallery.py draws it all side by side. Inks lie on a square of
224 x 224, into which `square` fits a picture.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from .. import formats
from ..arrays import Pixels
from ..batch.files import by_number, make_folder
from ..errors import InputError
from ..formats.inkml import INFERENCE_MODES
from ..formats.markup import escaped, local, parse
from ..formats.saving import save
from ..imaging.pictures import open_image
from ..ink import Page, Stroke, Word
from ..ink.frames import Affine
from ..recognition.tokens import GRID
from .human import read_traces

FOLDERS = {"vanilla": "derender", "d+t": "derender-with-text", "r+d": "recognize-and-derender"}
"""The data set's names of the modes, and ours."""
MODELS = ("small-p", "small-i", "large-i")
"""The models of the paper, in the order in which they are shown; others follow."""
HUMAN = "human"
"""Stands for the model where people traced."""

_PICTURES, _TRACES = "images_sample", "human_tracing_hash_to_ink.npy"


class Origin(NamedTuple):
    """Who made an ink: the model, and the mode as the data set calls it ("" for people)."""

    model: str
    mode: str = ""


@dataclass(frozen=True)
class Example:
    """A picture with the files of its inks. `human` is what people traced of it, in their own frame."""

    dataset: str
    id: str
    picture: Path
    inks: Mapping[Origin, Path]
    human: tuple[Stroke, ...] = ()


def find(folder: str | Path, datasets: Sequence[str] = (), models: Sequence[str] = ()) -> list[Example]:
    """The examples of a folder: of all data sets with the inks of all models, unless some are named (in any case).

    Raises InputError where there is none, or not what was named.
    """
    root = Path(folder)
    there = sorted(path.parent.name for path in root.glob(f"*/{_PICTURES}") if path.is_dir())
    if not there:
        raise InputError(f"{root}: no folder DATASET/{_PICTURES} in it; name the folder of InkSight-Derenderings")
    outputs = {name: _outputs(root, name) for name in _chosen(root, "data set", there, datasets)}
    made = {model for paths in outputs.values() for model in paths}
    kept = _chosen(root, "model", sorted(made, key=rank), models) if made or models else []
    traces = read_traces(root / _TRACES) if (root / _TRACES).exists() else {}
    return [
        example
        for name, paths in outputs.items()
        for example in _examples(root, name, {model: paths[model] for model in kept if model in paths}, traces)
    ]


def _chosen(root: Path, what: str, there: Sequence[str], wanted: Sequence[str]) -> list[str]:
    by_name = {name.casefold(): name for name in there}
    for name in wanted:
        if name.casefold() not in by_name:
            raise InputError(f"{root}: has no {what} {name}; it has {', '.join(there)}")
    return [by_name[name.casefold()] for name in wanted] or list(there)


def rank(model: str) -> tuple[int, str]:
    """Sorts models as they are shown."""
    return (MODELS.index(model) if model in MODELS else len(MODELS)), model


def _outputs(root: Path, dataset: str) -> dict[str, Path]:
    """The models with inks of a data set, and their folders, which lie beside the data set's or in it."""
    end = f"_{dataset}_inkml"
    found = [p for place in (root, root / dataset) for p in place.iterdir() if p.name.endswith(end) and p.is_dir()]
    return {p.name.removesuffix(end): p for p in found}


def _examples(
    root: Path, dataset: str, outputs: Mapping[str, Path], traces: Mapping[str, tuple[Stroke, ...]]
) -> Iterator[Example]:
    for picture in sorted((root / dataset / _PICTURES).glob("*.png"), key=by_number):
        name = f"{picture.stem}.inkml"
        places = {Origin(model, mode): path / mode / name for model, path in outputs.items() for mode in FOLDERS}
        inks = {origin: path for origin, path in places.items() if path.is_file()}
        yield Example(dataset, picture.stem, picture, inks, traces.get(picture.stem, ()))


def square(width: float, height: float) -> Affine:
    """From a picture's pixels to the square: as large as fits, in whole pixels, in the middle."""
    ratio = min(GRID / width, GRID / height)
    left, top = (GRID - int(width * ratio)) // 2, (GRID - int(height * ratio)) // 2
    return Affine.scaling(ratio).then(Affine.translation(left, top))


# ------------------------------------------------------------------------------------------------------- single inks


@dataclass(frozen=True)
class Derendering:
    """An ink with what its file says of it; strokes lie on the square. `mode` is in our words, "" for another."""

    dataset: str
    example: str
    mode: str
    text: str
    strokes: tuple[Stroke, ...]
    application: str = "InkSight"


def read(path: str | Path) -> Derendering:
    """An ink of the data set. Raises InputError for a file that is missing or broken."""
    page = formats.read(path, fmt="inkml")
    notes = {e.get("type", ""): e.text or "" for e in parse(Path(path).read_bytes()) if local(e) == "annotation"}
    mode = next((ours for ours, theirs in INFERENCE_MODES.items() if theirs == notes.get("inferenceMode")), "")
    return Derendering(
        notes.get("sourceDataset", ""),
        notes.get("exampleId", ""),
        mode,
        notes.get("textField", "").strip(),
        page.strokes,
        notes.get("application", ""),
    )


def dumps(ink: Derendering) -> bytes:
    """The ink as the data set has it: five annotations, then bare traces "x,y x,y" in whole pixels of the square."""
    notes = {
        "application": ink.application,
        "sourceDataset": ink.dataset,
        "inferenceMode": INFERENCE_MODES[ink.mode],
        "exampleId": ink.example,
        "textField": ink.text or " ",
    }
    rows = [f'<annotation type="{kind}">{escaped(content)}</annotation>' for kind, content in notes.items()]
    for i, stroke in enumerate(ink.strokes):
        points = np.clip(np.rint(stroke.points), 0, GRID).astype(int).tolist()
        rows.append(f'<trace id="{i}">{" ".join(f"{x},{y}" for x, y in points)}</trace>')
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<ink xmlns="http://www.w3.org/2003/InkML">'
    return "\n".join([head, *rows, "</ink>", ""]).encode()


def page_of(ink: Derendering) -> Page:
    """The ink as a page of one word."""
    return Page.of_words([Word(ink.strokes, ink.text, origin=ink.mode)], GRID, GRID)


def write(
    folder: str | Path, model: str, dataset: str, example: str, picture: Pixels, words: Mapping[str, Word]
) -> None:
    """Add a picture, uint8 (H, W, 3), and what a model made of it in each mode (of ours), in pixels of the picture.

    Raises InputError for a name that would break the layout, where another picture has that name, and for a place that
    can't be written.
    """
    for name in (model, dataset):
        if not name or set(name) & set("_/\\") or name.startswith("."):
            raise InputError(f"'{name}': no name for a model or a data set; it may hold no _ and no /")
    root = Path(folder)
    _add_picture(root / dataset / _PICTURES / f"{example}.png", picture)
    frame = square(picture.shape[1], picture.shape[0])
    for theirs, ours in FOLDERS.items():
        if ours in words:
            word = words[ours].transformed(frame)
            ink = Derendering(dataset, example, ours, word.text, word.strokes)
            _save(root / f"{model}_{dataset}_inkml" / theirs / f"{example}.inkml", dumps(ink))


def _add_picture(target: Path, picture: Pixels) -> None:
    """Write it, unless it is there."""
    if target.exists():
        if not np.array_equal(open_image(target), picture):
            raise InputError(f"{target}: another picture has this name; rename one")
        return
    png = io.BytesIO()
    Image.fromarray(picture).save(png, "PNG")
    _save(target, png.getvalue())


def _save(target: Path, data: bytes) -> None:
    make_folder(target.parent)
    try:
        save(target, data)
    except OSError as error:
        raise InputError(f"{target}: can't be written: {error.strerror}; choose another folder") from error
