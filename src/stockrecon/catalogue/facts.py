"""Everything read about some SKUs, fetched in bulk and handed out one SKU at a time."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from stockrecon.catalogue.engine import Connection, aware, chunks, insert, value_of
from stockrecon.catalogue.likeness import alike
from stockrecon.core.model import (
    AbsentListing,
    Campaign,
    CampaignState,
    Component,
    Fulfilment,
    Listing,
    ListingKey,
    ListingState,
    Movement,
    MovementKind,
    Order,
    OrderStatus,
    PastFinding,
    Push,
    ShopName,
    Sku,
    SkuFacts,
    Snapshot,
)

T = TypeVar("T")
Row = tuple[Any, ...]
_CHUNK = 8000
_PLACE = "shop, item_id, variation_id"

# Calling an enumeration for its member takes five times as long, and there is one in every row.
_LISTING_STATE = {state.value: state for state in ListingState}
_FULFILMENT = {kind.value: kind for kind in Fulfilment}
_ORDER_STATUS = {status.value: status for status in OrderStatus}
_MOVEMENT_KIND = {kind.value: kind for kind in MovementKind}

# One pass over all listings: whatever is asked of them later is asked of these few. Where `keys` was asked for all
# SKUs beforehand, that pass was the only one: three million listings are read once and not once for every chunk.
_ONE_LOOK = """create or replace temp table {table} as
    select a.sku, l.* from listing l join {asked} a on a.sku = l.seller_sku anti join mapped m on m.lid = l.lid
    union all
    select m.sku, l.* from listing l join (select m.* from mapped m semi join {asked} a on a.sku = m.sku) m
        on m.lid = l.lid"""
_ASKED_LISTINGS = _ONE_LOOK.format(table="asked_listing", asked="asked")
_NEAR = _ONE_LOOK.format(table="near", asked="near_sku")
_ASKED_NEAR = "create or replace temp table asked_listing as select n.* from near n semi join asked using (sku)"
_MOST_NEAR = 200_000
"""More SKUs than this are not kept beside the whole, but looked for chunk by chunk."""
_ASKED_KEYS = f"create or replace temp table asked_key as select distinct {_PLACE} from asked_listing"
_LISTINGS = f"""select lid, sku, {_PLACE}, seller_sku, sellable, campaign, withheld, committed, state, message,
    fulfilment, sells_beyond_stock from asked_listing order by {_PLACE}, sku"""
_COMPONENTS = """select m.lid, m.sku, m.units from mapped m semi join asked_listing a on a.lid = m.lid
    order by m.lid, m.sku"""
_MOVEMENTS = """select id, sku, "at", quantity, kind, nullif(shop, ''), nullif(order_id, ''), balance, nullif(ref, ''),
    nullif(note, '') from movement semi join asked using (sku) order by "at", id"""
_ORDERS = f"""select {_PLACE}, order_id, quantity, status, created_at, paid_at, shipped_at, cancelled_at, updated_at,
        cancelled_by, cancel_reason
    from order_row semi join asked_key using ({_PLACE}) order by created_at, order_id, {_PLACE}, status, quantity"""
_CAMPAIGNS = f"""select {_PLACE}, campaign_id, starts_at, ends_at, locked, sold, state, over_since, declared
    from campaign semi join asked_key using ({_PLACE}) order by ends_at, campaign_id, {_PLACE}, starts_at, locked"""
_PUSHES = f"""select {_PLACE}, quantity, "at", ok, error, source
    from push semi join asked_key using ({_PLACE}) order by "at", {_PLACE}, quantity, ok, error"""
_PAST = f"""select {_PLACE}, scenario, units, target, "at"
    from past semi join asked_key using ({_PLACE}) order by {_PLACE}, scenario, "at", units"""
_ABSENT = """create or replace temp table asked_absent as
    select m.sku, m.shop, m.item_id, m.variation_id, m.seller_sku,
        coalesce(s.complete, false) as read, i.item_id is not null as item_exists
    from mapping m semi join asked using (sku) semi join configured c on c.name = m.shop
    left join shop s on s.name = m.shop
    left join (select distinct shop, item_id from listing) i on i.shop = m.shop and i.item_id = m.item_id
    anti join listing l on l.shop = m.shop and l.item_id = m.item_id and l.variation_id = m.variation_id"""
_ABSENT_ROWS = f"select sku, {_PLACE}, seller_sku, read, item_exists from asked_absent order by {_PLACE}, seller_sku"
_ABSENT_PUSHES = f"""select {_PLACE}, quantity, "at", ok, error, source
    from push semi join asked_absent using ({_PLACE})
    where item_id <> '' order by "at", quantity, ok, error"""
# Where the ledger names ids that the shop lacks: how many variations each of them has.
_ITEM_COUNTS = """with item as (select distinct shop, item_id from asked_key),
    named as (select shop, item_id, variation_id from mapping semi join item using (shop, item_id) group by all),
    lacking as (select distinct shop, item_id from named anti join listing using (shop, item_id, variation_id))
    select k.shop, k.item_id, (select count(*) from named n where n.shop = k.shop and n.item_id = k.item_id),
        (select count(*) from listing l where l.shop = k.shop and l.item_id = k.item_id)
    from lacking k"""


def facts(
    connection: Connection, skus: Iterable[Sku], snapshots: str, shops: Sequence[ShopName], near: frozenset[Sku]
) -> Iterator[SkuFacts]:
    """The facts of each SKU, in SKU order. `snapshots` is a select of all snapshots; `shops` all that take part.

    `near`: what `keys` gathered last, with nothing loaded since.
    """
    connection.execute("create or replace temp table configured (name varchar)")
    insert(connection, "configured", {"name": "varchar"}, [(shop,) for shop in shops])
    for chunk in chunks(sorted(set(skus)), _CHUNK):
        connection.execute("create or replace temp table asked (sku varchar)")
        insert(connection, "asked", {"sku": "varchar"}, [(sku,) for sku in chunk])
        connection.execute(_ASKED_NEAR if near.issuperset(chunk) else _ASKED_LISTINGS)
        connection.execute(_ASKED_KEYS)
        yield from _Chunk(connection, snapshots).all(chunk)


def keys(connection: Connection, skus: frozenset[Sku]) -> tuple[list[ListingKey], frozenset[Sku]]:
    """The listings that consume any of these SKUs, sorted; and the SKUs whose listings are gathered in `near` now."""
    found: set[ListingKey] = set()
    near = skus if len(skus) <= _MOST_NEAR else frozenset[Sku]()
    for chunk in chunks(sorted(skus), _MOST_NEAR):
        connection.execute("create or replace temp table near_sku (sku varchar)")
        insert(connection, "near_sku", {"sku": "varchar"}, [(sku,) for sku in chunk])
        connection.execute(_NEAR)
        rows = connection.execute(f"select distinct {_PLACE} from near").fetchall()
        found.update(ListingKey(*row) for row in rows)
    return sorted(found), near


def told_campaigns(connection: Connection, shop: ShopName) -> Iterator[Campaign]:
    """The campaigns of one shop as this reading told them, what the seller declared left out."""
    columns = "campaign_id, starts_at, ends_at, locked, sold, state, over_since, declared"
    sql = f"select {_PLACE}, {columns} from shop_campaign where shop = ? and not declared order by all"
    for row in connection.execute(sql, [shop]).fetchall():
        yield _campaign(ListingKey(*row[:3]), row[3:])


@dataclass(slots=True)
class _Chunk:
    connection: Connection
    snapshot_rows: str
    keys: dict[tuple[str, str, str], ListingKey] = field(default_factory=dict)
    users: dict[ListingKey, list[Sku]] = field(default_factory=dict)

    def all(self, skus: Sequence[Sku]) -> Iterator[SkuFacts]:
        listings = self._listings()
        available: dict[Sku, int] = dict(self._rows("select sku, available from stock semi join asked using (sku)"))
        movements = self._movements()
        orders = self._placed(_ORDERS, _order)
        campaigns = self._placed(_CAMPAIGNS, _campaign)
        pushes = self._placed(_PUSHES, _push)
        past = self._placed(_PAST, _past)
        snapshots = self._placed(
            f'select {_PLACE}, "at", sellable, campaign, withheld, source from ({self.snapshot_rows}) s '
            f'semi join asked_key using ({_PLACE}) order by "at", {_PLACE}, source',
            _snapshot,
        )
        mapped = bool(value_of(self.connection, "select count(*) from mapping"))
        absent = self._absent() if mapped else {}
        counts = {(ShopName(s), i): (named, has) for s, i, named, has in self._rows(_ITEM_COUNTS)} if mapped else {}
        near = alike(self.connection)
        for sku in skus:
            mine = listings.get(sku, [])
            yield SkuFacts(
                sku=sku,
                available=available.get(sku),
                movements=tuple(movements.get(sku, ())),
                listings=tuple(mine),
                orders=tuple(orders.get(sku, ())),
                campaigns=tuple(campaigns.get(sku, ())),
                pushes=tuple(pushes.get(sku, ())),
                snapshots=tuple(snapshots.get(sku, ())),
                past=tuple(past.get(sku, ())),
                absent=tuple(absent.get(sku, ())),
                item_counts=_counts_of(mine, counts),
                alike={c.sku: near[c.sku] for one in mine for c in one.components if c.sku in near} if near else {},
            )

    def _rows(self, sql: str) -> Iterator[Row]:
        return iter(self.connection.execute(sql).fetchall())

    def _key(self, place: Row) -> ListingKey:
        key = self.keys.get(place)
        if key is None:
            key = self.keys[place] = ListingKey(*place)
        return key

    def _listings(self) -> dict[Sku, list[Listing]]:
        components: dict[int, list[Component]] = defaultdict(list)
        for lid, sku, units in self._rows(_COMPONENTS):
            components[lid].append(Component(Sku(sku), units))
        listed: dict[int, Listing] = {}
        found: dict[Sku, list[Listing]] = defaultdict(list)
        for lid, sku, *row in self._rows(_LISTINGS):
            if lid not in listed:
                listed[lid] = _listing(self._key(tuple(row[:3])), row[3:], components.get(lid))
            found[sku].append(listed[lid])
            self.users.setdefault(listed[lid].key, []).append(sku)
        return found

    def _movements(self) -> dict[Sku, list[Movement]]:
        found: dict[Sku, list[Movement]] = defaultdict(list)
        for row in self._rows(_MOVEMENTS):
            found[row[1]].append(_movement(row))
        for movements in found.values():
            movements.sort(key=lambda movement: (movement.at, _id_order(movement.id)))
        return found

    def _placed(self, sql: str, make: Callable[[ListingKey, Row], T]) -> dict[Sku, list[T]]:
        """Rows that begin with a listing's place, for every asked SKU that the listing consumes."""
        found: dict[Sku, list[T]] = defaultdict(list)
        for row in self._rows(sql):
            key = self._key(row[:3])
            value = make(key, row[3:])
            for sku in self.users[key]:
                found[sku].append(value)
        return found

    def _absent(self) -> dict[Sku, list[AbsentListing]]:
        self.connection.execute(_ABSENT)
        last = {key: _push(key, row[3:]) for row in self._rows(_ABSENT_PUSHES) for key in (ListingKey(*row[:3]),)}
        found: dict[Sku, list[AbsentListing]] = defaultdict(list)
        for sku, shop, item, variation, seller_sku, read, exists in self._rows(_ABSENT_ROWS):
            key = ListingKey(ShopName(shop), item, variation)
            found[sku].append(AbsentListing(key, seller_sku, exists, read, last.get(key)))
        return found


def _id_order(identity: str) -> tuple[bool, int, str]:
    """Movement ids that are numbers come in the order of numbers, before all others."""
    numeric = identity.isascii() and identity.isdigit()
    return not numeric, int(identity) if numeric and len(identity) < 100 else 0, identity


def _counts_of(
    listings: Iterable[Listing], counts: Mapping[tuple[ShopName, str], tuple[int, int]]
) -> Mapping[tuple[ShopName, str], tuple[int, int]]:
    if not counts:
        return MappingProxyType({})
    items = {(listing.key.shop, listing.key.item_id) for listing in listings}
    return MappingProxyType({item: counts[item] for item in sorted(items) if item in counts})


def _utc(time: datetime | None) -> datetime | None:
    # Not by way of `aware`: an order has four such times, and one call less each is a twentieth of all facts' cost.
    return None if time is None else time.replace(tzinfo=UTC)


def _listing(key: ListingKey, row: Sequence[Any], components: Sequence[Component] | None) -> Listing:
    seller_sku, sellable, campaign, withheld, committed, state, message, fulfilment, beyond = row
    mapped = components is not None
    if components is None:
        components = (Component(Sku(seller_sku), 1),) if seller_sku else ()
    return Listing(
        key=key,
        seller_sku=seller_sku,
        sellable=sellable,
        campaign=campaign,
        withheld=withheld,
        committed=committed,
        state=_LISTING_STATE[state],
        message=message,
        fulfilment=_FULFILMENT[fulfilment],
        sells_beyond_stock=beyond,
        components=tuple(components),
        mapped=mapped,
    )


def _movement(row: Row) -> Movement:
    identity, sku, at, quantity, kind, shop, order_id, balance, ref, note = row
    return Movement(identity, sku, aware(at), quantity, _MOVEMENT_KIND[kind], shop, order_id, balance, ref, note)


def _order(key: ListingKey, row: Row) -> Order:
    order_id, quantity, status, created, paid, shipped, cancelled, updated, by, reason = row
    return Order(
        order_id,
        key,
        quantity,
        _ORDER_STATUS[status],
        aware(created),
        _utc(paid),
        _utc(shipped),
        _utc(cancelled),
        _utc(updated),
        by,
        reason,
    )


def _campaign(key: ListingKey, row: Row) -> Campaign:
    identity, starts, ends, locked, sold, state, over, declared = row
    return Campaign(identity, key, aware(starts), aware(ends), locked, sold, CampaignState(state), _utc(over), declared)


def _push(key: ListingKey, row: Row) -> Push:
    quantity, at, ok, error, source = row
    return Push(key, quantity, aware(at), ok, error, source)


def _past(key: ListingKey, row: Row) -> PastFinding:
    scenario, units, target, at = row
    return PastFinding(key, scenario, units, target, aware(at))


def _snapshot(key: ListingKey, row: Row) -> Snapshot:
    at, sellable, campaign, withheld, source = row
    return Snapshot(key, aware(at), sellable, campaign, withheld, source)
