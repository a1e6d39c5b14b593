"""Bulk operations as jobs: created, running, over, their file kept for seven days (reference: Shopify 1.6)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stockrecon.sandbox.wire import Body

SHORTEST = timedelta(seconds=1)
PER_VARIANT = timedelta(milliseconds=0.5)
"""How long a job takes: 1 s was measured for 1,459 objects."""
CANCELLED_AFTER = timedelta(seconds=1)
KEPT = timedelta(days=7)
_ESCAPED = str.maketrans({"/": "\\/", "&": "\\u0026", "<": "\\u003c", ">": "\\u003e"})
"""How real files write what JSON would take as it is."""
OVER = ("COMPLETED", "CANCELED", "FAILED", "EXPIRED")


@dataclass(frozen=True, slots=True)
class JobRow:
    """One line of the file: an object, and the id of the object that holds it (none: a root object)."""

    body: Body
    parent: str = ""

    def line(self) -> bytes:
        body = {**self.body, "__parentId": self.parent} if self.parent else self.body
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return text.translate(_ESCAPED).encode(errors="replace") + b"\n"


class JobFailed(Exception):
    """The job cannot go on; the code is one of Shopify's `BulkOperationErrorCode`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Job:
    """A bulk query. `collect` yields the rows of the first and of the second half of its root objects: they are read
    at the beginning and at the end, because a real job reads its objects one after the other while the shop goes on.
    """

    number: int
    query: str
    grouped: bool
    created_at: datetime
    takes: timedelta
    collect: Callable[[int], Sequence[JobRow]] = field(repr=False)
    status: str = "CREATED"
    error: str | None = None
    completed_at: datetime | None = None
    rows: list[JobRow] = field(default_factory=list, repr=False)
    file: bytes = field(default=b"", repr=False)
    _cancelled_at: datetime | None = None

    def __post_init__(self) -> None:
        self._collect(0)

    @property
    def gid(self) -> str:
        return f"gid://shopify/BulkOperation/{self.number}"

    @property
    def over(self) -> bool:
        return self.status in OVER

    def _collect(self, half: int) -> None:
        try:
            self.rows += self.collect(half)
        except JobFailed as failed:
            self.error = failed.code

    def moments(self) -> tuple[datetime, ...]:
        """When something happens to it, if nobody cancels it."""
        ends = self.created_at + self.takes
        return self.created_at + self.takes / 4, ends, ends + KEPT

    def advance(self, now: datetime) -> bool:
        """Let the time pass; whether the job came to its end by it."""
        if self.status == "COMPLETED" and self.completed_at is not None and now >= self.completed_at + KEPT:
            self.status, self.file = "EXPIRED", b""
        if self.over:
            return False
        if self._cancelled_at is not None:
            if now >= self._cancelled_at + CANCELLED_AFTER:
                self.status = "CANCELED"
        elif now >= self.created_at + self.takes:
            self._finish()
        elif now > self.created_at:
            self.status = "RUNNING"
        return self.over

    def _finish(self) -> None:
        self.completed_at = self.created_at + self.takes
        if self.error is None:
            self._collect(1)
        # The file is there before the job is called done: whoever asks meanwhile would find it without a line.
        self.file = b"".join(row.line() for row in self._written())
        self.status = "COMPLETED" if self.error is None else "FAILED"

    def _written(self) -> list[JobRow]:
        """Children stand behind their parent where they are grouped; else anywhere behind it."""
        if self.grouped:
            return self.rows
        roots = [row for row in self.rows if not row.parent]
        children = [row for row in self.rows if row.parent]
        random.Random(self.number).shuffle(children)  # noqa: S311 (the same order in every run)
        return roots + children

    def cancel(self, now: datetime) -> bool:
        """Begin to cancel; whether there was anything left to be cancelled."""
        if self.over:
            return False
        self.status, self._cancelled_at = "CANCELING", self._cancelled_at or now
        return True

    def fail(self, code: str) -> None:
        """It will end as FAILED, with what it has by now as its partial data."""
        self.error = code
