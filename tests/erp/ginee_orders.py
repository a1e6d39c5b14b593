"""Ginee's orders: lists by time with a cursor, and their lines (doc.ginee.com, order)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.erp.ginee import Ginee
from tests.erp.ginee_errors import empty, wrong
from tests.erp.ginee_stock import told

Doc = dict[str, Any]
WINDOW = timedelta(days=15)
MONTHS = timedelta(days=92)
"""Only orders of the last three months are listed, unless `historicalData` is asked for."""
MOST = 100
HEAD = ("orderId", "externalOrderId", "externalOrderSn", "channel", "shopId", "orderStatus")


def list_orders(house: Ginee, body: Doc) -> Doc:
    """v2/ListOrder: within 15 days of creation or change, newest first, `more` and `nextCursor` until the end."""
    size = body.get("size", 10)
    if not isinstance(size, int) or not 1 <= size <= MOST:
        raise wrong(f"size should be less than or equal to {MOST}")
    found = sorted(_wanted(house, body), key=lambda one: (one["lastUpdateAt"], one["orderId"]), reverse=True)
    cursor = body.get("nextCursor")
    if cursor:
        place = [number for number, one in enumerate(found) if _cursor(one) == cursor]
        if not place:
            raise wrong("nextCursor")
        found = found[place[0] + 1 :]
    rows, rest = found[:size], found[size:]
    heads = [{**{name: one[name] for name in HEAD}, **_times(one)} for one in rows]
    return {"content": heads, "more": bool(rest), "nextCursor": _cursor(rows[-1]) if rest else None}


def _wanted(house: Ginee, body: Doc) -> Iterator[Doc]:
    created, updated = _window(body, "create"), _window(body, "lastUpdate")
    numbers = body.get("orderNumbers") or body.get("externalOrderIds")
    if created is None and updated is None and not numbers:
        raise empty("createSince or lastUpdateSince")
    shops = body.get("shopIdList") or ([body["shopId"]] if body.get("shopId") else None)
    for one in house.orders.values():
        if created is not None and not created[0] <= one["createAt"] <= created[1]:
            continue
        if updated is not None and not updated[0] <= one["lastUpdateAt"] <= updated[1]:
            continue
        if bool(body.get("historicalData")) != (one["createAt"] < house.now - MONTHS):
            continue
        if numbers and one["externalOrderSn"] not in numbers:
            continue
        if shops and one["shopId"] not in shops:
            continue
        if any(body.get(name) not in (None, one[name]) for name in ("orderStatus", "channel")):
            continue
        yield one


def _window(body: Doc, name: str) -> tuple[datetime, datetime] | None:
    since, to = _time(body.get(f"{name}Since")), _time(body.get(f"{name}To"))
    if since is None:
        return None
    if to is None:
        to = since + WINDOW
    if to < since or to - since > WINDOW:
        raise wrong(f"{name}Since and {name}To must be within 15 days")
    return since, to


def _time(given: Any) -> datetime | None:
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(str(given))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise wrong(f"not a UTC timestamp: {given}")
    return at


def _cursor(order: Doc) -> list[str]:
    return [told(order["lastUpdateAt"]) or "", order["orderId"]]


def _times(order: Doc) -> Doc:
    return {
        name: told(order[name]) for name in ("createAt", "payAt", "lastUpdateAt", "externalCreateAt") if name in order
    }


def orders_in_full(house: Ginee, body: Doc) -> list[Doc]:
    """GetOrderDetails: by at most 100 ids of Ginee's, or by a shop and its channel's order ids."""
    return [_full(one) for one in _named(house, body, "channelOrderIds")]


def order_items(house: Ginee, body: Doc) -> list[Doc]:
    """The same of version 3, which names the channel's ids `externalOrderIds`."""
    return [_full(one) for one in _named(house, body, "externalOrderIds")]


def _named(house: Ginee, body: Doc, channels: str) -> list[Doc]:
    ids, theirs = body.get("orderIds") or [], body.get(channels) or []
    if not ids and not (theirs and body.get("shopId")):
        raise empty("orderIds")
    if len(ids) > MOST or len(theirs) > MOST:
        raise wrong(f"No more than {MOST} at a time")
    if ids:
        return [house.orders[one] for one in ids if one in house.orders]
    held = house.orders.values()
    return [one for one in held if one["shopId"] == body["shopId"] and one["externalOrderId"] in theirs]


def _full(order: Doc) -> Doc:
    lines = [
        {**{name: line[name] for name in ("itemId", "masterSku", "sku", "quantity")}, "productName": line["masterSku"]}
        for line in order["items"]
    ]
    return {**{name: order[name] for name in HEAD}, **_times(order), "items": lines, "currency": "IDR"}
