"""What one run reads of the model market: facts of the ledger and the shops, each as of its own moment, some poisoned.

It stands for the reading half of a run (the catalogue and its SQL), which other tests hold equal to the pure core.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

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
from stockrecon.core.plan import RaiseSeen
from stockrecon.core.standing import LedgerStanding, ShopStanding
from tests.simulation.faults import Faults, Poison
from tests.simulation.files import Exported
from tests.simulation.market import Market
from tests.simulation.places import Shop, at
from tests.simulation.shop import listing_of


@dataclass(slots=True)
class Memory:
    """What runs leave to the next beside the journal. It outlives every process, and changes whole or not at all."""

    raises: dict[ListingKey, RaiseSeen] = field(default_factory=dict)
    past: tuple[PastFinding, ...] = ()
    snapshots: dict[ListingKey, list[Snapshot]] = field(default_factory=dict)
    seen: dict[str, datetime] = field(default_factory=dict)
    good: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Read:
    """One shop as it was read."""

    facts: ShopFacts
    listings: dict[ListingKey, Listing]
    orders: tuple[Order, ...]
    campaigns: tuple[Campaign, ...]


@dataclass(slots=True)
class Reading:
    """`poisons`: what was wrong, by name; the oracles know it, the program has to find it out."""

    poisons: dict[str, Poison] = field(default_factory=dict)
    ledger: LedgerFacts | None = None
    available: dict[Sku, int] = field(default_factory=dict)
    movements: dict[Sku, tuple[Movement, ...]] = field(default_factory=dict)
    pushes: tuple[Push, ...] = ()
    shops: dict[ShopName, Read] = field(default_factory=dict)


def read(market: Market, faults: Faults, folders: Mapping[ShopName, Exported]) -> Reading:
    """Ledger first, then shop by shop, and time goes on in between."""
    found = Reading()
    _read_ledger(found, market, faults)
    for shop in market.shops.values():
        faults.tick("a shop is pulled")
        market.pass_time(faults.rng.uniform(0.2, 8.0))
        poison = found.poisons[shop.name] = faults.of_reading()
        if poison is not Poison.UNREAD:
            found.shops[shop.name] = _read_shop(shop, market, faults, poison, folders.get(shop.name))
    named = {m.shop for rows in found.movements.values() for m in rows if m.order_id}
    for name, one in found.shops.items():
        one.facts = replace(one.facts, names_orders=name in named)
    return found


def _read_ledger(found: Reading, market: Market, faults: Faults) -> None:
    faults.tick("the ledger is pulled")
    market.pass_time(faults.rng.uniform(0.1, 2.0))
    poison = found.poisons["ledger"] = faults.of_reading()
    if poison in (Poison.UNREAD, Poison.SHORT):
        return
    found.available = dict(market.available)
    found.movements = {sku: tuple(rows) for sku, rows in market.movements.items()}
    found.pushes = tuple(market.pushes) if market.records_pushes else ()
    if poison is Poison.EMPTY:
        found.available = {}
    elif poison is Poison.TRUNCATED:
        found.available = dict(list(found.available.items())[: len(found.available) // 2])
    elif poison is Poison.ZEROS:
        found.available = dict.fromkeys(found.available, 0)
    elif poison is Poison.THOUSANDS:
        found.available = {sku: number * 1_000 for sku, number in found.available.items()}
    oldest = min((rows[0].at for rows in found.movements.values() if rows), default=None)
    tables = frozenset({"stock", "movements", "listings", *(["pushes"] if market.records_pushes else [])})
    found.ledger = LedgerFacts("model", _time(market.now, poison), len(found.available), tables, oldest)


def _time(when: float, poison: Poison) -> datetime:
    shift = {Poison.OLD: -30 * 3_600.0, Poison.FUTURE: 3_600.0}.get(poison, 0.0)
    return at(when + shift)


def _read_shop(shop: Shop, market: Market, faults: Faults, poison: Poison, folder: Exported | None) -> Read:
    lag = faults.rng.uniform(0, shop.lag) if faults.on else 0.0
    listings = [listing_of(market, shop, shelf, lag) for shelf in shop.shelves.values()]
    when, orders, campaigns = market.now, tuple(shop.orders.values()), tuple(shop.campaigns.values())
    if folder is not None:
        when, orders, campaigns = folder.as_of, folder.orders, folder.campaigns
        listings = list(folder.listings.values())
    if poison in (Poison.SHORT, Poison.TRUNCATED):
        listings = listings[: len(listings) // 2]
    elif poison is Poison.EMPTY:
        listings = []
    elif poison is Poison.ZEROS:
        listings = [replace(one, sellable=0, campaign=0, withheld=0) for one in listings]
    elif poison is Poison.THOUSANDS:
        listings = [replace(one, sellable=one.sellable * 1_000) for one in listings]
    facts = ShopFacts(
        name=shop.name,
        channel=shop.capabilities.channel,
        as_of=_time(when, poison),
        complete=poison is not Poison.SHORT,
        capabilities=shop.capabilities,
        orders_known=True,
        campaigns_known=shop.tells_campaigns,
        pushes_known=market.records_pushes,
    )
    return Read(facts, {one.key: one for one in listings}, orders, campaigns if shop.tells_campaigns else ())


def facts_of(found: Reading, memory: Memory, own: Iterable[Push], lookback: timedelta) -> dict[Sku, SkuFacts]:
    """The facts, sorted by SKU: every listing with what is known of it, also of earlier runs."""
    by_sku: dict[Sku, list[Listing]] = {sku: [] for sku in found.available}
    for one in found.shops.values():
        for listing in one.listings.values():
            for component in listing.components:
                by_sku.setdefault(component.sku, []).append(listing)
    orders = _by_key(order for one in found.shops.values() for order in one.orders)
    campaigns = _by_key(campaign for one in found.shops.values() for campaign in one.campaigns)
    pushes = _by_key([*found.pushes, *own])
    past = _by_key(memory.past)
    facts = {}
    for sku, listings in by_sku.items():
        keys = list(dict.fromkeys(listing.key for listing in listings))
        facts[sku] = SkuFacts(
            sku=sku,
            available=found.available.get(sku),
            movements=found.movements.get(sku, ()),
            listings=tuple(listings),
            orders=tuple(row for key in keys for row in orders[key]),
            campaigns=tuple(row for key in keys for row in campaigns[key]),
            pushes=tuple(row for key in keys for row in pushes[key]),
            snapshots=tuple(row for key in keys for row in memory.snapshots.get(key, ())),
            past=tuple(row for key in keys for row in past[key]),
        )
    return facts


def _by_key(rows: Iterable[object]) -> defaultdict[ListingKey, list]:  # type: ignore[type-arg]
    grouped: defaultdict[ListingKey, list] = defaultdict(list)  # type: ignore[type-arg]
    for row in rows:
        grouped[row.key].append(row)  # type: ignore[attr-defined]
    return grouped


def ledger_standing(found: Reading, memory: Memory) -> LedgerStanding | None:
    if found.ledger is None:
        return None
    units = sum(max(0, number) for number in found.available.values())
    return LedgerStanding(
        found.ledger.as_of,
        found.ledger.skus,
        units,
        good_rows=memory.good.get("ledger"),
        seen=memory.seen.get("ledger"),
    )


def shop_standing(shop: Shop, one: Read, memory: Memory) -> ShopStanding:
    exposed = [listing.exposed for listing in one.listings.values()]
    return ShopStanding(
        name=shop.name,
        mode=shop.policy.mode,
        as_of=one.facts.as_of,
        rows=len(exposed),
        in_stock=sum(1 for number in exposed if number),
        exposed=sum(exposed),
        good_rows=memory.good.get(shop.name),
        seen=memory.seen.get(shop.name),
        networked=not shop.in_files,
        error=None if one.facts.complete else "paging did not prove its end",
    )


def remember(memory: Memory, found: Reading, sources: Mapping[str, datetime]) -> None:
    """Snapshots and times of what was read whole, as a run leaves them to the next."""
    for one in found.shops.values():
        if not one.facts.complete:
            continue
        for key, listing in one.listings.items():
            known = memory.snapshots.setdefault(key, [])
            if known and known[-1].at >= one.facts.as_of:
                continue
            new = Snapshot(key, one.facts.as_of, listing.sellable, listing.campaign, listing.withheld)
            known.append(new)
    for name, as_of in sources.items():
        memory.seen[name] = max(as_of, memory.seen.get(name, as_of))
