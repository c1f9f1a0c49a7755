"""ONNX Runtime for browsers, from the npm registry: one version, kept in a cache folder, checked by its hash."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from inksight.errors import InputError
from inksight.formats.saving import save

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"

INTEGRITY = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
"""SHA-512 of the package's archive, as npm's lock files write it."""

CACHE = Path(__file__).parents[1] / ".cache" / "browser"

FILES = {
    "package/dist/ort.wasm.min.mjs": "ort.js",
    "package/dist/ort-wasm-simd-threaded.mjs": "ort-wasm.js",
    "package/dist/ort-wasm-simd-threaded.wasm": "ort-wasm.wasm",
}
"""What of the archive the page needs, and what it is called there: some servers don't know .mjs."""

_SECONDS = 300


def files(archive: Path | None = None) -> dict[str, bytes]:
    """The runtime's files by the names that they have in the page.

    `archive` is the package as `npm pack` gives it; without one, that of the cache, to where it is fetched if need be.
    Raises InputError where it can't be had or isn't the version that the page was written for.
    """
    path = archive or fetched()
    if not path.is_file():
        raise InputError(f"{path}: no such file; give the archive that `npm pack {PACKAGE}@{VERSION}` makes")
    if not _is_right(path):
        raise InputError(f"{path}: is not {PACKAGE} {VERSION} (its SHA-512 differs); delete it and build again")
    with tarfile.open(path) as archived:
        members = {ours: archived.extractfile(theirs) for theirs, ours in FILES.items()}
        return {name: member.read() for name, member in members.items() if member}


def fetched() -> Path:
    """The archive in the cache, fetched by npm if it isn't there. Raises InputError where npm fails."""
    target = CACHE / f"{PACKAGE}-{VERSION}.tgz"
    if target.is_file():
        return target
    npm = shutil.which("npm")
    advice = f"fetch {PACKAGE}-{VERSION}.tgz elsewhere and name it: python -m browser.build --runtime FILE"
    if npm is None:
        raise InputError(f"npm is not installed, which fetches {PACKAGE}; install it, or {advice}")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--silent", "--fetch-retries=1", "--fetch-timeout=60000"]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise InputError(f"npm did not get {PACKAGE} within {_SECONDS} seconds; try again, or {advice}") from None
        packed = next(Path(folder).glob("*.tgz"), None)
        if done.returncode or packed is None:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
            raise InputError(f"npm can't get {PACKAGE} ({said[-1]}); check the network, or {advice}")
        if not _is_right(packed):
            raise InputError(f"npm got another {PACKAGE} {VERSION} than expected (its SHA-512 differs); {advice}")
        CACHE.mkdir(parents=True, exist_ok=True)
        save(target, packed.read_bytes())
    return target


def _is_right(archive: Path) -> bool:
    with archive.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha512").digest()).decode() == INTEGRITY
