"""Pack what scenes are made of into one file: handwriting of many hands and scripts, photographs, the texts of print.

    python -m synth.pack DATA .cache/scenes.npz

DATA is the folder that train/README.md describes; its parts `scripts` and `backgrounds` may be missing.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

UNIT = 256
"""Stored integers per height of a hand's usual word."""
LATIN = ("unipen_words", "unipen_textwords")
CHARACTERS = ("hanzi", "cjk_anim", "kanjivg", "kanjicanvas", "omniglot_scripts", "maths")
EM_HEIGHT = 750.0
"""Of a usual word in a font of 1000 units."""
MOST_OF_A_HAND, MOST_CHARACTERS = 90, 9000
PHOTO_SIDE = 480


def samples(path: Path) -> Iterator[tuple[str, str, list[NDArray[np.float32]]]]:
    """(text, writer, strokes) of one packed file."""
    with np.load(path) as z:
        packed = {k: z[k] for k in z.files}
    texts, writers = (str(packed[k]).split("\n") for k in ("text", "writer"))
    lengths, moves = packed["stroke_len"].tolist(), packed["xy"].astype(np.int32)
    at = stroke = 0
    for text, writer, count in zip(texts, writers, packed["nstrokes"].tolist(), strict=False):
        strokes, start = [], np.zeros(2, np.int32)
        for n in lengths[stroke : stroke + count]:
            points = moves[at : at + n].copy()
            points[0] += start
            points = np.cumsum(points, axis=0)
            start = points[0]
            strokes.append(points.astype(np.float32))
            at += n
        stroke += count
        yield text, writer, strokes


Ink = list[NDArray[np.float32]]
"""Strokes, each (n, 2)."""


def latin(folder: Path, rng: np.random.Generator) -> list[list[Ink]]:
    """Words of each writer that training may see, in heights of the writer's usual word, from x = 0, about y = 0."""
    split = json.loads((folder / "unipen_split.json").read_text())
    apart = set(split["test"]) | set(split["val"])
    by_writer: dict[str, list[list[NDArray[np.float32]]]] = defaultdict(list)
    for name in LATIN:
        for _, writer, strokes in samples(folder / f"{name}.npz"):
            if writer not in apart and strokes:
                by_writer[writer].append(strokes)
    hands = []
    for drawn in by_writer.values():
        usual = float(np.median([np.ptp(np.concatenate(s)[:, 1]) for s in drawn]))
        chosen = rng.permutation(len(drawn))[:MOST_OF_A_HAND]
        hands.append([centred(drawn[i], max(usual, 1.0)) for i in chosen])
    return hands


def neat(folder: Path, rng: np.random.Generator) -> list[list[Ink]]:
    """Words in each single-line font, drawn as the neatest hands write: the same letters again and again."""
    licences = json.loads((folder / "font_licences.json").read_text())
    with np.load(folder / "font_glyphs.npz") as z:
        advances = z["ppi"].tolist()
    fonts: dict[str, dict[str, tuple[list[NDArray[np.float32]], float]]] = defaultdict(dict)
    for (letter, font, strokes), advance in zip(samples(folder / "font_glyphs.npz"), advances, strict=True):
        if "OFL" in licences.get(font, "") and strokes:
            fonts[font][letter] = strokes, advance
    texts = sorted({text for text, _, _ in samples(folder / "unipen_words.npz")})
    hands = []
    for glyphs in fonts.values():
        chosen = [texts[i] for i in rng.permutation(len(texts))[:MOST_OF_A_HAND].tolist()]
        hands.append([centred(_set(t, glyphs, rng), EM_HEIGHT) for t in chosen if all(c in glyphs for c in t)])
    return [words for words in hands if words]


def _set(
    text: str, glyphs: dict[str, tuple[list[NDArray[np.float32]], float]], rng: np.random.Generator
) -> list[NDArray[np.float32]]:
    """A word's letters side by side, each a little off its place."""
    curves, x = [], 0.0
    for letter in text:
        strokes, advance = glyphs[letter]
        off = np.float32([x, 0]) + rng.normal(0, 12, 2).astype(np.float32)
        curves += [s + off for s in strokes]
        x += advance
    return curves


def characters(folder: Path, rng: np.random.Generator) -> list[list[NDArray[np.float32]]]:
    """Characters of other scripts, in heights of the file's usual character."""
    chosen = []
    for name in CHARACTERS:
        path = folder / f"{name}.npz"
        if not path.exists():
            continue
        drawn = [s for _, _, s in samples(path) if s]
        usual = float(np.median([np.ptp(np.concatenate(s)[:, 1]) for s in drawn]))
        rows = rng.permutation(len(drawn))[: MOST_CHARACTERS // len(CHARACTERS)]
        chosen += [centred(drawn[i], max(usual, 1.0)) for i in rows]
    return chosen


def centred(strokes: list[NDArray[np.float32]], height: float) -> list[NDArray[np.float32]]:
    """In units of `height`, from x = 0, the mean of all points at y = 0; thinned to what a curve needs."""
    points = np.concatenate(strokes)
    origin = np.array([points[:, 0].min(), points[:, 1].mean()], np.float32)
    return [thinned((s - origin) / height) for s in strokes]


def thinned(curve: NDArray[np.float32]) -> NDArray[np.float32]:
    """The curve without the tablet's staircase, in steps of about 0.04 heights."""
    if len(curve) < 3:
        return curve
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    if along[-1] < 1e-6:
        return curve[:1]
    at = np.linspace(0, along[-1], max(2, int(along[-1] / 0.04)) + 1)
    even = np.stack([np.interp(at, along, curve[:, k]) for k in (0, 1)], 1)
    inner = (even[:-2] + 2 * even[1:-1] + even[2:]) / 4
    return np.concatenate([even[:1], inner, even[-1:]]).astype(np.float32)


def flat(inks: list[list[NDArray[np.float32]]], prefix: str) -> dict[str, NDArray[Any]]:
    """Many inks as flat arrays: points in 1 / UNIT heights, points per stroke, strokes per ink."""
    strokes = [s for ink in inks for s in ink]
    points = np.concatenate(strokes) if strokes else np.zeros((0, 2), np.float32)
    return {
        f"{prefix}_xy": np.clip(np.rint(points * UNIT), -32768, 32767).astype(np.int16),
        f"{prefix}_points": np.array([len(s) for s in strokes], np.int32),
        f"{prefix}_strokes": np.array([len(ink) for ink in inks], np.int32),
    }


def photographs(folder: Path) -> tuple[list[bytes], list[str]]:
    """JPEGs of surfaces and scenes without text, at most PHOTO_SIDE a side, and the picture each was cropped from."""
    path = folder / "backgrounds.zip"
    if not path.exists():
        return [], []
    jpegs, pictures = [], []
    with zipfile.ZipFile(path) as archive:
        for line in archive.read("index.jsonl").decode().splitlines():
            row = json.loads(line)
            with Image.open(io.BytesIO(archive.read(row["file"]))) as picture:
                rgb = np.asarray(picture.convert("RGB"))
            scale = min(1.0, PHOTO_SIDE / max(rgb.shape[:2]))
            small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            ok, jpeg = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
            assert ok, row["file"]
            jpegs.append(jpeg.tobytes())
            pictures.append(f"{row['package']}/{row['picture']}")
    return jpegs, pictures


def main() -> None:
    """Pack a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    jpegs, pictures = photographs(args.data / "backgrounds")
    neatest = neat(args.data / "ink", rng)
    hands = latin(args.data / "ink", rng) + neatest
    words = [word for hand in hands for word in hand]
    arrays = (
        {"hands": np.array([len(hand) for hand in hands]), "neat": np.array(len(neatest))}
        | flat(words, "word")
        | flat(characters(args.data / "scripts", rng), "character")
    )
    arrays["photo_bytes"] = np.frombuffer(b"".join(jpegs), np.uint8)
    arrays["photo_sizes"] = np.array([len(j) for j in jpegs], np.int64)
    arrays["photo_pictures"] = np.array("\n".join(pictures))
    args.output.parent.mkdir(parents=True, exist_ok=True)
    beside = args.output.with_suffix(".tmp.npz")
    np.savez_compressed(beside, **arrays)
    os.replace(beside, args.output)
    signs = len(arrays["character_strokes"])
    print(f"{len(words)} words of {len(hands)} hands, {signs} characters, {len(jpegs)} photographs -> {args.output}")


if __name__ == "__main__":
    main()
