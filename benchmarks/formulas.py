"""The calls of one full pull: what the reference counts, and what each channel's page tells beside that.

Every call that a sandbox counted is of one part; `counted` sorts them, so that parts are compared one by one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from fnmatch import fnmatchcase

from benchmarks.shapes import Shape

BULK_ABOVE = 5_000
"""Variants above which a catalogue is read by a bulk operation (reference: Shopify 1.6)."""
_OFFSETS = 10_050
"""Items that Lazada's paging reaches (reference: Lazada 9)."""
_SEARCH = 10_000
"""Products that one search of TikTok Shop's gives (reference: TikTok Shop 2.5)."""
_DIVIDED = 12
"""Pages from which on TikTok Shop's list is divided: then its first page is read for nothing. That generated products
are made at an even pace makes it that one; elsewhere it is a few more (docs/channels/tiktok-shop.md)."""
PIECE = 8 * 1024 * 1024
"""Bytes of a bulk operation's file that are fetched at once (docs/channels/shopify.md)."""
_SHORTEST, _SHARE = 1.0, 0.05
"""A bulk operation is looked at each second, and less often the longer it takes (docs/channels/shopify.md)."""
_GRAPHQL = "/admin/api/*/graphql.json#"

PARTS: Mapping[str, Mapping[str, str]] = {
    "shopee": {
        "/api/v2/product/get_item_list": "list",
        "/api/v2/product/get_item_base_info": "base",
        "/api/v2/product/get_model_list": "models",
        "/api/v2/product/get_item_promotion": "promotions",
        "/api/v2/shop/*": "shop",
        "/api/v2/order/get_order_list": "orders",
        "/api/v2/order/get_order_detail": "details",
    },
    "lazada": {
        "/products/get": "products",
        "/seller/get": "seller",
        "/orders/get": "orders",
        "/orders/items/get": "units",
    },
    "tiktok-shop": {
        "/product/*/products/search": "products",
        "/product/*/inventory/search": "inventory",
        "/authorization/*/shops": "shops",
        "/logistics/*/warehouses": "warehouses",
        "/fbt/*/warehouses": "warehouses",
        "/promotion/*/activities/search": "promotions",
        "/order/*/orders/search": "orders",
    },
    "shopify": {
        f"{_GRAPHQL}shop": "shop",
        f"{_GRAPHQL}locations": "locations",
        f"{_GRAPHQL}productVariantsCount": "count",
        f"{_GRAPHQL}productVariants": "variants",
        f"{_GRAPHQL}bulkOperationRunQuery": "start",
        f"{_GRAPHQL}bulkOperation": "polls",
        "/*.jsonl": "file",
        f"{_GRAPHQL}orders": "orders",
    },
    "woocommerce": {
        "/wp-json": "site",
        "/wp-json/wc/v3/settings/*": "settings",
        "/wp-json/wc/v3/products": "products",
        "/wp-json/wc/v3/variations": "variations",
        "/wp-json/wc/v3/products/*/variations": "variations",
        "/wp-json/wc/v3/orders": "orders",
    },
}
"""Vendor path, as the sandbox counts it, to the part of the formula. A path of none of them is a part by itself."""


def counted(channel: str, served: Mapping[str, int]) -> dict[str, int]:
    """What a sandbox served, by part."""
    parts: Counter[str] = Counter()
    for path, times in served.items():
        parts[next((part for pattern, part in PARTS[channel].items() if fnmatchcase(path, pattern)), path)] += times
    return dict(parts)


def reference(shape: Shape, *, seconds: float = 0, size: int = 0, bulk_above: int = BULK_ABOVE) -> dict[str, int]:
    """What the reference counts. `seconds`: how long a bulk operation took; `size`: the bytes of its file."""
    orders = _pages(shape.orders, 100)
    if shape.channel == "shopee":
        return {
            "list": _pages(shape.items, 100),
            "base": _pages(shape.items, 50),
            "models": shape.varied,
            "promotions": math.ceil(shape.campaigns / 50),
            "shop": 3,
            "orders": orders,
            "details": math.ceil(shape.orders / 50),
        }
    if shape.channel == "lazada":
        return {
            "products": _pages(shape.items, 50),
            "orders": orders + 1,  # and one for the unpaid ones
            "units": math.ceil(shape.orders / 50),
        }
    if shape.channel == "tiktok-shop":
        return {
            "products": _pages(shape.items, 100),
            "inventory": math.ceil(shape.listings / 600),
            "shops": 1,
            "orders": orders,
        }
    if shape.channel == "shopify":
        return {
            **(_bulk(seconds, size) if shape.listings > bulk_above else {"variants": _pages(shape.listings, 250)}),
            "locations": _pages(shape.places, 250),
            "orders": _pages(shape.orders, 250),
        }
    return {"products": _pages(shape.items, 100), "variations": _variations(shape), "orders": orders}


def beside(shape: Shape) -> dict[str, int]:
    """What the channel's page tells beyond that; below 0 what it does without."""
    if shape.channel == "shopee":
        # Warehouses are asked for before the first write alone; several pages of orders are read twice, then a look.
        return {"shop": -1, "orders": 1 + _pages(shape.orders, 100) if shape.orders >= 100 else 0}
    if shape.channel == "lazada":
        return {"seller": 1, "orders": _overlap(shape.orders)}
    if shape.channel == "tiktok-shop":
        return {
            "products": 1 if _pages(shape.items, 100) >= _DIVIDED else 0,
            "warehouses": 2,
            "promotions": 2 if shape.campaigns else 0,
            "orders": 1 + _overlap(shape.orders),
        }
    if shape.channel == "shopify":
        return {"shop": 2, "count": 1}
    return {"site": 1, "settings": 1, "variations": 0 if _lists_all(shape) and shape.varied else 1, "orders": 2}


def expected(shape: Shape, *, seconds: float = 0, size: int = 0, bulk_above: int = BULK_ABOVE) -> dict[str, int]:
    """Both together, by part; parts without a call are left out."""
    parts = Counter(reference(shape, seconds=seconds, size=size, bulk_above=bulk_above))
    parts.update(beside(shape))
    return {part: calls for part, calls in parts.items() if calls}


def windows(shape: Shape) -> bool:
    """Whether the shop is too large for one list, so that how it is divided decides how many calls there are."""
    most = {"lazada": _OFFSETS, "tiktok-shop": _SEARCH}.get(shape.channel)
    return most is not None and shape.items > most


def _pages(rows: int, size: int) -> int:
    """An empty list is asked for too."""
    return max(1, math.ceil(rows / size))


def _overlap(orders: int) -> int:
    """A page of orders begins with the newest change of the one before it, so that none slips by: 99 are new."""
    return 0 if orders <= 100 else 1 + math.ceil((orders - 100) / 99) - math.ceil(orders / 100)


def _bulk(seconds: float, size: int) -> dict[str, int]:
    polls, waited = 1, 0.0
    while waited < seconds:
        waited += max(_SHORTEST, _SHARE * waited)
        polls += 1
    return {"start": 1, "polls": polls, "file": max(1, math.ceil(size / PIECE))}


def _variations(shape: Shape) -> int:
    """One list of all from WooCommerce 10.3 on; before, one of each product that has any (reference: 3.5)."""
    if _lists_all(shape):
        return math.ceil(shape.varied * shape.variations / 100)
    return shape.varied * math.ceil(shape.variations / 100)


def _lists_all(shape: Shape) -> bool:
    """Where it does not, one call more finds that out."""
    return tuple(int(part) for part in shape.options.get("version", "11.0").split(".")[:2]) >= (10, 3)
