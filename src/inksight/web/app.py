"""The playground's HTTP side: routes from requests to `work`, and back. The API is described in openapi.json."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .. import __version__, formats
from ..detect import NAMES as DETECTORS
from ..engine import DEFAULT_MODEL, MODELS
from ..errors import InputError
from ..formats import Style
from ..image import Pixels, open_image
from ..ink import Page
from ..tokens import MODES
from . import work
from .desk import Desk, Full, Stopped, Ticket, TooLong
from .guard import Guard, Refused
from .limits import Limits
from .store import Result, Store
from .work import Wish

STATIC = Path(__file__).parent / "static"
EVENTS = "text/event-stream"
MEDIA = {
    "alto": "application/xml", "apng": "image/apng", "csv": "text/csv", "excalidraw": "application/json",
    "gif": "image/gif", "hocr": "text/html", "inkml": "application/inkml+xml", "json": "application/json",
    "jsonl": "application/x-ndjson", "md": "text/markdown", "mp4": "video/mp4", "page": "application/xml",
    "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml", "svg-animated": "image/svg+xml",
    "txt": "text/plain", "webp": "image/webp",
}  # fmt: skip
"""Media types of formats; others are application/octet-stream."""
UNKNOWN = "application/octet-stream"
BOX = 4

T = TypeVar("T")


def application(limits: Limits, hosts: tuple[str, ...]) -> Starlette:
    """The server as an ASGI application that answers to the names `hosts` ("*": to any)."""
    api = Api(limits)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        api.desk.close()

    return Starlette(
        routes=[
            Route("/", lambda _: FileResponse(STATIC / "index.html")),
            Route("/healthz", lambda _: JSONResponse({"status": "ok", "version": __version__})),
            Route("/openapi.json", lambda _: FileResponse(STATIC / "openapi.json")),
            Route("/api/models", lambda _: JSONResponse(models())),
            Route("/api/convert", api.convert, methods=["POST"]),
            Route("/api/word", api.word, methods=["POST"]),
            Route("/api/render", api.render, methods=["POST"]),
            Route("/api/results/{name}", api.result, methods=["GET", "PUT"]),
            Route("/api/results/{name}/photo", api.photo),
            Route("/api/results/{name}/trace", api.retrace, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, hosts=hosts, upload_bytes=limits.upload_bytes)],
        exception_handlers={
            Refused: lambda _, error: error.answer(),
            InputError: lambda _, error: JSONResponse({"error": str(error)}, 422),
            Full: lambda _, __: JSONResponse({"error": "busy; try again soon"}, 429, {"Retry-After": "10"}),
            TooLong: lambda _, __: JSONResponse({"error": "this picture takes too long; cut it into parts"}, 422),
            Stopped: lambda _, __: Response(status_code=499),
            ClientDisconnect: lambda _, __: Response(status_code=499),
            HTTPException: lambda _, error: JSONResponse({"error": error.detail}, error.status_code, error.headers),
            Exception: lambda _, __: JSONResponse({"error": "the server failed on this request"}, 500),
        },
        lifespan=lifespan,
    )


def models() -> dict[str, Any]:
    """What there is to choose from."""
    found = []
    for config in sorted(MODELS.glob("*/config.json")):
        facts = json.loads(config.read_text(encoding="utf-8"))
        size = sum(p.stat().st_size for p in config.parent.glob("*.onnx"))
        found.append({"name": config.parent.name, "samples": facts.get("samples"), "bytes": size})
    kinds = [{"name": f, "ending": formats.ending(f), "media": MEDIA.get(f, UNKNOWN)} for f in formats.FORMATS]
    return {
        "version": __version__, "models": found, "default": DEFAULT_MODEL, "modes": list(MODES),
        "detectors": list(DETECTORS), "formats": kinds,
    }  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """A request's form, checked."""

    data: bytes
    wish: Wish


class Api:
    """The handlers that do work, with what they share."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.desk = Desk(limits.workers, limits.waiting)
        self.store = Store(limits.kept_seconds, limits.kept_bytes)

    async def convert(self, request: Request) -> Response:
        """POST /api/convert: a page."""
        return await self._answer(request, work.convert)

    async def word(self, request: Request) -> Response:
        """POST /api/word: a picture of one word."""
        return await self._answer(request, lambda rgb, wish, ticket, tell: work.trace(rgb, wish))

    async def render(self, request: Request) -> Response:
        """POST /api/render?to=FORMAT: a document in another format; `result` names the one whose photo it may show."""
        fmt = wanted(request)
        style = style_of(request.query_params)
        name = request.query_params.get("result")
        photo = self._known(name).photo if name else None
        body = await self._timely(request.body())

        def run() -> bytes:
            shown = None if photo is None else open_image(photo)
            return work.rendered(body, fmt, Style(**style, photo=shown))

        return file_answer(await self._run(request, Ticket(self.limits.work_seconds), run), fmt, download=True)

    async def result(self, request: Request) -> Response:
        """GET: the document of a result. PUT: keep a changed one."""
        kept = self._known(request.path_params["name"])
        if request.method == "PUT":
            body = await self._timely(request.body())
            page = formats.loads(body, "json", name="the document")
            kept.ink = formats.dumps(page, "json")
            return Response(status_code=204)
        if not kept.ink:
            raise Refused(404, "this picture has no ink yet")
        return file_answer(kept.ink, "json")

    async def photo(self, request: Request) -> Response:
        """GET: the picture of a result, as JPEG."""
        return Response(self._known(request.path_params["name"]).photo, media_type="image/jpeg")

    async def retrace(self, request: Request) -> Response:
        """POST {"box": [x0, y0, x1, y1], "mode": ..., "text": ...}: a word of a result, traced again."""
        kept = self._known(request.path_params["name"])
        try:
            asked = json.loads(await self._timely(request.body()))
            box = [float(v) for v in asked["box"]]
            if len(box) != BOX or not all(abs(v) < 1e6 for v in box):
                raise ValueError
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Refused(422, 'the body must be JSON like {"box": [x0, y0, x1, y1], "mode": "derender"}') from None
        wish = checked(str(asked.get("mode") or ""), asked.get("text"), None, asked.get("model"), "0")
        x0, y0, x1, y1 = box
        run = partial(lambda: work.as_object(work.trace_box(open_image(kept.photo), (x0, y0, x1, y1), wish)))
        return JSONResponse(await self._run(request, Ticket(self.limits.work_seconds), run))

    def _known(self, name: str) -> Result:
        found = self.store.get(name)
        if found is None:
            raise Refused(404, "this result is not here any more; results are forgotten after an hour")
        return found

    async def _answer(self, request: Request, do: Callable[..., Page]) -> Response:
        """Convert the uploaded picture; the answer is a file, or events while the work goes on."""
        as_events = EVENTS in request.headers.get("accept", "")
        fmt = "json" if as_events else wanted(request)
        style = style_of(request.query_params)
        upload = await self._upload(request)
        ticket = Ticket(self.limits.work_seconds)
        if as_events:
            return StreamingResponse(self._events(request, upload, do, ticket), media_type=EVENTS)

        def run() -> tuple[str, bytes]:
            rgb, name, page = self._converted(upload, do, ticket, lambda *_: None)
            return name, formats.dumps(page, fmt, style=Style(**style, photo=rgb))

        name, data = await self._run(request, ticket, run)
        return file_answer(data, fmt, {"Location": f"/api/results/{name}"})

    def _converted(
        self, upload: Upload, do: Callable[..., Page], ticket: Ticket, tell: work.Tell
    ) -> tuple[Pixels, str, Page]:
        """Runs in a worker thread: the picture, the name of its result and its ink."""
        begin = time.perf_counter()
        rgb, pages = work.opened(upload.data, upload.wish.page, self.limits.pixels)
        kept = Result(work.as_jpeg(rgb))
        name = self.store.add(kept)
        height, width = rgb.shape[:2]
        tell("picture", {"result": name, "width": width, "height": height, "pages": pages, "page": upload.wish.page})
        page = do(rgb, upload.wish, ticket, tell)
        kept.ink = formats.dumps(page, "json")
        facts = {"seconds": round(time.perf_counter() - begin, 3), "model": upload.wish.model or DEFAULT_MODEL}
        tell("page", {"page": json.loads(kept.ink), **facts})
        return rgb, name, page

    async def _events(
        self, request: Request, upload: Upload, do: Callable[..., Page], ticket: Ticket
    ) -> AsyncIterator[str]:
        """Server-sent events: picture, boxes, words (several times), page; or error."""
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[tuple[str, dict[str, Any]] | None]()

        def tell(kind: str, content: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, (kind, content))

        async def job() -> None:
            try:
                await self._run(request, ticket, lambda: self._converted(upload, do, ticket, tell))
            except Exception as error:
                queue.put_nowait(("error", {"error": reason(error)}))
            finally:
                queue.put_nowait(None)

        task = asyncio.create_task(job())
        try:
            while (event := await queue.get()) is not None:
                yield f"event: {event[0]}\ndata: {json.dumps(event[1])}\n\n"
        finally:
            ticket.stop()
            task.cancel()

    async def _run(self, request: Request, ticket: Ticket, do: Callable[[], T]) -> T:
        return await self.desk.run(ticket, do, request.is_disconnected)

    async def _timely(self, body: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(body, self.limits.upload_seconds)
        except TimeoutError:
            raise Refused(408, "the upload took too long") from None

    async def _upload(self, request: Request) -> Upload:
        form = await self._timely(request.form(max_files=1, max_fields=8, max_part_size=64 * 2**10))
        try:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Refused(422, 'the picture is missing: send it as the multipart field "file"')
            fields = {k: v for k, v in form.items() if isinstance(v, str) and v}
            wish = checked(
                fields.get("mode", ""), fields.get("text"), fields.get("detector"), fields.get("model"),
                fields.get("page", "0"),
            )  # fmt: skip
            return Upload(await file.read(), wish)
        finally:
            await form.close()


def checked(mode: str, text: str | None, detector: str | None, model: str | None, page: str) -> Wish:
    """A wish of known names. Raises Refused."""
    usual = Wish()
    wish = Wish(
        mode or ("derender-with-text" if text else usual.mode), text, detector or usual.detector, model,
        int(page) if page.isdecimal() and len(page) < 6 else -1,
    )  # fmt: skip
    shipped = [p.parent.name for p in MODELS.glob("*/config.json")]
    for name, value, known in (
        ("mode", wish.mode, MODES), ("detector", wish.detector, DETECTORS), ("model", model or DEFAULT_MODEL, shipped),
    ):  # fmt: skip
        if value not in known:
            raise Refused(422, f"unknown {name} {value!r}; use one of {', '.join(known)}")
    if wish.page < 0:
        raise Refused(422, "page must be a number from 0")
    if wish.mode == "derender-with-text" and not text:
        raise Refused(422, 'the mode derender-with-text needs the field "text"')
    return wish


def wanted(request: Request) -> str:
    """The format asked for by ?to= or by the Accept header; JSON where neither names one. Raises Refused."""
    named = request.query_params.get("to")
    if named is not None:
        if named not in formats.FORMATS:
            raise Refused(422, f"unknown format {named!r}; use one of {', '.join(formats.FORMATS)}")
        return named
    accepted = [part.partition(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")]
    by_media = {media: fmt for fmt, media in reversed(MEDIA.items()) if fmt in formats.FORMATS}
    by_media |= {"application/json": "json", "image/svg+xml": "svg"}
    for media in accepted:
        if media in by_media:
            return by_media[media]
    if any(media.startswith(("*/", "application/*")) for media in accepted):
        return "json"
    raise Refused(406, "none of the accepted types can be written; name a format with ?to=")


def style_of(query: Any) -> dict[str, Any]:
    """The look that the query asks for. Raises Refused."""
    numbers = ("width", "dpi", "speed")
    try:
        style: dict[str, Any] = {k: float(query[k]) for k in numbers if query.get(k)}
        style |= {k: query[k] for k in ("color", "background", "fit") if query.get(k)}
        Style(**style)
    except ValueError as error:
        raise Refused(422, str(error)) from None
    return style


def file_answer(data: bytes, fmt: str, headers: dict[str, str] | None = None, *, download: bool = False) -> Response:
    """A file of the format."""
    told = dict(headers or {})
    if download:
        told["Content-Disposition"] = f'attachment; filename="ink.{formats.ending(fmt)}"'
    return Response(data, media_type=MEDIA.get(fmt, UNKNOWN), headers=told)


def reason(error: Exception) -> str:
    """What a visitor is told about a failure."""
    if isinstance(error, InputError | Refused):
        return str(error)
    return {Full: "busy; try again soon", TooLong: "this picture takes too long; cut it into parts"}.get(
        type(error), "the server failed on this picture"
    )
