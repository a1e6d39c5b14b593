"""Orders: what a status means for stock, and what of an order came back (reference: WooCommerce 3.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.channels.woocommerce.fields import (
    Malformed,
    Object,
    moment,
    number,
    objects,
    plain,
    reference,
    text,
    up,
)
from stockrecon.core.model import ListingKey, Order, OrderStatus, ShopName

# Stock is taken at processing, completed and on-hold: an order that waits for a bank transfer has its units. A pending
# one has nothing but a hold that no number shows. A failed payment ends an order as a cancellation does. A refund of
# the whole order gives nothing back by itself: what it did not put back has left (reference: 3.4).
_STATUSES = {
    "pending": OrderStatus.UNPAID,
    "on-hold": OrderStatus.PAID,
    "processing": OrderStatus.PAID,
    "completed": OrderStatus.SHIPPED,
    "cancelled": OrderStatus.CANCELLED,
    "failed": OrderStatus.CANCELLED,
    "refunded": OrderStatus.SHIPPED,
}
_NO_ORDERS = frozenset({"checkout-draft", "auto-draft", "trash"})
"""A cart that its buyer is filling in, and what was thrown away."""
_TAKEN, _RETURNED = "_reduced_stock", "_restock_refunded_items"
"""Units of a line that are out of the stock by now, and units that a refund put back: WooCommerce's own notes."""


@dataclass(slots=True)
class OrderReader:
    """Turns orders into rows. `pooled`: variations that sell from their product's stock, with its id."""

    shop: ShopName
    pooled: Mapping[str, str]
    warnings: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Orders that the table lacks although they may concern a listing: then the snapshot is not complete."""

    def rows(self, order: Object, name: str) -> list[Order]:
        """One row per listing and status: a line that stands twice is summed, what came back is a row of its own."""
        word = plain(order.get("status"), 40)
        if word in _NO_ORDERS:
            return []
        try:
            return self._rows(order, name, word)
        except Malformed as bad:
            self.unreadable.append(str(bad))
            return []

    def _rows(self, order: Object, name: str, word: str) -> list[Order]:
        where = f"order {name}"
        status = self._status(word, where)
        created = _time(order, "date_created_gmt", where) or _time(order, "date_modified_gmt", where)
        if created is None:
            raise Malformed(f"{where}: date_created_gmt is missing")
        quantities: dict[tuple[ListingKey, OrderStatus], int] = {}
        shipped = _time(order, "date_completed_gmt", where)
        for line in objects(order.get("line_items"), f"{where}: line_items"):
            key = self._key(line, where)
            for part, units in _parts(line, status, shipped, where):
                if key is not None and units:
                    quantities[key, part] = quantities.get((key, part), 0) + units
            self._tell_kept(line, word, status, where)
        paid, updated = _time(order, "date_paid_gmt", where), _time(order, "date_modified_gmt", where)
        return [
            Order(
                order_id=name,
                key=key,
                quantity=units,
                status=part,
                created_at=created,
                paid_at=paid,
                shipped_at=shipped,
                # There is no time of a cancellation: the last change stands for it (reference: 3.4).
                updated_at=updated,
                cancelled_by="channel" if word == "failed" and part is OrderStatus.CANCELLED else "",
                cancel_reason="payment failed" if word == "failed" and part is OrderStatus.CANCELLED else "",
            )
            for (key, part), units in quantities.items()
        ]

    def _status(self, word: str, where: str) -> OrderStatus:
        status = _STATUSES.get(word)
        if status is None:
            self.warnings.append(f"{where}: the status {word!r} is not known; taken as paid")
            return OrderStatus.PAID
        return status

    def _key(self, line: Object, where: str) -> ListingKey | None:
        """None for a line of a product that was deleted since: there is nothing left to compare with it."""
        product = reference(line.get("product_id"), f"{where}: product_id")
        variation = reference(line.get("variation_id"), f"{where}: variation_id")
        if not product:
            self.warnings.append(f"{where} has a line that names no product; left out")
            return None
        if variation in self.pooled:
            return ListingKey(self.shop, self.pooled[variation])
        return ListingKey(self.shop, product, variation)

    def _tell_kept(self, line: Object, word: str, status: OrderStatus, where: str) -> None:
        kept = _noted(line, _TAKEN, where)
        if kept and status is OrderStatus.CANCELLED:
            self.warnings.append(f"{where} is {word}, and WooCommerce still keeps {kept} of its units out of the stock")


def _parts(
    line: Object, status: OrderStatus, shipped: datetime | None, where: str
) -> Iterator[tuple[OrderStatus, int]]:
    """What a refund put back was cancelled, or returned where the order had been completed; the rest lives on."""
    ordered = number(line.get("quantity"), f"{where}: quantity")
    units = max(0, up(ordered)) if ordered is not None else 0
    back = min(units, _noted(line, _RETURNED, where))
    if back and status is not OrderStatus.CANCELLED:
        yield (OrderStatus.RETURNED if shipped is not None else OrderStatus.CANCELLED), back
        units -= back
    yield status, units


def _noted(line: Object, key: str, where: str) -> int:
    """Units that WooCommerce noted at a line under `key`; 0 without a note."""
    found = 0
    for meta in objects(line.get("meta_data"), f"{where}: meta_data"):
        if text(meta.get("key")) == key:
            value = number(meta.get("value"), f"{where}: {key}")
            found = max(0, up(value)) if value is not None else found
    return found


def _time(order: Object, name: str, where: str) -> datetime | None:
    return moment(order.get(name), f"{where}: {name}")
