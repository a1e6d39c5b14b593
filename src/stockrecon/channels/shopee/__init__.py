"""Shopee, Open Platform API v2: reads listings, campaigns and orders of one shop, and writes its stock."""

from stockrecon.channels.shopee.channel import ShopeeChannel

__all__ = ["ShopeeChannel"]
