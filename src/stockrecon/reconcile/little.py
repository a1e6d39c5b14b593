"""The little pull: what may have changed since the last reading is read, the rest is kept from it (docs/listening.md).

It has to prove that it can know. Whatever stands against that is a CannotKnow, and the shop is read in full.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon import __version__
from stockrecon.channels.base import Changed, ChangesRequest, Channel, ItemsRead, PullRequest, PullsChanges
from stockrecon.core.model import Fulfilment, ListingKey, OrderStatus, ShopName
from stockrecon.core.notice import Told
from stockrecon.core.policy import Policy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import NOTED, Little, Pulled
from stockrecon.core.tables import CAMPAIGNS, ORDERS, SHOP_LISTINGS
from stockrecon.reconcile import merging
from stockrecon.state import Base

MARGIN = timedelta(minutes=10)
"""So much earlier than the reading that is gone on from changes are asked for: clocks differ, and an effect may show
later than it is dated."""
ORDERS_MARGIN = timedelta(hours=1)
"""The same for orders: an order that a list shows late costs little, and one that is lost costs a unit."""
LATE = timedelta(minutes=15)
"""An order of which no message came for so long was not told of: messages are being lost."""
FEW, SHARE = 20, 4
"""So many items may always be read by a little pull; of more, no more than one in four: then a full pull costs less."""
NEEDED = frozenset({SHOP_LISTINGS.name, CAMPAIGNS.name, ORDERS.name})
"""The tables that a little pull goes on from."""


class CannotKnow(Exception):
    """Why a little pull cannot prove that what it does not read is what it was."""


class InFull(Exception):
    """Shops of which a little pull is not enough for this run, each with the reason: all is read anew, they in full."""

    def __init__(self, why: Mapping[ShopName, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in why.items()))
        self.why = why


@dataclass(frozen=True, slots=True)
class Going:
    """What a little pull of one shop goes on from. `tables`: the base's, unpacked. `told`: what messages named since.

    `listened`: since when the shop is listened to without a gap. `own`: items that this program has set since the base.
    """

    base: Base
    tables: Mapping[str, Path]
    listened: datetime
    told: Told = Told()
    own: frozenset[str] = frozenset()


def terms_of(settings: ShopSettings, terms: str, policy: Policy) -> str:
    """What a row of this shop means, and which there are, depends on these: rows that were read under others cannot be
    kept. No secret."""
    options = {name: str(value) for name, value in settings.options.items() if not isinstance(value, Secret)}
    known = [__version__, settings.channel, settings.region, settings.base_url, sorted(options.items()), terms]
    known.append(str(policy.lookback))
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


@dataclass(slots=True)
class LittlePull:
    """One shop, read by its changes. `read`: items that were read in this run, whole."""

    channel: Channel
    teller: PullsChanges
    going: Going
    request: PullRequest
    read: set[str] = field(default_factory=set)
    _known: dict[tuple[str, str], str] = field(default_factory=dict)
    _items: set[str] = field(default_factory=set)
    _computed: set[str] = field(default_factory=set)
    _parts: list[ItemsRead] = field(default_factory=list)
    _asked: ChangesRequest | None = None
    _changed: Changed | None = None
    _again: int = 0
    _orders: Path | None = None
    _latest: Pulled | None = None

    def begin(self) -> Pulled:
        """What the channel tells of itself, then all that may have changed. Raises CannotKnow, ReadFault."""
        base = self.going.base
        self._recall()
        asked = self._asked = ChangesRequest(
            spool=self._folder("changed"),
            since=base.as_of - MARGIN,
            orders_since=max(base.as_of - ORDERS_MARGIN, self.request.orders_since),
            known=self._known,
            named=self.going.told.places,
            policy=self.request.policy,
            tables=self.going.tables,
        )
        changed = self._changed = self.teller.changed(asked)
        self._prove(changed)
        self._orders = self.request.spool / "orders.csv"
        merging.orders(self.going.tables["orders"], Path(changed.orders.path), self.request.orders_since, self._orders)
        return self.more(self._suspicious(changed))

    def _recall(self) -> None:
        """The listings of the base. Raises CannotKnow where its tables are not those of this program."""
        if not merging.is_ours(self.going.tables):
            raise CannotKnow("what is kept of it was written by another version of this program")
        for cells in merging.rows_of(self.going.tables["listings"]):
            self._known[cells[merging.ITEM], cells[merging.VARIATION]] = cells[merging.SELLER_SKU]
            if cells[merging.FULFILMENT] == Fulfilment.COMPUTED.value:
                self._computed.add(cells[merging.ITEM])
        self._items = {item for item, _ in self._known}

    def unread(self, keys: Iterable[ListingKey]) -> frozenset[str]:
        """The items of these listings that were not read yet."""
        return self._fresh({key.item_id for key in keys})

    def more(self, items: Collection[str]) -> Pulled:
        """The shop, with those of these items read as well that it has. Raises CannotKnow, ReadFault."""
        changed = self._told
        fresh = self._fresh(items)
        if self._latest is not None and not fresh:
            return self._latest
        whole = changed.count or 0
        if len(self.read) + len(fresh) > max(FEW, whole // SHARE):
            raise CannotKnow(f"{len(self.read) + len(fresh):,} of its {whole:,} items have to be read")
        if fresh:
            part = self.teller.read_items(fresh, self._folder(f"items-{len(self._parts)}"))
            if part.doubt:
                raise CannotKnow(part.doubt)
            if lacking := fresh - part.items:
                raise CannotKnow(f"item {min(lacking)} is not found any more")
            self.read |= fresh
            self._parts.append(part)
        self._latest = self._together(changed)
        return self._latest

    def look_again(self, items: Collection[str]) -> None:
        """Asks for orders once more, after these items were read: a full pull reads orders last, for one that came
        meanwhile is in a number and would be missing here. Raises CannotKnow where there is one, ReadFault."""
        told = self._told
        if self._asked is None or self._orders is None:
            raise RuntimeError("a little pull is begun first")
        since = told.as_of - MARGIN
        spool = self._folder("again")
        asked = replace(self._asked, spool=spool, since=since, orders_since=since, named=frozenset(), orders_only=True)
        again = self.teller.changed(asked)
        self._again += again.requests
        if again.doubt:
            raise CannotKnow(again.doubt)
        known = {tuple(cells) for cells in merging.rows_of(self._orders)}
        for cells in merging.rows_of(Path(again.orders.path)):
            mine = cells[merging.ORDER_ITEM] in items or cells[merging.ORDER_ITEM] in self._computed
            if mine and tuple(cells) not in known:
                raise CannotKnow(f"order {cells[merging.ORDER]} came or changed while it was read")

    def _fresh(self, items: Collection[str]) -> frozenset[str]:
        """Those of these items that the shop has and that were not read yet. Ledgers name items that no shop has."""
        return frozenset(items) & (self._told.items | self._items) - self.read

    @property
    def requests(self) -> int:
        """How many were made so far."""
        made = [part.requests for part in self._parts]
        return sum(made) + (self._changed.requests if self._changed else 0) + self._again

    @property
    def _told(self) -> Changed:
        if self._changed is None:
            raise RuntimeError("a little pull is begun first")
        return self._changed

    def _folder(self, name: str) -> Path:
        folder = self.request.spool / name
        folder.mkdir(mode=0o700)
        return folder

    def _prove(self, changed: Changed) -> None:
        """Raises CannotKnow where the channel's own word is doubtful, or does not fit the base."""
        base, settings = self.going.base, self.channel.settings
        if changed.doubt:
            raise CannotKnow(changed.doubt)
        if changed.identity != base.identity:
            raise CannotKnow("it says that it is another shop")
        if terms_of(settings, changed.terms, self.request.policy) != base.terms:
            raise CannotKnow("it was read last under another configuration, or by another version of this program")
        if changed.as_of <= base.as_of:
            raise CannotKnow(f"its time did not go on: {changed.as_of:%Y-%m-%d %H:%M:%S} UTC")
        new = len(changed.items - self._items)
        if changed.count != base.items + new:
            raise CannotKnow(f"it counts {changed.count} items, {base.items + new} are known")
        # What was too young to be missed when the base was read is looked at now.
        since = max(base.as_of - LATE, self.going.listened)
        for cells in merging.rows_of(Path(changed.orders.path)):
            created, order = merging.time_of(cells[merging.CREATED]), cells[merging.ORDER]
            if created is None or not since < created <= changed.as_of - LATE or order in self.going.told.orders:
                continue
            raise CannotKnow(f"no message came of order {order}, which was placed at {created:%Y-%m-%d %H:%M} UTC")

    def _suspicious(self, changed: Changed) -> set[str]:
        """Items that may show something else than the base: told by the channel, by a message, by an order, by the
        clock, or set by this program."""
        by_variation = {variation: item for item, variation in self._known if variation}
        named = {item or by_variation.get(variation, "") for item, variation in self.going.told.places}
        return {*changed.items, *named, *self.going.own, *self._by_orders(changed), *self._by_clock(changed.as_of)}

    def _by_orders(self, changed: Changed) -> Iterator[str]:
        """Items of orders that were updated since or are not those of the base, and of unpaid ones, whose units may
        come back without an update (Lazada after 30 minutes).

        Raises CannotKnow for an order of what the channel computes: whose stock it took is not told.
        """
        since = self.going.base.as_of - MARGIN
        known = {tuple(cells) for cells in merging.rows_of(self.going.tables["orders"])}
        for cells in merging.rows_of(Path(changed.orders.path)):
            at = merging.time_of(cells[merging.UPDATED])
            if at is None or at >= since or tuple(cells) not in known:
                if cells[merging.ORDER_ITEM] in self._computed:
                    kit = f"order {cells[merging.ORDER]} is of item {cells[merging.ORDER_ITEM]}"
                    raise CannotKnow(f"{kit}, whose stock is that of others")
                yield cells[merging.ORDER_ITEM]
        if self._orders is not None:
            for cells in merging.rows_of(self._orders):
                if cells[merging.ORDER_STATUS] == OrderStatus.UNPAID.value:
                    yield cells[merging.ORDER_ITEM]

    def _by_clock(self, now: datetime) -> Iterator[str]:
        """Items with units withheld, those whose number the channel keeps or computes by itself, and those with a
        campaign that began or ended since; its units come back a little later than it ends."""
        since = self.going.base.as_of - max(MARGIN, self.request.policy.campaign_settle)
        for cells in merging.rows_of(self.going.tables["listings"]):
            own = cells[merging.FULFILMENT] in ("", Fulfilment.SELLER.value)
            if cells[merging.WITHHELD] not in ("", "0") or not own:
                yield cells[merging.ITEM]
        for cells in merging.rows_of(self.going.tables["campaigns"]):
            edges = merging.time_of(cells[merging.STARTS]), merging.time_of(cells[merging.ENDS])
            if any(edge is not None and since <= edge <= now for edge in edges):
                yield cells[merging.CAMPAIGN_ITEM]
        for campaign in self.channel.settings.policy.campaigns:
            if any(since <= edge <= now for edge in (campaign.starts_at, campaign.ends_at)):
                yield campaign.item_id

    def _together(self, changed: Changed) -> Pulled:
        """The base and all that was read since, as one reading."""
        settings, base = self.channel.settings, self.going.base
        folder = self._folder(f"merged-{len(self._parts)}")
        paths = {table.name: folder / f"{table.name}.csv" for table in (SHOP_LISTINGS, CAMPAIGNS)}
        kept = merging.listings(
            self.going.tables["listings"],
            [Path(part.listings.path) for part in self._parts],
            self.read,
            paths["listings"],
        )
        merging.campaigns(
            self.going.tables["campaigns"],
            [Path(part.campaigns.path) for part in self._parts],
            self.read,
            paths["campaigns"],
        )
        spooled = [(SHOP_LISTINGS, paths["listings"]), (CAMPAIGNS, paths["campaigns"])]
        spooled += [(ORDERS, self._orders)] if self._orders is not None else []
        tables = {table.name: merging.file(table, path, settings.name) for table, path in spooled}
        tables |= {NOTED: changed.noted} if changed.noted is not None else {}
        return Pulled(
            shop=settings.name,
            channel=settings.channel,
            as_of=changed.as_of,
            complete=True,
            capabilities=self.channel.capabilities,
            tables=tables,
            zone=changed.zone,
            identity=changed.identity,
            requests=self.requests,
            warnings=tuple(dict.fromkeys([*changed.warnings, *(w for part in self._parts for w in part.warnings)])),
            items=changed.count,
            terms=changed.terms,
            little=Little(base.as_of, base.full_at, kept, self.teller.untold),
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of a shop leaves for the next. `base`: None where none could be gone on from. `read`: the items
    that were read, where that were not all."""

    base: Base | None
    tables: Mapping[str, Path]
    read: frozenset[str] | None


def reading_of(
    pulled: Pulled, settings: ShopSettings, policy: Policy, began_at: datetime, little: LittlePull | None
) -> Reading:
    tables = {name: Path(table.path) for name, table in pulled.tables.items()}
    read = None if little is None else frozenset(little.read)
    return Reading(_next_base(pulled, settings, policy, began_at), tables, read)


def _next_base(pulled: Pulled, settings: ShopSettings, policy: Policy, began_at: datetime) -> Base | None:
    """None where the shop does not tell how many items it has."""
    if pulled.items is None or not pulled.tables.keys() >= NEEDED:
        return None
    return Base(
        as_of=pulled.as_of,
        began_at=began_at,
        full_at=pulled.little.full_at if pulled.little else pulled.as_of,
        items=pulled.items,
        identity=pulled.identity,
        terms=terms_of(settings, pulled.terms, policy),
    )
