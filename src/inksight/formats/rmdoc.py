"""reMarkable's notebooks: a zip with a .rm file for each page, and what the tablet keeps about them as JSON.

Names and ids are made from the content, so that the same ink always gives the same file.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import PurePath
from string import ascii_lowercase
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from ..ink import Page
from . import rm
from .style import PLAIN, Style

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip knows


missing = rm.missing


def dumps(page: Page, style: Style = PLAIN) -> bytes:
    """The page as a notebook. Raises InputError where rmscene isn't installed."""
    return dumps_pages([page], [style])


def dumps_pages(pages: Sequence[Page], styles: Sequence[Style]) -> bytes:
    """The pages as one notebook, named after the first style's picture."""
    scenes = [rm.dumps(page, style) for page, style in zip(pages, styles, strict=True)]
    name = PurePath(styles[0].name).stem if styles and styles[0].name else "Ink"
    document = uuid5(NAMESPACE_OID, name + "".join(uuid5(NAMESPACE_OID, scene.hex()).hex for scene in scenes))
    ids = [uuid5(document, str(i)) for i in range(len(scenes))]
    files = {f"{document}.content": _json(_content(ids)), f"{document}.metadata": _json(_metadata(name))}
    files |= {f"{document}/{page}.rm": scene for page, scene in zip(ids, scenes, strict=True)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            info = zipfile.ZipInfo(path, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=4, ensure_ascii=False).encode("utf-8", "replace")


def _metadata(name: str) -> dict[str, Any]:
    """How the tablet's list of documents shows it. Times are its own to set."""
    return {
        "createdTime": "0",
        "lastModified": "0",
        "lastOpened": "0",
        "lastOpenedPage": 0,
        "new": False,
        "parent": "",
        "pinned": False,
        "source": "",
        "type": "DocumentType",
        "visibleName": name,
    }


def _content(pages: Sequence[UUID]) -> dict[str, Any]:
    """Which pages there are, in their order, and how the tablet shows them."""

    def stamped(value: object, stamp: str = "1:1") -> dict[str, Any]:
        return {"timestamp": stamp, "value": value}

    rows = [
        {"id": str(page), "idx": stamped(place, "1:2"), "template": stamped("Blank")}
        for page, place in zip(pages, _places(len(pages)), strict=True)
    ]
    return {
        "cPages": {
            "lastOpened": stamped(str(pages[0]) if pages else ""),
            "original": stamped(-1, "0:0"),
            "pages": rows,
            "uuids": [{"first": str(rm.AUTHOR), "second": 1}],
        },
        "coverPageNumber": -1,
        "customZoomCenterX": 0,
        "customZoomCenterY": rm.HEIGHT // 2,
        "customZoomOrientation": "portrait",
        "customZoomPageHeight": rm.HEIGHT,
        "customZoomPageWidth": rm.WIDTH,
        "customZoomScale": 1,
        "documentMetadata": {},
        "extraMetadata": {},
        "fileType": "notebook",
        "fontName": "",
        "formatVersion": 2,
        "lineHeight": -1,
        "margins": 125,
        "orientation": "portrait",
        "pageCount": len(pages),
        "pageTags": [],
        "sizeInBytes": "",
        "tags": [],
        "textAlignment": "justify",
        "textScale": 1,
        "zoomMode": "bestFit",
    }


def _places(count: int) -> list[str]:
    """Words in the order of the alphabet, by which the tablet sorts pages: ba, bb, ..."""
    digits = 1
    while 26**digits < count:
        digits += 1
    return ["b" + "".join(ascii_lowercase[i // 26**d % 26] for d in reversed(range(digits))) for i in range(count)]
