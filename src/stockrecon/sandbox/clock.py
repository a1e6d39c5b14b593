"""The sandbox's one clock: set once, then it runs on; everything that depends on time asks it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """Wall time of the sandbox, in UTC. `ticks` counts seconds and never goes back (a test may give its own)."""

    def __init__(self, now: datetime | None = None, ticks: Callable[[], float] = time.monotonic) -> None:
        self._ticks = ticks
        self._base = datetime.now(UTC)
        self._mark = ticks()
        if now is not None:
            self.set(now)

    def now(self) -> datetime:
        return self._base + timedelta(seconds=self._ticks() - self._mark)

    def set(self, now: datetime) -> None:
        """Set the time; it runs on from there. Going back is allowed and undoes nothing. ValueError without offset."""
        if now.tzinfo is None:
            raise ValueError("the clock needs a time with an offset")
        self._base = now.astimezone(UTC)
        self._mark = self._ticks()

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)
