"""A case: one SKU's statement before it is explained, with every number that the scenarios go by.

The order of work: facts -> positions (per SKU: what is in flight, what is missing) -> accounts (per listing: target,
floor, variance) -> case (per statement).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from stockrecon.core.audit import Audit
from stockrecon.core.model import (
    Campaign,
    LedgerFacts,
    Listing,
    ListingKey,
    Movement,
    Order,
    PastFinding,
    Push,
    ShopFacts,
    ShopName,
    Sku,
    SkuFacts,
    Snapshot,
)
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.target import Lock, Supply, target_of


class PendingKind(StrEnum):
    """How the shop and the ledger differ about an order."""

    ORDER = "order"
    """The shop has the order, the ledger has not."""
    CANCELLATION = "cancellation"
    """The shop has the cancellation, the ledger has not."""
    LEDGER_CANCELLATION = "ledger-cancellation"
    """The ledger has the cancellation, the shop has not."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An order about which shop and ledger differ. `units` ledger units, `quantity` listing units, both positive.

    `at`: the time of the order or of the cancellation.
    """

    kind: PendingKind
    order: Order
    units: int
    quantity: int
    at: datetime

    @property
    def effect(self) -> int:
        """What it does to available once the ledger knows (or, for a ledger's cancellation, did too early)."""
        return self.units if self.kind is PendingKind.CANCELLATION else -self.units


@dataclass(frozen=True, slots=True)
class Position:
    """One SKU in the ledger: what it says, and what the shops know that it does not (or the other way round).

    `in_flight`: younger than the import grace. `not_imported`: paid orders that are still missing after it.
    `not_restocked`: cancellations whose units were not put back after it.
    """

    facts: SkuFacts
    available: int
    in_flight: tuple[Pending, ...] = ()
    not_imported: tuple[Pending, ...] = ()
    not_restocked: tuple[Pending, ...] = ()
    audit: Audit = Audit()
    correction: int = 0
    """Ledger corrections that this run proposes and may make; 0 or negative."""

    @property
    def available_in_flight(self) -> int:
        """available' of semantics section 3."""
        return self.available + sum(pending.effect for pending in self.in_flight)

    @property
    def cautious(self) -> int:
        """available on the cautious side: missing orders count as taken, cancellations in flight as not returned."""
        taken = [p.units for p in (*self.in_flight, *self.not_imported) if p.kind is not PendingKind.CANCELLATION]
        return self.available - sum(taken)


@dataclass(frozen=True, slots=True)
class Account:
    """One listing with its numbers. None where the target cannot be known (unknown SKU, pre-order, platform stock, a
    number that the channel computes).

    `floor` None: there is a lock of unknown size (only its error is known). `by_policy`: what the target would be were
    the stock the seller's to set. `supplies` per component, with the ledger's available as read.
    """

    listing: Listing
    shop: ShopFacts
    policy: ShopPolicy
    lock: Lock
    floor: int | None
    target: int | None
    by_policy: int | None
    write_target: int | None
    supplies: Mapping[Sku, Supply]
    reserved: int = 0
    """Units that the listing itself has promised to campaigns."""
    campaigns: tuple[Campaign, ...] = ()
    orders: tuple[Order, ...] = ()
    pushes: tuple[Push, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    past: tuple[PastFinding, ...] = ()
    variations: tuple[int, int] | None = None
    """Variations of its item that the ledger names and that the shop has, where the two do not agree."""

    @property
    def key(self) -> ListingKey:
        return self.listing.key

    @property
    def variance(self) -> int | None:
        return None if self.target is None else self.listing.exposed - self.target

    @property
    def write_value(self) -> int | None:
        """What a write would set: the cautious target, or the floor; None where the target is not known.

        A floor of which only its error is known may be as high as what is exposed: nothing is lowered then.
        """
        if self.write_target is None:
            return None
        return max(self.write_target, self.listing.exposed if self.floor is None else self.floor)

    def target_for(self, available: Mapping[Sku, int]) -> int:
        """The target if the ledger held these balances; SKUs that are not named keep what was read."""
        supplies = [
            replace(supply, available=available.get(sku, supply.available)) for sku, supply in self.supplies.items()
        ]
        return target_of(supplies, self.reserved)

    def target_moved(self, by: Mapping[Sku, int]) -> int:
        """The target if the balances that were read differed by this much."""
        moved = {sku: self.supplies[sku].available + change for sku, change in by.items() if sku in self.supplies}
        return self.target_for(moved)

    @property
    def last_push(self) -> Push | None:
        return self.pushes[-1] if self.pushes else None

    def pushed_after(self, at: datetime) -> Push | None:
        """The first push known to have succeeded from `at` on, and before the shop was read."""
        return next((p for p in self.pushes if p.ok and at <= p.at <= self.shop.as_of), None)

    def pushed_between(self, start: datetime, end: datetime) -> Push | None:
        """A push known to have succeeded from `start` to before `end`."""
        return next((p for p in self.pushes if p.ok and start <= p.at < end), None)


@dataclass(frozen=True, slots=True)
class Case:
    """One SKU's statement. `accounts`: the listings that stand in it; `positions`: this SKU and their components."""

    sku: Sku
    position: Position | None
    facts: SkuFacts
    positions: Mapping[Sku, Position]
    accounts: tuple[Account, ...]
    shops: Mapping[ShopName, ShopFacts]
    ledger: LedgerFacts
    policy: Policy
    now: datetime
    all_shops_read: bool = True
    """Every configured shop was read in this run, none left out by a filter or a fault."""

    @property
    def deficit(self) -> int:
        """What the ledger has promised and does not have, with orders in flight and corrections counted."""
        if self.position is None:
            return 0
        return max(0, -(self.position.available_in_flight + self.position.correction))

    @property
    def movements(self) -> tuple[Movement, ...]:
        return self.facts.movements

    def account(self, key: ListingKey) -> Account | None:
        return next((account for account in self.accounts if account.key == key), None)


@dataclass(frozen=True, slots=True)
class Left:
    """What no detector has claimed yet: units of each listing's variance, and of the ledger's deficit."""

    variance: Mapping[ListingKey, int]
    deficit: int

    def of(self, account: Account) -> int:
        return self.variance.get(account.key, 0)
