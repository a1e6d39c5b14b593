"""Time in which nobody waits."""

from __future__ import annotations

import threading
import time


class Skipping:
    """Seconds that run on by themselves, and at once where somebody sleeps."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.skipped += seconds
