"""Reading all of a shop's products, with proof of the end (reference: TikTok Shop 2.5).

What is more than one search gives is read in windows of creation time, each of them one search.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.codes import TOO_MANY
from stockrecon.channels.tiktok_shop.crew import Crew
from stockrecon.channels.tiktok_shop.products import Product
from stockrecon.channels.tiktok_shop.search import Search
from stockrecon.channels.tiktok_shop.verdicts import Refused
from stockrecon.channels.tiktok_shop.windows import REACH, Window


class ProductScan:
    """One reading of all products.

    `windows()` yields the products of each search as soon as it is proven, or was read twice in vain; `faults` then
    tells what is not proven. Every product comes once. `arrived`, `ended`: see Search.
    """

    def __init__(
        self,
        api: TikTokApi,
        until: datetime,
        progress: Callable[[int, int | None], None],
        crew: Crew,
        arrived: Callable[[list[Product]], None] = lambda products: None,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._api = api
        self._until = int(until.timestamp())
        self._progress = progress
        self._crew = crew
        self._arrived = arrived
        self._ended = ended
        self._lock = threading.Lock()
        self._come: set[str] = set()
        self._seen: set[str] = set()
        self._whole: int | None = None
        self._drafted = 0
        self.faults: list[str] = []

    @property
    def count(self) -> int:
        """How many products were read, without those that TikTok Shop counts among the drafts."""
        return len(self._seen) - self._drafted

    @property
    def has_drafts(self) -> bool:
        return self._drafted > 0

    def edited(self, since: datetime) -> list[Product]:
        """Products that were edited since then, new ones among them. Raises ReadFault, Malformed.

        That a number which is set moves the time of the update is stated nowhere (reference: TikTok Shop 2.5), so it is
        taken that none does: this tells of edits, not of stock.
        """
        search = self._done(Window(edited=int(since.timestamp())))
        self.faults += self._too_many(search) if search.beyond else search.faults
        return [] if search.beyond else search.products

    def windows(self) -> Iterator[list[Product]]:
        """Raises ReadFault, Malformed."""
        todo = [Window()]
        while todo:
            window = todo.pop()
            search = self._done(window)
            if search.beyond:
                self._whole = search.total if window == Window() else self._whole
                halves = window.halves(self._until)
                self.faults += [] if halves else self._too_many(search)
                todo.extend(reversed(halves))
                continue
            self.faults += search.faults
            fresh = [product for product in search.products if product.id not in self._seen]
            self._seen.update(product.id for product in fresh)
            self._drafted += sum(product.drafted for product in fresh)
            yield fresh
        if self._whole is not None and self._whole > len(self._seen):
            self.faults.append(f"TikTok Shop counts {self._whole} products, its windows held {len(self._seen)}")

    def _done(self, window: Window) -> Search:
        search = Search(self._api, window, self._until, self._crew, self._came, self._ended)
        search.begin()
        self._crew.work()
        search.end()
        return search

    def _too_many(self, search: Search) -> list[str]:
        return [f"{search.window}: more than the {REACH} that one search gives"]

    def _came(self, products: list[Product]) -> None:
        with self._lock:
            self._come.update(product.id for product in products)
            self._progress(len(self._come), self._whole)
        self._arrived(products)


def count_products(api: TikTokApi, until: datetime, status: str = "ALL") -> int | None:
    """How many products the shop has in this status, by TikTok Shop's own totals; None where it cannot be told.

    One call, or where there are more than one search counts one for each window of creation time. Raises ReadFault.
    """
    todo, counted = [Window()], 0
    while todo:
        window = todo.pop()
        try:
            total = api.products("", {**window.filters, "status": status}, size=1).total
        except Refused as refusal:
            if refusal.code != TOO_MANY:
                raise
            total = REACH + 1
        if total is not None and total > REACH:
            halves = window.halves(int(until.timestamp()))
            total = 0 if halves else None
            todo += halves
        if total is None:
            return None
        counted += total
    return counted
