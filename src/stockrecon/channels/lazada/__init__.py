"""Lazada: signing, calls, products, orders, errors (reference: Lazada)."""

from stockrecon.channels.lazada.channel import LazadaChannel

__all__ = ["LazadaChannel"]
