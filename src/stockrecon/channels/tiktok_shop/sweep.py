"""Reading a shop's orders by their last change, with proof of the end (reference: TikTok Shop 2.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.channels.tiktok_shop.api import Page, TikTokApi
from stockrecon.channels.tiktok_shop.fields import identity, whole
from stockrecon.channels.tiktok_shop.orders import OrderReader, Sent

_STALLS = 3


@dataclass(slots=True)
class _Part:
    """The list from one start on. `due`: orders that were seen with a change of then or later: they have to be here."""

    after: int
    due: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    token: str = ""

    def end(self, total: int) -> str:
        """Why its pages may not be all; "" where they are."""
        if lost := self.due - self.held:
            return f"TikTok Shop does not show order {min(lost)} since {self.after} (Unix time) any more"
        if len(self.held) == total:
            return ""
        return f"TikTok Shop counts {total} orders since {self.after} (Unix time), its pages hold {len(self.held)}"


@dataclass(slots=True)
class OrderSweep:
    """Finds the orders, each as it was last seen. `faults`: what is not proven to be whole."""

    api: TikTokApi
    reader: OrderReader
    progress: Callable[[int, int | None], None]
    faults: list[str] = field(default_factory=list)
    _found: dict[str, Sent] = field(default_factory=dict)
    _changes: dict[str, int] = field(default_factory=dict)
    """When each changed, as it was last seen. A change is followed by later ones alone."""

    @property
    def found(self) -> Mapping[str, Sent]:
        return self._found

    def find(self, since: datetime) -> None:
        """All orders that changed since then. What one walk does not prove is walked once more, then it is a fault.

        Raises ReadFault, Malformed.
        """
        doubt = self._walk(int(since.timestamp())) and self._walk(int(since.timestamp()))
        if doubt:
            self.faults.append(f"orders: {doubt}, also at the second reading")

    def _walk(self, since: int) -> str:
        """Why this walk does not prove that it saw all; "" where it does.

        The start moves on with the newest change that was read. An order that changes meanwhile moves to the end of
        the list: behind a fixed start every later page would slip by one, and hide one. Only where a page holds
        nothing newer than its start is it followed by its token. What was seen with a change of the start or later has
        to be there: a page that came empty, or again in the place of the next one, is no end.
        """
        due = {number for number, changed in self._changes.items() if changed >= since}
        part, stalls, seen = _Part(since), 0, set[str]()
        while True:
            page = self.api.orders(part.after, part.token)
            rows = self._take(page)
            known = len(seen)
            seen.update(rows)
            part.held.update(rows)
            if page.total is None:
                return "no total is told"
            if early := [number for number in rows if self._changes.get(number, part.after) < part.after]:
                return f"TikTok Shop shows order {min(early)} of before {part.after} (Unix time)"
            if len(part.held) >= page.total or not page.token:
                return part.end(page.total) or _Part(since, due, seen).end(len(seen))
            stalls = 0 if len(seen) > known else stalls + 1
            if not page.rows or stalls >= _STALLS:
                return f"TikTok Shop counts {page.total} orders, but its pages bring no more"
            newest = self._newest(rows)
            if newest is not None and newest > part.after:
                part = _Part(newest, {number for number in rows if self._changes[number] == newest})
            elif page.token == part.token:
                return "its pages do not come to an end"
            else:
                part.token = page.token

    def _take(self, page: Page) -> list[str]:
        """Its orders, which are kept as they are now."""
        numbers: list[str] = []
        for row in page.rows:
            number = identity(row.get("id"), "orders[].id")
            numbers.append(number)
            self._found[number] = self.reader.read(row)
            self._changes.pop(number, None)
            if row.get("update_time"):
                self._changes[number] = whole(row["update_time"], f"order {number}: update_time")
        self.progress(len(self._found), None)
        return numbers

    def _newest(self, rows: list[str]) -> int | None:
        """The newest change of a page; None where it is not in order."""
        changes = [self._changes[number] for number in rows if number in self._changes]
        return changes[-1] if changes and len(changes) == len(rows) and changes == sorted(changes) else None
