"""Reading all of a shop's products, with proof of the end (reference: Lazada 3.1 and 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stockrecon.channels.lazada.calls import PRODUCTS_PER_PAGE, LazadaCalls
from stockrecon.channels.lazada.fields import first, identifier, written
from stockrecon.channels.lazada.listings import Reader, Variation
from stockrecon.channels.lazada.pieces import MAX_OFFSET, Pieces
from stockrecon.rest import gather

REACH = MAX_OFFSET + PRODUCTS_PER_PAGE
"""As many items as paging by offset can reach; larger shops are read in windows of creation time (reference: 9)."""
FIRST_DAY = datetime(2012, 1, 1, tzinfo=UTC)
"""Lazada opened in 2012: nothing is older."""
_OVERLAP = timedelta(seconds=2)
"""Windows overlap by this, so that it does not matter whether the vendor's "after" and "before" include the limit."""


@dataclass(frozen=True, slots=True)
class _Window:
    """Items created in this span; without limits, all. `expected`: how many there should be, as far as known.

    `updated`: only those that were updated since, whenever they were created.
    """

    after: datetime | None = None
    before: datetime | None = None
    expected: int | None = None
    updated: datetime | None = None

    @property
    def parameters(self) -> dict[str, str]:
        told = {"create_after": self.after, "create_before": self.before, "update_after": self.updated}
        return {name: written(moment) for name, moment in told.items() if moment is not None}

    def __str__(self) -> str:
        if self.updated is not None:
            return f"products updated since {self.updated:%Y-%m-%d %H:%M:%S} UTC"
        if self.after is None or self.before is None:
            return "products"
        return f"products created from {self.after:%Y-%m-%d %H:%M:%S} to {self.before:%Y-%m-%d %H:%M:%S} UTC"


@dataclass(slots=True)
class _Page:
    """`rows`: how many it holds, repeated ones too. `totals`: what each of its pieces told."""

    rows: int = 0
    totals: list[int | None] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    variations: list[Variation] = field(default_factory=list)

    @property
    def total(self) -> int | None:
        return self.totals[0]


@dataclass(slots=True)
class _Reading:
    """What one reading of a window brought."""

    reader: Reader
    totals: set[int | None] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    variations: dict[tuple[str, str], Variation] = field(default_factory=dict)

    def add(self, page: _Page) -> bool:
        """Whether the page brought anything new. What was read first counts: it is nearest to the snapshot's time."""
        before = len(self.items) + len(self.variations)
        self.totals.update(page.totals)
        self.items.update(page.items)
        for variation in page.variations:
            self.variations.setdefault(variation.key, variation)
        return len(self.items) + len(self.variations) > before

    @property
    def total(self) -> int | None:
        """The vendor's total where all pages agree on it."""
        return next(iter(self.totals)) if len(self.totals) == 1 else None

    @property
    def doubt(self) -> str:
        """Why this reading does not prove to be whole; "" where it does."""
        if len(self.totals) != 1:
            told = ", ".join(str(total) for total in sorted(total for total in self.totals if total is not None))
            return f"Lazada's total changed while it was read ({told})"
        if self.total is None:
            return "Lazada tells no total"
        if len(self.items) != self.total:
            return f"Lazada counts {self.total} items, its pages held {len(self.items)}"
        return ""


class ProductScan:
    """One reading of all products.

    `windows()` yields each window's variations as soon as it is proven, or was read twice in vain; `faults` then tells
    what is not proven. Every variation comes once, though its item may come in several parts (reference: 3.1).
    """

    def __init__(
        self,
        calls: LazadaCalls,
        reader: Callable[[], Reader],
        at: datetime,
        progress: Callable[[int, int | None], None],
    ) -> None:
        self._calls = calls
        self._pieces = Pieces(calls)
        self._reader = reader
        self._at = at
        self._progress = progress
        # As many requests under way as the rate lets begin within about two seconds: more would only wait.
        self._workers = max(1, min(16, round(calls.rate * 2)))
        self._items: set[str] = set()
        self._whole: int | None = None
        self.faults: list[str] = []
        self.warnings: list[str] = []

    def windows(self) -> Iterator[list[Variation]]:
        """Raises ReadFault."""
        reading = self._read(_Window())
        if reading is not None:
            yield self._kept(_Window(), reading)
            return
        yield from self._split()

    def updated(self, since: datetime) -> list[Variation]:
        """Those that were updated since then, new ones among them. Raises ReadFault.

        Nobody states that a stock that changes moves the time of the update (reference: Lazada 9): this tells of edits.
        """
        window = _Window(updated=since)
        reading = self._read(window)
        if reading is None:
            self.faults.append(f"more than {REACH} {window}")
            return []
        return self._kept(window, reading)

    def count(self) -> int | None:
        """How many items the shop has, by Lazada's own total."""
        return self._probe(_Window())

    @property
    def items(self) -> int:
        """How many items were read."""
        return len(self._items)

    def _split(self) -> Iterator[list[Variation]]:
        """Halves the time of creation until each window is within reach; what is created later is not asked for."""
        end = self._at + timedelta(seconds=1)
        todo = [_Window(FIRST_DAY, end, self._whole)]
        while todo:
            window = todo.pop()
            reading = None
            if window.expected is None or window.expected <= REACH:
                reading = self._read(window)
            if reading is not None:
                yield self._kept(window, reading)
                continue
            halves = self._halves(window)
            if halves:
                todo.extend(halves)
            elif reached := self._attempt(window, beyond=True):
                if reached.doubt:
                    self.faults.append(f"{window}: {reached.doubt}; paging reaches {REACH}")
                yield self._fresh(reached)
        total = self._probe(_Window(FIRST_DAY, end))
        if total is None or total > len(self._items):
            self.faults.append(f"Lazada counts {total} items, its windows held {len(self._items)}")

    def _halves(self, window: _Window) -> list[_Window]:
        """The later half first; an empty one is left out. One probing call tells both halves' sizes."""
        if window.after is None or window.before is None or window.before - window.after <= 3 * _OVERLAP:
            return []
        middle = (window.after + (window.before - window.after) / 2).replace(microsecond=0)
        early = self._probe(_Window(window.after, middle))
        halves = []
        left = None if window.expected is None or early is None else window.expected - early
        if left is None or left > 0:
            halves.append(_Window(middle - _OVERLAP, window.before, left))
        if early is None or early > 0:
            halves.append(_Window(window.after, middle, early))
        return halves

    def _probe(self, window: _Window) -> int | None:
        return self._calls.products(limit="1", offset="0", **window.parameters).total

    def _kept(self, window: _Window, reading: _Reading) -> list[Variation]:
        """Says what is not proven, and gives the variations that no earlier window had."""
        if reading.doubt:
            self.faults.append(f"{window}: {reading.doubt}, also at the second reading")
        return self._fresh(reading)

    def _fresh(self, reading: _Reading) -> list[Variation]:
        self.faults += [f"{name}: Lazada shows no stock figure" for name in sorted(reading.reader.unknown)]
        self.warnings += sorted(reading.reader.warnings)
        fresh = [one for one in reading.variations.values() if one.item_id not in self._items]
        self._items |= reading.items
        return fresh

    def _read(self, window: _Window) -> _Reading | None:
        """Reads a window, once more where the first reading proves nothing; None where it is beyond reach."""
        reading = self._attempt(window)
        if reading is not None and reading.doubt:
            again = self._attempt(window)
            return again if again is not None else reading
        return reading

    def _attempt(self, window: _Window, *, beyond: bool = False) -> _Reading | None:
        """One reading; None where the window holds more than can be reached, unless as much as can be is asked for.

        A page that has to be asked for in pieces reaches less far.
        """
        reading = _Reading(self._reader())
        first_page = self._page(window, 0, reading.reader)
        total = first_page.total
        if total is not None and total > self._pieces.reach and not beyond:
            self._whole = total if self._whole is None else self._whole
            return None
        offsets = range(PRODUCTS_PER_PAGE, min(total or 0, REACH), PRODUCTS_PER_PAGE)
        pages = gather((self._job(window, offset, reading.reader) for offset in offsets), self._workers)
        if total is not None and total > MAX_OFFSET and pages and MAX_OFFSET + pages[-1].rows < total and not beyond:
            self._whole = total if self._whole is None else self._whole
            return None
        for page in (first_page, *pages):
            reading.add(page)
        # Repeated rows of one item take places of a page: then the end lies behind the total (reference: 3.1).
        offset = (len(offsets) + 1) * PRODUCTS_PER_PAGE
        while reading.total is not None and len(reading.items) < reading.total and offset <= MAX_OFFSET:
            page = self._page(window, offset, reading.reader)
            if not page.items or not reading.add(page):
                break
            offset += PRODUCTS_PER_PAGE
        return reading

    def _job(self, window: _Window, offset: int, reader: Reader) -> Callable[[], _Page]:
        return lambda: self._page(window, offset, reader)

    def _page(self, window: _Window, offset: int, reader: Reader) -> _Page:
        """Only what is needed of a page is kept: a product with its texts and pictures has kilobytes."""
        page = _Page()
        for piece in self._pieces.of(offset, window.parameters):
            page.rows += len(piece.rows)
            page.totals.append(piece.total)
            page.items += [identifier(first(product, "item_id", "itemId", "ItemId")) for product in piece.rows]
            page.variations += [one for product in piece.rows for one in reader.product(product)]
        total = page.total or 0
        self._progress(len(self._items) + min(offset + PRODUCTS_PER_PAGE, total), self._whole or page.total)
        return page
