"""6 `orders-too-near`: two orders for the last units, on shops that had not heard of one another. A real oversell.

Holds: a deficit is left after scenario 5. The late orders are the open orders of the SKU that scenario 5 did not
claim, newest first, until their units cover it. One counts if an order on another shop was placed before it whose
effect had not reached the late order's shop: the first push to that listing after the earlier order's movement came
later than the late order or never, or, where pushes are not recorded, the two are within `policy.sync_latency`.
Where the last push to that listing before the late order had failed, those units are the ledger side of that failure's
scenario (2 or 4), with this remedy.
Claims: ledger side, the deficit up to those orders' units; on each listing what is left of its positive variance.
Remedy: manual, naming the orders in order of arrival and which to cancel; listings still exposed are set.
Where the whole deficit is scenario 5's, nobody was oversold and the ledger side is empty; but its units were claimed
once, so what a listing exposes beside them is beyond stock all the same, and is claimed and set.
Without the ledger's movements it is not judged: what was promised twice, and when a shop could have heard, is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stockrecon.core.case import Case, Left
from stockrecon.core.compare import is_lock_error
from stockrecon.core.findings import Finding, Remedy
from stockrecon.core.model import Movement, MovementKind, Order, OrderStatus, Push
from stockrecon.core.position import units_by_listing
from stockrecon.scenarios import campaign_lock, listing_sync_error
from stockrecon.scenarios.base import (
    local,
    manual,
    name_of,
    of_movement,
    of_order,
    of_push,
    on_ledger,
    on_listing,
    set_stock,
    shown,
    units_of,
)
from stockrecon.scenarios.unpaid_release import claimed_by_ledger, released_orders

SLUG = "orders-too-near"


@dataclass(frozen=True, slots=True)
class _Late:
    """A late order, the ledger units of the deficit that it takes, the earlier order, and a failed push before it."""

    order: Order
    units: int
    earlier: Order | None
    failed: Push | None = None


def detect(case: Case, left: Left) -> Sequence[Finding]:
    if case.position is None or "movements" not in case.ledger.tables:
        return []
    late = list(_late_orders(case, left.deficit))
    if not late and not _all_unpaid(case, left):
        return []
    return [*_ledger_side(case, late), *_listing_side(case, left)]


def _all_unpaid(case: Case, left: Left) -> bool:
    """Whether the ledger is below zero, and all of it is scenario 5's."""
    return left.deficit <= 0 and any(taken for _, taken in claimed_by_ledger(case, case.deficit))


def _late_orders(case: Case, deficit: int) -> Iterator[_Late]:
    """The newest open orders that cover the deficit, those that count."""
    per_unit = units_by_listing(case.facts)
    released = {one.order for one in released_orders(case)}
    orders = [o for o in case.facts.orders if o.status.is_open and per_unit.get(o.key) and o not in released]
    for order in sorted(orders, key=lambda o: (o.created_at, o.order_id), reverse=True):
        units = min(deficit, order.quantity * per_unit[order.key])
        if units <= 0:
            return
        deficit -= units
        failed = _failed_before(case, order)
        earlier = _unheard(case, order)
        if failed is not None or earlier is not None:
            yield _Late(order, units, earlier, failed)


def _failed_before(case: Case, order: Order) -> Push | None:
    pushes = sorted(
        (p for p in case.facts.pushes if p.key == order.key and p.at <= order.created_at), key=lambda p: p.at
    )
    return pushes[-1] if pushes and not pushes[-1].ok else None


def _unheard(case: Case, late: Order) -> Order | None:
    """The newest order on another shop, placed before the late one, of which the late one's shop had not heard."""
    per_unit = units_by_listing(case.facts)
    since = late.created_at - case.policy.lookback
    earlier = [
        order
        for order in case.facts.orders
        if order.key.shop != late.key.shop
        and per_unit.get(order.key)
        and since <= order.created_at <= late.created_at
        and (order.created_at, order.order_id) != (late.created_at, late.order_id)
        and order.status is not OrderStatus.CANCELLED
    ]
    for order in sorted(earlier, key=lambda o: (o.created_at, o.order_id), reverse=True):
        if not _had_heard(case, order, late):
            return order
    return None


def _had_heard(case: Case, earlier: Order, late: Order) -> bool:
    shop = case.shops.get(late.key.shop)
    if shop is None or not shop.pushes_known:
        return late.created_at - earlier.created_at > case.policy.sync_latency
    booked = _booked(case, earlier)
    if booked is None:
        return False
    pushes = [p for p in case.facts.pushes if p.key == late.key and p.ok and p.at >= booked.at]
    return any(push.at <= late.created_at for push in pushes)


def _booked(case: Case, order: Order) -> Movement | None:
    return next(
        (
            m
            for m in case.movements
            if m.kind is MovementKind.ORDER and m.shop == order.key.shop and m.order_id == order.order_id
        ),
        None,
    )


def _slug_of(late: _Late, case: Case) -> str:
    """2 or 4 where a failed push had left the listing too high before the late order, else 6."""
    shop = case.shops.get(late.order.key.shop)
    if late.failed is None or shop is None:
        return SLUG
    locked = is_lock_error(late.failed.error, shop.capabilities)
    return campaign_lock.SLUG if locked else listing_sync_error.SLUG


def _ledger_side(case: Case, late: Sequence[_Late]) -> Iterator[Finding]:
    by_slug: dict[str, list[_Late]] = {}
    for one in late:
        by_slug.setdefault(_slug_of(one, case), []).append(one)
    for slug, group in sorted(by_slug.items()):
        orders = {order for one in group for order in (one.order, one.earlier) if order is not None}
        arrival = sorted(orders, key=lambda o: (o.created_at, o.order_id))
        units = sum(one.units for one in group)
        evidence = [of_order(order) for order in arrival]
        evidence += [of_push(one.failed) for one in group if one.failed is not None]
        evidence += [of_movement(m) for order in arrival if (m := _booked(case, order)) is not None]
        yield on_ledger(
            slug,
            case,
            units,
            f"{case.sku}: {units_of(units)} sold twice: {_gap(group)}",
            evidence=evidence,
            remedies=[_remedy(case, group, arrival, units)],
            part="" if slug == SLUG else "oversold",
        )


def _gap(group: Sequence[_Late]) -> str:
    last = group[0]
    late = f"{last.order.key.shop} order {last.order.order_id}"
    if last.earlier is None:
        return f"{late} came while its listing had not taken the last push"
    seconds = int((last.order.created_at - last.earlier.created_at).total_seconds())
    return f"{late} came {_ago(seconds)} after {last.earlier.key.shop} order {last.earlier.order_id}"


def _ago(seconds: int) -> str:
    return f"{seconds} s" if seconds < 600 else f"{seconds // 60} min"


def _remedy(case: Case, group: Sequence[_Late], arrival: Sequence[Order], units: int) -> Remedy:
    named = ", then ".join(
        f"{order.key.shop} order {order.order_id} ({local(order.created_at, case.shops[order.key.shop])})"
        for order in arrival
        if order.key.shop in case.shops
    )
    last = ", ".join(one.order.order_id for one in group)
    return manual(
        f"{units_of(units)} of {case.sku} sold twice. In order of arrival: {named}. Cancel or back-order the last "
        f"({last}); a buffer on these shops (stock: buffer) makes it rarer"
    )


def _listing_side(case: Case, left: Left) -> Iterator[Finding]:
    for account in case.accounts:
        units = left.of(account)
        if units > 0:
            text = f"{name_of(account.listing)}: still exposes {units_of(units)} with nothing left to sell"
            remedies = [set_stock(f"set to {account.write_target}")]
            yield on_listing(SLUG, account, case, units, text, evidence=[shown(account)], remedies=remedies)
