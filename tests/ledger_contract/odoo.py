"""The book in an Odoo, which is an imitation on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.erp.odoo import DATABASE, KEY, LOGIN, Odoo, serve
from tests.ledger_contract.house import Config
from tests.ledger_contract.story import LAZADA, SHOPEE
from tests.ledger_contract.web import WebHouse

WRONG = "57726f6e67206b6579206f66206e6f626f6479"


class OdooHouse(WebHouse):
    """Two warehouses count, a shelf at the customer's does not. `protocol` is fixed by the kind of house."""

    version, protocol = 19, "json2"
    correcting = (b"action_apply",)
    reads = (b"stock.move",)

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.odoo = Odoo(version=self.version, clock=lambda: self.now)
        self.served = stack.enter_context(serve(self.odoo))
        self.port = urlsplit(self.served.base_url).port or 0
        self.key = self.secret(KEY)
        company = self.odoo.company
        view = self.odoo.place("W2", "view", company=company)
        self.second = self.odoo.place("Shelf", "internal", view, company)
        values = {"name": "Second", "code": "W2", "company_id": company, "view_location_id": view}
        house = self.odoo.add("stock.warehouse", {**values, "lot_stock_id": self.second})
        for number in (view, self.second):
            self.odoo.put("stock.location", number, warehouse_id=house)
        self.outside = self.odoo.place("Consigned", "internal", company=company)
        self.products: dict[str, int] = {}
        self.ordered: dict[str, int] = {}

    def ledger(self) -> Config:
        return {
            "type": "odoo",
            "base_url": self.served.base_url,
            "api_key": self.key,
            "database": DATABASE,
            "user": LOGIN,
            "protocol": self.protocol,
            "warehouses": ["WH", "W2"],
            "available": "promised",
            "shop_field": "partner_id",
            "shops": {SHOPEE: "Shopee VN", LAZADA: "Lazada VN"},
            "stocktakes": ["Stocktake*"],
            "correct_at": "WH/Stock",
            "requests_per_second": 1000,
        }

    def puts_up(self, sku: str) -> None:
        self.products[sku] = self.odoo.product(sku)

    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None:
        self.products[sku] = self.odoo.kit(sku, {self.products[part]: units for part, units in parts.items()})

    def receives(self, sku: str, units: int, *, second: bool = False) -> None:
        self.odoo.receive(self.products[sku], units)
        if second:
            self.odoo.move(self.products[sku], units, self.odoo.stock, self.second)

    def orders(self, shop: str, number: str, sku: str, units: int) -> None:
        partner = {SHOPEE: "Shopee VN", LAZADA: "Lazada VN"}.get(shop, shop)
        self.ordered[number] = self.odoo.order(number, {self.products[sku]: units}, partner)

    def ships(self, number: str) -> None:
        self.odoo.deliver(self.ordered[number])

    def cancels(self, number: str) -> None:
        self.odoo.cancel(self.ordered[number])

    def gives_back(self, number: str) -> None:
        self.odoo.give_back(self.ordered[number])

    def sets_by_hand(self, sku: str, by: int) -> None:
        product = self.products[sku]
        self.odoo.set_by_hand(product, self.odoo.on_hand(product) + by)

    def takes_stock(self, found: Mapping[str, int]) -> None:
        for sku, by in found.items():
            product = self.products[sku]
            self.odoo.set_by_hand(product, self.odoo.on_hand(product) + by, "Stocktake 2026-11")

    def takes_out(self, sku: str, units: int) -> None:
        self.odoo.move(self.products[sku], units, self.odoo.stock, self.outside)

    def moves_inside(self, sku: str, units: int) -> None:
        self.odoo.move(self.products[sku], units, self.odoo.stock, self.second)

    def documents(self, ref: str) -> list[int]:
        """Done moves of an adjustment, as Moves Analysis shows them: to the loss they take, from it they bring."""
        with self.odoo.lock:
            return [
                int(move["quantity"]) * (-1 if move["location_dest_id"] == self.odoo.loss else 1)
                for move in self.odoo.table("stock.move").values()
                if move["reference"] == ref and move["state"] == "done" and move["is_inventory"]
            ]

    def left_over(self, sku: str) -> int:
        """Counts that nobody applied."""
        with self.odoo.lock:
            quants = self.odoo.table("stock.quant").values()
            return sum(bool(one["inventory_quantity_set"]) for one in quants if one["product_id"] == self.products[sku])

    def wrong(self) -> Config:
        return {**self.ledger(), "api_key": self.secret(WRONG)}

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        """Inventory: User."""
        self.odoo.groups = frozenset({"user"})
        yield self.ledger()
        self.odoo.groups = frozenset({"user", "manager"})

    @contextmanager
    def closed(self) -> Iterator[Config]:
        self.odoo.locked = self.now.date().isoformat()
        yield self.ledger()
        self.odoo.locked = ""


class OldOdooHouse(OdooHouse):
    """As Odoo spoke before 19."""

    version, protocol = 18, "jsonrpc"
