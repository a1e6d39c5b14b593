"""The web server of the listener: bounded bodies, quick answers without a word, an end in order."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from stockrecon.channels.push import Arrived, Hears
from stockrecon.listen.counts import Counts
from stockrecon.listen.keeping import Keeper, Overrun
from stockrecon.listen.receiving import Fate, Judged, Receiver

PREFIX = "/push/"
MAX_BODY = 1024 * 1024
"""An order of a shop system with hundreds of lines is a few hundred kilobytes."""
_BODY_WITHIN = 10.0
"""Seconds that a sender may take for its body."""
_OF_ITS_LIMIT = 0.7
"""The part of the vendor's time limit that keeping may take: the way back takes time, too."""
SLOW = "slow"
"""Not on disk in time. It is kept all the same; a vendor that delivers again is told to."""
REFUSED = "refused"
"""Not taken. A vendor that never delivers again is not told so: it would only come to take the address for dead."""

_HTTP_OK, _FORGED, _TOO_LATE, _TOO_LARGE, _BUSY = 200, 401, 408, 413, 503


@dataclass(frozen=True, slots=True)
class Web:
    """The application. `log` gets one line for each message, with what became of it."""

    receiver: Receiver
    keeper: Keeper
    counts: Counts
    clock: Callable[[], datetime]
    log: Callable[[str, str, Judged], None] = lambda channel, fate, judged: None

    def application(self) -> ASGIApp:
        routes = [
            Route("/health", self._health, methods=["GET"]),
            Route(PREFIX + "{channel}", self._push, methods=["POST"]),
        ]
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        return app

    async def _health(self, request: Request) -> Response:
        return Response(status_code=_HTTP_OK if self.keeper.well else _BUSY)

    async def _push(self, request: Request) -> Response:
        began = asyncio.get_running_loop().time()
        channel = request.path_params["channel"]
        hears = self.receiver.channels.get(channel)
        if hears is None:
            return Response(status_code=404)
        try:
            body = await asyncio.wait_for(_body(request), _BODY_WITHIN)
        except TimeoutError:
            return self._answer(channel, REFUSED, _TOO_LATE, Judged(Fate.UNREADABLE, text="its body did not come"))
        if body is None:
            text = f"its body is larger than {MAX_BODY:,} bytes"
            return self._answer(channel, REFUSED, _TOO_LARGE, Judged(Fate.UNREADABLE, text=text))
        judged = self.receiver.judge(channel, Arrived(body, dict(request.headers), dict(request.query_params)))
        if judged.fate is Fate.FORGED:
            return self._answer(channel, judged.fate, _FORGED, judged)
        if not judged.told:
            return self._answer(channel, judged.fate, _HTTP_OK, judged)
        left = hears.within * _OF_ITS_LIMIT - (asyncio.get_running_loop().time() - began)
        return await self._kept(channel, hears, judged, left)

    async def _kept(self, channel: str, hears: Hears, judged: Judged, seconds: float) -> Response:
        try:
            done = asyncio.wrap_future(self.keeper.put(judged.told))
            await asyncio.wait_for(asyncio.shield(done), max(0.0, seconds))
        except Overrun:
            return self._answer(channel, REFUSED, _BUSY if hears.again else _HTTP_OK, judged)
        except TimeoutError:
            return self._answer(channel, SLOW, _BUSY if hears.again else _HTTP_OK, judged)
        return self._answer(channel, judged.fate, _HTTP_OK, judged)

    def _answer(self, channel: str, fate: str, status: int, judged: Judged) -> Response:
        """Empty, for everybody: Shopee takes a body for a failure (reference: Shopee 6.1)."""
        self.counts.add(channel, fate, self.clock(), judged.told)
        self.log(channel, fate, judged)
        return Response(status_code=status)


async def _body(request: Request) -> bytes | None:
    """The body; None where it is too large, as soon as that is known."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:12]) > MAX_BODY:
        return None
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


class Server(uvicorn.Server):
    """To be run outside the main thread, where it leaves signals alone; `should_exit` ends it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=500,
                timeout_graceful_shutdown=5,
            )
        )
        self.ready = threading.Event()
        self.alive = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def serve_on(self, listening: socket.socket) -> None:
        """Serves until `should_exit` is set; closes the socket. `alive` is False from its end on."""
        try:
            with listening:
                self.run([listening])
        finally:
            self.alive = False
