"""What a listing should show if nothing but orders touched it since a known value."""

from __future__ import annotations

from datetime import datetime

from stockrecon.core.case import Account, Case
from stockrecon.core.model import Order, OrderStatus, Push, Snapshot
from stockrecon.core.position import held_orders
from stockrecon.scenarios.campaign_returned import returned_since


def expected(account: Account, value: int, since: datetime) -> int:
    """`value` at `since`, less what buyers took until the shop was read, plus what came back."""
    shop = account.shop
    held = held_orders([account.listing], account.orders, {shop.name: shop})
    return value + sum(_change(order, account, since, held) for order in account.orders)


def beyond(account: Account, case: Case, value: int, since: datetime, campaign: int = 0) -> int:
    """By how much the listing differs from what orders, cancellations and returned campaign units made of `value`.

    `campaign`: how many of `value` were shown as locked; those are counted in it already. Whether the others came
    back on top of what was sent is not known, so what they may explain is no difference.
    """
    delta = account.listing.exposed - expected(account, value, since)
    back = returned_since(account, case, since) - max(0, campaign - account.listing.campaign)
    return max(0, delta - max(0, back)) if delta > 0 else delta


def _change(order: Order, account: Account, since: datetime, held: frozenset[Order]) -> int:
    """By how many units one order moved the exposed number from `since` until the shop was read."""
    as_of = account.shop.as_of
    took = since < order.created_at <= as_of
    back_at = _back_at(order, account, held)
    gave = back_at is not None and since < back_at <= as_of
    return (order.quantity if gave else 0) - (order.quantity if took else 0)


def _back_at(order: Order, account: Account, held: frozenset[Order]) -> datetime | None:
    """When the order's units went back to sellable: its cancellation, or the release of an unpaid order's hold."""
    if order.status is OrderStatus.CANCELLED:
        return order.cancelled_when
    release = account.shop.capabilities.releases_unpaid_after
    if order.status is OrderStatus.UNPAID and order not in held and release is not None:
        return order.created_at + release
    return None


def not_applied(account: Account, case: Case, push: Push) -> Snapshot | None:
    """The snapshot whose value the shop still shows although a later push was accepted; None where it does not."""
    snapshot = before(account, push.at)
    if snapshot is None or beyond(account, case, snapshot.exposed, snapshot.at, snapshot.campaign):
        return None
    return snapshot


def last_applied(account: Account) -> Push | None:
    """The last push, if it was answered with success and came before the shop was read."""
    push = account.last_push
    return push if push is not None and push.ok and push.at <= account.shop.as_of else None


def before(account: Account, at: datetime) -> Snapshot | None:
    """The last snapshot before `at`."""
    return next((one for one in reversed(account.snapshots) if one.at < at), None)
