"""The book in an ERPNext, which is an imitation on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.erp.erpnext import KEY, SECRET, Erpnext, running
from tests.ledger_contract.house import Config
from tests.ledger_contract.story import LAZADA, SHOPEE
from tests.ledger_contract.web import WebHouse

CUSTOMERS = {SHOPEE: "Shopee Vietnam", LAZADA: "Lazada Vietnam"}
FIELD = "custom_stockrecon_ref"
FIRST, SECOND, OUTSIDE = "Stores - D", "Shelf - D", "Consigned - D"
WRONG = "0000deadbeef000"


class ErpnextHouse(WebHouse):
    """Two warehouses count, a third does not."""

    correcting = (b"POST /api/resource/Stock%20Entry",)
    reads = (b"Bin",)

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.site = Erpnext(custom={"Stock Entry": {FIELD: True}})
        self.site.settings["dont_reserve_sales_order_qty_on_sales_return"] = 1
        for name in ("Stores", "Shelf", "Consigned"):
            self.site.warehouse(name)
        self.base_url = stack.enter_context(running(self.site))
        self.port = urlsplit(self.base_url).port or 0
        self.given = self.secret(SECRET)
        self.ordered: dict[str, str] = {}
        self.sent: dict[str, str] = {}

    def ledger(self) -> Config:
        return {
            "type": "erpnext",
            "base_url": self.base_url,
            "api_key": KEY,
            "api_secret": self.given,
            "warehouses": [FIRST, SECOND],
            "correct_at": FIRST,
            "shop_field": "customer",
            "shops": CUSTOMERS,
            "requests_per_second": 1000,
        }

    def at(self, ago: timedelta) -> None:
        super().at(ago)
        self.site.now = self.now

    def puts_up(self, sku: str) -> None:
        self.site.item(sku)

    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None:
        self.site.item(sku, is_stock_item=0)
        self.site.bundle(sku, dict(parts))

    def receives(self, sku: str, units: int, *, second: bool = False) -> None:
        self.site.take_in(sku, SECOND if second else FIRST, units)

    def orders(self, shop: str, number: str, sku: str, units: int) -> None:
        customer = CUSTOMERS.get(shop, shop)
        self.ordered[number] = self.site.order(sku, FIRST, units, po_no=number, customer=customer)

    def ships(self, number: str) -> None:
        self.sent[number] = self.site.deliver(self.ordered[number])

    def cancels(self, number: str) -> None:
        self.site.cancel_order(self.ordered[number])

    def gives_back(self, number: str) -> None:
        self.site.give_back(self.sent[number])

    def sets_by_hand(self, sku: str, by: int) -> None:
        self.site.receive(sku, FIRST, by)

    def takes_stock(self, found: Mapping[str, int]) -> None:
        self.site.count(FIRST, {sku: self.site.bin(sku, FIRST)["actual_qty"] + by for sku, by in found.items()})

    def takes_out(self, sku: str, units: int) -> None:
        self.site.transfer(sku, FIRST, OUTSIDE, units)

    def moves_inside(self, sku: str, units: int) -> None:
        self.site.transfer(sku, FIRST, SECOND, units)

    def documents(self, ref: str) -> list[int]:
        """Submitted Stock Entries that bear it, by their rows."""
        with self.site.lock:
            return [
                int(row["qty"]) * (1 if row.get("t_warehouse") else -1)
                for entry in self.site.tables["Stock Entry"].values()
                if entry.get(FIELD) == ref and entry["docstatus"] == 1
                for row in entry["items"]
            ]

    def left_over(self, sku: str) -> int:
        """Drafts."""
        with self.site.lock:
            entries = self.site.tables["Stock Entry"].values()
            return sum(
                entry["docstatus"] == 0 and any(row["item_code"] == sku for row in entry["items"]) for entry in entries
            )

    def wrong(self) -> Config:
        return {**self.ledger(), "api_secret": self.secret(WRONG)}

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        self.site.rights["Stock Entry"] = {"read", "select"}
        yield self.ledger()
        del self.site.rights["Stock Entry"]

    @contextmanager
    def closed(self) -> Iterator[Config]:
        self.site.settings["stock_frozen_upto"] = self.site.local_now().date().isoformat()
        yield self.ledger()
        self.site.settings["stock_frozen_upto"] = None
