"""A message as a signed POST: sent again a few times where that can help, and given up in bounded time."""

from __future__ import annotations

import hashlib
import hmac
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from stockrecon.config.notify import WebhookSettings
from stockrecon.errors import ReadFault, StockreconError
from stockrecon.notify.message import Message
from stockrecon.rest import Answer, Client, HttpTransport, Judge, Limits, Request, RetryPolicy, Transport, Verdict

SIGNATURE = "Stockrecon-Signature"
WHO = "webhook"
# Together below the 20 seconds that a run waits for its messages: the last try begins after 13 at the latest.
RETRY = RetryPolicy(attempts=4, base=0.5, throttle_base=1.0, cap=4.0, longest_wait=8.0, total=13.0)
LIMITS = Limits(connect=4.0, read=6.0, total=6.0, max_bytes=1024 * 1024, connections=1)


def signature(secret: str, body: bytes, at: int) -> str:
    """`t=UNIX,v1=HEX`: HMAC-SHA256 under the secret of the time, a dot, and the body."""
    mac = hmac.new(secret.encode("utf-8"), str(at).encode("ascii") + b"." + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def post(
    settings: WebhookSettings,
    message: Message,
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[], float] = random.random,
    monotonic: Callable[[], float] = time.monotonic,
) -> None:
    """Sends the message. Raises StockreconError with a text that names the host alone."""
    url = settings.url.reveal()
    parts = urlsplit(url)
    host = parts.hostname or ""
    origin = f"{parts.scheme}://{parts.netloc}"
    client = Client(
        who=WHO,
        base_url=origin,
        judge=_judge(host),
        clock=clock,
        sleep=sleep,
        signer=_Signer(settings),
        retry=RETRY,
        secrets=lambda: (url, settings.secret.reveal()),
        jitter=jitter,
        monotonic=monotonic,
        transport=_Fixed(HttpTransport(origin, LIMITS), url.removeprefix(origin) or "/"),
    )
    try:
        client.call(Request("POST", host, json=message.document()))
    except ReadFault as fault:
        raise StockreconError(fault.what.removeprefix(f"{host}: ")) from None
    finally:
        client.close()


class _Signer:
    """Signs each attempt anew, with its own time."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._secret = settings.secret

    def sign(self, request: Request, now: datetime) -> Request:
        told = signature(self._secret.reveal(), request.body or b"", int(now.timestamp()))
        return replace(request, headers=(*request.headers, (SIGNATURE, told)))


class _Fixed:
    """Puts the address's own path and query in place of the host's name, which is what faults show of a request."""

    def __init__(self, inner: Transport, target: str) -> None:
        self._inner = inner
        self._target = target

    def send(self, request: Request) -> Answer:
        return self._inner.send(replace(request, path=self._target))

    def close(self) -> None:
        self._inner.close()


def _judge(host: str) -> Judge:
    def judge(answer: Answer) -> Verdict:
        said = f"{host} answered HTTP {answer.status}"
        if 200 <= answer.status < 300:
            return Verdict.ok()
        if answer.status == 429:
            return Verdict.throttled(said)
        if answer.status >= 500 or answer.status in (408, 425):
            return Verdict.retry(said)
        return Verdict.fail(ReadFault(WHO, said))

    return judge
