"""A small market as values, written as the files of a ledger and of shops, loaded into a catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stockrecon.catalogue import Catalogue
from stockrecon.core.model import Capabilities, LedgerFacts, ShopFacts, ShopName
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.sources import LedgerRead, Pulled, TableFile
from stockrecon.core.tables import LEDGER_TABLES, SHOP_TABLES, Table
from stockrecon.spool.writer import SpoolWriter

NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
Row = Mapping[str, object]


def ago(**since: float) -> datetime:
    return NOW - timedelta(**since)


@dataclass
class Shop:
    name: str
    listings: Sequence[Row] = ()
    orders: Sequence[Row] | None = None
    campaigns: Sequence[Row] | None = None
    history: Sequence[Row] | None = None
    complete: bool = True
    policy: ShopPolicy | None = None

    @property
    def rules(self) -> ShopPolicy:
        return self.policy or ShopPolicy(ShopName(self.name), "shopee")


@dataclass
class Market:
    stock: Sequence[Row] = ()
    movements: Sequence[Row] | None = None
    mapping: Sequence[Row] | None = None
    pushes: Sequence[Row] | None = None
    shops: Sequence[Shop] = ()
    ledger_facts: LedgerFacts | None = None
    shop_facts: dict[ShopName, ShopFacts] = field(default_factory=dict)

    @property
    def policies(self) -> dict[ShopName, ShopPolicy]:
        return {shop.rules.name: shop.rules for shop in self.shops}


def write(path: Path, table: Table, rows: Sequence[Row]) -> TableFile:
    with SpoolWriter(table, path) as spool:
        spool.write_all(rows)
    return TableFile(str(path), path.name, trusted=True)


def read_of(market: Market, folder: Path) -> LedgerRead:
    rows = {
        "stock": market.stock,
        "movements": market.movements,
        "listings": market.mapping,
        "pushes": market.pushes,
    }
    tables = {
        name: write(folder / "ledger" / f"{name}.csv", LEDGER_TABLES[name], some)
        for name, some in rows.items()
        if some is not None
    }
    return LedgerRead("file", NOW, tables)


def pulled_of(shop: Shop, folder: Path) -> Pulled:
    rows = {"listings": shop.listings, "orders": shop.orders, "campaigns": shop.campaigns, "history": shop.history}
    tables = {
        name: write(folder / shop.name / f"{name}.csv", SHOP_TABLES[name], some)
        for name, some in rows.items()
        if some is not None
    }
    return Pulled(ShopName(shop.name), "shopee", NOW, shop.complete, Capabilities("shopee"), tables)


@contextmanager
def opened(market: Market, folder: Path) -> Iterator[Catalogue]:
    """A catalogue with the whole market loaded; the facts of ledger and shops are kept in the market."""
    with Catalogue(folder / "work", memory_limit="300MB", threads=1) as catalogue:
        market.ledger_facts = catalogue.load_ledger(read_of(market, folder))
        for shop in market.shops:
            market.shop_facts[ShopName(shop.name)] = catalogue.load_shop(shop.rules, pulled_of(shop, folder))
        yield catalogue


def listing(item: str, sku: str, sellable: int = 0, **other: object) -> Row:
    return {"item_id": item, "seller_sku": sku, "sellable": sellable, **other}
