"""Lazada's orders: one row of the answer is one unit (reference: Lazada 6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.channels.lazada.fields import first, flag, identifier, instant, objects, text
from stockrecon.channels.origins import Origins
from stockrecon.core.model import OrderStatus

_SHOP_SKU = re.compile(r"(\d+)_[A-Za-z]+-(\d+)", re.ASCII)

# What a status means for stock. At ready_to_ship a unit leaves occupyQuantity (reference: Lazada 6.3): for the shop's
# stock it is shipped. What was lost, damaged or comes back unsold has left as well; only a return that arrived is one.
_STATUSES = {
    "unpaid": OrderStatus.UNPAID,
    **dict.fromkeys(
        ("pending", "confirmed", "packed", "repacked", "ready_to_ship_pending", "topack"), OrderStatus.PAID
    ),
    **dict.fromkeys(
        ("ready_to_ship", "toship", "shipping", "shipped", "delivered", "completed", "shipped_back",
         "shipped_back_failed", "package_scrapped"),
        OrderStatus.SHIPPED,
    ),
    **dict.fromkeys(("canceled", "cancelled"), OrderStatus.CANCELLED),
    **dict.fromkeys(("returned", "shipped_back_success"), OrderStatus.RETURNED),
}  # fmt: skip
_SHIPPED_STARTS = ("failed", "lost", "damaged")


@dataclass(frozen=True, slots=True)
class OrderHead:
    """What the list of orders tells of one order."""

    order_id: str
    created_at: datetime | None
    updated_at: datetime | None
    items_count: int | None
    cancelling: bool

    @staticmethod
    def of(order: Mapping[str, object]) -> OrderHead | None:
        """None for a row without an order id."""
        order_id = identifier(first(order, "order_id", "orderId", "order_number"))
        if not order_id:
            return None
        count = identifier(first(order, "items_count", "itemsCount"))
        return OrderHead(
            order_id=order_id,
            created_at=instant(first(order, "created_at", "createdAt")),
            updated_at=instant(first(order, "updated_at", "updatedAt")),
            items_count=int(count) if count.isascii() and count.isdigit() else None,
            cancelling=_cancelling(order),
        )


@dataclass(frozen=True, slots=True)
class _Unit:
    """One row: one unit of one order."""

    order_id: str
    item_id: str
    sku_id: str
    status: OrderStatus
    created_at: datetime
    paid_at: datetime | None
    updated_at: datetime | None
    cancelled_by: str
    cancel_reason: str


@dataclass(slots=True)
class OrderReader:
    """Turns order items into rows of the orders table.

    `items` maps the SKU ids of the shop's listings to their item ids: order items name no item of their own.
    `origins`: what counts of their units, where one warehouse does; codes in small letters.
    """

    items: Mapping[str, str]
    origins: Origins = Origins()
    warnings: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """What the orders table lacks although it concerns a listing: then the snapshot is not complete."""

    def rows(self, head: OrderHead, order_items: Iterable[Mapping[str, object]]) -> Iterator[dict[str, object]]:
        """One row per listing and status of the order.

        Units that Lazada ships from its own stock are left out, and those from a warehouse that does not count: they
        take nothing of the stock that is compared. Where that cannot be told the order is `unreadable`.
        """
        groups: dict[tuple[str, str, OrderStatus], list[_Unit]] = {}
        count = 0
        for item in order_items:
            count += 1
            if flag(first(item, "is_fbl", "isFbl")) or not self._takes(head, item):
                continue
            unit = self._unit(head, item)
            if unit is not None:
                groups.setdefault((unit.item_id, unit.sku_id, unit.status), []).append(unit)
        if head.items_count is not None and count < head.items_count:
            self.unreadable.append(f"order {head.order_id} has {head.items_count} units, Lazada told {count}")
        for units in groups.values():
            yield _row(units)

    def _takes(self, head: OrderHead, item: Mapping[str, object]) -> bool:
        """That `warehouse_code` names warehouses as the stock does is inferred."""
        places = {text(first(item, "warehouse_code", "warehouseCode")).strip().casefold()} - {""}
        takes = self.origins.takes(places)
        if remark := self.origins.remark(places):
            said = self.unreadable if takes is None else self.warnings
            said.append(f"order {head.order_id}: a unit {remark}")
        return bool(takes)

    def _unit(self, head: OrderHead, item: Mapping[str, object]) -> _Unit | None:
        listing = self._listing(item)
        created = instant(first(item, "created_at", "createdAt")) or head.created_at
        if listing is None:
            # It concerns no listing that the shop shows now: nothing is compared with it.
            self.warnings.append(f"order {head.order_id} has a unit that names no listing; left out")
            return None
        if created is None:
            self.unreadable.append(f"order {head.order_id} has a unit without a time")
            return None
        status = self._status(head, item)
        cancelled = status is OrderStatus.CANCELLED
        return _Unit(
            order_id=head.order_id,
            item_id=listing[0],
            sku_id=listing[1],
            status=status,
            created_at=created,
            paid_at=None if status is OrderStatus.UNPAID else instant(first(item, "payment_time", "paymentTime")),
            updated_at=instant(first(item, "updated_at", "updatedAt")) or head.updated_at,
            cancelled_by=_initiator(item) if cancelled else "",
            cancel_reason=_reason(item) if cancelled else "",
        )

    def _listing(self, item: Mapping[str, object]) -> tuple[str, str] | None:
        """Item id and SKU id: by the listing that was read, else as the row names them."""
        sku_id = identifier(first(item, "sku_id", "skuId"))
        match = _SHOP_SKU.fullmatch(text(first(item, "shop_sku", "shopSku")).strip())
        if match is not None and not sku_id:
            sku_id = match.group(2)
        item_id = self.items.get(sku_id, "") or identifier(first(item, "product_id", "productId", "item_id", "itemId"))
        if match is not None and not item_id:
            item_id = match.group(1)
        return (item_id, sku_id) if item_id and sku_id else None

    def _status(self, head: OrderHead, item: Mapping[str, object]) -> OrderStatus:
        raw = text(first(item, "status", "Status")).strip()
        word = raw.lower().replace(" ", "_")
        status = _STATUSES.get(word)
        if status is None and word.startswith(_SHIPPED_STARTS):
            status = OrderStatus.SHIPPED
        if status is None:
            self.warnings.append(f"order {head.order_id}: unknown status {raw[:40]!r}; counted as paid")
            status = OrderStatus.PAID
        if status is OrderStatus.PAID and _cancelling(item, head.cancelling):
            return OrderStatus.CANCEL_REQUESTED
        return status


def _row(units: list[_Unit]) -> dict[str, object]:
    one = units[0]
    paid = [unit.paid_at for unit in units if unit.paid_at is not None]
    updated = [unit.updated_at for unit in units if unit.updated_at is not None]
    return {
        "order_id": one.order_id,
        "item_id": one.item_id,
        "variation_id": one.sku_id,
        "quantity": len(units),
        "status": one.status.value,
        "created_at": min(unit.created_at for unit in units),
        "paid_at": min(paid, default=None),
        "shipped_at": None,
        "cancelled_at": None,
        "updated_at": max(updated, default=None),
        "cancelled_by": one.cancelled_by,
        "cancel_reason": one.cancel_reason,
    }


def _cancelling(row: Mapping[str, object], default: bool = False) -> bool:
    """Whether a cancellation waits for the seller's word; `default` where the row does not tell."""
    told = [first(row, "need_cancel_confirm", "needCancelConfirm"), first(row, "is_cancel_pending", "isCancelPending")]
    if all(value is None for value in told):
        return default
    return any(flag(value) for value in told)


def _initiator(item: Mapping[str, object]) -> str:
    """Who cancelled: buyer, seller, channel, or "" (reference: Lazada 6.2, cancel_return_initiator).

    What `internal` means is not told; as `seller` stands beside it, it is taken for Lazada itself.
    """
    word = text(first(item, "cancel_return_initiator", "cancelReturnInitiator")).lower()
    if "buyer" in word or "customer" in word:
        return "buyer"
    if "seller" in word:
        return "seller"
    return "channel" if "system" in word or "internal" in word else ""


def _reason(item: Mapping[str, object]) -> str:
    reason = text(first(item, "reason")).strip()
    detail = text(first(item, "reason_detail", "reasonDetail")).strip()
    return f"{reason}: {detail}" if detail and detail != reason and reason else reason or detail


def order_items(data: object) -> dict[str, list[Mapping[str, object]]]:
    """The rows of an answer by order id: a list of orders with their items, or a flat list (reference: Lazada 6.2)."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for entry in objects(data):
        order_id = identifier(first(entry, "order_id", "orderId"))
        nested = first(entry, "order_items", "orderItems")
        rows = objects(nested) if isinstance(nested, list) else [entry]
        found.setdefault(order_id, []).extend(rows)
    return found
