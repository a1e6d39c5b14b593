"""What a Shopify has and says, in the vendor's own shapes (reference: Shopify 1.3 to 1.8)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stockrecon.core.model import ListingKey, ShopName
from stockrecon.rest import Answer

SHOP = ShopName("shopify-us")
MAIN, STORE = "gid://shopify/Location/1", "gid://shopify/Location/2"
NAMES = ("available", "committed", "reserved", "safety_stock")
Node = dict[str, Any]


def gid(kind: str, number: object) -> str:
    return f"gid://shopify/{kind}/{number}"


def key(number: int) -> ListingKey:
    """The listing of `variant(number, ...)`."""
    return ListingKey(SHOP, str(number * 10), str(number))


def location(number: int, name: str, **more: object) -> Node:
    common = {"isActive": True, "fulfillsOnlineOrders": True, "isFulfillmentService": False}
    return {"id": gid("Location", number), "name": name, **common, **more}


def variant(number: int, sku: str, units: int | Mapping[str, int], **more: Any) -> Node:
    """A variant of a product of its own; `units`: at the main location, or by location's global id."""
    levels = {MAIN: units} if isinstance(units, int) else dict(units)
    quantities = {place: dict.fromkeys(NAMES, 0) | {"available": there} for place, there in levels.items()}
    for place, others in more.pop("levels", {}).items():
        quantities[place] |= others
    item = {
        "__typename": "InventoryItem",
        "id": gid("InventoryItem", number * 100),
        "tracked": more.pop("tracked", True),
        "stock": quantities,
    }
    product = {"id": gid("Product", number * 10), "status": "ACTIVE", "publishedAt": "2026-01-01T00:00:00Z"}
    product |= more.pop("product", {})
    total = sum(levels.values())
    common = {"inventoryPolicy": "DENY", "requiresComponents": False, "sellableOnlineQuantity": total}
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", number),
        "sku": sku,
        "product": product,
        "inventoryItem": item,
        **common,
        **more,
    }


def line(number: int, quantity: int, left: int | None = None, unfulfilled: int | None = None, at: int = 0) -> Node:
    """A line that sells `variant(number, ...)`; number 0 sells nothing that is listed."""
    current = quantity if left is None else left
    sold = {"id": gid("ProductVariant", number), "product": {"id": gid("Product", number * 10)}} if number else None
    return {
        "id": gid("LineItem", at or number + 7000),
        "quantity": quantity,
        "currentQuantity": current,
        "unfulfilledQuantity": current if unfulfilled is None else unfulfilled,
        "variant": sold,
    }


def sends(place: str, *rows: tuple[Node, int, int], status: str = "OPEN") -> Node:
    """A fulfillment order at a location; each row: an order's line, units, and how many of them are still to be sent.
    `place` "": a location that was deleted."""
    made = [
        {
            "id": gid("FulfillmentOrderLineItem", number),
            "lineItem": of,
            "totalQuantity": units,
            "remainingQuantity": rest,
        }
        for number, (of, units, rest) in enumerate(rows, 1)
    ]
    where = {"location": {"id": place} if place else None}
    return {"id": gid("FulfillmentOrder", 1), "status": status, "assignedLocation": where, "place": place, "rows": made}


def order(number: int, *lines: Node, refunds: Sequence[Node] = (), **more: Any) -> Node:
    """Sent from the main location, unless `sends` tells its fulfillment orders."""
    main = [(each, each["currentQuantity"], each["unfulfilledQuantity"]) for each in lines]
    common = {
        "__typename": "Order",
        "name": f"#{number}",
        "createdAt": "2026-11-24T10:00:00Z",
        "updatedAt": "2026-11-24T11:00:00Z",
        "cancelledAt": None,
        "cancelReason": None,
        "confirmed": True,
        "unpaid": False,
        "displayFinancialStatus": "PAID",
        "lines": list(lines),
        "given_back": list(refunds),
        "sends": [sends(MAIN, *main)],
    }
    return {"id": gid("Order", number), **common, **more}


def refund(*rows: tuple[Node, int, str], at: str = "2026-11-24T10:30:00Z") -> Node:
    """Each row: an order's line, units, and what became of them."""
    made = [
        {"quantity": units, "restockType": kind, "restocked": kind != "NO_RESTOCK", "lineItem": of}
        for of, units, kind in rows
    ]
    return {"id": gid("Refund", 1), "createdAt": at, "rows": made}


def page(rows: Sequence[Node], first: int | None, after: str | None) -> Node:
    begin = int(after) if after else 0
    chosen = rows[begin : begin + (first or 10)]
    more = begin + len(chosen) < len(rows)
    return {
        "nodes": list(chosen),
        "edges": [{"node": each} for each in chosen],
        "pageInfo": {"hasNextPage": more, "endCursor": str(begin + len(chosen)) if more else None},
    }


def problem(code: str, message: str = "", **more: object) -> Node:
    return {"message": message or code, "extensions": {"code": code, **more}}


def errors(code: str, field: list[str] | None, message: str = "") -> Node:
    """The payload of a mutation that was refused."""
    told = {"code": code, "field": field, "message": message or code.lower()}
    return {"inventoryAdjustmentGroup": None, "userErrors": [told]}


def said(document: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, dict(headers), json.dumps(document).encode())


def set_answer(payload: object, **more: object) -> Answer:
    return said({"data": {"inventorySetQuantities": payload}, **more})
