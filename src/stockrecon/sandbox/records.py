"""The records of a loopback market: listings, orders, campaigns, effects, timers.

Times are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stockrecon.core.model import ListingState, OrderStatus

UNPAID_CANCELLED_AFTER = timedelta(hours=72)
"""Reference: Lazada 6.3 (48-72 h by the OMS vendors); Shopee cancels unpaid orders itself, the time is unpublished."""

HOLD = timedelta(minutes=30)
"""Reference: Lazada 6.3: an unpaid order withholds for 30 minutes; only Lazada sets such timers."""

Key = tuple[str, str]
"""Item id and variation id ("" for none)."""


class MarketRefusal(Exception):
    """The marketplace does not do what was asked of it; the text says why."""


def named(key: Key) -> str:
    return f"{key[0]}/{key[1]}" if key[1] else key[0]


@dataclass(frozen=True, slots=True)
class Effect:
    """A change of stock that took effect. `before` and `after`: everything that buyers can take from the listing.

    `call` is the vendor's path of a write, or the market's own event. An accepted write stands here even where the
    number stayed what it was.
    """

    shop: str
    item_id: str
    variation_id: str
    before: int
    after: int
    at: datetime
    call: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, of which a marketplace may tell by itself (`sandbox.push`).

    `kind` is "order" (`subject` its id, `what` its new `OrderStatus`), "stock" (`subject` what changed it, `before` and
    `after` everything that buyers can take), "listing" (`what` its new `ListingState`) or "campaign" (`subject` its id,
    `what` upcoming, running, ended or cancelled).
    """

    kind: str
    at: datetime
    subject: str = ""
    what: str = ""
    item_id: str = ""
    variation_id: str = ""
    before: int = 0
    after: int = 0

    @property
    def key(self) -> Key:
        return self.item_id, self.variation_id


@dataclass(slots=True)
class Listing:
    """What all channels know of a listing; `platform`: the channel holds the stock itself."""

    item_id: str
    variation_id: str
    seller_sku: str
    title: str
    created_at: datetime
    state: ListingState = ListingState.OK
    message: str = ""
    platform: bool = False
    unnamed: int = 0
    """Units locked by a campaign that nothing names: a lock without a record of it."""

    @property
    def key(self) -> Key:
        return self.item_id, self.variation_id


@dataclass(frozen=True, slots=True)
class Told:
    """A listing as a table tells it: units in every bucket, campaign units that no campaign names in `unnamed`."""

    item_id: str
    variation_id: str
    seller_sku: str
    title: str
    created_at: datetime
    sellable: int
    campaign: int
    withheld: int
    committed: int
    unnamed: int
    state: ListingState
    message: str
    platform: bool

    @property
    def exposed(self) -> int:
        return self.sellable + self.campaign


@dataclass(slots=True)
class Line:
    """`held`: units withheld while unpaid; `taken`: units of this line that left ordinary sale for good (paid)."""

    item_id: str
    variation_id: str
    quantity: int
    campaign_id: str = ""
    held: int = 0
    taken: int = 0
    hold_ends: datetime | None = None
    drawn: dict[int, int] | None = None
    """Its units by the place that they are from, on channels with several; None: nobody noted it."""

    @property
    def key(self) -> Key:
        return self.item_id, self.variation_id


@dataclass(slots=True)
class MarketOrder:
    order_id: str
    lines: list[Line]
    status: OrderStatus
    created_at: datetime
    updated_at: datetime
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_by: str = ""
    cancel_reason: str = ""
    source: str = ""
    """Where the buyer ordered, on channels that sell in more than one place."""


@dataclass(slots=True)
class MarketCampaign:
    """`left` are locked units not yet sold. `over`: empty while it lives, else "ended" or "cancelled"."""

    campaign_id: str
    item_id: str
    variation_id: str
    starts_at: datetime
    ends_at: datetime
    locked: int
    left: int
    over: str = ""
    locks_write: bool = False
    no_decrease: bool = False
    name: str = ""
    sort: str = ""
    """What it is on this channel; empty: a campaign that locks units."""

    @property
    def key(self) -> Key:
        return self.item_id, self.variation_id

    def running(self, now: datetime) -> bool:
        return not self.over and self.starts_at <= now

    def stage(self, now: datetime) -> str:
        return self.over or ("running" if self.running(now) else "upcoming")


@dataclass(order=True, slots=True)
class Timer:
    at: datetime
    number: int
    kind: str = field(compare=False)
    subject: str = field(compare=False)
