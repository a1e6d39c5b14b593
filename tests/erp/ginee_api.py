"""Ginee's Open API: who may call, which path is what, and how an answer is wrapped (doc.ginee.com, Get Started)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from tests.erp.ginee import Ginee
from tests.erp.ginee_errors import Refused, empty, envelope, wrong
from tests.erp.ginee_orders import list_orders, order_items, orders_in_full
from tests.erp.ginee_stock import adjust, brief, inventories, inventory, move, paged, wms
from tests.erp.wire import Asked, Told

Doc = dict[str, Any]
COUNTRIES = frozenset({"ID", "CN", "PH", "VN", "TH", "MY"})


def answer(house: Ginee, asked: Asked) -> Told:
    try:
        _authenticate(house, asked)
        data = _called(house, asked)
        return Told(envelope("SUCCESS", "OK", data, house.identity("")))
    except Refused as refused:
        document = envelope(refused.code, refused.message, None, house.identity(""))
        return Told(document, 200 if house.quiet else refused.status)


def _authenticate(house: Ginee, asked: Asked) -> None:
    """`<access key>:<base64 of HMAC-SHA256 of METHOD$PATH$>`; neither query nor body is signed (Get Started)."""
    key, _, given = asked.headers.get("authorization", "").partition(":")
    secret = house.keys.get(key, "")
    signed = hmac.new(secret.encode(), f"{asked.method}${asked.path}$".encode(), hashlib.sha256).digest()
    if not secret or not hmac.compare_digest(base64.b64encode(signed).decode(), given):
        raise Refused("UNAUTHORIZED", "Access key or signature is invalid")
    if asked.headers.get("x-advai-country") not in COUNTRIES:
        raise empty("X-Advai-Country")
    if asked.path in house.denied:
        raise Refused("FORBIDDEN", "No permission to access this api")


def _called(house: Ginee, asked: Asked) -> Any:
    if asked.method == "GET" and asked.path == "/openapi/warehouse-inventory/v1/sku/get":
        return inventory(house, asked.query.get("id", ""))
    call = _CALLS.get(asked.path)
    if call is None or asked.method != "POST":
        raise Refused("NOT_FOUND", f"No such api: {asked.method} {asked.path}")
    if not asked.headers.get("content-type", "").startswith("application/json"):
        raise wrong("Content-Type should be application/json")
    return call(house, _body(asked))


def _body(asked: Asked) -> Doc:
    try:
        given = json.loads(asked.body or b"{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Refused("PARAMETER_ERROR", "Missing parameter or invalid field type")
    return given


def warehouses(house: Ginee, body: Doc) -> Doc:
    """`/openapi/warehouse/v1/search`: all, or those with a code, name, type or status."""
    asked = {"code": "warehouseCode", "name": "warehouseName", "type": "warehouseType", "status": "warehouseStatus"}
    found = [
        {name: value for name, value in one.items() if name != "shelves"}
        for one in house.warehouses.values()
        if all(body.get(name) in (None, "", one[field]) for field, name in asked.items())
    ]
    return paged(found, body, usual=20, most=100)


def shops(house: Ginee, body: Doc) -> Doc:
    return paged(list(house.shops.values()), body, usual=20, most=100)


_CALLS: dict[str, Callable[[Ginee, Doc], Any]] = {
    "/openapi/warehouse/v1/search": warehouses,
    "/openapi/shop/v1/list": shops,
    "/openapi/v3/oms/shop/list": shops,
    "/openapi/warehouse-inventory/v1/sku/list": inventories,
    "/openapi/product/variation/v1/inventory-brief-list": brief,
    "/openapi/fulfillment/inventory/v1/page": wms,
    "/openapi/warehouse-inventory/v1/product/stock/update": adjust,
    "/openapi/v1/oms/stock/spare-stock/update": lambda house, body: move(house, body, "spare"),
    "/openapi/v1/oms/stock/available-stock/update": lambda house, body: move(house, body, "warehouse"),
    "/openapi/order/v2/list-order": list_orders,
    "/openapi/v3/oms/order/list": list_orders,
    "/openapi/order/v1/batch-get": orders_in_full,
    "/openapi/v3/oms/order/item/batch-get": order_items,
}
