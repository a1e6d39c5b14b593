"""What GraphQL shows of the market's records: variants, inventory items, levels, products.

A variant and its inventory item are one record of the market; here each has its own face.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.model import ListingState
from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.shopify.catalogue import Level, Location, ShopifyListing
from stockrecon.sandbox.shopify.market import ShopifyShop

STATUS = {
    ListingState.UNLISTED: "DRAFT",
    ListingState.REVIEWING: "DRAFT",
    ListingState.BANNED: "ARCHIVED",
}


@dataclass(frozen=True, slots=True)
class Variant:
    listing: ShopifyListing


@dataclass(frozen=True, slots=True)
class Item:
    listing: ShopifyListing


@dataclass(frozen=True, slots=True)
class LevelAt:
    listing: ShopifyListing
    location: Location
    level: Level


@dataclass(frozen=True, slots=True)
class Quantity:
    at: LevelAt
    name: str


@dataclass(frozen=True, slots=True)
class Product:
    """`variants` are those that are not deleted; there is at least one."""

    variants: tuple[ShopifyListing, ...]

    @property
    def number(self) -> int:
        return int(self.variants[0].item_id)


def variants(shop: ShopifyShop) -> list[Variant]:
    return [Variant(listing) for listing in shop.in_order()[1]]


def items(shop: ShopifyShop) -> list[Item]:
    return [Item(listing) for listing in shop.in_order()[1]]


def product(shop: ShopifyShop, item_id: str) -> Product | None:
    alive = tuple(listing for listing in shop.products.get(item_id, ()) if listing.alive)
    return Product(alive) if alive else None


def products(shop: ShopifyShop) -> list[Product]:
    found = (product(shop, item_id) for item_id in shop.products)
    return sorted((one for one in found if one is not None), key=lambda one: one.number)


def level_at(shop: ShopifyShop, listing: ShopifyListing, location: int, *, inactive: bool) -> LevelAt | None:
    """The level there; one at a location that was closed only where inactive ones are asked for."""
    level = listing.levels.get(location)
    if level is None or not (shop.locations[location].active or inactive):
        return None
    return LevelAt(listing, shop.locations[location], level)


def levels_of(shop: ShopifyShop, listing: ShopifyListing, *, inactive: bool) -> list[LevelAt]:
    found = (level_at(shop, listing, number, inactive=inactive) for number in sorted(listing.levels))
    return [level for level in found if level is not None]


def levels_in(shop: ShopifyShop, location: int, *, inactive: bool) -> list[LevelAt]:
    found = (level_at(shop, listing, location, inactive=inactive) for listing in shop.in_order()[1])
    return [level for level in found if level is not None]


def locations(shop: ShopifyShop, *, inactive: bool, legacy: bool) -> list[Location]:
    """Fulfilment services' own locations are the legacy ones; both kinds are left out unless they are asked for."""
    return [one for one in shop.locations.values() if (one.active or inactive) and (not one.service or legacy)]


def product_status(one: Product) -> str:
    """A product has one status: the state that all its variants share, else it is for sale."""
    states = {listing.state for listing in one.variants}
    return STATUS.get(states.pop(), "ACTIVE") if len(states) == 1 else "ACTIVE"


def touched(listing: ShopifyListing) -> datetime:
    return max((level.updated_at for level in listing.levels.values()), default=listing.created_at)


def everywhere(listing: ShopifyListing, shop: ShopifyShop) -> int:
    """Available units over all active locations, those that sell nothing online too."""
    return sum(level.quantity("available") for place, level in listing.levels.items() if shop.locations[place].active)


def level_id(at: LevelAt) -> str:
    return gids.level_gid(at.location.number, at.listing.item_number)
