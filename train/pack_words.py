"""Prepare real word pictures for training: what the network sees of each, in one file.

    python -m train.pack_words DATA/words .cache/words.npz

Writers held out for the evaluation are left out here, so that training can't see them.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inksight.evaluate.sets import is_held_out
from inksight.imaging.pictures import fit
from inksight.imaging.segmentation import pen_ink

HEIGHT, MAX_WIDTH, FILL = 64, 448, 0.9
STRIP, QUALITY = 16_000, 40
"""Pictures lie side by side in WebP pictures no wider than this (the format ends at 16,383 pixels): a fifth of the
bytes of a lossless file, so that the file can be carried to where a GPU is."""


def read(folder: Path) -> Iterator[tuple[str, bytes]]:
    """(text, JPEG) of every picture that may be trained on."""
    for path in sorted(folder.glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for line in archive.read("index.jsonl").decode().splitlines():
                row = json.loads(line)
                if row["text"] and not is_held_out(row["writer"]):
                    yield row["text"], archive.read(row["file"])


def canvas(sample: tuple[str, bytes]) -> tuple[str, NDArray[np.uint8]]:
    """The text, and the ink map on the canvas as bytes (0 paper, 200 full ink, up to 255 for the overshoot)."""
    with Image.open(io.BytesIO(sample[1])) as picture:
        ink = pen_ink(np.asarray(picture.convert("RGB")))
    fitted, _ = fit(ink, height=HEIGHT, max_width=MAX_WIDTH, fill=FILL)
    return sample[0], np.rint(fitted * 200).clip(0, 255).astype(np.uint8)


def write(pictures: list[tuple[str, NDArray[np.uint8]]], path: Path) -> None:
    """Write (text, canvas) pairs, sorted by width."""
    pictures = sorted(pictures, key=lambda row: row[1].shape[1])
    strips: list[list[NDArray[np.uint8]]] = [[]]
    for _, picture in pictures:
        if sum(p.shape[1] for p in strips[-1]) + picture.shape[1] > STRIP:
            strips.append([])
        strips[-1].append(picture)
    coded = [_webp(np.concatenate(strip, axis=1)) for strip in strips if strip]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp.npz")
    np.savez(
        beside,
        text=np.array("\n".join(text.replace("\n", " ") for text, _ in pictures)),
        width=np.array([p.shape[1] for _, p in pictures], np.int32),
        size=np.array([len(c) for c in coded], np.int64),
        strips=np.frombuffer(b"".join(coded), np.uint8),
    )
    os.replace(beside, path)


def _webp(strip: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(strip).save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def pictures_of(path: Path) -> tuple[list[str], NDArray[np.int32], NDArray[np.uint8]]:
    """Texts, widths, and all pictures side by side, uint8 (64, sum of the widths), of a file that `write` made."""
    with np.load(path) as z:
        texts, widths, ends, strips = (
            str(z["text"]).split("\n"),
            z["width"],
            np.cumsum(z["size"]),
            z["strips"].tobytes(),
        )
    starts = np.concatenate([[0], ends[:-1]])
    decoded = [np.asarray(Image.open(io.BytesIO(strips[a:b])).convert("L")) for a, b in zip(starts, ends, strict=True)]
    return texts, widths, np.concatenate(decoded, axis=1)


def main() -> None:
    """Pack a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    with ProcessPoolExecutor(args.jobs) as pool:
        done = list(pool.map(canvas, read(args.folder), chunksize=64))
    write(done, args.output)
    print(f"{len(done)} pictures -> {args.output}")


if __name__ == "__main__":
    main()
