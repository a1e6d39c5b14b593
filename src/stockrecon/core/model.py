"""The facts that are compared: listings, orders, campaigns, movements, pushes, snapshots.

Quantities are whole units. Unknown is None, never 0. Times are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import NewType

from stockrecon.core.damage import Likeness

Sku = NewType("Sku", str)
"""The ledger's unit of stock; an exact string: leading zeros, case and width matter."""
ShopName = NewType("ShopName", str)
"""A shop's configured name."""


class ListingState(StrEnum):
    """What a shop says of a listing (contract, section 5)."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    BANNED = "banned"
    DELETED = "deleted"
    REVIEWING = "reviewing"
    UNLISTED = "unlisted"

    @property
    def takes_writes(self) -> bool:
        """False where the shop would not take a push (scenario 4); an unlisted listing takes one like any other."""
        return self in (ListingState.OK, ListingState.UNLISTED)


class Fulfilment(StrEnum):
    """Who holds the stock: the seller, or the platform in its own warehouse (never written).

    COMPUTED: nobody. The channel computes the number from other listings (a kit, a bundle) and takes no write; what is
    sold of it is the seller's stock all the same.
    """

    SELLER = "seller"
    PLATFORM = "platform"
    COMPUTED = "computed"


class OrderStatus(StrEnum):
    UNPAID = "unpaid"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED = "cancelled"
    RETURNED = "returned"

    @property
    def is_open(self) -> bool:
        """Neither shipped nor over: its units are promised and still to be handed out."""
        return self in (OrderStatus.UNPAID, OrderStatus.PAID, OrderStatus.CANCEL_REQUESTED)


class CampaignState(StrEnum):
    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class MovementKind(StrEnum):
    ORDER = "order"
    CANCEL = "cancel"
    RETURN = "return"
    MANUAL = "manual"
    STOCKTAKE = "stocktake"
    RECEIPT = "receipt"
    TRANSFER = "transfer"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, order=True)
class ListingKey:
    """What identifies a listing: shop, item id and variation id ("" for none, so that keys sort)."""

    shop: ShopName
    item_id: str
    variation_id: str = ""

    def __str__(self) -> str:
        tail = f"/{self.variation_id}" if self.variation_id else ""
        return f"{self.shop} {self.item_id}{tail}"


@dataclass(frozen=True, slots=True)
class Component:
    """How many ledger units of one SKU a sold listing consumes."""

    sku: Sku
    units: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing as its shop showed it, with the SKUs that it consumes.

    `components` is empty where the seller SKU is empty. `mapped` says that a row of the ledger's `listings` table
    names this listing; without one it is its seller SKU with units 1. `sells_beyond_stock`: on pre-order or
    "continue selling"; its target is not a number.
    """

    key: ListingKey
    seller_sku: str
    sellable: int
    campaign: int
    withheld: int
    committed: int
    state: ListingState = ListingState.OK
    message: str = ""
    title: str = ""
    fulfilment: Fulfilment = Fulfilment.SELLER
    sells_beyond_stock: bool = False
    components: tuple[Component, ...] = ()
    mapped: bool = False

    @property
    def exposed(self) -> int:
        """Everything that buyers can still take from this shop: sellable + campaign."""
        return self.sellable + self.campaign


@dataclass(frozen=True, slots=True)
class Order:
    """One order's quantity of one listing. Times that a shop does not tell are None."""

    order_id: str
    key: ListingKey
    quantity: int
    status: OrderStatus
    created_at: datetime
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    updated_at: datetime | None = None
    cancelled_by: str = ""
    cancel_reason: str = ""

    @property
    def cancelled_when(self) -> datetime | None:
        """When it was cancelled, as far as the shop tells: the cancellation's time, else the last update."""
        if self.status is not OrderStatus.CANCELLED:
            return None
        return self.cancelled_at or self.updated_at


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign's claim on one listing. `sold` is None where the shop does not tell.

    `over_since` is the time from which it is over: its end, or when it was first seen ended or cancelled, whichever
    is earlier; None while it is neither. `declared`: by the seller in the configuration, not read from the shop.
    """

    campaign_id: str
    key: ListingKey
    starts_at: datetime
    ends_at: datetime
    locked: int
    sold: int | None
    state: CampaignState
    over_since: datetime | None = None
    declared: bool = False

    @property
    def balance(self) -> int | None:
        """Locked units that were not sold; None where sold is unknown."""
        return None if self.sold is None else max(0, self.locked - self.sold)


@dataclass(frozen=True, slots=True)
class Movement:
    """One signed change of the ledger's available. `balance` is available after it, where the ledger keeps it."""

    id: str
    sku: Sku
    at: datetime
    quantity: int
    kind: MovementKind
    shop: ShopName | None = None
    order_id: str | None = None
    balance: int | None = None
    ref: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """A stock figure that somebody sent to a listing; `quantity` is the exposed number that was meant."""

    key: ListingKey
    quantity: int
    at: datetime
    ok: bool
    error: str = ""
    source: str = "pushes"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a shop showed for a listing at an earlier time (history.csv, or the state database)."""

    key: ListingKey
    at: datetime
    sellable: int
    campaign: int
    withheld: int
    source: str = "history"

    @property
    def exposed(self) -> int:
        return self.sellable + self.campaign


@dataclass(frozen=True, slots=True)
class PastFinding:
    """A finding of the last run on the same listing, with the target of then: it names what is not mended yet."""

    key: ListingKey
    scenario: str
    units: int
    target: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, told to the scenarios as values (each channel's module gives the sources)."""

    channel: str
    returns_campaign_stock: bool = True
    edits_during_campaign: bool = True
    """Normal stock may be edited while a campaign runs on the listing."""
    shows_withheld: bool = True
    """The channel shows the units held by unpaid orders; without it their units are simply gone while unpaid."""
    tells: frozenset[str] = frozenset({"withheld", "committed"})
    """Which of these numbers the channel tells of a listing: 0 of any other is not known to be 0."""
    releases_unpaid_after: timedelta | None = None
    """An unpaid order's hold is given back after this time although the order lives on (Lazada: 30 minutes)."""
    unpaid_cancelled_after: timedelta = timedelta(hours=72)
    zeroes_on_stock_cancel: bool = False
    """The channel sets a listing to 0 when the seller cancels an order of it for want of stock."""
    lock_errors: tuple[str, ...] = ()
    """Regular expressions, matched without regard to case: errors that mean "below the campaign's lock"."""
    lock_windows: tuple[str, ...] = ()
    """Regular expressions like these, with the group `until` (site-local time) and perhaps `campaign`: errors that tell
    until when nothing can be lowered."""
    locks_at_enrolment: bool = False
    """Units are locked from a listing's enrolment in a campaign, not from the campaign's start."""
    writes: bool = True
    """False for file shops: they get a file for upload."""
    compare_and_set: bool = False
    """A write can name the number that it replaces and is refused where the shop shows another one. Without it, what is
    sold between the last reading and the write is overwritten."""
    settles: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
    """Seconds to wait before each reading back of a write. When they are over a write that shows nothing of itself has
    not been applied; in all no less than a request may take, since a late one lands until then."""


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """One shop as far as all its listings share it. `names_orders`: the ledger has movements that name its orders."""

    name: ShopName
    channel: str
    as_of: datetime
    complete: bool
    capabilities: Capabilities
    zone: str = "UTC"
    tz: tzinfo = UTC
    """`zone` as a value: for the times that people read."""
    names_orders: bool = False
    orders_known: bool = False
    campaigns_known: bool = False
    pushes_known: bool = False
    last_event: datetime | None = None
    """The last push or order of the shop, and the usual (median) interval between two of them."""
    usual_interval: timedelta | None = None
    error: str | None = None
    changes_since: datetime | None = None
    """None: read in full. Else only what may have changed since then was read; the rest is as it was then or before."""


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """The ledger as far as all its SKUs share it."""

    type: str
    as_of: datetime
    skus: int
    tables: frozenset[str]
    """Which of stock, movements, listings, pushes were read."""
    oldest_movement: datetime | None = None
    dated: bool = True
    """False: nothing read tells when the ledger is of, so `as_of` is the time of reading."""
    warnings: tuple[str, ...] = ()
    """What its rows give to think."""
    moved_alike: tuple[tuple[Sku, Likeness], ...] = ()
    """SKUs that only its movements name, each with the one of its stock that looks like it."""


@dataclass(frozen=True, slots=True)
class SkuFacts:
    """Everything read about one SKU. `available` is None for a SKU that the ledger does not know.

    `listings` are all that consume the SKU, kits included; orders, campaigns, pushes, snapshots and past findings
    are those of these listings. `absent` are rows of the ledger's `listings` table that name a listing which the shop
    does not have, or that lack its id. `item_counts` gives, per (shop, item id) of these listings, the number of
    variations that the ledger names and the number that the shop has, where the ledger names ids that the shop lacks.
    `alike` gives, for SKUs of these listings that the ledger does not know, what it has instead under a spelling that
    looks damaged.
    """

    sku: Sku
    available: int | None
    movements: tuple[Movement, ...] = ()
    listings: tuple[Listing, ...] = ()
    orders: tuple[Order, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    pushes: tuple[Push, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    past: tuple[PastFinding, ...] = ()
    absent: tuple[AbsentListing, ...] = ()
    item_counts: Mapping[tuple[ShopName, str], tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    alike: Mapping[Sku, tuple[Likeness, ...]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class AbsentListing:
    """A row of the ledger's `listings` that no listing of the shop answers to.

    `item_exists`: the shop has the item but under other variation ids. `shop_read`: the shop was read and complete.
    `last_push` is the last push to that id, if one is recorded.
    """

    key: ListingKey
    seller_sku: str
    item_exists: bool
    shop_read: bool
    last_push: Push | None = None
