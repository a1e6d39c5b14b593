"""A small HTTP server on loopback around one function, with faults on the wire."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

START = datetime(2026, 11, 11, 6, tzinfo=UTC)
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset, as a machine does that has gone."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def document(self) -> dict[str, Any]:
        """The body as one JSON object; anything else is an empty one."""
        try:
            given = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return given if isinstance(given, dict) else {}


@dataclass(frozen=True)
class Told:
    document: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """Spoils the next `times` calls whose `METHOD PATH BODY` holds `call`.

    Kinds: `delay` (by `seconds`), `drop-before` and `drop-after` (the connection is reset, before or after the effect),
    `status` and `status-after` (a proxy's page with `status`, without and with the effect), `throttle` (429, no effect,
    `headers` may name Retry-After), `truncate` (half of the answer, done), `garbage` (a page of HTML with 200, done).
    """

    kind: str
    call: str = ""
    times: int = 1
    status: int = 502
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Wire:
    """`faults` wait for their calls; `calls` are those that the house itself answered. `now`: what `Date` tells."""

    now: datetime = START
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=threading.RLock)

    def take(self, call: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.call in call:
                    fault.times -= 1
                    return fault
        return None


@contextmanager
def serving(wire: Wire, answer: Callable[[Asked], Told]) -> Iterator[str]:
    """Serves `answer` on a free port until the block ends; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args: Any) -> None:
            pass

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            asked = Asked(self.command, parts.path, query, headers, body)
            fault = wire.take(f"{self.command} {self.path} {body.decode(errors='replace')}")
            self._spoiled(asked, fault) if fault is not None else self._say(_carried_out(asked))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do

        def _spoiled(self, asked: Asked, fault: Fault) -> None:
            if fault.kind == "delay":
                time.sleep(fault.seconds)
                return self._say(_carried_out(asked))
            if fault.kind == "drop-before":
                return self._reset()
            if fault.kind == "status":
                return self._page(fault.status)
            if fault.kind == "throttle":
                return self._say(Told({"code": "SERVICE_BUSY", "message": "too busy"}, 429, fault.headers))
            told = _carried_out(asked)
            if fault.kind == "drop-after":
                return self._reset()
            if fault.kind == "status-after":
                return self._page(fault.status)
            if fault.kind == "garbage":
                return self._page(200)
            whole = json.dumps(told.document).encode()
            self._send(told.status, told.headers, whole[: len(whole) // 2], len(whole))
            self._reset(at_once=False)
            return None

        def _say(self, told: Told) -> None:
            self._send(told.status, told.headers, json.dumps(told.document).encode())

        def _page(self, status: int) -> None:
            page = b"<html><title>nginx</title></html>"
            self._send(status, {"Content-Type": "text/html"}, page)

        def _send(self, status: int, headers: Mapping[str, str], body: bytes, length: int | None = None) -> None:
            self.send_response_only(status)
            self.send_header("Date", format_datetime(wire.now, usegmt=True))
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self._headers_buffer.extend([b"\r\n", body])  # type: ignore[attr-defined]
            self.flush_headers()

        def _reset(self, *, at_once: bool = True) -> None:
            self.close_connection = True
            if at_once:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.connection.close()

    def _carried_out(asked: Asked) -> Told:
        with wire.lock:
            wire.calls.append(str(asked))
            return answer(asked)

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that has gone, or that was sent away, is no trouble of the test's."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
