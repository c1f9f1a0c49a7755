"""Tesseract: the program, as the system has it. It is made for print and reads neat handwriting only.

INKSIGHT_TESSERACT_LANG names the languages of its data, such as deu or eng+fra; else it is English.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..arrays import Pixels
from ..errors import InputError
from ..imaging.segmentation import segment
from .detection import Detection

LANGUAGE = "INKSIGHT_TESSERACT_LANG"

BLOCK, SAUVOLA = "6", "2"
"""Page segmentation 6, "a uniform block of text": automatic segmentation (3) takes handwriting for pictures, and sparse
text (11) loses letters. Threshold 2 is Sauvola's, which is local. Tried on a page in six kinds of light and size."""

PALE = 0.8
"""How dark the ink is made: hard black on white is read worse."""

TIMEOUT = 300.0


class Tesseract:
    """Finds and reads words. Raises InputError where the program isn't installed."""

    looks = True

    def __init__(self, language: str | None = None) -> None:
        program = shutil.which("tesseract")
        if program is None:
            how = "install it (Debian: apt install tesseract-ocr, macOS: brew install tesseract)"
            raise InputError(f"the detector tesseract needs the program tesseract, which isn't there: {how}")
        self._program = program
        self._language = language or os.environ.get(LANGUAGE) or "eng"

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3). Raises InputError where the program fails."""
        seen = segment(rgb)
        sheet = (255 * (1 - PALE * np.maximum(seen.ink, seen.print))).astype(np.uint8)  # dark on white
        data = io.BytesIO()
        Image.fromarray(sheet).save(data, "PNG", compress_level=1)
        options = ["--psm", BLOCK, "-l", self._language, "-c", f"thresholding_method={SAUVOLA}", "tsv"]
        try:
            done = subprocess.run(
                [self._program, "stdin", "stdout", *options],
                input=data.getvalue(),
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise InputError(f"tesseract took more than {TIMEOUT:.0f} s; try another detector") from error
        if done.returncode:
            raise InputError(self._reason(done.stderr.decode(errors="replace")))
        return _parse(done.stdout.decode("utf-8", "replace"))

    def _reason(self, errors: str) -> str:
        if "traineddata" in errors or "language" in errors:
            how = f"install it (Debian: tesseract-ocr-{self._language.split('+')[0]}) or set {LANGUAGE}"
            return f"tesseract has no data for the language '{self._language}': {how}"
        lines = errors.strip().splitlines() or ["no reason given"]
        return f"tesseract failed ({lines[-1]}); try another detector"


def _parse(table: str) -> list[Detection]:
    """The words of Tesseract's TSV, without the blank ones; line numbers are unique on the page."""
    head, *rows = (row.split("\t") for row in table.splitlines())
    place = ("page_num", "block_num", "par_num", "line_num")
    lines: dict[tuple[str, ...], int] = {}
    found = []
    for row in rows:
        values = dict(zip(head, row, strict=False))
        text = values.get("text", "").strip()
        if values.get("level") == "5" and text:
            line = lines.setdefault(tuple(values[k] for k in place), len(lines))
            x, y, w, h = (float(values[k]) for k in ("left", "top", "width", "height"))
            confidence = min(max(float(values["conf"]) / 100, 0.0), 1.0)
            found.append(Detection((x, y, x + w, y + h), text, confidence, line))
    return found
