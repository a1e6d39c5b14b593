"""A model market: one virtual clock, one ledger, some shops, and everybody in it acting by a schedule made of one seed.

It knows what no program in the real world knows: what is truly there (`truth`), and every change of every listing with
who made it (`effects`). Oracles judge by these two alone.

Times are seconds since START. Whoever lets time pass (`pass_time`) lets customers, OMS and ledger act meanwhile.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from stockrecon.core.model import (
    Campaign,
    CampaignState,
    ListingState,
    Movement,
    MovementKind,
    Order,
    OrderStatus,
    Push,
    ShopName,
    Sku,
)
from tests.simulation.places import Effect, Fate, Shelf, Shop, at

RELEASE = 1_800.0
"""Seconds after which a shop that shows withheld units gives those of an unpaid order back (reference: Lazada 6)."""


@dataclass(slots=True, eq=False)
class Market:
    """`oms`: how often the OMS hears of a movement and pushes; `trace`: lines to read when a seed fails."""

    life: Random
    shops: dict[ShopName, Shop]
    available: dict[Sku, int]
    oms: float
    records_pushes: bool
    now: float = 0.0
    truth: dict[Sku, int] = field(default_factory=dict)
    movements: dict[Sku, list[Movement]] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    oversold: int = 0
    oversold_by_writes: int = 0
    oversold_by_uploads: int = 0
    trace: list[str] | None = None
    _events: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = field(default_factory=list)
    _number: int = 0

    # Time

    def clock(self) -> datetime:
        return at(self.now)

    def later(self, seconds: float, act: Callable[..., object], *given: Any) -> None:
        self._number += 1
        heapq.heappush(self._events, (self.now + seconds, self._number, act, given))

    def pass_time(self, seconds: float) -> None:
        end = self.now + max(0.0, seconds)
        while self._events and self._events[0][0] <= end:
            self.now, _, act, given = heapq.heappop(self._events)
            act(*given)
        self.now = end

    def tell(self, text: str) -> None:
        if self.trace is not None:
            self.trace.append(f"{self.now:10.1f} {text}")

    def stand_still(self) -> None:
        """Nothing happens any more. What a shop does by the clock within the next hours, it does now."""
        soon = [event for event in self._events if event[0] <= self.now + 12 * 3_600]
        self._events.clear()
        for _, _, act, given in sorted(soon, key=lambda event: event[:2]):
            if act in (self.end_campaign, self.release):
                act(*given)
        self._events.clear()

    # What is right

    def shelves(self) -> Iterator[tuple[Shop, Shelf]]:
        for shop in self.shops.values():
            for shelf in shop.shelves.values():
                yield shop, shelf

    def holding(self, sku: Sku) -> list[tuple[Shop, Shelf]]:
        return [(shop, shelf) for shop, shelf in self.shelves() if any(c.sku == sku for c in shelf.components)]

    def right(self, shelf: Shelf) -> int:
        """How many of the listing there truly are, whatever policy says."""
        return max(0, min(self.truth[c.sku] // c.units for c in shelf.components))

    def by_ledger(self, shop: Shop, shelf: Shelf) -> int:
        """What policy makes of the ledger as it stands: the number that an OMS sends."""
        rule = shop.policy.stock
        shares = [(self.available[c.sku] - rule.buffer) * rule.percent // 100 // c.units for c in shelf.components]
        caps = [] if rule.cap is None else [rule.cap]
        return min([max(0, min(shares)), *caps])

    # The shops

    def show(self, shelf: Shelf, cause: str, sellable: int, campaign: int, withheld: int) -> None:
        """The one place where a listing changes."""
        before = shelf.exposed
        shelf.sellable, shelf.campaign, shelf.withheld = sellable, campaign, withheld
        shelf.past.append((self.now, sellable, campaign, withheld))
        self.effects.append(Effect(self.now, shelf.key, cause, before, shelf.exposed))
        if self.trace is not None:
            self.tell(f"{shelf.key}: {cause} {before} -> {shelf.exposed} (campaign {campaign}, withheld {withheld})")

    def write(self, shelf: Shelf, to: int, number: int) -> None:
        """A program's write takes effect; what it exposes beyond what is there is its own doing."""
        before, right = shelf.exposed, self.right(shelf)
        shelf.made = max(0, to - max(before - shelf.made, right))
        shelf.sellable = to - shelf.campaign
        shelf.past.append((self.now, shelf.sellable, shelf.campaign, shelf.withheld))
        self.effects.append(Effect(self.now, shelf.key, "write", before, to, number))
        self.tell(f"{shelf.key}: write {number} {before} -> {to} (truly there: {right})")

    def shown(self, shelf: Shelf, when: float) -> tuple[int, int, int]:
        """sellable, campaign, withheld as they were at `when`."""
        for time, *values in reversed(shelf.past):
            if time <= when:
                return values[0], values[1], values[2]
        return (shelf.past[0][1], shelf.past[0][2], shelf.past[0][3]) if shelf.past else (shelf.sellable, 0, 0)

    def edit(self, shelf: Shelf, sellable: int) -> None:
        """Somebody types a number in the seller center."""
        shelf.made = 0
        self.show(shelf, "edit", sellable, shelf.campaign, shelf.withheld)

    def push(self, shop: Shop, shelf: Shelf, *, silent: bool) -> None:
        """The OMS sends what the ledger says; a lock refuses it, and sometimes it is taken and nothing happens."""
        quantity = self.by_ledger(shop, shelf)
        locked = shelf.campaign > 0 and not shop.capabilities.edits_during_campaign
        refused = shelf.campaign > quantity or locked or not shelf.state.takes_writes
        error = "Negative sellable" if shelf.state.takes_writes else "item is banned"
        if refused and shop.capabilities.channel == "shopee" and shelf.state.takes_writes:
            error = "stock less than reserved stock"
        self.pushes.append(Push(shelf.key, quantity, at(self.now), not refused, error if refused else ""))
        if not refused and not silent and quantity != shelf.exposed:
            shelf.made = 0
            self.show(shelf, "push", quantity - shelf.campaign, shelf.campaign, shelf.withheld)

    def ban(self, shelf: Shelf, seconds: float) -> None:
        shelf.state = ListingState.BANNED
        self.later(seconds, self.lift, shelf)

    def lift(self, shelf: Shelf) -> None:
        shelf.state = ListingState.OK

    # Campaigns

    def begin_campaign(self, shop: Shop, shelf: Shelf, share: int, seconds: float) -> None:
        locked = shelf.sellable * share // 100
        if shelf.campaign or not locked:
            return
        name = f"C{len(shop.campaigns) + 1}"
        shop.campaigns[name] = Campaign(
            name, shelf.key, at(self.now), at(self.now + seconds), locked, 0, CampaignState.RUNNING
        )
        self.show(shelf, "campaign begins", shelf.sellable - locked, locked, shelf.withheld)
        self.later(seconds, self.end_campaign, shop, shelf, name)

    def end_campaign(self, shop: Shop, shelf: Shelf, name: str) -> None:
        one = shop.campaigns[name]
        shop.campaigns[name] = replace(one, state=CampaignState.ENDED, over_since=at(self.now))
        self.show(shelf, "campaign ends", shelf.exposed, 0, shelf.withheld)

    # Orders

    def buy(self, shop: Shop, shelf: Shelf, quantity: int, fate: Fate, *, forced: bool = False) -> None:
        """A customer buys what is exposed, or goes away. `forced`: an order that came through some other way."""
        in_campaign = fate.from_campaign and shelf.campaign >= quantity
        if not in_campaign and shelf.sellable < quantity and not forced:
            return
        if not shelf.state.takes_writes:
            return
        unpaid = fate.paid != 0
        name = f"{shop.name}-{len(shop.orders) + 1}"
        status = OrderStatus.UNPAID if unpaid else OrderStatus.PAID
        paid_at = None if unpaid else at(self.now)
        shop.orders[name] = Order(name, shelf.key, quantity, status, at(self.now), paid_at)
        holds = unpaid and shop.capabilities.shows_withheld
        campaign = shelf.campaign - quantity if in_campaign else shelf.campaign
        sellable = shelf.sellable if in_campaign else max(0, shelf.sellable - quantity)
        if in_campaign:
            self._count_campaign(shop, shelf, quantity)
        self.show(shelf, f"sale of order {name}", sellable, campaign, shelf.withheld + (quantity if holds else 0))
        self._promise(shelf, quantity, forced=forced)
        self._foresee(shop, shelf, name, quantity, fate, holds=holds)

    def _count_campaign(self, shop: Shop, shelf: Shelf, quantity: int) -> None:
        for name, one in shop.campaigns.items():
            if one.key == shelf.key and one.state is CampaignState.RUNNING:
                shop.campaigns[name] = replace(one, sold=(one.sold or 0) + quantity)

    def _promise(self, shelf: Shelf, quantity: int, *, forced: bool) -> None:
        for component in shelf.components:
            before = self.truth[component.sku]
            after = self.truth[component.sku] = before - quantity * component.units
            beyond = 0 if forced else max(0, -after) - max(0, -before)
            self.oversold += beyond
            ours = min(beyond, min(shelf.made, quantity) * component.units)
            if self.shops[shelf.key.shop].in_files:
                self.oversold_by_uploads += ours
            else:
                self.oversold_by_writes += ours
        shelf.made = max(0, shelf.made - quantity)

    def _foresee(self, shop: Shop, shelf: Shelf, name: str, quantity: int, fate: Fate, *, holds: bool) -> None:
        self.later(fate.imported, self.book, shelf, shop.name, name, -quantity, MovementKind.ORDER)
        if holds:
            self.later(RELEASE, self.release, shop, shelf, name)
        if fate.paid:
            self.later(fate.paid, self.pay, shop, shelf, name, holds)
        if fate.cancelled is not None:
            self.later(fate.imported + fate.cancelled, self.cancel, shop, shelf, name, fate.cancellation_imported)
        self.later(fate.imported + fate.shipped, self.ship, shop, name)

    def release(self, shop: Shop, shelf: Shelf, name: str) -> None:
        order = shop.orders[name]
        if order.status is OrderStatus.UNPAID:
            taken = order.quantity
            self.show(shelf, f"release of {name}", shelf.sellable + taken, shelf.campaign, shelf.withheld - taken)

    def pay(self, shop: Shop, shelf: Shelf, name: str, held: bool) -> None:
        order = shop.orders[name]
        if order.status is not OrderStatus.UNPAID:
            return
        shop.orders[name] = replace(order, status=OrderStatus.PAID, paid_at=at(self.now))
        if held:
            self.show(
                shelf, f"payment of {name}", shelf.sellable, shelf.campaign, max(0, shelf.withheld - order.quantity)
            )

    def cancel(self, shop: Shop, shelf: Shelf, name: str, imported: float) -> None:
        order = shop.orders[name]
        if not order.status.is_open:
            return
        now = at(self.now)
        held = order.status is OrderStatus.UNPAID and shop.capabilities.shows_withheld
        released = held and now - order.created_at >= timedelta(seconds=RELEASE)
        shop.orders[name] = replace(order, status=OrderStatus.CANCELLED, cancelled_at=now, updated_at=now)
        if not released:
            withheld = max(0, shelf.withheld - order.quantity) if held else shelf.withheld
            self.show(shelf, f"cancellation of {name}", shelf.sellable + order.quantity, shelf.campaign, withheld)
        for component in shelf.components:
            self.truth[component.sku] += order.quantity * component.units
        self.later(imported, self.book, shelf, shop.name, name, order.quantity, MovementKind.CANCEL)

    def ship(self, shop: Shop, name: str) -> None:
        order = shop.orders[name]
        if order.status is OrderStatus.PAID:
            shop.orders[name] = replace(order, status=OrderStatus.SHIPPED, shipped_at=at(self.now))

    # The ledger

    def book(self, shelf: Shelf, shop: ShopName, name: str, quantity: int, kind: MovementKind) -> None:
        for component in shelf.components:
            self.post(component.sku, quantity * component.units, kind, shop=shop, order=name)

    def receive(self, sku: Sku, units: int) -> None:
        """Goods come in (or break): the ledger is right about it."""
        self.truth[sku] += units
        self.post(sku, units, MovementKind.RECEIPT if units > 0 else MovementKind.MANUAL)

    def write_off(self, sku: Sku, cancelled_after: float, imported: float) -> None:
        """Scenario 3: a balance below zero is set to 0 by hand, and later one of its orders is cancelled."""
        missing = -self.available[sku]
        if missing <= 0:
            return
        self.post(sku, missing, MovementKind.MANUAL)
        booked = {m.order_id for m in self.movements[sku] if m.kind is MovementKind.ORDER}
        for shop, shelf in self.holding(sku):
            for name, order in shop.orders.items():
                if order.key == shelf.key and order.status.is_open and name in booked:
                    self.later(cancelled_after, self.cancel, shop, shelf, name, imported)
                    return

    def post(
        self,
        sku: Sku,
        quantity: int,
        kind: MovementKind,
        *,
        shop: ShopName | None = None,
        order: str | None = None,
        ref: str | None = None,
    ) -> None:
        """The one place where the ledger changes; the OMS may hear of it."""
        self.available[sku] += quantity
        self._number += 1
        movement = Movement(
            f"m{self._number:06d}", sku, at(self.now), quantity, kind, shop, order, self.available[sku], ref
        )
        self.movements[sku].append(movement)
        if self.trace is not None:
            self.tell(f"ledger {sku}: {kind.value} {quantity:+d} {order or ref or ''} -> {self.available[sku]}")
        for one, shelf in self.holding(sku):
            if self.life.random() < self.oms:
                silent = self.life.random() < 0.02
                self.later(self.life.uniform(2, 60), self._push_later, one, shelf, silent)

    def _push_later(self, shop: Shop, shelf: Shelf, silent: bool) -> None:
        self.push(shop, shelf, silent=silent)
