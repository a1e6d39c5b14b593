"""What control sets of a Shopee shop, and of a listing in it: locations, Shopee's own stock, kits, the holiday mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stockrecon.sandbox.records import Key, MarketRefusal
from stockrecon.sandbox.wire import integer

if TYPE_CHECKING:
    from stockrecon.sandbox.shopee.market import ShopeeListing, ShopeeShop

TRAITS = ("places", "shopee_stock", "kit")
OPTIONS = ("fulfilment", "holiday")
_FULFILMENT = ("Others", "Pure - FBS Shop")
_PART = re.compile(r"(\d{1,19})(?:/(\d{1,19}))?=(\d{1,9})\Z", re.ASCII)


def set_option(shop: ShopeeShop, name: str, text: str) -> None:
    """`fulfilment`: who holds the shop's stock; `holiday`: "on" or "off" (reference: Shopee 3.7)."""
    choices = _FULFILMENT if name == "fulfilment" else ("on", "off")
    if text not in choices:
        raise MarketRefusal(f"{shop.name}: {name} is one of {', '.join(choices)}, not {text!r}")
    if name == "fulfilment":
        shop.fulfilment = text
    else:
        shop.holiday = text == "on"


def set_trait(shop: ShopeeShop, listing: ShopeeListing, name: str, text: str) -> None:
    """`places`: units by location, `VNZ=30,VNY=10`, which makes it a shop with several; `shopee_stock`: units in
    Shopee's warehouse; `kit`: the parts from which the number is computed, `2/21=2,3=1`, empty for none.
    """
    if name == "kit":
        _set_kit(shop, listing, text)
    elif name == "places":
        _set_places(shop, listing, text)
    else:
        listing.shopee = {"": _units(shop, name, text)}


def _set_places(shop: ShopeeShop, listing: ShopeeListing, text: str) -> None:
    found: dict[str, int] = {}
    for part in text.split(","):
        place, _, number = part.strip().partition("=")
        if not place or place in found:
            raise MarketRefusal(f"{shop.name}: places are written VNZ=30,VNY=10, not {text!r}")
        found[place] = _units(shop, "places", number)
    shop.locations = tuple(dict.fromkeys((*shop.locations, *found)))
    for other in shop.all_listings():
        other.seller = {place: other.seller.get(place, 0) for place in shop.locations}
    listing.seller |= {place: found.get(place, 0) for place in shop.locations}


def _set_kit(shop: ShopeeShop, listing: ShopeeListing, text: str) -> None:
    """A kit has models, and its parts are ordinary listings of the shop (reference: Shopee 3.3, 9)."""
    if not listing.variation_id:
        raise MarketRefusal(f"{shop.name}: a kit has models, item {listing.item_id} has none")
    parts: list[tuple[Key, int]] = []
    for part in text.split(",") if text else []:
        found = _PART.match(part.strip())
        if found is None or not int(found[3]):
            raise MarketRefusal(f"{shop.name}: a kit is written 2/21=2,3=1, not {text!r}")
        key = (found[1], found[2] or "")
        other = shop.listing(key)
        if other is None or other.kit or other is listing:
            raise MarketRefusal(f"{shop.name}: {part.strip()!r} is no ordinary listing of the shop")
        parts.append((key, int(found[3])))
    listing.kit = tuple(parts)


def _units(shop: ShopeeShop, name: str, text: str) -> int:
    number = integer(text.strip())
    if number is None or number < 0:
        raise MarketRefusal(f"{shop.name}: {name} takes whole units of at least 0, not {text!r}")
    return number
