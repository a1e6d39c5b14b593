"""The market itself: a ledger, shops, an OMS that imports and pushes late, buyers. Pure, seeded, no clock but its own.

Everything is acted out in order of time: nobody writes a snapshot, a snapshot is what is there when it is taken.
Nothing here knows `stockrecon`.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.market.rules import Policy, target
from tests.market.things import DAY, HOUR, MINUTE, NOON, Campaign, Listing, Order, Shop, ids, order_row

LOCK_ERROR = {
    "lazada": "E501: Negative sellable on channel inventory",
    "shopee": "error_param: Can not update item with stock LESS THAN RESERVED STOCK",
}
HOLD = 30 * MINUTE
"""How long Lazada withholds stock for an unpaid order."""


class Market:
    """Holds everything and lets time pass. All times given are kept; what happens at one instant keeps its order."""

    def __init__(self, *, pushes: bool, policy: Policy) -> None:
        self.with_pushes, self.with_mapping, self.policy = pushes, True, policy
        self.shops: dict[str, Shop] = {}
        self.stock: dict[str, int] = {}
        self.movements: list[dict[str, Any]] = []
        self.pushes: list[dict[str, Any]] = []
        self.extra_mapping: list[dict[str, Any]] = []
        self.of_sku: dict[str, list[Listing]] = {}
        self.now = NOON - 9 * DAY
        self.ledger_read: dict[str, Any] = {}
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._number = itertools.count(1)

    def number(self) -> int:
        return next(self._number)

    def at(self, time: datetime, act: Callable[[], None]) -> None:
        """Let `act` happen at `time`, after all that was planned for that instant before."""
        assert time >= self.now, "the past cannot be changed"
        heapq.heappush(self._queue, (time, self.number(), act))

    def run_until(self, time: datetime) -> None:
        while self._queue and self._queue[0][0] <= time:
            self.now, _, act = heapq.heappop(self._queue)
            act()
        self.now = time

    # the stage

    def shop(self, name: str, imitates: str | None, **more: Any) -> Shop:
        shop = self.shops[name] = Shop(name, imitates, **more)
        return shop

    def sku(self, sku: str, stock: int) -> None:
        """The ledger's row, bought in eight days ago."""
        self.stock[sku] = 0
        self.of_sku.setdefault(sku, [])
        if stock:
            self.move(self.now, sku, stock, "receipt", push=False)
        self.run_until(self.now)

    def list_(self, shop: Shop, seller_sku: str, components: dict[str, int] | None = None, **more: Any) -> Listing:
        """A listing that shows its target from the start; the OMS pushed it once, unless it is muted."""
        parts = components or {seller_sku: 1}
        number = self.number()
        variation = str(900_000 + number) if number % 3 == 0 else ""
        listing = Listing(shop, str(100_000 + number), variation, seller_sku, parts, **more)
        shop.listings.append(listing)
        for sku in parts:
            self.of_sku.setdefault(sku, []).append(listing)

        def open_() -> None:
            listing.sellable = self.target(listing) if all(sku in self.stock for sku in parts) else 7
            if not listing.muted and listing.fulfilment == "seller" and all(sku in self.stock for sku in parts):
                self.push_now(listing)

        self.at(self.now + HOUR, open_)
        return listing

    def target(self, listing: Listing) -> int:
        return target(self, listing, self.stock)

    # the ledger

    def move(self, time: datetime, sku: str, quantity: int, kind: str, *, push: bool = True, **more: Any) -> None:
        """A movement that takes effect at `time`; the OMS then pushes to every listing of the SKU."""

        def act() -> None:
            self.stock[sku] += quantity
            row = {"id": len(self.movements) + 1, "sku": sku, "at": time, "quantity": quantity, "kind": kind}
            self.movements.append({**row, "balance": self.stock[sku], **more})
            if push:
                self.push_later(sku)

        self.at(time, act)

    def push_later(self, sku: str) -> None:
        for listing in self.of_sku[sku]:
            self.at(self.now + listing.push_delay, lambda one=listing: self.push_now(one))

    def push_now(self, listing: Listing, quantity: int | None = None) -> None:
        """The OMS sends what it holds right at this moment."""
        if listing.muted or listing.fulfilment == "platform":
            return
        quantity = self.target(listing) if quantity is None else quantity
        error = listing.fails_with
        if not error and quantity < listing.campaign and listing.shop.imitates in LOCK_ERROR:
            error = LOCK_ERROR[listing.shop.imitates]
        if not error and not listing.swallows:
            listing.sellable = quantity if listing.forgets_lock else quantity - listing.campaign
        listing.pushed.append((self.now, quantity, not error))
        row = {"shop": listing.shop.name, "item_id": listing.item_id, "variation_id": listing.variation_id}
        self.pushes.append({**row, "quantity": quantity, "at": self.now, "ok": not error, "error": error})

    # buyers

    def order(
        self,
        time: datetime,
        listing: Listing,
        quantity: int,
        *,
        delay: timedelta | None = 2 * MINUTE,
        pays: timedelta | None = timedelta(),
        ships: timedelta | None = None,
        of: Campaign | None = None,
    ) -> Order:
        """A buyer takes `quantity`; the OMS imports it after `delay` (None: never) and it is paid after `pays`."""
        order = Order(f"{listing.shop.name[:3].upper()}{self.number():07d}", listing, quantity, time)

        def place() -> None:
            listing.shop.orders.append(order)
            if of:
                listing.campaign -= quantity
                of.sold += quantity
            else:
                listing.sellable -= quantity
            if pays is None or pays:
                order.held = True
                listing.withheld += quantity
                if listing.shop.imitates == "lazada":
                    self.at(time + HOLD, release)

        def release() -> None:
            if order.held and order.status == "unpaid":
                order.held = False
                listing.withheld -= quantity
                listing.sellable += quantity

        def pay() -> None:
            if order.status != "unpaid":
                return
            if order.held:
                listing.withheld -= quantity
            order.held, order.status, order.paid_at = False, "paid", self.now
            listing.committed += quantity

        def ship() -> None:
            if order.status == "paid":
                order.status, order.shipped_at = "shipped", self.now
                listing.committed -= quantity

        self.at(time, place)
        if pays is not None:
            self.at(time + pays, pay)
        if ships is not None:
            self.at(time + ships, ship)
        if delay is not None:
            self.import_(time + delay, order)
        return order

    def ship(self, time: datetime, order: Order) -> None:
        """A paid order leaves the house."""

        def act() -> None:
            order.status, order.shipped_at = "shipped", self.now
            order.listing.committed -= order.quantity

        self.at(time, act)

    def import_(self, time: datetime, order: Order) -> None:
        def act() -> None:
            order.imported = True
            for sku, units in order.listing.components.items():
                self.move(
                    time,
                    sku,
                    -order.quantity * units,
                    "order",
                    shop=order.listing.shop.name,
                    order_id=order.order_id,
                )

        self.at(time, act)

    def cancel(
        self,
        time: datetime,
        order: Order,
        *,
        delay: timedelta | None = 2 * MINUTE,
        by: str = "buyer",
        reason: str = "Change of mind",
        zeroes: bool = False,
    ) -> None:
        """The shop gives the units back at once, the ledger after `delay` (None: never)."""

        def act() -> None:
            listing = order.listing
            if order.held:
                listing.withheld -= order.quantity
            elif order.status == "paid":
                listing.committed -= order.quantity
            if order.held or order.status == "paid":
                listing.sellable += order.quantity
            order.held, order.status = False, "cancelled"
            order.cancelled_at, order.cancelled_by, order.cancel_reason = self.now, by, reason
            if zeroes:
                listing.sellable = 0

        self.at(time, act)
        if delay is not None:
            self.restock(time + delay, order)

    def restock(self, time: datetime, order: Order) -> None:
        def act() -> None:
            for sku, units in order.listing.components.items():
                shop = order.listing.shop.name
                self.move(time, sku, order.quantity * units, "cancel", shop=shop, order_id=order.order_id)

        self.at(time, act)

    # channels

    def campaign(
        self,
        listing: Listing,
        starts: datetime,
        ends: datetime,
        locked: int,
        *,
        locks: datetime | None = None,
        told: bool = True,
        recorded: bool = True,
    ) -> Campaign:
        """Locks units (before the start where `locks` says so), gives what is left back at the end."""
        campaign = Campaign(f"C{self.number()}", listing, starts, ends, locked, 0, told, recorded=recorded)
        listing.shop.campaigns.append(campaign)

        def lock() -> None:
            assert listing.sellable >= locked, (listing.seller_sku, listing.sellable, locked)
            listing.sellable -= locked
            listing.campaign += locked

        def end() -> None:
            left = campaign.locked - campaign.sold
            listing.campaign -= left
            listing.sellable += left

        self.at(locks or starts, lock)
        self.at(ends, end)
        return campaign

    def do(self, time: datetime, act: Callable[[], None]) -> None:
        """Anything else that somebody does."""
        self.at(time, act)

    # reading

    def watch(self, start: datetime, end: datetime) -> None:
        """Hourly snapshots of every shop that keeps a history: what changed since the last."""

        def look() -> None:
            for shop in self.shops.values():
                for listing in shop.listings if shop.history else ():
                    shown = listing.shown()
                    figures = (shown["sellable"], shown["campaign"], shown["withheld"])
                    if listing.in_history and shop.seen.get(id(listing)) != figures:
                        shop.seen[id(listing)] = figures
                        shop.snapshots.append({"at": self.now, **ids(listing), **shown})

        time = start
        while time < end:
            self.at(time, look)
            time += HOUR

    def read(self, noon: datetime) -> None:
        """Each shop at its time, the ledger at `noon`: what the folders of the contract will say."""
        for shop in self.shops.values():
            self.at(noon - shop.late, lambda one=shop: self._read_shop(one))
        self.at(noon, self._read_ledger)
        self.run_until(noon)

    def _read_shop(self, shop: Shop) -> None:
        listings = [
            {
                **ids(one),
                "seller_sku": one.seller_sku,
                "title": f"Title of {one.seller_sku}",
                **one.shown(),
                "state": one.state,
                "message": one.message,
                "fulfilment": one.fulfilment,
            }
            for one in shop.listings
            if one.in_snapshot
        ]
        shop.read = {
            "as_of": self.now,
            "listings": listings,
            "orders": [order_row(one) for one in shop.orders],
            "campaigns": [self._campaign_row(one) for one in shop.campaigns if one.recorded],
            "history": list(shop.snapshots),
        }

    def _campaign_row(self, one: Campaign) -> dict[str, Any]:
        state = (
            "cancelled"
            if one.called_off
            else "upcoming"
            if self.now < one.starts_at
            else "running"
            if self.now < one.ends_at
            else "ended"
        )
        return {
            "campaign_id": one.campaign_id,
            **ids(one.listing),
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "locked": one.locked,
            "sold": one.sold if one.sold_is_told else None,
            "state": state,
        }

    def _read_ledger(self) -> None:
        mapping = [
            {
                "shop": one.shop.name,
                **ids(one),
                "seller_sku": one.seller_sku,
                "sku": sku,
                "units": units,
            }
            for shop in self.shops.values()
            for one in shop.listings
            if one.in_mapping
            for sku, units in one.components.items()
        ]
        self.ledger_read = {
            "as_of": self.now,
            "stock": [{"sku": sku, "available": count} for sku, count in self.stock.items()],
            "movements": list(self.movements),
            "pushes": list(self.pushes),
            "listings": mapping + self.extra_mapping,
        }
