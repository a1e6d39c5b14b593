"""The page on this machine that the marketplace sends the browser to, open for one authorisation."""

from __future__ import annotations

import hmac
import html
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from stockrecon.errors import AuthFault, UsageFault

LOOPBACK = ("127.0.0.1", "localhost")
_PATIENCE = 5.0
"""Seconds that one connection may take; another one waits for it."""
_RECEIVED = "The authorisation has arrived. Go back to stockrecon; this page can be closed."
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'",
}


class Callback:
    """Listens on 127.0.0.1 from its making to `close`. `port` 0 takes a free one. Raises UsageFault where it cannot.

    `path` is where the browser is sent. `state`: what must come back with it; "" where the marketplace sends none.
    """

    def __init__(self, port: int, path: str, state: str) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "no such port"
            text = f"cannot listen on 127.0.0.1:{port}: {reason}"
            raise UsageFault(text, way_on="--port 0 takes a free port; --paste needs none") from None
        self._server.path, self._server.state = path, state

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    def receive(self, shop: str, seconds: float) -> dict[str, str]:
        """What the marketplace sent along, once it did. Raises AuthFault after `seconds` without it."""
        until = time.monotonic() + seconds
        while self._server.received is None:
            self._server.timeout = until - time.monotonic()
            if self._server.timeout <= 0:
                text = f"nobody came back from the marketplace's page within {seconds:g} s"
                raise AuthFault(shop, text, way_on=f"stockrecon auth {shop} --paste takes it by hand")
            self._server.handle_request()
        return self._server.received

    def close(self) -> None:
        self._server.server_close()


class _Server(HTTPServer):
    path: str
    state: str
    received: dict[str, str] | None = None
    allow_reuse_address = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever broke off its request has nobody to be told to."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE
    server_version, sys_version = "stockrecon", ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        found = dict(parse_qsl(parts.query, keep_blank_values=True))
        if not hmac.compare_digest(parts.path.encode(), self.server.path.encode()):
            self._say(404, "There is nothing here.")
        elif self.server.state and not hmac.compare_digest(found.get("state", "").encode(), self.server.state.encode()):
            self._say(400, "This does not belong to the authorisation that stockrecon waits for.")
        elif "code" not in found and "error" not in found:
            self._say(400, "The marketplace has sent no code.")
        else:
            self.server.received = found
            self._say(200, _RECEIVED)

    def _say(self, status: int, text: str) -> None:
        body = f"<!doctype html><title>stockrecon</title><p>{html.escape(text)}</p>\n".encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: object) -> None:
        """Nothing: the address holds the code."""
