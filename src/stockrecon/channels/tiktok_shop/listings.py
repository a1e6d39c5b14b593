"""SKUs with their stock as listings: the buckets of reference TikTok Shop 2.6, and what hinders a sale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stockrecon.channels.tiktok_shop.products import Product, Sku
from stockrecon.channels.tiktok_shop.stock import Place, Stock
from stockrecon.channels.tiktok_shop.warehouses import Warehouses
from stockrecon.core.model import Fulfilment, Listing, ListingKey, ListingState, ShopName

NOT_YET = "TikTok Shop does not tell yet what of it campaigns hold, as it does for a SKU that is minutes old"
_NAMED = 5
_STRANGE = "which is none of the seller's, and taken for TikTok's"
BUNDLE = "a virtual bundle: TikTok Shop makes its stock from its parts and refuses writes"


@dataclass(frozen=True, slots=True)
class ShopRules:
    """What holds for all listings of a shop. `warehouse`: the only one that counts, "" for all of the seller's.

    `computed`: products, and `PRODUCT/SKU`, that are known to be virtual bundles.
    """

    shop: ShopName
    warehouse: str
    warehouses: Warehouses
    computed: frozenset[str] = frozenset()

    def own(self, places: Iterable[Place]) -> list[Place]:
        """Those of the seller's: what lies at TikTok's is no part of a write."""
        return [
            place for place in places if self.warehouse == place.warehouse or self.warehouses.is_own(place.warehouse)
        ]

    def counting(self, places: Iterable[Place]) -> list[Place]:
        return [place for place in self.own(places) if self.warehouse in ("", place.warehouse)]


@dataclass(slots=True)
class Notes:
    """`untold`: SKUs whose stock nobody tells, so that the snapshot is not complete; `warnings`: oddities."""

    untold: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def listings_of(
    product: Product, stocks: Mapping[str, Stock], rules: ShopRules, notes: Notes
) -> Iterator[tuple[Listing, Stock | None]]:
    """One listing per SKU, with the stock that was told of it. A draft is no listing yet."""
    if product.draft:
        return
    for sku in product.skus:
        stock = stocks.get(sku.id)
        listing = _listing(product, sku, stock, rules, notes)
        if listing is not None:
            yield listing, stock
        else:
            notes.untold.append(f"product {product.id}, SKU {sku.id}: TikTok Shop shows no stock for it")


def _listing(product: Product, sku: Sku, stock: Stock | None, rules: ShopRules, notes: Notes) -> Listing | None:
    name = f"product {product.id}, SKU {sku.id}"
    places = tuple(Place(place, units) for place, units in sku.places) if stock is None else stock.places
    if stock is None and not places and sku.state is not ListingState.DELETED:
        return None
    counted = _counted(places, stock, rules)
    if counted is None:
        return None
    exposed, committed, fulfilment = counted
    if exposed < 0:
        notes.warnings.append(f"{name}: TikTok Shop shows a stock of {exposed}; counted as 0")
        exposed = 0
    _compare(name, stock, notes)
    campaign = _kept(exposed, places, stock)
    state, faults = _state(sku, stock, rules.counting(places), rules)
    computed = product.bundle or bool({product.id, f"{product.id}/{sku.id}"} & rules.computed)
    remarks = [BUNDLE] if computed else _elsewhere(places, rules, fulfilment)
    return Listing(
        key=ListingKey(rules.shop, product.id, sku.id),
        seller_sku=sku.seller_sku,
        sellable=exposed - campaign,
        campaign=campaign,
        withheld=0,
        committed=max(0, committed),
        state=state,
        message="; ".join(remarks if state is ListingState.OK else faults),
        title=product.title,
        fulfilment=Fulfilment.COMPUTED if computed else fulfilment,
        sells_beyond_stock=sku.backorder,
    )


def _state(
    sku: Sku, stock: Stock | None, counting: Iterable[Place], rules: ShopRules
) -> tuple[ListingState, list[str]]:
    """The SKU's own state, or what else hinders a sale or a write, with the words for it."""
    told = [sku.message] if sku.message else []
    state = sku.state
    if stock is None and state is not ListingState.DELETED:
        # What is exposed is known from the product itself, what may not be lowered is not: it is shown, not written.
        told.append(NOT_YET)
    if closed := _closed(counting, rules):
        told.append(closed)
    hindered = closed or (stock is None and state is not ListingState.DELETED)
    return ListingState.WARNING if hindered and state.takes_writes else state, told


def _kept(exposed: int, places: Iterable[Place], stock: Stock | None) -> int:
    """The part of what campaigns and creators hold that falls on the units that count.

    The split is one for the SKU, not one per warehouse (reference: TikTok Shop 2.6), so it is taken that what does not
    count has it first: a write is refused only where all of them together hold less.
    """
    if stock is None:
        return 0
    elsewhere = sum(place.units for place in places) - exposed if stock.places else 0
    return min(exposed, max(0, stock.locked - max(0, elsewhere)))


def _counted(places: tuple[Place, ...], stock: Stock | None, rules: ShopRules) -> tuple[int, int, Fulfilment] | None:
    """Units that can be ordered where they count, units of orders there, and who holds them; None where it is untold.

    Of a SKU with a place of the seller's only those count: a total over all would hide what moves between them.
    """
    own = rules.own(places)
    if not places:
        if stock is None:
            return 0, 0, Fulfilment.SELLER  # deleted: nothing is told of it any more
        # Without its places the total is all there is, and no one place can be told from it.
        if stock.total is None or (rules.warehouse and stock.total):
            return None
        return stock.total, stock.committed, Fulfilment.SELLER
    if not own:
        return _sums(places, Fulfilment.PLATFORM)
    return _sums(rules.counting(places), Fulfilment.SELLER)


def _sums(places: Iterable[Place], fulfilment: Fulfilment) -> tuple[int, int, Fulfilment]:
    listed = list(places)
    return sum(place.units for place in listed), sum(place.committed for place in listed), fulfilment


def _compare(name: str, stock: Stock | None, notes: Notes) -> None:
    """Says where TikTok Shop's own numbers do not add up: what lies where counts, as it is what a write sets."""
    if stock is None or not stock.places:
        return
    lying = sum(place.units for place in stock.places)
    if stock.total is not None and stock.total != lying:
        notes.warnings.append(f"{name}: TikTok Shop tells {stock.total} in all, its warehouses hold {lying}")
    elif stock.in_shop is not None and stock.in_shop + stock.locked != lying:
        told = f"{stock.in_shop} in the shop and {stock.locked} kept"
        notes.warnings.append(f"{name}: TikTok Shop tells {told}, its warehouses hold {lying}")


def _closed(counting: Iterable[Place], rules: ShopRules) -> str:
    """Why what is shown cannot be bought; "" where it can, or where nothing lies behind a closed door."""
    listed = list(counting)
    shut = [place for place in listed if place.warehouse in rules.warehouses.closed]
    if not shut or (len(shut) < len(listed) and not any(place.units for place in shut)):
        return ""
    names = ", ".join(f"{place.warehouse} is {rules.warehouses.closed[place.warehouse]}" for place in shut)
    return f"warehouse {names}: its stock is shown and cannot be bought"


def _elsewhere(places: Iterable[Place], rules: ShopRules, fulfilment: Fulfilment) -> list[str]:
    """What lies elsewhere and is not counted; and why what is TikTok's is taken to be so."""
    listed = list(places)
    strange = [place for place in listed if rules.warehouses.is_strange(place.warehouse)]
    if fulfilment is Fulfilment.PLATFORM:
        return [f"{place.units} in warehouse {place.warehouse}, {_STRANGE}" for place in strange[:_NAMED]]
    theirs = sum(place.units for place in listed if place.warehouse in rules.warehouses.platform)
    counting = {place.warehouse for place in rules.counting(listed)}
    others = [place for place in rules.own(listed) if place.warehouse not in counting and place.units]
    told = [f"{theirs} more in TikTok's warehouse"] if theirs else []
    told += [f"{place.units} more in warehouse {place.warehouse}, {_STRANGE}" for place in strange[:_NAMED]]
    return told + [
        f"{place.units} more in warehouse {place.warehouse}, which does not count" for place in others[:_NAMED]
    ]
