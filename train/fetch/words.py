"""Pictures of handwritten words with their text: DHSD as it is, Copiste's pages cut into words."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from inksight.arrays import Pixels
from inksight.formats import alto
from inksight.ink import Box, Word
from inksight.layout.detection import Detection

HIGHEST, MARGIN, QUALITY = 80, 3, 90
"""Of a picture: pixels, pixels around the word, JPEG's."""
ALIKE = 0.6
"""An OCR's word that is so like the transcript's at its place is that word, read with an error."""

Find = Callable[[Pixels], Sequence[Detection]]


class Labelled(NamedTuple):
    """A picture of a word; `checked` is whether an OCR has read the very label."""

    picture: Image.Image
    text: str
    writer: str
    lang: str
    checked: bool = True


def dhsd(root: Path) -> Iterator[Labelled]:
    """The words of the data set that is unpacked at `root`: data.csv, and pictures on a transparent ground."""
    with (root / "data.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            with Image.open(root / row["file_name"]) as picture:
                seen = picture.convert("RGBA")
            white = Image.new("RGBA", seen.size, "white")
            yield Labelled(Image.alpha_composite(white, seen), row["text"], f"dhsd{row['writer_id']}", "de")


def copiste(root: Path, find: Find) -> Iterator[Labelled]:
    """The words of the pages at `root`: the lines of alto/NAME.xml, each cut where `find` sees words in NAME.jpg."""
    pictures = {p.stem: p for p in root.rglob("*.jpg")}
    for path in sorted((root / "alto").glob("*.xml")):
        if path.stem not in pictures:
            continue
        with Image.open(pictures[path.stem]) as picture:
            page = picture.convert("RGB")
        seen = find(np.asarray(page))
        for line in alto.loads(path.read_bytes()).words:
            for box, text, checked in aligned(line, seen):
                yield Labelled(page.crop(_around(box)), text, path.stem, "fr", checked)


def aligned(line: Word, seen: Iterable[Detection]) -> Iterator[tuple[Box, str, bool]]:
    """The words of a line (a `Word` whose text has spaces) that an OCR saw as such: box, text, whether read right."""
    x0, y0, x1, y1 = line.box
    inside = [d for d in seen if x0 <= (d.box[0] + d.box[2]) / 2 <= x1 and y0 <= (d.box[1] + d.box[3]) / 2 <= y1]
    inside.sort(key=lambda d: d.box[0])
    told, read = line.text.split(), [d.text for d in inside]
    for kind, a, b, c, d in SequenceMatcher(None, told, read, autojunk=False).get_opcodes():
        if kind == "equal" or (kind == "replace" and b - a == d - c):
            for text, found in zip(told[a:b], inside[c:d], strict=True):
                if SequenceMatcher(None, text, found.text).ratio() >= ALIKE:
                    yield found.box, text, text == found.text


def _around(box: Box) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = box
    return round(x0) - MARGIN, round(y0) - MARGIN, round(x1) + MARGIN, round(y1) + MARGIN


def _jpeg(picture: Image.Image) -> bytes:
    grey, out = picture.convert("L"), io.BytesIO()
    if grey.height > HIGHEST:
        grey = grey.resize((max(1, round(grey.width * HIGHEST / grey.height)), HIGHEST), Image.Resampling.LANCZOS)
    grey.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def pack(words: Iterable[Labelled], path: Path) -> int:
    """Write the pictures, grey and at most 80 pixels high, and index.jsonl; the number of words."""
    rows, beside = [], path.with_suffix(".partial")
    with zipfile.ZipFile(beside, "w") as archive:
        for number, word in enumerate(words):
            name = f"{number:05}.jpg"
            archive.writestr(name, _jpeg(word.picture))
            rows.append({"file": name} | {k: v for k, v in word._asdict().items() if k != "picture"})
        archive.writestr("index.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    beside.replace(path)
    return len(rows)
