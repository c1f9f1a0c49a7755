"""A folder of photos before and after a change: pages converted, pictures to look at side by side, a table of verdicts.

    python -m bench.phone convert PHOTOS before/          # with the code as it is: before/NAME.json
    python -m bench.phone sheet PHOTOS before/ after/ -o sheets/
    python -m bench.phone maps PHOTOS -o maps/ [--model FOLDER]      # what the segmentation network alone sees
    python -m bench.phone table                           # bench/results/phone.tsv -> bench/results/phone.md

`sheet` writes each photo beside the strokes found on it, those of words red and those of drawings blue, one column for
each folder, and all of them on contact sheets. `maps` does so with what a network takes for ink (red), ruling (green)
and print (blue), in a twentieth of the time. A person looks at them and fills bench/results/phone.tsv. Nothing of the
photos stays in the tree: they are other people's.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

import inksight
from inksight.arrays import Map
from inksight.formats import read
from inksight.imaging.segmentation import Network, segment
from inksight.layout.pen_lines import by_pen
from inksight.report import PageReport

RESULTS = Path(__file__).parent / "results" / "phone.md"
VERDICTS = RESULTS.with_suffix(".tsv")
ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
PANEL = 900
"""The longer side of a picture on a sheet, in pixels."""
CONTACT = 3
"""Photos below each other on a contact sheet."""
COLORS = {"word": (200, 0, 0), "drawing": (0, 0, 220)}
RIGHT = "right"

METHOD = """# Photos of other people's notes

{count} photos looked at by eye (bench/phone.py): right where nothing of importance is lost and nothing invented; a few
specks are named and forgiven. Left empty: not looked at. Strokes: converted by the code with the old rules and with the
first network, each beside its strokes; of the first column the photos from brandonhaynes100_01 on were traced by the
centreline tracer, to save time. Maps: what the network alone says, on contact sheets, before words are found and before
faint pieces are left out; the first one, and the second one with layout/pen_lines.py.
The lines around three boards (brandonhaynes100) are drawn by hand; they had been counted as the boards' edges.
"""


def photos(folder: Path) -> list[Path]:
    """The pictures in a folder, by name."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS)


def convert(folder: Path, out: Path) -> None:
    """Each photo's page as JSON, and the report's numbers in facts.jsonl; goes on where it stopped."""
    out.mkdir(parents=True, exist_ok=True)
    for path in photos(folder):
        target = out / f"{path.stem}.json"
        if target.exists():
            continue
        start = time.process_time()
        reports: list[PageReport] = []
        page = inksight.convert(path, report=reports.append)
        facts = {"covered": reports[0].covered, "words": reports[0].words, "strokes": len(page.strokes)}
        facts["cpu"] = round(time.process_time() - start, 1)
        page.save(target)
        with (out / "facts.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"photo": path.name, **facts}) + "\n")
        print(path.name, facts, flush=True)


# --- looking ----------------------------------------------------------------------------------------------------------


def sheet(folder: Path, runs: Sequence[Path], out: Path) -> None:
    """Each photo beside its strokes, and contact sheets of them all, as JPEG."""
    _looked_at(folder, out, lambda path, photo: [overlay(photo, run / f"{path.stem}.json") for run in runs])


def maps(folder: Path, out: Path, model: Path | None) -> None:
    """Each photo beside what the network of a model's folder, the package's own by default, sees on it."""
    seer = Network(model) if model else None
    _looked_at(folder, out, lambda _, photo: [seen(photo, seer)])


def _looked_at(folder: Path, out: Path, panels: Callable[[Path, Image.Image], list[Image.Image]]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for path in photos(folder):
        photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        row = _beside([photo, *panels(path, photo)])
        ImageDraw.Draw(row).text((6, 4), path.stem, fill=(255, 0, 255), font_size=22)
        row.save(out / f"{path.stem}.jpg", quality=85)
        rows.append(row)
    for k in range(0, len(rows), CONTACT):
        _below(rows[k : k + CONTACT]).save(out / f"contact-{k // CONTACT:02d}.jpg", quality=80)


def overlay(photo: Image.Image, ink: Path) -> Image.Image:
    """The strokes of a page over the dimmed photo; the bare photo where the page is missing."""
    if not ink.exists():
        return photo
    page = read(ink)
    dimmed = Image.blend(photo, Image.new("RGB", photo.size, "white"), 0.65)
    pen = ImageDraw.Draw(dimmed)
    width = max(2, round(max(photo.size) / 600))
    for word in page.words:
        for stroke in word.strokes:
            points = [tuple(p) for p in (stroke.points * (photo.width / page.width)).tolist()]
            pen.line(points if len(points) > 1 else points * 2, fill=COLORS.get(word.kind, COLORS["word"]), width=width)
    return dimmed


def seen(photo: Image.Image, seer: Network | None) -> Image.Image:
    """The maps over the dimmed photo."""
    pixels = np.asarray(photo)
    segmentation = by_pen(segment(pixels, seer))
    colors: list[tuple[Map, tuple[int, int, int]]] = [
        (segmentation.ruling, (0, 160, 0)),
        (segmentation.print, (0, 0, 255)),
        (segmentation.ink, (220, 0, 0)),
    ]
    shown = 255 - 0.35 * (255 - pixels.astype(np.float32))
    for cover, color in colors:
        alpha = np.clip((cover - 0.3) / 0.2, 0, 1)[..., None]
        shown += alpha * (np.float32(color) - shown)
    return Image.fromarray(shown.astype(np.uint8))


def _beside(pictures: Sequence[Image.Image]) -> Image.Image:
    shrunk = [ImageOps.contain(p, (PANEL, PANEL)) for p in pictures]
    row = Image.new("RGB", (sum(p.width + 6 for p in shrunk), max(p.height for p in shrunk)), "grey")
    x = 0
    for picture in shrunk:
        row.paste(picture, (x, 0))
        x += picture.width + 6
    return row


def _below(rows: Sequence[Image.Image]) -> Image.Image:
    whole = Image.new("RGB", (max(r.width for r in rows), sum(r.height + 6 for r in rows)), "grey")
    y = 0
    for row in rows:
        whole.paste(row, (0, y))
        y += row.height + 6
    return whole


# --- verdicts ---------------------------------------------------------------------------------------------------------


def table() -> str:
    """The verdicts as Markdown: a row a photo, and how many are right of those that were looked at."""
    with VERDICTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    runs = [name for name in rows[0] if name != "photo"]
    seen = {run: [r[run] for r in rows if r[run]] for run in runs}
    sums = [f"{sum(v.startswith(RIGHT) for v in seen[run])} of {len(seen[run])}" for run in runs]
    return METHOD.format(count=len(rows)) + "\n".join(["", *_rows(runs, sums, rows), ""])


def _rows(runs: Sequence[str], sums: Sequence[str], rows: Sequence[dict[str, str]]) -> Iterator[str]:
    yield f"| photo | {' | '.join(runs)} |"
    yield "| --- |" + " --- |" * len(runs)
    yield f"| **right** | {' | '.join(f'**{s}**' for s in sums)} |"
    for row in rows:
        yield f"| {row['photo']} | {' | '.join(row[run] for run in runs)} |"


def main() -> None:
    """Convert, make sheets, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    one = steps.add_parser("convert")
    one.add_argument("photos", type=Path)
    one.add_argument("out", type=Path)
    two = steps.add_parser("sheet")
    two.add_argument("photos", type=Path)
    two.add_argument("runs", type=Path, nargs="+", help="folders that `convert` wrote")
    two.add_argument("-o", dest="out", type=Path, required=True)
    three = steps.add_parser("maps")
    three.add_argument("photos", type=Path)
    three.add_argument("-o", dest="out", type=Path, required=True)
    three.add_argument("--model", type=Path)
    steps.add_parser("table")
    options = parser.parse_args()
    if options.step == "convert":
        convert(options.photos, options.out)
    elif options.step == "sheet":
        sheet(options.photos, options.runs, options.out)
    elif options.step == "maps":
        maps(options.photos, options.out, options.model)
    else:
        RESULTS.write_text(table(), "utf-8")
        print(table())


if __name__ == "__main__":
    main()
