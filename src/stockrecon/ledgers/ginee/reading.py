"""One reading of the whole ledger: orders, then stock, then what came in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon.core.sources import LedgerRead, TableFile
from stockrecon.core.tables import MOVEMENTS, STOCK, Table
from stockrecon.ledgers.ginee.api import Ginee
from stockrecon.ledgers.ginee.errors import Refused, Why
from stockrecon.ledgers.ginee.orders import Orders
from stockrecon.ledgers.ginee.places import Places, cut_off, shop_names
from stockrecon.ledgers.ginee.record import Record, State
from stockrecon.ledgers.ginee.setup import Setup
from stockrecon.ledgers.ginee.stock import Stock
from stockrecon.rest.fields import Object, plain
from stockrecon.spool.writer import SpoolWriter

ROUNDS = 4
"""How often orders that came in while stock was read are looked for before that is told instead."""
MARGIN = timedelta(minutes=30)
"""How long an order may take from the marketplace to Ginee: it bears the marketplace's time of its last change."""
_SHOWN = 5


@dataclass(slots=True)
class Reading:
    """What one reading needs, and what it found that a person should know."""

    ginee: Ginee
    setup: Setup
    places: Places
    record: Record
    warnings: list[str] = field(default_factory=list)

    def spool(self, folder: Path, now: datetime) -> LedgerRead:
        """Reads everything into `folder`.

        Orders come first: one that is missing beside stock that it lowered already is taken for one in flight, which
        is the cautious side.
        """
        since = now - self.setup.history
        looked = self.ginee.now()
        orders = self._orders(since, looked)
        stock = Stock(self.ginee, self.places.read, self.setup.zone)
        stock.read()
        as_of = self._caught_up(orders, stock, looked) if orders is not None else looked
        known = self._stock_rows(stock)
        tables = {"stock": _written(folder, STOCK, known.values())}
        if orders is not None:
            rows = [*orders.rows(since, known), *self._corrections(since, known)]
            tables["movements"] = _written(folder, MOVEMENTS, rows)
        self.warnings += telling(stock)
        return LedgerRead("ginee", min(as_of, now), tables, zone="UTC", warnings=tuple(self.warnings))

    def _orders(self, since: datetime, to: datetime) -> Orders | None:
        """None where the key may not read orders, or none are wanted."""
        shops = self._shops()
        if not self.setup.history:
            return None
        orders = Orders(self.ginee, shop_names(shops, self.setup), self.setup.order_field, self.setup.zone)
        try:
            orders.gather(since, to)
        except Refused as refused:
            if refused.why is Why.RULE:
                raise
            self.warnings.append(f"orders may not be read, so no movement is known: {refused.what}")
            return None
        return orders

    def _shops(self) -> list[Object]:
        try:
            shops = self.ginee.shops()
        except Refused as refused:
            if refused.why is Why.RULE or self.setup.shops:
                raise
            return []
        if lost := list(cut_off(shops)):
            words = "no order of theirs reaches Ginee and no stock leaves it until they are authorised again in Ginee"
            self.warnings.append(f"Ginee is cut off from {len(lost)} shops: {_some(lost)}; {words}")
        return shops

    def _caught_up(self, orders: Orders, stock: Stock, looked: datetime) -> datetime:
        """Reads the SKUs of orders that are new since again, until there are none; the time of the last look."""
        for _ in range(ROUNDS):
            since, looked = looked - MARGIN, self.ginee.now()
            touched = orders.gather(since, looked)
            if not touched:
                return looked
            stock.read_some(touched.intersection(stock.skus()))
        words = f"orders kept coming in while stock was read ({ROUNDS} rounds): the newest may be missing in it"
        self.warnings.append(words)
        return looked

    def _stock_rows(self, stock: Stock) -> dict[str, Mapping[str, object]]:
        found: dict[str, Mapping[str, object]] = {}
        unknown: list[str] = []
        for sku in stock.skus():
            available = stock.available(sku, self.setup.formula)
            if available is None:
                unknown.append(sku)
                continue
            times = [row.updated_at for row in stock.of(sku) if row.updated_at is not None]
            found[sku] = {"sku": sku, "available": available, "updated_at": max(times, default=None)}
        if unknown:
            self.warnings.append(f"left out, for Ginee does not tell all of their stock: {_some(unknown)}")
        empty = [place.shown for place in self.places.read if not any(key[0] == place.id for key in stock.rows)]
        if empty:
            self.warnings.append(f"Ginee shows no SKU at all in {', '.join(empty)}")
        return found

    def _corrections(self, since: datetime, known: Mapping[str, object]) -> Iterator[dict[str, object]]:
        """Ours, from the record: Ginee shows none."""
        for entry in self.record.entries().values():
            if entry.state is State.POSTED and entry.at >= since and entry.sku in known:
                yield {
                    "id": entry.ref,
                    "sku": entry.sku,
                    "at": entry.at,
                    "quantity": entry.by,
                    "kind": "correction",
                    "ref": entry.ref,
                    "note": "AdjustInventory",
                }


def telling(stock: Stock) -> Iterator[str]:
    """Pushes that failed, by Ginee's own word: of a SKU and not of a listing, so they are no rows of `pushes`."""
    failed: dict[str, set[str]] = {}
    for row in stock.rows.values():
        if row.trouble:
            failed.setdefault(row.trouble, set()).add(row.sku)
    for reason, skus in sorted(failed.items(), key=lambda each: (-len(each[1]), each[0]))[:_SHOWN]:
        yield f"Ginee's last push of {len(skus)} SKUs failed ({reason}): {_some(sorted(skus))}"
    if len(failed) > _SHOWN:
        yield f"Ginee's last push failed for {len(failed) - _SHOWN} other reasons as well"


def _some(names: list[str]) -> str:
    told = ", ".join(plain(name, 80) for name in names[:_SHOWN])
    return told if len(names) <= _SHOWN else f"{told} and {len(names) - _SHOWN} more"


def _written(folder: Path, table: Table, rows: Iterable[Mapping[str, object]]) -> TableFile:
    path = folder / f"{table.name}.csv"
    with SpoolWriter(table, path) as writer:
        writer.write_all(rows)
    return TableFile(str(path), f"Ginee {table.name}", trusted=True)
