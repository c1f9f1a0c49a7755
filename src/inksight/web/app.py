"""The playground's HTTP side: routes from requests to `work`, and back. The API is described in static/openapi.json."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .. import __version__, formats
from ..errors import InputError
from ..imaging.pictures import Picture
from ..ink import Page
from ..options import MODES
from ..recognition.models import DEFAULT_MODEL, MODELS
from . import asked, work
from .desk import Closed, Desk, Full, Stopped, Ticket, TooLong
from .guard import Guard, Refused
from .limits import Limits
from .store import Result, Store
from .work import Wish

STATIC = Path(__file__).parent / "static"
EVENTS = "text/event-stream"
RETRY = "10"
BUSY = "the server is busy; try again in a few seconds"
CLOSED = "the server is being stopped"
LONG = "this takes too long; cut the picture into parts"
FAILED = "the server failed on this; its window says why"
SMALL = 64 * 2**10
"""Bytes of a form's field, and of a request that says little."""

T = TypeVar("T")
Do = Callable[[Picture, Wish, Ticket, work.Tell], Page]

log = logging.getLogger("uvicorn.error")


def application(limits: Limits, hosts: Sequence[str], origins: Sequence[str] = ()) -> Starlette:
    """The server as an ASGI application that answers to the names `hosts`, and to pages of the sites `origins`."""
    api = Api(limits)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.close = api.desk.close
        yield
        api.desk.close()

    middleware = [Middleware(Guard, hosts=hosts, origins=origins, upload_bytes=limits.upload_bytes)]
    if origins:
        allowed: dict[str, Any] = {"allow_origins": origins, "allow_methods": ["*"], "allow_headers": ["*"]}
        middleware.append(Middleware(CORSMiddleware, expose_headers=["Location"], **allowed))
    return Starlette(
        routes=[
            Route("/", lambda _: FileResponse(STATIC / "index.html")),
            Route("/healthz", lambda _: JSONResponse({"status": "ok", "version": __version__})),
            Route("/openapi.json", lambda _: FileResponse(STATIC / "openapi.json")),
            Route("/api/models", api.models),
            Route("/api/convert", api.convert, methods=["POST"]),
            Route("/api/word", api.word, methods=["POST"]),
            Route("/api/render", api.render, methods=["POST"]),
            Route("/api/results/{name}", api.result),
            Route("/api/results/{name}", api.keep, methods=["PUT"]),
            Route("/api/results/{name}/photo", api.photo),
            Route("/api/results/{name}/trace", api.trace, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=middleware,
        exception_handlers={
            Refused: lambda _, error: error.answer(),
            InputError: lambda _, error: JSONResponse({"error": str(error)}, 422),
            Full: lambda _, __: JSONResponse({"error": BUSY}, 429, {"Retry-After": RETRY}),
            TooLong: lambda _, __: JSONResponse({"error": LONG}, 422),
            Closed: lambda _, __: JSONResponse({"error": CLOSED}, 503),
            Stopped: lambda _, __: Response(status_code=499),
            ClientDisconnect: lambda _, __: Response(status_code=499),
            HTTPException: lambda _, error: JSONResponse({"error": error.detail}, error.status_code, error.headers),
            Exception: lambda _, __: JSONResponse({"error": FAILED}, 500),
        },
        lifespan=lifespan,
    )


@dataclass(frozen=True)
class Upload:
    """A picture as it came, in memory or in a temporary file, and how to convert it."""

    file: BinaryIO
    wish: Wish

    def read(self) -> bytes:
        """Its bytes, once."""
        with self.file as file:
            return file.read()


class Api:
    """The handlers, with what they share."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.desk = Desk(limits.workers, limits.waiting)
        self.store = Store(limits.kept_seconds, limits.kept_bytes)

    async def models(self, _: Request) -> Response:
        """GET /api/models: what there is to choose from."""
        found = []
        for name in asked.models():
            facts = json.loads((MODELS / name / "config.json").read_text(encoding="utf-8"))
            size = sum(p.stat().st_size for p in (MODELS / name).glob("*.onnx"))
            found.append({"name": name, "samples": facts.get("samples"), "bytes": size})
        kinds = [
            {"name": f, "ending": formats.ending(f), "media": asked.MEDIA.get(f, asked.UNKNOWN)}
            for f in formats.FORMATS
        ]
        known: dict[str, Any] = {"version": __version__, "models": found, "default": DEFAULT_MODEL}
        known |= {"modes": list(MODES), "detectors": asked.usable_detectors(), "formats": kinds}
        return JSONResponse(known | {"upload_bytes": self.limits.upload_bytes})

    async def convert(self, request: Request) -> Response:
        """POST /api/convert: a page."""
        return await self._answer(request, work.convert)

    async def word(self, request: Request) -> Response:
        """POST /api/word: a picture of one word."""
        return await self._answer(request, work.trace)

    async def render(self, request: Request) -> Response:
        """POST /api/render?to=FORMAT: a document in another format; `result` names the one whose photo it may show."""
        fmt = asked.fmt(request.query_params, request.headers.get("accept", ""))
        style = asked.look(request.query_params)
        name = request.query_params.get("result")
        photo = self._known(name).photo if name else None
        ink = await self._body(request, self.limits.document_bytes)
        data = await self._run(request, lambda: work.rendered(ink, fmt, style, photo, self.limits))
        return file_answer(data, fmt, {"Content-Disposition": f'attachment; filename="ink.{formats.ending(fmt)}"'})

    async def result(self, request: Request) -> Response:
        """GET /api/results/NAME: its document."""
        kept = self._known(request.path_params["name"])
        if not kept.ink:
            raise Refused(404, "this picture has no ink yet; wait until it is converted")
        return file_answer(kept.ink, "json")

    async def keep(self, request: Request) -> Response:
        """PUT /api/results/NAME: a changed document."""
        kept = self._known(request.path_params["name"])
        ink = await self._body(request, self.limits.document_bytes)
        kept.ink = await self._run(request, lambda: work.checked(ink))
        return Response(status_code=204)

    async def photo(self, request: Request) -> Response:
        """GET /api/results/NAME/photo: the picture as JPEG."""
        return Response(self._known(request.path_params["name"]).photo, media_type="image/jpeg")

    async def trace(self, request: Request) -> Response:
        """POST /api/results/NAME/trace: a word of a result, traced again."""
        kept = self._known(request.path_params["name"])
        box, wish = asked.box(await self._body(request, SMALL))

        def found() -> dict[str, Any]:
            return work.as_object(work.trace_box(kept.photo, kept.extent, box, wish))

        return JSONResponse(await self._run(request, found))

    def _known(self, name: str) -> Result:
        found = self.store.get(name)
        if found is None:
            raise Refused(404, "this result is not here any more; results are forgotten after an hour")
        return found

    async def _answer(self, request: Request, do: Do) -> Response:
        """Convert the uploaded picture; the answer is a file, or events while the work goes on."""
        self.desk.admit()
        as_events = EVENTS in request.headers.get("accept", "")
        fmt = "json" if as_events else asked.fmt(request.query_params, request.headers.get("accept", ""))
        style = asked.look(request.query_params)
        upload = await self._upload(request)
        ticket = self._ticket()
        if as_events:
            return StreamingResponse(self._events(upload, do, ticket), media_type=EVENTS)

        def run() -> tuple[str, bytes]:
            picture, name, page = self._converted(upload, do, ticket, lambda *_: None)
            return name, formats.dumps(page, fmt, style=replace(style, photo=picture.pixels))

        name, data = await self.desk.run(ticket, run, request.is_disconnected)
        return file_answer(data, fmt, {"Location": f"/api/results/{name}"})

    def _converted(self, upload: Upload, do: Do, ticket: Ticket, tell: work.Tell) -> tuple[Picture, str, Page]:
        """Runs in a worker thread: the picture, the name of its result and its ink."""
        begin, wish = time.perf_counter(), upload.wish
        picture, pages = work.opened(upload.read(), wish, self.limits)
        width, height = picture.width, picture.height
        kept = Result(work.as_jpeg(picture), (width, height))
        name = self.store.add(kept)
        tell("picture", {"result": name, "width": width, "height": height, "pages": pages, "page": wish.page})
        ticket.check()
        page = do(picture, wish, ticket, tell)
        kept.ink = formats.dumps(page, "json")
        facts = {"seconds": round(time.perf_counter() - begin, 3), "model": wish.options.model or DEFAULT_MODEL}
        tell("page", {"page": json.loads(kept.ink), **facts})
        return picture, name, page

    async def _events(self, upload: Upload, do: Do, ticket: Ticket) -> AsyncIterator[str]:
        """Server-sent events: picture, boxes, words (several times), page; or error.

        Starlette closes this when the client goes away, which ends the work.
        """
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[tuple[str, dict[str, Any]] | None]()

        def tell(kind: str, content: dict[str, Any]) -> None:
            ticket.check()  # nobody may be there to hear it
            loop.call_soon_threadsafe(queue.put_nowait, (kind, content))

        async def job() -> None:
            try:
                await self.desk.run(ticket, lambda: self._converted(upload, do, ticket, tell))
            except Exception as error:
                queue.put_nowait(("error", {"error": reason(error)}))
            finally:
                queue.put_nowait(None)

        task = asyncio.create_task(job())
        try:
            while (event := await queue.get()) is not None:
                yield f"event: {event[0]}\ndata: {json.dumps(event[1])}\n\n"
        finally:
            task.cancel()

    def _ticket(self) -> Ticket:
        return Ticket(self.limits.work_seconds)

    async def _run(self, request: Request, do: Callable[[], T]) -> T:
        return await self.desk.run(self._ticket(), do, request.is_disconnected)

    async def _timely(self, coming: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(coming, self.limits.upload_seconds)
        except TimeoutError:
            raise Refused(408, "the upload took too long") from None

    async def _body(self, request: Request, most: int) -> bytes:
        async def read() -> bytes:
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise Refused(413, f"the document is larger than {most / 2**20:g} MB")
            return bytes(body)

        return await self._timely(read())

    async def _upload(self, request: Request) -> Upload:
        form = await self._timely(request.form(max_files=1, max_fields=8, max_part_size=SMALL))
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Refused(422, 'the picture is missing: send it as the multipart field "file"')
        return Upload(file.file, asked.wish(form))


def file_answer(data: bytes, fmt: str, headers: dict[str, str] | None = None) -> Response:
    """A file of the format."""
    return Response(data, media_type=asked.MEDIA.get(fmt, asked.UNKNOWN), headers=headers)


def reason(error: Exception) -> str:
    """What a visitor is told about a failure; what nobody expected is logged."""
    if isinstance(error, InputError | Refused):
        return str(error)
    known = {Full: BUSY, Closed: CLOSED, TooLong: LONG, Stopped: "stopped"}
    if type(error) not in known:
        log.error("converting failed", exc_info=error)
    return known.get(type(error), FAILED)
