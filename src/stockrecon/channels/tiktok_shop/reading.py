"""One pull: the calls in their order, concurrent up to the shop's rate, rows spooled as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.asking import StockDesk, read_stock, sku_ids
from stockrecon.channels.tiktok_shop.crew import Crew
from stockrecon.channels.tiktok_shop.fields import Malformed
from stockrecon.channels.tiktok_shop.listings import Notes, ShopRules, listings_of
from stockrecon.channels.tiktok_shop.orders import OrderReader
from stockrecon.channels.tiktok_shop.products import DRAFT, Product
from stockrecon.channels.tiktok_shop.promotions import Promotion, campaigns_of, read_few_promotions, read_promotions
from stockrecon.channels.tiktok_shop.scan import ProductScan, count_products
from stockrecon.channels.tiktok_shop.sending import sift
from stockrecon.channels.tiktok_shop.stock import Stock
from stockrecon.channels.tiktok_shop.sweep import OrderSweep
from stockrecon.channels.tiktok_shop.verdicts import Refused, Unscoped
from stockrecon.channels.tiktok_shop.warehouses import Warehouses
from stockrecon.core.model import ListingKey
from stockrecon.core.sources import TableFile
from stockrecon.core.tables import CAMPAIGNS, ORDERS, SHOP_LISTINGS, Table
from stockrecon.spool.rows import campaign_row, listing_row, order_row
from stockrecon.spool.writer import SpoolWriter

Progress = Callable[[str, int, int | None], None]
_MOST = 20
_BACK = timedelta(seconds=60)
"""How far before the first walk's begin the second one looks: TikTok Shop's times are whole seconds of its clock."""


@dataclass(slots=True)
class Findings:
    """What a pull found out beside its rows."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Reading:
    """Reads one shop into a spool folder. `workers`: threads, enough to keep the rate with slow answers."""

    def __init__(self, api: TikTokApi, rules: ShopRules, spool: Path, workers: int, progress: Progress) -> None:
        self._api = api
        self._rules = rules
        self._configured = rules.computed
        self._spool = spool
        self._workers = workers
        self._progress = progress
        self._reader = OrderReader(rules.shop)
        self._sweep = OrderSweep(api, self._reader, partial(progress, f"{rules.shop} orders"))
        self._began = api.now()
        self._locked: list[tuple[ListingKey, Stock]] = []
        self._promotions: Mapping[str, Promotion] | str | None = None
        """By title, or why they are not known; None: not asked for."""
        self._used: set[str] = set()
        self._drafts = False
        self.count: int | None = None
        """How many products there are, drafts aside."""
        self.left_out: frozenset[str] = frozenset()
        """Orders that take nothing of the stock that is compared."""
        self.found = Findings()

    def orders(self, since: datetime) -> None:
        """Orders that changed since then."""
        self._sweep.find(since)

    def whole(self, since: datetime, until: datetime, warehouses: Callable[[], Warehouses]) -> dict[str, TableFile]:
        """Products, a search of the stock for each 600 SKUs, and where campaigns hold any of it their times; orders
        that changed since `since`, beside them and once more at the end, so that what is ordered meanwhile is among
        them. `warehouses`: reads them. `until`: the shop's time now.
        """
        crew = Crew(self._workers)
        stocks = StockDesk(self._api, crew, self._ask_promotions)
        what = f"{self._rules.shop} listings"
        scan = ProductScan(self._api, until, partial(self._progress, what), crew, stocks.want, stocks.ask_rest)
        crew.add(partial(self._sweep.find, since))
        crew.add(partial(self._know, warehouses))
        notes = Notes()
        with self._writer(SHOP_LISTINGS) as writer:
            for products in scan.windows():
                self._know_bundles()
                told = stocks.hand_over()
                for product in products:
                    writer.write_all(self._rows(product, told, notes))
        self.count, self._drafts = scan.count, scan.has_drafts
        self.found.reasons += [*scan.faults, *notes.untold]
        self.found.warnings += notes.warnings
        return {SHOP_LISTINGS.name: self._file(SHOP_LISTINGS), **self._campaigns(), **self._later_orders()}

    def _know(self, warehouses: Callable[[], Warehouses]) -> None:
        self._rules = replace(self._rules, warehouses=warehouses())

    def _know_bundles(self) -> None:
        """Orders alone show which listings are virtual bundles."""
        unnamed = sorted(self._reader.bundles - self._rules.computed)
        if unnamed:
            told = f"virtual bundles, as their orders show: {', '.join(unnamed[:_MOST])}"
            self.found.warnings.append(f"{told}; name them in `computed`, so that they are known when none was sold")
        self._rules = replace(self._rules, computed=self._rules.computed | self._reader.bundles)

    def edited(self, since: datetime, known: int, new: Callable[[Product], bool]) -> list[Product]:
        """Products that were edited since then, drafts aside; and `count`.

        `known`: how many there were, drafts aside, by what is known of them. Where the total is that of those and the
        new ones, and no draft was edited, there is none to be taken off, unless there was one before: `terms` tells.
        """
        report = partial(self._progress, f"{self._rules.shop} listings")
        scan = ProductScan(self._api, self._api.now(), report, Crew(1))
        found = scan.edited(since)
        self.found.reasons += scan.faults
        total = count_products(self._api, self._api.now())
        drafted = any(product.drafted for product in found)
        listed = [product for product in found if not product.draft]
        if total is not None and (drafted or total != known + sum(map(new, listed))):
            drafts = count_products(self._api, self._api.now(), DRAFT)
            total, self._drafts = None if drafts is None else total - drafts, bool(drafts)
        self.count = total
        return listed

    def products(self, products: Sequence[Product]) -> dict[str, TableFile]:
        """The listings of some products, and their campaigns, whose times have to be told."""
        notes = Notes()
        stocks = read_stock(self._api, sku_ids(products), self._workers)
        with self._writer(SHOP_LISTINGS) as writer:
            for product in products:
                writer.write_all(self._rows(product, stocks, notes))
        self.found.reasons += notes.untold
        self.found.warnings += notes.warnings
        # What creators alone hold is no campaign's.
        if any(not lock.creator for _, stock in self._locked for lock in stock.locks):
            self._ask_promotions(read_few_promotions)
        if not self._campaigns():
            self.found.reasons += self.found.warnings[-1:]
        return {table.name: self._file(table) for table in (SHOP_LISTINGS, CAMPAIGNS)}

    @property
    def terms(self) -> str:
        """What the meaning of a row depends on beside the configuration, as far as it is not as usual.

        Of a bundle that the configuration does not name only its orders tell, so a reading without them is another one.
        """
        warehouses = self._rules.warehouses
        parts = {
            "closed": [f"{place} {word}" for place, word in sorted(warehouses.closed.items())],
            "platform": sorted(warehouses.platform),
            "untold": self._untold(),
            "places": sorted(warehouses.listed) if self._rules.warehouse or not warehouses.platform_told else [],
            "bundles": sorted(self._reader.bundles - self._configured),
            "drafts": ["some"] if self._drafts else [],
        }
        return "; ".join(f"{name} {', '.join(values)}" for name, values in parts.items() if values)

    def _untold(self) -> list[str]:
        """Lists of warehouses without which an order, or stock, is judged otherwise."""
        told = {"seller's": self._rules.warehouses.told, "platform's": self._rules.warehouses.platform_told}
        return [name for name, known in told.items() if not known]

    def _later_orders(self) -> dict[str, TableFile]:
        """The orders again, with what changed while the listings were read."""
        self._sweep.find(self._began - _BACK)
        return self.found_orders()

    def found_orders(self) -> dict[str, TableFile]:
        sifted = sift(self._sweep.found, self._rules.warehouses, self._rules.warehouse)
        with self._writer(ORDERS) as writer:
            writer.write_all(map(order_row, sifted.rows))
        self.left_out = frozenset(sifted.left_out)
        self.found.reasons += [*self._sweep.faults, *sifted.reasons]
        self.found.warnings += [*self._reader.warnings, *sifted.warnings]
        return {ORDERS.name: self._file(ORDERS)}

    def places_told(self) -> list[str]:
        """What to say of lists of warehouses that are not told."""
        return self._rules.warehouses.warnings(self._rules.warehouse)

    def several_places(self) -> list[str]:
        """What to say where the stock of several warehouses was counted as one."""
        if self._rules.warehouse or len(self._used) < 2:
            return []
        listed = ", ".join(sorted(self._used)[:5])
        said = f"the stock of {len(self._used)} warehouses is counted as one ({listed})"
        return [f"{said}: what moves between them is not seen; name the one that the ledger keeps with warehouse_id"]

    def _rows(self, product: Product, stocks: Mapping[str, Stock], notes: Notes) -> Iterator[dict[str, object]]:
        for listing, stock in listings_of(product, stocks, self._rules, notes):
            if stock is not None:
                self._used.update(place.warehouse for place in self._rules.own(stock.places) if place.units)
                if listing.campaign:
                    self._locked.append((listing.key, replace(stock, places=())))
            yield listing_row(listing)

    def _campaigns(self) -> dict[str, TableFile]:
        """No table at all where the promotions may not be asked for: then nothing is known to have vanished either."""
        promotions = (self._promotions or {}) if self._locked else {}
        if isinstance(promotions, str):
            held = f"campaigns hold stock of {len(self._locked)} listings"
            self.found.warnings.append(f"{held}, and when they end is not known: {promotions}")
            return {}
        with self._writer(CAMPAIGNS) as writer:
            for key, stock in self._locked:
                writer.write_all(campaign_row(each) for each in campaigns_of(key, stock, promotions))
        return {CAMPAIGNS.name: self._file(CAMPAIGNS)}

    def _ask_promotions(self, read: Callable[[TikTokApi], Mapping[str, Promotion]] = read_promotions) -> None:
        try:
            self._promotions = read(self._api)
        except (Refused, Unscoped, Malformed) as fault:
            self._promotions = str(fault) if isinstance(fault, Malformed) else fault.what

    def _writer(self, table: Table) -> SpoolWriter:
        return SpoolWriter(table, self._path(table))

    def _path(self, table: Table) -> Path:
        return self._spool / f"{table.name}.csv"

    def _file(self, table: Table) -> TableFile:
        return TableFile(str(self._path(table)), f"{self._rules.shop} {table.name}", trusted=True)


def some(lines: Sequence[str]) -> list[str]:
    """Each once, the first twenty: a whole catalogue of faults helps nobody."""
    once = list(dict.fromkeys(lines))
    return once if len(once) <= _MOST else [*once[:_MOST], f"and {len(once) - _MOST} more"]
