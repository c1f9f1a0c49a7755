"""docTR's networks by OnnxTR or by docTR itself, whichever is installed; they fetch their weights when first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..arrays import Pixels
from ..errors import InputError, require
from .detection import Detection
from .textline import Corners, upright

GROWTH = 0.1
"""Boxes grow by this share of their width and height on every side, as the original does: docTR cuts close."""

Predictor = Callable[[list[Pixels]], Any]


class Doctr:
    """Finds and reads words; `predictor` is an OCR predictor of either library, made here if left out."""

    looks = True

    def __init__(self, predictor: Predictor | None = None) -> None:
        self._predict = predictor or _predictor()

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3)."""
        (page,) = self._predict([np.ascontiguousarray(rgb)]).pages
        lines = [line for block in page.blocks for line in block.lines]
        height, width = rgb.shape[:2]
        return [
            Detection.around(_grown(w.geometry, width, height), w.value, min(max(float(w.confidence), 0.0), 1.0), i)
            for i, line in enumerate(lines)
            for w in line.words
        ]


def _grown(geometry: Any, width: int, height: int) -> Corners:
    """The corners in pixels, (4, 2), of two corners or four in shares of the page, moved outwards by GROWTH."""
    points = np.asarray(geometry, np.float64).reshape(-1, 2)
    corners = (points if len(points) == 4 else upright(*points.ravel())) * (width, height)
    centre = corners.mean(axis=0)
    return np.asarray(centre + (corners - centre) * (1 + 2 * GROWTH))


def _predictor() -> Predictor:
    """For words turned in any way. Raises InputError where neither library is there, nor their weights."""
    if find_spec("onnxtr") is None and find_spec("doctr") is not None:
        models, options = require("doctr.models", "doctr", "the detector doctr"), {"pretrained": True}
    else:
        models, options = require("onnxtr.models", "doctr", "the detector doctr"), {}
    try:
        with redirect_stdout(sys.stderr):  # it tells of its downloads, and standard output may be a file of ours
            predictor: Predictor = models.ocr_predictor(assume_straight_pages=False, **options)
    except OSError as error:
        raise InputError(f"the weights of docTR can't be fetched ({error}); connect to the network once") from error
    return predictor
