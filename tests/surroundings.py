"""What a channel is given by the tests that answer it from memory: a clock that stands still, and a token store."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


class FakeTime:
    """Stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Store:
    """A token store that remembers what was done in which order."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self.tokens = tokens
        self.log: list[str] = []
        self._lock = threading.Lock()

    def load(self, shop: ShopName) -> Tokens | None:
        return self.tokens

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        self.log.append(f"save {tokens.access}")
        self.tokens = tokens

    @contextlib.contextmanager
    def locked(self, shop: ShopName) -> Iterator[None]:
        with self._lock:
            self.log.append("locked")
            yield
            self.log.append("unlocked")
