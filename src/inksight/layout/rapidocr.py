"""RapidOCR: text lines by PP-OCRv6 (small), read by its recogniser; the weights come inside its wheel.

What the settings below are for:
- low scores are kept: a word that can't be read still has to be traced;
- no upside-down classifier: on short handwritten words it turns more than it mends;
- the detector sees at most 1280 pixels a side: its own default of 2000 takes 2.4 times as long and 960 loses words of
  pages with 40 lines; the recogniser reads from 2000;
- a tall box holds text that falls, that rises, or a single upright letter: the way that reads surest is the right one;
- one line at a time is read faster on a CPU, and in 70 MB less, than lines padded to the longest of six;
- boxes of single characters, from which words are formed here: RapidOCR's own words break wherever one letter of the
  line was taken for Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from .. import threads
from ..arrays import Pixels
from ..interrupt import checkpoint
from . import textline
from .detection import Detection
from .textline import Corners, side

_SETTINGS: dict[str, Any] = {
    "Global.log_level": "critical",
    "Global.use_cls": False,
    "Global.text_score": 0.0,
    "Global.max_side_len": 2000,
    "Global.return_word_box": True,
    "Global.return_single_char_box": True,
    "Det.limit_type": "max",
    "Det.limit_side_len": 1280,
    "Rec.rec_batch_num": 1,
}

TALL = 1.5
"""From this height to width on, RapidOCR takes a box for text that falls, turned by 90 degrees."""


class _Asking:
    """One of RapidOCR's networks, run only while the work is wanted: a page has a line for each run."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __call__(self, pictures: Any) -> Any:
        checkpoint()
        return self._session(pictures)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class RapidOcr:
    """The default detector. Works offline. Threads take turns, as RapidOCR's settings are its state."""

    looks = True

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        number = {"EngineConfig.onnxruntime.intra_op_num_threads": threads.allowed() or -1}
        self._engine: Any = RapidOCR(params=_SETTINGS | number)
        self._turn = Lock()

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3)."""
        bgr = np.ascontiguousarray(rgb[:, :, ::-1])
        with self._turn:
            result: Any = self._asking()(bgr, use_det=True, use_rec=True)
        if not result.txts:
            return []
        characters: Sequence[Any] = result.word_results
        if len(characters) != len(result.txts):  # it leaves out lines without them: no telling which
            characters = [()] * len(result.txts)
        found = []
        lines = zip(result.txts, result.scores, result.boxes, characters, strict=True)
        for i, (text, score, corners, chars) in enumerate(lines):
            quad, cells = np.asarray(corners, float), np.array([c[2] for c in chars], float).reshape(-1, 4, 2)
            if side(quad, 3) >= TALL * side(quad, 0):
                text, score, quad, cells = self._surest_way(bgr, quad)
            found += textline.words(text, min(max(float(score), 0.0), 1.0), quad, i, cells)
        return found

    def lines(self, rgb: Pixels) -> Corners:
        """The boxes of the text lines of `rgb`, uint8 (H, W, 3), without reading them; which corner is the text's top
        left isn't known."""
        bgr = np.ascontiguousarray(rgb[:, :, ::-1])
        with self._turn:
            result: Any = self._asking()(bgr, use_det=True, use_rec=False)
        boxes = result.boxes if result.boxes is not None else []
        return np.asarray(boxes, np.float64).reshape(-1, 4, 2)

    def read(self, pictures: Sequence[Pixels]) -> list[tuple[str, float]]:
        """What each picture of one line, uint8 (h, w, 3), says, and how surely (0..1)."""
        bgr = [np.ascontiguousarray(p[:, :, ::-1]) for p in pictures]
        with self._turn:
            found: Any = self._asking().recognize_txt(bgr)
        return [(t.strip(), float(s) if t.strip() else 0.0) for t, s in zip(found.txts, found.scores, strict=True)]

    def sureness(self, pictures: Sequence[Pixels]) -> list[float]:
        """How surely each picture of one line, uint8 (h, w, 3), is read: 0..1."""
        return [score for _, score in self.read(pictures)]

    def prepare(self) -> None:
        """Load the networks, which otherwise happens when they are first needed."""
        blank = np.full((32, 128, 3), 255, np.uint8)
        self.lines(blank)
        self.read([blank])

    def _asking(self) -> Any:
        """RapidOCR, whose networks, once it has loaded them, ask before each run whether to go on."""
        for part in (self._engine.text_det, self._engine.text_rec):
            if part is not None and not isinstance(part.session, _Asking):
                part.session = _Asking(part.session)
        return self._engine

    def _surest_way(self, bgr: Pixels, quad: Corners) -> tuple[str, float, Corners, Corners]:
        """What a tall box says: text, score, its box from the text's top left, and the boxes of its characters."""
        from rapidocr.utils.process_img import get_rotate_crop_image

        falling = get_rotate_crop_image(bgr, np.roll(quad, -1, axis=0).astype(np.float32))
        pictures = [np.ascontiguousarray(np.rot90(falling, k)) for k in (-1, 0, 2)]
        with self._turn:
            read: Any = self._asking().recognize_txt(pictures)
        way = int(np.argmax(read.scores))
        turned = np.roll(quad, (0, -1, 1)[way], axis=0)
        info = read.word_results[way]
        columns = np.concatenate([[], *info.word_cols]).astype(np.float64) + 0.5
        width = float(np.median(np.diff(columns))) if len(columns) > 1 else 1.0
        cells = textline.cells(columns / width, info.line_txt_len / width, turned)
        return read.txts[way], read.scores[way], turned, cells


@cache
def shared() -> RapidOcr:
    """The detector, loaded once."""
    return RapidOcr()
