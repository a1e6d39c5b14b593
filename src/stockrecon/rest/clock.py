"""The other side's clock, as far as `Date` headers tell it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

_SECOND = timedelta(seconds=1)


class Skew:
    """Narrows down how far the other side's clock is ahead of ours (negative: behind).

    A `Date` is cut off to the second and was written between sending and receiving: each answer bounds the skew from
    both sides, and several together tell it more closely than any one. Bounds that contradict one another mean that
    one of the clocks was set; the newer ones count.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._low: timedelta | None = None
        self._high: timedelta | None = None

    def observe(self, date: datetime, sent: datetime, received: datetime) -> None:
        low, high = date - received, date + _SECOND - sent
        with self._lock:
            if self._low is None or self._high is None or low > self._high or high < self._low:
                self._low, self._high = low, high
            else:
                self._low, self._high = max(self._low, low), min(self._high, high)

    @property
    def value(self) -> timedelta | None:
        """None before the first answer; zero where the bounds allow it."""
        with self._lock:
            if self._low is None or self._high is None:
                return None
            if self._low <= timedelta(0) <= self._high:
                return timedelta(0)
            return (self._low + self._high) / 2


def describe(skew: timedelta) -> str:
    """`2 h 1 min behind the shop's` for this machine's clock."""
    seconds = abs(round(skew.total_seconds()))
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (left, "s")) if n]
    if not parts:
        return "in step with the shop's"
    return f"{' '.join(parts[:2])} {'behind' if skew > timedelta(0) else 'ahead of'} the shop's"
