"""Google Cloud Vision: a saved response of document text detection, or a call of the service.

A saved response is the JSON of one AnnotateImageResponse, of a batch ({"responses": [...]}) or of a list, with keys in
camelCase as the REST interface writes them or in snake_case as the client library does.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..arrays import Pixels
from ..errors import InputError, require
from .detection import Detection
from .saved import Found, Saved, read_bytes
from .schema import FARTHEST, Polygon, VisionPage, VisionResponse, VisionWord, checked
from .textline import Corners, hull

ENDINGS = (".json",)

_LINE_ENDS = ("EOL_SURE_SPACE", "LINE_BREAK", "HYPHEN")
_SPACES = ("SPACE", "SURE_SPACE", *_LINE_ENDS)


class GoogleVision:
    """Asks the service, to which the picture is sent. Raises InputError without the library or credentials."""

    looks = True

    def __init__(self) -> None:
        vision = require("google.cloud.vision", "google-vision", "the detector google-vision")
        from google.auth.exceptions import DefaultCredentialsError

        self._vision = vision
        try:
            self._client = vision.ImageAnnotatorClient()
        except DefaultCredentialsError as error:
            advice = "set GOOGLE_APPLICATION_CREDENTIALS to a key file, or give a saved response with --boxes"
            raise InputError(f"the detector google-vision has no credentials: {advice}") from error

    def __call__(self, rgb: Pixels) -> Sequence[Detection]:
        """The words of `rgb`, uint8 (H, W, 3). Raises InputError where the service can't be reached or refuses."""
        from google.api_core.exceptions import GoogleAPIError

        data = io.BytesIO()
        Image.fromarray(rgb).save(data, "JPEG", quality=92)
        try:
            answer = self._client.document_text_detection(image=self._vision.Image(content=data.getvalue()))
        except GoogleAPIError as error:
            raise InputError(f"Google Vision: {' '.join(str(error).split())}") from error
        document = type(answer).to_dict(answer, use_integers_for_enums=False)
        return parse(document, "Google Vision")(rgb)


def read(path: Path, page: int = 1) -> Saved:
    """The words of a saved response, or of its page with that number. Raises InputError, naming the file."""
    try:
        return parse(json.loads(read_bytes(path)), str(path), page)
    except RecursionError:
        raise InputError(f"{path}: not a response of Google Vision: it is nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path}: not a response of Google Vision: {' '.join(str(error).split())}") from error


def parse(document: Any, name: str, page: int = 1) -> Saved:
    """The words of a response as JSON holds it. Raises InputError for an error of the service, else ValueError."""
    document = _snake(document)
    if isinstance(document, dict):
        document = document.get("responses", [document])
    pages: list[Saved] = []
    for response in checked(document, list[dict[str, Any] | None]):
        if response and not {"full_text_annotation", "text_annotations", "error"} & set(response):
            raise ValueError("it has no fullTextAnnotation")
        answer = checked(response or {}, VisionResponse)
        if answer.error and answer.error.code:
            raise InputError(f"{name}: the service answered: {answer.error.message}; ask it again")
        pages += _pages(answer, name)
    if page > len(pages):
        raise ValueError(f"it has {len(pages)} pages, no page {page}")
    return pages[page - 1]


def _snake(value: Any) -> Any:
    """The same with keys in snake_case."""
    if isinstance(value, dict):
        return {re.sub("(?<=[a-z])[A-Z]", lambda m: "_" + m[0].lower(), k): _snake(v) for k, v in value.items()}
    return [_snake(v) for v in value] if isinstance(value, list) else value


def _pages(response: VisionResponse, name: str) -> Iterator[Saved]:
    """The pages of one response; a blank picture has an empty one."""
    pages = (response.full_text_annotation and response.full_text_annotation.pages) or []
    for page in pages:
        width, height = page.width or 1, page.height or 1  # 1 x 1 where only shares are told
        yield Saved(name, list(_words(page, width, height)), width, height)
    if not pages:
        single = (response.text_annotations or [])[1:]  # the first is the whole text
        found = [
            Found(_corners(w.bounding_poly or Polygon(), 1, 1), w.description, 1.0, i) for i, w in enumerate(single)
        ]
        yield Saved(name, found)


def _words(page: VisionPage, width: float, height: float) -> Iterator[Found]:
    """The words as the paper has them: Vision cuts punctuation off, which has no space before it."""
    line = 0
    parts: list[VisionWord] = []
    for paragraph in (p for block in page.blocks or [] for p in block.paragraphs or []):
        for word in paragraph.words or []:
            if parts and not (_is_mark(parts[-1]) or _is_mark(word)):
                yield _joined(parts, line, width, height)
                parts = []
            parts.append(word)
            after = _break(word)
            if after in _SPACES:
                yield _joined(parts, line, width, height)
                parts = []
            line += after in _LINE_ENDS
        if parts:
            yield _joined(parts, line, width, height)
            parts = []
        line += 1


def _text(word: VisionWord) -> str:
    return "".join(s.text for s in word.symbols or [])


def _is_mark(word: VisionWord) -> bool:
    """Whether the word is punctuation alone."""
    return not any(c.isalnum() for c in _text(word))


def _break(word: VisionWord) -> str | None:
    """What follows the word's last symbol: a space, the end of the line, or nothing."""
    last = word.symbols[-1].property if word.symbols else None
    after = last.detected_break if last else None
    return (after.type or after.type_) if after else None


def _joined(parts: Sequence[VisionWord], line: int, width: float, height: float) -> Found:
    """One word of parts without a space between them; a hyphen at the line's end isn't among the symbols."""
    boxes = np.stack([_corners(p.bounding_box, width, height) for p in parts])
    corners = boxes[0] if len(parts) == 1 else hull(boxes, boxes[0])
    text = "".join(map(_text, parts)) + ("-" if _break(parts[-1]) == "HYPHEN" else "")
    confidence = min(max(min(p.confidence for p in parts), 0.0), 1.0)
    return Found(corners, text, confidence, line)


def _corners(box: Polygon, width: float, height: float) -> Corners:
    """The corners, (4, 2), of a polygon in pixels, or normalized to 0..1; a 0 may be left out."""
    shares = box.normalized_vertices
    corners = np.array([(v.x or 0, v.y or 0) for v in shares or box.vertices or []], np.float64)
    if corners.shape != (4, 2) or not (abs(corners) < FARTHEST).all():
        raise ValueError("a word's box doesn't have four corners")
    return corners * (width, height) if shares else corners
