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
class OrderSweep:
    """Finds the orders, each as it was last seen. `faults`: what is not proven to be whole."""

    api: TikTokApi
    reader: OrderReader
    progress: Callable[[int, int | None], None]
    faults: list[str] = field(default_factory=list)
    _found: dict[str, Sent] = field(default_factory=dict)

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
        nothing newer than its start is it followed by its token.
        """
        after, token, held, stalls = since, "", 0, 0
        seen: set[str] = set()
        while True:
            page = self.api.orders(after, token)
            fresh, newest = self._take(page, seen)
            held += len(page.rows)
            self.progress(len(self._found), None)
            if page.total is None:
                return "no total is told"
            if held >= page.total or not page.token:
                told = f"TikTok Shop counts {page.total} orders since {after} (Unix time), its pages hold {held}"
                return "" if held == page.total else told
            stalls = 0 if fresh else stalls + 1
            if not page.rows or stalls >= _STALLS:
                return f"TikTok Shop counts {page.total} orders, but its pages bring no more"
            if newest is not None and newest > after:
                after, token, held = newest, "", 0
            elif page.token == token:
                return "its pages do not come to an end"
            else:
                token = page.token

    def _take(self, page: Page, seen: set[str]) -> tuple[int, int | None]:
        """How many of its orders this walk had not seen, and its newest change; None where it is not in order."""
        fresh = 0
        changes: list[int] = []
        for row in page.rows:
            number = identity(row.get("id"), "orders[].id")
            fresh += number not in seen
            seen.add(number)
            self._found[number] = self.reader.read(row)
            if row.get("update_time"):
                changes.append(whole(row["update_time"], f"order {number}: update_time"))
        ordered = len(changes) == len(page.rows) and changes == sorted(changes)
        return fresh, changes[-1] if changes and ordered else None
