"""What a request asks for, checked: a format, a look, a way of converting. All raise Refused, which says what to do."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .. import formats
from ..formats import Style
from ..ink import Box
from ..layout import detectors
from ..options import DEFAULT_MODE, DETECTORS, FROM_FILES, LANGUAGES, MODES, PRINT, TOLD_MODE, PageOptions
from ..recognition.models import DEFAULT_MODEL, MODELS, shipped
from .guard import Refused
from .work import Wish

MEDIA = {
    "json": "application/json", "svg": "image/svg+xml", "txt": "text/plain", "pdf": "application/pdf",
    "png": "image/png", "inkml": "application/inkml+xml", "xopp": "application/x-xopp", "gif": "image/gif",
    "alto": "application/alto+xml", "apng": "image/apng", "csv": "text/csv", "excalidraw": "application/vnd.excalidraw",
    "hocr": "text/html", "jsonl": "application/x-ndjson", "md": "text/markdown", "mp4": "video/mp4",
    "dxf": "image/vnd.dxf", "lottie": "video/lottie+json", "onenote": "multipart/form-data",
    "page": "application/xml", "svg-animated": "image/svg+xml", "webp": "image/webp",
}  # fmt: skip
"""Media types of formats, the first of its kind being what a wildcard gets; others are application/octet-stream."""
UNKNOWN = "application/octet-stream"

PLAIN_DETECTORS = tuple(name for name in DETECTORS if name not in FROM_FILES)
"""Those that need nothing but the picture, which stays on this machine."""

LONGEST = 4096
"""Side in pixels of a picture that is asked for."""

FARTHEST = 1e6

WISHES = ("mode", "text", "detector", "model", "page", "flatten", "fast", "print", "language", "most_words")
"""Fields of a form that say how to convert."""
LOOKS = ("color", "background", "width", "fit", "dpi", "size", "speed")
"""Fields of a query that say how the ink looks."""
BOXES = ("box", "mode", "text", "model", "fast", "language", "instead_of")
"""Keys of a box that is to be traced."""


def models() -> dict[str, Path]:
    """The folders of those that come with the package, by their names."""
    return {name: MODELS / name for name in shipped()}


def only(given: Collection[str], known: Collection[str], what: str) -> None:
    """Raises Refused that names the known ones when something else is given, lest a slip of the pen goes unseen."""
    for name in given:
        if name not in known:
            raise Refused(422, f"unknown {what} {name!r}; known are {', '.join(known)}")


def usable_detectors() -> tuple[str, ...]:
    """Those that can run here."""
    return tuple(filter(detectors.is_here, PLAIN_DETECTORS))


def wish(fields: Mapping[str, Any], folders: Mapping[str, Path]) -> Wish:
    """How to convert, from the fields of a form; `folders` has those of the models by name."""
    only([k for k in fields if k != "file"], WISHES, "field")
    given = {k: v for k, v in fields.items() if isinstance(v, str) and v}
    text, page, most = given.get("text"), _number(given, "page", 1), _number(given, "most_words", 0)
    mode = _known("mode", given.get("mode", TOLD_MODE if text else DEFAULT_MODE), MODES)
    detector = _known("detector", given.get("detector", DETECTORS[0]), usable_detectors())
    name = _known("model", given.get("model", DEFAULT_MODEL), tuple(folders))
    if page < 1:
        raise Refused(422, "page must be a number from 1")
    if most < 0:
        raise Refused(422, "most_words must be a number; 0 stands for any")
    if mode == TOLD_MODE and not text:
        raise Refused(422, 'the mode derender-with-text needs the field "text"')
    model = None if name == DEFAULT_MODEL else folders[name]
    flatten, print_ = _is_on(given, "flatten"), _known("print", given.get("print", PRINT[0]), PRINT)
    language = _known("language", given["language"], LANGUAGES) if "language" in given else None
    options = PageOptions(mode, model, _is_on(given, "fast"), language, detector, flatten, print_)
    return Wish(options, text, page, most)


def _number(given: Mapping[str, str], name: str, usual: int) -> int:
    """A field's whole number; -1 for what is none."""
    value = given.get(name, str(usual))
    return int(value) if value.isdecimal() and value.isascii() and len(value) < 6 else -1


def _is_on(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, "") in ("1", "true", "on")


def _known(kind: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise Refused(422, f"unknown {kind} {value!r}; use one of {', '.join(known)}")
    return value


def box(body: bytes, folders: Mapping[str, Path]) -> tuple[Box, Wish, list[int] | None]:
    """A box of a picture, how to trace the word in it, and the words that it takes the place of, from JSON; None where
    those aren't named."""
    try:
        fields = json.loads(body)
        only(fields, BOXES, "key")
        x0, y0, x1, y1 = (float(v) for v in fields["box"])
        if not all(abs(v) <= FARTHEST for v in (x0, y0, x1, y1)):
            raise ValueError
        given = fields.get("instead_of")
        instead_of = None if given is None else [int(i) for i in given]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Refused(422, 'the body must be JSON like {"box": [x0, y0, x1, y1], "mode": "derender"}') from None
    how = {k: fields.get(k) for k in ("mode", "text", "model", "fast", "language")}
    return (x0, y0, x1, y1), wish(how, folders), instead_of


def fmt(query: Mapping[str, str], accept: str) -> str:
    """The format that ?to= or else the Accept header names; JSON where any will do."""
    named = query.get("to")
    if named is not None:
        _known("format", named, formats.FORMATS)
        return named
    for media in _accepted(accept):
        for name, own in MEDIA.items():
            if media in (own, "*/*", own.partition("/")[0] + "/*"):
                return name
    raise Refused(406, "none of the accepted types can be written; name a format with ?to=")


def _accepted(header: str) -> list[str]:
    """The media types of an Accept header, the most wanted first."""
    found = []
    for part in (header or "*/*").lower().split(","):
        media, *parameters = (p.strip() for p in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            found.append((-float(weight), media))
        except ValueError:
            continue
    return [media for weight, media in sorted(found, key=lambda f: f[0]) if weight < 0]


def names(body: bytes) -> list[str]:
    """The names of results, from JSON."""
    try:
        found = json.loads(body)["results"]
        if isinstance(found, list) and found and all(isinstance(name, str) for name in found):
            return found
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise Refused(422, 'the body must be JSON like {"results": ["NAME", "NAME"]}')


def look(query: Mapping[str, str], *others: str) -> Style:
    """The look that the query asks for; `others` are what else it may say."""
    only(query, ("to", *LOOKS, *others), "parameter")
    try:
        style: dict[str, Any] = {k: float(query[k]) for k in ("width", "dpi", "speed") if query.get(k)}
        style |= {k: query[k] for k in ("color", "fit") if query.get(k)}
        if query.get("size"):
            style["size"] = int(query["size"])
        if query.get("background"):
            _known("background", query["background"], ("none", "photo", "paper"))
            style["background"] = query["background"]
        asked = Style(**style)
    except ValueError as error:
        raise Refused(422, str(error)) from None
    if asked.size is not None and asked.size > LONGEST:
        raise Refused(422, f"size is at most {LONGEST} pixels")
    return asked
