"""Two programs pulling one listing in two directions (semantics, section 6).

A confirmed write of ours is undone where the listing was set, or found, to something else later and nothing that
happened in between accounts for it: no order, no cancellation, no campaign units that came back, no movement of the
ledger. A program that follows the ledger as we do undoes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stockrecon.core.case import Account, Case
from stockrecon.core.model import Order, OrderStatus, Push, ShopFacts

OURS = "journal"
"""The source of a push that is our own confirmed write."""

TIMES = 3
WINDOW = timedelta(hours=24)


def contested(account: Account, case: Case) -> bool:
    """Whether another program sets the listing against us, so that writing once more would only go on with it."""
    return undone(account, case) >= TIMES


def undone(account: Account, case: Case) -> int:
    """How many of our confirmed writes to the listing within the last 24 hours were undone before our next one."""
    ours = [push for push in account.pushes if _ours(push) and case.now - WINDOW <= push.at <= case.now]
    end, found = max(case.now, account.shop.as_of), 0
    for push in reversed(ours):
        found += 1 if _undone(push, end, account, case) else 0
        end = push.at
    return found


def _ours(push: Push) -> bool:
    return push.ok and push.source == OURS


def _undone(ours: Push, end: datetime, account: Account, case: Case) -> bool:
    later = _pushed(account) if account.shop.pushes_known else _shown(account)
    for at, value in later:
        if ours.at < at <= end:
            fell, rose = _accounted(ours.at, at, account, case)
            if not -fell <= value - ours.quantity <= rose:
                return True
    return False


def _pushed(account: Account) -> Iterator[tuple[datetime, int]]:
    """What others sent and the channel took."""
    return ((push.at, push.quantity) for push in account.pushes if push.ok and push.source != OURS)


def _shown(account: Account) -> Iterator[tuple[datetime, int]]:
    """What the shop showed, up to now: all that is known where nobody records pushes."""
    yield from ((snapshot.at, snapshot.exposed) for snapshot in account.snapshots)
    yield account.shop.as_of, account.listing.exposed


def _accounted(since: datetime, until: datetime, account: Account, case: Case) -> tuple[int, int]:
    """By how much the number may have fallen and risen between two times without anybody working against us."""
    fell = rose = 0
    for order in account.orders:
        fell += order.quantity if since < order.created_at <= until else 0
        back = _back_at(order, account.shop)
        rose += order.quantity if back is not None and since < back <= until else 0
    for campaign in account.campaigns:
        # Its units come back some time after its end, and until then nobody knows when.
        over = campaign.over_since or campaign.ends_at
        if since - case.policy.campaign_settle < over <= until:
            rose += campaign.locked if campaign.balance is None else campaign.balance
    for sku in account.supplies:
        for movement in case.positions[sku].facts.movements:
            if since < movement.at <= until:
                fell += max(0, -movement.quantity)
                rose += max(0, movement.quantity)
    return fell, rose


def _back_at(order: Order, shop: ShopFacts) -> datetime | None:
    """When an order's units went back: its cancellation, or the time at which an unpaid order's hold is released."""
    release = shop.capabilities.releases_unpaid_after
    if order.status is OrderStatus.UNPAID and release is not None:
        return order.created_at + release
    return order.cancelled_when
