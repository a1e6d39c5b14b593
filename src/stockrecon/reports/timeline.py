"""Every dated fact of one SKU in one order of time: movements, orders, campaigns, pushes, snapshots, readings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.contest import OURS
from stockrecon.core.findings import RunResult, Statement
from stockrecon.core.model import Campaign, ListingKey, Movement, Order, Push, ShopName, Snapshot
from stockrecon.reports.words import count

# At one instant: what happened in the world first, what was sent next, what was seen last.
_ORDER = ("campaign", "order", "movement", "push", "snapshot", "reading")


@dataclass(frozen=True, slots=True)
class Event:
    """One dated fact. `kind` is one of movement, order, campaign, push, snapshot, reading."""

    at: datetime
    kind: str
    source: str
    fact: str
    shop: ShopName | None = None
    listing: ListingKey | None = None

    @property
    def rank(self) -> tuple[datetime, int, str, str]:
        return (self.at, _ORDER.index(self.kind), self.source, self.fact)


def events_of(result: RunResult, statement: Statement) -> list[Event]:
    """The statement's timeline, oldest first, ended by what this run read."""
    told = statement.timeline
    events = [_movement(movement) for movement in told.movements]
    for order in told.orders:
        events += _order(order)
    for campaign in told.campaigns:
        events += _campaign(campaign)
    events += [_push(push) for push in told.pushes]
    events += [_snapshot(snapshot) for snapshot in told.snapshots]
    events += _readings(result, statement)
    return sorted(dict.fromkeys(events), key=lambda event: event.rank)


def _movement(movement: Movement) -> Event:
    order = f" for order {movement.order_id}" if movement.order_id else ""
    shop = f" of {movement.shop}" if movement.shop else ""
    balance = f", balance {movement.balance}" if movement.balance is not None else ""
    note = f" ({movement.note})" if movement.note else ""
    fact = f"{movement.kind.value} {movement.quantity:+d}{order}{shop}{balance}{note}"
    return Event(movement.at, "movement", f"ledger movement {movement.id}", fact, movement.shop)


def _order(order: Order) -> Iterator[Event]:
    units = count(order.quantity, "unit")
    by = f" by {order.cancelled_by}" if order.cancelled_by else ""
    reason = f": {order.cancel_reason}" if order.cancel_reason else ""
    steps = (
        (order.created_at, f"{units} ordered, now {order.status.value}"),
        (order.paid_at, f"{units} paid"),
        (order.shipped_at, f"{units} shipped"),
        (order.cancelled_when, f"{units} cancelled{by}{reason}"),
    )
    source = f"{order.key.shop} order {order.order_id}"
    for at, fact in steps:
        if at is not None:
            yield Event(at, "order", source, fact, order.key.shop, order.key)


def _campaign(campaign: Campaign) -> Iterator[Event]:
    key = campaign.key
    source = "configuration" if campaign.declared else f"{key.shop} campaign {campaign.campaign_id}"
    sold = "sold unknown" if campaign.sold is None else f"{campaign.sold} sold"
    locked = count(campaign.locked, "unit")
    yield Event(campaign.starts_at, "campaign", source, f"starts with {locked} locked", key.shop, key)
    if campaign.over_since is not None and campaign.over_since != campaign.ends_at:
        fact = f"over ({campaign.state.value}), {sold}"
        yield Event(campaign.over_since, "campaign", source, fact, key.shop, key)
    else:
        yield Event(campaign.ends_at, "campaign", source, f"ends, {sold}", key.shop, key)


def own(push: Push) -> bool:
    """Whether it was this program that wrote, and nobody else."""
    return push.source == OURS


def _push(push: Push) -> Event:
    outcome = "accepted" if push.ok else f"refused: {push.error or 'no reason recorded'}"
    if own(push):
        fact = f"stockrecon wrote {push.quantity} to {push.key}, {outcome}"
        return Event(push.at, "push", push.source, fact, push.key.shop, push.key)
    return Event(push.at, "push", f"push to {push.key}", f"{push.quantity} sent, {outcome}", push.key.shop, push.key)


def _snapshot(snapshot: Snapshot) -> Event:
    held = f", {snapshot.withheld} withheld" if snapshot.withheld else ""
    fact = f"showed {snapshot.sellable} sellable, {snapshot.campaign} campaign{held}"
    source = f"{snapshot.key} ({snapshot.source})"
    return Event(snapshot.at, "snapshot", source, fact, snapshot.key.shop, snapshot.key)


def _readings(result: RunResult, statement: Statement) -> Iterator[Event]:
    if result.ledger is not None and statement.available is not None:
        yield Event(result.ledger.as_of, "reading", "ledger", f"available {statement.available}")
    as_of = {shop.name: shop.facts.as_of for shop in result.shops if shop.facts is not None}
    for line in statement.lines:
        key, listing = line.listing.key, line.listing
        if key.shop in as_of:
            held = f", {listing.withheld} withheld" if listing.withheld else ""
            fact = f"shows {listing.sellable} sellable, {listing.campaign} campaign{held}"
            yield Event(as_of[key.shop], "reading", str(key), fact, key.shop, key)
