"""What the server answers: files, and for whatever goes wrong one line that says what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ..errors import InputError
from . import asked
from .desk import Closed, Full, Stopped, TooLong
from .guard import Refused
from .work import TooMany

STATIC = Path(__file__).parent / "static"
RETRY = "10"
BUSY = "the server is busy; try again in a few seconds"
CLOSED = "the server is being stopped"
LONG = "this takes too long; cut the picture into parts, or scale it down"
FAILED = "the server failed on this; its window says why"

log = logging.getLogger("uvicorn.error")


def file_answer(data: bytes, fmt: str, headers: dict[str, str] | None = None) -> Response:
    """A file of the format."""
    return Response(data, media_type=asked.MEDIA.get(fmt, asked.UNKNOWN), headers=headers)


def attachment(name: str) -> dict[str, str]:
    """The header that names a file to be saved (RFC 6266)."""
    return {"Content-Disposition": f"attachment; filename=\"ink\"; filename*=UTF-8''{quote(name)}"}


def reason(error: Exception) -> dict[str, Any]:
    """What a visitor is told about a failure; what nobody expected is logged."""
    if isinstance(error, TooMany):
        return {"error": str(error), "words": error.words, "seconds": error.seconds}
    if isinstance(error, InputError | Refused):
        return {"error": str(error)}
    known = {Full: BUSY, Closed: CLOSED, TooLong: LONG, Stopped: "stopped"}
    if type(error) not in known:
        log.error("converting failed", exc_info=error)
    return {"error": known.get(type(error), FAILED)}


@cache
def _described() -> dict[str, dict[str, Any]]:
    """The operations of openapi.json, by path and method."""
    return dict(json.loads((STATIC / "openapi.json").read_text(encoding="utf-8"))["paths"])


def _not_so(request: Request, error: Exception) -> Response:
    """An address that isn't there, or is asked in another way: then with a line that works."""
    assert isinstance(error, HTTPException)
    text = error.detail
    if error.status_code == 405:
        asked_for = request.url.path.split("/")
        for path, methods in _described().items():
            parts = path.split("/")
            if len(parts) == len(asked_for) and all(p in (a, "{name}") for p, a in zip(parts, asked_for, strict=True)):
                lines = [f"{method.upper()}: {o['description'].strip('`')}" for method, o in methods.items()]
                text = f"this address isn't asked by {request.method}, but so: {'; '.join(lines)}"
    return JSONResponse({"error": text}, error.status_code, error.headers)


def _left(_: Request, __: Exception) -> Response:
    return Response(status_code=499)


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return error.answer()


def _reasoned(status: int, **headers: str) -> Callable[[Request, Exception], Response]:
    return lambda _, error: JSONResponse(reason(error), status, headers)


HANDLERS: dict[Any, Callable[[Request, Exception], Response]] = {
    Refused: _refused,
    InputError: _reasoned(422),
    TooMany: _reasoned(422),
    TooLong: _reasoned(422),
    Full: _reasoned(429, **{"Retry-After": RETRY}),
    Closed: _reasoned(503),
    Stopped: _left,
    ClientDisconnect: _left,
    HTTPException: _not_so,
    Exception: lambda _, __: JSONResponse({"error": FAILED}, 500),
}
"""The answer to each exception, for Starlette."""
