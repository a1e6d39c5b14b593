"""Orders of get_order_detail (reference: Shopee 5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stockrecon.channels.origins import Origins
from stockrecon.channels.shopee.fields import (
    Malformed,
    Object,
    identity,
    location,
    moment,
    objects,
    plain,
    text,
    units,
    units_or_none,
    variation,
)
from stockrecon.core.model import ListingKey, Order, OrderStatus, ShopName

STATUSES = {
    "UNPAID": OrderStatus.UNPAID,
    "PENDING": OrderStatus.PAID,
    "INVOICE_PENDING": OrderStatus.PAID,
    "READY_TO_SHIP": OrderStatus.PAID,
    "PROCESSED": OrderStatus.PAID,
    "RETRY_SHIP": OrderStatus.PAID,
    "SHIPPED": OrderStatus.SHIPPED,
    "TO_CONFIRM_RECEIVE": OrderStatus.SHIPPED,
    "COMPLETED": OrderStatus.SHIPPED,
    "IN_CANCEL": OrderStatus.CANCEL_REQUESTED,
    "CANCELLED": OrderStatus.CANCELLED,
    "TO_RETURN": OrderStatus.RETURNED,
}
BY_SHOPEE = "fulfilled_by_shopee"
"""`fulfillment_flag` of an order that Shopee sends from its own warehouse (get_order_detail)."""
_CANCELLERS = {"buyer": "buyer", "seller": "seller", "system": "channel", "ops": "channel"}


EVERYWHERE = Origins()


def orders_of(
    detail: Object, shop: ShopName, warnings: list[str], reasons: list[str], origins: Origins = EVERYWHERE
) -> list[Order]:
    """One row per listing and status: a line that stands twice is summed, a cancelled part is a row of its own.

    Left out, since it takes nothing of the stock that is compared: an order that Shopee sends from its own warehouse,
    and a line that is sent from a location that does not count. Where that cannot be told it is among the `reasons`.
    """
    if text(detail.get("fulfillment_flag")).lower() == BY_SHOPEE:
        return []
    number = order_id(detail)
    where = f"order {number}"
    word = text(detail.get("order_status"))
    status = STATUSES.get(word)
    if status is None:
        warnings.append(f"{where}: the status {plain(word, 40)!r} is not known; taken as paid")
        status = OrderStatus.PAID
    quantities: dict[tuple[str, str, OrderStatus], int] = {}
    for line in objects(detail.get("item_list"), f"{where}: item_list"):
        places = _places(line)
        takes = origins.takes(places)
        if remark := origins.remark(places):
            (reasons if takes is None else warnings).append(f"{where}: a line {remark}")
        if not takes:
            continue
        item_id = identity(line.get("item_id"), f"{where}: item_id")
        model_id = variation(line.get("model_id"), f"{where}: model_id")
        for part, quantity in _parts(line, status, where):
            place = (item_id, model_id, part)
            quantities[place] = quantities.get(place, 0) + quantity
    made = _time(detail, "create_time", where)
    if made is None:
        raise Malformed(f"{where}: create_time is missing")
    return [
        Order(
            order_id=number,
            key=ListingKey(shop, item_id, model_id),
            quantity=quantity,
            status=part,
            created_at=made,
            paid_at=_time(detail, "pay_time", where),
            shipped_at=_time(detail, "pickup_done_time", where),
            updated_at=_time(detail, "update_time", where),
            cancelled_by=_cancelled_by(detail, part),
            cancel_reason=_reason(detail, part),
        )
        for (item_id, model_id, part), quantity in quantities.items()
    ]


def order_id(entry: Object) -> str:
    number = text(entry.get("order_sn"))
    # A comma would split it in order_sn_list.
    if not number or not number.isprintable() or "," in number:
        raise Malformed("an order_sn is missing or holds what cannot be asked for")
    return number


def _parts(line: Object, status: OrderStatus, where: str) -> Iterator[tuple[OrderStatus, int]]:
    """Since 2026-05-22 a part of a line can be cancelled while the rest lives on."""
    left = units(line.get("model_quantity_purchased"), f"{where}: model_quantity_purchased")
    if status is not OrderStatus.CANCELLED:
        cancelled = min(left, units_or_none(line.get("cancelled_qty"), f"{where}: cancelled_qty"))
        if cancelled:
            yield OrderStatus.CANCELLED, cancelled
            left -= cancelled
        if status.is_open and status is not OrderStatus.CANCEL_REQUESTED:
            asked = min(left, units_or_none(line.get("cancel_requested_qty"), f"{where}: cancel_requested_qty"))
            if asked:
                yield OrderStatus.CANCEL_REQUESTED, asked
                left -= asked
    if left:
        yield status, left


def _places(line: Object) -> frozenset[str]:
    """The locations that a line names, a list or one. That it names them as `seller_stock` does is inferred."""
    told = line.get("product_location_id")
    return frozenset(location(each) for each in (told if isinstance(told, list) else [told])) - {""}


def _cancelled_by(detail: Object, status: OrderStatus) -> str:
    if status not in (OrderStatus.CANCELLED, OrderStatus.CANCEL_REQUESTED):
        return ""
    word = text(detail.get("cancel_by"))
    return _CANCELLERS.get(word.lower(), "channel") if word else ""


def _reason(detail: Object, status: OrderStatus) -> str:
    if status not in (OrderStatus.CANCELLED, OrderStatus.CANCEL_REQUESTED):
        return ""
    return text(detail.get("cancel_reason")) or text(detail.get("buyer_cancel_reason"))


def _time(detail: Object, name: str, where: str) -> datetime | None:
    return moment(detail.get(name), f"{where}: {name}")
