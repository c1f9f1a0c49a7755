"""The detectors by name. OpenCV is imported in this room and in imaging/rectify/ alone, and only for a page."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from ..arrays import Pixels
from ..errors import InputError
from ..options import DETECTORS, FROM_FILES
from .detection import Detection, Detector


def whole_page(rgb: Pixels) -> Sequence[Detection]:
    """The detector "none": the picture is one word."""
    height, width = rgb.shape[:2]
    return [Detection((0.0, 0.0, float(width), float(height)))]


def is_here(name: str) -> bool:
    """Whether what the detector of that name needs is installed, told without loading it."""
    if name == "tesseract":
        return shutil.which("tesseract") is not None
    if name == "doctr":
        return any(find_spec(library) is not None for library in ("onnxtr", "doctr"))
    return True


def load(
    name: str, source: str | Path | None = None, *, picture: str | Path | None = None, page: int | None = None
) -> Detector:
    """The detector of that name, one of DETECTORS; networks are loaded once.

    `source` is the file that "boxes" reads, or the saved response that "google-vision" reads instead of calling the
    service; or a folder with such a file for `picture`, with the same stem. `page` is which page of the picture, from
    1; None where it has only one. Raises InputError for an unknown name, for what isn't installed, with how to install
    it, and for unusable files.
    """
    if name not in DETECTORS:
        raise InputError(f"unknown detector '{name}'; use one of {', '.join(DETECTORS)}")
    if source is None:
        if name == "boxes":
            raise InputError("the detector boxes takes the words from a file: name it, or its folder, with --boxes")
        return _loaded(name)
    if name not in FROM_FILES:
        raise InputError(f"the detector {name} reads no file; use one of {', '.join(FROM_FILES)}")
    from . import boxes, google_vision, saved

    path, number = Path(source), page or 1
    if path.is_dir():
        endings = boxes.ENDINGS if name == "boxes" else google_vision.ENDINGS
        path, number = saved.beside(path, picture, page, endings)
    return boxes.read(path, number) if name == "boxes" else google_vision.read(path, number)


@cache
def _loaded(name: str) -> Detector:
    if name == "rapidocr":
        from .rapidocr import shared

        return shared()
    if name == "inksight":
        from .words import Words

        return Words()
    if name == "tesseract":
        from .tesseract import Tesseract

        return Tesseract()
    if name == "doctr":
        from .doctr import Doctr

        return Doctr()
    if name == "google-vision":
        from .google_vision import GoogleVision

        return GoogleVision()
    return whole_page
