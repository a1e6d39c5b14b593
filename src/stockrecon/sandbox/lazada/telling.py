"""Lazada's push messages: orders by unit, quality control, shallow stock; none of campaigns (reference: Lazada 7)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.lazada import views
from stockrecon.sandbox.lazada.gate import LazadaKeys
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.push import Notice, PushRules
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.wire import Body

RULES = PushRules(retries=(timedelta(minutes=30),) * 12, statuses=frozenset({200}), seconds=0.5)
"""200 within half a second is a receipt; every half hour again, twelve times."""
ORDER, QUALITY, SHALLOW = "0", "1", "6"
SHALLOW_BELOW = 5
_ORDER = {
    OrderStatus.UNPAID: "unpaid",
    OrderStatus.PAID: "pending",
    OrderStatus.SHIPPED: "ready_to_ship",
    OrderStatus.CANCELLED: "canceled",
    OrderStatus.RETURNED: "returned",
}
_QUALITY = {
    ListingState.OK: "APPROVED",
    ListingState.REVIEWING: "PENDING",
    ListingState.ERROR: "REJECTED",
    ListingState.BANNED: "LOCK",
}


def signature(keys: LazadaKeys, body: bytes) -> str:
    """What the header `Authorization` holds (reference: Lazada 7)."""
    return hmac.new(keys.app_secret.encode(), keys.app_key.encode() + body, hashlib.sha256).hexdigest()


def notices(shop: LazadaShop, keys: LazadaKeys, event: Event) -> Iterator[Notice]:
    for kind, data in _told(shop, event):
        envelope: Body = {
            "seller_id": keys.seller_id,
            "message_type": int(kind),
            "data": data,
            "timestamp": int(event.at.timestamp() * 1000),
            "site": f"lazada_{shop.region.lower()}",
        }
        body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()
        yield Notice(kind, body, {"Content-Type": "application/json", "Authorization": signature(keys, body)})


def _told(shop: LazadaShop, event: Event) -> Iterator[tuple[str, Body]]:
    stamp = int(event.at.timestamp())
    if event.kind == "order" and event.what in _ORDER:
        order = shop.orders[event.subject]
        for number in range(1, sum(line.quantity for line in order.lines) + 1):
            data: Body = {"order_status": _ORDER[OrderStatus(event.what)], "trade_order_id": order.order_id}
            line = str(views.order_item_id(order, number))
            yield ORDER, {**data, "trade_order_line_id": line, "status_update_time": stamp}
    elif event.kind == "listing" and event.what in _QUALITY:
        listing = shop.listing(event.key)
        said: Body = {"itemId": event.item_id, "status": _QUALITY[ListingState(event.what)]}
        yield QUALITY, {**said, "reason": listing.message if listing else "", "date": stamp * 1000}
    elif event.kind == "stock" and event.after < SHALLOW_BELOW <= event.before:
        sku = shop.listing(event.key)
        for code, place in sku.places.items() if sku else ():
            yield (
                SHALLOW,
                {
                    "seller_sku": sku.seller_sku if sku else "",
                    "sku_id": event.variation_id,
                    "warehouse": code,
                    "real_quantity": place.sellable + place.withheld + place.occupied,
                    "withhold_quantity": place.withheld,
                    "occupy_quantity": place.occupied,
                    "pre_order_quantity": 0,
                },
            )
