"""Connections of products, variants, items, levels and locations: how they are sorted, searched and paged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.shopify.catalogue import Location
from stockrecon.sandbox.shopify.index import Lookup
from stockrecon.sandbox.shopify.paging import Page, Place, Value, sortable
from stockrecon.sandbox.shopify.search import Docs, Fields
from stockrecon.sandbox.shopify.things import (
    STATUS,
    Item,
    LevelAt,
    Product,
    Variant,
    everywhere,
    items,
    levels_in,
    levels_of,
    locations,
    product_status,
    products,
    touched,
    variants,
)
from stockrecon.sandbox.shopify.world import Args, World
from stockrecon.sandbox.wire import Body


def by_number(one: Variant | Item) -> Place:
    number = one.listing.item_number if isinstance(one, Item) else int(one.listing.variation_id)
    return number, number


def _level_place(at: LevelAt) -> Place:
    return at.location.number, at.location.number


def _item_place(at: LevelAt) -> Place:
    return at.listing.item_number, at.listing.item_number


def inactive_too(args: Args) -> bool:
    """Whether levels that are not active are asked for; no version before 2026-04 can."""
    return bool(args.get("includeInactive", False))


def own_levels(item: Item, world: World, args: Args) -> Page[LevelAt]:
    rows = levels_of(world.reads, item.listing, inactive=inactive_too(args))
    return world.found(rows, _level_place, args, LEVELS)


def levels_here(location: Location, world: World, args: Args) -> Page[LevelAt]:
    rows = levels_in(world.reads, location.number, inactive=inactive_too(args))
    return world.found(rows, _item_place, args, LEVELS)


def own_variants(item: Item, world: World, args: Args) -> Page[Variant]:
    return world.listed([Variant(item.listing)], by_number, args)


def variants_of(one: Product, world: World, args: Args) -> Page[Variant]:
    rows = [Variant(listing) for listing in one.variants]
    if args.get("sortKey") == "ID":
        return world.listed(sorted(rows, key=by_number), by_number, args)
    places = {variant.listing.variation_id: place for place, variant in enumerate(rows)}
    return world.listed(rows, lambda variant: (places[variant.listing.variation_id], by_number(variant)[1]), args)


def variants_counted(world: World, args: Args) -> Body:
    """How many there are, up to a limit beyond which nobody counts on."""
    number, limit = len(variants(world.reads)), args.get("limit")
    if limit is None or number <= limit:
        return {"count": number, "precision": "EXACT"}
    return {"count": limit, "precision": "AT_LEAST"}


def variants_found(world: World, args: Args) -> Page[Variant]:
    """The root connection of variants."""
    orders: Mapping[str, Callable[[Variant], Value]] = {
        "SKU": lambda one: one.listing.seller_sku,
        "TITLE": lambda one: one.listing.title,
        "FULL_TITLE": lambda one: one.listing.title,
        "NAME": lambda one: one.listing.title,
        "INVENTORY_QUANTITY": lambda one: everywhere(one.listing, world.reads),
        "INVENTORY_POLICY": lambda one: int(one.listing.oversell),
    }
    rows = variants(world.reads)
    key = orders.get(args["sortKey"])
    if key is None:
        return world.found(rows, by_number, args, VARIANTS)
    return world.found(sorted(rows, key=lambda one: _by(key, one)), lambda one: _by(key, one), args, VARIANTS)


def _by(key: Callable[[Variant], Value], one: Variant) -> Any:
    return key(one), by_number(one)[1]


def _product_number(one: Product) -> int:
    return one.number


def products_found(world: World, args: Args) -> Page[Product]:
    orders: Mapping[str, Callable[[Product], Value]] = {
        "TITLE": lambda one: one.variants[0].title,
        "CREATED_AT": lambda one: sortable(one.variants[0].created_at),
        "UPDATED_AT": lambda one: sortable(max(touched(listing) for listing in one.variants)),
    }
    key: Callable[[Product], Value] = orders.get(args["sortKey"], _product_number)

    def place(one: Product) -> Any:
        return key(one), one.number

    return world.found(sorted(products(world.reads), key=place), place, args, PRODUCTS)


def items_found(world: World, args: Args) -> Page[Item]:
    return world.found(items(world.reads), by_number, args, ITEMS)


def locations_found(world: World, args: Args) -> Page[Location]:
    rows = locations(world.reads, inactive=args["includeInactive"], legacy=args["includeLegacy"])

    def place(one: Location) -> Any:
        return (one.number if args["sortKey"] == "ID" else one.name), one.number

    return world.found(sorted(rows, key=place), place, args, LOCATIONS)


# Searching


def _variant_docs(one: Variant) -> Docs:
    listing = one.listing
    return {
        "id": int(listing.variation_id),
        "product_id": int(listing.item_id),
        "product_ids": int(listing.item_id),
        "sku": listing.seller_sku,
        "title": listing.title,
        "updated_at": touched(listing),
        "managed": listing.tracked,
        "inventory_quantity": sum(level.quantity("available") for level in listing.levels.values()),
        "product_status": STATUS.get(listing.state, "ACTIVE"),
    }


def _item_docs(one: Item) -> Docs:
    listing = one.listing
    times: Docs = {"created_at": listing.created_at, "updated_at": touched(listing)}
    return {"id": listing.item_number, "sku": listing.seller_sku, **times}


def _level_docs(at: LevelAt) -> Docs:
    number = at.listing.item_number
    times: Docs = {"created_at": at.listing.created_at, "updated_at": at.level.updated_at}
    return {"id": at.location.number + gids.LEVELS_FROM, "inventory_item_id": number, "item_id": number, **times}


def _product_docs(one: Product) -> Docs:
    return {
        "id": one.number,
        "title": one.variants[0].title,
        "status": product_status(one),
        "sku": frozenset(listing.seller_sku.lower() for listing in one.variants),
        "created_at": one.variants[0].created_at,
        "updated_at": max(touched(listing) for listing in one.variants),
    }


def _location_docs(one: Location) -> Docs:
    return {"id": one.number, "location_id": one.number, "name": one.name, "active": one.active, "legacy": one.service}


_TIMES = frozenset({"created_at", "updated_at"})
_STATUSES = frozenset({"active", "archived", "draft", "unlisted"})
_EVER = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
VARIANTS: Lookup[Variant] = Lookup(
    Fields(
        frozenset({"id", "product_id", "product_ids", "sku", "title", "updated_at", "managed", "inventory_quantity",
                   "product_status"}),
        frozenset({"updated_at"}),
        {"product_status": _STATUSES},
        ("sku", "title"),
    ),
    lambda one: f"variant {one.listing.variation_id}",
    _variant_docs,
    lambda one: one.listing.created_at,
    lambda one: touched(one.listing),
)  # fmt: skip
ITEMS: Lookup[Item] = Lookup(
    Fields(frozenset({"id", "sku", "created_at", "updated_at"}), _TIMES, {}, ("sku",)),
    lambda one: f"item {one.listing.variation_id}",
    _item_docs,
    lambda one: one.listing.created_at,
    lambda one: touched(one.listing),
)
LEVELS: Lookup[LevelAt] = Lookup(
    Fields(frozenset({"id", "inventory_item_id", "item_id", "created_at", "updated_at"}), _TIMES),
    lambda at: f"level {at.location.number} {at.listing.variation_id}",
    _level_docs,
    lambda at: at.listing.created_at,
    lambda at: at.level.updated_at,
)
PRODUCTS: Lookup[Product] = Lookup(
    Fields(frozenset({"id", "title", "status", "sku", "created_at", "updated_at"}), _TIMES, {"status": _STATUSES},
           ("title",)),
    lambda one: f"product {one.number}",
    _product_docs,
    lambda one: one.variants[0].created_at,
    lambda one: max(touched(listing) for listing in one.variants),
)  # fmt: skip
LOCATIONS: Lookup[Location] = Lookup(
    Fields(frozenset({"id", "location_id", "name", "active", "legacy"}), frozenset(), {}, ("name",)),
    lambda one: f"location {one.number}",
    _location_docs,
    lambda one: _EVER,
    lambda one: _EVER,
)
