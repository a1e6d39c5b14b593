"""TikTok Shop, and Tokopedia with it: signing, calls, products, orders, writes, errors (reference: TikTok Shop)."""

from stockrecon.channels.tiktok_shop.channel import TikTokShopChannel

__all__ = ["TikTokShopChannel"]
