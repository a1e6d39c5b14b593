"""What can be asked for: the root fields of queries (reference: Shopify 1.5, 1.6 and 1.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stockrecon.sandbox.shopify import finding, gids, sales
from stockrecon.sandbox.shopify.catalogue import PARTS_OF_ON_HAND, QUANTITY_NAMES
from stockrecon.sandbox.shopify.faults import invalid_id
from stockrecon.sandbox.shopify.jobs import Job
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.shopify.schema import INACTIVE_SINCE
from stockrecon.sandbox.shopify.settings import PLAN_NAMES
from stockrecon.sandbox.shopify.things import Item, LevelAt, Variant, level_at, product
from stockrecon.sandbox.shopify.world import Args, Resolver, World
from stockrecon.sandbox.wire import Body

SCOPES: Mapping[str, str] = {
    "Product": "read_products",
    "ProductVariant": "read_products",
    "Count": "read_products",
    "InventoryItem": "read_inventory",
    "InventoryLevel": "read_inventory",
    "InventoryProperties": "read_inventory",
    "Location": "read_locations",
    "Order": "read_orders",
    "LineItem": "read_orders",
    "Refund": "read_orders",
}
"""The scope that a root field of each type needs."""
ZONES = {
    "VN": "Asia/Ho_Chi_Minh",
    "TH": "Asia/Bangkok",
    "ID": "Asia/Jakarta",
    "PH": "Asia/Manila",
    "MY": "Asia/Kuala_Lumpur",
    "SG": "Asia/Singapore",
    "TW": "Asia/Taipei",
    "BR": "America/Sao_Paulo",
}
"""A shop's zone is that of its country."""


def _variant(shop: ShopifyShop, number: int, world: World) -> Variant | None:
    listing = shop.variants.get(str(number))
    return Variant(listing) if listing is not None and listing.alive else None


def _item(shop: ShopifyShop, number: int, world: World) -> Item | None:
    listing = shop.of_item(number)
    return Item(listing) if listing is not None else None


def _job(shop: ShopifyShop, number: int, world: World) -> Job | None:
    return world.desk.shop.jobs.get(number)


def _level(world: World, text: str) -> LevelAt | None:
    found = gids.parse(text)
    if found is None or found[0] != "InventoryLevel":
        return None
    listing = world.reads.of_item(found[2])
    if listing is None:
        return None
    # By its id an inactive one is found too, once there are such.
    inactive = world.version >= INACTIVE_SINCE
    return level_at(world.reads, listing, found[1] - gids.LEVELS_FROM, inactive=inactive)


_FOUND: Mapping[str, Callable[[ShopifyShop, int, World], object]] = {
    "ProductVariant": _variant,
    "InventoryItem": _item,
    "Product": lambda shop, number, world: product(shop, str(number)),
    "Location": lambda shop, number, world: shop.locations.get(number),
    "Order": lambda shop, number, world: sales.order_of(world, number),
    "BulkOperation": _job,
}


def _node(world: World, text: str) -> object:
    """The thing of an id, whatever it is; None where there is none."""
    kind, number, _ = gids.parse(text) or ("", 0, 0)
    if SCOPES.get(kind, "") not in {*world.scopes, ""}:
        return None
    if kind == "InventoryLevel":
        return _level(world, text)
    find = _FOUND.get(kind)
    return find(world.reads, number, world) if find is not None else None


def _by_id(kind: str) -> Resolver:
    def resolve(root: Any, world: World, args: Args) -> object:
        text = args.get("id")
        if text is None:
            return next(iter(world.reads.locations.values()), None)
        number = gids.number_of(text, kind)
        if number is None:
            raise invalid_id(text)
        return _level(world, text) if kind == "InventoryLevel" else _FOUND[kind](world.reads, number, world)

    return resolve


def _properties(root: Any, world: World, args: Args) -> Body:
    whole = "on_hand"
    rows: list[Body] = [
        {
            "name": name,
            "belongsTo": [whole] if name in PARTS_OF_ON_HAND else [],
            "comprises": list(PARTS_OF_ON_HAND) if name == whole else [],
            "isInUse": True,
        }
        for name in QUANTITY_NAMES
    ]
    return {"quantityNames": rows}


def _installation(root: Any, world: World, args: Args) -> Body:
    scopes = [{"handle": scope, "description": scope.replace("_", " ").capitalize()} for scope in sorted(world.scopes)]
    return {"id": gids.gid("AppInstallation", world.desk.number), "accessScopes": scopes}


def _about(root: Any, world: World, args: Args) -> Body:
    desk = world.desk
    about: Body = {
        "name": desk.shop.name,
        "myshopifyDomain": desk.domain,
        "ianaTimezone": ZONES.get(desk.shop.region, "Etc/UTC"),
        "plan": {"publicDisplayName": PLAN_NAMES[desk.shop.plan]},
        "shopAddress": {"countryCodeV2": desk.shop.region},
    }
    return {"id": gids.gid("Shop", desk.number), **about}


def _latest_job(root: Any, world: World, args: Args) -> Job | None:
    jobs = world.desk.shop.jobs.values()
    return list(jobs)[-1] if jobs and args["type"] == "QUERY" else None


QUERY: Mapping[str, Resolver] = {
    "products": lambda root, world, args: finding.products_found(world, args),
    "productVariantsCount": lambda root, world, args: finding.variants_counted(world, args),
    "productVariants": lambda root, world, args: finding.variants_found(world, args),
    "inventoryItems": lambda root, world, args: finding.items_found(world, args),
    "locations": lambda root, world, args: finding.locations_found(world, args),
    "orders": lambda root, world, args: sales.orders_found(world, args),
    "product": _by_id("Product"),
    "productVariant": _by_id("ProductVariant"),
    "inventoryItem": _by_id("InventoryItem"),
    "inventoryLevel": _by_id("InventoryLevel"),
    "location": _by_id("Location"),
    "order": _by_id("Order"),
    "bulkOperation": _by_id("BulkOperation"),
    "currentBulkOperation": _latest_job,
    "node": lambda root, world, args: _node(world, args["id"]),
    "nodes": lambda root, world, args: [_node(world, text) for text in args["ids"]],
    "inventoryProperties": _properties,
    "currentAppInstallation": _installation,
    "shop": _about,
}
