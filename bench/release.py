"""What must hold before a release: the wheel is whole, and the README's examples work where only it is installed.

    python -m bench.release                # builds a wheel, and tries it in an empty environment
    python -m bench.release WHEEL          # tries one that is there

Ends with an error where a file is missing or too much, and where an example fails. Takes some minutes and the network.
"""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
LARGEST = 30_000_000
"""Bytes of the wheel."""
LEFT_OUT = {".safetensors", ".pyc"}
"""Endings of files beside the source that users don't need."""
ELSEWHERE = {
    "serve": "it serves until it is stopped",
    "--detector tesseract": "needs the program tesseract",
    "--detector google-vision": "needs a saved answer of Google's service",
    "--model small-p": "needs the original's released weights",
    "derenderings": "needs the original's data set",
    "evaluate": "needs test words",
    "study": "needs test words",
}
"""What examples with these words need that isn't here."""


class Failed(Exception):
    """The release isn't ready; the message says why."""


def package_files(source: Path = SOURCE) -> set[str]:
    """The files that the wheel must hold, as it names them."""
    found = (p for p in source.rglob("*") if p.is_file() and p.suffix not in LEFT_OUT and p.suffix != ".db")
    return {p.relative_to(source).as_posix() for p in found if "egg-info" not in str(p)}


def check_contents(wheel: Path, wanted: Iterable[str]) -> None:
    """Raises Failed unless the wheel holds the wanted files, its own description with the licences, and no more."""
    with zipfile.ZipFile(wheel) as archive:
        names = {n for n in archive.namelist() if not n.endswith("/")}
    facts = {n for n in names if n.split("/")[0].endswith(".dist-info")}
    missing, extra = set(wanted) - names, names - facts - set(wanted)
    missing |= {n for n in ("LICENSE", "THIRD_PARTY_NOTICES.md", "METADATA") if not any(f.endswith(n) for f in facts)}
    if missing or extra:
        raise Failed(f"{wheel.name}: missing {sorted(missing)}, too much {sorted(extra)}")
    if (size := wheel.stat().st_size) > LARGEST:
        raise Failed(f"{wheel.name}: {size} bytes are more than {LARGEST}")


def commands(readme: str) -> Iterator[list[str]]:
    """The commands `inksight ...` that the README shows as indented lines, without their comments."""
    for line in re.findall(r"^    (inksight .*)$", readme, re.MULTILINE):
        yield shlex.split(line, comments=True)


def scripts(readme: str) -> list[str]:
    """The README's Python."""
    return re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)


def reason_to_skip(command: Iterable[str]) -> str | None:
    """Why a command can't be tried, if it can't."""
    return next((why for words, why in ELSEWHERE.items() if words in " ".join(command)), None)


def lay_out(folder: Path) -> None:
    """The files that the README's examples speak of, made of the repository's examples."""
    examples = ROOT / "examples"
    shutil.copy(examples / "page.jpg", folder / "notes.jpg")
    Image.open(examples / "word.jpg").save(folder / "crop.png")
    (folder / "notebook").mkdir()
    shutil.copy(examples / "sketch.jpg", folder / "notebook")


def installed(wheel: Path, folder: Path) -> Path:
    """The programs of a new environment that holds the wheel and what it needs."""
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    _run([programs / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel], folder)
    return programs


def try_examples(readme: str, programs: Path, folder: Path) -> None:
    """Run the README's examples in the folder, one after the other. Raises Failed for the first that fails."""
    for fmt in ("json", "hocr"):  # files that examples take
        _run([programs / "inksight", "convert", "notes.jpg", "-o", f"notes.{fmt}"], folder)
    for command in commands(readme):
        why = reason_to_skip(command)
        print(f"{'skipped' if why else 'runs':>8}  {shlex.join(command)}{f'  ({why})' if why else ''}", flush=True)
        if not why:
            _run([programs / command[0], *command[1:]], folder)
    for script in scripts(readme):
        print(f"{'runs':>8}  {script.splitlines()[0]} ...", flush=True)
        _run([programs / "python", "-c", script], folder)


def _run(command: list[str | Path], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise Failed(f"{shlex.join(map(str, command))} ended with {done.returncode}: {done.stderr[-2000:]}")


def main() -> None:
    """Check from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, nargs="?", help="one that is built already")
    wheel = parser.parse_args().wheel
    with tempfile.TemporaryDirectory(prefix="inksight-release-") as scratch:
        work = Path(scratch)
        try:
            if wheel is None:
                _run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", work, ROOT], work)
                (wheel,) = work.glob("*.whl")
            check_contents(wheel, package_files())
            print(f"{wheel.name}: whole, {wheel.stat().st_size / 1e6:.1f} MB", flush=True)
            (work / "tried").mkdir()
            lay_out(work / "tried")
            try_examples(
                (ROOT / "README.md").read_text("utf-8"), installed(wheel.absolute(), work / "venv"), work / "tried"
            )
        except Failed as failure:
            parser.exit(1, f"not ready: {failure}\n")
    print("ready")


if __name__ == "__main__":
    main()
