"""One search of products, divided into windows that are read beside one another, with proof that it is whole.

Every window has its own proof; whatever does not prove to be whole is read once more, and what the windows do not hold
together once as a whole (reference: TikTok Shop 2.5).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from stockrecon.channels.tiktok_shop.api import PAGE, Page, TikTokApi
from stockrecon.channels.tiktok_shop.codes import TOO_MANY
from stockrecon.channels.tiktok_shop.crew import Crew
from stockrecon.channels.tiktok_shop.products import Product, read_product
from stockrecon.channels.tiktok_shop.verdicts import Refused
from stockrecon.channels.tiktok_shop.windows import PARTS, REACH, Window, parts_of

_TWICE = ", also at the second reading"


@dataclass(slots=True)
class _Reading:
    """One reading of a window. `totals`: what its pages told; `broken`: why it could not be followed.

    `parts`: those into which it was divided after its first page, each with a reading of its own; `told`: of how many
    products their first pages told. `again`: it is the second reading; `whole`: it is not to be divided.
    """

    window: Window
    parent: _Reading | None = None
    again: bool = False
    totals: set[int | None] = field(default_factory=set)
    products: dict[str, Product] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {""})
    broken: str = ""
    parts: list[_Reading] = field(default_factory=list)
    told: int = 0
    whole: bool = False

    def add(self, page: Page) -> list[Product]:
        """The products of a page. What was read first counts: it is nearest to the snapshot's time."""
        self.totals.add(page.total)
        found = [read_product(row) for row in page.rows]
        for product in found:
            self.products.setdefault(product.id, product)
        return found

    def follow(self, page: Page) -> str:
        """The token of the next page; "" where there is none, or where it leads nowhere."""
        if not page.token:
            return ""
        if page.token in self.tokens or len(self.tokens) > REACH // PAGE:
            # A token that repeats may be an end as well (reference: TikTok Shop 2.13): the total tells.
            self.broken = "" if page.total == len(self.products) else "its pages do not come to an end"
            return ""
        self.tokens.add(page.token)
        return page.token

    @property
    def total(self) -> int:
        return max((total for total in self.totals if total is not None), default=0)

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

    def forget(self, *, again: bool) -> None:
        """To be read from its first page on, and not to be divided; `again`: for the last time."""
        self.totals, self.products, self.tokens, self.broken, self.parts = set(), {}, {""}, "", []
        self.again, self.whole = again, True

    @property
    def is_given_up(self) -> bool:
        """Whether a window that holds this one is read without parts by now."""
        return self.parent is not None and (self.parent.whole or self.parent.is_given_up)


@dataclass(slots=True)
class Search:
    """The products of one window that holds no more than one search gives. Its jobs are the crew's, on threads.

    `arrived` is given the products of every page as it comes, some of them more than once; `ended` is called when no
    page is under way any more.
    """

    api: TikTokApi
    window: Window
    until: int
    crew: Crew
    arrived: Callable[[list[Product]], None]
    ended: Callable[[], None]
    beyond: bool = False
    """It holds more than one search gives: none of its products count."""
    total: int | None = None
    products: list[Product] = field(default_factory=list)
    """When it is done: each once, where it was divided those that were created last first."""
    faults: list[str] = field(default_factory=list)
    _top: _Reading = field(init=False)
    _left: int = 3 * PARTS
    """So many windows may be opened: where guesses go wrong, the rest is read page after page."""
    _open: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def begin(self) -> None:
        """Gives the first page to the crew, after which all else is known."""
        self._top = _Reading(self.window)
        self._ask(self._top, "")

    def end(self) -> None:
        """When the crew is done: what was found, and what of it is not proven. Raises ReadFault, Malformed."""
        found, faults = self._collected(self._top)
        if self._top.parts and not self.beyond and not self._is_all(found):
            self._top = _Reading(self.window, again=True, whole=True)
            self._ask(self._top, "")
            self.crew.work()
            found, faults = self._collected(self._top)
        self.products, self.faults = list(found.values()), faults

    def _is_all(self, found: Mapping[str, Product]) -> bool:
        """Whether the parts hold what the whole counts; something may have come or gone since its first page."""
        if len(found) == self._top.total:
            return True
        page = self._page(self.window, "", 1)
        return page is None or len(found) == page.total

    def _collected(self, reading: _Reading) -> tuple[dict[str, Product], list[str]]:
        if not reading.parts:
            return reading.products, [f"{reading.window}: {reading.doubt}{_TWICE}"] if reading.doubt else []
        found: dict[str, Product] = {}
        faults: list[str] = []
        for products, said in map(self._collected, reading.parts):
            found |= {product_id: product for product_id, product in products.items() if product_id not in found}
            faults += said
        return found, faults

    def _ask(self, reading: _Reading, token: str) -> None:
        with self._lock:
            self._open += 1
        self.crew.add(partial(self._job, reading, token))

    def _job(self, reading: _Reading, token: str) -> None:
        self._go_on(reading, token)
        with self._lock:
            self._open -= 1
            if self._open:
                return
        self.ended()

    def _go_on(self, reading: _Reading, token: str) -> None:
        """One page of a reading, and what follows from it."""
        page = None if self.beyond or reading.is_given_up else self._page(reading.window, token)
        if page is None:
            return
        self.arrived(reading.add(page))
        if not token and self._is_divided(reading, page):
            return
        if following := reading.follow(page):
            self._ask(reading, following)
        elif reading.doubt and not reading.again:
            reading.forget(again=True)
            self._ask(reading, "")

    def _is_divided(self, reading: _Reading, page: Page) -> bool:
        """After a first page: whether windows are opened in place of this one, or of one above it."""
        with self._lock:
            if self.total is None:
                self.total = page.total
            if reading.is_given_up or self._gives_up(reading):
                return True
            # A part that holds far more than its share was cut off at the wrong place.
            if reading.whole or (reading.parent and reading.total * PARTS <= 2 * (self.total or 0)):
                return False
            times = [product.created for product in reading.products.values() if product.created is not None]
            windows = parts_of(reading.window, reading.total, times, self.until)
            if len(windows) < 2 or len(windows) > self._left:
                return False
            self._left -= len(windows)
            reading.parts = [_Reading(window, parent=reading) for window in windows]
            for part in reading.parts:
                self._ask(part, "")
            return True

    def _gives_up(self, reading: _Reading) -> bool:
        """Whether the parts of a window hold more than it does, as they would if time were not heeded. Then it is read
        without parts."""
        parent = reading.parent
        if parent is None or reading.again:
            return False
        parent.told += reading.total
        if parent.told <= parent.total + max(PAGE, parent.total // 4):
            return False
        parent.forget(again=False)
        self._ask(parent, "")
        return True

    def _page(self, window: Window, token: str, size: int = PAGE) -> Page | None:
        """None where there is more than one search gives."""
        try:
            page = self.api.products(token, window.filters, size)
        except Refused as refusal:
            if refusal.code != TOO_MANY:
                raise
        else:
            if page.total is None or page.total <= REACH:
                return page
            self.total = page.total
        self.beyond = True
        return None
