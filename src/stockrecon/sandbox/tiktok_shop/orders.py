"""TikTok Shop's wire shapes of orders, cancellations and returns (reference: TikTok 2.8).

One line item is one unit; there is no quantity. Times are seconds and left out while they have not come.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.records import Line, MarketOrder
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.places import sent_from
from stockrecon.sandbox.tiktok_shop.views import CURRENCIES, PRICE, seconds, with_lists
from stockrecon.sandbox.wire import Body

DELIVERED_AFTER, COMPLETED_AFTER = timedelta(days=3), timedelta(days=10)
"""How long after it left an order is delivered, and completed; our choice."""
STATUSES = (
    "UNPAID",
    "ON_HOLD",
    "AWAITING_SHIPMENT",
    "PARTIALLY_SHIPPING",
    "AWAITING_COLLECTION",
    "IN_TRANSIT",
    "DELIVERED",
    "COMPLETED",
    "CANCELLED",
)
_ROLES = {"buyer": "BUYER", "seller": "SELLER", "channel": "SYSTEM"}
_PACKAGE = {"AWAITING_COLLECTION": "PROCESSING", "IN_TRANSIT": "FULFILLING", "CANCELLED": "CANCELLED"}


def stage(shop: TiktokShop, order: MarketOrder, now: datetime) -> tuple[str, datetime]:
    """An order's status at `now`, and since when; some change by time alone, and their update time with them."""
    status, since = order.status, order.updated_at
    if status is OrderStatus.UNPAID:
        return "UNPAID", since
    if status is OrderStatus.CANCELLED:
        return "CANCELLED", since
    if status in (OrderStatus.PAID, OrderStatus.CANCEL_REQUESTED):
        if order.order_id in shop.arranged:
            return "AWAITING_COLLECTION", since
        if shop.on_hold(order, now):
            return "ON_HOLD", since
        ready = (order.paid_at or since) + shop.remorse
        return "AWAITING_SHIPMENT", max(since, min(ready, now))
    left = order.shipped_at or since
    if status is OrderStatus.RETURNED:
        return "COMPLETED", since
    if now >= left + COMPLETED_AFTER:
        return "COMPLETED", max(since, left + COMPLETED_AFTER)
    if now >= left + DELIVERED_AFTER:
        return "DELIVERED", max(since, left + DELIVERED_AFTER)
    return "IN_TRANSIT", since


def order_row(shop: TiktokShop, order: MarketOrder, now: datetime) -> Body:
    status, since = stage(shop, order, now)
    units = list(_units(order))
    total = str(len(units) * int(PRICE))
    platform = any(listing.platform for line in order.lines if (listing := shop.listing(line.key)))
    asked = order.status is OrderStatus.CANCEL_REQUESTED
    row: Body = {
        "id": order.order_id,
        "status": status,
        "create_time": seconds(order.created_at),
        "paid_time": seconds(order.paid_at),
        "rts_time": seconds(shop.arranged.get(order.order_id) or order.shipped_at),
        "update_time": seconds(since),
        "request_cancel_time": seconds(_requested(shop, order)),
        "cancel_time": seconds(order.cancelled_at),
        "cancel_order_sla_time": seconds(order.created_at + shop.unpaid_cancelled_after) if status == "UNPAID" else 0,
        "is_on_hold_order": bool(shop.remorse),
        "is_buyer_request_cancel": asked,
        "is_cod": False,
        "is_sample_order": False,
        "is_replacement_order": False,
        "is_exchange_order": False,
        "warehouse_id": sent_from(shop, order),
        "fulfillment_type": "FULFILLMENT_BY_TIKTOK" if platform else "FULFILLMENT_BY_SELLER",
        "shipping_type": "TIKTOK",
        "delivery_type": "HOME_DELIVERY",
        "order_type": "NORMAL",
        "user_id": "7021436810468230477",
        "payment": {"currency": CURRENCIES.get(shop.region, "USD"), "sub_total": total, "total_amount": total},
        "line_items": [_line_item(shop, order, line, number, status) for number, line in enumerate(units, 1)],
    }
    if shop.region == "ID":
        row["commerce_platform"] = shop.sold_on(order)
    if status == "CANCELLED" or asked:
        row["cancellation_initiator"] = _ROLES.get(order.cancelled_by, "SYSTEM")
        row["cancel_reason"] = order.cancel_reason
    return {name: value for name, value in row.items() if not (name.endswith("_time") and value == 0)}


def _units(order: MarketOrder) -> Iterator[Line]:
    for line in order.lines:
        for _ in range(line.quantity):
            yield line


def _line_id(order: MarketOrder, number: int) -> str:
    return f"{order.order_id}{number:03d}"


def _line_item(shop: TiktokShop, order: MarketOrder, line: Line, number: int, status: str) -> Body:
    listing = shop.listing(line.key)
    item: Body = {
        "id": _line_id(order, number),
        "product_id": line.item_id,
        "product_name": listing.title if listing else "",
        "sku_id": line.variation_id,
        "sku_name": listing.title if listing else "",
        "sku_type": "NORMAL",
        "seller_sku": listing.seller_sku if listing else "",
        "display_status": "AWAITING_SHIPMENT" if status == "ON_HOLD" else status,
        "package_status": _PACKAGE.get(status, "COMPLETED" if status in ("DELIVERED", "COMPLETED") else "TO_FULFILL"),
        "is_gift": False,
        "sale_price": PRICE,
        "original_price": PRICE,
        "currency": CURRENCIES.get(shop.region, "USD"),
    }
    if status == "CANCELLED":
        item["cancel_user"] = _ROLES.get(order.cancelled_by, "SYSTEM")
        item["cancel_reason"] = order.cancel_reason
    return item


def _requested(shop: TiktokShop, order: MarketOrder) -> datetime | None:
    """When its buyer asked to cancel; of an order that a folder told, its last change."""
    if order.status is OrderStatus.CANCEL_REQUESTED:
        return shop.requested.get(order.order_id, order.updated_at)
    return shop.requested.get(order.order_id)


# Cancellations and returns


def cancel_id(order: MarketOrder) -> str:
    return f"4{order.order_id}"


def cancel_status(order: MarketOrder) -> str:
    """Pending while the seller is asked; complete once money went back, which an unpaid order had none of."""
    if order.status is OrderStatus.CANCEL_REQUESTED:
        return "CANCELLATION_REQUEST_PENDING"
    return "CANCELLATION_REQUEST_COMPLETE" if order.paid_at else "CANCELLATION_REQUEST_SUCCESS"


def cancellation(shop: TiktokShop, order: MarketOrder) -> Body:
    asked = _requested(shop, order)
    row: Body = {
        "cancel_id": cancel_id(order),
        "order_id": order.order_id,
        "cancel_type": "BUYER_CANCEL" if order.cancelled_by == "buyer" else "CANCEL",
        "cancel_status": cancel_status(order),
        "role": _ROLES.get(order.cancelled_by, "SYSTEM"),
        "cancel_reason": order.cancel_reason,
        "cancel_reason_text": order.cancel_reason,
        "create_time": seconds(asked or order.cancelled_at or order.updated_at),
        "update_time": seconds(order.updated_at),
        "cancel_line_items": [
            {"cancel_line_item_id": f"4{_line_id(order, number)}", **_returned_unit(shop, order, line, number)}
            for number, line in enumerate(_units(order), 1)
        ],
    }
    if order.status is OrderStatus.CANCEL_REQUESTED:
        deadline = seconds(order.updated_at + timedelta(hours=48))
        row["seller_next_action_response"] = [{"action": "SELLER_RESPOND_CANCEL", "deadline": deadline}]
    return with_lists(row)


def _returned_unit(shop: TiktokShop, order: MarketOrder, line: Line, number: int) -> Body:
    listing = shop.listing(line.key)
    return {
        "order_line_item_id": _line_id(order, number),
        "sku_id": line.variation_id,
        "sku_name": listing.title if listing else "",
        "product_name": listing.title if listing else "",
        "seller_sku": listing.seller_sku if listing else "",
    }


def parcel_return(shop: TiktokShop, order: MarketOrder) -> Body:
    """A parcel that came back; nothing is put back into stock by itself."""
    return {
        "return_id": f"5{order.order_id}",
        "order_id": order.order_id,
        "return_type": "RETURN_AND_REFUND",
        "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE",
        "role": "BUYER",
        "create_time": seconds(order.updated_at),
        "update_time": seconds(order.updated_at),
        "return_line_items": [
            {"return_line_item_id": f"5{_line_id(order, number)}", **_returned_unit(shop, order, line, number)}
            for number, line in enumerate(_units(order), 1)
        ],
    }
