"""Products, variants, inventory items and their levels, field by field (reference: Shopify 1.4 and 1.5)."""

from __future__ import annotations

from collections.abc import Mapping

from stockrecon.sandbox.shopify import finding, gids
from stockrecon.sandbox.shopify.catalogue import QUANTITY_NAMES, Location
from stockrecon.sandbox.shopify.faults import Refused
from stockrecon.sandbox.shopify.things import (
    Item,
    LevelAt,
    Product,
    Quantity,
    Variant,
    everywhere,
    level_at,
    level_id,
    product,
    product_status,
    touched,
)
from stockrecon.sandbox.shopify.world import Args, Resolver, World, when


def _for_sale(variant: Variant, world: World) -> bool:
    listing = variant.listing
    own = product(world.reads, listing.item_id)
    left = world.reads.for_sale(listing.key)
    return own is not None and product_status(own) == "ACTIVE" and (left is None or left > 0)


def _published(one: Product) -> str | None:
    """When it came into the online store; what is a draft or archived is not in it."""
    return when(one.variants[0].created_at) if product_status(one) == "ACTIVE" else None


def _quantities(at: LevelAt, world: World, args: Args) -> list[Quantity]:
    for name in args["names"]:
        if name not in QUANTITY_NAMES:
            text = f"The quantity name '{name}' is invalid. Valid names are: {', '.join(QUANTITY_NAMES)}."
            raise Refused(text, "INVALID_FIELD_ARGUMENTS")
    return [Quantity(at, name) for name in args["names"]]


def _quantity_id(one: Quantity) -> str:
    return f"{level_id(one.at).replace('InventoryLevel', 'InventoryQuantity')}&name={one.name}"


def _stocked(one: Location, world: World) -> bool:
    return one.active and any(one.number in listing.levels for listing in world.reads.in_order()[1])


def _own_level(item: Item, world: World, args: Args) -> LevelAt | None:
    number = gids.number_of(args["locationId"], "Location")
    if number is None:
        return None
    return level_at(world.reads, item.listing, number, inactive=finding.inactive_too(args))


VARIANT: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("ProductVariant", one.listing.variation_id),
    "sku": lambda one, world, args: one.listing.seller_sku or None,
    "title": lambda one, world, args: one.listing.title,
    "createdAt": lambda one, world, args: when(one.listing.created_at),
    "updatedAt": lambda one, world, args: when(touched(one.listing)),
    "inventoryPolicy": lambda one, world, args: "CONTINUE" if one.listing.oversell else "DENY",
    "availableForSale": lambda one, world, args: _for_sale(one, world),
    "sellableOnlineQuantity": lambda one, world, args: world.reads.online(one.listing),
    "inventoryQuantity": lambda one, world, args: everywhere(one.listing, world.reads),
    "inventoryItem": lambda one, world, args: Item(one.listing),
    "product": lambda one, world, args: product(world.reads, one.listing.item_id),
    # The shops here sell no bundles.
    "requiresComponents": lambda one, world, args: False,
}
ITEM: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("InventoryItem", one.listing.item_number),
    "sku": lambda one, world, args: one.listing.seller_sku or None,
    "tracked": lambda one, world, args: one.listing.tracked,
    "createdAt": lambda one, world, args: when(one.listing.created_at),
    "updatedAt": lambda one, world, args: when(touched(one.listing)),
    "duplicateSkuCount": lambda one, world, args: world.reads.duplicates(one.listing),
    "variant": lambda one, world, args: Variant(one.listing),
    "variants": finding.own_variants,
    "inventoryLevel": _own_level,
    "inventoryLevels": finding.own_levels,
}
LEVEL: Mapping[str, Resolver] = {
    "id": lambda at, world, args: level_id(at),
    "isActive": lambda at, world, args: at.location.active,
    "createdAt": lambda at, world, args: when(at.listing.created_at),
    "updatedAt": lambda at, world, args: when(at.level.updated_at),
    "item": lambda at, world, args: Item(at.listing),
    "location": lambda at, world, args: at.location,
    "quantities": _quantities,
}
LOCATION: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("Location", one.number),
    "name": lambda one, world, args: one.name,
    "isActive": lambda one, world, args: one.active,
    "fulfillsOnlineOrders": lambda one, world, args: one.online,
    "shipsInventory": lambda one, world, args: one.online,
    "hasActiveInventory": lambda one, world, args: _stocked(one, world),
    "isFulfillmentService": lambda one, world, args: one.service,
    "inventoryLevels": finding.levels_here,
}
PRODUCT: Mapping[str, Resolver] = {
    "id": lambda one, world, args: gids.gid("Product", one.number),
    "title": lambda one, world, args: one.variants[0].title,
    "status": lambda one, world, args: product_status(one),
    "createdAt": lambda one, world, args: when(one.variants[0].created_at),
    "publishedAt": lambda one, world, args: _published(one),
    "updatedAt": lambda one, world, args: when(max(touched(listing) for listing in one.variants)),
    "variants": finding.variants_of,
}
QUANTITY: Mapping[str, Resolver] = {
    "id": lambda one, world, args: _quantity_id(one),
    "name": lambda one, world, args: one.name,
    "quantity": lambda one, world, args: one.at.level.quantity(one.name),
    "updatedAt": lambda one, world, args: when(one.at.level.touched.get(one.name)),
}
