"""Lazada: signing, calls, products, orders, stock writes, errors (reference: Lazada)."""

from stockrecon.channels.lazada.channel import LazadaChannel

__all__ = ["LazadaChannel"]
