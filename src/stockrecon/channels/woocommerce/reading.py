"""One pull: the lists in their order, concurrent up to the shop's rate, and the rows spooled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from stockrecon.channels.woocommerce.again import read_products
from stockrecon.channels.woocommerce.api import Page, WooApi
from stockrecon.channels.woocommerce.fields import Malformed, Object
from stockrecon.channels.woocommerce.listings import Assembly, Item, assembled, by_parent, product_of, split
from stockrecon.channels.woocommerce.noted import Noted, noted_of
from stockrecon.channels.woocommerce.orders import OrderReader
from stockrecon.channels.woocommerce.paging import Walk, walked
from stockrecon.channels.woocommerce.variations import Variations
from stockrecon.core.model import Order, ShopName
from stockrecon.core.sources import NOTED, TableFile
from stockrecon.core.tables import CAMPAIGNS, ORDERS, SHOP_LISTINGS, Table
from stockrecon.errors import ReadFault
from stockrecon.rest import gather
from stockrecon.spool.rows import listing_row, order_row
from stockrecon.spool.writer import SpoolWriter

Progress = Callable[[str, int, int | None], None]
_MOST = 20


@dataclass(slots=True)
class Findings:
    """What a pull found out beside its rows."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def bounded(self) -> tuple[str, ...]:
        """The warnings, each once, and not more than a reader reads."""
        unique = list(dict.fromkeys(self.warnings))
        more = len(unique) - _MOST
        return tuple(unique[:_MOST] + ([f"and {more} more warnings"] if more > 0 else []))


class Reading:
    """Reads one shop into a spool folder. `workers`: threads, enough to keep the rate with slow answers."""

    def __init__(
        self, api: WooApi, variations: Variations, shop: ShopName, spool: Path, workers: int, progress: Progress
    ) -> None:
        self._api = api
        self._lists = variations
        self._shop = shop
        self._spool = spool
        self._workers = workers
        self._progress = progress
        self._lock = threading.Lock()
        self.found = Findings()
        self.ordered: Mapping[str, Sequence[Order]] = {}
        """The rows of each order that was read."""
        self._varies = False

    def listings(self) -> tuple[dict[str, TableFile], Assembly, Noted]:
        """Products, then the variations of those that have any; and what is to be noted of both."""
        products = self._items(
            walked("products", self._api.products, product_of, self._workers, self._count("products"))
        )
        varying = _varying(products)
        self._varies = bool(varying)
        variations = self._variations(varying) if varying else []
        tables, made = self._spooled(products, variations)
        return tables, made, noted_of(products, variations, made)

    def items(self, ids: Sequence[str]) -> tuple[dict[str, TableFile], Assembly]:
        """These products with all their variations; what is gone is left out."""
        products = read_products(self._api, ids, self._workers)
        varying = _varying(products)
        return self._spooled(products, self._variations(varying, apart=True) if varying else [])

    def note(self, noted: Noted) -> dict[str, TableFile]:
        """What little pulls go by; nothing where it cannot be had, which costs a full pull nothing else.

        To be asked after the orders: one that comes up meanwhile is counted and not known, and never known and not
        counted. Before them the bin: one that goes there meanwhile is missing among both numbers.
        """
        try:
            noted.in_bin, noted.in_all = self._api.count("orders", binned=True), self._api.count("orders")
            strays = None if self._varies else self._lists.all(self._count("variations"))
            if strays is not None:
                noted.variations = {name: _parent(item) for name, item in strays.rows.items()}
        except (ReadFault, Malformed):
            return {}
        noted.orders = {name for name, rows in self.ordered.items() if not rows}
        return {NOTED: noted.write(self._spool, self._shop)}

    def orders(self, since: datetime, pooled: Mapping[str, str]) -> None:
        """Orders changed since then, so that old orders with a new status are among them. `pooled`: see OrderReader."""
        reader = OrderReader(self._shop, pooled)

        def take(order: Object, name: str) -> list[Order]:
            with self._lock:
                return reader.rows(order, name)

        def fetch(page: int) -> Page:
            return self._api.orders(page, since)

        walk = walked("orders", fetch, take, self._workers, self._count("orders"))
        self._doubt(walk.doubt)
        self.found.reasons += reader.unreadable
        self.found.warnings += reader.warnings
        self.ordered = walk.rows

    def known_orders(self) -> dict[str, TableFile]:
        """Those that were read so far."""
        with self._writer(ORDERS) as writer:
            writer.write_all(order_row(each) for rows in self.ordered.values() for each in rows)
        return {ORDERS.name: self._file(ORDERS)}

    def _spooled(self, products: Sequence[Item], variations: Sequence[Item]) -> tuple[dict[str, TableFile], Assembly]:
        made = assembled(products, by_parent(variations), self._shop)
        self.found.warnings += made.warnings
        with self._writer(SHOP_LISTINGS) as writer:
            writer.write_all(listing_row(each) for each in made.listings)
        with self._writer(CAMPAIGNS):
            pass  # Core has no campaigns (reference: six facts per channel): that there are none is known.
        return {table.name: self._file(table) for table in (SHOP_LISTINGS, CAMPAIGNS)}, made

    def _variations(self, parents: Sequence[str], *, apart: bool = False) -> list[Item]:
        """From the list of all, where the shop has it, else one series of calls for each product. All that there are,
        or with `apart` those of these products alone."""
        counted = self._count("variations")
        read = self._lists.under(parents, counted) if apart else self._lists.all(counted)
        if read is not None:
            return self._items(read)
        counter = self._count("variations of products")

        def of(parent: str) -> Walk[Item | str]:
            walk = self._lists.of(parent)
            counter(1, len(parents))
            return walk

        walks = gather((partial(of, parent) for parent in parents), self._workers)
        return [item for walk in walks for item in self._items(walk)]

    def _items(self, walk: Walk[Item | str]) -> list[Item]:
        self._doubt(walk.doubt)
        items, faults = split(walk.rows.values())
        self.found.reasons += faults
        return items

    def _doubt(self, doubt: str) -> None:
        if doubt:
            self.found.reasons.append(f"{doubt}, also at the second reading")

    def _count(self, what: str) -> Callable[[int, int], None]:
        done = 0

        def count(rows: int, total: int) -> None:
            nonlocal done
            with self._lock:
                done += rows
                self._progress(f"{self._shop} {what}", min(done, total), total)

        return count

    def _writer(self, table: Table) -> SpoolWriter:
        return SpoolWriter(table, self._path(table))

    def _path(self, table: Table) -> Path:
        return self._spool / f"{table.name}.csv"

    def _file(self, table: Table) -> TableFile:
        return TableFile(str(self._path(table)), f"{self._shop} {table.name}", trusted=True)


def _varying(products: Sequence[Item]) -> list[str]:
    return [item.id for item in products if item.varies and item.children != 0]


def _parent(variation: Item | str) -> str:
    return variation.parent if isinstance(variation, Item) else ""
