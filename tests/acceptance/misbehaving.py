"""A loopback HTTP server that answers as marketplaces should not, at once and as often as it is asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """`length`: what Content-Length says, if not the truth. `endless`: the body is sent over and over, chunked."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    endless: bool = False
    hang: bool = False


def document(value: object, status: int = 200, **headers: str) -> Reply:
    """A JSON answer; `_` in a header's name is `-`."""
    told = {"Content-Type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(json.dumps(value).encode(), status, told)


@dataclass
class Server:
    """`paths`: what was asked, in order."""

    base_url: str
    paths: list[str]
    release: threading.Event

    def count(self, start: str) -> int:
        """How many calls had a path with this start."""
        return sum(path.startswith(start) for path in self.paths)

    def wait_for(self, end: str) -> None:
        """Until a path with this end was asked for."""
        limit = time.monotonic() + 20
        while not any(path.endswith(end) for path in self.paths):
            assert time.monotonic() < limit, self.paths
            time.sleep(0.01)


@contextmanager
def serving(answer: Callable[[str], Reply]) -> Iterator[Server]:
    """Serves `answer(path without query)` until the block ends."""
    server = Server("", [], threading.Event())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.paths.append(path)
            reply = answer(path)
            try:
                self._send(reply)
            except OSError:
                self.close_connection = True

        do_POST = do_GET

        def _send(self, reply: Reply) -> None:
            if reply.hang:
                server.release.wait(30)
                self.close_connection = True
                return
            self.send_response_only(reply.status)
            if "Date" not in reply.headers:
                self.send_header("Date", self.date_time_string())
            for name, text in reply.headers.items():
                self.send_header(name, text)
            if reply.endless:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                chunk = b"%x\r\n%s\r\n" % (len(reply.body), reply.body)
                while True:
                    self.wfile.write(chunk)
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = reply.length is not None

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test's output is no place for it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.base_url = f"http://127.0.0.1:{http.server_address[1]}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.release.set()
            http.shutdown()
            thread.join()
