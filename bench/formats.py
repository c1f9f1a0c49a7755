"""Write docs/formats.md: every format of the example page, opened by the real programs, with what they saw.

    python -m bench.formats --uim UIM/bin/python --excalidraw FOLDER

It converts examples/page.jpg once, writes it in every format to out/formats/, opens each file in a program that its
users have, fails where that doesn't see every stroke or word, and leaves a picture beside the file: look at them. It
needs the dev extra and the packages of tests/packages.txt, and two environments that can't live beside ours: a Python
with universal-ink-library (see examples/inkml_to_uim.py) and Excalidraw's package (see tests/test_excalidraw.py).
"""

from __future__ import annotations

import argparse
import csv
import email
import email.policy
import html
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import inksight
from inksight import formats
from inksight.arrays import Pixels
from inksight.formats import Style
from inksight.formats.dataset import read_packed
from inksight.formats.film import film
from inksight.imaging.pictures import open_image
from inksight.ink import Page

ROOT = Path(__file__).parent.parent
DOC = ROOT / "docs" / "formats.md"
OUT = ROOT / "out" / "formats"

HEAD = """# Formats

`inksight convert notes.jpg -o notes.ENDING` writes any of them; where the ending doesn't tell the format, `--to NAME`
does. `inksight render ink.json -o ink.gif` turns a file that can be read into another, and `inksight.formats.read`
reads it in Python. How it looks is said by options: `--color`, `--width`, `--background`, `--fit`, `--dpi`, `--size`,
`--speed`, `--loop` / `--once`, `--times`; see `inksight convert --help`.

| format | opens in | writes | reads | how it is proved: the example page, opened | size |
| --- | --- | --- | --- | --- | --- |
"""

TAIL = """
The page is examples/page.jpg: {words} words, {strokes} strokes, {points} points. Every row was made by a run of
`python -m bench.formats`, which fails where a program doesn't see all of it; "our reader" means that the file is read
back to the same number of strokes or to the same words. The tests open smaller pages in the same programs and compare
pictures and round trips. How HPGL and G-code are made: [plotters.md](plotters.md); Wacom's model:
[examples/inkml_to_uim.py](../examples/inkml_to_uim.py).
"""


class Missed(Exception):
    """A program that isn't there, fails, or doesn't see all."""


class Bench:
    """The page, where its files are, and how programs are run."""

    def __init__(self, page: Page, photo: Pixels, uim: str, excalidraw: str) -> None:
        self.page, self.uim, self.excalidraw = page, uim, Path(excalidraw)
        self.style = Style(photo=photo, name="page.jpg")
        self.strokes, self.points = len(page.strokes), sum(map(len, page.strokes))
        self.texts = [w.text for w in page.words if w.text]

    def run(self, program: str, *arguments: str | Path) -> str:
        """What the program prints on both channels; fails with it where the program fails."""
        path = shutil.which(program) or shutil.which(program, path=Path(sys.executable).parent)
        if path is None:
            raise Missed(f"{program} is missing: see the top of bench/formats.py")
        done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            raise Missed(f"{program} {' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def all(self, seen: int, what: str, of: int | None = None) -> str:
        """Fails unless `seen` is as many as there are, of strokes unless told otherwise."""
        want = self.strokes if of is None else of
        if seen != want:
            raise Missed(f"{what}: {seen} instead of {want}")
        return f"{seen} {what}"

    def browse(self, file: Path, name: str, milliseconds: int = 1000) -> Path:
        """A screenshot of what Chromium shows after a while."""
        shot = file.with_name(f"{name}.png")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1200,1500"]
        self.run("chromium", *options, f"--virtual-time-budget={milliseconds}", f"--screenshot={shot}", file.as_uri())
        return shot

    def ends(self, last: Path, frames: int, *, still: bool = False) -> str:
        """That a film has all its frames (or more, where a `still` takes many), and that its last shows each stroke.

        A stroke is seen if at least half of its points look more like the written page than like the empty one.
        """
        movie = film(self.page, self.style)
        shots = list(movie.shots())
        pictures = (movie.start, shots[-1].picture, Image.open(last))
        empty, full, got = (np.asarray(p.convert("RGB")).astype(int) for p in pictures)
        inked = np.abs(got - full).sum(axis=2) < np.abs(got - empty).sum(axis=2)
        height, width = inked.shape
        places = [(s.points * (height / self.page.height)).astype(int) for s in self.page.strokes]
        seen = sum(bool(inked[p[:, 1].clip(0, height - 1), p[:, 0].clip(0, width - 1)].mean() >= 0.5) for p in places)
        count = frames if still and frames > len(shots) else self.all(frames, "frames", len(shots)).split()[0]
        return f"{width} x {height}, {count} frames, {self.all(seen, 'strokes')} in the last"

    def read(self, file: Path, fmt: str) -> str:
        """That our reader finds all strokes again."""
        return self.all(len(formats.read(file, fmt=fmt).strokes), "strokes read back by our reader")

    def words(self, text: str, *, ordered: bool = True) -> str:
        """That all words of the page stand in a text, and nothing else."""
        got, want = text.split(), " ".join(self.texts).split()
        same = got == want if ordered else sorted(got) == sorted(want)
        return self.all(len(got) if same else -1, "words in order" if ordered else "words", len(want))


def _svg(b: Bench, file: Path) -> str:
    picture = file.with_name("svg.png")
    b.run("inkscape", "--export-type=png", f"--export-filename={picture}", "--export-width=1200", file)
    paths = len(re.findall("^path", b.run("inkscape", "--query-all", file), re.MULTILINE))
    found = re.findall(r"Path count: (\d+)", b.run("vpype", "read", file, "stat"))
    return f"Inkscape: {b.all(paths, 'paths')}; vpype: {b.all(int(found[-1]), 'paths')}"


def _svg_animated(b: Bench, file: Path) -> str:
    inked = {}
    for part in (40, 95):  # per cent of the film, whose end shows the written page
        seek = f"a.currentTime = {part / 100} * a.effect.getComputedTiming().duration"
        script = f"<script>document.getAnimations().forEach(a => {{ a.pause(); {seek} }})</script>"
        page = file.with_name("svg-animated.html")
        page.write_text(f"<!doctype html><style>body {{ margin: 0 }}</style>{file.read_text()}{script}")
        shot = b.browse(page, f"svg-animated-{part}")
        inked[part] = int((np.asarray(Image.open(shot).convert("L")) < 128).sum())
    still = b.browse(file.with_name("page.svg"), "svg-chromium")
    whole = int((np.asarray(Image.open(still).convert("L")) < 128).sum())
    if not (0.1 * whole < inked[40] < 0.9 * whole and abs(inked[95] - whole) < 0.02 * whole):
        raise Missed(f"svg-animated: {inked} of {whole} pixels of ink")
    return f"Chromium: {inked[40] / whole:.0%} of the ink after 40 % of the time, {inked[95] / whole:.0%} at the end"


def _inkml(b: Bench, file: Path) -> str:
    b.run("xmllint", "--noout", "--nonet", file)
    told = b.run(b.uim, ROOT / "examples" / "inkml_to_uim.py", file, file.with_suffix(".uim"))
    strokes, words = map(int, re.findall(r"(\d+) strokes, (\d+) words", told)[0])
    wacom = f"{b.all(strokes, 'strokes')}, {b.all(words, 'words', len(b.texts))}"
    return f"xmllint: well-formed; Wacom's library: {wacom}; {b.read(file, 'inkml')}"


def _pdf(b: Bench, file: Path) -> str:
    b.run("pdftoppm", "-png", "-singlefile", "-r", "110", file, file.with_name("pdf"))
    images = len(b.run("pdfimages", "-list", file).splitlines()) - 2
    text = b.words(b.run("pdftotext", file, "-").replace("\f", ""))
    b.run("qpdf", "--check", file)
    return f"poppler: {text}, {b.all(images, 'images', 0)}; qpdf: no errors"


def _xopp(b: Bench, file: Path) -> str:
    b.run("xournalpp", f"--create-img={file.with_name('xopp.png')}", "--export-png-dpi=110", file)
    b.run("xournalpp", f"--create-pdf={file.with_name('xopp.pdf')}", file)
    text = b.words(b.run("pdftotext", file.with_name("xopp.pdf"), "-").replace("\f", ""), ordered=False)
    return f"Xournal++ draws it, and its PDF has {text}; {b.read(file, 'xopp')}"


def _rm(b: Bench, file: Path) -> str:
    drawn = file.with_name("rm.svg.txt")
    b.run("rmc", "-t", "svg", file, "-o", drawn)
    b.run("rmc", "-t", "pdf", file, "-o", file.with_name("rm.pdf"))
    b.run("pdftoppm", "-png", "-singlefile", "-r", "110", file.with_name("rm.pdf"), file.with_name("rm"))
    known = b.run("file", "--brief", file).strip()
    return f"rmc: {b.all(drawn.read_text().count('<polyline'), 'lines')}; file: “{known}”"


def _rmdoc(b: Bench, file: Path) -> str:
    import rmscene

    with zipfile.ZipFile(file) as notebook:
        (page,) = (name for name in notebook.namelist() if name.endswith(".rm"))
        blocks = list(rmscene.read_blocks(io.BytesIO(notebook.read(page))))
    lines = sum(isinstance(block, rmscene.SceneLineItemBlock) for block in blocks)
    return f"rmscene: {b.all(lines, 'lines')} in the notebook's page (no tablet at hand)"


def _excalidraw(b: Bench, file: Path) -> str:
    from tests.test_excalidraw import ENTRY, PAGE

    folder = file.parent / "excalidraw"
    folder.mkdir(exist_ok=True)
    (folder / "entry.js").write_text(ENTRY)
    modules = folder / "node_modules"
    modules.unlink(missing_ok=True)
    modules.symlink_to(b.excalidraw.resolve() / "node_modules")
    production = ['--define:process.env.NODE_ENV="production"', '--define:process.env.IS_PREACT="false"']
    bundle = ["--bundle", "--format=iife", "--log-level=error", f"--outfile={folder / 'bundle.js'}", *production]
    b.run(str(modules / ".bin/esbuild"), folder / "entry.js", *bundle)
    document = json.loads(file.read_text())
    (folder / "page.html").write_text(PAGE.replace("SCENE", json.dumps(document).replace("</", "<\\/")))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--window-size=1200,1500"]
    shot = f"--screenshot={file.with_name('excalidraw.png')}"
    dom = b.run("chromium", *options, shot, "--dump-dom", (folder / "page.html").as_uri())
    (restored,) = re.findall('<script type="application/json">(.*?)</script>', dom, re.DOTALL)
    drawn = sum(e["type"] == "freedraw" for e in json.loads(restored))
    return f"Excalidraw's own code in Chromium restores {b.all(drawn, 'strokes')} and draws them"


def _hocr(b: Bench, file: Path) -> str:
    report = b.run("hocr-check", file)
    if "not ok" in report or "ok 1 " not in report:
        raise Missed(f"hocr-check: {report}")
    b.browse(Path(shutil.copy(file, file.with_suffix(".html"))), "hocr")
    return f"hocr-check: all ok; {_read_words(b, file, 'hocr')}"


def _boxes(fmt: str) -> Callable[[Bench, Path], str]:
    def prove(b: Bench, file: Path) -> str:
        b.run("xmllint", "--noout", "--nonet", file)
        return f"xmllint: well-formed; {_read_words(b, file, fmt)}"

    return prove


def _read_words(b: Bench, file: Path, fmt: str) -> str:
    return f"{b.words(formats.read(file, fmt=fmt).text)} read back by our reader"


def _film(b: Bench, file: Path) -> str:
    kind = file.suffix[1:]
    told = b.run("ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", file)
    stream = json.loads(told)["streams"][0]
    last = file.with_name(f"{kind}-last.png")
    b.run("ffmpeg", "-v", "error", "-y", "-i", file, "-update", "1", last)
    frames = int(stream["nb_read_frames"])
    return f"ffprobe: {stream['codec_name']}, {b.ends(last, frames, still=kind == 'mp4')}"


def _webp(b: Bench, file: Path) -> str:
    b.browse(file, "webp", 3000)
    last = file.with_name("webp-last.png")
    with Image.open(file) as picture:
        frames = getattr(picture, "n_frames", 1)
        picture.seek(frames - 1)
        picture.convert("RGB").save(last)
    return f"Chromium shows it; libwebp: {b.ends(last, frames)}"


def _png(b: Bench, file: Path) -> str:
    stream = json.loads(b.run("ffprobe", "-v", "error", "-show_streams", "-of", "json", file))["streams"][0]
    if (stream["width"], stream["height"]) != (b.page.width, b.page.height):
        raise Missed(f"{stream['width']} x {stream['height']} pixels")
    return f"ffprobe: {stream['width']} x {stream['height']}, {stream['pix_fmt']}"


def _native(b: Bench, file: Path) -> str:
    b.run(sys.executable, "-m", "json.tool", *(["--json-lines"] if file.suffix == ".jsonl" else []), file, "/dev/null")
    return f"Python's json.tool: valid; {b.read(file, file.suffix[1:])}"


def _table(b: Bench, file: Path) -> str:
    with file.open(newline="", encoding="utf-8") as rows:
        points = sum(row["x"] != "" for row in csv.DictReader(rows))
    return f"Python's csv: {b.all(points, 'points', b.points)}; {b.read(file, 'csv')}"


def _npz(b: Bench, file: Path) -> str:
    with np.load(file, allow_pickle=False) as archive:
        points = len(archive["xy"])
    samples = list(read_packed(file))
    strokes = sum(len(s.strokes) for s in samples)
    return (
        f"NumPy without pickle: {b.all(points, 'points', b.points)}; as training reads it: {b.all(strokes, 'strokes')}"
    )


def _text(b: Bench, file: Path) -> str:
    return b.words(file.read_text("utf-8"))


def _markdown(b: Bench, file: Path) -> str:
    from markdown_it import MarkdownIt

    page = MarkdownIt().render(file.read_text("utf-8"))
    file.with_name("md.html").write_text(f'<meta charset="utf-8">{page}', "utf-8")
    b.browse(file.with_name("md.html"), "md")
    written = page.partition("<em>(")[0]  # how many drawings there are isn't of the page
    return f"markdown-it: {b.words(html.unescape(re.sub('<[^>]*>', ' ', written)))}"


def _dxf(b: Bench, file: Path) -> str:
    from ezdxf import recover

    document, auditor = recover.readfile(file)
    if auditor.errors or auditor.fixes:
        raise Missed("ezdxf finds errors in the DXF")
    return f"ezdxf: no errors, {b.all(len(document.modelspace().query('LWPOLYLINE')), 'polylines')} in millimetres"


def _pdf_ink(b: Bench, file: Path) -> str:
    import pypdfium2

    raw, page = pypdfium2.raw, pypdfium2.PdfDocument(file)[0]
    notes = [raw.FPDFPage_GetAnnot(page.raw, i) for i in range(raw.FPDFPage_GetAnnotCount(page.raw))]
    paths = b.all(sum(raw.FPDFAnnot_GetInkListCount(note) for note in notes), "paths of Ink annotations")
    return f"PDFium: {paths}; poppler: {b.words(b.run('pdftotext', file, '-'))}"


def _onenote(b: Bench, file: Path) -> str:
    head = b"Content-Type: multipart/form-data; boundary=inksight-ink\r\n\r\n"
    message = email.message_from_bytes(head + file.read_bytes(), policy=email.policy.default)
    html, ink = (part.get_content() for part in message.iter_parts())
    page = formats.loads(ink if isinstance(ink, bytes) else ink.encode(), "inkml")
    words = b.words(" ".join(re.findall("<p>(.*?)</p>", html)))
    return (
        f"Python's email: two parts, {words}; {b.all(len(page.strokes), 'strokes read back by our reader')} (not sent)"
    )


def _excalidraw_md(b: Bench, file: Path) -> str:
    note = file.read_text("utf-8")
    scene = json.loads(re.findall(r"```json\n(.*)\n```", note)[0])
    drawn = [element for element in scene["elements"] if element["type"] == "freedraw"]
    listed = re.findall(r"(.*) \^[0-9a-f]{8}\n\n", note.partition("## Text Elements\n")[2].partition("%%")[0])
    return (
        f"{b.all(len(drawn), 'strokes')} of the scene proved above, {b.words(' '.join(listed))} (no Obsidian at hand)"
    )


def _lottie(b: Bench, file: Path) -> str:
    from rlottie_python.rlottie_wrapper import LottieAnimation

    player = LottieAnimation.from_file(str(file))
    last, layers = player.lottie_animation_get_totalframe() - 1, json.loads(file.read_text("utf-8"))["layers"]
    b.all(len(layers) - 1, "strokes")  # and the paper
    shot = file.with_name("lottie.png")
    player.render_pillow_frame(frame_num=last).save(shot)
    inked = (np.asarray(Image.open(shot).convert("L")) < 128).mean()
    if not 0.002 < inked < 0.2:
        raise Missed(f"the last frame's ink is {inked:.1%} of the page")
    return f"rlottie draws it: {b.strokes} strokes, {last + 1} frames"


@dataclass(frozen=True)
class Row:
    """Who opens such files, and what opens one here, looks whether all is there, and says what it saw."""

    opens_in: str
    prove: Callable[[Bench, Path], str]


ROWS = {
    "svg": Row("Inkscape, Illustrator, browsers, Cricut, pen plotters, Stylus Labs Write", _svg),
    "svg-animated": Row("browsers, README files on GitHub", _svg_animated),
    "inkml": Row("OneNote (Graph API), Wacom's tools, recognisers, MathWriting's and CROHME's tools", _inkml),
    "pdf": Row("every PDF viewer; the bridge to Goodnotes, Notability, Nebo", _pdf),
    "xopp": Row("Xournal++, Rnote", _xopp),
    "pdf-ink": Row("Acrobat, Okular, Firefox, Preview: ink that is moved and recoloured there", _pdf_ink),
    "onenote": Row("OneNote, as the body of a request to its API", _onenote),
    "rm": Row("reMarkable (through tools that upload pages)", _rm),
    "rmdoc": Row("reMarkable's apps", _rmdoc),
    "excalidraw": Row("excalidraw.com, Obsidian's plugin", _excalidraw),
    "excalidraw-md": Row("Obsidian with its Excalidraw plugin", _excalidraw_md),
    "dxf": Row("laser cutters, CNC, CAD: LightBurn, LibreCAD, AutoCAD, Inkscape", _dxf),
    "hocr": Row("OCR editors, archives", _hocr),
    "alto": Row("libraries, archives, eScriptorium", _boxes("alto")),
    "page": Row("Transkribus, eScriptorium", _boxes("page")),
    "gif": Row("everything that shows pictures", _film),
    "apng": Row("browsers", _film),
    "webp": Row("browsers, messengers", _webp),
    "mp4": Row("players, slides, chats", _film),
    "lottie": Row("apps and web pages with a Lottie player", _lottie),
    "png": Row("everything that shows pictures", _png),
    "json": Row("InkSight, your own programs", _native),
    "jsonl": Row("pipelines, data sets", _native),
    "csv": Row("spreadsheets, data frames", _table),
    "npz": Row("NumPy; training of recognisers, ours too", _npz),
    "txt": Row("everything", _text),
    "md": Row("Obsidian, Joplin, GitHub", _markdown),
}


def made_by_others(b: Bench) -> list[str]:
    """The rows of what other programs make from our files."""
    guide = (ROOT / "docs" / "plotters.md").read_text()
    (OUT / "pen.toml").write_text(re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)[0])
    sheet, hpgl, gcode = OUT / "a4.svg", OUT / "page.hpgl", OUT / "page.gcode"
    formats.write(b.page, sheet, style=Style(fit="a4"))
    b.run("vpype", "read", sheet, "write", "--device", "hp7475a", "--page-size", "a4", hpgl)
    b.run("vpype", "--config", OUT / "pen.toml", "read", sheet, "gwrite", "--profile", "pen", gcode)
    drawn = b.all(hpgl.read_text().count("PD"), "strokes drawn")
    lowered = b.all(gcode.read_text().count("M3 S90"), "strokes drawn")
    rows = [
        ("`.hpgl`", "pen plotters of HP, Roland, ...", "vpype, from `.svg`", drawn, hpgl),
        ("`.gcode`", "plotters and mills with GRBL, ...", "vpype-gcode, from `.svg`", lowered, gcode),
        ("`.uim`", "Wacom's ink tools", "Wacom's library, from `.inkml`", "read back: see `.inkml`", OUT / "page.uim"),
    ]
    return [
        f"| {name} | {opens} | {by} | – | {seen} | {file.stat().st_size / 1000:,.1f} kB |"
        for name, opens, by, seen, file in rows
    ]


def row(b: Bench, fmt: str) -> str:
    """Write the page as `fmt`, open it, and tell it as a row of the table."""
    own = formats.ending(fmt) == fmt
    file = OUT / f"{'page' if own else fmt}.{formats.ending(fmt)}"
    formats.write(b.page, file, fmt=fmt, style=b.style)
    module = formats._module(fmt)
    seen = ROWS[fmt].prove(b, file)
    print(f"{fmt}: {seen}", flush=True)
    named = f"`.{fmt}`" if own else f"`--to {fmt}` (.{formats.ending(fmt)})"
    writes = "many pages" if formats.holds_pages(fmt) else "a page"
    reads = "yes" if hasattr(module, "loads") else "–"
    return f"| {named} | {ROWS[fmt].opens_in} | {writes} | {reads} | {seen} | {file.stat().st_size / 1000:,.1f} kB |"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description="Write docs/formats.md from real runs.")
    parser.add_argument("--uim", required=True, help="a Python with universal-ink-library")
    parser.add_argument("--excalidraw", required=True, help="a folder with Excalidraw's package in node_modules")
    parser.add_argument("--only", help="one format, to the screen alone")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    photo = open_image(ROOT / "examples" / "page.jpg")
    b = Bench(inksight.convert(photo), photo, options.uim, options.excalidraw)
    if options.only:
        print(row(b, options.only))
        return
    known = [fmt for fmt in ROWS if fmt in formats.FORMATS]
    if missing := set(formats.FORMATS) - set(known):
        sys.exit(f"ROWS has nothing on {', '.join(sorted(missing))}")
    rows, missed = [], 0
    for fmt in known:
        try:
            rows.append(row(b, fmt))
        except Missed as error:
            print(f"{fmt}: {error}", file=sys.stderr, flush=True)
            missed += 1
    try:
        rows += made_by_others(b)
    except Missed as error:
        print(f"made by others: {error}", file=sys.stderr)
        missed += 1
    if missed:
        sys.exit(f"{missed} formats failed: {DOC} stays as it was")
    tail = TAIL.format(words=len(b.texts), strokes=b.strokes, points=b.points)
    DOC.write_text(HEAD + "\n".join(rows) + "\n" + tail)


if __name__ == "__main__":
    main()
