"""TikTok Shop's calls: one method per path, answers checked and unwrapped. Nothing here knows what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.channels.tiktok_shop.fields import Malformed, Object, an_object, objects, text, whole
from stockrecon.channels.tiktok_shop.sign import TOKEN_HEADER
from stockrecon.channels.tiktok_shop.verdicts import judge_for, judge_write
from stockrecon.channels.writing import WITHIN
from stockrecon.rest import Client, Request

PAGE = 100
"""The most that searches give at once (reference: TikTok Shop 2.5, 2.8, 2.9)."""
SKUS_OF_SEARCH = 10
SKUS_OF_INVENTORY = 600
"""The most SKU ids of a product search and of an inventory search (reference: TikTok Shop 2.5, 2.6)."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search. `total`: hits in all; None: not told. `token`: of the next page, "" at the end."""

    rows: list[Object]
    total: int | None
    token: str


class TikTokApi:
    """The calls of one shop. Every method raises ReadFault, AuthFault, Refused, Unscoped, or Malformed."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.who = client.who

    def shops(self, access: str = "") -> list[Object]:
        """The shops that a token stands for; `access`: another token than the newest one."""
        headers = ((TOKEN_HEADER, access),) if access else ()
        data = self._data(Request("GET", "/authorization/202309/shops", headers=headers))
        return objects(data.get("shops"), "shops")

    def warehouses(self) -> list[Object]:
        return objects(self._get("/logistics/202309/warehouses").get("warehouses"), "warehouses")

    def platform_warehouses(self) -> list[Object]:
        """TikTok's own, each with the ids under which shops see it; of its own scope (the vendor's page)."""
        return objects(self._get("/fbt/202408/warehouses").get("warehouses"), "fbt warehouses")

    def products(self, token: str, filters: Mapping[str, object], size: int = PAGE) -> Page:
        """One page of products of every status. `filters`: of creation or update time, SKU ids, or a status."""
        query = [("page_size", str(size)), ("page_token", token)]
        return self._page("/product/202502/products/search", query, {"status": "ALL", **filters}, "products")

    def product(self, product_id: str) -> Object:
        return self._get(f"/product/202309/products/{product_id}")

    def inventory(self, sku_ids: Sequence[str]) -> list[Object]:
        """Stock of at most 600 SKUs, grouped by product."""
        data = self._post("/product/202309/inventory/search", (), {"sku_ids": list(sku_ids)})
        return objects(data.get("inventory"), "inventory")

    def orders(self, since: int, token: str) -> Page:
        """One page of whole orders whose status changed since then (Unix seconds), the oldest change first."""
        query = [
            ("page_size", str(PAGE)),
            ("page_token", token),
            ("sort_field", "update_time"),
            ("sort_order", "ASC"),
        ]
        return self._page("/order/202309/orders/search", query, {"update_time_ge": since}, "orders")

    def activities(self, status: str, token: str) -> Page:
        """One page of the seller's promotions; without a `status` of all. Its paging stands in the body, unlike that of
        the others."""
        body = {**({"status": status} if status else {}), "page_size": PAGE, "page_token": token}
        return self._page("/promotion/202309/activities/search", (), body, "activities")

    def update_inventory(self, product_id: str, skus: Sequence[Object]) -> Object:
        """Sets the stock of SKUs of one product at all their warehouses; sent once (reference: TikTok Shop 2.7).

        Returns the whole answer where it is one, also a refusal: its rows tell which SKU they mean. Raises Unsettled
        where it may have taken effect.
        """
        path = f"/product/202309/products/{product_id}/inventory/update"
        request = Request("POST", path, json={"skus": list(skus)}, repeatable=False, within=WITHIN)
        return an_object(self.client.call(request, judge=judge_write(self.who, "inventory/update")).json(), "answer")

    def now(self) -> datetime:
        """TikTok Shop's time."""
        return self.client.now()

    def _get(self, path: str) -> Object:
        return self._data(Request("GET", path))

    def _post(self, path: str, query: Iterable[Pair], body: Mapping[str, object]) -> Object:
        return self._data(Request("POST", path, query=tuple(query), json=dict(body)))

    def _page(self, path: str, query: Iterable[Pair], body: Mapping[str, object], name: str) -> Page:
        data = self._post(path, query, body)
        total = data.get("total_count")
        rows = objects(data.get(name), name)
        if total is None and not data:
            total = 0
        count = None if total is None else whole(total, f"{name}: total_count")
        return Page(rows, count, text(data.get("next_page_token")))

    def _data(self, request: Request) -> Object:
        answer = self.client.call(request, judge=judge_for(self.who, request.path)).json()
        if not isinstance(answer, dict):
            raise Malformed(f"{request.path}: the answer is not an object")
        return an_object(answer.get("data"), f"{request.path}: data")
