"""The seller of the stories: shops, and an order management system that keeps the ledger and pushes to them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stockrecon.core.tables import LEDGER_LISTINGS, MOVEMENTS, PUSHES, STOCK, Table
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Key
from stockrecon.sandbox.sends import send

LOST = "timed out"
"""What the system writes down of a push that nobody answered."""


@dataclass
class Market:
    """The seller's shops by name, and by SKU which listing of each sells it."""

    shops: dict[str, Shop]
    places: dict[str, dict[str, Key]] = field(default_factory=dict)


class Oms:
    """The seller's order management: books in the ledger, pushes to the shops. Times come from the clock."""

    def __init__(self, market: Market, clock: SandboxClock) -> None:
        self.market, self.clock = market, clock
        self.stock: dict[str, int] = {}
        self.touched: dict[str, datetime] = {}
        self.movements: list[dict[str, object]] = []
        self.pushes: list[dict[str, object]] = []

    def book(self, sku: str, quantity: int, kind: str, shop: str = "", order_id: str = "", note: str = "") -> None:
        now = self.clock.now()
        self.stock[sku] = self.stock.get(sku, 0) + quantity
        self.touched[sku] = now
        self.movements.append(
            {
                "id": f"{len(self.movements) + 1:06d}",
                "sku": sku,
                "at": now,
                "quantity": quantity,
                "kind": kind,
                "shop": shop,
                "order_id": order_id,
                "balance": self.stock[sku],
                "note": note,
            }
        )

    def push(self, sku: str, *, normal_only: bool = False, lost: str = "") -> None:
        """Send max(0, available) to every listing of the SKU; what is sent to the shop `lost` never arrives.

        `normal_only`: the OMS takes the channel's number for ordinary stock and adds what is locked, so the locked
        units are exposed on top of what it meant (the cause of story 1).
        """
        number = max(0, self.stock[sku])
        for name, key in self.market.places[sku].items():
            shop = self.market.shops[name]
            extra = shop.locked(key) if normal_only else 0
            error = LOST if name == lost else send(shop, self.clock.now(), key, number + extra)
            row = {"shop": name, "item_id": key[0], "variation_id": key[1], "quantity": number}
            self.pushes.append({**row, "at": self.clock.now(), "ok": "false" if error else "true", "error": error})

    def write(self, folder: Path) -> None:
        """The ledger's tables as CSV (contract, section 4), as they stand at the clock's time."""
        folder.mkdir(parents=True, exist_ok=True)
        stock: list[dict[str, object]] = [
            {"sku": sku, "available": units, "updated_at": self.touched[sku]} for sku, units in self.stock.items()
        ]
        tables = (
            (STOCK, stock),
            (MOVEMENTS, self.movements),
            (LEDGER_LISTINGS, self._listings()),
            (PUSHES, self.pushes),
        )
        for table, rows in tables:
            _write_csv(folder / f"{table.name}.csv", table, rows)
        text = f"as_of: {self.clock.now().isoformat(timespec='seconds')}\nzone: Asia/Ho_Chi_Minh\n"
        (folder / "ledger.yaml").write_text(text, "utf-8")

    def _listings(self) -> list[dict[str, object]]:
        return [
            {"shop": shop, "item_id": key[0], "variation_id": key[1], "seller_sku": sku, "sku": sku, "units": 1}
            for sku, places in self.market.places.items()
            for shop, key in places.items()
        ]


def _write_csv(path: Path, table: Table, rows: Iterable[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table.names, restval="", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    name: value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
                    for name, value in row.items()
                }
            )
