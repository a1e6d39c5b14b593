"""Ginee's calls: each signed, answers checked and unwrapped. Nothing here knows what they are for."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from stockrecon.core.secret import Secret
from stockrecon.errors import ReadFault
from stockrecon.ledgers.ginee.errors import WHO, judge_for
from stockrecon.rest import Client, Request, Unsettled
from stockrecon.rest.fields import Malformed, Object, an_object, objects, text, whole
from stockrecon.spool.cells import zone_of

PAGE = 50
"""Rows of one page of a warehouse's SKUs: "default is 50", and no more (doc.ginee.com, ListWarehouseInventory)."""
ORDERS = 100
"""Orders of one page, and of one call for their items (doc.ginee.com, v2/ListOrder, GetOrderDetails)."""
SHOPS = 100
"""Shops of one page: "default is 100" (doc.ginee.com, ListShop)."""
WITHIN = 20.0
"""Seconds in which a write may begin: the number that it sets was computed from what was read just before."""
_TRIES = 3

STOCK = "/openapi/warehouse-inventory/v1/sku/list"
ADJUST = "/openapi/warehouse-inventory/v1/product/stock/update"
ORDER_LIST = "/openapi/order/v2/list-order"
ORDER_ITEMS = "/openapi/order/v1/batch-get"
SHOP_LIST = "/openapi/shop/v1/list"
WAREHOUSES = "/openapi/warehouse/v1/search"
"""Inferred: other programs call it so; its own page was not found. Where it is not there, ids serve without it."""


class GineeSigner:
    """`Authorization: ACCESS KEY:base64(HMAC-SHA256(secret, METHOD$PATH$))` (doc.ginee.com, Get Started).

    Neither body nor time is signed, so a signature is as good as the key: it is never shown.
    """

    def __init__(self, key: str, secret: Secret, country: str) -> None:
        self._key, self._secret, self._country = key, secret, country

    def sign(self, request: Request, now: datetime) -> Request:
        signed = hmac.digest(self._secret.reveal().encode(), f"{request.method}${request.path}$".encode(), "sha256")
        authorization = f"{self._key}:{base64.b64encode(signed).decode('ascii')}"
        own = (("Authorization", authorization), ("X-Advai-Country", self._country))
        return replace(request, headers=(*request.headers, *own))


class Ginee:
    """The calls of one account. Every method raises ReadFault, AuthFault, Refused, or Malformed."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def now(self) -> datetime:
        """Ginee's time."""
        return self.client.now()

    def warehouses(self) -> list[Object]:
        return self._whole(WAREHOUSES, {}, PAGE, _id)

    def shops(self) -> list[Object]:
        return self._whole(SHOP_LIST, {}, SHOPS, lambda row: text(row.get("shopId")))

    def stock(self, warehouse: str, skus: Sequence[str] = ()) -> list[Object]:
        """The rows of one warehouse, of some SKUs or of all."""
        body: Object = {"warehouseId": warehouse}
        if skus:
            body["masterSkuList"] = list(skus)
        return self._whole(STOCK, body, PAGE, lambda row: _id(an_object(row.get("warehouseInventory"), "row")))

    def any_stock(self, warehouse: str) -> list[Object]:
        """The first page alone, to see whether it can be read and what it says."""
        return _content(self._call(STOCK, {"warehouseId": warehouse, "page": 0, "size": PAGE}), STOCK)

    def orders(self, since: datetime, to: datetime) -> list[Object]:
        """Orders that were updated in this span, which is at most 15 days (doc.ginee.com, v2/ListOrder)."""
        body: Object = {"lastUpdateSince": written(since), "lastUpdateTo": written(to), "size": ORDERS}
        found: list[Object] = []
        cursors: list[object] = []
        while True:
            data = an_object(self._call(ORDER_LIST, body), "list-order")
            page = _content(data, ORDER_LIST)
            found += page
            if not isinstance(data.get("more"), bool):
                raise Malformed("list-order does not say whether there is more")
            if not data["more"]:
                return found
            # It stands beside the orders; the page of an older version has it in the last of them.
            cursor = data.get("nextCursor") or (page[-1].get("nextCursor") if page else None)
            if not cursor or cursor in cursors:
                raise Malformed("list-order says that there is more, and not where")
            cursors.append(cursor)
            body = {**body, "nextCursor": cursor}

    def order_items(self, ids: Sequence[str]) -> dict[str, list[Object]]:
        """The items of orders, by the order's id in Ginee."""
        found: dict[str, list[Object]] = {}
        for start in range(0, len(ids), ORDERS):
            asked = list(ids[start : start + ORDERS])
            for order in objects(self._call(ORDER_ITEMS, {"orderIds": asked}), "batch-get"):
                found[text(order.get("orderId"))] = objects(order.get("items"), "batch-get.items")
        missing = [each for each in ids if each not in found]
        if missing:
            raise Malformed(f"batch-get leaves out {len(missing)} of {len(ids)} orders that it was asked for")
        return found

    def adjust(self, warehouse: str, sku: str, quantity: int, remark: str) -> Object:
        """Sets a SKU's warehouse stock; its row as it stands afterwards. Raises Unsettled where it may have been set.

        Source: doc.ginee.com, AdjustInventory. That the quantity is absolute follows from its example.
        """
        line = {"masterSku": sku, "quantity": quantity, "remark": remark}
        body = {"warehouseId": warehouse, "stockList": [line]}
        request = Request("POST", ADJUST, json=body, repeatable=False, within=WITHIN)
        answer = self.client.call(request, judge=judge_for("stock/update"))
        try:
            data = an_object(an_object(answer.json(), "answer").get("data"), "stock/update.data")
            rows = [row for row in objects(data.get("stockList"), "stock/update") if row.get("masterSku") == sku]
            if len(rows) != 1:
                raise Malformed(f"stock/update answers success with {len(rows)} lines of {sku}")
        except Malformed as bad:
            raise Unsettled(WHO, f"Ginee's answer is not understood: {bad}") from None
        return rows[0]

    def _call(self, path: str, body: Object) -> object:
        name = path.rpartition("/v")[2].partition("/")[2]
        answer = self.client.call(Request("POST", path, json=body), judge=judge_for(name))
        return an_object(answer.json(), "answer").get("data")

    def _whole(self, path: str, body: Object, size: int, key: Callable[[Object], str]) -> list[Object]:
        """All rows of a numbered list. It ends where Ginee's own count is reached, and that count must not have moved.

        Rows that come or go shift the pages, so that one is missed or shown twice: then it is read once more.
        """
        told = ""
        for _ in range(_TRIES):
            rows, told = self._walk(path, body, size, key)
            if not told:
                return list(rows.values())
        raise ReadFault(WHO, f"{path}: {told}, {_TRIES} times", way_on="Run again when less is going on in Ginee.")

    def _walk(
        self, path: str, body: Object, size: int, key: Callable[[Object], str]
    ) -> tuple[Mapping[str, Object], str]:
        """The rows by their keys, and what is wrong with them, or nothing."""
        found: dict[str, Object] = {}
        count, page = None, 0
        while True:
            data = an_object(self._call(path, {**body, "page": page, "size": size}), path)
            rows = _content(data, path)
            total = whole(data.get("total"), f"{path}.total")
            if count is not None and total != count:
                return found, f"Ginee's count went from {count} to {total} while the pages were read"
            count, page = total, page + 1
            for row in rows:
                if (name := key(row)) in found:
                    return found, f"{name} stands on two pages"
                found[name] = row
            if len(found) == total and len(rows) <= size:
                return found, ""
            if not rows or len(found) > total:
                return found, f"Ginee counts {total} rows, its pages held {len(found)}"


def chunks(values: Sequence[str], size: int) -> list[Sequence[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def written(at: datetime) -> str:
    """A time as Ginee takes it: "UTC timestamp", as in `2020-12-01T16:00:04Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(value: object, zone: str, where: str) -> datetime | None:
    """A time; one without an offset is placed by `zone`. None where it is empty."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(text(value))
        return (found.replace(tzinfo=zone_of(zone)) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"{where} is no time") from None


def _id(row: Object) -> str:
    found = text(row.get("id"))
    if not found:
        raise Malformed("a row has no id")
    return found


def _content(data: object, path: str) -> list[Object]:
    found = an_object(data, path).get("content")
    if not isinstance(found, list):
        raise Malformed(f"{path}.content is not a list")
    return objects(found, f"{path}.content")
