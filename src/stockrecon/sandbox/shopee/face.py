"""Shopee's face: who may call, what may be asked for, in which shape it is answered (reference: Shopee 1 to 7).

Signature and token faults answer 403, the rate limit 429, business errors 200, as section 7 has it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.push import Hook, Notice
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.shopee import telling, views
from stockrecon.sandbox.shopee.gate import Gate, Refused, ShopeeKeys, json_body
from stockrecon.sandbox.shopee.market import KIT_REFUSED, ShopeeListing, ShopeeShop, StockRefusal
from stockrecon.sandbox.tokens import SHOPEE_LIFE, Tokens
from stockrecon.sandbox.wire import Answer, Body, Call, integer, page, unique

MAX_IDS = 50
MAX_PAGE = 100
MAX_ORDER_SPAN = 15 * 86_400
ITEM_STATUSES = ("NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE")
ORDER_FILTERS = (
    "UNPAID",
    "READY_TO_SHIP",
    "PROCESSED",
    "SHIPPED",
    "COMPLETED",
    "IN_CANCEL",
    "CANCELLED",
    "INVOICE_PENDING",
)


def _wrong(detail: str, module: str = "product") -> Refused:
    return Refused(f"{module}.error_param", f"Wrong parameters, detail: {detail}.")


class ShopeeFace(Face[ShopeeShop]):
    totals = frozenset({"total_count"})
    wrappers = frozenset({"response"})
    secrets = frozenset({"partner_key", "access_token", "refresh_token"})
    push_rules = telling.RULES
    tokens: Tokens

    def __init__(self, shop: ShopeeShop, tokens: Tokens, keys: ShopeeKeys) -> None:
        self.shop, self.tokens, self.keys = shop, tokens, keys
        self._gate = Gate(tokens, keys)
        self._lists: tuple[int, dict[tuple[str, ...], list[str]]] = (-1, {})
        self._public: dict[tuple[str, str], Callable[[Call, datetime], Answer]] = {
            ("POST", "/api/v2/auth/token/get"): self._gate.token_get,
            ("POST", "/api/v2/auth/access_token/get"): self._gate.token_refresh,
            ("GET", "/api/v2/shop/auth_partner"): self._gate.consent,
        }
        self._private: dict[tuple[str, str], Callable[[Call, datetime, ShopeeShop], Body]] = {
            ("GET", "/api/v2/product/get_item_list"): self._item_list,
            ("GET", "/api/v2/product/get_item_base_info"): self._base_info,
            ("GET", "/api/v2/product/get_model_list"): self._model_list,
            ("GET", "/api/v2/product/get_item_promotion"): self._promotions,
            ("GET", "/api/v2/product/search_item"): self._search,
            ("POST", "/api/v2/product/update_stock"): self._update_stock,
            ("GET", "/api/v2/order/get_order_list"): self._order_list,
            ("GET", "/api/v2/order/get_order_detail"): self._order_detail,
            ("GET", "/api/v2/shop/get_shop_info"): self._shop_info,
            ("GET", "/api/v2/shop/get_shop_holiday_mode"): self._holiday,
            ("GET", "/api/v2/shop/get_warehouse_detail"): self._warehouses,
        }

    # Entry

    def knows(self, call: Call) -> bool:
        return (call.method, call.path) in self._public or (call.method, call.path) in self._private

    def answer(self, call: Call, now: datetime, reads: ShopeeShop) -> Answer:
        """What Shopee would answer; the caller has settled the shop to `now`."""
        if not self.knows(call):
            return Answer(404, {"error": "error_not_found"})
        try:
            public = self._public.get((call.method, call.path))
            if public is not None:
                self._gate.signed(call, now, "")
                return public(call, now)
            self._gate.authorised(call, now)
            body = self._private[call.method, call.path](call, now, reads)
        except Refused as refused:
            return self._error(refused.error, refused.message, refused.status)
        return Answer(200, {"error": "", "message": "", "request_id": self._gate.request_id(), **body})

    def credentials(self) -> Credentials:
        return {
            "partner_id": self.keys.partner_id,
            "partner_key": self.keys.partner_key,
            "shop_id": self.keys.shop_id,
            "access_token": self.tokens.access,
            "refresh_token": self.tokens.refresh,
        }

    def notices(self, event: Event, hook: Hook, now: datetime) -> Iterable[Notice]:
        return telling.notices(self.shop, self.keys, event, hook)

    def throttled(self) -> Answer:
        text = "Too many requests. You have reached the rate limit. Please try again later."
        return self._error("error_rate_limit", text, 429)

    def failing(self, status: int) -> Answer:
        return self._error("error_server", "Something wrong. Please try later.", status)

    def _error(self, error: str, message: str, status: int) -> Answer:
        return Answer(status, {"error": error, "message": message, "request_id": self._gate.request_id()})

    # Products

    def _item_list(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        offset, size = integer(call.first("offset")), integer(call.first("page_size"))
        statuses = call.all("item_status")
        if offset is None or offset < 0 or size is None or not 1 <= size <= MAX_PAGE:
            raise _wrong("offset or page_size")
        if not statuses or any(status not in ITEM_STATUSES for status in statuses):
            raise Refused("product.error_param_item_status", "Item status error.")
        begin, end = (integer(call.first(name)) for name in ("update_time_from", "update_time_to"))
        if begin is not None and end is not None and end < begin:
            text = "Update_time_to should be later than update_time_from."
            raise Refused("product.error_update_time_range", text)
        found = self._found(reads, statuses)
        if begin is not None or end is not None:
            low, high = begin or 0, end if end is not None else 1 << 62
            found = [name for name in found if low <= views.update_time(reads.items[name]) <= high]
        shown = page(found, offset, size)
        more = offset + size < len(found)
        paging: Body = {"next_offset": offset + size} if more else {}
        rows = [views.item_row(name, reads.items[name]) for name in shown]
        return _wrap({"item": rows, "total_count": len(found), "has_next_page": more, **paging, "next": ""})

    def _found(self, reads: ShopeeShop, statuses: list[str]) -> list[str]:
        """Ids by status; kept until the set of listings changes, so that a long walk stays cheap."""
        if reads is not self.shop or self._lists[0] != reads.revision:
            self._lists = (reads.revision if reads is self.shop else -1, {})
        kept = self._lists[1]
        wanted = tuple(sorted(set(statuses)))
        if wanted not in kept:
            kept[wanted] = [name for name, models in reads.items.items() if views.item_status(models) in wanted]
        return kept[wanted]

    def _ids(self, call: Call, name: str = "item_id_list") -> list[str]:
        found = call.all(name)
        if not found or len(found) > MAX_IDS:
            raise _wrong(f"{name} must hold 1 to {MAX_IDS} ids")
        if any(integer(text) is None for text in found):
            raise _wrong(f"{name} must hold numbers")
        return unique(found)

    def _base_info(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        wanted = self._ids(call)
        known = [name for name in wanted if name in reads.items]
        unknown = [name for name in wanted if name not in reads.items]
        warning = f"item not found: {','.join(unknown)}" if unknown else ""
        return {**_wrap({"item_list": [views.base_info(reads, name, now) for name in known]}), "warning": warning}

    def _models(self, text: str | None, reads: ShopeeShop) -> dict[str, ShopeeListing]:
        if integer(text) is None:
            raise Refused("product.error_param", "invalid field ItemId: value must  Not Null")
        models = reads.items.get(str(text))
        if models is None:
            raise Refused("product.error_item_not_found", "Product not found")
        return models

    def _model_list(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        return {**_wrap(views.model_list(reads, self._models(call.first("item_id"), reads), now)), "warning": ""}

    def _promotions(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        done: list[Body] = []
        failed: list[Body] = []
        for name in self._ids(call):
            if name in reads.items:
                done.append({"item_id": int(name), "promotion": views.promotions(reads, name, now)})
            else:
                failed.append({"item_id": int(name), "failed_reason": "Product not found"})
        return _wrap({"success_list": done, "failure_list": failed})

    def _search(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        size, offset = integer(call.first("page_size")), integer(call.first("offset") or "0")
        sku, name = call.first("item_sku"), call.first("item_name")
        if size is None or not 1 <= size <= MAX_PAGE or offset is None or offset < 0:
            raise Refused("product.error_param", "invalid field PageSize: value must  Not Null")
        if sku is None and name is None:
            raise Refused("product.error_param", "request must set one of [item_name,attribute_status]")
        found = [item for item, models in reads.items.items() if views.matches(models, sku, name)]
        more = offset + size < len(found)
        ids = [int(item) for item in page(found, offset, size)]
        follow = str(offset + size) if more else ""
        return _wrap({"item_id_list": ids, "total_count": len(found), "next_offset": follow})

    def _update_stock(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        body = json_body(call)
        item_id = body.get("item_id")
        if not isinstance(item_id, int) or isinstance(item_id, bool):
            raise Refused("product.error_param", "invalid field ItemId: value must  Not Null")
        wanted = self._wanted(body.get("stock_list"))
        result = self.shop.write(now, str(item_id), wanted, call.path)
        if isinstance(result, StockRefusal):
            raise Refused(result.error, result.message)
        done, failed = result
        answer = {**_wrap(views.stock_result(self.shop, done, failed)), "warning": ""}
        if not done and any(failure.model_id is None for failure in failed):
            text = "Update stock failed, please check failure_list for detailed reason"
            answer = {**answer, "error": "product.error_busi_update_stock_failed", "message": text}
        elif not done and any(failure.reason == KIT_REFUSED for failure in failed):
            answer = {**answer, "error": "product.error_busi", "message": KIT_REFUSED}
        return answer

    def _wanted(self, entries: object) -> dict[str, dict[str, int]]:
        """Model ("" for none) -> location -> units; the shop's only location where the call may not name it."""
        if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_IDS:
            raise _wrong(f"stock_list must hold 1 to {MAX_IDS} models")
        wanted: dict[str, dict[str, int]] = {}
        for entry in entries:
            model = entry.get("model_id", 0) if isinstance(entry, dict) else None
            if not isinstance(model, int) or isinstance(model, bool):
                raise Refused("product.error_param", "Wrong model_id.")
            name = str(model) if model else ""
            if name in wanted:
                raise Refused("product.error_param", "Repeat model_id.")
            wanted[name] = self._places(entry.get("seller_stock"))
        return wanted

    def _places(self, entries: object) -> dict[str, int]:
        if not isinstance(entries, list) or not entries:
            raise _wrong("seller_stock")
        places: dict[str, int] = {}
        for entry in entries:
            units = entry.get("stock") if isinstance(entry, dict) else None
            if not isinstance(units, int) or isinstance(units, bool) or units < 0:
                raise Refused("product.error_param", "Invalid parameter for product.")
            places[str(entry.get("location_id") or "")] = units
        if not self.shop.many_warehouses:
            if list(places) != [""]:
                text = "You do not have right to use seller location_id, please only fill seller_stock filed."
                raise Refused("product.error_auth", text)
            return {self.shop.locations[0]: places[""]}
        if "" in places:
            text = "The merchant/shop has multi warehouse, please input location id"
            raise Refused("product.error_busi", text)
        if set(places) != set(self.shop.locations):
            raise Refused("product.error_auth", "Lack of location_id, please double check.")
        return places

    # Orders

    def _order_list(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        which = call.first("time_range_field")
        begin, end, size = (integer(call.first(name)) for name in ("time_from", "time_to", "page_size"))
        cursor = integer(call.first("cursor") or "0")
        if which not in ("create_time", "update_time") or begin is None or end is None:
            raise _wrong("time_range_field, time_from and time_to are needed", "order")
        if size is None or not 1 <= size <= MAX_PAGE or cursor is None or cursor < 0:
            raise _wrong("page_size or cursor", "order")
        if not begin <= end <= begin + MAX_ORDER_SPAN:
            text = "Start time must be earlier than end time and diff in 15days."
            raise Refused("order.order_list_invalid_time", text)
        wanted = call.first("order_status")
        if wanted and wanted not in ORDER_FILTERS:
            raise _wrong("order_status", "order")
        timed: list[tuple[int, str]] = []
        for order in reads.orders.values():
            when = int((order.created_at if which == "create_time" else order.updated_at).timestamp())
            if begin <= when <= end and (not wanted or views.order_status(order, now) == wanted):
                timed.append((when, order.order_id))
        found = [order_id for _, order_id in sorted(timed, reverse=True)]
        more = cursor + size < len(found)
        told = "order_status" in call.all("response_optional_fields")
        rows: list[Body] = []
        for order_id in page(found, cursor, size):
            status: Body = {"order_status": views.order_status(reads.orders[order_id], now)} if told else {}
            rows.append({"order_sn": order_id, **status})
        return _wrap({"more": more, "next_cursor": str(cursor + size) if more else "", "order_list": rows})

    def _order_detail(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        wanted = unique(call.all("order_sn_list"))
        if not 1 <= len(wanted) <= MAX_IDS:
            raise _wrong(f"order_sn_list must hold 1 to {MAX_IDS} orders", "order")
        known = [reads.orders[name] for name in wanted if name in reads.orders]
        if not known:
            raise Refused("error_not_found", "Wrong parameters, detail: the order is not found.")
        asked = set(call.all("response_optional_fields"))
        unknown = [name for name in wanted if name not in reads.orders]
        rows = [views.order_detail(reads, order, asked, now) for order in known]
        return {**_wrap({"order_list": rows}), **({"warning": unknown} if unknown else {})}

    # The shop

    def _shop_info(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        return views.shop_info(reads, now)

    def _holiday(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        return _wrap({"holiday_mode_on": reads.holiday, "holiday_mode_mtime": 0})

    def _warehouses(self, call: Call, now: datetime, reads: ShopeeShop) -> Body:
        if not reads.many_warehouses:
            text = "Your shop is not in multi-warehouse whitelist."
            raise Refused("warehouse.error_not_in_whitelist", text)
        return {"response": views.warehouses(reads)}


def _wrap(response: Body) -> Body:
    return {"response": response}


def shopee_face(shop: ShopeeShop, number: int, now: datetime, given: Credentials) -> ShopeeFace:
    """Serves `shop`; what `given` leaves out of its credentials is made up."""
    access, refresh = str(given.get("access_token", "")), str(given.get("refresh_token", ""))
    keys = ShopeeKeys(
        int(given.get("partner_id", 1_000_000 + number)),
        str(given.get("partner_key") or secrets.token_hex(32)),
        int(given.get("shop_id", 2_000_000 + number)),
    )
    return ShopeeFace(shop, Tokens(SHOPEE_LIFE, now, access=access, refresh=refresh), keys)
