"""Lazada's products as listings and campaigns: stock buckets, states, locks (reference: Lazada 3.3, 3.4, 4.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from stockrecon.channels.lazada.fields import first, identifier, instant, objects, text, whole
from stockrecon.channels.lazada.states import state_of
from stockrecon.core.model import CampaignState, Fulfilment, ListingState

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

    `warehouse`: count only this warehouse's stock. `zone`: the site's, for campaign times without one. `unknown`
    names SKUs whose stock could not be read at all: they are left out, and the snapshot is not complete.
    """

    at: datetime
    zone: tzinfo
    warehouse: str = ""
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
        stock = self._stock(name, sku)
        if stock is None and state is ListingState.DELETED:
            stock = 0, 0, 0, Fulfilment.SELLER
        if not sku_id or stock is None:
            self.unknown.append(name)
            return None
        sellable, withheld, committed, fulfilment = stock
        locks = self._locks(name, sku)
        locked = min(sellable, sum(lock.units for lock in locks if not lock.over(self.at)))
        return Variation(
            item_id=item_id,
            sku_id=sku_id,
            seller_sku=seller_sku,
            title=title,
            sellable=sellable - locked,
            campaign=locked,
            withheld=withheld,
            committed=committed,
            state=state,
            message=message,
            fulfilment=fulfilment,
            locks=locks,
            site=_site(text(first(sku, "ShopSku", "shopSku", "shop_sku"))),
            places=_places(sku),
        )

    def _stock(self, name: str, sku: Mapping[str, object]) -> tuple[int, int, int, Fulfilment] | None:
        """Sellable (locked units included), withheld, committed, and who holds them; None where it is not told.

        The SKU's own `quantity` is the sum over the seller's warehouses, so it serves where these are not listed
        and no single warehouse is asked for. Stock at Lazada's warehouses counts only where the seller has none.
        """
        own = _own(sku)
        platform = objects(first(sku, "fblWarehouseInventories", "FblWarehouseInventories"))
        places = objects(own)
        if places:
            if self.warehouse:
                places = [place for place in places if _warehouse(place) == self.warehouse.casefold()]
            return self._sum(name, places, Fulfilment.SELLER)
        if platform:
            return self._sum(name, platform, Fulfilment.PLATFORM)
        quantity = whole(first(sku, "quantity", "Available", "available", "Quantity"))
        if quantity is None:
            return None
        if self.warehouse and isinstance(own, list):
            quantity = 0
        return self._count(name, quantity), 0, 0, Fulfilment.SELLER

    def _sum(
        self, name: str, places: list[Mapping[str, object]], fulfilment: Fulfilment
    ) -> tuple[int, int, int, Fulfilment] | None:
        sums = [0, 0, 0]
        for place in places:
            withheld = whole(first(place, "withholdQuantity", "withhold_quantity")) or 0
            committed = whole(first(place, "occupyQuantity", "occupy_quantity")) or 0
            sellable = whole(first(place, "sellableQuantity", "sellable_quantity", "quantity"))
            if sellable is None:
                total = whole(first(place, "totalQuantity", "totalQantity"))
                if total is None:
                    return None
                sellable = total - withheld - committed
            for index, number in enumerate((sellable, withheld, committed)):
                sums[index] += self._count(name, number)
        return sums[0], sums[1], sums[2], fulfilment

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


def _site(shop_sku: str) -> str:
    """`<itemId>_<SITE>-<skuId>`; older ones name none (reference: Lazada 3.5)."""
    match = _SHOP_SKU.fullmatch(shop_sku.strip())
    return match.group(1).upper() if match else ""


def _own(sku: Mapping[str, object]) -> object:
    return first(sku, "multiWarehouseInventories", "MultiWarehouseInventories", "multi_warehouse_inventories")


def _places(sku: Mapping[str, object]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (_code(place), whole(first(place, "sellableQuantity", "sellable_quantity", "quantity")) or 0)
        for place in objects(_own(sku))
    )


def _code(place: Mapping[str, object]) -> str:
    return text(first(place, "warehouseCode", "warehouse_code", "WarehouseCode"))


def _warehouse(place: Mapping[str, object]) -> str:
    return _code(place).casefold()


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
