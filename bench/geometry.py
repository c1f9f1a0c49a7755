"""How well pages are laid flat: sheets of known words, photographed by bench/camera.py from all sides.

    python -m bench.geometry DATA [--shots 6] [--look FOLDER]

Writes bench/results/geometry.md; with --look, each photo beside its flat sheet as a picture.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.camera import TABLES, Camera, Shot, shoot
from bench.sheets import pages
from inksight.arrays import Array, Pixels
from inksight.imaging.rectify import flatten
from inksight.imaging.rectify.contour import contour
from inksight.imaging.rectify.outline import outlines
from inksight.imaging.sheet import Sheet, as_it_is
from inksight.layout.rapidocr import shared
from inksight.pipeline import WORKING_SIDE

RESULTS = Path(__file__).parent / "results" / "geometry.md"

FLAT = (0, 2, 6, 9, 19, 25)
"""Pages of bench/sheets.py that no camera bent: scans, some as JPEG."""

HEAD = """# Pages laid flat

Made by `python -m bench.geometry DATA`: {count} photos of {sheets} sheets (bench/sheets.py) by random cameras over five
tables (bench/camera.py), 3 megapixels each. Upright: the writing was turned the right way up. Corner: how far the
farthest corner of the sheet is off, in pixels, where all four are in sight. Off: the farthest of 63 points of the sheet
from where it would be if seen straight from above, in % of its width. Slope: how much the steepest piece of a line
rises, in degrees. Lost: share of the points that are taken for table. Words: share of the words that RapidOCR reads
rightly; cropping or padding a picture alone moves it by 0.02. Arrows: in the photo -> in the flat sheet. Medians over
the photos, the worst in brackets; of words, lost and time the means.

| camera | photos | upright | corner, px | off, % | slope, degrees | lost | words | CPU, s |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
"""

Random = np.random.Generator


def _camera(rng: Random, **more: float | tuple[float, float]) -> Camera:
    base = Camera(table=TABLES[rng.integers(len(TABLES))], seed=int(rng.integers(1 << 20)))
    return replace(base, shadow=rng.uniform(0, 0.4), lamp=rng.uniform(0, 0.35), **more)  # type: ignore[arg-type]


def _tilt(rng: Random, most: float) -> dict[str, float]:
    return {"pitch": rng.uniform(-most, most), "yaw": rng.uniform(-most, most)}


CAMERAS: dict[str, Callable[[Random], Camera]] = {
    "from above": lambda rng: _camera(rng, fill=rng.uniform(0.75, 0.95)),
    "tilted": lambda rng: _camera(rng, fill=rng.uniform(0.7, 0.95), roll=rng.uniform(-12, 12), **_tilt(rng, 25)),
    "turned": lambda rng: _camera(
        rng, fill=rng.uniform(0.7, 0.95), roll=rng.choice([90, 180, 270]) + rng.uniform(-8, 8), **_tilt(rng, 15)
    ),
    "cut off": lambda rng: _camera(
        rng,
        fill=rng.uniform(1.03, 1.2),
        roll=rng.uniform(-5, 5),
        shift=(rng.uniform(-0.08, 0.08), rng.uniform(-0.08, 0.08)),
        **_tilt(rng, 10),
    ),
    "close": lambda rng: _camera(
        rng, fill=rng.uniform(1.4, 1.6), roll=rng.choice([0, 90, 180]) + rng.uniform(-6, 6), **_tilt(rng, 6)
    ),
    "bent": lambda rng: _camera(
        rng,
        fill=rng.uniform(0.75, 0.95),
        pitch=rng.uniform(15, 28),
        roll=rng.uniform(-6, 6),
        arch=rng.uniform(0, 0.1),
        spine=rng.uniform(0.1, 0.25),
    ),
}


@dataclass(frozen=True)
class Row:
    """What came of one photo; `corner` is NaN where not all corners are in sight or no sheet was found."""

    upright: bool
    corner: float
    off: tuple[float, float]
    slope: tuple[float, float]
    lost: float
    words: tuple[float, float]
    seconds: float


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data")
    parser.add_argument("--shots", type=int, default=len(FLAT), help="photos of each kind")
    parser.add_argument("--look", type=Path, metavar="FOLDER", help="write pictures there")
    options = parser.parse_args()
    sheets = [
        (s.picture, [p.text for b in s.blocks for line in b.lines for p in line]) for s in pages(options.data, FLAT)
    ]
    shared().lines(sheets[0][0])  # loaded before the clock runs
    table: list[str] = []
    for kind, camera in CAMERAS.items():
        rng = np.random.default_rng(len(table))
        rows = []
        for k in range(options.shots):
            picture, words = sheets[k % len(sheets)]
            shot = shoot(picture, camera(rng))
            start = time.process_time()
            sheet = flatten(shot.photo, WORKING_SIDE, shared())
            rows.append(_measured(shot, sheet, words, time.process_time() - start))
            print(kind, k, rows[-1], flush=True)
            if options.look:
                _beside(shot.photo, sheet.rgb).save(options.look / f"{kind.replace(' ', '-')}-{k}.jpg")
        table.append(_line(kind, rows))
    RESULTS.write_text(HEAD.format(count=len(CAMERAS) * options.shots, sheets=len(sheets)) + "\n".join(table) + "\n")


def _measured(shot: Shot, sheet: Sheet, words: list[str], seconds: float) -> Row:
    w, h = shot.sheet_size
    points = np.stack(np.meshgrid(np.linspace(0.08, 0.92, 7) * w, np.linspace(0.06, 0.94, 9) * h), -1).reshape(-1, 2)
    seen = shot.to_photo(points)
    points = points[((seen > 0) & (seen < shot.photo.shape[1::-1])).all(axis=1)]
    to_flat = sheet.frame.inverse()
    before, after = shot.to_photo(points), to_flat.apply(shot.to_photo(points))
    turn, off = _compared(points, after)
    x, y = after.astype(int).clip(0, np.array(sheet.rgb.shape[1::-1]) - 1).T
    beside = shot.to_photo(points + np.array([w / 40, 0]))
    look = as_it_is(shot.photo, 736)
    found = [o for o in outlines(look.rgb)[:1] if o.whole and sheet.inside is not None]
    corners = look.frame.apply(contour(look.rgb, found[0])[0]) if found else np.full((4, 2), np.nan)
    in_sight = ((shot.corners > 0) & (shot.corners < shot.photo.shape[1::-1])).all()
    errors = [np.linalg.norm(np.roll(corners, k, axis=0) - shot.corners, axis=1).max() for k in range(4)]
    texts = [" ".join(d.text for d in shared()(p)) for p in (as_it_is(shot.photo, WORKING_SIDE).rgb, sheet.rgb)]
    return Row(
        upright=abs(turn) < 10,
        corner=min(errors) if in_sight else np.nan,
        off=(_compared(points, before)[1] / w * 100, off / w * 100),
        slope=(_slope(before, beside), _slope(after, to_flat.apply(beside))),
        lost=0.0 if sheet.inside is None else 1 - float(sheet.inside[y, x].mean()),
        words=tuple(_read(t, words) for t in texts),  # type: ignore[arg-type]
        seconds=seconds,
    )


def _compared(sheet: Array, seen: Array) -> tuple[float, float]:
    """The turn in degrees, and how far the farthest point is off once turn and scale are undone, in sheet pixels."""
    a, b = (v - v.mean(axis=0) for v in (sheet, seen))
    z, w = a[:, 0] + 1j * a[:, 1], b[:, 0] + 1j * b[:, 1]
    factor = (w * z.conj()).sum() / (np.abs(z) ** 2).sum()
    return float(np.degrees(np.angle(factor))), float(np.abs(w / factor - z).max())


def _slope(start: Array, end: Array) -> float:
    """How steep the steepest piece is, against the middle one of all, in degrees."""
    d = end - start
    angle = np.degrees(np.arctan2(d[:, 1], d[:, 0]))
    middle = np.degrees(np.angle(np.exp(1j * np.radians(angle)).mean()))
    return float(np.abs((angle - middle + 180) % 360 - 180).max())


def _read(text: str, words: list[str]) -> float:
    there = Counter(words)
    return (Counter(text.split()) & there).total() / there.total()


def _line(kind: str, rows: list[Row]) -> str:
    def middle(values: Iterable[float]) -> str:
        known = [v for v in values if np.isfinite(v)]
        return f"{np.median(known):.1f} ({max(known):.1f})" if known else ""

    cells = [
        kind,
        str(len(rows)),
        str(sum(r.upright for r in rows)),
        middle(r.corner for r in rows),
        " -> ".join(middle(r.off[k] for r in rows) for k in (0, 1)),
        " -> ".join(middle(r.slope[k] for r in rows) for k in (0, 1)),
        f"{np.mean([r.lost for r in rows]):.3f}",
        " -> ".join(f"{np.mean([r.words[k] for r in rows]):.2f}" for k in (0, 1)),
        f"{np.mean([r.seconds for r in rows]):.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def _beside(photo: Pixels, flat: Pixels) -> Image.Image:
    """Both pictures, 900 pixels high."""
    both = [cv2.resize(p, (round(p.shape[1] * 900 / len(p)), 900), interpolation=cv2.INTER_AREA) for p in (photo, flat)]
    return Image.fromarray(np.hstack([both[0], np.zeros((900, 8, 3), np.uint8), both[1]]))


if __name__ == "__main__":
    main()
