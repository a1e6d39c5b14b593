"""What a market is made of: shops, listings, campaigns, orders, each by the shop's own record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.market.rules import ShopPolicy

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(eq=False)
class Listing:
    """What one shop sells. `components`: ledger SKU -> units of one sold listing."""

    shop: Shop
    item_id: str
    variation_id: str
    seller_sku: str
    components: dict[str, int]
    sellable: int = 0
    campaign: int = 0
    withheld: int = 0
    committed: int = 0
    state: str = "ok"
    message: str = ""
    fulfilment: str = "seller"
    in_mapping: bool = True
    in_snapshot: bool = True
    in_history: bool = True
    hides_lock: bool = False  # the channel shows locked units as ordinary ones
    forgets_lock: bool = False  # the OMS's call sets the normal stock and knows nothing of locked units
    swallows: bool = False  # answers success and does nothing
    fails_with: str = ""
    muted: bool = False  # the OMS sends nothing
    push_delay: timedelta = MINUTE
    pushed: list[tuple[datetime, int, bool]] = field(default_factory=list)

    @property
    def exposed(self) -> int:
        return self.sellable + self.campaign

    @property
    def key(self) -> tuple[str, str, str | None]:
        return self.shop.name, self.item_id, self.variation_id or None

    def shown(self) -> dict[str, int]:
        """What a snapshot says of the stock."""
        if self.hides_lock:
            return {"sellable": self.exposed, "campaign": 0, "withheld": self.withheld, "committed": self.committed}
        return {
            "sellable": self.sellable,
            "campaign": self.campaign,
            "withheld": self.withheld,
            "committed": self.committed,
        }


@dataclass(eq=False)
class Campaign:
    """Units of one listing locked from `locks_at`, sold only from `starts_at` to `ends_at`."""

    campaign_id: str
    listing: Listing
    starts_at: datetime
    ends_at: datetime
    locked: int
    sold: int = 0
    sold_is_told: bool = True
    called_off: bool = False
    recorded: bool = True


@dataclass(eq=False)
class Order:
    """One order of one listing, by the shop's own record."""

    order_id: str
    listing: Listing
    quantity: int
    created_at: datetime
    status: str = "unpaid"
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_by: str = ""
    cancel_reason: str = ""
    imported: bool = False
    held: bool = False  # its units are in the listing's `withheld`


@dataclass(eq=False)
class Shop:
    """A folder of contract section 5."""

    name: str
    imitates: str | None
    policy: ShopPolicy = field(default_factory=ShopPolicy)
    late: timedelta = timedelta()  # how long before the ledger it is read
    history: bool = False
    complete: bool = True
    broken: bool = False
    edit_during_campaign: bool = False
    declared: list[dict[str, Any]] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[int, tuple[int, ...]] = field(default_factory=dict)
    read: dict[str, Any] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime:
        return NOON - self.late


def ids(listing: Listing) -> dict[str, str]:
    return {"item_id": listing.item_id, "variation_id": listing.variation_id}


def order_row(one: Order) -> dict[str, Any]:
    times = [one.created_at, one.paid_at, one.shipped_at, one.cancelled_at]
    return {
        "order_id": one.order_id,
        **ids(one.listing),
        "quantity": one.quantity,
        "status": one.status,
        "created_at": one.created_at,
        "paid_at": one.paid_at,
        "shipped_at": one.shipped_at,
        "cancelled_at": one.cancelled_at,
        "updated_at": max(time for time in times if time),
        "cancelled_by": one.cancelled_by,
        "cancel_reason": one.cancel_reason,
    }
