"""Lists of products and variations: filtered, sorted, and kept while nothing is put up or taken down."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from stockrecon.sandbox.wire import Body
from stockrecon.sandbox.woocommerce import asks, pages, views
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.pages import Kind, Reply, Wanted
from stockrecon.sandbox.woocommerce.records import WooListing, lists_variations
from stockrecon.sandbox.woocommerce.visit import Visit, no_route

ORDERBY = (*pages.ORDERBY, "price", "popularity", "rating", "menu_order")
STATUSES = ("any", *asks.POST_STATUSES)
KIND: Kind[WooListing] = Kind(
    lambda listing: listing.number,
    lambda listing: listing.created_at,
    lambda listing: listing.modified_at,
    lambda listing: listing.title,
)


class Lists:
    """Sorted lists are kept until the set of listings changes, so that a long walk stays cheap."""

    def __init__(self) -> None:
        self._of: tuple[WooShop | None, int] = (None, -1)
        self._lists: dict[tuple[object, ...], list[WooListing]] = {}

    def products(self, visit: Visit) -> Reply:
        skus = visit.ask.text("sku")
        # Asked by SKU, the products' list has the variations of that SKU too.
        posts = [*products(visit.reads), *variations(visit.reads)] if skus else products(visit.reads)
        shape = lambda listing: views.product(visit.reads, listing, visit.root, edit=False)  # noqa: E731
        return self._page(visit, "products", posts, shape, "/products")

    def of_product(self, visit: Visit) -> Reply:
        product = visit.ids[0]
        return self._page(
            visit,
            f"of {product}",
            visit.reads.variations.get(product, {}).values(),
            lambda listing: views.variation(visit.reads, listing, visit.root),
            f"/products/{product}/variations",
        )

    def all_variations(self, visit: Visit) -> Reply:
        if not lists_variations(visit.reads.site.version):
            raise no_route()
        shape = lambda listing: views.variation(visit.reads, listing, visit.root)  # noqa: E731
        return self._page(visit, "variations", variations(visit.reads), shape, "/variations")

    def _page(
        self, visit: Visit, name: str, posts: Iterable[WooListing], shape: Callable[[WooListing], Body], path: str
    ) -> Reply:
        ask = visit.ask
        want = pages.wanted(ask, ORDERBY)
        status, kind = ask.choice("status", STATUSES, "any"), ask.choice("type", asks.PRODUCT_TYPES)
        stock, skus, search = ask.choice("stock_status", asks.STOCK_STATUSES), ask.text("sku"), ask.text("search")
        parents = ask.numbers("parent")
        ask.faults.check()
        if want.stays and not (kind or stock or skus or search or parents) and want.by in ("id", "date"):
            found = self._kept(visit.reads, name, posts, want, status)
        else:
            # A SKU may have a comma in it: the whole text counts as one too.
            sought = {*skus.split(","), skus}
            found = pages.sorted_by(
                (
                    listing
                    for listing in posts
                    if _seen(listing, status)
                    and pages.inside(listing, KIND, want, visit.reads.region)
                    and (not kind or kind == _type(listing))
                    and (not stock or stock == visit.reads.stock_status(listing))
                    and (not skus or listing.seller_sku in sought)
                    and (not search or search.lower() in listing.title.lower())
                    and (not parents or listing.item_id in parents)
                ),
                KIND,
                want,
            )
        return pages.page(found, want, shape, visit.call, visit.address(path))

    def _kept(
        self, reads: WooShop, name: str, posts: Iterable[WooListing], want: Wanted, status: str
    ) -> list[WooListing]:
        if self._of[0] is not reads or self._of[1] != reads.revision:
            self._of, self._lists = (reads, reads.revision), {}
        wish = (name, status, want.by, want.falling)
        if wish not in self._lists:
            seen = (listing for listing in posts if _seen(listing, status))
            self._lists[wish] = pages.sorted_by(seen, KIND, want)
        return self._lists[wish]


def products(shop: WooShop) -> Iterable[WooListing]:
    return shop.products.values()


def variations(shop: WooShop) -> Iterable[WooListing]:
    return (listing for found in shop.variations.values() for listing in found.values())


def _seen(listing: WooListing, status: str) -> bool:
    return listing.status == status if status != "any" else listing.status not in ("trash", "auto-draft")


def _type(listing: WooListing) -> str:
    return "variation" if listing.variation_id else "variable" if listing.variable else "simple"
