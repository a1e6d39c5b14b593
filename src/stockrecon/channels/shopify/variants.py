"""Reading variants with the levels that count: all of them, some by their ids, or whole products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stockrecon.channels.shopify.api import PAGE, ShopifyApi
from stockrecon.channels.shopify.documents import (
    PRODUCT,
    PRODUCT_AT,
    PRODUCTS,
    PRODUCTS_AT,
    REREAD,
    REREAD_AT,
    SNAPSHOT,
    SNAPSHOT_AT,
    VARIANTS_COUNT,
    Document,
)
from stockrecon.channels.shopify.errors import Refused
from stockrecon.channels.shopify.fields import Object, an_object, gid_of, next_page, nodes, number_of, objects, whole
from stockrecon.channels.shopify.listings import Variant, variant_of
from stockrecon.channels.shopify.locations import Counted

MOST_LEVELS = 250


def variants_count(api: ShopifyApi) -> int | None:
    """How many variants the shop has; None where Shopify does not tell."""
    try:
        answer = api.ask(VARIANTS_COUNT)
    except Refused:
        return None
    told = an_object(answer.get("productVariantsCount"), "productVariantsCount")
    return whole(told.get("count"), "productVariantsCount: count")


class VariantReader:
    """Reads variants with the levels that count, a page at a time, by their ids, or by their products."""

    def __init__(self, api: ShopifyApi, rules: Counted) -> None:
        self._api = api
        self._rules = rules

    @property
    def _levels(self) -> int:
        """Levels of one item that are asked for: as many as there are locations, so that there is no second page."""
        return min(MOST_LEVELS, max(1, len(self._rules.known)))

    def _how(self, everywhere: Document, at_one: Document, levels: int = 0) -> tuple[Document, dict[str, object]]:
        if self._rules.chosen:
            return at_one, {"loc": self._rules.chosen}
        return everywhere, {"levels": levels or self._levels}

    def all(self) -> Iterator[list[Variant]]:
        """Every variant of the shop, in the order of their ids, which no sale changes."""
        document, variables = self._how(SNAPSHOT, SNAPSHOT_AT)
        for rows in self._api.pages(document, "productVariants", variables):
            yield self._whole([variant_of(row) for row in rows])

    def some(self, numbers: Sequence[str], levels: int = 0) -> list[Variant]:
        """These variants; what is gone is left out. `nodes` reads what a search may not show yet."""
        document, variables = self._how(REREAD, REREAD_AT, levels)
        found: list[Variant] = []
        for begin in range(0, len(numbers), PAGE):
            ids = [gid_of("ProductVariant", number) for number in numbers[begin : begin + PAGE]]
            found += [variant_of(row) for row in self._present(document, ids, variables)]
        return found if levels else self._whole(found)

    def of_products(self, sizes: Mapping[str, int]) -> Iterator[list[Variant]]:
        """All variants of these products, read fresh; a product that is gone has none. `sizes`: how many each is known
        to have, so that an answer does not grow beyond what a page would hold."""
        document, variables = self._how(PRODUCTS, PRODUCTS_AT)
        for numbers in _groups(sizes):
            first = self._api.purse.size(document, variables, PAGE)
            ids = [gid_of("Product", number) for number in numbers]
            for row in self._present(document, ids, {**variables, "first": first}):
                yield self._of_product(row)

    def _of_product(self, row: Object) -> list[Variant]:
        number = number_of(row.get("id"), "Product", "product: id")
        where = f"product {number}: variants"
        connection = an_object(row.get("variants"), where)
        if next_page(connection, where) is None:
            return self._whole([variant_of(each) for each in nodes(connection, where)])
        document, variables = self._how(PRODUCT, PRODUCT_AT)
        asked = {**variables, "id": gid_of("Product", number)}
        pages = self._api.pages(document, where, asked, inside="variants")
        return self._whole([variant_of(each) for page in pages for each in page])

    def _present(self, document: Document, ids: list[str], variables: Mapping[str, object]) -> list[Object]:
        """The rows of these ids that there are."""
        rows = self._api.ask(document, ids=ids, **variables).get("nodes")
        present = [row for row in rows if row is not None] if isinstance(rows, list) else rows
        return [row for row in objects(present, "nodes") if row]

    def _whole(self, variants: list[Variant]) -> list[Variant]:
        """The same, with all levels of those that have more than were asked for: a location that is new."""
        short = [variant.number for variant in variants if not variant.whole]
        if not short:
            return variants
        again = {variant.number: variant for variant in self.some(short, MOST_LEVELS)}
        return [again.get(variant.number, variant) for variant in variants]


def _groups(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Products that are asked for together: as many as are known to have a page of variants."""
    group: list[str] = []
    held = 0
    for number, size in sizes.items():
        if group and held + size > PAGE:
            yield group
            group, held = [], 0
        group.append(number)
        held += max(1, size)
    if group:
        yield group
