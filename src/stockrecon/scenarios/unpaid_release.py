"""5 `unpaid-release`: an unpaid order's hold was given back while the order lives on. Not an oversell.

Lazada withholds stock for an unpaid order, gives it back to sellable after 30 minutes and cancels the order only after
48 to 72 hours; WooCommerce never takes it out of its number before it is paid for, and cancels the order within two of
its holds. The ledger counts the order all the while.
Holds: the order is unpaid, older than the channel's release time, not covered by the listing's withheld units (which
cover the newest first), and deducted in the ledger.
Claims: those units once: first on the ledger side, up to the deficit; what is left on the order's listing, up to its
positive variance, if no push succeeded after the release. Remedy: wait until the channel has cancelled the order
(Lazada: 72 h after it was placed), which mends it; past that time by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Finding, Remedy
from stockrecon.core.model import Movement, MovementKind, Order, OrderStatus, ShopFacts
from stockrecon.core.position import held_orders, units_by_listing
from stockrecon.scenarios.base import (
    clip,
    local,
    manual,
    name_of,
    of_movement,
    of_order,
    on_ledger,
    on_listing,
    shown,
    units_of,
    unrecorded,
    wait,
)

SLUG = "unpaid-release"


@dataclass(slots=True)
class Released:
    """An unpaid order whose hold is over: `units` of it the ledger still counts, `per_unit` ledger units a listing."""

    order: Order
    units: int
    per_unit: int
    released_at: datetime
    ends_at: datetime
    booked: tuple[Movement, ...]


def released_orders(case: Case) -> list[Released]:
    """All of the SKU, the oldest first."""
    unpaid = [order for order in case.facts.orders if order.status is OrderStatus.UNPAID]
    if not unpaid:
        return []
    held = held_orders(case.facts.listings, unpaid, case.shops)
    per_unit = units_by_listing(case.facts)
    found = []
    for order in sorted(unpaid, key=lambda order: (order.created_at, order.order_id)):
        shop = case.shops.get(order.key.shop)
        if shop is None or order in held or not per_unit.get(order.key):
            continue
        released = _released(order, shop, per_unit[order.key], case)
        if released is not None:
            found.append(released)
    return found


def _released(order: Order, shop: ShopFacts, per_unit: int, case: Case) -> Released | None:
    after = shop.capabilities.releases_unpaid_after
    if after is None or order.created_at + after >= shop.as_of:
        return None
    booked = tuple(m for m in case.movements if m.shop == shop.name and m.order_id == order.order_id)
    kinds = (MovementKind.ORDER, MovementKind.CANCEL)
    deducted = -sum(movement.quantity for movement in booked if movement.kind in kinds)
    if deducted <= 0:
        return None
    units = min(deducted, order.quantity * per_unit)
    ends_at = order.created_at + shop.capabilities.unpaid_cancelled_after
    return Released(order, units, per_unit, order.created_at + after, ends_at, booked)


def claimed_by_ledger(case: Case, deficit: int) -> list[tuple[Released, int]]:
    """How many units of each released order the deficit takes, the oldest first."""
    shares = []
    for released in released_orders(case):
        taken = min(released.units, deficit)
        deficit -= taken
        shares.append((released, taken))
    return shares


def detect(case: Case, left: Left) -> Sequence[Finding]:
    shares = claimed_by_ledger(case, left.deficit)
    return [*_ledger_side(case, shares), *_listing_side(case, left, shares)]


def _remedies(case: Case, orders: Sequence[Released], shop: ShopFacts) -> list[Remedy]:
    waiting = [one for one in orders if case.now < one.ends_at]
    overdue = [one for one in orders if case.now >= one.ends_at]
    remedies = []
    if waiting:
        end = max(one.ends_at for one in waiting)
        text = f"it mends itself when the order is paid, or cancelled by {local(end, shop)} at the latest"
        remedies.append(wait(end, text))
    if overdue:
        names = ", ".join(f"{one.order.key.shop} order {one.order.order_id}" for one in overdue)
        text = f"{names} should have been paid or cancelled by now: look at it in the seller center"
        remedies.append(manual(text, min(one.ends_at for one in overdue)))
    return remedies


def _ledger_side(case: Case, shares: Sequence[tuple[Released, int]]) -> Iterator[Finding]:
    ours = [(released, taken) for released, taken in shares if taken]
    if not ours:
        return
    units = sum(taken for _, taken in ours)
    names = ", ".join(f"{released.order.key.shop} order {released.order.order_id}" for released, _ in ours)
    text = f"{case.sku}: below zero by {units_of(units)} of unpaid {names}, whose hold was released: not oversold"
    orders = [released for released, _ in ours]
    evidence = [of_order(one.order) for one in orders] + [of_movement(m) for one in orders for m in one.booked]
    remedies = _remedies(case, orders, case.shops[orders[0].order.key.shop])
    yield on_ledger(SLUG, case, units, text, evidence=evidence, remedies=remedies)


def _listing_side(case: Case, left: Left, shares: Sequence[tuple[Released, int]]) -> Iterator[Finding]:
    for account in case.accounts:
        ours = [
            (released, quantity)
            for released, taken in shares
            if released.order.key == account.key
            and account.pushed_after(released.released_at) is None
            and (quantity := (released.units - taken) // released.per_unit)
        ]
        if not ours or not account.variance or account.variance < 0:
            continue
        quantity = sum(one for _, one in ours)
        yield _finding(account, case, clip(left.of(account), quantity), quantity, [one for one, _ in ours])


def _finding(account: Account, case: Case, units: int, quantity: int, orders: Sequence[Released]) -> Finding:
    names = ", ".join(released.order.order_id for released in orders)
    text = (
        f"{name_of(account.listing)}: the hold of unpaid order {names} was released: "
        f"{units_of(quantity)} sellable again while the ledger still counts the order: not an oversell"
    )
    evidence = [
        shown(account),
        *unrecorded(account),
        *(of_order(one.order) for one in orders),
        *(of_movement(m) for o in orders for m in o.booked),
    ]
    remedies = _remedies(case, orders, account.shop)
    return on_listing(SLUG, account, case, units, text, evidence=evidence, remedies=remedies, supports=quantity)
