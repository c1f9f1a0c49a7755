"""The originals: snapshots of public repositories, each at one commit, so that everybody gets the same."""

from __future__ import annotations

import shutil
import tarfile
import urllib.request
from pathlib import Path

SOURCES = {
    "unipen": ("GreenCappuccino/train_r01_v07", "552a4d440bc94bb34710650c0826be7deb986f7c"),
    "copiste": ("banq-dcn/Copiste-d-un-jour", "507dd6e9147b7b7d730d65de14cbf85a0643bdad"),
    "dhsd": ("nauman-riaz/DHSD", "4c4aec94b849951bfce22a9dd9b6662f6775ed06"),
    "p5-single-line-font-resources": ("golanlevin/p5-single-line-font-resources", "4cafb84"),
    "cnc-text-tool": ("msurguy/cnc-text-tool", "330826c"),
    "inkscapestrokefont": ("Shriinivas/inkscapestrokefont", "f6a90ae"),
}
"""Repository and commit by the name of its folder. UNIPEN's is the release of doi 10.5281/zenodo.1195803, whose format
somebody mended where it was broken."""


def address(repository: str, commit: str) -> str:
    """Where a snapshot is to be had."""
    return f"https://github.com/{repository}/archive/{commit}.tar.gz"


def fetch(name: str, folder: Path) -> Path:
    """The folder of a source, downloaded into `folder` unless it is there. Raises OSError where it can't be had."""
    target = folder / name
    if not target.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / f"{name}.tar.gz"
        with urllib.request.urlopen(address(*SOURCES[name])) as answer, archive.open("wb") as file:
            shutil.copyfileobj(answer, file)
        unpack(archive, target)
        archive.unlink()
    return target


def unpack(archive: Path, target: Path) -> None:
    """Lay the archive's one folder at `target`; nothing is written elsewhere, whatever the archive says."""
    beside = target.with_name(target.name + ".partial")
    shutil.rmtree(beside, ignore_errors=True)
    with tarfile.open(archive) as file:
        file.extractall(beside, filter="data")
    (top,) = beside.iterdir()
    top.rename(target)
    beside.rmdir()
