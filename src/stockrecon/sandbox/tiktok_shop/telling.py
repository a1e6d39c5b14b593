"""TikTok Shop's webhooks: who is told what, in the vendor's envelope, signed (reference: TikTok 2.3 and 2.11).

The type of `inventory_update`, announced in 2026, is not published, so it is not sent: of stock only LOW and OUT are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.push import Notice, PushRules
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.tiktok_shop import orders, views
from stockrecon.sandbox.tiktok_shop.gate import TiktokKeys, push_signature
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.records import CREATOR, PROMOTION
from stockrecon.sandbox.wire import Body

RULES = PushRules(
    retries=(timedelta(minutes=2), timedelta(minutes=30), timedelta(hours=3), timedelta(hours=12)),
    statuses=frozenset({200, 401}),
    empty=True,
    seconds=3.0,
)
"""200 and, for a bad signature, 401 are receipts, both with an empty body; four more attempts, then it is lost."""
LOW_STOCK = 5
"""At how many units a SKU is low; sellers set it themselves, this is our choice."""
TYPES = {
    "ORDER_STATUS_CHANGE": 1,
    "PRODUCT_STATUS_CHANGE": 5,
    "CANCELLATION_STATUS_CHANGE": 11,
    "RETURN_STATUS_CHANGE": 12,
    "INVENTORY_STATUS_CHANGE": 27,
    "PRODUCT_AUDIT_STATUS_CHANGE": 37,
    "ACTIVITY_STATUS_CHANGE": 39,
}
"""Topics by the names that the vendor's Event API uses, with the numbers that stand in the messages."""
_ACTIVITY = {"running": "ONGOING", "ended": "EXPIRED", "cancelled": "DEACTIVATED"}


def notices(shop: TiktokShop, keys: TiktokKeys, event: Event) -> Iterator[Notice]:
    """The messages about an event; the number of one is made of what it says, so that a retry has the same."""
    for kind, data in _told(shop, event):
        stamp = int(event.at.timestamp())
        text = json.dumps([kind, stamp, event.subject, data], sort_keys=True)
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
        envelope: Body = {
            "type": TYPES[kind],
            "tts_notification_id": f"73{number:017d}",
            "shop_id": keys.shop_id,
            "timestamp": stamp,
            "data": data,
        }
        body = json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()
        yield Notice(kind, body, {"Content-Type": "application/json", "Authorization": push_signature(keys, body)})


def _told(shop: TiktokShop, event: Event) -> Iterator[tuple[str, Body]]:
    stamp = int(event.at.timestamp())
    if event.kind == "order":
        yield from _order(shop, event, stamp)
    elif event.kind == "stock":
        yield from _inventory(shop, event, stamp)
    elif event.kind == "listing":
        yield from _product(shop, event, stamp)
    elif event.kind == "campaign" and event.what in _ACTIVITY and shop.campaigns[event.subject].sort == PROMOTION:
        yield (
            "ACTIVITY_STATUS_CHANGE",
            {
                "activity_id": event.subject,
                "update_time": stamp,
                "activity_type": "FIXED_PRICE",
                "product_level": "VARIATION",
                "status": _ACTIVITY[event.what],
            },
        )


def _order(shop: TiktokShop, event: Event, stamp: int) -> Iterator[tuple[str, Body]]:
    """A request to cancel changes no order status; one that is carried out is told twice. `CANCEL` is so spelled."""
    order = shop.orders[event.subject]
    status = {
        OrderStatus.UNPAID: "UNPAID",
        OrderStatus.PAID: _paid(shop, event),
        OrderStatus.SHIPPED: "IN_TRANSIT",
        OrderStatus.CANCELLED: "CANCEL",
    }.get(OrderStatus(event.what))
    if status is not None:
        data: Body = {"order_id": order.order_id, "order_status": status, "is_on_hold_order": bool(shop.remorse)}
        yield "ORDER_STATUS_CHANGE", {**data, "update_time": stamp}
    if event.what in (OrderStatus.CANCEL_REQUESTED, OrderStatus.CANCELLED):
        row = orders.cancellation(shop, order)
        pending = event.what == OrderStatus.CANCEL_REQUESTED
        yield (
            "CANCELLATION_STATUS_CHANGE",
            {
                "order_id": order.order_id,
                "cancellations_role": row["role"],
                "cancel_status": "CANCELLATION_REQUEST_PENDING" if pending else row["cancel_status"],
                "cancel_id": row["cancel_id"],
                "create_time": row["create_time"],
            },
        )
    if event.what == OrderStatus.RETURNED:
        row = orders.parcel_return(shop, order)
        names = ("return_id", "return_type", "return_status", "create_time", "update_time")
        told = {name: row[name] for name in names}
        yield "RETURN_STATUS_CHANGE", {"order_id": order.order_id, "return_role": row["role"], **told}


def _paid(shop: TiktokShop, event: Event) -> str:
    """A paid order is on hold, then awaits shipment, then its carrier; which of them, the time of the event tells."""
    order = shop.orders[event.subject]
    if shop.arranged.get(order.order_id) == event.at:
        return "AWAITING_COLLECTION"
    paid = order.paid_at or event.at
    return "ON_HOLD" if event.at < paid + shop.remorse else "AWAITING_SHIPMENT"


def _inventory(shop: TiktokShop, event: Event, stamp: int) -> Iterator[tuple[str, Body]]:
    """Told when what can be bought falls to the threshold or to nothing. Its `available_quantity` is what ordinary
    buyers can take, unlike the inventory search's (reference: TikTok 2.6).
    """
    sku = shop.listing(event.key)
    steps = (0, LOW_STOCK)
    if sku is None or not any(event.after <= step < event.before for step in steps):
        return
    sellable = shop.buckets(sku.key)[0]
    campaign, creator = views.reserved(shop, sku, ""), views.reserved(shop, sku, CREATOR)
    held = views.committed(sku)
    yield (
        "INVENTORY_STATUS_CHANGE",
        {
            "product_id": sku.item_id,
            "sku_id": sku.variation_id,
            "trigger_reason": {"alert_type": "REALTIME", "low_stock_threshold": LOW_STOCK},
            "current_inventory_status": "LOW_STOCK" if event.after else "OUT_OF_STOCK",
            "inventory_distribution": {
                "total_quantity": sellable + creator + campaign + held,
                "available_quantity": sellable,
                "creator_reserved_quantity": creator,
                "campaign_reserved_quantity": campaign,
                "committed_quantity": held,
            },
            "update_time": stamp,
        },
    )


def _product(shop: TiktokShop, event: Event, stamp: int) -> Iterator[tuple[str, Body]]:
    item, listing = event.item_id, shop.listing(event.key)
    status = views.product_status(shop, item)
    told = "PRODUCT_AUDIT_FAILURE" if status == "FAILED" else "PRODUCT_STATUS_CHANGED"
    reason = listing.message if listing else ""
    yield (
        "PRODUCT_STATUS_CHANGE",
        {"product_id": item, "status": told, "suspended_reason": reason, "update_time": stamp},
    )
    audit: Body = {"product_id": item, "audit": {"status": views.audit_status(shop, item)}, "update_time": stamp}
    mirror = views.mirror_status(shop, item)
    if mirror:
        audit["integrated_platform_statuses"] = {"platform": "TOKOPEDIA", "status": mirror}
    yield "PRODUCT_AUDIT_STATUS_CHANGE", audit
