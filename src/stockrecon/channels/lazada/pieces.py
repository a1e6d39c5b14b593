"""Pages of products, each in as many requests as Lazada needs: items with many SKUs make a page time out (3.1)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stockrecon.channels.lazada.calls import PRODUCTS_PER_PAGE, LazadaCalls, Page
from stockrecon.channels.lazada.verdicts import TimedOut

MAX_OFFSET = 10_000
_GOOD = 10
"""So many answers in a row at a limit, and twice as much is asked for again: heavy items stand in a few places."""


@dataclass(slots=True)
class Pieces:
    """`limit`: how many items are asked for at once now. Threads share it.

    A page keeps its offset and its end, whatever its pieces: they follow one another without a gap. What times out with
    a single item is repeated as any call is.
    """

    calls: LazadaCalls
    limit: int = PRODUCTS_PER_PAGE
    _good: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def reach(self) -> int:
        """As many items as paging by offset reaches."""
        return MAX_OFFSET + self.limit

    def of(self, offset: int, parameters: Mapping[str, str]) -> Iterator[Page]:
        """The rows from `offset` on, as many as a page holds. Raises ReadFault.

        Pieces behind the last offset that Lazada takes cannot be asked for: then the rows fall short of the total.
        """
        at, end = offset, offset + PRODUCTS_PER_PAGE
        while at < end and at <= MAX_OFFSET:
            limit = min(self.limit, end - at)
            try:
                page = self._piece(at, limit, parameters)
            except TimedOut:
                self._lower(limit)
                continue
            self._well()
            yield page
            if len(page.rows) < limit:
                return
            at += limit

    def _piece(self, at: int, limit: int, parameters: Mapping[str, str]) -> Page:
        ask = self.calls.much if limit > 1 else self.calls.products
        return ask(limit=str(limit), offset=str(at), **parameters)

    def _lower(self, limit: int) -> None:
        with self._lock:
            self.limit, self._good = min(self.limit, max(1, limit // 2)), 0

    def _well(self) -> None:
        with self._lock:
            self._good += 1
            if self._good >= _GOOD:
                self.limit, self._good = min(PRODUCTS_PER_PAGE, self.limit * 2), 0
