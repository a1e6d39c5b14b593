"""Stock of inventory searches: where it lies, and what of it is kept for whom (reference: TikTok Shop 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stockrecon.channels.tiktok_shop.fields import Object, an_object, identity, objects, plain, text, units


@dataclass(frozen=True, slots=True)
class Place:
    """One warehouse of a SKU. `units` can be ordered there, allotments for campaigns and creators among them."""

    warehouse: str
    units: int
    committed: int = 0


@dataclass(frozen=True, slots=True)
class Lock:
    """Units that are kept for one campaign, or for one creator. The split is per SKU, not per warehouse."""

    name: str
    units: int
    creator: bool = False


@dataclass(frozen=True, slots=True)
class Stock:
    """One SKU. `total`: what can be ordered in all; `in_shop`: of it, what is kept for nobody. None: not told."""

    sku_id: str
    places: tuple[Place, ...]
    locks: tuple[Lock, ...]
    total: int | None
    in_shop: int | None
    committed: int

    @property
    def locked(self) -> int:
        return sum(lock.units for lock in self.locks)


def read_stocks(inventory: Iterable[Object]) -> Iterator[Stock]:
    """Raises Malformed."""
    for product in inventory:
        for sku in objects(product.get("skus"), "inventory[].skus"):
            yield _stock(sku)


def _stock(row: Object) -> Stock:
    sku_id = identity(row.get("id"), "inventory[].skus[].id")
    where = f"SKU {sku_id}"
    split = an_object(row.get("total_available_inventory_distribution"), f"{where}: distribution")
    in_shop = an_object(split.get("in_shop_inventory"), f"{where}: in_shop_inventory").get("quantity")
    total = row.get("total_available_quantity")
    return Stock(
        sku_id=sku_id,
        places=tuple(
            Place(
                identity(place.get("warehouse_id"), f"{where}: warehouse_id"),
                units(place.get("available_quantity"), f"{where}: available_quantity"),
                units(place.get("committed_quantity"), f"{where}: committed_quantity"),
            )
            for place in objects(row.get("warehouse_inventory"), f"{where}: warehouse_inventory")
        ),
        locks=tuple(_locks(split, where)),
        total=None if total is None else units(total, f"{where}: total_available_quantity"),
        in_shop=None if in_shop is None else units(in_shop, f"{where}: in_shop_inventory"),
        committed=units(row.get("total_committed_quantity"), f"{where}: total_committed_quantity"),
    )


def _locks(split: Object, where: str) -> Iterator[Lock]:
    for field, name, creator in (
        ("campaign_inventory", "campaign_name", False),
        ("creator_inventory", "creator_name", True),
    ):
        for entry in objects(split.get(field), f"{where}: {field}"):
            kept = units(entry.get("quantity"), f"{where}: {field}[].quantity")
            if kept > 0:
                yield Lock(plain(text(entry.get(name)), 120), kept, creator)
