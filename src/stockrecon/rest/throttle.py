"""Never over the rate: one bucket per host and key, shared by everything that a shop does."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from weakref import WeakValueDictionary

from stockrecon.rest.gather import nap


class TokenBucket:
    """At most `burst` calls in any `burst / rate` seconds, so at most rate + burst in any second.

    Callers are let through one by one and at the true instant of their turn: somebody who overslept delays the next,
    and two calls never come closer than the rate says.
    """

    def __init__(
        self,
        rate: float,
        burst: int = 1,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("rate must be positive and burst at least 1")
        self.rate = rate
        self.burst = burst
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn = threading.Lock()
        self._passed: deque[float] = deque(maxlen=burst)
        self._closed_until = float("-inf")

    def take(self) -> None:
        """Waits for this caller's turn."""
        with self._turn:
            while (wait := self._opens_at() - self._monotonic()) > 0:
                nap(wait, self._sleep)
            self._passed.append(self._monotonic())

    def pause(self, seconds: float) -> None:
        """Lets nobody through for `seconds` from now: the shop said that it is too much."""
        self._closed_until = max(self._closed_until, self._monotonic() + seconds)

    def _opens_at(self) -> float:
        if len(self._passed) < self.burst:
            return self._closed_until
        return max(self._closed_until, self._passed[0] + self.burst / self.rate)


_shared: WeakValueDictionary[tuple[object, ...], TokenBucket] = WeakValueDictionary()
_shared_lock = threading.Lock()


def shared_bucket(
    host: str,
    key: str,
    rate: float,
    burst: int = 1,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> TokenBucket:
    """The bucket of a host and key (an application's public id) in this process: two shops of one key share it."""
    name = (host, key, rate, burst, monotonic, sleep)
    with _shared_lock:
        bucket = _shared.get(name)
        if bucket is None:
            bucket = _shared[name] = TokenBucket(rate, burst, monotonic=monotonic, sleep=sleep)
        return bucket
