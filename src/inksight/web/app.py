"""The playground's HTTP side: routes from requests to `work`, and back. The API is described in static/openapi.json."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .. import __version__, formats
from ..imaging.pictures import Picture
from ..ink import Box, Page
from ..interrupt import asking
from ..layout.words import PAGE
from ..options import LANGUAGES, MODES, PRINT
from ..recognition.models import DEFAULT_MODEL
from ..report import DOUBTFUL
from . import asked, work
from .answers import HANDLERS, STATIC, attachment, file_answer, reason
from .desk import Desk, Ticket
from .guard import Guard, Refused
from .limits import Limits
from .store import Result, Store
from .work import Wish

EVENTS = "text/event-stream"
SMALL = 64 * 2**10
"""Bytes of a form's field, and of a request that says little."""

T = TypeVar("T")
Do = Callable[[Picture, Wish, Ticket, work.Tell], tuple[Page, list[Box]]]


def application(
    limits: Limits,
    hosts: Sequence[str],
    origins: Sequence[str] = (),
    *,
    models: Mapping[str, Path] | None = None,
    folder: Path | None = None,
) -> Starlette:
    """The server as an ASGI application that answers to the names `hosts`, and to pages of the sites `origins`.

    `models` are folders of further models by their names; results are kept in `folder`, too.
    """
    api = Api(limits, asked.models() | dict(models or {}), folder)

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
            Route("/docs", lambda _: FileResponse(STATIC / "docs.html")),
            Route("/api/models", api.models),
            Route("/api/convert", api.convert, methods=["POST"]),
            Route("/api/word", api.word, methods=["POST"]),
            Route("/api/open", api.open, methods=["POST"]),
            Route("/api/render", api.render, methods=["POST"]),
            Route("/api/bundle", api.bundle, methods=["POST"]),
            Route("/api/results/{name}", api.result),
            Route("/api/results/{name}", api.keep, methods=["PUT"]),
            Route("/api/results/{name}/photo", api.photo),
            Route("/api/results/{name}/facts", api.facts),
            Route("/api/results/{name}/trace", api.trace, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=middleware,
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )


@dataclass(frozen=True)
class Upload:
    """A file as it came, in memory or in a temporary file, its name, and the form's other fields."""

    file: BinaryIO
    name: str
    fields: dict[str, Any]

    def read(self) -> bytes:
        """Its bytes, once."""
        with self.file as file:
            return file.read()

    @property
    def title(self) -> str:
        """What the file is called, without its folder and ending, as far as it can name a file anywhere."""
        stem = re.sub(r'[\x00-\x1f<>:"|?*]', "", Path(self.name.replace("\\", "/")).stem).strip(". ")
        return stem[:80] or "ink"


class Api:
    """The handlers, with what they share."""

    def __init__(self, limits: Limits, folders: Mapping[str, Path], folder: Path | None) -> None:
        self.limits, self.folders = limits, folders
        self.desk = Desk(limits.workers, limits.waiting)
        self.store = Store(limits.kept_seconds, limits.kept_bytes, folder=folder)

    async def models(self, _: Request) -> Response:
        """GET /api/models: what there is to choose from."""
        known: dict[str, Any] = {
            "version": __version__, "models": [_about(*each) for each in self.folders.items()],
            "default": DEFAULT_MODEL, "modes": list(MODES), "detectors": asked.usable_detectors(),
            "print": list(PRINT), "languages": list(LANGUAGES),
            "formats": [_kind(f) for f in formats.FORMATS], "doubtful": DOUBTFUL,
        }  # fmt: skip
        limits = {"upload_bytes": self.limits.upload_bytes, "many_words": self.limits.many_words, "page_words": PAGE}
        return JSONResponse(known | limits | {"kept_seconds": self.limits.kept_seconds})

    async def convert(self, request: Request) -> Response:
        """POST /api/convert: a page."""
        return await self._answer(request, work.convert)

    async def word(self, request: Request) -> Response:
        """POST /api/word: a picture of one word."""
        return await self._answer(request, work.trace)

    async def render(self, request: Request) -> Response:
        """POST /api/render?to=FORMAT: a document in another format; `result` names the one whose photo it may show."""
        fmt = asked.fmt(request.query_params, request.headers.get("accept", ""))
        style = asked.look(request.query_params, "result")
        name = request.query_params.get("result")
        kept = self._known(name) if name else Result(b"", (0, 0))
        ink = await self._body(request, self.limits.document_bytes)
        data = await self._run(request, lambda: work.rendered(ink, fmt, style, kept.photo or None, self.limits))
        return file_answer(data, fmt, attachment(f"{kept.title}.{formats.ending(fmt)}"))

    async def bundle(self, request: Request) -> Response:
        """POST /api/bundle?to=FORMAT: several results as one file, or with zip=1 as an archive of files."""
        fmt, style = asked.fmt(request.query_params, ""), asked.look(request.query_params, "zip")
        packed = request.query_params.get("zip") == "1"
        kept = [self._converted_before(name) for name in asked.names(await self._body(request, SMALL))]
        data = await self._run(request, lambda: work.bundled(kept, fmt, style, packed=packed))
        ending = "zip" if packed else formats.ending(fmt)
        headers = attachment(f"{kept[0].title}.{ending}")
        return (
            Response(data, media_type="application/zip", headers=headers) if packed else file_answer(data, fmt, headers)
        )

    async def open(self, request: Request) -> Response:
        """POST /api/open: a file of ink, each page of which becomes a result."""
        self.desk.admit()
        upload = await self._upload(request)
        asked.only(upload.fields, (), "field")
        found = await self._run(request, lambda: work.opened_ink(upload.read(), upload.name, self.limits))
        return JSONResponse({"results": [self.store.add(r) for r in found]})

    async def result(self, request: Request) -> Response:
        """GET /api/results/NAME: its document."""
        return file_answer(self._converted_before(request.path_params["name"]).ink, "json")

    async def facts(self, request: Request) -> Response:
        """GET /api/results/NAME/facts: its title, and boxes of ink that was left out."""
        kept = self._known(request.path_params["name"])
        return JSONResponse({"title": kept.title, "untraced": kept.untraced, "photo": bool(kept.photo)})

    async def keep(self, request: Request) -> Response:
        """PUT /api/results/NAME: a changed document."""
        kept = self._known(request.path_params["name"])
        ink = await self._body(request, self.limits.document_bytes)
        kept.ink = await self._run(request, lambda: work.checked(ink))
        self.store.changed(request.path_params["name"], kept)
        return Response(status_code=204)

    async def photo(self, request: Request) -> Response:
        """GET /api/results/NAME/photo: the picture as JPEG."""
        photo = self._known(request.path_params["name"]).photo
        if not photo:
            raise Refused(404, "this ink came without its photo")
        return Response(photo, media_type="image/jpeg")

    async def trace(self, request: Request) -> Response:
        """POST /api/results/NAME/trace: a word of a result, traced again."""
        kept = self._known(request.path_params["name"])
        box, wish, instead_of = asked.box(await self._body(request, SMALL), self.folders)
        word = await self._run(request, lambda: work.trace_box(kept, box, wish, instead_of))
        return JSONResponse(work.as_object(word))

    def _known(self, name: str) -> Result:
        found = self.store.get(name)
        if found is None:
            raise Refused(404, f"this result is not here any more; it is forgotten {_span(self.limits.kept_seconds)}")
        return found

    def _converted_before(self, name: str) -> Result:
        kept = self._known(name)
        if not kept.ink:
            raise Refused(404, "this picture has no ink yet; wait until it is converted")
        return kept

    async def _answer(self, request: Request, do: Do) -> Response:
        """Convert the uploaded picture; the answer is a file, or events while the work goes on."""
        self.desk.admit()
        as_events = EVENTS in request.headers.get("accept", "")
        fmt = "json" if as_events else asked.fmt(request.query_params, request.headers.get("accept", ""))
        style = asked.look(request.query_params)
        upload = await self._upload(request)
        wish, ticket = asked.wish(upload.fields, self.folders), self._ticket()
        if as_events:
            return StreamingResponse(self._events(upload, wish, do, ticket), media_type=EVENTS)

        def run() -> tuple[str, bytes]:
            picture, name, page = self._converted(upload, wish, do, ticket, lambda *_: None)
            return name, formats.dumps(page, fmt, style=replace(style, photo=picture.pixels))

        name, data = await self.desk.run(ticket, run, request.is_disconnected)
        return file_answer(data, fmt, {"Location": f"/api/results/{name}"})

    def _converted(
        self, upload: Upload, wish: Wish, do: Do, ticket: Ticket, tell: work.Tell
    ) -> tuple[Picture, str, Page]:
        """Runs in a worker thread: the picture, the name of its result and its ink."""
        begin = time.perf_counter()
        picture, pages = work.opened(upload.read(), wish, self.limits)
        width, height = picture.width, picture.height
        title = upload.title + (f"-{wish.page}" if pages > 1 else "")
        kept = Result(work.as_jpeg(picture), (width, height), title=title)
        name = self.store.add(kept)
        facts: dict[str, Any] = {"result": name, "title": title, "width": width, "height": height}
        tell("picture", facts | {"pages": pages, "page": wish.page})
        with asking(ticket.check):
            page, kept.untraced = do(picture, wish, ticket, tell)
        kept.ink = formats.dumps(page, "json")
        self.store.changed(name, kept)
        facts = {
            "seconds": round(time.perf_counter() - begin, 3),
            "model": Path(wish.options.model or DEFAULT_MODEL).name,
        }
        tell("page", {"page": json.loads(kept.ink), "untraced": kept.untraced, **facts})
        return picture, name, page

    async def _events(self, upload: Upload, wish: Wish, do: Do, ticket: Ticket) -> AsyncIterator[str]:
        """Server-sent events: picture, step (several times), boxes, words (several times), page; or error.

        Starlette closes this when the client goes away, which ends the work.
        """
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[tuple[str, dict[str, Any]] | None]()

        def tell(kind: str, content: dict[str, Any]) -> None:
            ticket.check()  # nobody may be there to hear it
            loop.call_soon_threadsafe(queue.put_nowait, (kind, content))

        async def job() -> None:
            try:
                await self.desk.run(ticket, lambda: self._converted(upload, wish, do, ticket, tell))
            except Exception as error:
                queue.put_nowait(("error", reason(error)))
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
        form = await self._timely(request.form(max_files=1, max_fields=len(asked.WISHES), max_part_size=SMALL))
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Refused(422, 'the file is missing: send it as the multipart field "file"')
        return Upload(file.file, file.filename or "ink", {k: v for k, v in form.items() if k != "file"})


def _about(name: str, folder: Path) -> dict[str, Any]:
    """A model's name, the samples that it learnt from, where that is known, and its size."""
    config = folder / "config.json"
    facts = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    return {"name": name, "samples": facts.get("samples"), "bytes": size}


def _kind(fmt: str) -> dict[str, Any]:
    """A format: its name, how its files end, and what this installation lacks to write it, if anything."""
    own = {"name": fmt, "ending": formats.ending(fmt), "media": asked.MEDIA.get(fmt, asked.UNKNOWN)}
    can = {"reads": fmt in formats.readable(), "pages": formats.holds_pages(fmt), "missing": formats.missing(fmt)}
    return own | can


def _span(seconds: float) -> str:
    """When a result is forgotten, in words."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}{'' if count == 1 else 's'} after it was last asked for"
    return "soon after it was last asked for"
