"""The book in a Ginee, which is an imitation on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from tests.erp.ginee import ACCESS_KEY, SECRET_KEY, Ginee, running
from tests.ledger_contract.house import Config
from tests.ledger_contract.story import LAZADA, SHOPEE
from tests.ledger_contract.web import WebHouse

NAMES = {SHOPEE: "Shopee Vietnam", LAZADA: "Lazada Vietnam"}
WRONG = "00000000deadbeef"
_AHEAD = timedelta(seconds=2)
"""Ginee's time is known by its `Date` headers, to the second: so it is never before that of a run."""
_ARRIVES = timedelta(minutes=3)


class GineeHouse(WebHouse):
    """Two warehouses count, a third does not. It is some hours ago, for `runs undo` always runs now."""

    correcting = (b"POST /openapi/warehouse-inventory/v1/product/stock/update",)
    reads = (b"/openapi/warehouse-inventory/v1/sku/list",)

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.noon = self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
        self.site = Ginee(now=self.noon, country="VN")
        self.first, self.second, self.outside = map(self.site.warehouse, ("Stores", "Shelf", "Consigned"))
        self.shops = {shop: self.site.shop(name) for shop, name in NAMES.items()}
        self.another = self.site.shop("Another")
        self.base_url = stack.enter_context(running(self.site))
        self.port = urlsplit(self.base_url).port or 0
        self.given = self.secret(SECRET_KEY)
        self.kits: dict[str, Mapping[str, int]] = {}
        self.ordered: dict[str, str] = {}

    def ledger(self) -> Config:
        return {
            "type": "ginee",
            "base_url": self.base_url,
            "access_key": ACCESS_KEY,
            "secret_key": self.given,
            "country": "VN",
            "warehouses": ["Stores", "Shelf"],
            "correct_at": "Stores",
            "shops": NAMES,
            "history": "40d",
            "record": str(self.folder / "corrections.jsonl"),
            "requests_per_second": 1000,
        }

    def at(self, ago: timedelta) -> None:
        super().at(ago)
        self.site.now = self.now if ago else self.now + _AHEAD

    def time_passes(self) -> None:
        self.noon += _ARRIVES
        self.at(timedelta())

    def puts_up(self, sku: str) -> None:
        for place in (self.first, self.second, self.outside):
            self.site.item(sku, 0, place)

    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None:
        """Ginee's API has no kits: an order of one holds its parts."""
        self.kits[sku] = parts

    def receives(self, sku: str, units: int, *, second: bool = False) -> None:
        self.site.change(sku, self.second if second else self.first, units=units)

    def orders(self, shop: str, number: str, sku: str, units: int) -> None:
        parts = {part: units * each for part, each in self.kits.get(sku, {sku: 1}).items()}
        self.ordered[number] = self.site.order(self.shops.get(shop, self.another), number, parts, self.first)

    def ships(self, number: str) -> None:
        self.site.move_order(self.ordered[number], "SHIPPING")

    def cancels(self, number: str) -> None:
        self.site.move_order(self.ordered[number], "CANCELLED")

    def gives_back(self, number: str) -> None:
        self.site.move_order(self.ordered[number], "RETURNED")

    def sets_by_hand(self, sku: str, by: int) -> None:
        self.site.change(sku, self.first, units=by)

    def takes_stock(self, found: Mapping[str, int]) -> None:
        for sku, by in found.items():
            self.site.change(sku, self.first, units=by)

    def takes_out(self, sku: str, units: int) -> None:
        self._moves(sku, units, self.outside)

    def moves_inside(self, sku: str, units: int) -> None:
        self._moves(sku, units, self.second)

    def _moves(self, sku: str, units: int, goal: str) -> None:
        self.site.change(sku, self.first, units=-units)
        self.site.change(sku, goal, units=units)

    def documents(self, ref: str) -> list[int]:
        """Adjustments whose remark it is."""
        with self.site.lock:
            return [each.after - each.before for each in self.site.effects if each.remark == ref]

    def wrong(self) -> Config:
        return {**self.ledger(), "secret_key": self.secret(WRONG)}
