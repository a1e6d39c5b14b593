"""What Shopify tells of what was updated since a time (reference: Shopify 1.3, 1.5, 1.9).

Three lists, each searched by `updated_at`: products (new ones, status, sale, policy, variants that came or went),
inventory items (SKU, tracking), and the levels of each location whose numbers are shown (every one). Searches read an
index that lags behind by seconds: what it does not show yet is listed for the next little pull, which asks from before
this one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from stockrecon.channels.shopify.api import PAGE, ShopifyApi
from stockrecon.channels.shopify.documents import Document, Variables, connection
from stockrecon.channels.shopify.fields import Object, an_object, gid_of, nodes, number_of, objects
from stockrecon.channels.shopify.locations import Counted
from stockrecon.channels.shopify.push import INVENTORY_ITEM
from stockrecon.core.notice import Place
from stockrecon.rest import gather

MOST_PAGES = 20
"""Pages of one list that are read: where more was updated, a full pull tells it with fewer points."""
MOST_LOCATIONS = 20
"""Locations whose levels are asked for one by one."""
_WORKERS = 4

# An inventory item belongs to one variant, and the schema speaks of several (reference: Shopify 1.4).
_OWNERS = "variants(first: 5) { nodes { product { id } } }"
_ITEM_COST = 1 + connection(5, 2)

# Inferred: a product's `updatedAt` moves with its variants, their policy, and where it is published.
UPDATED_PRODUCTS = Document(
    "UpdatedProducts",
    """query UpdatedProducts($first: Int!, $after: String, $q: String!) {
  products(first: $first, after: $after, query: $q) { nodes { id } pageInfo { hasNextPage endCursor } }
}""",
    lambda v: connection(v["first"], 1),
)
# Inferred: an inventory item's `updatedAt` moves with its SKU and with the switch that has it tracked.
UPDATED_ITEMS = Document(
    "UpdatedItems",
    f"""query UpdatedItems($first: Int!, $after: String, $q: String!) {{
  inventoryItems(first: $first, after: $after, query: $q) {{
    nodes {{ id {_OWNERS} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}""",
    lambda v: connection(v["first"], _ITEM_COST),
)
# Inferred: a level's `updatedAt` moves with each of its quantities, whoever sets them.
UPDATED_LEVELS = Document(
    "UpdatedLevels",
    f"""query UpdatedLevels($loc: ID!, $first: Int!, $after: String, $q: String!) {{
  location(id: $loc) {{
    id
    inventoryLevels(first: $first, after: $after, query: $q) {{
      nodes {{ id item {{ id {_OWNERS} }} }}
      pageInfo {{ hasNextPage endCursor }}
    }}
  }}
}}""",
    lambda v: 1 + connection(v["first"], 1 + _ITEM_COST),
)
OWNERS = Document(
    "Owners",
    f"""query Owners($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on InventoryItem {{ id {_OWNERS} }} }}
}}""",
    lambda v: _ITEM_COST,
)
UPDATES = (UPDATED_PRODUCTS, UPDATED_ITEMS, UPDATED_LEVELS, OWNERS)


class TooMany(Exception):
    """A list that is longer than is worth reading. Its text is a sentence for people."""


@dataclass(slots=True)
class Updates:
    """Numbers of products of which anything was updated. `doubt`: why these may not be all."""

    products: set[str] = field(default_factory=set)
    doubt: str = ""
    lost: list[str] = field(default_factory=list)
    """Pages that may have held more."""


def updated(api: ShopifyApi, rules: Counted, since: datetime, named: Collection[Place]) -> Updates:
    """By Shopify's own lists, all at once; and the products of inventory items that messages named and no list did.

    Raises ReadFault, Malformed.
    """
    if len(rules.shown) > MOST_LOCATIONS:
        return Updates(doubt=f"there are {len(rules.shown)} locations, whose numbers would be asked for one by one")
    asked = {"q": f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"}
    told = Updates()
    items: set[str] = set()
    jobs: list[Callable[[], None]] = [
        partial(_products, api, asked, told),
        partial(_items, api, asked, told, items),
        *(partial(_levels, api, {**asked, "loc": place}, told, items) for place in rules.shown),
    ]
    try:
        gather(jobs, _WORKERS)
    except TooMany as many:
        told.doubt = str(many)
        return told
    told.doubt = "; ".join(told.lost)
    numbers = {variation.removeprefix(INVENTORY_ITEM) for _, variation in named if variation.startswith(INVENTORY_ITEM)}
    told.products |= set(_owners_of(api, sorted(numbers - items)))
    return told


def _products(api: ShopifyApi, asked: Variables, told: Updates) -> None:
    for row in _rows(api, UPDATED_PRODUCTS, "products", asked, told):
        told.products.add(number_of(row.get("id"), "Product", "products: id"))


def _items(api: ShopifyApi, asked: Variables, told: Updates, items: set[str]) -> None:
    for row in _rows(api, UPDATED_ITEMS, "inventory items", asked, told):
        _take(row, told.products, items)


def _levels(api: ShopifyApi, asked: Variables, told: Updates, items: set[str]) -> None:
    for row in _rows(api, UPDATED_LEVELS, "inventory levels", asked, told, "inventoryLevels"):
        _take(an_object(row.get("item"), "inventory level: item"), told.products, items)


def _take(item: Object, products: set[str], items: set[str]) -> None:
    items.add(number_of(item.get("id"), "InventoryItem", "inventory item: id"))
    products.update(_owners(item))


def _rows(
    api: ShopifyApi, document: Document, what: str, asked: Variables, told: Updates, inside: str = ""
) -> Iterator[Object]:
    for number, page in enumerate(api.pages(document, what, asked, told.lost, inside=inside)):
        if number == MOST_PAGES:
            raise TooMany(f"more than {MOST_PAGES * PAGE:,} {what} were updated")
        yield from page


def _owners_of(api: ShopifyApi, numbers: list[str]) -> Iterator[str]:
    """Products of inventory items; what is gone has none."""
    for begin in range(0, len(numbers), PAGE):
        ids = [gid_of("InventoryItem", number) for number in numbers[begin : begin + PAGE]]
        rows = api.ask(OWNERS, ids=ids).get("nodes")
        present: Iterable[object] = [row for row in rows if row] if isinstance(rows, list) else ()
        for item in objects(list(present), "nodes"):
            yield from _owners(item)


def _owners(item: Object) -> Iterator[str]:
    where = "inventory item: variants"
    if item.get("variants") is None:
        return
    for variant in nodes(item.get("variants"), where):
        yield number_of(an_object(variant.get("product"), where).get("id"), "Product", where)
