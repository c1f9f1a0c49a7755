"""Pack real pages for the segmentation network: flat scans with known lines, and what of them is surely ink.

    python -m train.pack_pages DATA/pages .cache/pages.npz

Nobody has marked the ink of real pages. On flat scans the contrast to the paper tells it: where it lies near a
transcribed line it is taken for the truth; contrast elsewhere may be a note, a stamp or a stain, and isn't judged; what
has no contrast is paper. Pages of held-out hands stay out.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.rules import page_ink
from inksight.evaluate.sets import is_held_out

FLAT = ("copiste_1", "copiste_2", "copiste_3")
"""Flat scans on white, labelled almost whole."""
BAND = 0.5
"""How far ink may reach beyond its line's polygon, in heights of the line."""
UNJUDGED, PAPER = 128, 0


def pages(folder: Path) -> Iterator[tuple[NDArray[np.uint8], dict]]:
    """The pages that may be trained on, uint8 RGB, with their rows of the index."""
    for name in FLAT:
        with zipfile.ZipFile(folder / f"{name}.zip") as archive:
            for line in archive.read("index.jsonl").decode().splitlines():
                row = json.loads(line)
                if not is_held_out(row["writer"]):
                    with Image.open(io.BytesIO(archive.read(row["file"]))) as picture:
                        yield np.asarray(picture.convert("RGB")), row


def label(rgb: NDArray[np.uint8], row: dict) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(coverage of ink 0..255, 255 where that is known and 0 where it isn't), both uint8 (H, W)."""
    ink = np.clip(page_ink(rgb) * 1.15 - 0.08, 0, 1)
    near = np.zeros(ink.shape, np.uint8)
    for line in row["lines"]:
        polygon = np.array(line["polygon"], np.float32)
        height = float(np.ptp(polygon[:, 1])) if len(polygon) else 0.0
        if len(polygon) > 2:
            cv2.fillPoly(near, [polygon.astype(np.int32)], 255)
            cv2.polylines(near, [polygon.astype(np.int32)], True, 255, max(1, round(BAND * min(height, 80))))
    far = (near == 0) & (cv2.dilate((ink > 0.1).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)
    coverage = np.where(near > 0, ink * 255, 0).astype(np.uint8)
    return coverage, np.where(far, 0, 255).astype(np.uint8)


def png(picture: NDArray[np.uint8]) -> bytes:
    """The picture as a PNG file."""
    ok, data = cv2.imencode(".png", picture)
    assert ok
    return data.tobytes()


def main() -> None:
    """Pack a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pages", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    blobs: list[bytes] = []
    for rgb, row in pages(args.pages):
        coverage, known = label(rgb, row)
        ok, jpeg = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
        assert ok
        blobs += [jpeg.tobytes(), png(coverage), png(known)]
    beside = args.output.with_suffix(".tmp.npz")
    np.savez(beside, bytes=np.frombuffer(b"".join(blobs), np.uint8), sizes=np.array([len(b) for b in blobs]))
    os.replace(beside, args.output)
    print(f"{len(blobs) // 3} pages -> {args.output}")


if __name__ == "__main__":
    main()
