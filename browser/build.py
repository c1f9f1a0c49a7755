"""Write the page as a static folder: python -m browser.build [-o out/browser] [--model NAME_OR_FOLDER]."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import click

from inksight.errors import InputError
from inksight.recognition.models import MODELS, model_folder

from . import runtime

HERE = Path(__file__).parent
ROOT = HERE.parent
OUT = ROOT / "out" / "browser"

MODEL_FILES = ("config.json", "encoder.onnx", "decoder.onnx", "language.npz")
"""What the page reads of a model's folder; the last may be missing."""

PACKED = (".onnx", ".wasm")
"""Endings of files that the page unpacks itself, so that any server sends few bytes."""

SEGMENTER = MODELS / "page-v1" / "segmenter.onnx"
"""The graph that tells ink from paper, whichever model traces."""


def contents(model: str | Path | None = None, archive: Path | None = None) -> dict[str, bytes]:
    """The page's files by their names. Raises InputError for a model or a runtime that can't be had."""
    folder = model_folder(model)
    sources = {path.name: path for path in (HERE / "page").iterdir()}
    sources |= {f"inksight/{path.name}": path for path in (HERE / "inksight").glob("*.js")}
    sources |= {f"model/{name}": folder / name for name in MODEL_FILES if (folder / name).is_file()}
    sources["model/segmenter.onnx"] = SEGMENTER
    sources["example.jpg"] = ROOT / "examples" / "word.jpg"
    sources["icon.svg"] = ROOT / "src" / "inksight" / "web" / "static" / "icon.svg"
    found = {name: path.read_bytes() for name, path in sorted(sources.items())}
    found |= {f"runtime/{name}": data for name, data in runtime.files(archive).items()}
    found = dict(_packed(name, data) for name, data in found.items())
    notices = [ROOT / "LICENSE", ROOT / "THIRD_PARTY_NOTICES.md", HERE / "onnxruntime-web.txt"]
    found["licences.txt"] = "\n\n".join(path.read_text(encoding="utf-8") for path in notices).encode()
    version = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for data in found.values())).hexdigest()[:16]
    found["offline.js"] = f'const VERSION = "{version}";\n\n'.encode() + found["offline.js"]
    found["files.json"] = json.dumps({name: len(data) for name, data in found.items()}, indent=1).encode()
    return found


def _packed(name: str, data: bytes) -> tuple[str, bytes]:
    """The file as it is sent, and its name."""
    return (f"{name}.gz", gzip.compress(data, mtime=0)) if name.endswith(PACKED) else (name, data)


def build(target: Path, model: str | Path | None = None, archive: Path | None = None) -> int:
    """Write the page to the folder `target`, which is replaced if it is a page built before; its size in bytes.

    Raises InputError for a folder that holds something else, and as `contents` does.
    """
    if target.exists() and not (target / "files.json").is_file() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target}: is there and no page built before; name another folder")
    found = contents(model, archive)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".browser-") as beside:
        fresh, old = Path(beside) / "fresh", Path(beside) / "old"
        for name, data in found.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(data)
        if target.exists():
            target.rename(old)
        shutil.move(fresh, target)
    return sum(map(len, found.values()))


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), default=OUT, help="The folder to write.")
@click.option("--model", help="A shipped model's name or a model's folder.")
@click.option("--runtime", "archive", type=click.Path(path_type=Path), help="The archive that npm pack makes.")
def main(output: Path, model: str | None, archive: Path | None) -> None:
    """Write the page as a static folder."""
    try:
        size = build(output, model, archive)
    except InputError as error:
        click.echo(error, err=True)
        sys.exit(2)
    click.echo(f"{output}: {size / 1e6:.0f} MB. To look at it: python -m browser.serve {output}")


if __name__ == "__main__":
    main()
