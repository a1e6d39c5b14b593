"""Things of the model market: listings, shops, orders' fates, and the log of everything that changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from stockrecon.core.model import (
    Campaign,
    Capabilities,
    Component,
    ListingKey,
    ListingState,
    Order,
    ShopName,
)
from stockrecon.core.policy import Mode, ShopPolicy, StockRule

START = datetime(2026, 11, 11, 8, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Effect:
    """One change of what a listing exposes. `write`: the number of the program's write that made it, if one did."""

    time: float
    key: ListingKey
    cause: str
    before: int
    after: int
    write: int | None = None


@dataclass(slots=True, eq=False)
class Shelf:
    """A listing as it truly is. `past`: when it showed what; `made`: units that a program's write exposed wrongly."""

    key: ListingKey
    seller_sku: str
    components: tuple[Component, ...]
    sellable: int
    campaign: int = 0
    withheld: int = 0
    state: ListingState = ListingState.OK
    past: list[tuple[float, int, int, int]] = field(default_factory=list)
    made: int = 0

    @property
    def exposed(self) -> int:
        return self.sellable + self.campaign


@dataclass(slots=True, eq=False)
class Shop:
    """`lag`: up to how many seconds old an answer may be. `swaps`: writes are compare-and-set."""

    name: ShopName
    capabilities: Capabilities
    policy: ShopPolicy
    lag: float
    swaps: bool
    tells_campaigns: bool
    in_files: bool = False
    shelves: dict[ListingKey, Shelf] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)

    @property
    def written(self) -> bool:
        return self.policy.mode is Mode.APPLY

    def takes_no_edits(self, key: ListingKey) -> bool:
        """Whether a listing cannot be written at all now: its campaign runs, and the channel takes no edits in one."""
        return self.shelves[key].campaign > 0 and not self.capabilities.edits_during_campaign


@dataclass(frozen=True, slots=True)
class Fate:
    """What will become of an order, decided when it is placed. Times are seconds after the one before."""

    imported: float
    paid: float | None
    cancelled: float | None
    cancellation_imported: float
    shipped: float
    from_campaign: bool = False


def rule_of(life: Random) -> StockRule:
    """Mostly the plain rule; sometimes a buffer, a share, a cap."""
    kind = life.randrange(8)
    if kind == 0:
        return StockRule(buffer=life.randint(1, 3))
    if kind == 1:
        return StockRule(percent=life.choice((50, 80)))
    if kind == 2:
        return StockRule(cap=life.randint(3, 20))
    return StockRule()
