"""Lazada's face: HTTP 200 whatever happens, the truth in `code` and sometimes in `detail` (reference: Lazada 8)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.lazada import telling, views
from stockrecon.sandbox.lazada.asked import bounds_of, date_of, inside, names_in, paging
from stockrecon.sandbox.lazada.gate import Gate, LazadaKeys, Params, Refused, gather
from stockrecon.sandbox.lazada.listing import How, SkuRefusal
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.lazada.payload import MAX_SKUS, PayloadFault, SkuWrite, parse
from stockrecon.sandbox.push import Hook, Notice
from stockrecon.sandbox.records import Event, MarketOrder
from stockrecon.sandbox.tokens import LAZADA_LIFE, Tokens
from stockrecon.sandbox.wire import Answer, Body, Call, integer

MAX_PRODUCTS, MAX_PRODUCT_OFFSET, DEFAULT_PRODUCTS = 50, 10_000, 20
MAX_ORDERS, MAX_ORDER_OFFSET = 100, 5_000
MAX_ORDER_IDS = 50


@dataclass(frozen=True, slots=True)
class _WriteKind:
    how: How
    field: str
    too_many: tuple[str, str]


_WRITES = {
    "/product/stock/sellable/update": _WriteKind(
        How.SELLABLE, "SellableQuantity", ("204", "E204: Too many SKU in one request")
    ),
    "/product/stock/sellable/adjust": _WriteKind(
        How.ADJUST, "SellableQuantity", ("204", "E204: Too many SKU in one request")
    ),
    "/product/price_quantity/update": _WriteKind(
        How.TOTAL,
        "Quantity",
        (
            "4171",
            "The updated SKU quantity exceeds the maximum number 50, please do not update more than 50 SKUs at once",
        ),
    ),
}


class LazadaFace(Face[LazadaShop]):
    prefixes = ("/rest", "")
    """`/rest` is not part of the signed path."""
    totals = frozenset({"total_products", "countTotal"})
    wrappers = frozenset({"data"})
    secrets = frozenset({"app_secret", "access_token", "refresh_token"})
    push_rules = telling.RULES
    tokens: Tokens

    def __init__(self, shop: LazadaShop, tokens: Tokens, keys: LazadaKeys) -> None:
        self.shop, self.tokens, self.keys = shop, tokens, keys
        self._gate = Gate(tokens, keys, shop.region)
        self._count = 0
        self._lists: tuple[int, dict[str, list[str]]] = (-1, {})
        self._public: dict[str, Callable[[Params, datetime], Body]] = {
            "/auth/token/create": self._gate.token_create,
            "/auth/token/refresh": self._gate.token_refresh,
        }
        self._private: dict[str, Callable[[Params, datetime, LazadaShop], Body]] = {
            "/products/get": self._products,
            "/product/item/get": self._product,
            "/orders/get": self._orders,
            "/order/get": self._order,
            "/order/items/get": self._order_items,
            "/orders/items/get": self._orders_items,
            "/seller/get": self._seller,
            "/seller/warehouse/get": self._sellers_warehouses,
            "/rc/warehouse/get": self._warehouses,
        }

    def knows(self, call: Call) -> bool:
        return call.path in self._public or call.path in self._private or call.path in _WRITES

    def answer(self, call: Call, now: datetime, reads: LazadaShop) -> Answer:
        """What Lazada would answer; the caller has settled the shop to `now`."""
        params = gather(call)
        if call.path == "/oauth/authorize":
            consent = self._gate.consent(params, now)
            return consent or self._error(Refused("MissingParameter", "client_id or redirect_uri is wrong"))
        try:
            body = self._answer(call, params, now, reads)
        except Refused as refused:
            return self._error(refused)
        return Answer(200, {"code": "0", **body, "request_id": self._request_id()})

    def _answer(self, call: Call, params: Params, now: datetime, reads: LazadaShop) -> Body:
        if not self.knows(call):
            raise Refused("InvalidApiPath", "The specified API path is invalid")
        self._gate.signed(call.path, params, now)
        if call.path in self._public:
            return self._public[call.path](params, now)
        self._gate.authorised(params, now)
        if call.path in _WRITES:
            if call.method != "POST":
                raise Refused("UnsupportedHTTPMethod", "The specified HTTP method is not supported")
            return self._write(call.path, params, now)
        return self._private[call.path](params, now, reads)

    def credentials(self) -> Credentials:
        return {
            "app_key": self.keys.app_key,
            "app_secret": self.keys.app_secret,
            "access_token": self.tokens.access,
            "refresh_token": self.tokens.refresh,
        }

    def notices(self, event: Event, hook: Hook, now: datetime) -> Iterable[Notice]:
        return telling.notices(self.shop, self.keys, event)

    def throttled(self) -> Answer:
        text = "Api access frequency exceeds the limit. this ban will last 1 seconds"
        return self._error(Refused("ApiCallLimit", text))

    def failing(self, status: int) -> Answer:
        answer = self._error(Refused("ServiceTimeout", "the remote service is not available", "SYSTEM"))
        return Answer(status, answer.body)

    def _error(self, refused: Refused) -> Answer:
        body: Body = {"code": refused.code, "type": refused.kind, "message": refused.message}
        detail: Body = {"detail": refused.detail} if refused.detail else {}
        return Answer(200, {**body, **detail, "request_id": self._request_id()})

    def _request_id(self) -> str:
        self._count += 1
        return f"{self._count:032x}"

    # Products

    def _products(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        offset, limit = paging(params, DEFAULT_PRODUCTS, MAX_PRODUCTS, MAX_PRODUCT_OFFSET)
        found = self._filtered(reads, params.get("filter", "all"))
        if "sku_seller_list" in params:
            names = names_in(params["sku_seller_list"])
            found = [item for item in found if any(sku.seller_sku in names for sku in reads.items[item])]
        for name, after in (
            ("create_after", True),
            ("create_before", False),
            ("update_after", True),
            ("update_before", False),
        ):
            if name in params:
                bound = date_of(params[name])
                found = [item for item in found if (reads.items[item][0].created_at >= bound) is after]
        shown = [views.product(reads, item, now) for item in found[offset : offset + limit]]
        return {"data": {"total_products": len(found), "products": shown}}

    def _filtered(self, reads: LazadaShop, wanted: str) -> list[str]:
        """Item ids by filter; kept until the set of listings changes, so that a long walk stays cheap."""
        if wanted not in views.FILTERS:
            raise Refused("36", "E036: Invalid status filter")
        if wanted == "sold-out":
            return [item for item in reads.items if views.sold_out(reads, item)]
        if reads is not self.shop or self._lists[0] != reads.revision:
            self._lists = (reads.revision if reads is self.shop else -1, {})
        kept = self._lists[1]
        if wanted not in kept:
            kept[wanted] = [item for item, skus in reads.items.items() if views.matches(skus, wanted)]
        return kept[wanted]

    def _product(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        item = params.get("item_id", "")
        if item not in reads.items:
            raise Refused("208", "E208: Item not exist", "ISP")
        return {"data": views.product(reads, item, now)}

    # Writing

    def _write(self, path: str, params: Params, now: datetime) -> Body:
        """Good SKUs of a mixed batch take effect; whether Lazada does so is undocumented (reference: Lazada 4.3)."""
        kind = _WRITES[path]
        try:
            writes = parse(params.get("payload", ""), kind.field)
        except PayloadFault as fault:
            raise Refused(fault.code, fault.message, "ISP") from fault
        if len(writes) > MAX_SKUS:
            raise Refused(*kind.too_many, "ISP")
        failures = [(write, refusal) for write in writes if (refusal := self._write_one(write, kind, now, path))]
        detail = [_detail(write, refusal) for write, refusal in failures]
        loud = [refusal for _, refusal in failures if not refusal.quiet]
        if not loud:
            return {"data": {}, **({"detail": detail} if detail else {})}
        code = loud[0].code
        message = "E501: Update product failed" if code == "501" else loud[0].message
        raise Refused(code, message, "ISP", detail)

    def _write_one(self, write: SkuWrite, kind: _WriteKind, now: datetime, path: str) -> SkuRefusal | None:
        if not write.sku_id:
            return SkuRefusal("501", "SellerSku parameter is no longer supported, please use SkuId", "SkuId")
        if not write.numbers:
            return None
        return self.shop.write(now, write.sku_id, write.item_id, kind.how, write.numbers, path)

    # Orders

    def _orders(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        if "created_after" not in params and "update_after" not in params:
            text = "the input parameter “created_after” that is mandatory for processing this request is not supplied"
            raise Refused("MissingParameter", text)
        offset, limit = paging(params, MAX_ORDERS, MAX_ORDERS, MAX_ORDER_OFFSET)
        by, way = params.get("sort_by", "created_at"), params.get("sort_direction", "DESC")
        if by not in ("created_at", "updated_at"):
            raise Refused("75", "E075: Invalid sort filter.")
        if way not in ("ASC", "DESC"):
            raise Refused("74", "E074: Invalid sort direction.")
        status = params.get("status", "all")
        if status not in views.ORDER_FILTERS:
            raise Refused("36", "E036: Invalid status filter")
        bounds = bounds_of(params)
        found = [order for order in reads.orders.values() if inside(order, bounds)]
        found = [
            order for order in found if status == "all" or views.order_status(order, now) in views.ORDER_FILTERS[status]
        ]
        found.sort(key=lambda order: (getattr(order, by), order.order_id), reverse=way == "DESC")
        rows = [views.order_row(reads, order, now) for order in found[offset : offset + limit]]
        return {"data": {"count": len(rows), "countTotal": len(found), "orders": rows}}

    def _known(self, params: Params, reads: LazadaShop) -> MarketOrder:
        order = reads.orders.get(params.get("order_id", ""))
        if order is None:
            raise Refused("16", f'E016: "{params.get("order_id", "")}" Invalid Order ID', "ISP")
        return order

    def _order(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        return {"data": views.order_row(reads, self._known(params, reads), now)}

    def _order_items(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        return {"data": views.order_items(reads, self._known(params, reads), now)}

    def _orders_items(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        text = params.get("order_ids", "").strip()
        if not (text.startswith("[") and text.endswith("]")):
            raise Refused("56", "E056: Invalid OrdersIdList format. Must use array format [1,2]")
        wanted = [part for part in (raw.strip().strip("\"'") for raw in text[1:-1].split(",")) if part]
        if not wanted:
            raise Refused("39", "E039: No orders were found", "ISP")
        if len(wanted) > MAX_ORDER_IDS:
            raise Refused("38", "E038: Too many orders were requested")
        if any(name not in reads.orders for name in wanted):
            raise Refused("37", "E037: One or more order id in the list are incorrect", "ISP")
        return {"data": [views.order_with_items(reads, reads.orders[name], now) for name in dict.fromkeys(wanted)]}

    # The seller

    def _seller(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        name: Body = {"name": reads.name, "name_company": reads.name, "seller_id": self.keys.seller_id}
        return {
            "data": {
                **name,
                "short_code": f"{reads.region}SANDBOX",
                "status": "ACTIVE",
                "verified": "true",
                "cb": "false",
            }
        }

    def _warehouses(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        return _told(views.warehouses(reads))

    def _sellers_warehouses(self, params: Params, now: datetime, reads: LazadaShop) -> Body:
        """Without its `addressTypes` the answer may be wrong: then it is the default one alone (our choice)."""
        asked = params.get("addressTypes", "").replace(" ", "") == '["warehouse"]'
        return _told(views.warehouses(reads)[: None if asked else 1])


def _told(module: list[Body]) -> Body:
    return {"result": {"success": True, "module": module, "error_code": {}}}


def _detail(write: SkuWrite, refusal: SkuRefusal) -> Body:
    code = "E0501" if refusal.code in ("0", "501") else refusal.code
    row: Body = {"code": code, "field": refusal.field, "message": refusal.message}
    if write.item_id and integer(write.item_id) is not None:
        row["item_id"] = int(write.item_id)
    return {**row, **({"seller_sku": write.seller_sku} if write.seller_sku else {}), "sku_id": write.sku_id}


def lazada_face(shop: LazadaShop, number: int, now: datetime, given: Credentials) -> LazadaFace:
    """Serves `shop`; what `given` leaves out of its credentials is made up."""
    access, refresh = str(given.get("access_token", "")), str(given.get("refresh_token", ""))
    keys = LazadaKeys(
        str(given.get("app_key") or 100_000 + number),
        str(given.get("app_secret") or secrets.token_hex(16)),
        str(3_000_000 + number),
    )
    return LazadaFace(shop, Tokens(LAZADA_LIFE, now, access=access, refresh=refresh), keys)
