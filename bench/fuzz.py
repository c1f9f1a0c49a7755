"""Broken files by mutation: none may bring a traceback, a hang or much memory.

    python -m bench.fuzz                     # 10,000 files, into bench/results/fuzz.md
    python -m bench.fuzz --count 500 --seed 7 --keep failures/

Each file is a sound one of a kind with some bytes flipped, cut, doubled, set to extremes or swapped with another's, the
same for the same seed. It is opened as the command line would open it, in a process that is bound to a memory and, per
file, to a time; what ends in anything but a result or an InputError of one line counts as a failure and is kept.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import signal
import struct
import tempfile
import time
import traceback
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np
from PIL import Image, ImageDraw

from inksight import formats
from inksight.errors import InputError
from inksight.imaging.pictures import open_pictures
from inksight.ink import Line, Page, Stroke, Word
from inksight.layout import boxes, google_vision

SECONDS, MEGABYTES = 10, 1024
"""A file may take so much time, and opening all of them so much memory at any moment."""

EXTREMES = (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"-1", b"9" * 400, b"1e999", b"NaN", b"<", b'"')

RESULTS = Path(__file__).parent / "results" / "fuzz.md"

Open = Callable[[bytes], object]


@dataclass(frozen=True)
class Kind:
    """A kind of file: sound ones, and how they are opened."""

    seeds: list[bytes]
    open: Open


def kinds() -> dict[str, Kind]:
    """All that is tried, by name."""
    found = {name: Kind([data], _pictures) for name, data in _pictures_of_all_kinds()}
    found |= {fmt: Kind([formats.dumps(_page(), fmt)], _ink(fmt)) for fmt in formats.readable()}
    found["png resealed"] = Kind(found["png"].seeds, lambda data: _pictures(resealed(data)))
    found["boxes"] = Kind([b'[[1, 2, 30, 40], {"box": [5, 6, 70, 80], "text": "hi", "line": 0}]'], _saved(boxes.read))
    word = '{"symbols": [{"text": "a"}], "boundingBox": {"vertices": [{"x": 1}, {}, {"y": 2}, {"x": 4, "y": 9}]}}'
    blocks = f'[{{"paragraphs": [{{"words": [{word}]}}]}}]'
    vision = f'{{"fullTextAnnotation": {{"pages": [{{"width": 9, "height": 9, "blocks": {blocks}}}]}}}}'
    found["vision"] = Kind([vision.encode()], _saved(google_vision.read))
    return found


def _page() -> Page:
    strokes = tuple(Stroke(np.array([(9 + i, 9), (20 + i, 30), (35, 12 + i)]), 2.0, "#102030") for i in range(3))
    lines = (Line((Word(strokes, "one", 0.9), Word(strokes[:1], "two", 0.8))), Line((Word(strokes[1:], "three"),)))
    return Page(120, 80, lines)


def _pictures_of_all_kinds() -> Iterator[tuple[str, bytes]]:
    picture = Image.new("RGB", (90, 60), "white")
    ImageDraw.Draw(picture).line((9, 9, 60, 40), fill="navy", width=3)
    clear = picture.convert("RGBA")
    clear.putalpha(picture.convert("L").point(lambda v: 255 - v))
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "JPEG2000", "AVIF", "TGA", "PCX", "ICO", "PDF"):
        file = io.BytesIO()
        several = {"save_all": True, "append_images": [picture.rotate(9)]} if kind in ("GIF", "TIFF", "WEBP") else {}
        (clear if kind in ("PNG", "WEBP", "TGA") else picture).save(file, kind, **several)
        yield kind.lower(), file.getvalue()
    with suppress(ImportError):  # an extra
        import pillow_heif

        file = io.BytesIO()
        pillow_heif.from_pillow(picture).save(file)
        yield "heic", file.getvalue()


def _pictures(data: bytes) -> object:
    return [picture.pixels.shape for picture in open_pictures(data)]


def resealed(data: bytes) -> bytes:
    """A PNG with the checksums that its chunks should have, so that what they hold is looked at."""
    out, at = data[:8], 8
    while at + 8 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        body = data[at + 4 : at + 8 + min(length, len(data))]
        out += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + length
    return out


def _ink(fmt: str) -> Open:
    return lambda data: formats.loads_pages(data, fmt)


def _saved(read: Callable[[Path], object]) -> Open:
    def opened(data: bytes) -> object:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(data)
            file.flush()
            return read(Path(file.name))

    return opened


def mutated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """The file with one to six changes."""
    content = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randrange(len(content) + 1), rng.randint(1, 24)
        match rng.randrange(6):
            case 0 if content:
                content[at % len(content)] ^= 1 << rng.randrange(8)
            case 1:
                del content[at : at + length]
            case 2:
                content[at:at] = content[at : at + length] * rng.randint(1, 9)
            case 3:
                extreme = rng.choice(EXTREMES)
                content[at : at + len(extreme)] = extreme
            case 4:
                content[at : at + length] = other[at : at + length]
            case _ if rng.random() < 0.2:
                del content[at:]
    return bytes(content)


def attempt(opened: Open, data: bytes) -> str:
    """What came of a file: "read", "refused", or what must not happen."""
    signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            opened(data)
    except InputError as error:
        return "refused" if "\n" not in str(error) else f"two lines: {error}"
    except _TooSlow:
        return f"over {SECONDS} s"
    except MemoryError:
        return f"over {MEGABYTES} MB"
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(place.filename).name}:{place.name}"
    finally:
        signal.alarm(0)
    return "read"


class _TooSlow(BaseException):
    """Not an Exception: nobody who catches those may swallow it."""


def _ring(number: int, frame: FrameType | None) -> None:
    raise _TooSlow


def run(count: int, seed: int, keep: Path | None = None) -> dict[str, Counter[str]]:
    """What came of `count` files, spread over all kinds, by kind."""
    tried = kinds()
    names, every = sorted(tried), [s for kind in tried.values() for s in kind.seeds]
    outcomes = {name: Counter[str]() for name in names}
    signal.signal(signal.SIGALRM, _ring)
    for number in range(count):
        rng = random.Random(f"{seed}-{number}")
        name = names[number % len(names)]
        data = mutated(rng.choice(tried[name].seeds), rng.choice(every), rng)
        outcome = attempt(tried[name].open, data)
        outcomes[name][outcome] += 1
        if keep is not None and outcome not in ("read", "refused"):
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}-{seed}-{number}").write_bytes(data)
    return outcomes


def failures(outcomes: dict[str, Counter[str]]) -> list[str]:
    """What must not happen, one line each."""
    bad = [(n, o, k) for n, seen in outcomes.items() for o, k in seen.items() if o not in ("read", "refused")]
    return [f"{name}: {outcome} ({times} times)" for name, outcome, times in bad]


def report(outcomes: dict[str, Counter[str]], seed: int, seconds: float, megabytes: int) -> str:
    """The figures as Markdown."""
    total = sum(seen.total() for seen in outcomes.values())
    rows = [f"| {n} | {c.total()} | {c['read']} | {c['refused']} |" for n, c in outcomes.items()]
    bad = failures(outcomes)
    return "\n".join(
        [
            "# Broken files\n",
            f"`python -m bench.fuzz --count {total} --seed {seed}`: {total} files, {len(bad)} kinds of failure, "
            f"{seconds:.0f} s of processor time, {megabytes} MB at most.\n",
            "| kind | tried | read | refused in one line |\n| --- | --- | --- | --- |",
            *rows,
            *(["\nFailures:\n", *(f"- {line}" for line in bad)] if bad else []),
            "",
        ]
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="a folder for the files that failed")
    given = parser.parse_args()
    start = time.process_time()
    outcomes = run(given.count, given.seed, given.keep)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    RESULTS.write_text(report(outcomes, given.seed, time.process_time() - start, most))
    print(RESULTS.read_text())
    raise SystemExit(bool(failures(outcomes)) or most > MEGABYTES)


if __name__ == "__main__":
    main()
