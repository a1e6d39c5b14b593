"""What goes wrong, decided by the same seed: in every call of a shop or the ledger, in reading, and in our own process.

A process that is killed raises `Killed` where it stood. It is no Exception, so nothing but a `finally` sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Killed(BaseException):
    """Our own process dies here."""


class Fate(StrEnum):
    """What becomes of one request that writes."""

    FINE = "fine"
    LOST_BEFORE = "lost before it took effect"
    LOST_AFTER = "took effect, the answer was lost"
    BROKE_BEFORE = "HTTP 502 without effect"
    BROKE_AFTER = "HTTP 502 after the effect"
    LATE = "no answer, takes effect later"
    SLOW = "answered success, takes effect later"
    LIED = "answered success, does nothing"
    HALF = "only a part took effect, and the rest was not answered"
    THROTTLED = "throttled before it was carried out"


_AMONG = (
    Fate.LOST_BEFORE,
    Fate.LOST_AFTER,
    Fate.BROKE_BEFORE,
    Fate.BROKE_AFTER,
    Fate.LATE,
    Fate.SLOW,
    Fate.LIED,
    Fate.HALF,
    Fate.THROTTLED,
)


class Poison(StrEnum):
    """What is wrong with a whole reading, which a run takes for a good one unless a guard sees it."""

    NONE = "none"
    UNREAD = "cannot be read"
    SHORT = "not read to its end, and says so"
    TRUNCATED = "a part is missing, and nothing says so"
    EMPTY = "empty"
    OLD = "of the day before yesterday"
    FUTURE = "from the future"
    ZEROS = "all zero"
    THOUSANDS = "in units of a thousand"


@dataclass(slots=True)
class Faults:
    """`rate`: the share of requests that go wrong; `poison`: of whole readings; `kills`: of processes killed; `disk`:
    of the journal's transactions that the disk refuses. `on` False: a quiet time, in which everything goes well."""

    rng: Random
    rate: float
    poison: float
    kills: float
    disk: float
    on: bool = True
    step: int = 0
    kill_at: int | None = None
    writing_at: int | None = None
    stop_after: int | None = None
    disk_failed: bool = False

    def begin(self) -> None:
        """A new process: it may be killed at some step, or some steps after it kept its first intent; or be asked to
        stop before its first request, or its second."""
        self.step, self.kill_at, self.writing_at, self.stop_after, self.disk_failed = 0, None, None, None, False
        if self.on and self.rng.random() < 0.05:
            self.stop_after = self.rng.randint(0, 3)
        if self.on and self.rng.random() < self.kills:
            if self.rng.random() < 0.3:
                self.kill_at = self.rng.randint(1, 60)
            else:
                self.writing_at = self.rng.randint(0, 30)

    def writes(self) -> None:
        """The first intent is about to be kept."""
        if self.writing_at is not None:
            self.kill_at, self.writing_at = self.step + self.writing_at, None

    def tick(self, what: str) -> None:
        """A boundary between our process and everything else: here it may be killed."""
        self.step += 1
        if self.kill_at is not None and self.step >= self.kill_at:
            self.kill_at = None
            raise Killed(what)

    def stop(self) -> str | None:
        """Why no new write may begin: somebody asked the process to end."""
        if self.stop_after is None:
            return None
        self.stop_after -= 1
        return "SIGTERM" if self.stop_after < 0 else None

    def starts_again(self) -> bool:
        """Whether a process that died is started again at once, and not by the next cron."""
        return self.rng.random() < 0.5

    def disk_fails(self) -> bool:
        failed = self.on and self.rng.random() < self.disk
        self.disk_failed |= failed
        return failed

    def approves(self) -> bool:
        """Whether somebody reads the plan and approves of it before it is carried out."""
        return not self.on or self.rng.random() < 0.1

    def read_fails(self) -> bool:
        return self.on and self.rng.random() < self.rate / 3

    def of_write(self) -> Fate:
        if not self.on or self.rng.random() >= self.rate:
            return Fate.FINE
        return self.rng.choice(_AMONG)

    def delay(self) -> float:
        """Seconds until a late effect: mostly soon, sometimes after everybody has given up."""
        most = self.rng.choice((2.0, 12.0, 12.0, 50.0, 50.0, 100.0))
        return self.rng.uniform(most / 4, most)

    def rejects(self) -> bool:
        return self.on and self.rng.random() < self.rate / 5

    def of_reading(self) -> Poison:
        if not self.on or self.rng.random() >= self.poison:
            return Poison.NONE
        return self.rng.choice(tuple(Poison)[1:])
