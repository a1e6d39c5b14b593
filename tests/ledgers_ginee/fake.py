"""A small Ginee on the wire: the calls that the ledger makes, as doc.ginee.com shows them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from stockrecon.rest import Answer, Request, WireFault

KEY = "4fd2c0ffee001122"
SECRET = "a-secret-of-ginee"
HOME = "WW64BE1DB61890960001D39C7D"
FAR = "WW64BE1DB61890960001D39C7E"
START = datetime(2026, 11, 11, 5, 0, tzinfo=UTC)
STOCK = "/openapi/warehouse-inventory/v1/sku/list"
ADJUST = "/openapi/warehouse-inventory/v1/product/stock/update"
ORDERS = "/openapi/order/v2/list-order"
ITEMS = "/openapi/order/v1/batch-get"
SHOPS = "/openapi/shop/v1/list"
WAREHOUSES = "/openapi/warehouse/v1/search"
Body = dict[str, Any]
Trouble = Callable[[Body], Answer | None]


class Refusal(Exception):
    """Ginee's code and message."""


@dataclass(slots=True)
class FakeGinee:
    """`troubles`: by path, what happens instead of the next answers; a trouble that returns None lets the call through.
    `lost`: by path, what its next answer ends in, after it took effect. `meanwhile`: what happens before each call."""

    now: datetime = START
    pages: int = 50
    rows: dict[tuple[str, str], Body] = field(default_factory=dict)
    orders: dict[str, Body] = field(default_factory=dict)
    shops: list[Body] = field(default_factory=list)
    warehouses: list[Body] = field(default_factory=list)
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    lost: dict[str, BaseException] = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    calls: list[tuple[str, Body]] = field(default_factory=list)
    adjusted: list[Body] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, name in ((HOME, "Home"), (FAR, "Far")):
            row = {"id": number, "code": name[0], "name": name, "type": "MY_WAREHOUSE", "status": "ENABLE"}
            self.warehouses.append(row)

    def put(self, sku: str, warehouse: int = 0, place: str = HOME, **more: Any) -> Body:
        """A SKU's row, with its buckets."""
        held = {
            "id": f"WI{len(self.rows)}",
            "warehouseId": place,
            "warehouseStock": warehouse,
            "lockedStock": 0,
            "spareStock": 0,
            "promotionStock": 0,
            "transportStock": 0,
            "safetyStock": 0,
            "pushStatus": "SUCCESS",
            "failReason": None,
            "type": "NORMAL",
            "updateDatetime": "2026-11-01T00:00:00Z",
        }
        held |= more
        self.rows[place, sku] = held
        return held

    def order(self, number: str, items: dict[str, int], status: str = "PAID", shop: str = "SH1", **more: Any) -> Body:
        order: Body = {
            "orderId": f"SO{number}",
            "shopId": shop,
            "orderStatus": status,
            "createAt": "2026-11-11T04:00:00Z",
            "lastUpdateAt": "2026-11-11T04:00:00Z",
            "externalOrderId": f"X{number}",
            "externalOrderSn": number,
            "items": [{"masterSku": sku, "sku": "channel", "quantity": units} for sku, units in items.items()],
        }
        order |= more
        self.orders[order["orderId"]] = order
        return order

    def touch(self, held: Body, **buckets: int) -> None:
        """Changes a row as Ginee does: it bears the time."""
        held |= buckets
        held["updateDatetime"] = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def send(self, request: Request) -> Answer:
        """The Transport of a client. Raises WireFault for what is lost."""
        body: Body = json.loads(request.body or b"{}")
        self.calls.append((request.path, body))
        if (event := self.meanwhile.get(request.path)) is not None:
            event()
        if waiting := self.troubles.get(request.path):
            answer = waiting.pop(0)(body)
            if answer is not None:
                return answer
        try:
            self._authorise(request)
            data = self._answer(request.path, body)
        except Refusal as refused:
            code, message = refused.args
            return self.answer(200, {"code": code, "message": message, "data": None, "extra": None})
        if request.path in self.lost:
            raise self.lost.pop(request.path)
        return self.answer(200, {"code": "SUCCESS", "message": "OK", "data": data, "extra": None})

    def close(self) -> None: ...

    def answer(self, status: int, document: object) -> Answer:
        headers = {"date": format_datetime(self.now, usegmt=True), "content-type": "application/json"}
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return Answer(status, headers, body)

    def refuse(self, path: str, code: str, times: int = 1, status: int = 200) -> None:
        document = {"code": code, "message": "in Ginee's words", "data": None}
        self.troubles.setdefault(path, []).extend([lambda _: self.answer(status, document)] * times)

    def cut(self, path: str, times: int = 1) -> None:
        """The next requests of a path leave this machine and never arrive."""

        def gone(_: Body) -> Answer:
            raise WireFault("the connection was cut", sent=True)

        self.troubles.setdefault(path, []).extend([gone] * times)

    def lose(self, path: str) -> None:
        """The next answer of a path never arrives."""
        self.lost[path] = WireFault("the connection was cut", sent=True)

    def _authorise(self, request: Request) -> None:
        headers = {name.lower(): value for name, value in request.headers}
        signed = hmac.new(SECRET.encode(), f"{request.method}${request.path}$".encode(), hashlib.sha256).digest()
        if headers.get("authorization") != f"{KEY}:{base64.b64encode(signed).decode()}":
            raise Refusal("IAM_FAILED", "signature does not match")
        if headers.get("x-advai-country") not in ("ID", "CN", "PH", "VN", "TH", "MY"):
            raise Refusal("PARAMETER_ERROR", "X-Advai-Country")

    def _answer(self, path: str, body: Body) -> object:
        if path == STOCK:
            return self._page(self._stock(body), body)
        if path == WAREHOUSES:
            return self._page(self.warehouses, body)
        if path == SHOPS:
            return self._page(self.shops, body)
        if path == ORDERS:
            return self._orders(body)
        if path == ITEMS:
            return [order for number in body["orderIds"] if (order := self.orders.get(number)) is not None]
        if path == ADJUST:
            return self._adjust(body)
        raise Refusal("NOT_FOUND", path)

    def _page(self, rows: list[Body], body: Body) -> Body:
        size = min(body.get("size", self.pages), self.pages)
        start = body.get("page", 0) * size
        return {"page": body.get("page", 0), "size": size, "total": len(rows), "content": rows[start : start + size]}

    def _stock(self, body: Body) -> list[Body]:
        wanted = {sku.lower() for sku in body.get("masterSkuList", [])}
        found = []
        for (place, sku), held in self.rows.items():
            # Like many a database, the filter takes "a" for "A".
            if place != body["warehouseId"] or (wanted and sku.lower() not in wanted):
                continue
            own = held["warehouseStock"] - sum(held[name] or 0 for name in ("lockedStock", "spareStock"))
            shown = {"availableStock": own - held["promotionStock"], **held}
            row = {"warehouseInventory": shown, "masterVariation": {"masterSku": sku}, "channelVariationCount": 1}
            found.append(row)
        return found

    def _orders(self, body: Body) -> Body:
        since, to = (datetime.fromisoformat(body[name]) for name in ("lastUpdateSince", "lastUpdateTo"))
        if to - since > timedelta(days=15):
            raise Refusal("PARAMETER_ERROR", "date range cannot exceed 15 days")
        found = [order for order in self.orders.values() if since <= _time(order["lastUpdateAt"]) <= to]
        start = body.get("nextCursor", [0])[0]
        page = [{name: value for name, value in each.items() if name != "items"} for each in found[start : start + 2]]
        return {"content": page, "more": start + 2 < len(found), "nextCursor": [start + 2, "x"]}

    def _adjust(self, body: Body) -> Body:
        lines = []
        for line in body["stockList"]:
            held = self.rows.get((body["warehouseId"], line["masterSku"]))
            if held is None:
                raise Refusal("DATA_NOT_EXISTED", "The data you requested does not exist")
            self.adjusted.append(line)
            self.touch(held, warehouseStock=line["quantity"])
            lines.append({**held, "masterSku": line["masterSku"], "quantity": None})
        return {"warehouseId": body["warehouseId"], "stockList": lines}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
