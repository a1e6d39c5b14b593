"""Where an item's stock lies: one place, or the locations of a multi-warehouse shop (reference: Shopee 3.5, 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stockrecon.channels.shopee.fields import Object, location, stocks, units_or_none, variation
from stockrecon.channels.shopee.listings import Item
from stockrecon.channels.writing import spread
from stockrecon.core.model import ListingKey, ShopName


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of `seller_stock`: a total, units reserved for promotions included."""

    location: str
    units: int
    saleable: bool


def places_of(info: object, where: str) -> tuple[Place, ...]:
    """All of them, also those that do not count for sale; none where Shopee tells none."""
    if not isinstance(info, dict):
        return ()
    return tuple(
        Place(
            location(entry.get("location_id")),
            units_or_none(entry.get("stock"), f"{where}.seller_stock[].stock"),
            entry.get("if_saleable") is not False,
        )
        for entry in stocks(info.get("seller_stock"), f"{where}.seller_stock")
    )


def places_by_key(item: Item, shop: ShopName) -> Iterator[tuple[ListingKey, tuple[Place, ...]]]:
    where = f"item {item.id}"
    models: Sequence[Object | None] = item.models or (None,)
    for model in models:
        variation_id = "" if model is None else variation(model.get("model_id"), f"{where}: model_id")
        part = item.base if model is None else model
        yield ListingKey(shop, item.id, variation_id), places_of(part.get("stock_info_v2"), where)


def locations_of(item: Item) -> Iterator[Place]:
    """The places that count for sale, of an item and its models."""
    for part in (item.base, *(item.models or ())):
        yield from (place for place in places_of(part.get("stock_info_v2"), f"item {item.id}") if place.saleable)


def placed(to: int, places: Sequence[Place], chosen: str | None, shop: Sequence[str] = ()) -> Mapping[str, int] | None:
    """Units per location so that those that count hold `to` together; every location stands in it, as Shopee demands.

    `chosen`: the only location that counts; `shop`: those that the shop has. Shopee holds a write against the shop's
    ("not matched the shop's location_id (more/wrong)"), so one that the listing does not show goes along, with nothing
    in it (inferred). What does not count keeps what it was last seen to hold. None where it is the seller's to say
    which location is meant (`writing.spread`).
    """
    named = [place.location for place in places]
    if not named or "" in named or len(set(named)) != len(named):
        return None
    every = [*places, *(Place(one, 0, saleable=True) for one in shop if one not in named)]
    counting = {place.location: place.units for place in every if place.saleable and chosen in (None, place.location)}
    meant = spread(to, counting)
    return None if meant is None else {place.location: meant.get(place.location, place.units) for place in every}
