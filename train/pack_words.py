"""Prepare real word pictures for training: what the network sees of each, in one file.

    python -m train.pack_words ../shared/data/words .cache/words.npz

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
from inksight.image import fit, ink_map
from inksight.ruling import without_ruling

HEIGHT, MAX_WIDTH, FILL = 64, 448, 0.9


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
        ink = without_ruling(ink_map(np.asarray(picture.convert("RGB"))))
    fitted, _ = fit(ink, height=HEIGHT, max_width=MAX_WIDTH, fill=FILL)
    return sample[0], np.rint(fitted * 200).clip(0, 255).astype(np.uint8)


def main() -> None:
    """Pack a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    with ProcessPoolExecutor(args.jobs) as pool:
        done = list(pool.map(canvas, read(args.folder), chunksize=64))
    done.sort(key=lambda row: row[1].shape[1])
    args.output.parent.mkdir(parents=True, exist_ok=True)
    beside = args.output.with_suffix(".tmp.npz")
    np.savez_compressed(
        beside,
        text=np.array("\n".join(text.replace("\n", " ") for text, _ in done)),
        width=np.array([c.shape[1] for _, c in done], np.int32),
        pixels=np.concatenate([c for _, c in done], axis=1),
    )
    os.replace(beside, args.output)
    print(f"{len(done)} pictures -> {args.output}")


if __name__ == "__main__":
    main()
