"""What an order management system sends to each marketplace to set a number, and how it is refused.

The number is everything that buyers can take. It goes into the market as the vendor's own call would put it there, with
that call's rules; the vendor's path is what the log of effects names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from stockrecon.sandbox.lazada.listing import How, SkuRefusal
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Key
from stockrecon.sandbox.shopee.market import ShopeeShop, StockRefusal
from stockrecon.sandbox.shopify import adjusting, gids
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.writes import Fault
from stockrecon.sandbox.woocommerce.market import WooShop


def send(shop: Shop, now: datetime, key: Key, number: int) -> str:
    """Set a listing to `number`; empty where it was taken, else the vendor's words. Raises KeyError for a channel that
    is not imitated here.
    """
    return _SENDERS[shop.channel](shop, now, key, number)


def _shopee(shop: ShopeeShop, now: datetime, key: Key, number: int) -> str:
    result = shop.write(now, key[0], {key[1]: {shop.locations[0]: number}}, "/api/v2/product/update_stock")
    if isinstance(result, StockRefusal):
        return f"{result.error}: {result.message}"
    return result[1][0].reason if result[1] else ""


def _lazada(shop: LazadaShop, now: datetime, key: Key, number: int) -> str:
    path = "/product/stock/sellable/update"
    refusal = shop.write(now, key[1], key[0], How.SELLABLE, {"": number}, path)
    return f"E501: {refusal.message}" if isinstance(refusal, SkuRefusal) else ""


def _tiktok(shop: TiktokShop, now: datetime, key: Key, number: int) -> str:
    path = f"/product/202309/products/{key[0]}/inventory/update"
    refused = shop.write(now, key[0], {key[1]: {"": number}}, path)
    if isinstance(refused, Fault):
        return f"{refused.code}: {refused.message}"
    return f"{refused[0].fault.code}: {refused[0].fault.message}" if refused else ""


def _shopify(shop: ShopifyShop, now: datetime, key: Key, number: int) -> str:
    """At the first location that has it, without a number to compare with: whoever ordered meanwhile is overwritten."""
    listing = shop.variants[key[1]]
    item, location = gids.gid("InventoryItem", listing.item_number), gids.gid("Location", next(iter(listing.levels)))
    ask = adjusting.Ask("quantities", "available", "correction", None, [adjusting.Row(item, location, number)])
    path = "/admin/api/2026-10/graphql.json#inventorySetQuantities"
    errors = adjusting.set_quantities(shop, ask, now, path).errors
    return f"{errors[0].code}: {errors[0].message}" if errors else ""


def _woocommerce(shop: WooShop, now: datetime, key: Key, number: int) -> str:
    """WooCommerce refuses no number; what checkouts hold is part of it."""
    path = f"/wp-json/wc/v3/products/{key[0]}{f'/variations/{key[1]}' if key[1] else ''}"
    shop.write(now, key, {"stock_quantity": number}, path)
    return ""


_SENDERS: Mapping[str, Callable[[Any, datetime, Key, int], str]] = MappingProxyType(
    {
        "shopee": _shopee,
        "lazada": _lazada,
        "tiktok-shop": _tiktok,
        "shopify": _shopify,
        "woocommerce": _woocommerce,
    }
)
