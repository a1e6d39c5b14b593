"""What every loopback marketplace does: orders, campaigns, timers, and a log of effects.

The channels differ in how stock moves (`shopee.market`, `lazada.market`, ...); a shop here knows the order of events.
Times are aware and in UTC and always given by the caller; `settle(now)` lets happen what was due by then, and every
public method calls it first. What the market cannot do (too few units, no such order) is a `MarketRefusal`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.deciding import Deciding
from stockrecon.sandbox.records import (
    HOLD,
    UNPAID_CANCELLED_AFTER,
    Effect,
    Event,
    Key,
    Line,
    Listing,
    MarketCampaign,
    MarketOrder,
    MarketRefusal,
    Timer,
    named,
)


class Shop(Deciding):
    """One seller's shop. Subclasses say how stock moves; `revision` changes whenever the set of listings does."""

    def __init__(self, name: str, region: str = "VN") -> None:
        self.name = name
        self.region = region
        self.unpaid_cancelled_after = UNPAID_CANCELLED_AFTER
        self.hold = HOLD
        self.orders: dict[str, MarketOrder] = {}
        self.campaigns: dict[str, MarketCampaign] = {}
        self.effects: list[Effect] = []
        self.events: list[Event] = []
        """What happened since the sandbox last looked; it takes them away (`sandbox.push`)."""
        self.holiday = False
        self.revision = 0
        self._timers: list[Timer] = []
        self._numbers = 0
        self._campaigns_of: dict[Key, list[str]] = {}

    # Time

    def settle(self, now: datetime) -> None:
        """Let everything happen that was due by `now`, in order, each at its own time."""
        while self._timers and self._timers[0].at <= now:
            timer = heapq.heappop(self._timers)
            if timer.kind in ("starts", "campaign"):
                campaign = self.campaigns[timer.subject]
                if timer.kind == "campaign":
                    self._close_campaign(campaign, timer.at, "ended")
                elif not campaign.over:
                    self._tell_campaign(campaign, timer.at, "running")
                continue
            if timer.kind not in ("hold", "unpaid"):
                self._due(timer)
                continue
            order = self.orders[timer.subject]
            if order.status is not OrderStatus.UNPAID:
                continue
            if timer.kind == "hold":
                self._release_hold(order, timer.at)
            else:
                self._cancel(order, timer.at, "channel", "not paid in time")

    def at(self, when: datetime, kind: str, subject: str) -> None:
        """Set a timer: "starts" and "campaign" (it ends), "hold" (is released) or "unpaid" (is cancelled), or a
        word of the channel's own.
        """
        self._numbers += 1
        heapq.heappush(self._timers, Timer(when, self._numbers, kind, subject))

    @contextmanager
    def changing(self, key: Key, at: datetime, call: str, *, always: bool = False) -> Iterator[None]:
        """Log what the block does to the listing's exposed units; `always`: also where it changes nothing."""
        before = self.exposed(key)
        yield
        after = self.exposed(key)
        if always or before != after:
            self.effects.append(Effect(self.name, key[0], key[1], before, after, at, call))
        if before != after:
            self.events.append(Event("stock", at, call, "", *key, before, after))

    def _tell_order(self, order: MarketOrder) -> None:
        self.events.append(Event("order", order.updated_at, order.order_id, str(order.status)))

    def _tell_campaign(self, campaign: MarketCampaign, at: datetime, stage: str) -> None:
        self.events.append(Event("campaign", at, campaign.campaign_id, stage, *campaign.key))

    # Orders

    def place(
        self,
        now: datetime,
        lines: Iterable[tuple[str, str, int]],
        *,
        order_id: str = "",
        paid: bool = False,
        campaign_id: str = "",
        source: str = "",
    ) -> MarketOrder:
        """A buyer orders (item id, variation id, quantity)s; from a campaign's units if one is named.

        `source`: where, on channels that sell in more than one place.
        """
        self.settle(now)
        order_id = order_id or self.new_order_id(now)
        if order_id in self.orders:
            raise MarketRefusal(f"{self.name}: there is an order {order_id} already")
        made = [Line(item, variation, quantity, campaign_id) for item, variation, quantity in lines]
        if not made:
            raise MarketRefusal(f"{self.name}: an order needs at least one line")
        self._check_room(made)
        order = MarketOrder(order_id, made, OrderStatus.UNPAID, now, now, source=source)
        for line in made:
            with self.changing(line.key, now, f"order {order_id} placed"):
                if line.campaign_id:
                    self.campaigns[line.campaign_id].left -= line.quantity
                self._take(order, line, now)
        self.orders[order_id] = order
        self._tell_order(order)
        self.at(now + self.unpaid_cancelled_after, "unpaid", order_id)
        if paid:
            self.pay(now, order_id)
        return order

    def _check_room(self, lines: list[Line]) -> None:
        wanted: dict[tuple[Key, str], int] = {}
        for line in lines:
            if line.quantity < 1:
                raise MarketRefusal(f"{self.name}: an order line needs a quantity of at least 1, got {line.quantity}")
            listing = self._known(line.key)
            if listing.state in (ListingState.DELETED, ListingState.BANNED, ListingState.UNLISTED):
                raise MarketRefusal(f"{self.name}: buyers cannot see {named(line.key)}, it is {listing.state}")
            spot = (line.key, line.campaign_id)
            wanted[spot] = wanted.get(spot, 0) + line.quantity
        for (key, campaign_id), quantity in wanted.items():
            left = self._campaign(campaign_id, key).left if campaign_id else self.for_sale(key)
            if left is not None and quantity > left:
                where = f"in campaign {campaign_id}" if campaign_id else "to ordinary buyers"
                raise MarketRefusal(f"{self.name}: {named(key)} has {left} left {where}, {quantity} were ordered")

    def pay(self, now: datetime, order_id: str) -> None:
        order = self._order(now, order_id, OrderStatus.UNPAID)
        self._check_payable(order)
        for line in order.lines:
            with self.changing(line.key, now, f"order {order_id} paid"):
                self._paid(order, line, now)
        order.status, order.paid_at, order.updated_at = OrderStatus.PAID, now, now
        self._tell_order(order)

    def ship(self, now: datetime, order_id: str) -> None:
        order = self._order(now, order_id, OrderStatus.PAID)
        for line in order.lines:
            self._leave(line)
        order.status, order.shipped_at, order.updated_at = OrderStatus.SHIPPED, now, now
        self._tell_order(order)

    def request_cancel(self, now: datetime, order_id: str, by: str = "buyer", reason: str = "") -> None:
        """The buyer asks to cancel a paid order; its units stay where they are until it is cancelled."""
        order = self._order(now, order_id, OrderStatus.PAID)
        order.status, order.updated_at = OrderStatus.CANCEL_REQUESTED, now
        order.cancelled_by, order.cancel_reason = by, reason
        self._tell_order(order)

    def cancel(self, now: datetime, order_id: str, by: str = "buyer", reason: str = "") -> None:
        """Cancel an order that is not shipped: its units come back, or the listing goes to 0 (seller out of stock)."""
        order = self._order(now, order_id, OrderStatus.UNPAID, OrderStatus.PAID, OrderStatus.CANCEL_REQUESTED)
        self._cancel(order, now, by, reason)

    def _cancel(self, order: MarketOrder, now: datetime, by: str, reason: str) -> None:
        for line in order.lines:
            if self.listing(line.key) is None:
                continue
            with self.changing(line.key, now, f"order {order.order_id} cancelled"):
                self._give_back(line, now)
                if by == "seller" and _for_want_of_stock(reason):
                    self._out_of_stock(line)
        order.status, order.cancelled_at, order.updated_at = OrderStatus.CANCELLED, now, now
        order.cancelled_by, order.cancel_reason = by, reason
        self._tell_order(order)

    def send_back(self, now: datetime, order_id: str) -> None:
        """The parcel comes back; neither channel restocks it by itself (reference: Shopee 5.3)."""
        order = self._order(now, order_id, OrderStatus.SHIPPED)
        order.status, order.updated_at = OrderStatus.RETURNED, now
        self._tell_order(order)

    # Campaigns

    def start_campaign(
        self,
        now: datetime,
        key: Key,
        locked: int,
        starts_at: datetime,
        ends_at: datetime,
        *,
        campaign_id: str = "",
        locks_write: bool = True,
        no_decrease: bool = False,
        name: str = "",
        sort: str = "",
    ) -> MarketCampaign:
        """Enrol a listing: the units are locked at once, also before the start (reference: Shopee 4, Lazada 5)."""
        self.settle(now)
        self._known(key)
        if ends_at <= max(now, starts_at):
            raise MarketRefusal(f"{self.name}: a campaign must end after it starts and after now")
        if locked < 1 or (self.locks_units(sort) and locked > self.buckets(key)[0]):
            raise MarketRefusal(
                f"{self.name}: {named(key)} has {self.buckets(key)[0]} to lock, {locked} were asked for"
            )
        campaign_id = campaign_id or f"{7_000_000_000 + len(self.campaigns)}"
        if campaign_id in self.campaigns:
            raise MarketRefusal(f"{self.name}: there is a campaign {campaign_id} already")
        campaign = MarketCampaign(
            campaign_id,
            *key,
            starts_at,
            ends_at,
            locked,
            locked,
            locks_write=locks_write,
            no_decrease=no_decrease,
            name=name,
            sort=sort,
        )
        self.add_campaign(campaign)
        self._tell_campaign(campaign, now, "upcoming")
        return campaign

    def add_campaign(self, campaign: MarketCampaign) -> None:
        """Take a campaign as it stands; one that lives ends by the clock."""
        self.campaigns[campaign.campaign_id] = campaign
        self._campaigns_of.setdefault(campaign.key, []).append(campaign.campaign_id)
        if not campaign.over:
            self.at(campaign.starts_at, "starts", campaign.campaign_id)
            self.at(campaign.ends_at, "campaign", campaign.campaign_id)

    def end_campaign(self, now: datetime, campaign_id: str, *, how: str = "cancelled") -> None:
        """End a campaign before its time; what is left returns to ordinary sale."""
        self.settle(now)
        campaign = self.campaigns.get(campaign_id)
        if campaign is None or campaign.over:
            raise MarketRefusal(f"{self.name}: no campaign {campaign_id} is running or coming")
        self._close_campaign(campaign, now, how)

    def _close_campaign(self, campaign: MarketCampaign, at: datetime, how: str) -> None:
        if not campaign.over:
            campaign.over = how
            campaign.ends_at = min(campaign.ends_at, at)
            self._tell_campaign(campaign, at, how)

    def campaigns_on(self, key: Key) -> list[MarketCampaign]:
        return [self.campaigns[name] for name in self._campaigns_of.get(key, ())]

    def live_campaigns(self, key: Key) -> list[MarketCampaign]:
        return [campaign for campaign in self.campaigns_on(key) if not campaign.over]

    def locked(self, key: Key) -> int:
        listing = self.listing(key)
        locking = [campaign for campaign in self.live_campaigns(key) if self.locks_units(campaign.sort)]
        return (listing.unnamed if listing else 0) + sum(campaign.left for campaign in locking)

    def set_state(self, now: datetime, key: Key, state: ListingState, message: str = "") -> None:
        """Ban, unlist, mend ... a listing; `message` is the channel's own word for it."""
        self.settle(now)
        listing = self._known(key)
        listing.state, listing.message = state, message
        self.revision += 1
        self.events.append(Event("listing", now, "", str(state), *key))

    def edit(self, now: datetime, key: Key, sellable: int) -> None:
        """A person sets a listing's ordinary stock in the seller center."""
        self.settle(now)
        self._known(key)
        if sellable < 0:
            raise MarketRefusal(f"{self.name}: sellable cannot be negative")
        with self.changing(key, now, "edited in the seller center"):
            self._set_total(key, sellable + self.buckets(key)[1])

    def _known(self, key: Key) -> Listing:
        listing = self.listing(key)
        if listing is None:
            raise MarketRefusal(f"{self.name}: there is no listing {named(key)}")
        return listing

    def _campaign(self, campaign_id: str, key: Key) -> MarketCampaign:
        campaign = self.campaigns.get(campaign_id)
        if campaign is None or campaign.over or campaign.key != key:
            raise MarketRefusal(f"{self.name}: no campaign {campaign_id} lives on {named(key)}")
        return campaign

    def _order(self, now: datetime, order_id: str, *allowed: OrderStatus) -> MarketOrder:
        self.settle(now)
        order = self.orders.get(order_id)
        if order is None:
            raise MarketRefusal(f"{self.name}: there is no order {order_id}")
        if order.status not in allowed:
            raise MarketRefusal(f"{self.name}: order {order_id} is {order.status}, not {' or '.join(allowed)}")
        return order


def _for_want_of_stock(reason: str) -> bool:
    """Reference: Lazada 6.3, Shopee 5.3: these reasons make the channel set the listing to 0."""
    words = reason.lower().replace("_", " ")
    return any(part in words for part in ("out of stock", "reserve your stock", "incorrect pricing"))
