"""How a ledger behind HTTP is called: one client, and the turns that all calls of one key take together."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypedDict, Unpack

from stockrecon.rest import Authorise, Client, Judge, RetryPolicy, Signer, Transport, shared_bucket


class Outside(TypedDict, total=False):
    """What stands for the network, the clock and the waiting: for tests."""

    transport: Transport | None
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    monotonic: Callable[[], float]
    retry: RetryPolicy


class Calls:
    """The calls to one address with one key. `rate`: a second, of which `burst` may follow one another at once."""

    def __init__(self, base_url: str, key: str, rate: float, burst: int = 1, **outside: Unpack[Outside]) -> None:
        self._base_url = base_url
        self._outside = outside
        self._monotonic = outside.get("monotonic", time.monotonic)
        self._sleep = outside.get("sleep", time.sleep)
        self._bucket = shared_bucket(base_url, key, rate, burst, monotonic=self._monotonic, sleep=self._sleep)

    def pause(self, seconds: float) -> None:
        """Holds all of them up for so long from now."""
        self._bucket.pause(seconds)

    def client(
        self,
        judge: Judge,
        secrets: Callable[[], Iterable[str]],
        *,
        signer: Signer | None = None,
        authorise: Authorise | None = None,
    ) -> Client:
        """`secrets`: what no text may hold. Raises UsageFault for an address that cannot be meant."""
        return Client(
            who="ledger",
            base_url=self._base_url,
            judge=judge,
            clock=self._outside.get("clock", _now),
            sleep=self._sleep,
            signer=signer,
            authorise=authorise,
            bucket=self._bucket,
            retry=self._outside.get("retry", RetryPolicy()),
            secrets=secrets,
            jitter=self._outside.get("jitter", random.random),
            monotonic=self._monotonic,
            transport=self._outside.get("transport"),
        )


def _now() -> datetime:
    return datetime.now(UTC)
