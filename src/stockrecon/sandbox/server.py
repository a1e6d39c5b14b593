"""The web server around the sandbox: prefixes, control, faults on the wire, and the `Date` of the sandbox clock."""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from stockrecon.sandbox.control import Control
from stockrecon.sandbox.faults import Hit
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.wire import Answer, Call

MAX_BODY = 10 * 1024 * 1024
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
GARBAGE = b"<html><head><title>502 Bad Gateway</title></head><body>upstream sent nothing</body></html>"
Transports = dict[object, asyncio.Transport]


def _said(value: object) -> str:
    """Times as ISO 8601 in UTC; anything else that JSON does not know is a bug."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _json(value: object, status: int = 200) -> Response:
    body = json.dumps(value, default=_said, ensure_ascii=False).encode(errors="replace")
    return Response(body, status, media_type="application/json")


def _answer(answer: Answer) -> Response:
    if answer.raw is None:
        response = _json(answer.body, answer.status)
    else:
        response = Response(answer.raw, answer.status, media_type=answer.content_type)
    response.headers.update(answer.headers)
    return response


class _Cut(Response):
    """Announces the whole body and stops in the middle of it; the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        # Wait until it is on its way: the server closes as soon as this returns.
        await asyncio.sleep(0)


class _Gone(Response):
    """No answer at all: the connection is reset."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        super().__init__()
        self._transport = transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._transport is not None:
            self._transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class _Dated:
    """Puts the sandbox's time on every answer."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app, self._sandbox = app, sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                text = format_datetime(self._sandbox.clock.now(), usegmt=True)
                message["headers"] = [*message["headers"], (b"date", text.encode())]
            await send(message)

        await self._app(scope, receive, dated)


class _Web:
    def __init__(self, sandbox: Sandbox, key: str, transports: Transports) -> None:
        self._sandbox, self._key, self._transports = sandbox, key, transports
        self._control = Control(sandbox)

    async def control(self, request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if self._key and not hmac.compare_digest(given.encode(), f"Bearer {self._key}".encode()):
            return _json({"error": "give the control key of the ready file as Authorization: Bearer KEY"}, 401)
        body = await _body(request)
        status, value = self._control.handle(request.method, request.path_params.get("rest", ""), body)
        return _json(value, status)

    async def vendor(self, request: Request) -> Response:
        served = self._sandbox.shops.get(request.path_params["shop"])
        if served is None:
            return _json({"error": "error_not_found"}, 404)
        path = served.vendor_path("/" + request.path_params.get("rest", ""))
        outcome = self._sandbox.handle(served, await _call(request, path))
        if outcome.hit is not None and outcome.hit.kind == "delay":
            await asyncio.sleep(outcome.hit.plan.seconds)
        return self._sent(request, outcome.answer, outcome.hit)

    def _sent(self, request: Request, answer: Answer | None, hit: Hit | None) -> Response:
        kind = hit.kind if hit else ""
        if answer is None or kind == "drop-after":
            return _Gone(self._transports.get(request.scope.get("client")))
        if kind == "garbage":
            return Response(GARBAGE, 200, media_type="text/html")
        if answer.location:
            return Response(status_code=answer.status, headers={"location": answer.location})
        response = _answer(answer)
        if kind == "truncate":
            return _Cut(response.body, response.status_code, media_type=answer.content_type)
        return response


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            raise HTTPException(413, "the body is too large")
        parts.append(part)
    return b"".join(parts)


async def _call(request: Request, path: str) -> Call:
    kind = request.headers.get("content-type", "").lower()
    query = tuple(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    body = await _body(request)
    form: tuple[tuple[str, str], ...] = ()
    if kind.startswith("application/x-www-form-urlencoded"):
        form = tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    elif kind.startswith("multipart/form-data"):
        # The stream is read already; files in it are no parameters.
        async with Request(request.scope, _once(body)).form() as parts:
            form = tuple((name, value) for name, value in parts.multi_items() if isinstance(value, str))
    return Call(request.method, path, query, form, body, kind, dict(request.headers))


def _once(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = error.detail if isinstance(error, HTTPException) else "the sandbox failed"
    return _json({"error": "error_not_found" if status == 404 else text}, status)


def application(sandbox: Sandbox, key: str = "", transports: Transports | None = None) -> ASGIApp:
    """The ASGI application. `key`: what control asks for; empty on loopback."""
    web = _Web(sandbox, key, {} if transports is None else transports)
    routes = [
        Route("/_control", web.control, methods=METHODS),
        Route("/_control/{rest:path}", web.control, methods=METHODS),
        Route("/{shop}", web.vendor, methods=METHODS),
        Route("/{shop}/{rest:path}", web.vendor, methods=METHODS),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused, Exception: _refused})
    app.router.redirect_slashes = False
    return _Dated(app, sandbox)


def _protocol(transports: Transports) -> type[H11Protocol]:
    class Protocol(H11Protocol):
        """Remembers the connections, so that a fault can reset one."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transports[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            transports.pop(self.client, None)
            super().connection_lost(exc)

    return Protocol


class WebServer(uvicorn.Server):
    """A uvicorn server to be run outside the main thread (there it leaves signals alone); `should_exit` ends it."""

    def __init__(self, sandbox: Sandbox, key: str = "") -> None:
        transports: Transports = {}
        super().__init__(
            uvicorn.Config(
                application(sandbox, key, transports),
                http=_protocol(transports),
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.ready = threading.Event()
        self._sandbox = sandbox

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def serve_on(self, listening: socket.socket) -> None:
        """Serve until `should_exit` is set; closes the socket."""
        ended = threading.Event()
        pusher = self._sandbox.pusher
        worker = threading.Thread(
            target=pusher.run, args=(self._sandbox.settled, self._sandbox.hooked, ended), name="pushes", daemon=True
        )
        worker.start()
        try:
            with listening:
                self.run([listening])
        finally:
            ended.set()
            pusher.wake()
            worker.join(1)
