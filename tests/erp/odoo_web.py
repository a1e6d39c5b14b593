"""The web server around the imitated Odoo: its addresses, its envelopes, and faults on the wire."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.erp.odoo_errors import AccessDenied, OdooError, ServerError, Unauthorized, Unprocessable, UserError

if TYPE_CHECKING:
    from tests.erp.odoo import Odoo

START_WITHIN = 10.0
NO_PAGE = "<!doctype html><title>404 Not Found</title><h1>Not Found</h1>"
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass
class Fault:
    """What happens to a call, `times` times. `call`: `MODEL.METHOD`, a part of it, or "" for every one.

    delay: `seconds` before the answer. drop-before: the connection is reset before anything is done. drop-after: it is
    done, and the connection reset. status: `status` without doing it, as a proxy answers. status-after: the same, done.
    truncate: half the answer, done. garbage: a page of HTML with 200, done. session: Odoo's "session expired".
    """

    kind: str
    call: str = ""
    times: int = 1
    seconds: float = 0.0
    status: int = 502
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Served:
    """A house that is being served; `base_url` is what a client is given. `calls`: how often each was called."""

    odoo: Odoo
    base_url: str = ""
    jsonrpc: bool = True
    faults: list[Fault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    last_headers: dict[str, str] = field(default_factory=dict)
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def take_fault(self, call: str) -> Fault | None:
        """The first fault that is meant for this call, used up by one."""
        with self.odoo.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.call in call:
                    fault.times -= 1
                    return fault
        return None

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(START_WITHIN)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


class _Gone(Response):
    """No answer: the connection is reset."""

    def __init__(self, transport: asyncio.Transport | None) -> None:
        super().__init__()
        self._transport = transport

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._transport is not None:
            self._transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class _Cut(Response):
    """Announces the whole body and stops in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0)


class _Web:
    def __init__(self, served: Served, transports: dict[object, asyncio.Transport]) -> None:
        self.served, self.odoo, self.transports = served, served.odoo, transports

    async def json2(self, request: Request) -> Response:
        """`POST /json/2/<model>/<method>` (reference: Odoo 3.5), from 19 on."""
        if self.odoo.version < 19:
            return HTMLResponse(NO_PAGE, 404)
        model, method = request.path_params["model"], request.path_params["method"]
        body = await request.body()
        headers = dict(request.headers)

        def answer() -> Response:
            try:
                self._known_database(headers)
                self._authenticate(headers)
                return _said(self.odoo.by_name(model, method, _object(body)))
            except OdooError as error:
                return _said(error.document(), error.status)

        return await self._faulty(request, f"{model}.{method}", answer, _said({}, 403))

    async def jsonrpc(self, request: Request) -> Response:
        """`/jsonrpc`: services common, db and object; every answer is HTTP 200."""
        if not self.served.jsonrpc:
            return HTMLResponse(NO_PAGE, 404)
        body = await request.body()
        try:
            document = _object(body)
            params = document["params"]
            service, method, args = params["service"], params["method"], list(params["args"])
        except (OdooError, KeyError, TypeError):
            return HTMLResponse("<!doctype html><title>400 Bad Request</title>Invalid JSON data", 400)
        number = document.get("id")
        call = f"{args[3]}.{args[4]}" if service == "object" and len(args) > 4 else f"{service}.{method}"

        def answer() -> Response:
            try:
                result = self._service(service, method, args)
            except OdooError as error:
                told = {"code": 200, "message": "Odoo Server Error", "data": error.document()}
                return _said({"jsonrpc": "2.0", "id": number, "error": told})
            # Where there is no result there is no key for it either.
            whole = {"jsonrpc": "2.0", "id": number} | ({} if result is None else {"result": result})
            return _said(whole)

        expired = UserError("Session expired")
        expired.name = "odoo.http.SessionExpiredException"
        told = {"code": 100, "message": "Odoo Session Expired", "data": expired.document()}
        return await self._faulty(request, call, answer, _said({"jsonrpc": "2.0", "id": number, "error": told}))

    async def version(self, request: Request) -> Response:
        """`/web/version`, from 19 on."""
        if self.odoo.version < 19:
            return HTMLResponse(NO_PAGE, 404)
        told = {"version": f"{self.odoo.version}.0", "version_info": [self.odoo.version, 0, 0, "final", 0, ""]}
        return await self._faulty(request, "web.version", lambda: _said(told), _said(told))

    def _service(self, service: str, method: str, args: list[Any]) -> Any:
        if service == "common":
            if method == "version":
                serie = f"{self.odoo.version}.0"
                info = [self.odoo.version, 0, 0, "final", 0, ""]
                return {
                    "server_version": serie,
                    "server_version_info": info,
                    "server_serie": serie,
                    "protocol_version": 1,
                }
            if method in ("login", "authenticate"):
                database, login, key = args[:3]
                self._need_database(database)
                user = self.odoo.keys.get(key)
                known = user is not None and self.odoo.table("res.users")[user]["login"] == login
                return user if known else False
        if service == "db" and method == "list":
            raise AccessDenied("Access Denied")
        if service == "object" and method in ("execute", "execute_kw") and len(args) >= 5:
            database, user, key, model, name, *rest = args
            self._need_database(database)
            if self.odoo.keys.get(key) != user:
                raise AccessDenied("Access Denied")
            if method == "execute":
                return self.odoo.by_place(model, name, rest, {})
            return self.odoo.by_place(model, name, rest[0] if rest else [], rest[1] if len(rest) > 1 else {})
        raise ServerError("builtins.NameError", f"Method not available {method}")

    def _need_database(self, name: Any) -> None:
        if name != self.odoo.database:
            words = f'connection to server failed: FATAL:  database "{name}" does not exist'
            raise ServerError("psycopg2.OperationalError", words)

    def _known_database(self, headers: dict[str, str]) -> None:
        name = headers.get("x-odoo-database")
        if name is not None and name != self.odoo.database:
            error = OdooError("No database is selected for this request")
            error.name, error.status = "werkzeug.exceptions.NotFound", 404
            raise error

    def _authenticate(self, headers: dict[str, str]) -> None:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if not key or scheme.lower() != "bearer":
            raise Unauthorized('User not authenticated, use the "Authorization" header')
        if key not in self.odoo.keys:
            raise Unauthorized("Invalid apikey")

    async def _faulty(self, request: Request, call: str, answer: Any, expired: Response) -> Response:
        served = self.served
        served.calls[call] += 1
        served.last_headers = dict(request.headers)
        fault = served.take_fault(call)
        kind = fault.kind if fault else ""
        transport = self.transports.get(request.scope.get("client"))
        if fault is None:
            return self._dated(await run_in_threadpool(answer))
        if kind == "drop-before":
            return _Gone(transport)
        if kind == "status":
            return self._dated(Response(BAD_GATEWAY, fault.status, fault.headers, "text/html"))
        if kind == "session":
            return self._dated(expired)
        if kind == "delay":
            await asyncio.sleep(fault.seconds)
        said: Response = await run_in_threadpool(answer)
        if kind == "drop-after":
            return _Gone(transport)
        if kind == "status-after":
            said = Response(BAD_GATEWAY, fault.status, fault.headers, "text/html")
        if kind == "garbage":
            said = HTMLResponse("<html><body>Welcome to your hotel's network</body></html>")
        if kind == "truncate":
            said = _Cut(said.body, said.status_code, media_type=said.media_type)
        return self._dated(said)

    def _dated(self, response: Response) -> Response:
        response.headers["date"] = format_datetime(self.odoo.clock().astimezone(UTC), usegmt=True)
        return response


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise Unprocessable("could not parse the body, it must be json") from None
    if not isinstance(found, dict):
        raise Unprocessable("could not parse the body, it must be a json object")
    return found


def _said(value: Any, status: int = 200) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(body, status, media_type="application/json; charset=utf-8")


def start(odoo: Odoo) -> Served:
    """Serves in a thread, and returns when it can be called."""
    served = Served(odoo)
    transports: dict[object, asyncio.Transport] = {}

    class Protocol(H11Protocol):
        """Remembers the connections, so that a fault can reset one."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            transports[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            transports.pop(self.client, None)
            super().connection_lost(exc)

    web = _Web(served, transports)
    routes = [
        Route("/json/2/{model}/{method}", web.json2, methods=["POST"]),
        Route("/jsonrpc", web.jsonrpc, methods=["POST"]),
        Route("/web/version", web.version, methods=["GET", "POST"]),
    ]
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    config = uvicorn.Config(
        Starlette(routes=routes),
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    served.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    served._server = Server(config)

    def run() -> None:
        with listening:
            served._server.run([listening])  # type: ignore[union-attr]

    served._thread = threading.Thread(target=run, name="odoo", daemon=True)
    served._thread.start()
    if not ready.wait(START_WITHIN):
        raise RuntimeError("the imitated Odoo did not start")
    return served
