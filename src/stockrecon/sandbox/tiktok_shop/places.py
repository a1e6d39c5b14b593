"""Which warehouse an order is sent from, and what control sets of a SKU's warehouses.

An order names one warehouse, of the order and not of its lines (reference: TikTok 2.8). Sellers are told that the
nearest one with stock sends, and others where it has too little; where the buyer lives is not known here, so that it is
the one that has the most of the order, the first of equals.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from stockrecon.sandbox.records import Line, MarketOrder, MarketRefusal
from stockrecon.sandbox.tiktok_shop.records import FBT_WAREHOUSE, Stock, TiktokListing, Warehouse

if TYPE_CHECKING:
    from stockrecon.sandbox.tiktok_shop.market import TiktokShop

AT_PLATFORM = -1
"""Stands for the platform's warehouse where a line's units are noted by the number of their warehouse."""
_PLACE = re.compile(r"([1-9]\d{0,18})=(\d{1,5})\Z", re.ASCII)


def sender(shop: TiktokShop, order: MarketOrder) -> str:
    """The warehouse that sends an order that is being placed; "" where the shop has none of its listings."""
    wanted: Counter[tuple[str, str]] = Counter()
    for line in order.lines:
        wanted[line.key] += line.quantity
    held = {key: listing.places for key in wanted if (listing := shop.listing(key)) is not None}
    has: Counter[str] = Counter()
    for key, places in held.items():
        for name, place in places.items():
            has[name] += min(wanted[key], max(0, place.available))
    return max(has, key=lambda name: has[name], default="")


def sent_from(shop: TiktokShop, order: MarketOrder) -> str:
    """The warehouse that an order names; of one that a folder told, where the first of its listings lies."""
    noted = shop.senders.get(order.order_id)
    if noted is not None:
        return noted
    listings = (shop.listing(line.key) for line in order.lines)
    return next((next(iter(listing.places)) for listing in listings if listing is not None), "")


def draw(shop: TiktokShop, listing: TiktokListing, first: str, quantity: int) -> dict[int, int]:
    """Takes units from sale, at the warehouse `first` first, and holds them there; how many, by its number."""
    drawn: dict[int, int] = {}
    for name in sorted(listing.places, key=lambda name: name != first):
        place = listing.places[name]
        step = min(quantity, max(0, place.available))
        if step:
            place.available -= step
            place.withheld += step
            drawn[_number(shop, name)] = step
            quantity -= step
    return drawn


def spots(shop: TiktokShop, listing: TiktokListing, line: Line, units: int) -> list[tuple[Stock, int]]:
    """Where so many units of a line lie: where they were taken; what nobody noted, at the first."""
    names = [*shop.warehouses]
    first = next(iter(listing.places.values()))
    found: list[tuple[Stock, int]] = []
    for number, some in (line.drawn or {}).items():
        name = FBT_WAREHOUSE if number == AT_PLATFORM else names[number]
        step = min(some, units)
        found.append((listing.places.get(name, first), step))
        units -= step
    return [*found, (first, units)]


def _number(shop: TiktokShop, name: str) -> int:
    return AT_PLATFORM if name == FBT_WAREHOUSE else list(shop.warehouses).index(name)


def set_places(shop: TiktokShop, listing: TiktokListing, text: str) -> None:
    """`places`: what can be bought of a SKU by warehouse, `7068517275539719900=30,7068517275539719901=10`; it lies in
    no others then, but for those that hold units of its orders. A warehouse that is not there is opened.
    """
    if listing.platform:
        raise MarketRefusal(f"{shop.name}: {listing.variation_id} lies in the platform's warehouse")
    found: dict[str, int] = {}
    for part in text.split(","):
        match = _PLACE.match(part.strip())
        if match is None or match[1] in found or match[1] == FBT_WAREHOUSE:
            raise MarketRefusal(f"{shop.name}: places are written WAREHOUSE=30,WAREHOUSE=10, ids and units: {text!r}")
        found[match[1]] = int(match[2])
    for name in found:
        shop.warehouses.setdefault(name, Warehouse(name, f"Warehouse {len(shop.warehouses) + 1}"))
    before = listing.seller
    listing.seller = {name: before.get(name, Stock()) for name in found}
    listing.seller |= {name: place for name, place in before.items() if place.withheld or place.committed}
    for name, place in listing.seller.items():
        place.available = found.get(name, 0)
