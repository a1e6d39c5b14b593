"""One request over the network: total deadline, byte cap, no redirect followed, nothing of the environment trusted."""

from __future__ import annotations

import logging
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpcore
import httpx

from stockrecon.errors import UsageFault
from stockrecon.rest.message import Answer, Request

# At INFO and DEBUG they print whole URLs, and with them tokens and signatures.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
    logging.getLogger(_name).propagate = False

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes of one request. `total` is wall clock from connecting to the last byte of the body."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0
    max_bytes: int = 32 * 1024 * 1024
    connections: int = 16


DEFAULT_LIMITS = Limits()


class WireFault(Exception):
    """No whole answer came. `sent` False: nothing left this machine, so nothing can have taken effect."""

    def __init__(self, text: str, *, sent: bool) -> None:
        super().__init__(text)
        self.text = text
        self.sent = sent


class Transport(Protocol):
    """Sends one request and gives the whole answer, or raises WireFault. Used by several threads at once."""

    def send(self, request: Request) -> Answer: ...

    def close(self) -> None: ...


class HttpTransport:
    """The real one. Plain http is accepted for loopback only; certificates are always verified."""

    def __init__(self, base_url: str, limits: Limits = DEFAULT_LIMITS, *, user_agent: str = "stockrecon") -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise UsageFault("base_url must be http(s)://HOST[:PORT][/PREFIX]")
        if parts.username or parts.password:
            raise UsageFault("base_url may not hold a user or password")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise UsageFault(
                f"base_url: plain http to {parts.hostname} is refused", way_on="use https; http is for loopback only"
            )
        self.host = parts.hostname
        self._base = base_url.rstrip("/")
        self._limits = limits
        self._agent = user_agent
        self._deadline = _Deadline(time.monotonic)
        self._pool = _DeadlinePool(limits, self._deadline)

    def send(self, request: Request) -> Answer:
        self._deadline.start(self._limits.total)
        try:
            outgoing = self._outgoing(request)
        except (httpx.InvalidURL, UnicodeEncodeError):
            words = f"the request to {self.host} cannot be sent over HTTP: a key, a token or its address holds "
            raise WireFault(words + "letters that may not stand there, or is too long", sent=False) from None
        return self._exchange(outgoing)

    def _outgoing(self, request: Request) -> httpx.Request:
        """Raises InvalidURL or UnicodeEncodeError."""
        headers = [
            ("user-agent", self._agent),
            ("accept", "application/json"),
            ("accept-encoding", "gzip, deflate"),
            *request.headers,
        ]
        if request.content_type and not any(name.lower() == "content-type" for name, _ in request.headers):
            headers.append(("content-type", request.content_type))
        return httpx.Request(
            request.method,
            self._base + request.target,
            headers=headers,
            content=request.body,
            extensions={"timeout": self._timeouts()},
        )

    def _timeouts(self) -> dict[str, float]:
        limits = self._limits
        return {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.total}

    def _exchange(self, outgoing: httpx.Request) -> Answer:
        try:
            response = self._pool.handle_request(outgoing)
            try:
                body = self._body(response)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise WireFault(self._why(error), sent=False) from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise WireFault(self._why(error), sent=True) from None
        except OSError as error:
            raise WireFault(f"network error ({error.strerror or type(error).__name__})", sent=True) from None
        return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)

    def _body(self, response: httpx.Response) -> bytes:
        inflate = _inflater(response.headers.get("content-encoding", ""))
        whole = bytearray()
        for chunk in response.iter_raw():
            self._deadline.check()
            whole += inflate(chunk, self._limits.max_bytes + 1 - len(whole))
            if len(whole) > self._limits.max_bytes:
                raise WireFault(f"the answer is larger than the limit of {self._limits.max_bytes} bytes", sent=True)
        return bytes(whole)

    def _why(self, error: Exception) -> str:
        """Own words only: the library's texts may hold the URL."""
        if isinstance(error, httpx.TimeoutException):
            spent = "connecting" if isinstance(error, httpx.ConnectTimeout) else "waiting for the whole answer"
            limit = self._limits.connect if isinstance(error, httpx.ConnectTimeout) else self._limits.total
            if isinstance(error, httpx.ReadTimeout) and not self._deadline.over:
                limit = self._limits.read
            return f"{self.host} took longer than {limit:g} s ({spent})"
        text = str(error).lower()
        if isinstance(error, httpx.ConnectError):
            if "certificate" in text or "ssl" in text or "tls" in text:
                return f"no safe connection to {self.host} (TLS: the certificate could not be verified)"
            if "refused" in text:
                return f"{self.host} refused the connection"
            if "name" in text or "address" in text or "getaddrinfo" in text:
                return f"the name {self.host} could not be resolved"
            return f"no connection to {self.host}"
        if isinstance(error, httpx.RemoteProtocolError):
            return f"{self.host} broke off its answer"
        return f"the connection to {self.host} broke ({type(error).__name__})"

    def close(self) -> None:
        self._pool.close()


def _inflater(encoding: str) -> Callable[[bytes, int], bytes]:
    """Decodes gzip or deflate with a cap, so that a small body cannot become a large one in memory."""
    if encoding.strip().lower() in ("", "identity"):
        return lambda chunk, most: chunk[:most]
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise WireFault("the answer is encoded in a way that was not asked for", sent=True)
    # 47: gzip or zlib, told apart by their headers.
    machine = zlib.decompressobj(47)

    def inflate(chunk: bytes, most: int) -> bytes:
        try:
            return machine.decompress(chunk, most)
        except zlib.error:
            raise WireFault("the answer's compression is damaged", sent=True) from None

    return inflate


class _Deadline:
    """The instant at which this thread's request has to be over."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._own = threading.local()

    def start(self, seconds: float) -> None:
        self._own.ends = self._monotonic() + seconds

    @property
    def left(self) -> float:
        return float(getattr(self._own, "ends", float("inf")) - self._monotonic())

    @property
    def over(self) -> bool:
        return self.left <= 0

    def check(self) -> None:
        if self.over:
            raise httpx.ReadTimeout("deadline")

    def clip(self, timeout: float | None, error: type[Exception]) -> float:
        left = self.left
        if left <= 0:
            raise error("deadline")
        return left if timeout is None else min(timeout, left)


@cache
def trusted() -> ssl.SSLContext:
    """What TLS is verified by, one for the whole process: reading the authorities in takes 15 ms each time."""
    return httpx.create_ssl_context(verify=True, trust_env=False)


class _DeadlinePool(httpx.HTTPTransport):
    """httpx's transport whose every socket operation also ends at the deadline.

    httpx's own time-outs count from the last byte, so a server that drips bytes holds a request for ever.
    """

    def __init__(self, limits: Limits, deadline: _Deadline) -> None:
        context = trusted()
        super().__init__(verify=context, trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=limits.connections,
            max_keepalive_connections=limits.connections,
            keepalive_expiry=15.0,
            http1=True,
            http2=False,
            network_backend=_DeadlineBackend(deadline),
        )


class _DeadlineBackend(httpcore.NetworkBackend):
    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        clipped = self._deadline.clip(timeout, httpcore.ConnectTimeout)
        stream = self._inner.connect_tcp(host, port, clipped, local_address, socket_options)
        return _DeadlineStream(stream, self._deadline)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.clip(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.clip(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        clipped = self._deadline.clip(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, clipped), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()
