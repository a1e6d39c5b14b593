"""From facts to cases: which statement a listing stands in, its target, floor and variance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from stockrecon.core.audit import Audit
from stockrecon.core.case import Account, Case, Position
from stockrecon.core.model import (
    Campaign,
    Capabilities,
    Fulfilment,
    LedgerFacts,
    Listing,
    ListingKey,
    Push,
    ShopFacts,
    ShopName,
    Sku,
    SkuFacts,
    Snapshot,
)
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.position import position_of
from stockrecon.core.target import Lock, Supply, floor_of, limiting, lock_now, reserved_units, target_of
from stockrecon.core.windows import open_window, window_of

T = TypeVar("T")


class _Keyed(Protocol):
    @property
    def key(self) -> ListingKey: ...


K = TypeVar("K", bound=_Keyed)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a set of statements is made from. `facts`: the SKUs asked for and their kits' components."""

    facts: Mapping[Sku, SkuFacts]
    positions: Mapping[Sku, Position]
    ledger: LedgerFacts
    shops: Mapping[ShopName, ShopFacts]
    policies: Mapping[ShopName, ShopPolicy]
    policy: Policy
    now: datetime
    all_shops_read: bool = True


def make_world(
    facts: Mapping[Sku, SkuFacts],
    ledger: LedgerFacts,
    shops: Mapping[ShopName, ShopFacts],
    policies: Mapping[ShopName, ShopPolicy],
    policy: Policy,
    now: datetime,
    audits: Mapping[Sku, Audit],
    corrections: Mapping[Sku, int],
    all_shops_read: bool = True,
) -> World:
    """Puts every SKU's position beside its facts. `corrections`: what this run proposes and may make."""
    facts = {sku: _in_order(_own_orders(one)) for sku, one in facts.items()}
    positions: dict[Sku, Position] = {}
    for sku, one in facts.items():
        audited, correction = audits.get(sku, Audit()), corrections.get(sku, 0)
        position = position_of(one, ledger, shops, policy, audited, correction)
        if position is not None:
            positions[sku] = position
    return World(facts, positions, ledger, shops, policies, policy, now, all_shops_read)


def _own_orders(facts: SkuFacts) -> SkuFacts:
    """Without the orders that a platform ships from its own warehouse: they take nothing from the ledger's stock, so
    they are neither in flight nor missing, and nobody was oversold by them."""
    foreign = {listing.key for listing in facts.listings if listing.fulfilment is Fulfilment.PLATFORM}
    if not foreign:
        return facts
    return replace(facts, orders=tuple(order for order in facts.orders if order.key not in foreign))


def _in_order(facts: SkuFacts) -> SkuFacts:
    """The same facts in one order, whatever order they were read in: time first, ties by what tells them apart."""
    if max(map(len, (facts.listings, facts.orders, facts.campaigns, facts.pushes, facts.snapshots))) < 2:
        return facts
    return replace(
        facts,
        listings=_sorted(facts.listings, lambda listing: listing.key),
        orders=_sorted(facts.orders, lambda o: (o.created_at, o.order_id, o.key, o.status)),
        campaigns=_sorted(facts.campaigns, lambda c: (c.ends_at, c.campaign_id, c.key, c.locked)),
        pushes=_sorted(facts.pushes, lambda p: (p.at, p.ok, p.quantity, p.key)),
        snapshots=_sorted(facts.snapshots, lambda s: (s.at, s.key, s.sellable, s.campaign)),
    )


def _sorted(rows: tuple[T, ...], key: Callable[[T], Any]) -> tuple[T, ...]:
    return tuple(sorted(rows, key=key)) if len(rows) > 1 else rows


def case_of(sku: Sku, world: World) -> Case:
    """The case of one SKU: the accounts that stand in its statement, in the order of shop, item and variation."""
    here = [one for one in world.facts[sku].listings if one.key.shop in world.shops and home_of(one, world) == sku]
    accounts = tuple(account_of(listing, sku, world) for listing in here)
    involved = {sku, *(component.sku for listing in here for component in listing.components)}
    return Case(
        sku=sku,
        position=world.positions.get(sku),
        facts=world.facts[sku],
        positions={one: world.positions[one] for one in sorted(involved) if one in world.positions},
        accounts=accounts,
        shops=world.shops,
        ledger=world.ledger,
        policy=world.policy,
        now=world.now,
        all_shops_read=world.all_shops_read,
    )


def home_of(listing: Listing, world: World) -> Sku:
    """The SKU in whose statement the listing stands: the component that limits it; an unknown one goes first."""
    if not listing.components:
        return Sku(listing.seller_sku)
    skus = sorted(component.sku for component in listing.components)
    if len(skus) == 1:
        return skus[0]
    unknown = [sku for sku in skus if sku not in world.positions]
    if unknown:
        return unknown[0]
    return skus[limiting(_valued(_supplies(listing, world), world, _corrected))]


def account_of(listing: Listing, sku: Sku, world: World) -> Account:
    """The account of one listing, with the facts of `sku` that concern it."""
    facts, shop = world.facts[sku], world.shops[listing.key.shop]
    campaigns = _own(facts.campaigns, listing, facts)
    pushes = _own(facts.pushes, listing, facts)
    snapshots = _own(facts.snapshots, listing, facts)
    lock = lock_now(listing, campaigns, shop.as_of, at_enrolment=shop.capabilities.locks_at_enrolment)
    reserved = reserved_units(listing, campaigns, shop.as_of)
    by_policy = target = write_target = None
    supplies = _supplies(listing, world)
    if supplies and not listing.sells_beyond_stock:
        corrected = _valued(supplies, world, _corrected)
        by_policy = target_of(corrected, reserved)
        if listing.fulfilment is Fulfilment.SELLER:
            cautious = _valued(supplies, world, _cautious)
            target = by_policy
            write_target = target if cautious == corrected else min(target, target_of(cautious, reserved))
    return Account(
        listing=listing,
        shop=shop,
        policy=world.policies[shop.name],
        lock=lock,
        floor=_floor(listing, lock, pushes[-1] if pushes else None, campaigns, snapshots, shop),
        target=target,
        by_policy=by_policy,
        write_target=write_target,
        supplies=supplies,
        reserved=reserved,
        campaigns=campaigns,
        orders=_own(facts.orders, listing, facts),
        pushes=pushes,
        snapshots=snapshots,
        past=_own(facts.past, listing, facts),
        variations=facts.item_counts.get((shop.name, listing.key.item_id)),
    )


def _own(rows: tuple[K, ...], listing: Listing, facts: SkuFacts) -> tuple[K, ...]:
    """Those of the SKU's facts that are this listing's: all of them where the SKU has no other listing."""
    if not rows or len(facts.listings) == 1:
        return rows
    key = listing.key
    return tuple(row for row in rows if row.key is key or row.key == key)


def is_lock_error(error: str, capabilities: Capabilities) -> bool:
    """Whether a push failed because of a campaign's lock, by the channel's own words."""
    return any(re.search(pattern, error, re.IGNORECASE) for pattern in capabilities.lock_errors)


def _floor(
    listing: Listing,
    lock: Lock,
    last: Push | None,
    campaigns: Sequence[Campaign],
    snapshots: Sequence[Snapshot],
    shop: ShopFacts,
) -> int | None:
    """None where the channel refused the last push for a lock that nothing shows, then or now.

    While it takes no decrease at all the floor is what is exposed.
    """
    if open_window(last, shop) is not None:
        return listing.exposed
    refused = last is not None and not last.ok and is_lock_error(last.error, shop.capabilities)
    if last is None or not refused or lock.units or _lock_seen(last, campaigns, snapshots, shop):
        return floor_of(listing, lock)
    return None


def _lock_seen(refused: Push, campaigns: Sequence[Campaign], snapshots: Sequence[Snapshot], shop: ShopFacts) -> bool:
    """Whether the lock that refused the push is known: a campaign of that time, or units that a snapshot showed.

    A lock that is known and does not show any more is over, as is a window without decreases that has passed: the
    refusal says nothing about today.
    """
    ahead = shop.capabilities.locks_at_enrolment
    if any((ahead or c.starts_at <= refused.at) and refused.at <= (c.over_since or c.ends_at) for c in campaigns):
        return True
    if window_of(refused, shop) is not None:
        return True
    before = next((one for one in reversed(snapshots) if one.at <= refused.at), None)
    return before is not None and before.campaign > 0


def _corrected(position: Position) -> int:
    return position.available + position.correction


def _cautious(position: Position) -> int:
    return position.cautious + position.correction


def _supplies(listing: Listing, world: World) -> dict[Sku, Supply]:
    """Per component what it can give, in SKU order, of balances as read; empty where one is unknown to the ledger."""
    supplies: dict[Sku, Supply] = {}
    policy = world.policies[listing.key.shop]
    for component in sorted(listing.components, key=lambda component: component.sku):
        position = world.positions.get(component.sku)
        if position is None:
            return {}
        index, count = _place(listing, position.facts)
        supplies[component.sku] = Supply(
            available=position.available,
            units=component.units,
            rule=policy.rule_for(component.sku, listing.seller_sku),
            index=index,
            count=count,
            locked_elsewhere=_locked_elsewhere(listing, position.facts, world),
        )
    return supplies


def _valued(supplies: Mapping[Sku, Supply], world: World, value: Callable[[Position], int]) -> list[Supply]:
    """The same supplies with other balances; nearly always they are those that were read."""
    found = []
    for sku, supply in supplies.items():
        available = value(world.positions[sku])
        found.append(supply if available == supply.available else replace(supply, available=available))
    return found


def _place(listing: Listing, facts: SkuFacts) -> tuple[int, int]:
    """The listing's place among the seller's own listings of the SKU in its shop, for shops that divide."""
    if len(facts.listings) == 1:
        return 0, 1
    keys = sorted(
        other.key
        for other in facts.listings
        if other.key.shop == listing.key.shop and other.fulfilment is Fulfilment.SELLER
    )
    return (keys.index(listing.key), len(keys)) if listing.key in keys else (0, 1)


def _locked_elsewhere(listing: Listing, facts: SkuFacts, world: World) -> int:
    """Ledger units of this SKU that other shops keep for campaigns, also before their start."""
    if not world.policy.protect_campaign_stock:
        return 0
    return sum(
        reserved_units(other, facts.campaigns, world.shops[other.key.shop].as_of) * component.units
        for other in facts.listings
        if other.key.shop != listing.key.shop and other.key.shop in world.shops
        for component in other.components
        if component.sku == facts.sku
    )
