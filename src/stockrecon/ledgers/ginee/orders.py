"""Orders as Ginee keeps them, as movements of available: what each locked, and what its cancellation gave back.

Ginee's Open API has no record of stock movements. That an order locks its units when it comes in, and that a shipped
one takes them from warehouse and locked stock alike, is reference GN-LOCK.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stockrecon.core.model import MovementKind, Sku
from stockrecon.ledgers.ginee.api import Ginee, moment
from stockrecon.rest.fields import Malformed, Object, text, units

SPAN = timedelta(days=14)
""""A single request can only query data within 15 days" (doc.ginee.com, v2/ListOrder)."""
ITEM_SKU = ("masterSku", "sku")
"""Where an item names its SKU: the master SKU, else the channel's. The first is inferred: no page of it was seen."""
TAKEN_AT = "createAt"
"""When an order locks its units: inferred, Ginee tells when it was created and not when it came in."""
ENDED_AT = "lastUpdateAt"
"""When a cancellation gave them back: inferred, it is the order's last change."""
CANCELLED = "CANCELLED"
"""Of PENDING_PAYMENT, PARTIALLY_PAID, PAID, READY_TO_SHIP, SHIPPING, DELIVERED, CANCELLED, RETURNED (Dictionary).

Unpaid orders lock as well, and a return comes back when somebody books it: both inferred from GN-LOCK.
"""


@dataclass(slots=True)
class Orders:
    """The orders that were read, with their items. `shops`: the configured shop by Ginee's shop id."""

    ginee: Ginee
    shops: Mapping[str, str]
    order_field: str
    zone: str
    found: dict[str, Object] = field(default_factory=dict)
    items: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def gather(self, since: datetime, to: datetime) -> set[Sku]:
        """Orders that were changed in this span; the SKUs of those that say something new."""
        fresh: dict[str, Object] = {}
        while since < to:
            until = min(since + SPAN, to)
            for row in self.ginee.orders(since, until):
                name = text(row.get("orderId"))
                if not name:
                    raise Malformed("an order has no orderId")
                if _said(row) != _said(self.found.get(name, {})):
                    fresh[name] = row
            since = until
        unknown = [name for name in fresh if name not in self.items]
        for name, items in self.ginee.order_items(unknown).items():
            self.items[name] = _units(items)
        self.found |= fresh
        return {Sku(sku) for name in fresh for sku in self.items[name]}

    def rows(self, since: datetime, known: Collection[str]) -> Iterator[dict[str, object]]:
        """Movements since then, of SKUs that Ginee keeps stock of, in the form of the contract."""
        for name, order in sorted(self.found.items()):
            for sku, quantity in sorted(self.items[name].items()):
                if sku not in known or not quantity:
                    continue
                made = moment(order.get(TAKEN_AT), self.zone, f"order.{TAKEN_AT}")
                if made is None:
                    raise Malformed(f"order {name} has no {TAKEN_AT}")
                yield from self._row(f"{name}:{sku}", sku, made, -quantity, MovementKind.ORDER, order, since)
                if text(order.get("orderStatus")) == CANCELLED:
                    ended = moment(order.get(ENDED_AT), self.zone, f"order.{ENDED_AT}") or made
                    cancel = MovementKind.CANCEL
                    yield from self._row(f"{name}:{sku}:cancel", sku, max(made, ended), quantity, cancel, order, since)

    def _row(
        self, number: str, sku: str, at: datetime, quantity: int, kind: MovementKind, order: Object, since: datetime
    ) -> Iterator[dict[str, object]]:
        if at < since:
            return
        yield {
            "id": number,
            "sku": sku,
            "at": at,
            "quantity": quantity,
            "kind": kind.value,
            "shop": self.shops.get(text(order.get("shopId")), ""),
            "order_id": text(order.get(self.order_field)) or text(order.get("externalOrderId")),
            "note": f"Ginee order {text(order.get('orderId'))}",
        }


def _said(order: Object) -> tuple[object, ...]:
    return (order.get("orderStatus"), order.get(ENDED_AT), order.get(TAKEN_AT)) if order else ()


def _units(items: Collection[Object]) -> Mapping[str, int]:
    """Units by SKU; an item that is bound to no master SKU locks nothing (reference: GN-LOCK)."""
    found: dict[str, int] = {}
    for item in items:
        name = next((item.get(field) for field in ITEM_SKU if field in item), None)
        if sku := text(name):
            found[sku] = found.get(sku, 0) + units(item.get("quantity"), "item.quantity")
    return found
