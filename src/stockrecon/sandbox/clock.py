"""The sandbox's one clock: set once, then it runs on; everything that depends on time asks it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1999, 2100


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
        """Set the time; it runs on from there. Going back is allowed and undoes nothing.

        Raises ValueError for a time without offset, or outside the years in which the vendors' numbers make sense.
        """
        if now.tzinfo is None:
            raise ValueError("the clock needs a time with an offset")
        if not FIRST_YEAR < now.year < LAST_YEAR:
            raise ValueError(f"the clock runs from {FIRST_YEAR + 1} to {LAST_YEAR - 1}, not in {now.year}")
        self._base = now.astimezone(UTC)
        self._mark = self._ticks()

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)
