"""Test sets: UNIPEN words of writers kept from training, and real word pictures of held-out writers.

The data folder has the layout of the project's data: `ink/unipen_*.npz`, `ink/unipen_split.json`, `words/*_words.zip`.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from ..alphabets import is_ideograph
from ..arrays import Array
from ..errors import InputError
from ..formats.dataset import PackedInk, read_packed
from ..writing.hangul import is_syllable
from .render import render

Split = Literal["test", "val"]

_INK_FILES = ("unipen_words.npz", "unipen_textwords.npz")  # the words cut automatically have too many wrong cuts
_PICTURE_FILES = ("copiste_words.zip", "dhsd_words.zip")


@dataclass(frozen=True)
class Selection:
    """Which words an evaluation takes: at most `words` of the writers of `split`, drawn as photos or as plain lines
    (`clean`), or `real` pictures of held-out writers; with `scripts`, so many words of each other script; others for
    another `seed`."""

    words: int = 400
    split: Split = "test"
    real: bool = False
    scripts: bool = False
    clean: bool = False
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Sample:
    """A word to trace: `picture` uint8 (H, W, 3) and its text; for rendered ink also the truth.

    `strokes` float64 (n, 2) and `mask` bool (H, W) are in pixels of the picture; both None for a real picture.
    `script` names the test set of another script that it is of.
    """

    picture: NDArray[np.uint8]
    text: str
    writer: str
    strokes: list[Array] | None = None
    mask: NDArray[np.bool_] | None = None
    script: str = ""


_Item = TypeVar("_Item")


def is_held_out(writer: str) -> bool:
    """Whether a writer of the real word pictures is kept for evaluation (one in eight); training leaves these out."""
    return zlib.crc32(writer.encode()) % 8 == 0


def is_held_out_character(character: str) -> bool:
    """Whether an ideograph or a Hangul syllable is kept for evaluation (one in ten); training never draws these."""
    return (is_ideograph(character) or is_syllable(character)) and zlib.crc32(character.encode()) % 10 == 0


def is_held_out_drawer(drawer: str) -> bool:
    """Whether a drawer of letters, "omniglot/NUMBER", is kept for evaluation (one in five)."""
    return drawer.startswith("omniglot/") and int(drawer.rpartition("/")[2]) % 5 == 3


def unipen_words(folder: str | Path, n: int, *, split: Split = "test", seed: int = 0) -> list[PackedInk]:
    """Up to `n` words of at least two characters by the split's writers, each writer as often as his words allow.

    The same for the same seed; the first words of a longer list are the shorter list. Raises InputError when the folder
    is not such data.
    """
    ink = Path(folder) / "ink"
    try:
        writers = frozenset(json.loads((ink / "unipen_split.json").read_text("utf-8"))[split])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder}: no readable ink/unipen_split.json in it; give the folder of the data") from error
    words = [w for name in _INK_FILES for w in read_packed(ink / name) if w.writer in writers and _is_usable(w)]
    return _balanced(words, [w.writer for w in words], n, seed)


def select(folder: str | Path, selection: Selection, *, progress: bool = False) -> list[Sample]:
    """The selection's samples. Raises InputError when the folder is not such data."""
    if selection.real:
        return real_words(folder, selection.words, seed=selection.seed)
    chosen = unipen_words(folder, selection.words, split=selection.split, seed=selection.seed)
    shown = tqdm(chosen, desc="drawing", unit="word", delay=1, leave=False, disable=not progress)
    return rendered(shown, seed=selection.seed, clean=selection.clean)


def rendered(words: Iterable[PackedInk], *, seed: int = 0, clean: bool = False) -> list[Sample]:
    """The words drawn by the evaluation's renderer; each word's picture depends on the seed and its place alone."""
    samples = []
    for k, word in enumerate(words):
        picture, strokes, mask = render(word.strokes, np.random.default_rng((seed, k)), clean)
        samples.append(Sample(picture, word.text, word.writer, strokes, mask))
    return samples


def real_words(folder: str | Path, n: int, *, seed: int = 0) -> list[Sample]:
    """Up to `n` real word pictures with their text, balanced over the held-out writers.

    Raises InputError when the folder is not such data.
    """
    samples: list[Sample] = []
    for share, name in zip((n - n // 2, n // 2), _PICTURE_FILES, strict=True):
        path = Path(folder) / "words" / name
        try:
            with zipfile.ZipFile(path) as archive:
                rows = [json.loads(line) for line in archive.read("index.jsonl").decode().splitlines()]
                rows = [row for row in rows if row["text"] and is_held_out(row["writer"])]
                for row in _balanced(rows, [row["writer"] for row in rows], share, seed):
                    picture = np.asarray(Image.open(io.BytesIO(archive.read(row["file"]))).convert("RGB"))
                    samples.append(Sample(picture, row["text"], row["writer"]))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{path}: not a readable set of word pictures ({_reason(error)}); give the folder of the data"
            ) from error
    return samples


def _reason(error: Exception) -> str:
    return "no such file" if isinstance(error, FileNotFoundError) else "damaged, or of another kind"


def _is_usable(word: PackedInk) -> bool:
    extent = np.ptp(np.concatenate(word.strokes), axis=0)
    return len(word.text) >= 2 and bool(extent.min() > 0)


def _balanced(items: Sequence[_Item], owners: Sequence[str], n: int, seed: int) -> list[_Item]:
    """The first n items in rounds of one of each owner, owners and items shuffled by the seed."""
    rng = np.random.default_rng(seed)
    place = dict(zip(sorted(set(owners)), rng.permutation(len(set(owners))).tolist(), strict=True))
    seen: dict[str, int] = {}
    keys: list[tuple[int, int, int]] = []  # round, owner's place, item
    for i in rng.permutation(len(items)).tolist():
        keys.append((seen.get(owners[i], 0), place[owners[i]], i))
        seen[owners[i]] = keys[-1][0] + 1
    return [items[i] for _, _, i in sorted(keys)[:n]]
