"""Reading a shop's orders by their last update, with proof of the end (reference: Lazada 6.1 and 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stockrecon.channels.lazada.calls import ORDERS_PER_ITEMS_CALL, ORDERS_PER_PAGE, LazadaCalls, Page
from stockrecon.channels.lazada.fields import written
from stockrecon.channels.lazada.orders import OrderHead
from stockrecon.channels.lazada.verdicts import Refused
from stockrecon.rest import gather

MAX_OFFSET = 5_000
_OVERLAP = timedelta(seconds=1)
_STALLS = 3
_BAD_LIST = frozenset({"37", "e037", "39", "e039"})


@dataclass(slots=True)
class OrderSweep:
    """Finds the orders and fetches their units. `faults`: what is not proven to be whole."""

    calls: LazadaCalls
    progress: Callable[[int, int | None], None]
    heads: dict[str, OrderHead] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def find(self, since: datetime, status: str = "") -> None:
        """All orders updated since then, into `heads`; of one status where that is given. Raises ReadFault.

        What one walk does not prove is walked once more, then it is a fault.
        """
        doubt = self._walk(since, status) and self._walk(since, status)
        if doubt:
            self.faults.append(f"{status or 'all'} orders: {doubt}, also at the second reading")

    def _walk(self, since: datetime, status: str) -> str:
        """Why this walk does not prove that it saw all; "" where it does.

        The start moves on with the newest update that was read. An order that is updated meanwhile moves to the end of
        the list: behind a fixed start every later page would slip by one, and hide one. Pages that are not in the
        order that was asked for are walked by offset instead.
        """
        after, offset, stalls = since - _OVERLAP, 0, 0
        found: set[str] = set()
        whole: int | None = None
        while True:
            page = self._page(after, offset, status)
            fresh, newest = self._take(page, found)
            if page.total is None:
                return "Lazada tells no total"
            whole = page.total if whole is None else whole
            if offset + len(page.rows) > page.total:
                return f"Lazada counts {page.total} orders, its pages hold more"
            if offset + len(page.rows) == page.total:
                break
            stalls = 0 if fresh else stalls + 1
            if not page.rows or stalls >= _STALLS:
                return f"Lazada counts {page.total} orders, but its pages bring no more"
            if newest is not None and newest - _OVERLAP > after:
                after, offset = newest - _OVERLAP, 0
            else:
                offset += len(page.rows)
            if offset > MAX_OFFSET:
                return f"more than {MAX_OFFSET} orders in one second, more than paging reaches"
        # An order may leave a list of one status while it is walked, but never the list of all.
        if not status and len(found) < whole:
            return f"Lazada counted {whole} orders, its pages held {len(found)}"
        return ""

    def units(self) -> Iterator[tuple[OrderHead, list[Mapping[str, object]]]]:
        """Each order with its units; what an answer leaves out is asked for once more. Raises ReadFault."""
        told = self._fetch(list(self.heads))
        told |= self._fetch([order_id for order_id in self.heads if order_id not in told])
        for order_id, head in self.heads.items():
            rows = told.get(order_id)
            if rows is None:
                self.faults.append(f"order {order_id}: Lazada does not tell its units")
            else:
                yield head, rows

    def _fetch(self, ids: list[str]) -> dict[str, list[Mapping[str, object]]]:
        batches = [ids[i : i + ORDERS_PER_ITEMS_CALL] for i in range(0, len(ids), ORDERS_PER_ITEMS_CALL)]
        workers = max(1, min(16, round(self.calls.rate * 2)))
        told: dict[str, list[Mapping[str, object]]] = {}
        for answer in gather((self._job(batch) for batch in batches), workers):
            told |= answer
        return told

    def _job(self, batch: list[str]) -> Callable[[], dict[str, list[Mapping[str, object]]]]:
        return lambda: self._items(batch)

    def _items(self, batch: list[str]) -> dict[str, list[Mapping[str, object]]]:
        """One order that Lazada does not know fails the whole call: the list is halved until it is found."""
        try:
            return self.calls.order_items(batch)
        except Refused as refused:
            if refused.code.lower() not in _BAD_LIST:
                raise
            if len(batch) == 1:
                return {}
        middle = len(batch) // 2
        return self._items(batch[:middle]) | self._items(batch[middle:])

    def _page(self, after: datetime, offset: int, status: str) -> Page:
        parameters = {"update_after": written(after), "offset": str(offset)}
        if status:
            parameters["status"] = status
        page = self.calls.orders(**parameters)
        self.progress(len(self.heads) + len(page.rows), page.total)
        return page

    def _take(self, page: Page, found: set[str]) -> tuple[int, datetime | None]:
        """How many of the page's orders are new, and its newest update; None where the page is not in order."""
        fresh = 0
        updates: list[datetime] = []
        for row in page.rows:
            head = OrderHead.of(row)
            if head is None:
                self.faults.append("an order without an id")
                continue
            if head.order_id not in found:
                found.add(head.order_id)
                fresh += 1
            self.heads[head.order_id] = head
            if head.updated_at is not None:
                updates.append(head.updated_at)
        ordered = len(updates) == len(page.rows) and updates == sorted(updates)
        # A page that holds more than was asked for is one of a vendor that ignores the paging parameters.
        return fresh, updates[-1] if updates and ordered and len(page.rows) <= ORDERS_PER_PAGE else None
