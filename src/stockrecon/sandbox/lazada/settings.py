"""What control sets of a listing at Lazada: its warehouses, Lazada's own stock, Choice (reference: Lazada 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.wire import integer

if TYPE_CHECKING:
    from stockrecon.sandbox.lazada.listing import LazadaListing
    from stockrecon.sandbox.lazada.market import LazadaShop

TRAITS = ("places", "fbl", "choice")
CHOICE_TYPES = {"cn vmi": "1", "local vmi": "2", "cn jit": "3", "local jit": "4"}
"""`bizSupplement.item_type` of a Choice item, as Lazada's page on Choice names them."""


def set_trait(shop: LazadaShop, listing: LazadaListing, name: str, text: str) -> None:
    """`places`: sellable units by warehouse, `dropshipping=30,wh-b=10`; `fbl`: units in Lazada's warehouse; `choice`:
    the item is of Lazada Choice, one of `CHOICE_TYPES`, its units lie in a warehouse of Choice's; empty for none.
    """
    if name == "places":
        _set_places(shop, listing, text)
    elif name == "fbl":
        listing.fbl = {shop.fbl_warehouse: shop.bucket(_units(shop, name, text))}
    elif text and text not in CHOICE_TYPES:
        raise MarketRefusal(f"{shop.name}: choice is one of {', '.join(CHOICE_TYPES)}, not {text!r}")
    else:
        shop.make_choice(listing, CHOICE_TYPES.get(text, ""))


def _set_places(shop: LazadaShop, listing: LazadaListing, text: str) -> None:
    """A warehouse of the seller's is one of all listings. What orders hold stays at the first one."""
    found: dict[str, int] = {}
    for part in text.split(","):
        place, _, number = part.strip().partition("=")
        if not place or place in found:
            raise MarketRefusal(f"{shop.name}: places are written dropshipping=30,wh-b=10, not {text!r}")
        found[place] = _units(shop, "places", number)
    held = [(bucket.withheld, bucket.occupied) for bucket in listing.warehouses.values()]
    shop.codes = list(dict.fromkeys((*shop.codes, *found)))
    listing.warehouses = {code: shop.bucket(found.get(code, 0)) for code in shop.codes}
    for other in shop.all_listings():
        if other is not listing and not other.platform:
            other.warehouses = {code: other.warehouses.get(code) or shop.bucket(0) for code in shop.codes}
    first = next(iter(listing.warehouses.values()))
    first.withheld, first.occupied = sum(one for one, _ in held), sum(other for _, other in held)


def _units(shop: LazadaShop, name: str, text: str) -> int:
    number = integer(text.strip())
    if number is None or number < 0:
        raise MarketRefusal(f"{shop.name}: {name} takes whole units of at least 0, not {text!r}")
    return number
