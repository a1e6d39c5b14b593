"""One SKU's position: what the ledger says, and what shop and ledger do not both know yet (semantics, section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.core.ahead import AHEAD
from stockrecon.core.audit import Audit
from stockrecon.core.case import Pending, PendingKind, Position
from stockrecon.core.model import (
    LedgerFacts,
    Listing,
    ListingKey,
    Movement,
    MovementKind,
    Order,
    OrderStatus,
    ShopFacts,
    ShopName,
    SkuFacts,
)
from stockrecon.core.policy import Policy

OrderId = tuple[ShopName, str]


@dataclass(slots=True)
class _Booked:
    """What the ledger booked of one order: units taken, units given back, and when the last was given back."""

    taken: int = 0
    given: int = 0
    given_at: datetime | None = None


@dataclass(slots=True)
class _Sorted:
    in_flight: list[Pending] = field(default_factory=list)
    not_imported: list[Pending] = field(default_factory=list)
    not_restocked: list[Pending] = field(default_factory=list)


def position_of(
    facts: SkuFacts,
    ledger: LedgerFacts,
    shops: Mapping[ShopName, ShopFacts],
    policy: Policy,
    audited: Audit,
    correction: int,
) -> Position | None:
    """The position of a SKU; None for one that the ledger does not know. Without movements nothing is in flight."""
    if facts.available is None:
        return None
    found = _Sorted()
    if "movements" in ledger.tables:
        booked = _booked(facts.movements)
        units = units_by_listing(facts)
        held = held_orders(facts.listings, facts.orders, shops)
        for rows in _by_order(facts.orders, units).values():
            shop = shops[rows[0].key.shop]
            book = booked.get((shop.name, rows[0].order_id), _Booked())
            _sort_order(rows, units, book, shop, ledger, policy, held, found)
    return Position(
        facts=facts,
        available=facts.available,
        in_flight=tuple(found.in_flight),
        not_imported=tuple(found.not_imported),
        not_restocked=tuple(found.not_restocked),
        audit=audited,
        correction=correction,
    )


def held_orders(
    listings: Iterable[Listing], orders: Iterable[Order], shops: Mapping[ShopName, ShopFacts]
) -> frozenset[Order]:
    """Unpaid orders whose units the shop still holds: covered by the listing's withheld units, the newest first.

    On a channel that does not show them, units of unpaid orders are simply gone until payment or cancellation.
    """
    unpaid = [order for order in orders if order.status is OrderStatus.UNPAID]
    if not unpaid:
        return frozenset()
    withheld = {listing.key: listing.withheld for listing in listings}
    held: set[Order] = set()
    for order in sorted(unpaid, key=lambda order: (order.created_at, order.order_id), reverse=True):
        shop = shops.get(order.key.shop)
        if shop is None:
            continue
        if not shop.capabilities.shows_withheld:
            held.add(order)
        elif withheld.get(order.key, 0) >= order.quantity:
            withheld[order.key] -= order.quantity
            held.add(order)
    return frozenset(held)


def units_by_listing(facts: SkuFacts) -> dict[ListingKey, int]:
    """How many ledger units of this SKU one sold listing consumes."""
    return {
        listing.key: sum(component.units for component in listing.components if component.sku == facts.sku)
        for listing in facts.listings
    }


def _by_order(orders: Iterable[Order], units: Mapping[ListingKey, int]) -> dict[OrderId, list[Order]]:
    grouped: dict[OrderId, list[Order]] = defaultdict(list)
    for order in orders:
        if units.get(order.key, 0) and order.quantity:
            grouped[(order.key.shop, order.order_id)].append(order)
    return grouped


def _booked(movements: Iterable[Movement]) -> dict[OrderId, _Booked]:
    booked: dict[OrderId, _Booked] = defaultdict(_Booked)
    for movement in movements:
        if movement.shop is None or movement.order_id is None:
            continue
        book = booked[(movement.shop, movement.order_id)]
        if movement.kind is MovementKind.ORDER:
            book.taken -= movement.quantity
        elif movement.kind is MovementKind.CANCEL:
            book.given += movement.quantity
            book.given_at = movement.at
    return booked


def _sort_order(
    rows: Sequence[Order],
    units: Mapping[ListingKey, int],
    book: _Booked,
    shop: ShopFacts,
    ledger: LedgerFacts,
    policy: Policy,
    held: frozenset[Order],
    found: _Sorted,
) -> None:
    """Sorts what shop and ledger do not agree on about one order."""
    for row, booked, returned in _shared(rows, units, book):
        per_unit = units[row.key]
        if row.status is OrderStatus.CANCELLED:
            _sort_cancelled(row, booked - returned, per_unit, shop, policy, found)
            continue
        wanted = row.quantity * per_unit
        if wanted > booked:
            _sort_missing(row, wanted - booked, per_unit, shop, ledger, policy, held, found)
        at = book.given_at
        # Later than both clocks is a wrong time, which tells nothing of how long ago it was.
        fresh = at is not None and at <= max(shop.as_of, ledger.as_of) + AHEAD and shop.as_of - at < policy.import_grace
        if returned and row.status.is_open and at is not None and fresh:
            kind = PendingKind.LEDGER_CANCELLATION
            found.in_flight.append(Pending(kind, row, returned, -(-returned // per_unit), at))


def _shared(rows: Sequence[Order], units: Mapping[ListingKey, int], book: _Booked) -> Iterator[tuple[Order, int, int]]:
    """Per row of one order, the units that the ledger took for it and those that it gave back.

    What was given back is a cancelled row's first, and so is as much of what was taken; the rest was taken for live
    rows first: a ledger that imports an order after one of its rows was cancelled never hears of that row.
    """
    taken, given, undone = book.taken, book.given, book.given
    if len(rows) == 1:
        # Nearly every order: there is nobody to share with, which the rest would say at five times the cost.
        units_taken = max(0, min(taken, rows[0].quantity * units[rows[0].key]))
        yield rows[0], units_taken, max(0, min(given, units_taken))
        return
    ordered = sorted(rows, key=lambda row: (row.status is not OrderStatus.CANCELLED, not row.status.is_open, row.key))
    wanted = [row.quantity * units[row.key] for row in ordered]
    cancelled = [n for n, row in enumerate(ordered) if row.status is OrderStatus.CANCELLED]
    booked = [0] * len(ordered)
    for n in cancelled:
        booked[n] = max(0, min(undone, taken, wanted[n]))
        taken, undone = taken - booked[n], undone - booked[n]
    for n in (*range(len(cancelled), len(ordered)), *cancelled):
        more = max(0, min(taken, wanted[n] - booked[n]))
        booked[n] += more
        taken -= more
    for row, units_taken in zip(ordered, booked, strict=True):
        returned = max(0, min(given, units_taken))
        given -= returned
        yield row, units_taken, returned


def _sort_missing(
    row: Order,
    missing: int,
    per_unit: int,
    shop: ShopFacts,
    ledger: LedgerFacts,
    policy: Policy,
    held: frozenset[Order],
    found: _Sorted,
) -> None:
    pending = Pending(PendingKind.ORDER, row, missing, -(-missing // per_unit), row.created_at)
    known_period = ledger.oldest_movement is not None and row.created_at >= ledger.oldest_movement
    if row.status is OrderStatus.UNPAID:
        # Many ledgers import paid orders only: what counts is whether the shop still holds the units.
        if row in held:
            found.in_flight.append(pending)
    elif shop.as_of - row.created_at < policy.import_grace:
        found.in_flight.append(pending)
    elif shop.names_orders and known_period and row.status is not OrderStatus.RETURNED:
        found.not_imported.append(pending)


def _sort_cancelled(row: Order, lacking: int, per_unit: int, shop: ShopFacts, policy: Policy, found: _Sorted) -> None:
    at = row.cancelled_when
    if lacking <= 0 or at is None:
        return
    pending = Pending(PendingKind.CANCELLATION, row, lacking, -(-lacking // per_unit), at)
    age = shop.as_of - at
    if age < policy.import_grace:
        found.in_flight.append(pending)
    elif age <= policy.lookback:
        found.not_restocked.append(pending)
