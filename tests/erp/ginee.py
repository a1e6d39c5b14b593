"""A Ginee on loopback: warehouses, master SKUs and their buckets of stock, shops and orders that lock units.

Written from the reference (Ginee 3.2 and 1.1) and the vendor's pages (doc.ginee.com) alone. What a test puts in by
itself is not among the `effects`. Times are UTC with a Z, as the vendor's examples are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.erp.wire import START, Fault, Wire, serving

__all__ = ["ACCESS_KEY", "OPEN", "SECRET_KEY", "START", "Effect", "Fault", "Ginee", "Stock", "running"]

ACCESS_KEY, SECRET_KEY = "0123456789abcdef", "fedcba9876543210"
OPEN = frozenset({"PENDING_PAYMENT", "PAID", "READY_TO_SHIP"})
"""States in which an order's units are locked; from SHIPPING on they have left the warehouse."""


@dataclass
class Stock:
    """One SKU in one warehouse. available = warehouse - spare - locked - promotion, and may be negative (GN-SPARE)."""

    warehouse_id: str
    sku: str
    updated: datetime
    warehouse: int = 0
    spare: int = 0
    locked: int = 0
    promotion: int = 0
    transport: int = 0
    safety: int = 0
    out: int = 0
    push_status: str = "SUCCESS"
    fail_reason: str | None = None
    enabled: str = "ENABLE"

    @property
    def available(self) -> int:
        return self.warehouse - self.spare - self.locked - self.promotion


@dataclass(frozen=True)
class Effect:
    """A change of stock that a call made: `bucket` is `warehouse` or `spare`."""

    call: str
    warehouse_id: str
    sku: str
    bucket: str
    before: int
    after: int
    remark: str


@dataclass
class Ginee(Wire):
    """`denied`: paths that this key may not call. `quiet`: refusals come with HTTP 200, the code alone tells.

    `stuck`: master SKUs whose line an update leaves undone: AdjustInventory leaves them out of its answer (inferred),
    the others name them in `failedList` with the words given here.
    """

    country: str = "ID"
    quiet: bool = False
    denied: set[str] = field(default_factory=set)
    stuck: dict[str, str] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=lambda: {ACCESS_KEY: SECRET_KEY})
    warehouses: dict[str, dict[str, Any]] = field(default_factory=dict)
    skus: dict[str, dict[str, Any]] = field(default_factory=dict)
    stocks: dict[tuple[str, str], Stock] = field(default_factory=dict)
    shops: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)

    def identity(self, prefix: str) -> str:
        return f"{prefix}64BE1DB6{next(self._numbers):016X}"

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)

    def warehouse(self, name: str, *, code: str = "", shelves: int = 1, **more: Any) -> str:
        found = self.identity("WW")
        usual: dict[str, Any] = {"code": code or name.upper(), "name": name, "type": "MY_WAREHOUSE", "status": "ENABLE"}
        usual |= {"provider": "GINEE_LOCAL", "isDefault": not self.warehouses}
        shelf = [{"id": self.identity("SI"), "shelfName": f"A-{number}"} for number in range(1, shelves + 1)]
        self.warehouses[found] = {"id": found, **usual, **more, "shelves": shelf}
        return found

    def item(self, sku: str, units: int = 0, warehouse: str = "", **buckets: Any) -> Stock | None:
        """A master SKU, and what of it lies in a warehouse; it may be called again for another warehouse."""
        if sku not in self.skus:
            ids = {"id": self.identity("MV"), "masterProductId": self.identity("MP")}
            self.skus[sku] = {**ids, "masterSku": sku, "name": f"Name of {sku}", "variationName": "", "bound": 1}
        if not warehouse:
            return None
        made = Stock(warehouse, sku, self.now, units, **buckets)
        self.stocks[warehouse, sku] = made
        return made

    def stock(self, sku: str, warehouse: str = "") -> Stock:
        """Of one warehouse, or of the only one that has it."""
        found = [one for key, one in self.stocks.items() if key[1] == sku and warehouse in ("", key[0])]
        assert len(found) == 1, f"{sku} lies in {len(found)} warehouses"
        return found[0]

    def inventory_id(self, stock: Stock) -> str:
        return f"WI{stock.warehouse_id[2:]}-{self.skus[stock.sku]['id']}"

    def change(self, sku: str, warehouse: str = "", **by: int) -> None:
        """Somebody in Ginee's screen: buckets move by so many units (`warehouse=` is the id; `units=` its bucket)."""
        held = self.stock(sku, warehouse)
        for bucket, units in by.items():
            name = "warehouse" if bucket == "units" else bucket
            setattr(held, name, getattr(held, name) + units)
        held.updated = self.now

    def shop(self, name: str, channel: str = "SHOPEE_ID", **more: Any) -> str:
        found = self.identity("SH")
        usual = {"shopId": found, "name": name, "channel": channel, "country": self.country}
        self.shops[found] = {**usual, "authorizationStatus": "ENABLE", "externalShopId": f"x{found}", **more}
        return found

    def order(self, shop: str, number: str, lines: Mapping[str, int], warehouse: str = "", **more: Any) -> str:
        """An order of a shop; it locks its units while it is open, unless `locks=False` (older than the binding)."""
        found = self.identity("SO")
        status = more.pop("status", "PAID")
        locks = more.pop("locks", True)
        items = [
            {"itemId": self.identity("IT"), "masterSku": sku, "sku": sku, "quantity": units, "warehouseId": warehouse}
            for sku, units in lines.items()
        ]
        made: dict[str, Any] = {"orderId": found, "externalOrderId": number, "externalOrderSn": number}
        made |= {"shopId": shop, "items": items}
        made |= {"channel": self.shops[shop]["channel"], "createAt": self.now, "lastUpdateAt": self.now}
        made |= {"externalCreateAt": self.now, "orderStatus": status, "locks": locks, "payAt": None, **more}
        if status != "PENDING_PAYMENT":
            made["payAt"] = self.now
        self.orders[found] = made
        self._lock(made, +1 if status in OPEN else 0)
        return found

    def move_order(self, order: str, status: str) -> None:
        """To another state: shipped units leave the warehouse, cancelled ones are unlocked, returned ones come back."""
        held = self.orders[order]
        before, held["orderStatus"], held["lastUpdateAt"] = held["orderStatus"], status, self.now
        if before in OPEN and status not in OPEN:
            self._lock(held, -1)
            if status != "CANCELLED":
                self._leave(held, -1)
        elif status == "RETURNED":
            self._leave(held, +1)
        if status == "PAID" and held["payAt"] is None:
            held["payAt"] = self.now

    def _lock(self, order: dict[str, Any], sign: int) -> None:
        if order["locks"]:
            for line in order["items"]:
                self.change(line["masterSku"], line["warehouseId"], locked=sign * line["quantity"])

    def _leave(self, order: dict[str, Any], sign: int) -> None:
        for line in order["items"]:
            self.change(line["masterSku"], line["warehouseId"], units=sign * line["quantity"])

    def promote(self, sku: str, units: int, warehouse: str = "") -> None:
        """Units are set aside for a promotion (or given back: negative)."""
        self.change(sku, warehouse, promotion=units)


@contextmanager
def running(house: Ginee) -> Iterator[str]:
    """Serves the house on a free port of loopback; gives its address."""
    from tests.erp.ginee_api import answer

    with serving(house, lambda asked: answer(house, asked)) as address:
        yield address
