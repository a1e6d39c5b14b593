"""WooCommerce, REST API v3: reads products, variations and orders of one shop, and writes its stock."""

from stockrecon.channels.woocommerce.channel import WooCommerceChannel

__all__ = ["WooCommerceChannel"]
