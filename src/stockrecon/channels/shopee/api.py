"""Shopee's calls: one method per path, answers checked and unwrapped. Nothing here knows what they are for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from stockrecon.channels.shopee.errors import NOT_FOUND, Refused, judge_for, judge_write
from stockrecon.channels.shopee.fields import Malformed, Object, an_object
from stockrecon.channels.writing import WITHIN
from stockrecon.rest import Client, Request

PAGE = 100
"""The most that get_item_list and get_order_list give at once (reference: Shopee 3.1, 5.1)."""
BATCH = 50
"""The most ids of get_item_base_info, get_item_promotion and get_order_detail (reference: Shopee 3.2, 3.6, 5.2)."""

LIVE_STATUSES = ("NORMAL", "BANNED", "UNLIST", "REVIEWING")
"""Deleted items stay listed for 90 days and take no part in anything: they are not asked for."""

ORDER_FIELDS = (
    "item_list", "pay_time", "cancel_by", "cancel_reason", "buyer_cancel_reason", "pickup_done_time",
    "fulfillment_flag",
)  # fmt: skip

Pair = tuple[str, str]


class ShopeeApi:
    """The calls of one shop. Every method raises ReadFault, AuthFault, Refused, or Malformed."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.who = client.who

    def shop_info(self) -> Object:
        """get_shop_info: flat, without a `response` (reference: Shopee 3.7)."""
        document = self._get("/api/v2/shop/get_shop_info")
        inner = document.get("response")
        return inner if isinstance(inner, dict) else document

    def holiday_mode(self) -> Object:
        return an_object(self._get("/api/v2/shop/get_shop_holiday_mode").get("response"), "holiday mode")

    def warehouses(self) -> object:
        return self._get("/api/v2/shop/get_warehouse_detail").get("response")

    def item_list(self, offset: int, window: tuple[int, int] | None = None) -> Object:
        """One page of item ids; `window` limits the items' update_time (Unix seconds, both ends in)."""
        query = [("offset", str(offset)), ("page_size", str(PAGE)), *(("item_status", s) for s in LIVE_STATUSES)]
        if window is not None:
            query += [("update_time_from", str(window[0])), ("update_time_to", str(window[1]))]
        return self._response("/api/v2/product/get_item_list", query)

    def base_info(self, item_ids: Sequence[str]) -> Object:
        """Up to 50 items. Ids that Shopee does not know are missing from `item_list`, also where it knows none."""
        try:
            return self._response("/api/v2/product/get_item_base_info", [("item_id_list", ",".join(item_ids))])
        except Refused as refusal:
            if refusal.code != NOT_FOUND:
                raise
            return {"item_list": []}

    def model_list(self, item_id: str) -> Object:
        return self._response("/api/v2/product/get_model_list", [("item_id", item_id)])

    def promotions(self, item_ids: Sequence[str]) -> Object:
        return self._response("/api/v2/product/get_item_promotion", [("item_id_list", ",".join(item_ids))])

    def order_list(self, begin: int, end: int, cursor: str) -> Object:
        """One page of order ids by update_time; a status filter could not list all (reference: Shopee 5.1)."""
        query = [
            ("time_range_field", "update_time"),
            ("time_from", str(begin)),
            ("time_to", str(end)),
            ("page_size", str(PAGE)),
            ("cursor", cursor),
        ]
        return self._response("/api/v2/order/get_order_list", query)

    def order_detail(self, order_ids: Sequence[str]) -> Object:
        query = [("order_sn_list", ",".join(order_ids)), ("response_optional_fields", ",".join(ORDER_FIELDS))]
        return self._response("/api/v2/order/get_order_detail", query)

    def update_stock(self, item_id: str, models: Sequence[Object]) -> Object:
        """Sets the seller's stock of models of one item; sent once (reference: Shopee 3.5).

        Returns the whole answer: rows may stand beside an error. Raises Unsettled where it may have taken effect.
        """
        body = {"item_id": int(item_id), "stock_list": list(models)}
        request = Request("POST", "/api/v2/product/update_stock", json=body, repeatable=False, within=WITHIN)
        answer = self.client.call(request, judge=judge_write(self.who, "update_stock"))
        return an_object(answer.json(), "update_stock")

    def now(self) -> datetime:
        """Shopee's time."""
        return self.client.now()

    def _response(self, path: str, query: Iterable[Pair]) -> Object:
        return an_object(self._get(path, query).get("response"), f"{_tail(path)}: response")

    def _get(self, path: str, query: Iterable[Pair] = ()) -> Object:
        answer = self.client.call(Request("GET", path, tuple(query)), judge=judge_for(self.who, _tail(path)))
        document = answer.json()
        if not isinstance(document, dict):
            raise Malformed(f"{_tail(path)}: the answer is not an object")
        return document


def _tail(path: str) -> str:
    return path.rsplit("/", 1)[-1]
