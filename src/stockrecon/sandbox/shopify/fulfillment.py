"""From where orders are sent: one fulfillment order for each location that has a part of it.

As recorded answers and Shopify's public schema have it: Shopify makes them with the order. One that was sent is CLOSED,
with nothing remaining; those of a cancelled order are CLOSED too, and count nothing. Which an app sees goes by its
scopes and by whose the location is: without any of them the field is refused, with the wrong one the list is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.records import MarketOrder
from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.shopify.catalogue import Location
from stockrecon.sandbox.shopify.faults import ACCESS_PAGE, Refused
from stockrecon.sandbox.shopify.index import Lookup
from stockrecon.sandbox.shopify.market import OPEN
from stockrecon.sandbox.shopify.paging import Page
from stockrecon.sandbox.shopify.sales import LINE, OrderLine
from stockrecon.sandbox.shopify.search import Docs, Fields
from stockrecon.sandbox.shopify.settings import FULFILLMENT_SCOPES
from stockrecon.sandbox.shopify.things import Variant
from stockrecon.sandbox.shopify.world import Args, Resolver, World, when
from stockrecon.sandbox.wire import Body

_MOST_PLACES = 1000
"""An order's number times this, and a place: a fulfillment order's own number."""


@dataclass(frozen=True, slots=True)
class FulfillmentOrder:
    """What of an order one location sends: units by the line's place in the order."""

    order: MarketOrder
    rank: int
    location: Location
    units: tuple[tuple[int, int], ...]

    @property
    def number(self) -> int:
        return gids.order_number(self.order.order_id) * _MOST_PLACES + self.rank


@dataclass(frozen=True, slots=True)
class FulfillmentLine:
    whole: FulfillmentOrder
    place: int
    units: int

    @property
    def of_order(self) -> OrderLine:
        return OrderLine(self.whole.order, self.place)

    @property
    def number(self) -> str:
        return f"{self.whole.number}{self.place + 1:03d}"


def fulfillment_orders(order: MarketOrder, world: World) -> list[FulfillmentOrder]:
    """All of an order's, whoever may see them."""
    by_location: dict[int, list[tuple[int, int]]] = {}
    for place, line in enumerate(order.lines):
        for location, units in world.reads.assigned(line).items():
            by_location.setdefault(location, []).append((place, units))
    return [
        FulfillmentOrder(order, rank, world.reads.locations[location], tuple(units))
        for rank, (location, units) in enumerate(sorted(by_location.items()), 1)
    ]


def _seen(one: FulfillmentOrder, world: World) -> bool:
    """No service here belongs to the app that asks: what is assigned to it is nothing."""
    kind = "third_party" if one.location.service else "merchant_managed"
    return f"read_{kind}_fulfillment_orders" in world.scopes


def _of_order(order: MarketOrder, world: World, args: Args) -> Page[FulfillmentOrder]:
    if world.scopes.isdisjoint(FULFILLMENT_SCOPES):
        raise Refused("Access denied for fulfillmentOrders field.", "ACCESS_DENIED", documentation=ACCESS_PAGE)
    rows = [one for one in fulfillment_orders(order, world) if _seen(one, world)]
    return world.found(rows, lambda one: (one.number, one.number), args, _LOOKUP)


def _status(one: FulfillmentOrder) -> str:
    return "OPEN" if one.order.status in OPEN else "CLOSED"


def _assigned(one: FulfillmentOrder, world: World) -> Body:
    return {"name": one.location.name, "countryCode": world.reads.region, "location": one.location}


def _lines(one: FulfillmentOrder, world: World, args: Args) -> Page[FulfillmentLine]:
    rows = [FulfillmentLine(one, place, units) for place, units in one.units]
    return world.listed(rows, lambda line: (line.place, line.place), args)


def _variant(one: FulfillmentLine, world: World) -> Variant | None:
    listing = world.reads.listing(one.of_order.line.key)
    return Variant(listing) if listing is not None and listing.alive else None


def _item(one: FulfillmentLine, world: World) -> str | None:
    variant = _variant(one, world)
    return gids.gid("InventoryItem", variant.listing.item_number) if variant is not None else None


def _title(one: FulfillmentLine, world: World) -> str:
    listing = world.reads.listing(one.of_order.line.key)
    return listing.title if listing is not None else ""


def _docs(one: FulfillmentOrder) -> Docs:
    where: Docs = {"id": one.number, "assigned_location_id": one.location.number}
    return {**where, "status": _status(one), "updated_at": one.order.updated_at}


_LOOKUP: Lookup[FulfillmentOrder] = Lookup(
    Fields(
        frozenset({"id", "assigned_location_id", "status", "updated_at"}),
        frozenset({"updated_at"}),
        {"status": frozenset({"open", "closed", "cancelled", "incomplete", "in_progress", "on_hold", "scheduled"})},
    ),
    lambda one: f"fulfillment order {one.number}",
    _docs,
    lambda one: one.order.created_at,
    lambda one: one.order.updated_at,
)

ORDER: Mapping[str, Resolver] = {"fulfillmentOrders": _of_order}
"""What this adds to the fields of an order."""
FULFILLMENT_ORDER: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("FulfillmentOrder", one.number),
    "order": lambda one, world, args: one.order,
    "orderId": lambda one, world, args: gids.gid("Order", gids.order_number(one.order.order_id)),
    "orderName": lambda one, world, args: world.reads.order_name(one.order.order_id),
    "orderProcessedAt": lambda one, world, args: when(one.order.created_at),
    "createdAt": lambda one, world, args: when(one.order.created_at),
    "updatedAt": lambda one, world, args: when(one.order.updated_at),
    "fulfillAt": lambda one, world, args: when(one.order.created_at),
    "status": lambda one, world, args: _status(one),
    # The locations of the shops here are asked for nothing: people send from them.
    "requestStatus": lambda one, world, args: "UNSUBMITTED",
    "assignedLocation": lambda one, world, args: _assigned(one, world),
    "lineItems": _lines,
}
FULFILLMENT_LINE: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("FulfillmentOrderLineItem", one.number),
    "lineItem": lambda one, world, args: one.of_order,
    "sku": lambda one, world, args: LINE["sku"](one.of_order, world, args),
    "productTitle": lambda one, world, args: _title(one, world),
    "requiresShipping": lambda one, world, args: True,
    "variant": lambda one, world, args: _variant(one, world),
    "inventoryItemId": lambda one, world, args: _item(one, world),
    "totalQuantity": lambda one, world, args: 0 if one.whole.order.status is OrderStatus.CANCELLED else one.units,
    "remainingQuantity": lambda one, world, args: one.units if one.whole.order.status in OPEN else 0,
}
