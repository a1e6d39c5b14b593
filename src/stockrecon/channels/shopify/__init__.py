"""Shopify, Admin GraphQL API: reads variants, levels and orders of one shop, and sets its available stock."""

from stockrecon.channels.shopify.channel import AuthorisedShopifyChannel, ShopifyChannel, channel_of

__all__ = ["AuthorisedShopifyChannel", "ShopifyChannel", "channel_of"]
