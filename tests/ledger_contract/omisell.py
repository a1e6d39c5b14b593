"""The book in an Omisell, which is an imitation on loopback: what is not published of it is as the tests say."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from tests.ledger_contract.house import Config
from tests.ledger_contract.story import LAZADA, SHOPEE
from tests.ledger_contract.web import WebHouse
from tests.ledgers_omisell import house as there

IDS = {SHOPEE: "7", LAZADA: "8"}
WRONG = "00000000deadbeef"
_AHEAD = timedelta(seconds=2)
"""Omisell's time is known by its `Date` headers, to the second: so it is never before that of a run."""


class OmisellHouse(WebHouse):
    """Omisell's own list of movements is read. One number is kept for all places."""

    correcting = (b"POST /open/adjust",)
    reads = (b"GET /open/moves",)

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.site = there.House(now=self.noon)
        self.site.shops = [{"shop_id": int(number), "shop_name": shop} for shop, number in IDS.items()]
        self.base_url = stack.enter_context(there.running(self.site))
        self.port = urlsplit(self.base_url).port or 0
        self.keys = {"api_key": self.secret(there.KEY), "api_secret": self.secret(there.SECRET)}
        self.kits: dict[str, Mapping[str, int]] = {}
        self.ordered: dict[str, tuple[str, dict[str, int]]] = {}

    def ledger(self) -> Config:
        return {
            "type": "omisell",
            "base_url": self.base_url,
            **self.keys,
            "paths": there.ALL_PATHS,
            "fields": there.FIELDS,
            "movement_fields": there.MOVEMENT_FIELDS,
            "adjust_fields": there.ADJUST_FIELDS,
            "kinds": {
                kind: kind for kind in ("order", "cancel", "return", "manual", "stocktake", "receipt", "transfer")
            },
            "shops": IDS,
            "history": "40d",
            "requests_per_second": 1000,
        }

    def at(self, ago: timedelta) -> None:
        super().at(ago)
        self.site.now = self.now if ago else self.now + _AHEAD

    def puts_up(self, sku: str) -> None:
        self.site.item(sku, 0)

    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None:
        """What an order of one takes are its parts; nothing else tells of them."""
        self.kits[sku] = parts

    def receives(self, sku: str, units: int, *, second: bool = False) -> None:
        self.site.move(sku, units, "receipt")

    def orders(self, shop: str, number: str, sku: str, units: int) -> None:
        self.ordered[number] = (shop, {part: units * each for part, each in self.kits.get(sku, {sku: 1}).items()})
        self._of_order(number, -1, "order")

    def ships(self, number: str) -> None:
        """Its units were taken when it was ordered."""

    def cancels(self, number: str) -> None:
        self._of_order(number, +1, "cancel")

    def gives_back(self, number: str) -> None:
        self._of_order(number, +1, "return")

    def _of_order(self, number: str, sign: int, reason: str) -> None:
        shop, parts = self.ordered[number]
        for part, units in parts.items():
            self.site.move(part, sign * units, reason, order_no=number, shop=IDS.get(shop, ""))

    def sets_by_hand(self, sku: str, by: int) -> None:
        self.site.move(sku, by, "manual")

    def takes_stock(self, found: Mapping[str, int]) -> None:
        for sku, by in found.items():
            self.site.move(sku, by, "stocktake")

    def takes_out(self, sku: str, units: int) -> None:
        self.site.move(sku, -units, "transfer")

    def moves_inside(self, sku: str, units: int) -> None:
        """One number is kept for all places."""

    def documents(self, ref: str) -> list[int]:
        """Adjustments with this note."""
        with self.site.lock:
            return [int(move["change"]) for move in self.site.moves if move["memo"] == ref]

    def wrong(self) -> Config:
        return {**self.ledger(), "api_secret": self.secret(WRONG)}
