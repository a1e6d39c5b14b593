"""Lists of several pages, and what may become of a page in the middle."""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from stockrecon.core.model import ListingState
from stockrecon.sandbox.records import Told
from stockrecon.sandbox.wire import Answer, Call
from tests.channel_contract.bench import LONG_AGO, NOON, Bench, Read

LOSSES = {
    "ended": "no rows, and the mark of the end",
    "empty": "no rows, but its mark that a page follows, if it had one",
    "short": "the second half of its rows is missing",
    "repeated": "the rows of the page before in the place of its own",
    "truncated": "the connection ends in the middle of it",
}


@dataclass
class Paged:
    """One of a shop's lists, filled so that it has three pages. `wanted`: the ids of all that is in it."""

    bench: Bench
    what: str
    wanted: set[str] = field(init=False)

    def __post_init__(self) -> None:
        with self.bench.market.sandbox.lock:
            self.wanted = self._listings() if self.what == "listings" else self._orders()

    @property
    def path(self) -> str:
        profile = self.bench.profile
        return profile.pages if self.what == "listings" else profile.orders

    @property
    def total(self) -> str:
        """The call that tells how many there are; "" where none does."""
        profile = self.bench.profile
        if self.what == "listings":
            return profile.totals or profile.pages
        return profile.orders if profile.counts_orders else ""

    @property
    def rows(self) -> str:
        return self.bench.profile.rows[self.what == "orders"]

    def _listings(self) -> set[str]:
        for count in range(self.bench.profile.page * 2 + 5):
            self.bench.put_up(f"MANY-{count}", 1000 + count, count % 7)
        return {listing.item_id for listing in self.bench.shop.all_listings()}

    def _orders(self) -> set[str]:
        """One a minute, so that each has its place; the newest was placed a minute ago."""
        number = self.bench.profile.order_page * 2 + 5
        ids = self.bench.profile.numbered(1000)
        self.bench.shop.put_up(
            Told(*ids, "SOLD", "SOLD", LONG_AGO, number + 10, 0, 0, 0, 0, ListingState.OK, "", False)
        )
        times = [NOON - timedelta(minutes=number - count) for count in range(number)]
        return {self.bench.shop.place(time, [(*ids, 1)], paid=True).order_id for time in times}

    def found(self, read: Read) -> set[str]:
        return {row["item_id" if self.what == "listings" else "order_id"] for row in read.rows(self.what)}

    def lose(self, loss: str) -> list[Call]:
        """Loses the second page, once. The calls of the list, as they come."""
        before: list[Any] = []

        def spoiled(number: int, call: Call, given: Answer) -> Answer | None:
            rows = _rows(given.body, self.rows)
            if number == 1:
                before[:] = copy.deepcopy(rows)
                if loss == "truncated":
                    self.bench.fault("truncate", path=self.path)
            if number != 2 or loss == "truncated":
                return None
            if loss == "ended":
                return self.bench.answered(call, self.bench.profile.shop("empty"))
            left = {"empty": [], "short": rows[: len(rows) // 2], "repeated": before}[loss]
            body = copy.deepcopy(given.body)
            _rows(body, self.rows)[:] = left
            return replace(given, body=body)

        return self.bench.spoil(self.path, spoiled)


def _rows(body: Any, name: str) -> list[Any]:
    """The list of this name that stands highest in an answer; the answer itself where it has no name."""
    if not name:
        assert isinstance(body, list)
        return body
    waiting = deque([body])
    while waiting:
        one = waiting.popleft()
        if isinstance(one, dict):
            if isinstance(found := one.get(name), list):
                return found
            waiting.extend(one.values())
    raise AssertionError(f"no list {name} in the answer")
