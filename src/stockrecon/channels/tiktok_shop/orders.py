"""Orders: one row of TikTok Shop's is one unit (reference: TikTok Shop 2.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.channels.tiktok_shop.fields import (
    Malformed,
    Object,
    flag,
    identity,
    moment,
    objects,
    plain,
    text,
    units,
)
from stockrecon.core.model import ListingKey, Order, OrderStatus, ShopName

# What a status means for the shop's stock. Until a carrier has collected it a unit is in the warehouse.
_STATUSES = {
    "UNPAID": OrderStatus.UNPAID,
    # Paid; for about an hour the buyer may cancel without asking.
    "ON_HOLD": OrderStatus.PAID,
    "AWAITING_SHIPMENT": OrderStatus.PAID,
    "PARTIALLY_SHIPPING": OrderStatus.PAID,
    "AWAITING_COLLECTION": OrderStatus.PAID,
    "IN_TRANSIT": OrderStatus.SHIPPED,
    "DELIVERED": OrderStatus.SHIPPED,
    "COMPLETED": OrderStatus.SHIPPED,
    "CANCELLED": OrderStatus.CANCELLED,
    "CANCEL": OrderStatus.CANCELLED,
}
_CANCELLERS = {"BUYER": "buyer", "SELLER": "seller", "SYSTEM": "channel", "OPERATOR": "channel"}
_NOWHERE = (None, "", 0, "0")
"""What stands where an order names no warehouse, if it is not left out."""
_BY_SELLER = ("", "FULFILLMENT_BY_SELLER")
"""The platform ships the others from stock of its own: by TikTok, by Dilayani Tokopedia (the vendor's page)."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """Where units of one line are taken from, and what has become of them."""

    item_id: str
    sku_id: str
    status: OrderStatus


@dataclass(frozen=True, slots=True)
class Sent:
    """An order's rows, and the warehouse that sends it, "" where it names none. No rows: the platform's own stock."""

    warehouse: str
    rows: list[Order]


@dataclass(slots=True)
class OrderReader:
    """Turns orders into rows of the orders table. `bundles`: `PRODUCT/SKU` that orders show to be virtual bundles."""

    shop: ShopName
    warnings: list[str] = field(default_factory=list)
    bundles: set[str] = field(default_factory=set)

    def read(self, order: Object) -> Sent:
        """Its rows, whatever warehouse they are of. Raises Malformed."""
        rows = self.rows(order)
        told = order.get("warehouse_id")
        where = f"order {plain(order.get('id'), 40)}: warehouse_id"
        return Sent("" if told in _NOWHERE else identity(told, where), rows)

    def rows(self, order: Object) -> list[Order]:
        """One per listing and status; none for what the platform ships from its own stock. Raises Malformed."""
        number = identity(order.get("id"), "orders[].id")
        where = f"order {number}"
        made = moment(order.get("create_time"), f"{where}: create_time")
        if made is None:
            raise Malformed(f"{where}: create_time is missing")
        if text(order.get("fulfillment_type")) not in _BY_SELLER:
            return []
        counted: dict[_Unit, int] = {}
        first: dict[OrderStatus, Object] = {}
        for line in objects(order.get("line_items"), f"{where}: line_items"):
            status = self._status(order, line, where)
            first.setdefault(status, line)
            for item_id, sku_id, count in self._taken(line, where):
                unit = _Unit(item_id, sku_id, status)
                counted[unit] = counted.get(unit, 0) + count
        return [
            _row(self.shop, number, made, order, first[unit.status], unit, count) for unit, count in counted.items()
        ]

    def _taken(self, line: Object, where: str) -> Iterator[tuple[str, str, int]]:
        """Product, SKU and units of one row. A virtual bundle takes its parts' stock and has none of its own."""
        sku_id = identity(line.get("sku_id"), f"{where}: sku_id")
        item_id = identity(line.get("product_id"), f"{where}: product_id")
        parts = objects(line.get("combined_listing_skus"), f"{where}: combined_listing_skus")
        if not parts:
            yield item_id, sku_id, 1
            return
        self.bundles.add(f"{item_id}/{sku_id}")
        for part in parts:
            count = units(part.get("sku_count"), f"{where}: sku_count") or 1
            part_id = identity(part.get("sku_id"), f"{where}: combined sku_id")
            yield identity(part.get("product_id"), f"{where}: combined product_id"), part_id, count

    def _status(self, order: Object, line: Object, where: str) -> OrderStatus:
        """The row's own, since parts of an order go their own ways; the order's where it is over for all of it."""
        whole = _STATUSES.get(text(order.get("status")))
        word = text(line.get("display_status")) or text(order.get("status"))
        status = whole if whole is OrderStatus.CANCELLED else _STATUSES.get(word, whole)
        if status is None or word not in _STATUSES:
            self.warnings.append(f"{where}: the status {plain(word, 40)!r} is not known; taken as {status or 'paid'}")
        status = status or OrderStatus.PAID
        if status is OrderStatus.PAID and flag(order.get("is_buyer_request_cancel")):
            return OrderStatus.CANCEL_REQUESTED
        return status


def _row(shop: ShopName, number: str, made: datetime, order: Object, line: Object, unit: _Unit, count: int) -> Order:
    where = f"order {number}"
    gone = unit.status in (OrderStatus.CANCELLED, OrderStatus.CANCEL_REQUESTED)
    shipped = unit.status is OrderStatus.SHIPPED
    return Order(
        order_id=number,
        key=ListingKey(shop, unit.item_id, unit.sku_id),
        quantity=count,
        status=unit.status,
        created_at=made,
        paid_at=moment(order.get("paid_time"), f"{where}: paid_time"),
        shipped_at=moment(order.get("collection_time"), f"{where}: collection_time") if shipped else None,
        # Told once the whole order is cancelled; of a part of it the last update stands for the time.
        cancelled_at=moment(order.get("cancel_time"), f"{where}: cancel_time")
        if unit.status is OrderStatus.CANCELLED
        else None,
        updated_at=moment(order.get("update_time"), f"{where}: update_time"),
        cancelled_by=_canceller(order, line) if gone else "",
        cancel_reason=(plain(line.get("cancel_reason")) or plain(order.get("cancel_reason"))) if gone else "",
    )


def _canceller(order: Object, line: Object) -> str:
    word = text(line.get("cancel_user")) or text(order.get("cancellation_initiator"))
    return _CANCELLERS.get(word.upper(), "channel") if word else ""
