"""Variants and their levels as listings: what counts as sellable, and the states (reference: Shopify 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stockrecon.channels.shopify.fields import (
    Malformed,
    Object,
    an_object,
    flag,
    gid,
    nodes,
    number_of,
    objects,
    plain,
    text,
    whole,
)
from stockrecon.channels.shopify.locations import Counted
from stockrecon.core.model import Fulfilment, Listing, ListingKey, ListingState, ShopName

NOT_TRACKED = "SKU tracking off: 'Track quantity' is off, so Shopify sells it without a limit"
BUNDLE = "a bundle: Shopify computes its stock from its components, and refuses writes"
_STATES = {
    "ACTIVE": ListingState.OK,
    # The seller's own doing; stock can be set all the same.
    "DRAFT": ListingState.UNLISTED,
    "ARCHIVED": ListingState.UNLISTED,
    # Sold to whoever has its link.
    "UNLISTED": ListingState.UNLISTED,
}
_NAMES = ("available", "committed", "reserved", "safety_stock")


@dataclass(frozen=True, slots=True)
class Level:
    """One item at one location. `available` may be below zero: what was sold beyond it."""

    available: int
    committed: int
    reserved: int
    safety: int


@dataclass(frozen=True, slots=True)
class Product:
    """What a variant shares with its product. `published` False: not in the online store."""

    number: str
    status: str
    published: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What a variant's own fields say; a bulk result tells them apart from those of its item."""

    number: str
    sku: str
    beyond: bool
    bundle: bool
    online: int
    product: Product


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant with its item's levels by location. `whole` False: there are more levels than were read."""

    facts: Facts
    item: str
    tracked: bool
    levels: Mapping[str, Level]
    whole: bool = True

    @property
    def number(self) -> str:
        return self.facts.number


def facts_of(node: Object) -> Facts:
    name = number_of(node.get("id"), "ProductVariant", "variant: id")
    where = f"variant {name}"
    product = an_object(node.get("product"), f"{where}: product")
    policy = text(node.get("inventoryPolicy"))
    if policy not in ("DENY", "CONTINUE"):
        raise Malformed(f"{where}: inventoryPolicy is neither DENY nor CONTINUE")
    return Facts(
        number=name,
        sku=text(node.get("sku")),
        # The seller's declared policy and no fault (reference: six facts per channel, sellable).
        beyond=policy == "CONTINUE",
        # Not asked for where there is no such field (see ShopifyApi.lacks).
        bundle=flag(node.get("requiresComponents", False), f"{where}: requiresComponents"),
        online=whole(node.get("sellableOnlineQuantity"), f"{where}: sellableOnlineQuantity"),
        product=Product(
            number_of(product.get("id"), "Product", f"{where}: product id"),
            plain(product.get("status"), 40),
            product.get("publishedAt", "") is not None,
        ),
    )


def variant_of(node: Object) -> Variant:
    """A row of a query: its item's levels are a connection, or the one level that was asked for."""
    facts = facts_of(node)
    where = f"variant {facts.number}: inventoryItem"
    item = an_object(node.get("inventoryItem"), where)
    name = gid(item.get("id"), "InventoryItem", f"{where}: id")
    tracked = flag(item.get("tracked"), f"{where}: tracked")
    if "inventoryLevels" not in item:
        one = item.get("inventoryLevel")
        rows = [] if one is None else [an_object(one, f"{where}: inventoryLevel")]
        return Variant(facts, name, tracked, levels_of(rows, where))
    connection = an_object(item.get("inventoryLevels"), f"{where}: inventoryLevels")
    levels = levels_of(nodes(connection, f"{where}: inventoryLevels"), where)
    page = an_object(connection.get("pageInfo"), f"{where}: pageInfo")
    more = flag(page.get("hasNextPage"), f"{where}: hasNextPage")
    return Variant(facts, name, tracked, levels, whole=not more)


def levels_of(rows: Sequence[Object], where: str) -> dict[str, Level]:
    return dict(level_of(row, where) for row in rows)


def level_of(row: Object, where: str) -> tuple[str, Level]:
    """One level with its location's global id."""
    location = an_object(row.get("location"), f"{where}: location")
    named = {
        text(each.get("name")): whole(each.get("quantity"), f"{where}: {plain(each.get('name'), 40)}")
        for each in objects(row.get("quantities"), f"{where}: quantities")
    }
    missing = [name for name in _NAMES if name not in named]
    if missing:
        raise Malformed(f"{where}: quantities lack {', '.join(missing)}")
    place = gid(location.get("id"), "Location", f"{where}: location id")
    return place, Level(*(named[name] for name in _NAMES))


def stock_of(variant: Variant, rules: Counted) -> dict[str, Level]:
    """The levels that count."""
    return {place: level for place, level in variant.levels.items() if place in rules.locations}


def strangers(variant: Variant, rules: Counted) -> list[str]:
    """Locations with stock that the list of locations does not name, so that nobody can tell whether they count."""
    known = rules.known
    return [place for place, level in variant.levels.items() if place not in known and level.available]


def key_of(variant: Variant, shop: ShopName) -> ListingKey:
    return ListingKey(shop, variant.facts.product.number, variant.number)


def listing_of(variant: Variant, shop: ShopName, rules: Counted) -> Listing:
    """One listing per variant. Buyers can take what is available at the locations that count, all together, and nothing
    at others, which are named beside it; what is committed is out of it already. Nothing is withheld or locked for a
    campaign: Shopify knows neither. What is not tracked has no number, whatever stands there, and so no target
    (reference: six facts per channel, sellable)."""
    levels = stock_of(variant, rules)
    total = sum(level.available for level in levels.values())
    counted = variant.tracked or variant.facts.bundle
    state, notes = _state(variant, bool(levels), rules)
    if variant.facts.bundle and not levels:
        total = variant.facts.online
    notes += _notes(variant, levels, total, rules) if counted else [NOT_TRACKED]
    return Listing(
        key=key_of(variant, shop),
        seller_sku=variant.facts.sku,
        sellable=max(0, total) if counted else 0,
        campaign=0,
        withheld=0,
        committed=max(0, sum(level.committed for level in levels.values())),
        state=state,
        message="; ".join(notes),
        fulfilment=Fulfilment.COMPUTED if variant.facts.bundle else Fulfilment.SELLER,
        sells_beyond_stock=variant.facts.beyond or not counted,
    )


def _state(variant: Variant, stocked: bool, rules: Counted) -> tuple[ListingState, list[str]]:
    status = variant.facts.product.status
    state = _STATES.get(status)
    notes = [] if status == "ACTIVE" else [status]
    if state is None:
        return ListingState.WARNING, [f"the product's status {status!r} is not known"]
    if state is ListingState.OK and not variant.facts.product.published:
        state, notes = ListingState.UNLISTED, ["not in the online store"]
    if not variant.facts.bundle:
        if not variant.tracked:
            return (ListingState.ERROR if state is ListingState.OK else state), notes
        if not stocked:
            return ListingState.WARNING, [*notes, _nowhere(rules)]
    return state, notes


def _nowhere(rules: Counted) -> str:
    place = rules.name_of(rules.chosen) if rules.chosen else "any location that fulfils online orders"
    return f"not stocked at {place}: switch it on there in the shop's admin"


def _left_out(variant: Variant, rules: Counted) -> list[str]:
    """Where there are units that nobody can buy online, and why not."""
    found = []
    for place, level in sorted(variant.levels.items(), key=lambda one: rules.name_of(one[0])):
        if level.available and place in rules.others:
            found.append(f"{rules.name_of(place)} {level.available} (fulfils no online orders)")
        elif level.available and place in rules.closed:
            found.append(f"{rules.name_of(place)} {level.available} (deactivated: activate it, or move them)")
    return found


def _notes(variant: Variant, levels: Mapping[str, Level], total: int, rules: Counted) -> list[str]:
    """What the one number does not show: where the units lie, what is set aside, and what was sold beyond it."""
    notes = [BUNDLE] if variant.facts.bundle else []
    if len(levels) > 1:
        # A total alone would hide what moved from one location to another.
        shown = sorted((rules.name_of(place), level.available) for place, level in levels.items())
        notes.append(", ".join(f"{name} {units}" for name, units in shown))
    if left_out := _left_out(variant, rules):
        notes.append(f"not counted: {', '.join(left_out)}")
    if total < 0:
        notes.append(f"Shopify shows {total}: more was sold than there was")
    for words, units in (
        ("reserved", sum(level.reserved for level in levels.values())),
        ("safety stock", sum(level.safety for level in levels.values())),
    ):
        if units:
            notes.append(f"{units} more set aside as {words}")
    plain_stock = variant.tracked and not variant.facts.bundle and not variant.facts.beyond
    if plain_stock and levels and not rules.chosen and variant.facts.online != total:
        notes.append(f"Shopify sells {variant.facts.online} of it online")
    return notes
