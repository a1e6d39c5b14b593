"""WooCommerce on loopback, written from its reference pages: how its stock moves, who may call, how it answers."""
