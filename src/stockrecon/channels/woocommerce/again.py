"""Reading some listings once more: for the settle pass, just before a write, and after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from stockrecon.channels.woocommerce.api import PAGE, WooApi
from stockrecon.channels.woocommerce.fields import Malformed, identity
from stockrecon.channels.woocommerce.listings import Item, assembled, by_parent, product_of, split, variation_of
from stockrecon.channels.woocommerce.variations import Variations
from stockrecon.core.model import Listing, ListingKey, ShopName
from stockrecon.errors import ReadFault
from stockrecon.rest import gather


def read_again(
    api: WooApi, variations: Variations, keys: Sequence[ListingKey], shop: ShopName, workers: int
) -> dict[ListingKey, Listing]:
    """These listings; what the shop does not have any more is left out. Raises ReadFault, Malformed.

    Products 100 a call. Variations 100 a call where the shop lists all of them, else by product; what variations share
    is judged by all of its product's.
    """
    wanted = [key for key in dict.fromkeys(keys) if _numbers(key)]
    products = read_products(api, list(dict.fromkeys(key.item_id for key in wanted)), workers)
    varying = {item.id for item in products if item.varies}
    single = [key for key in wanted if key.item_id in varying and key.variation_id]
    pools = {key.item_id for key in wanted if key.item_id in varying and not key.variation_id}
    found = _by_id(variations, [key.variation_id for key in single if key.item_id not in pools], workers)
    parents = pools if found is not None else pools | {key.item_id for key in single}
    walks = gather((partial(variations.of, parent) for parent in sorted(parents, key=int)), workers)
    for walk in walks:
        if walk.doubt:
            raise ReadFault(api.who, walk.doubt)
    items = [*(found or ()), *_understood(each for walk in walks for each in walk.rows.values())]
    made = assembled(products, by_parent(items), shop)
    asked = set(wanted)
    return {listing.key: listing for listing in made.listings if listing.key in asked}


def read_products(api: WooApi, ids: Sequence[str], workers: int) -> list[Item]:
    """These products, 100 a call; what is gone is left out. Raises ReadFault, Malformed."""
    pages = gather((partial(api.products, 1, some) for some in _hundreds(ids)), workers)
    rows = [row for page in pages for row in page.only(api.who, "products")]
    return _understood(product_of(row, identity(row.get("id"), "products: id")) for row in rows)


def _by_id(variations: Variations, ids: Sequence[str], workers: int) -> list[Item] | None:
    """None where the shop does not list variations of several products."""
    pages = gather((partial(variations.some, some) for some in _hundreds(ids)), workers)
    rows = [row for page in pages if page is not None for row in page]
    items = _understood(variation_of(row, identity(row.get("id"), "variations: id")) for row in rows)
    return None if any(page is None for page in pages) or not all(item.parent for item in items) else items


def _understood(read: Iterator[Item | str]) -> list[Item]:
    """All of them, or none: what is left out would be taken for gone."""
    items, faults = split(read)
    if faults:
        raise Malformed(faults[0])
    return items


def _hundreds(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[begin : begin + PAGE] for begin in range(0, len(ids), PAGE))


def _numbers(key: ListingKey) -> bool:
    """Whether it can be one of WooCommerce's at all."""
    ids = (key.item_id, key.variation_id or "0")
    return all(each.isascii() and each.isdigit() and len(each) < 19 for each in ids)
