"""Orders and their lines (reference: Shopify 1.8): what is open, what left, and what came back.

An order holds its units from its creation, paid or not. A line tells how many were ordered, how many of those are left
after refunds and edits, and how many are still to be fulfilled; what a refund did with the units it says itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.channels.shopify.fields import (
    Malformed,
    Object,
    an_object,
    flag,
    gid,
    moment,
    nodes,
    number_of,
    objects,
    text,
    units,
)
from stockrecon.core.model import ListingKey, Order, OrderStatus, ShopName

_UNPAID = {"PENDING", "AUTHORIZED", "EXPIRED", "VOIDED"}
_CANCELLERS = {"CUSTOMER": "buyer", "STAFF": "seller", "INVENTORY": "seller", "FRAUD": "seller", "DECLINED": "channel"}
_MOST_REFUNDS = 50
"""As many as are asked for: a list has no pages."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order. `key` None: it sells nothing that is listed (a tip, a custom line, a deleted variant)."""

    id: str
    key: ListingKey | None
    ordered: int
    left: int
    unfulfilled: int


@dataclass(frozen=True, slots=True)
class Back:
    """Units of one line that one refund took out of the order. `restocked`: they are available again; `shipped`: they
    had been fulfilled, so that they came back from the buyer."""

    line: str
    units: int
    restocked: bool
    shipped: bool
    at: datetime | None


@dataclass(slots=True)
class OrderNode:
    """One order with all its lines."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime | None
    cancelled_at: datetime | None
    cancelled_by: str
    reason: str
    unpaid: bool
    reserved: bool
    """Stock is set aside for it; one that is not confirmed holds none."""
    lines: list[Line]
    after: str | None = None
    """The cursor of the lines that are still to be read."""
    refunds: list[Back] = field(default_factory=list)

    @property
    def needs_refunds(self) -> bool:
        """Whether units left it in another way than by a parcel."""
        return self.cancelled_at is not None or any(line.left < line.ordered for line in self.lines)


def order_of(node: Object, shop: ShopName) -> OrderNode:
    number = number_of(node.get("id"), "Order", "order: id")
    where = f"order {number}"
    made = moment(node.get("createdAt"), f"{where}: createdAt")
    if made is None:
        raise Malformed(f"{where}: createdAt is missing")
    name = text(node.get("name"))
    if not name or not name.isprintable():
        raise Malformed(f"{where}: its name is missing or cannot be printed")
    connection = an_object(node.get("lineItems"), f"{where}: lineItems")
    reason = text(node.get("cancelReason"))
    cancelled = moment(node.get("cancelledAt"), f"{where}: cancelledAt")
    paid_word = text(node.get("displayFinancialStatus"))
    return OrderNode(
        id=gid(node.get("id"), "Order", where),
        name=name,
        created_at=made,
        updated_at=moment(node.get("updatedAt"), f"{where}: updatedAt"),
        cancelled_at=cancelled,
        cancelled_by=_CANCELLERS.get(reason, "") if cancelled else "",
        reason=reason.lower() if cancelled else "",
        unpaid=flag(node.get("unpaid"), f"{where}: unpaid") or paid_word in _UNPAID,
        reserved=flag(node.get("confirmed"), f"{where}: confirmed"),
        lines=lines_of(connection, shop, where),
    )


def lines_of(connection: Object, shop: ShopName, where: str) -> list[Line]:
    return [_line(row, shop, where) for row in nodes(connection, f"{where}: lineItems")]


def _line(row: Object, shop: ShopName, where: str) -> Line:
    variant = row.get("variant")
    key = None
    if variant is not None:
        sold = an_object(variant, f"{where}: variant")
        product = an_object(sold.get("product"), f"{where}: product")
        key = ListingKey(
            shop,
            number_of(product.get("id"), "Product", f"{where}: product id"),
            number_of(sold.get("id"), "ProductVariant", f"{where}: variant id"),
        )
    ordered = units(row.get("quantity"), f"{where}: quantity")
    left = min(ordered, units(row.get("currentQuantity"), f"{where}: currentQuantity"))
    unfulfilled = min(left, units(row.get("unfulfilledQuantity"), f"{where}: unfulfilledQuantity"))
    return Line(gid(row.get("id"), "LineItem", f"{where}: line id"), key, ordered, left, unfulfilled)


def refunds_of(node: Object, warnings: list[str]) -> list[Back]:
    """What an order's refunds did with its units."""
    where = f"order {number_of(node.get('id'), 'Order', 'refunds: order id')}: refunds"
    refunds = objects(node.get("refunds"), where)
    found: list[Back] = []
    short = len(refunds) >= _MOST_REFUNDS
    for refund in refunds:
        at = moment(refund.get("createdAt"), f"{where}: createdAt")
        connection = an_object(refund.get("refundLineItems"), f"{where}: refundLineItems")
        page = an_object(connection.get("pageInfo"), f"{where}: pageInfo")
        short = short or flag(page.get("hasNextPage"), f"{where}: hasNextPage")
        found += [_back(row, at, where) for row in nodes(connection, f"{where}: refundLineItems")]
    if short:
        warnings.append(f"{where} are more than are read; the units of the others are taken as put back")
    return found


def _back(row: Object, at: datetime | None, where: str) -> Back:
    line = an_object(row.get("lineItem"), f"{where}: lineItem")
    return Back(
        gid(line.get("id"), "LineItem", f"{where}: line id"),
        units(row.get("quantity"), f"{where}: quantity"),
        flag(row.get("restocked"), f"{where}: restocked"),
        text(row.get("restockType")) == "RETURN",
        at,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Units of one listing in one status, and when they went back, if they did. `sent`: they left in a parcel."""

    key: ListingKey
    status: OrderStatus
    units: int
    at: datetime | None = None
    sent: bool = False


Share = Callable[[OrderNode, str, list[Part]], list[Part]]
"""What of the units of an order's line (its global id) takes of the stock that counts."""


def is_open(part: Part) -> bool:
    return part.status in (OrderStatus.UNPAID, OrderStatus.PAID)


def rows_of(order: OrderNode, number: str, share: Share | None = None) -> list[Order]:
    """One row per listing, status and time; lines of one listing are summed. `number`: what the ledger calls it.
    `share`: where not all locations count.
    """
    summed: dict[tuple[ListingKey, OrderStatus, datetime | None], int] = {}
    back = _by_line(order.refunds)
    for line in order.lines:
        parts = _parts(order, line, back.get(line.id, ()))
        for part in share(order, line.id, parts) if share and parts else parts:
            place = (part.key, part.status, part.at)
            summed[place] = summed.get(place, 0) + part.units
    return [
        Order(
            order_id=number,
            key=key,
            quantity=quantity,
            status=status,
            created_at=order.created_at,
            cancelled_at=at if status is OrderStatus.CANCELLED else None,
            updated_at=order.updated_at,
            cancelled_by=order.cancelled_by if status is OrderStatus.CANCELLED else "",
            cancel_reason=order.reason if status is OrderStatus.CANCELLED else "",
        )
        for (key, status, at), quantity in summed.items()
    ]


def _by_line(refunds: Iterable[Back]) -> Mapping[str, Sequence[Back]]:
    found: dict[str, list[Back]] = {}
    for one in refunds:
        found.setdefault(one.line, []).append(one)
    return found


def _parts(order: OrderNode, line: Line, refunds: Sequence[Back]) -> list[Part]:
    """What was not put back is gone from the shop's count like a parcel: it is never a cancellation, which would be
    taken for units that a buyer can have again. Units that no refund speaks of are taken as put back."""
    if line.key is None:
        return []
    key, parts = line.key, []
    removed = line.ordered if order.cancelled_at is not None else line.ordered - line.left
    for one in refunds:
        taken = min(removed, one.units)
        removed -= taken
        at = order.cancelled_at or one.at
        status = OrderStatus.CANCELLED if one.restocked and not one.shipped else OrderStatus.RETURNED
        parts.append(Part(key, status, taken, at if status is OrderStatus.CANCELLED else None, one.shipped))
    parts.append(Part(key, OrderStatus.CANCELLED, removed, order.cancelled_at))
    if order.cancelled_at is None:
        standing = OrderStatus.UNPAID if order.unpaid else OrderStatus.PAID
        parts.append(Part(key, standing, line.unfulfilled))
        parts.append(Part(key, OrderStatus.SHIPPED, line.left - line.unfulfilled, sent=True))
    return [part for part in parts if part.units]
