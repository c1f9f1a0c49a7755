"""Build the folder of data that training reads from the public downloads.

    python -m train.fetch DATA                          # all: 1 GB to download, an hour of one core, most of it Copiste
    python -m train.fetch DATA unipen fonts dhsd        # some of them
    python -m train.fetch DATA --originals FOLDER       # downloads are kept in FOLDER, or are there already

What is built already stays. Whose licences hold, and who must be named: train/README.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from inksight.formats.dataset import PackedInk, pack, read_packed
from inksight.formats.saving import save

from . import fonts, unipen, words
from .download import fetch

FONTS = ("p5-single-line-font-resources", "cnc-text-tool", "inkscapestrokefont")


def build_unipen(originals: Path, data: Path) -> None:
    """ink/unipen_words.npz, unipen_chars.npz and unipen_split.json."""
    root, writers = fetch("unipen", originals), set[str]()
    for name, (category, level) in unipen.CATEGORIES.items():
        path = data / "ink" / f"{name}.npz"
        if not path.is_file():
            _write(list(unipen.samples(root, category, level)), path, "UNIPEN train_r01_v07", "CC BY 4.0")
        writers |= {s.writer for s in read_packed(path)}
    save(data / "ink/unipen_split.json", json.dumps(unipen.split(sorted(writers)), indent=0).encode())


def build_fonts(originals: Path, data: Path) -> None:
    """ink/font_glyphs.npz, and font_licences.json with what each font says of itself."""
    files = {p.stem: p for name in FONTS for p in sorted(fetch(name, originals).rglob("*.svg"))}
    glyphs = [glyph for path in files.values() for glyph in fonts.samples(path)]
    _write(glyphs, data / "ink/font_glyphs.npz", "single-line SVG fonts", "per font: font_licences.json")
    licences = {name: fonts.licence(files[name]) for name in sorted({g.writer for g in glyphs})}
    save(data / "ink/font_licences.json", json.dumps(licences, indent=1, ensure_ascii=False).encode())


def build_dhsd(originals: Path, data: Path) -> None:
    """words/dhsd_words.zip."""
    _pack(words.dhsd(fetch("dhsd", originals)), data / "words/dhsd_words.zip")


def build_copiste(originals: Path, data: Path) -> None:
    """words/copiste_words.zip."""
    from inksight.layout.rapidocr import shared

    _pack(words.copiste(fetch("copiste", originals), shared()), data / "words/copiste_words.zip")


BUILDERS: dict[str, Callable[[Path, Path], None]] = {
    "unipen": build_unipen,
    "fonts": build_fonts,
    "dhsd": build_dhsd,
    "copiste": build_copiste,
}


def _write(samples: Sequence[PackedInk], path: Path, name: str, licence: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"name": name, "licence": licence, "samples": len(samples)}
    save(path, pack(samples, json.dumps(facts)))
    print(f"{path}: {len(samples)} samples of {len({s.writer for s in samples})} writers", flush=True)


def _pack(labelled: Iterable[words.Labelled], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        print(f"{path}: {words.pack(labelled, path)} words", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("what", nargs="*", metavar="unipen, fonts, dhsd, copiste", help="default: all")
    parser.add_argument("--originals", type=Path, help="where the downloads lie; default: DATA/originals")
    args = parser.parse_args(arguments)
    if unknown := set(args.what) - BUILDERS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    for name in args.what or BUILDERS:
        try:
            BUILDERS[name](args.originals or args.data / "originals", args.data)
        except OSError as error:
            parser.exit(2, f"{name}: can't be downloaded or read ({error})\n")


if __name__ == "__main__":
    main()
