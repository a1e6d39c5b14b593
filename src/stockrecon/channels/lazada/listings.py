"""Lazada's products as listings and campaigns: stock buckets, states, locks (reference: Lazada 3.3, 3.4, 4.5)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial

from stockrecon.channels.lazada.fields import first, identifier, instant, objects, plain, text, whole
from stockrecon.channels.lazada.states import state_of
from stockrecon.channels.lazada.stock import NOTHING, Stock, places_of, stock_of
from stockrecon.core.model import CampaignState, Fulfilment, ListingState

COMPUTED = "named in `computed`: Lazada computes its number"
_NAMED = 4
_SHOP_SKU = re.compile(r"\d+_([A-Za-z]{2})(?:AMZ)?-\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lock:
    """One entry of `channelInventories`: units of a SKU that are locked for a campaign, across warehouses.

    None for a time that cannot be read. `units` is what is locked now: the vendor's pages do not say whether the
    figure is the remaining or the original one; its name suggests the remaining one (reference: Lazada 3.3).
    """

    name: str
    starts_at: datetime | None
    ends_at: datetime | None
    units: int

    def over(self, at: datetime) -> bool:
        """Past entries linger in the answer; one that has not started yet counts: the lock predates its start."""
        return self.ends_at is not None and self.ends_at <= at

    def state(self, at: datetime) -> CampaignState:
        if self.over(at):
            return CampaignState.ENDED
        if self.starts_at is not None and self.starts_at > at:
            return CampaignState.UPCOMING
        return CampaignState.RUNNING


@dataclass(frozen=True, slots=True)
class Variation:
    """One SKU of an item as Lazada showed it: `sellable` is without the locked units, `campaign` are these.

    Lazada's own sellable quantity is the sum of both (reference: Lazada 3.3); the lock is never more than that.
    """

    item_id: str
    sku_id: str
    seller_sku: str
    title: str
    sellable: int
    campaign: int
    withheld: int
    committed: int
    state: ListingState
    message: str
    fulfilment: Fulfilment
    locks: tuple[Lock, ...] = ()
    site: str = ""
    """The site that the ShopSku names, in capitals; "" where it names none."""
    places: tuple[tuple[str, int], ...] = ()
    """The seller's warehouses that the answer lists, each with its sellable units, locked ones included."""

    @property
    def key(self) -> tuple[str, str]:
        return self.item_id, self.sku_id

    def row(self) -> dict[str, object]:
        return {
            "item_id": self.item_id,
            "variation_id": self.sku_id,
            "seller_sku": self.seller_sku,
            "title": self.title,
            "sellable": self.sellable,
            "campaign": self.campaign,
            "withheld": self.withheld,
            "committed": self.committed,
            "state": self.state.value,
            "message": self.message,
            "fulfilment": self.fulfilment.value,
            "sells_beyond_stock": False,
        }

    def campaign_rows(self, at: datetime) -> Iterator[dict[str, object]]:
        """The locks as rows of the campaigns table; an entry whose times cannot be read has none."""
        seen: set[str] = set()
        for lock in self.locks:
            if lock.starts_at is None or lock.ends_at is None:
                continue
            name = lock.name
            if name in seen:
                name = f"{lock.name}@{lock.starts_at:%Y%m%dT%H%M%SZ}"
            if name in seen:
                continue
            seen.add(name)
            yield {
                "campaign_id": name,
                "item_id": self.item_id,
                "variation_id": self.sku_id,
                "starts_at": lock.starts_at,
                "ends_at": lock.ends_at,
                "locked": lock.units,
                "sold": None,
                "state": lock.state(at).value,
            }


@dataclass(slots=True)
class Reader:
    """Turns products into variations, and remembers what could not be understood.

    `warehouse`: count only this warehouse's stock. `zone`: the site's, for campaign times without one. `computed`: what
    the seller says that Lazada computes, `item` or `item/SKU` (virtual bundles are not marked). `unknown` names SKUs
    whose stock could not be read at all: they are left out, and the snapshot is not complete.
    """

    at: datetime
    zone: tzinfo
    warehouse: str = ""
    computed: Collection[str] = ()
    warnings: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def product(self, product: Mapping[str, object]) -> list[Variation]:
        """All SKUs of one product that this answer shows; an item may come in several parts (reference: 3.1)."""
        item_id = identifier(first(product, "item_id", "itemId", "ItemId"))
        skus = objects(first(product, "skus", "Skus"))
        if not item_id:
            self.unknown.append("an item without an id")
            return []
        title = text(first(_object(first(product, "attributes", "Attributes")), "name", "name_en"))
        found = []
        for sku in skus:
            variation = self._variation(item_id, title or text(first(product, "name")), product, sku)
            if variation is not None:
                found.append(variation)
        return found

    def _variation(
        self, item_id: str, title: str, product: Mapping[str, object], sku: Mapping[str, object]
    ) -> Variation | None:
        sku_id = identifier(first(sku, "SkuId", "skuId", "sku_id"))
        seller_sku = text(first(sku, "SellerSku", "sellerSku", "seller_sku"))
        name = f"item {item_id}, SKU {sku_id or seller_sku or '(no id)'}"
        state, message = state_of(product, sku, sku_id, seller_sku)
        stock = stock_of(product, sku, self.warehouse, partial(self._count, name))
        if stock is None and state is ListingState.DELETED:
            stock = NOTHING
        if not sku_id or stock is None:
            self.unknown.append(name)
            return None
        locks = self._locks(name, sku)
        held = {item_id, f"{item_id}/{sku_id}"} & set(self.computed)
        computed = bool(held) and stock.fulfilment is Fulfilment.SELLER
        campaign = _kept(stock, sum(lock.units for lock in locks if not lock.over(self.at)))
        return Variation(
            item_id=item_id,
            sku_id=sku_id,
            seller_sku=seller_sku,
            title=title,
            sellable=stock.sellable - campaign,
            campaign=campaign,
            withheld=stock.withheld,
            committed=stock.committed,
            state=state,
            message=message if state is not ListingState.OK else _remarks(stock, computed=computed),
            fulfilment=Fulfilment.COMPUTED if computed else stock.fulfilment,
            locks=locks,
            site=_site(text(first(sku, "ShopSku", "shopSku", "shop_sku"))),
            places=places_of(sku),
        )

    def _count(self, name: str, number: int) -> int:
        if number >= 0:
            return number
        self.warnings.append(f"{name}: Lazada shows a stock of {number}; counted as 0")
        return 0

    def _locks(self, name: str, sku: Mapping[str, object]) -> tuple[Lock, ...]:
        locks = []
        for entry in objects(first(sku, "channelInventories", "ChannelInventories", "channel_inventories")):
            lock = Lock(
                name=text(first(entry, "channelName", "channel_name", "CampaignName")) or "unnamed",
                starts_at=instant(first(entry, "startTime", "start_time"), self.zone),
                ends_at=instant(first(entry, "endTime", "end_time"), self.zone),
                units=self._count(name, whole(first(entry, "sellableQuantity", "sellable_quantity")) or 0),
            )
            locks.append(lock)
            if lock.starts_at is None or lock.ends_at is None:
                self.warnings.append(
                    f"{name}: campaign {lock.name} shows times that cannot be read; it stands in no campaign list, "
                    f"its {lock.units} units count as locked" + (f" until {lock.ends_at}" if lock.ends_at else "")
                )
        return tuple(locks)


def _kept(stock: Stock, locked: int) -> int:
    """The part of a lock that falls on this stock. A lock is one number per SKU over all warehouses, and Lazada takes a
    write as long as they hold it together (reference: Lazada 3.3, 4.1): the others have it first.
    """
    return min(stock.sellable, max(0, locked - sum(units for _, units in stock.elsewhere)))


def _remarks(stock: Stock, *, computed: bool) -> str:
    """What else there is to say of a listing that is well."""
    told = [COMPUTED] if computed else []
    told += [stock.note] if stock.note else []
    told += [f"{stock.platform} more in Lazada's warehouse"] if stock.platform else []
    told += [f"{units} more at {plain(code, 40)}, which does not count" for code, units in stock.elsewhere[:_NAMED]]
    return "; ".join(told)


def _site(shop_sku: str) -> str:
    """`<itemId>_<SITE>-<skuId>`; older ones name none (reference: Lazada 3.5)."""
    match = _SHOP_SKU.fullmatch(shop_sku.strip())
    return match.group(1).upper() if match else ""


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
