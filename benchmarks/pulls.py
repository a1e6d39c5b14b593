"""Time and memory of a full pull of 50,000 listings, against its calls / rate.

The rate is set so that loopback and the sandbox, which share this machine's cores with the client, are not what is
measured. A second run has every answer late, as from afar: what waits for answers one by one shows there.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.pulling import Pull, pull
from benchmarks.shapes import Shape
from benchmarks.table import Row, times

RATES = {"shopee": 40.0, "lazada": 10.0, "tiktok-shop": 20.0, "woocommerce": 20.0}
"""Requests a second: the client's own, but for Shopee, Lazada and WooCommerce (5, 1 and 5), where these shops would
take up to a quarter of an hour each."""


def rows(listings: int, delay: float) -> Iterator[Row]:
    """Each channel, with answers at once and late by `delay` seconds."""
    for late in (0.0, delay):
        for shape in _shapes(listings):
            if shape.channel == "shopify":
                yield _operation(pull(shape, 0, delay=late), late)
            else:
                rate = RATES[shape.channel]
                yield _timed(pull(shape, rate, limited=not late, delay=late), rate, late)


def _shapes(listings: int) -> Iterator[Shape]:
    """So many listings each; what makes most of them variations is what the channel's sellers do."""
    # On Shopee an item with variations is a call of its own, and calls are what is timed: none has any here.
    yield Shape("shopee", listings)
    yield Shape("lazada", listings // 5, listings // 5, 5)
    yield Shape("tiktok-shop", listings // 5, listings // 5, 5)
    yield Shape("woocommerce", listings // 2, listings // 4, 3)
    yield Shape("shopify", listings // 5, listings // 5, 5)


def _timed(done: Pull, rate: float, late: float) -> Row:
    floor = done.told / rate
    beside = f"{done.told:,} requests at {rate:g}/s are {floor:.1f} s: {times(done.cost.wall / floor)}"
    if not done.equal:
        beside += f"; not as counted: {done.strays}"
    return Row.of(_name(done, late), done.cost, beside, "<= 1.10 x calls / rate")


def _operation(done: Pull, late: float) -> Row:
    beside = f"{done.told:,} requests; the operation itself {done.operation:.1f} s: "
    beside += times(done.cost.wall / done.operation) if done.operation else "none"
    return Row.of(_name(done, late), done.cost, beside, "<= 1.10 x the operation")


def _name(done: Pull, late: float) -> str:
    told = f"full pull of {done.shape.listings:,} listings, {done.shape}"
    return f"{told}, answers late by {late * 1000:g} ms" if late else told
