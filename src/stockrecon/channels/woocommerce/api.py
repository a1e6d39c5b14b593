"""WooCommerce's calls: one method per route, answers checked and unwrapped. Nothing here knows what they are for."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.channels.woocommerce.answers import document_of, noisy
from stockrecon.channels.woocommerce.errors import judge_for, judge_write
from stockrecon.channels.woocommerce.fields import Malformed, Object, an_object, objects, text, whole, written
from stockrecon.channels.woocommerce.site import NAMESPACE, Pairs, Permalinks, Site, find
from stockrecon.channels.writing import WITHIN
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, Client, Judge, Request

PAGE = 100
"""The most that a list gives at once; 101 are refused (reference: WooCommerce 3.1)."""

_STOCK = "sku,name,status,manage_stock,stock_quantity,stock_status,backorders"
PRODUCT_FIELDS = f"id,type,variations,{_STOCK}"
VARIATION_FIELDS = f"id,parent_id,{_STOCK}"
ORDER_FIELDS = "id,status,date_created_gmt,date_modified_gmt,date_paid_gmt,date_completed_gmt,line_items"
"""Nothing of the buyer is asked for."""
_WALK = (("orderby", "id"), ("order", "asc"))
"""By id: what is new meanwhile comes at the end, and what is changed stays where it is (reference: 3.1)."""
_TOTALS_WAY = (
    "something between this machine and WordPress takes headers out of its answers: let X-WP-Total and X-WP-TotalPages "
    "through"
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, with both of WordPress's totals: rows, and pages, in all."""

    rows: list[Object]
    total: int
    pages: int

    def only(self, who: str, what: str) -> list[Object]:
        """The rows of a list that fits one page. Raises ReadFault where they are not all of it."""
        if self.total != len(self.rows):
            raise ReadFault(who, f"{what}: WooCommerce counts {self.total} rows, its only page held {len(self.rows)}")
        return self.rows


class WooApi:
    """The calls of one shop. Every method raises ReadFault, AuthFault, Refused, or Malformed.

    `chosen`: the form of the addresses; None: it is found with the first call.
    """

    def __init__(self, client: Client, chosen: Permalinks | None) -> None:
        self.client = client
        self.who = client.who
        self.noisy = False
        """PHP's notices stood before an answer."""
        self._chosen = chosen
        self._lock = threading.Lock()
        self._found: tuple[Permalinks, Site | None] | None = None

    @property
    def permalinks(self) -> Permalinks:
        return self._find()[0]

    @property
    def site(self) -> Site | None:
        """What WordPress says of itself; None where its index cannot be read."""
        return self._find()[1]

    def products(self, page: int, include: Sequence[str] = (), since: datetime | None = None) -> Page:
        """All types and all statuses but trash. `include`: these ids alone, at most 100; `since`: those that were made
        or edited after it."""
        return self._list("/products", PRODUCT_FIELDS, page, (*_included(include), *_modified(since)))

    def all_variations(
        self, page: int, include: Sequence[str] = (), since: datetime | None = None, parents: Sequence[str] = ()
    ) -> Page:
        """Of all products, or of these `parents`, at most 100; from WooCommerce 10.3 on, else refused as NO_ROUTE
        (reference: 3.2). Besides as `products`."""
        narrowed = (*_included(include), *_modified(since), *((("parent", ",".join(parents)),) if parents else ()))
        return self._list("/variations", VARIATION_FIELDS, page, narrowed)

    def count(self, what: str, *, binned: bool = False) -> int:
        """How many `products`, `variations` or `orders` there are, by WordPress's own total: what is in the bin is none
        of them, or with `binned` what is there alone."""
        return self._list(f"/{what}", "id", 1, (("status", "trash"),) if binned else (), size=1).total

    def variations(self, product_id: str, page: int) -> Page:
        return self._list(f"/products/{product_id}/variations", VARIATION_FIELDS, page)

    def orders(self, page: int, modified_after: datetime) -> Page:
        """By their last change, so that old orders with a new status are among them."""
        return self._list("/orders", ORDER_FIELDS, page, _modified(modified_after))

    def one_product(self) -> None:
        """The smallest call that a key with the right to read is good for."""
        self._get("/products", (("per_page", "1"), ("_fields", "id")))

    def stock_settings(self) -> Mapping[str, str]:
        """The group `products` of the settings, by id; for keys of those who manage the shop (reference: 3.4)."""
        document = document_of(self._get("/settings/products", (("_fields", "id,value"),)))
        rows = objects(document, "settings/products")
        return {text(row.get("id")): text(row.get("value")) for row in rows}

    def version(self) -> str:
        """WooCommerce's version; "" where it does not tell."""
        document = document_of(self._get("/system_status", (("_fields", "environment.version"),)))
        environment = an_object(document, "system_status").get("environment")
        return text(environment.get("version")) if isinstance(environment, dict) else ""

    def write_nothing(self) -> None:
        """An empty batch, which names no product: whether the key has the right to write shows without writing."""
        path, query = self.permalinks.place(f"{NAMESPACE}/products/batch")
        self._call(Request("POST", path, query, json={"update": []}), judge_for(self.who, "products/batch"))

    def update(self, parent: str, rows: Sequence[Object]) -> Object:
        """Sets what the rows say of products, or of one product's variations; sent once (reference: 3.3).

        Returns the whole answer. Raises Unsettled where it may have taken effect.
        """
        route = f"/products/{parent}/variations/batch" if parent else "/products/batch"
        path, query = self.permalinks.place(NAMESPACE + route)
        request = Request("POST", path, query, json={"update": list(rows)}, repeatable=False, within=WITHIN)
        return an_object(document_of(self._call(request, judge_write(self.who, route[1:]))), route[1:])

    def now(self) -> datetime:
        """The shop's time."""
        return self.client.now()

    def _list(self, route: str, fields: str, page: int, query: Pairs = (), size: int = PAGE) -> Page:
        pairs = (*query, *_WALK, ("per_page", str(size)), ("page", str(page)), ("_fields", fields))
        answer = self._get(route, pairs)
        document = document_of(answer)
        if not isinstance(document, list):
            raise Malformed(f"{route[1:]}: the answer is not a list")
        total, pages = (whole(answer.headers.get(name, "")) for name in ("x-wp-total", "x-wp-totalpages"))
        if total is None or pages is None:
            words = f"{route[1:]}: the answer does not say how many there are in all (X-WP-Total, X-WP-TotalPages)"
            raise ReadFault(self.who, words, way_on=_TOTALS_WAY)
        return Page(objects(document, route[1:]), total, pages)

    def _get(self, route: str, query: Pairs) -> Answer:
        request = Request("GET", *self.permalinks.place(NAMESPACE + route, query))
        return self._call(request, judge_for(self.who, route[1:]))

    def _call(self, request: Request, judge: Judge) -> Answer:
        answer = self.client.call(request, judge=judge)
        self.noisy = self.noisy or noisy(answer)
        return answer

    def _find(self) -> tuple[Permalinks, Site | None]:
        with self._lock:
            if self._found is None:
                self._found = find(self.client, self._chosen)
            return self._found


def _included(ids: Sequence[str]) -> Pairs:
    return (("include", ",".join(ids)),) if ids else ()


def _modified(since: datetime | None) -> Pairs:
    """By the last change, the second itself not included (reference: 3.1)."""
    return (("modified_after", written(since)), ("dates_are_gmt", "true")) if since else ()
