"""A small Omisell on loopback: what is published of it as published, and for the rest one way that it could be.

The stock, movement and adjustment calls and their fields are made up here; the ledger knows them by its settings alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.omisell import OmisellLedger
from tests.erp.wire import START, Asked, Told, Wire, serving

NOW = START
KEY, SECRET = "0a1b2c3d", "f5e4d3c2b1a0"
STOCK = "/open/stock"
ONE = "/open/stock/one"
MOVES = "/open/moves"
ADJUST = "/open/adjust"
PATHS = {"stock": STOCK, "sku": ONE + "?code={sku}"}
FIELDS = {"sku": "code", "available": "qty.free"}
ALL_PATHS = {**PATHS, "movements": MOVES + "?from={since}&to={until}", "adjust": ADJUST}
MOVEMENT_FIELDS = {
    "id": "id",
    "sku": "code",
    "at": "time",
    "quantity": "change",
    "kind": "reason",
    "reference": "memo",
    "order": "order_no",
    "shop": "shop",
    "balance": "after",
}
ADJUST_FIELDS = {"sku": "code", "by": "change", "ref": "memo", "list": "lines"}
CORRECTING: dict[str, object] = {
    "paths": ALL_PATHS,
    "movement_fields": MOVEMENT_FIELDS,
    "adjust_fields": ADJUST_FIELDS,
    "kinds": {"adjust": "manual", "order": "order"},
}
Row = dict[str, Any]


@dataclass
class House(Wire):
    """`token`: the one that is taken now. `used`: what the next answers say of the bucket. `served`: rows of a page."""

    token: str = "token-1"
    tokens: int = 0
    used: str = ""
    served: int = 1000
    stock: dict[str, Row] = field(default_factory=dict)
    moves: list[Row] = field(default_factory=list)
    orders: dict[str, Row] = field(default_factory=dict)
    shops: list[Row] = field(default_factory=lambda: [{"shop_id": 7, "shop_name": "Shopee Vietnam"}])
    headers: dict[str, str] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)
    seconds: float = 0.0
    on_stock: Any = None
    on_adjust: Any = None
    opened: list[OmisellLedger] = field(default_factory=list)

    def item(self, code: str, free: int, **more: Any) -> None:
        self.stock[code] = {
            "code": code,
            "qty": {"free": free, "all": free, "held": 0, "buffer": 0, "extra": 0},
            **more,
        }

    def order(self, number: str, lines: dict[str, int], status: int = 300, **more: Any) -> str:
        """An order of shop 7, made now; its units are taken off available."""
        name, at = f"OMI-{number}", int(self.now.timestamp())
        head = {"omisell_order_number": name, "order_number": number, "shop_id": 7, "status_id": status}
        head |= {"status_name": f"state {status}", "created_time": at, "updated_time": at, **more}
        items = [{"inventory_sku": sku, "quantity": units} for sku, units in lines.items()]
        self.orders[name] = {**head, "parcels": [{"inventory_items": items}]}
        for sku, units in lines.items():
            self.stock[sku]["qty"]["free"] -= units
        return name

    def cancel(self, name: str) -> None:
        self.orders[name] |= {"status_id": 702, "updated_time": int(self.now.timestamp())}
        for item in self.orders[name]["parcels"][0]["inventory_items"]:
            self.stock[item["inventory_sku"]]["qty"]["free"] += item["quantity"]

    def move(self, code: str, change: int, reason: str = "adjust", memo: str = "", **more: Any) -> None:
        self.stock[code]["qty"]["free"] += change
        row = {"id": f"M{len(self.moves) + 1}", "code": code, "change": change, "reason": reason, "memo": memo}
        self.moves.append({**row, "time": int(self.now.timestamp()), "after": self.stock[code]["qty"]["free"], **more})

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def answer(self, asked: Asked) -> Told:
        if asked.path == "/api/v2/auth/token/get/":
            return self._token(asked)
        self.headers = dict(asked.headers)
        if asked.headers.get("authorization") not in (f"Omi {self.token}", "Account business"):
            return said(None, 401, "Token is invalid")
        if asked.path == ADJUST:
            return self._adjust(asked)
        return self._read(asked)

    def _token(self, asked: Asked) -> Told:
        if asked.document() != {"api_key": KEY, "api_secret": SECRET}:
            return said(None, 400, "Wrong API key")
        self.tokens += 1
        self.token = f"token-{self.tokens}"
        told = {"token": self.token, "expired_time": 1, "refresh_token": "r", "refresh_expired_time": 2}
        return Told({"data": told, "error": False, "error_code": 201, "attr_error": None, "messages": ""}, 201)

    def _read(self, asked: Asked) -> Told:
        if asked.path == "/api/v2/public/shop/list":
            return self._page(asked, self.shops)
        if asked.path == "/api/v2/public/order/list":
            low, high = int(asked.query["updated_from"]), int(asked.query["updated_to"])
            rows = [one for one in self.orders.values() if low <= one["updated_time"] <= high]
            return self._page(asked, [{key: one[key] for key in one if key != "parcels"} for one in rows])
        if asked.path.startswith("/api/v2/public/order/"):
            order = self.orders.get(unquote(asked.path.rpartition("/")[2]))
            return said(order) if order else said(None, 404, "No such order")
        if asked.path == STOCK:
            if self.on_stock is not None:
                self.on_stock(self)
            return self._page(asked, list(self.stock.values()))
        if asked.path == ONE:
            row = self.stock.get(asked.query["code"])
            return said(row) if row else said(None, 404, "No such SKU")
        if asked.path == MOVES:
            low, high = int(asked.query["from"]), int(asked.query["to"])
            return self._page(asked, [one for one in self.moves if low <= one["time"] <= high])
        return said(None, 404, "Not found")

    def _page(self, asked: Asked, rows: list[Row]) -> Told:
        number, size = int(asked.query["page"]), min(int(asked.query["page_size"]), self.served)
        part, rest = rows[(number - 1) * size : number * size], rows[number * size :]
        more = f"http://x/?page={number + 1}" if rest else None
        answer = said({"results": part, "count": len(rows), "next": more, "previous": None})
        return Told(answer.document, 200, {"X-Omisell-Api-Call-Limit": self.used} if self.used else {})

    def _adjust(self, asked: Asked) -> Told:
        if self.on_adjust is not None:
            return Told({"data": None, "error": True, "error_code": 4001, "messages": self.on_adjust}, 200)
        for line in asked.document()["lines"]:
            self.move(line["code"], line["change"], memo=line["memo"])
        return said({})


def said(data: Any, status: int = 200, messages: str = "") -> Told:
    return Told({"data": data, "error": status >= 300, "error_code": status, "messages": messages}, status)


@contextmanager
def running(house: House) -> Iterator[str]:
    with serving(house, house.answer) as address:
        yield address


def settings(address: str, **more: object) -> LedgerSettings:
    usual: dict[str, object] = {
        "base_url": address,
        "api_key": Secret(KEY),
        "api_secret": Secret(SECRET),
        "paths": PATHS,
        "fields": FIELDS,
        "shops": {"shopee-vn": "7"},
    }
    options = {name: value for name, value in {**usual, **more}.items() if value is not None}
    return LedgerSettings("omisell", Path("/nowhere"), options=options)


def ledger(house: House, address: str, **more: object) -> OmisellLedger:
    """Its clock and its sleep are the house's: nothing waits. The house's fixture closes it."""
    made = OmisellLedger(
        settings(address, **more),
        clock=lambda: house.now,
        sleep=house.sleep,
        jitter=lambda: 0.5,
        monotonic=lambda: house.seconds,
    )
    house.opened.append(made)
    return made


def rows(house: House, address: str, spool: Path, **more: object) -> dict[str, list[dict[str, str]]]:
    """The tables as a run reads them."""
    spool.mkdir(exist_ok=True)
    read = ledger(house, address, **more).read(spool, house.now)
    found = {}
    for name, table in read.tables.items():
        with Path(table.path).open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def request(by: int = -1, ref: str = "stockrecon:A:1", available: int = 5, sku: str = "A") -> CorrectionRequest:
    return CorrectionRequest(Sku(sku), by, ref, "stockrecon: cancelled-order-restock", NOW, available)
