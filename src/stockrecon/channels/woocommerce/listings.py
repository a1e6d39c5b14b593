"""Products and variations as listings: who manages the stock, what can be sold, and the states (reference: 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from stockrecon.channels.woocommerce.fields import Malformed, Object, down, flag, number, plain, reference, text
from stockrecon.core.model import Fulfilment, Listing, ListingKey, ListingState, ShopName

UNTRACKED = "SKU tracking off: 'Manage stock' is off, so WooCommerce sells it without a limit"
UNTRACKED_OUT = "SKU tracking off: 'Manage stock' is off, and WooCommerce shows it as out of stock whatever is set"
NO_NUMBER = "SKU tracking off: its stock is managed, but no number is set"
BUNDLE = "a bundle: its stock is that of its parts"
NO_SKU = "its variations share one stock under several SKUs: name the product in the ledger's listings"

_STATES = {
    "publish": ListingState.OK,
    "draft": ListingState.UNLISTED,
    "auto-draft": ListingState.UNLISTED,
    "private": ListingState.UNLISTED,
    "future": ListingState.UNLISTED,
    "pending": ListingState.REVIEWING,
    "trash": ListingState.DELETED,
}
_WORST = (
    ListingState.DELETED,
    ListingState.ERROR,
    ListingState.WARNING,
    ListingState.REVIEWING,
    ListingState.UNLISTED,
    ListingState.OK,
)
_NO_STOCK_OF_ITS_OWN = frozenset({"grouped", "external"})
"""Sold through its parts, or in another shop."""
_BUNDLES = frozenset({"bundle", "composite"})
"""Types of plug-ins that make their number from their parts, unless they manage one of their own."""


class Managed(StrEnum):
    """Whose number counts. PARENT: a variation sells from its product's stock (reference: 3.2)."""

    ITSELF = "itself"
    PARENT = "parent"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Stock:
    """What one row says of its stock. `units` None: no number is set."""

    managed: Managed
    units: Decimal | None
    sold: bool
    """Not out of stock, by WooCommerce's own word: what counts where nobody manages a number."""
    beyond: bool
    """`backorders` yes or notify: the seller's declared policy, as Shopify's "continue selling"."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product, or one variation of one: `parent` is its product's id, "" for a product."""

    id: str
    parent: str
    sku: str
    name: str
    status: str
    type: str
    stock: Stock
    children: int | None = None
    """How many variations a product has; None where it does not tell."""

    @property
    def varies(self) -> bool:
        """Whether it is sold by its variations alone; plug-ins have variable types of their own."""
        return self.type.startswith("variable") or bool(self.children)


@dataclass(slots=True)
class Assembly:
    """The listings of some products, and what is to be told of them. `pooled`: variations that sell from their
    product's stock, with its id: lines of orders that name them belong to its listing."""

    listings: list[Listing] = field(default_factory=list)
    pooled: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def product_of(row: Object, name: str) -> Item | str:
    """A product; a sentence where its stock cannot be understood."""
    children = row.get("variations")
    return _item(row, name, "", f"product {name}", len(children) if isinstance(children, list) else None)


def has_listings(product: Item) -> bool:
    """Whether anything is sold under its id: what is sold elsewhere is not, nor what has no variation yet."""
    return product.type not in _NO_STOCK_OF_ITS_OWN and not (product.varies and product.children == 0)


def variation_of(row: Object, name: str, parent: str = "") -> Item | str:
    """A variation of `parent`, else of the product that the row names."""
    where = f"variation {name}"
    try:
        parent = parent or reference(row.get("parent_id"), f"{where}: parent_id")
    except Malformed as bad:
        return str(bad)
    return _item(row, name, parent, where, None)


def assembled(products: Iterable[Item], variations: Mapping[str, Sequence[Item]], shop: ShopName) -> Assembly:
    """One listing per product and per variation with a stock of its own; one for what its variations share."""
    made = Assembly()
    for product in products:
        if product.type in _NO_STOCK_OF_ITS_OWN:
            continue
        if not product.varies:
            made.listings.append(_listing(product, None, shop, made.warnings))
            continue
        own = variations.get(product.id, ())
        pooled = [one for one in own if one.stock.managed is Managed.PARENT]
        made.pooled.update(dict.fromkeys((one.id for one in pooled), product.id))
        if pooled:
            made.listings.append(_pool(product, pooled, shop, made.warnings))
        for one in own:
            if one.stock.managed is not Managed.PARENT:
                made.listings.append(_listing(one, product, shop, made.warnings))
    return made


def _item(row: Object, name: str, parent: str, where: str, children: int | None) -> Item | str:
    try:
        stock = _stock(row, where)
    except Malformed as bad:
        return str(bad)
    kind = plain(row.get("type"), 40) or ("variation" if parent else "simple")
    status = plain(row.get("status"), 40) or "publish"
    return Item(name, parent, text(row.get("sku")), text(row.get("name")), status, kind, stock, children)


def _stock(row: Object, where: str) -> Stock:
    told = row.get("manage_stock")
    if told is None:
        raise Malformed(f"{where}: manage_stock is missing")
    if isinstance(told, str) and told.strip().lower() == "parent":
        managed = Managed.PARENT
    else:
        managed = Managed.ITSELF if flag(told) else Managed.NOBODY
    return Stock(
        managed=managed,
        units=number(row.get("stock_quantity"), f"{where}: stock_quantity"),
        sold=text(row.get("stock_status")) != "outofstock",
        beyond=text(row.get("backorders")) in ("yes", "notify"),
    )


def _listing(item: Item, product: Item | None, shop: ShopName, warnings: list[str]) -> Listing:
    """What has a number of its own, or none at all. `product`: the one that a variation belongs to."""
    key = ListingKey(shop, item.parent or item.id, item.id if item.parent else "")
    states = [item] if product is None else [product, item]
    return _made(key, _sku(item, product), _title(item, product), item, _state(states), warnings)


def _pool(product: Item, pooled: Sequence[Item], shop: ShopName, warnings: list[str]) -> Listing:
    """What variations sell together out of their product's stock: one number, counted and written once, there."""
    state, notes = _state([product])
    if state is ListingState.OK and not any(one.status == "publish" for one in pooled):
        state, notes = ListingState.UNLISTED, ["none of its variations is on sale"]
    skus = {one.sku for one in pooled if one.sku}
    sku = product.sku or (next(iter(skus)) if len(skus) == 1 and all(one.sku for one in pooled) else "")
    if not sku and skus:
        notes = [*notes, NO_SKU]
    return _made(ListingKey(shop, product.id), sku, product.name, product, (state, notes), warnings)


def _made(
    key: ListingKey,
    sku: str,
    title: str,
    item: Item,
    shown: tuple[ListingState, Sequence[str]],
    warnings: list[str],
) -> Listing:
    state, notes = shown[0], list(shown[1])
    stock, units, fulfilment = item.stock, 0, Fulfilment.SELLER
    beyond = stock.beyond
    if stock.managed is not Managed.NOBODY and stock.units is not None:
        units = _units(stock.units, str(key), warnings)
    elif item.type in _BUNDLES:
        beyond, fulfilment = True, Fulfilment.COMPUTED
        notes.append(BUNDLE)
    else:
        # No number is its target, unless it is not sold at all: that is a number, 0, though none that could be set.
        on_sale = state is ListingState.OK
        beyond = stock.sold or not on_sale
        notes.append(_untracked(stock))
        state = ListingState.ERROR if on_sale else state
    return Listing(
        key=key,
        seller_sku=sku,
        sellable=units,
        campaign=0,
        withheld=0,
        committed=0,
        state=state,
        message="; ".join(notes),
        title=title,
        fulfilment=fulfilment,
        sells_beyond_stock=beyond,
    )


def _untracked(stock: Stock) -> str:
    if stock.managed is not Managed.NOBODY:
        return NO_NUMBER
    return UNTRACKED if stock.sold else UNTRACKED_OUT


def _units(told: Decimal, name: str, warnings: list[str]) -> int:
    """Whole units that can be sold. A part of one cannot be; below zero lies what was sold beyond the stock."""
    units = max(0, down(told))
    if told < 0:
        warnings.append(f"{name}: WooCommerce shows a stock of {told:f}, so more was sold than there was; counted as 0")
    elif units != told:
        warnings.append(
            f"{name}: WooCommerce shows a stock of {told:f}; counted as {units}, and only whole units are set"
        )
    return units


def _state(items: Iterable[Item]) -> tuple[ListingState, list[str]]:
    """The worst that product and variation say of themselves, with WordPress's own words."""
    states, notes = [], []
    for item in items:
        states.append(_STATES.get(item.status, ListingState.WARNING))
        if item.status not in _STATES:
            notes.append(f"the status {item.status!r} is not known")
        elif item.status != "publish" and item.status not in notes:
            notes.append(item.status)
    return min(states, key=_WORST.index), notes


def _sku(item: Item, product: Item | None) -> str:
    """A variation without a SKU shows its product's: that names one thing only where there is just one to sell."""
    if product is None or item.sku != product.sku or (product.children or 2) == 1:
        return item.sku
    return ""


def _title(item: Item, product: Item | None) -> str:
    """A variation is named by what tells it from the others; some versions put its product's name before that."""
    if product is None or item.name.startswith(product.name):
        return item.name
    return f"{product.name} ({item.name})" if item.name else product.name


def split(read: Iterable[Item | str]) -> tuple[list[Item], list[str]]:
    """What was understood, and what is said of the rest."""
    items, faults = [], []
    for each in read:
        if isinstance(each, Item):
            items.append(each)
        else:
            faults.append(each)
    return items, faults


def by_parent(variations: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for one in variations:
        found.setdefault(one.parent, []).append(one)
    return found
