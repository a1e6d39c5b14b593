"""Reading all of a shop's products, with proof of the end (reference: TikTok Shop 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.channels.tiktok_shop.api import PAGE, Page, TikTokApi
from stockrecon.channels.tiktok_shop.codes import TOO_MANY
from stockrecon.channels.tiktok_shop.products import Product, read_product
from stockrecon.channels.tiktok_shop.verdicts import Refused

REACH = 10_000
"""The most hits of one search; more are refused (12052180). Larger shops are read in windows of creation time."""
FIRST_DAY = 1_420_070_400
"""2015-01-01: no product of TikTok Shop's is older. The first window has no begin, should one be."""


@dataclass(frozen=True, slots=True)
class Window:
    """Products created in this span of Unix seconds, both ends in; without an end, all, or those edited since."""

    begin: int = FIRST_DAY
    end: int | None = None
    edited: int | None = None

    @property
    def filters(self) -> dict[str, object]:
        if self.edited is not None:
            return {"update_time_ge": self.edited}
        if self.end is None:
            return {}
        first = {} if self.begin == FIRST_DAY else {"create_time_ge": self.begin}
        return {**first, "create_time_le": self.end}

    def halves(self) -> list[Window]:
        """The later one first; none where it cannot be divided."""
        if self.end is None or self.end <= self.begin:
            return []
        middle = (self.begin + self.end) // 2
        return [Window(middle + 1, self.end), Window(self.begin, middle)]

    def __str__(self) -> str:
        if self.edited is not None:
            return f"products edited since {self.edited} (Unix time)"
        return "products" if self.end is None else f"products created from {self.begin} to {self.end} (Unix time)"


class _Beyond(Exception):
    """A window holds more than one search gives."""


@dataclass(slots=True)
class _Reading:
    """What one reading of a window brought. `totals`: what its pages told; `broken`: why it could not be followed."""

    totals: set[int | None] = field(default_factory=set)
    products: dict[str, Product] = field(default_factory=dict)
    broken: str = ""

    def add(self, page: Page) -> None:
        """What was read first counts: it is nearest to the snapshot's time."""
        self.totals.add(page.total)
        for row in page.rows:
            product = read_product(row)
            self.products.setdefault(product.id, product)

    @property
    def doubt(self) -> str:
        """Why this reading does not prove to be whole; "" where it does."""
        if self.broken:
            return self.broken
        told = sorted(total for total in self.totals if total is not None)
        if len(self.totals) != 1 or not told:
            return f"its total changed while it was read ({', '.join(map(str, told))})" if told else "no total is told"
        if told[0] != len(self.products):
            return f"TikTok Shop counts {told[0]} products, its pages held {len(self.products)}"
        return ""


class ProductScan:
    """One reading of all products that were there at `until`.

    `windows()` yields each window's products as soon as it is proven, or was read twice in vain; `faults` then tells
    what is not proven. Every product comes once.
    """

    def __init__(self, api: TikTokApi, until: datetime, progress: Callable[[int, int | None], None]) -> None:
        self._api = api
        self._until = int(until.timestamp())
        self._progress = progress
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
        window = Window(edited=int(since.timestamp()))
        try:
            reading = self._read(window)
        except _Beyond:
            self.faults.append(f"{window}: more than the {REACH} that one search gives")
            return []
        if reading.doubt:
            self.faults.append(f"{window}: {reading.doubt}, also at the second reading")
        return list(reading.products.values())

    def windows(self) -> Iterator[list[Product]]:
        """Raises ReadFault, Malformed."""
        todo = [Window()]
        while todo:
            window = todo.pop()
            try:
                reading = self._read(window)
            except _Beyond:
                halves = Window(FIRST_DAY, self._until).halves() if window.end is None else window.halves()
                if not halves:
                    self.faults.append(f"{window}: more than the {REACH} that one search gives")
                todo.extend(halves)
                continue
            if reading.doubt:
                self.faults.append(f"{window}: {reading.doubt}, also at the second reading")
            fresh = [product for product in reading.products.values() if product.id not in self._seen]
            self._seen.update(reading.products)
            self._drafted += sum(product.drafted for product in fresh)
            yield fresh
        if self._whole is not None and self._whole > len(self._seen):
            self.faults.append(f"TikTok Shop counts {self._whole} products, its windows held {len(self._seen)}")

    def _read(self, window: Window) -> _Reading:
        """A window, once more where the first reading proves nothing."""
        reading = self._attempt(window)
        return self._attempt(window) if reading.doubt else reading

    def _attempt(self, window: Window) -> _Reading:
        reading = _Reading()
        token, seen = "", {""}
        while True:
            page = self._page(window, token)
            reading.add(page)
            if not page.token:
                return reading
            if page.token in seen or len(seen) > REACH // PAGE:
                # A token that repeats may be an end as well (reference: TikTok Shop 2.13): the total tells.
                reading.broken = "" if page.total == len(reading.products) else "its pages do not come to an end"
                return reading
            token = page.token
            seen.add(token)

    def _page(self, window: Window, token: str) -> Page:
        try:
            page = self._api.products(token, window.filters)
        except Refused as refusal:
            if refusal.code != TOO_MANY:
                raise
            raise _Beyond from None
        if page.total is not None and page.total > REACH:
            self._whole = page.total if window.end is None else self._whole
            raise _Beyond
        self._progress(len(self._seen) + len(page.rows), self._whole or page.total)
        return page


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
            halves = Window(FIRST_DAY, int(until.timestamp())).halves() if window.end is None else window.halves()
            total = 0 if halves else None
            todo += halves
        if total is None:
            return None
        counted += total
    return counted
