"""What every request must obey and every answer carries."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing from elsewhere is run, shown or told."""

SAFE, OWN_SITES = ("GET", "HEAD", "OPTIONS"), ("same-origin", "none")
"""Methods that change nothing; what browsers say in Sec-Fetch-Site of requests that no other site caused."""

PRIVATE, CHECKED = "no-store", "no-cache"
"""Ink and pictures stay in no browser's cache; the page is asked for anew, lest an older one meets a newer server."""


class Refused(Exception):
    """A request that the server won't take; `status` and the text are the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text

    def answer(self) -> JSONResponse:
        """{"error": text} with the status."""
        return JSONResponse({"error": self.text}, self.status)


class Guard:
    """Checks the Host and Origin headers, bounds the body, and adds HEADERS to every answer.

    The Host check keeps other sites from reaching a local server by a name of theirs that points here (DNS rebinding);
    a bare IP address is nobody's name. The Origin check keeps them from posting to it; `origins` may.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str], upload_bytes: int) -> None:
        self.app, self.upload_bytes = app, upload_bytes
        self.hosts, self.origins = frozenset(h.lower() for h in hosts), frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        taken = 0
        caching = PRIVATE if scope["path"].startswith("/api/") else CHECKED

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.upload_bytes:
                raise self._too_large()
            return message

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, "Cache-Control": caching}.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(Headers(scope=scope), scope["scheme"], scope["method"])
        except Refused as refused:
            await refused.answer()(scope, receive, dressed)
            return
        await self.app(scope, bounded, dressed)

    def _check(self, headers: Headers, scheme: str, method: str) -> None:
        host = headers.get("host", "")
        if not self._is_ours(_name(host)):
            raise Refused(421, f"this server doesn't answer to the name {host!r}; start it with --name and that name")
        origin = headers.get("origin")
        elsewhere = origin not in (None, f"{scheme}://{host}", *self.origins)
        unsaid = origin is None and method not in SAFE and headers.get("sec-fetch-site", "none") not in OWN_SITES
        if elsewhere or unsaid:
            raise Refused(403, "requests from other sites are not taken; start the server with --origin to allow one")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()):
            raise Refused(400, "the header Content-Length isn't a number")
        if int(length) > self.upload_bytes:
            raise self._too_large()

    def _is_ours(self, name: str) -> bool:
        if name in self.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _too_large(self) -> Refused:
        return Refused(413, f"the upload is larger than {self.upload_bytes / 2**20:g} MB; scale the picture down")


def _name(host: str) -> str:
    """The host without its port, and an IPv6 address without its brackets, in small letters; "" for what is none."""
    found = re.fullmatch(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::\d*)?", host)
    return (found[1] or found[2] or "").lower() if found else ""
