"""Orders, their lines and their refunds, field by field (reference: Shopify 1.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.records import Line, MarketOrder
from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.shopify.catalogue import Location
from stockrecon.sandbox.shopify.index import Lookup
from stockrecon.sandbox.shopify.market import OPEN, ShopifyShop
from stockrecon.sandbox.shopify.paging import Page, Value, sortable
from stockrecon.sandbox.shopify.search import Docs, Fields
from stockrecon.sandbox.shopify.things import Variant
from stockrecon.sandbox.shopify.world import Args, Resolver, World, when

SEEN_FOR = timedelta(days=60)
"""Older orders are for apps with `read_all_orders` only (reference: Shopify 1.1)."""
_OVER = (OrderStatus.CANCELLED, OrderStatus.RETURNED)
_REASONS = ("CUSTOMER", "DECLINED", "FRAUD", "INVENTORY", "OTHER", "STAFF")
_BY = {"buyer": "CUSTOMER", "seller": "STAFF"}


@dataclass(frozen=True, slots=True)
class OrderLine:
    order: MarketOrder
    place: int

    @property
    def line(self) -> Line:
        return self.order.lines[self.place]


@dataclass(frozen=True, slots=True)
class Refund:
    """What a cancellation or a return leaves: which units, and whether they were put back on the shelf."""

    order: MarketOrder
    at: datetime
    kind: str
    restocked: bool


@dataclass(frozen=True, slots=True)
class RefundLine:
    refund: Refund
    place: int


def visible(order: MarketOrder, world: World) -> bool:
    return "read_all_orders" in world.scopes or order.created_at >= world.now - SEEN_FOR


def order_of(world: World, number: int) -> MarketOrder | None:
    """The order of this number, if the app may see it."""
    found = world.reads.orders.get(str(number))
    return found if found is not None and visible(found, world) else None


# What is told of an order


def financial(order: MarketOrder, world: World) -> str:
    if order.status is OrderStatus.UNPAID:
        return world.reads.payments.get(order.order_id, "PENDING")
    if order.status in _OVER:
        return "VOIDED" if _never_paid(order) else "REFUNDED"
    return "PAID"


def _never_paid(order: MarketOrder) -> bool:
    return order.status is OrderStatus.UNPAID or (order.status is OrderStatus.CANCELLED and order.paid_at is None)


def fulfillment(order: MarketOrder) -> str:
    return "FULFILLED" if order.status in (OrderStatus.SHIPPED, OrderStatus.RETURNED) else "UNFULFILLED"


def closed_at(order: MarketOrder) -> datetime | None:
    """A cancelled order is closed at the same moment, a fulfilled one is archived by itself."""
    if order.status is OrderStatus.CANCELLED:
        return order.cancelled_at
    return order.shipped_at if order.status in (OrderStatus.SHIPPED, OrderStatus.RETURNED) else None


def _reason(order: MarketOrder) -> str | None:
    if order.status is not OrderStatus.CANCELLED:
        return None
    words = order.cancel_reason.upper().replace(" ", "_")
    if words in _REASONS:
        return words
    if "STOCK" in words or "INVENTORY" in words:
        return "INVENTORY"
    return _BY.get(order.cancelled_by, "OTHER")


def refunds(order: MarketOrder, shop: ShopifyShop) -> list[Refund]:
    if order.status is OrderStatus.CANCELLED:
        restocked = order.order_id not in shop.kept_out
        kind = "CANCEL" if restocked else "NO_RESTOCK"
        return [Refund(order, order.cancelled_at or order.updated_at, kind, restocked)]
    if order.status is OrderStatus.RETURNED:
        restocked = order.order_id in shop.taken_back
        return [Refund(order, order.updated_at, "RETURN" if restocked else "NO_RESTOCK", restocked)]
    return []


def _unfulfilled(one: OrderLine) -> int:
    return one.line.quantity if one.order.status in OPEN else 0


def _variant(one: OrderLine, world: World) -> Variant | None:
    listing = world.reads.listing(one.line.key)
    return Variant(listing) if listing is not None and listing.alive else None


def _sku(one: OrderLine, world: World) -> str | None:
    listing = world.reads.listing(one.line.key)
    return (listing.seller_sku or None) if listing is not None else None


def _restockable(one: OrderLine, world: World) -> bool:
    variant = _variant(one, world)
    return variant is not None and variant.listing.tracked


def line_number(one: OrderLine) -> str:
    return f"{gids.order_number(one.order.order_id)}{one.place + 1:03d}"


def _place_of(one: RefundLine, world: World) -> Location | None:
    """Where the units went back to."""
    line = one.refund.order.lines[one.place]
    listing = world.reads.listing(line.key)
    if not one.refund.restocked or listing is None:
        return None
    places = line.drawn or listing.levels
    return world.reads.locations[next(iter(places))] if places else None


# Connections


def _number(order: MarketOrder) -> int:
    return gids.order_number(order.order_id)


def orders_found(world: World, args: Args) -> Page[MarketOrder]:
    orders: Mapping[str, Callable[[MarketOrder], Value]] = {
        "CREATED_AT": lambda order: sortable(order.created_at),
        "PROCESSED_AT": lambda order: sortable(order.created_at),
        "UPDATED_AT": lambda order: sortable(order.updated_at),
        "TOTAL_ITEMS_QUANTITY": lambda order: sum(line.quantity for line in order.lines),
    }
    key: Callable[[MarketOrder], Value] = orders.get(args["sortKey"], _number)

    def place(order: MarketOrder) -> Any:
        return key(order), _number(order)

    rows = [order for order in world.reads.orders.values() if visible(order, world)]
    return world.found(sorted(rows, key=place), place, args, _lookup(world))


def _lines(order: MarketOrder, world: World, args: Args) -> Page[OrderLine]:
    rows = [OrderLine(order, place) for place in range(len(order.lines))]
    return world.listed(rows, lambda one: (one.place, one.place), args)


def _refunds(order: MarketOrder, world: World, args: Args) -> list[Refund]:
    return refunds(order, world.reads)[: args.get("first")]


def _refund_lines(refund: Refund, world: World, args: Args) -> Page[RefundLine]:
    rows = [RefundLine(refund, place) for place in range(len(refund.order.lines))]
    return world.listed(rows, lambda one: (one.place, one.place), args)


def _statuses(order: MarketOrder) -> frozenset[str]:
    if order.status is OrderStatus.CANCELLED:
        return frozenset({"cancelled", "any"})
    return frozenset({"closed", "any"} if closed_at(order) else {"open", "not_closed", "any"})


def _lookup(world: World) -> Lookup[MarketOrder]:
    def docs(order: MarketOrder) -> Docs:
        skus = (world.reads.listing(line.key) for line in order.lines)
        state = {"fulfilled", "shipped"} if fulfillment(order) == "FULFILLED" else {"unfulfilled", "unshipped"}
        return {
            "id": gids.order_number(order.order_id),
            "name": world.reads.order_name(order.order_id),
            "created_at": order.created_at,
            "processed_at": order.created_at,
            "updated_at": order.updated_at,
            "status": _statuses(order),
            "financial_status": financial(order, world),
            "fulfillment_status": frozenset(state),
            "sku": frozenset(listing.seller_sku.lower() for listing in skus if listing is not None),
            "test": False,
        }

    return Lookup(
        _FIELDS,
        lambda order: f"order {order.order_id}",
        docs,
        lambda order: order.created_at,
        lambda order: order.updated_at,
    )


_FIELDS = Fields(
    frozenset({"id", "name", "created_at", "processed_at", "updated_at", "status", "financial_status",
               "fulfillment_status", "sku", "test"}),
    frozenset({"created_at", "processed_at", "updated_at"}),
    {
        "status": frozenset({"open", "closed", "cancelled", "not_closed", "any"}),
        "financial_status": frozenset({"paid", "pending", "authorized", "partially_paid", "partially_refunded",
                                       "refunded", "voided", "expired"}),
        "fulfillment_status": frozenset({"unshipped", "shipped", "fulfilled", "partial", "scheduled", "on_hold",
                                         "unfulfilled", "request_declined"}),
    },
    ("name",),
)  # fmt: skip


# Fields by type

ORDER: Mapping[str, Resolver] = {
    "id": lambda order, world, args: gids.gid("Order", gids.order_number(order.order_id)),
    "name": lambda order, world, args: world.reads.order_name(order.order_id),
    "createdAt": lambda order, world, args: when(order.created_at),
    "processedAt": lambda order, world, args: when(order.created_at),
    "updatedAt": lambda order, world, args: when(order.updated_at),
    "cancelledAt": lambda order, world, args: when(order.cancelled_at),
    "cancelReason": lambda order, world, args: _reason(order),
    "closedAt": lambda order, world, args: when(closed_at(order)),
    "confirmed": lambda order, world, args: True,
    "fulfillable": lambda order, world, args: order.status in OPEN,
    "test": lambda order, world, args: False,
    "unpaid": lambda order, world, args: _never_paid(order),
    "displayFinancialStatus": lambda order, world, args: financial(order, world),
    "displayFulfillmentStatus": lambda order, world, args: fulfillment(order),
    "lineItems": _lines,
    "refunds": _refunds,
}
LINE: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("LineItem", line_number(one)),
    "sku": lambda one, world, args: _sku(one, world),
    "quantity": lambda one, world, args: one.line.quantity,
    "currentQuantity": lambda one, world, args: 0 if one.order.status in _OVER else one.line.quantity,
    "unfulfilledQuantity": lambda one, world, args: _unfulfilled(one),
    "restockable": lambda one, world, args: _restockable(one, world),
    "variant": lambda one, world, args: _variant(one, world),
}
REFUND: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("Refund", f"{gids.order_number(one.order.order_id)}9"),
    "createdAt": lambda one, world, args: when(one.at),
    "processedAt": lambda one, world, args: when(one.at),
    "refundLineItems": _refund_lines,
}
REFUND_LINE: Mapping[str, Resolver] = {
    "quantity": lambda one, world, args: one.refund.order.lines[one.place].quantity,
    "restockType": lambda one, world, args: one.refund.kind,
    "restocked": lambda one, world, args: one.refund.restocked,
    "location": lambda one, world, args: _place_of(one, world),
    "lineItem": lambda one, world, args: OrderLine(one.refund.order, one.place),
}
