"""Requests of one full pull against the call formula of each marketplace, for shops of several sizes and shapes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from benchmarks import formulas
from benchmarks.pulling import FAST, Pull, pull
from benchmarks.shapes import Shape
from benchmarks.table import Row, times


def rows(sizes: list[int], channels: Collection[str]) -> Iterator[Row]:
    """Every shape of every size on each of these channels, as fast as loopback goes."""
    for size in sizes:
        for channel in channels:
            for shape in _shapes(channel, size):
                yield _row(pull(shape, FAST))


def _shapes(channel: str, size: int) -> Iterator[Shape]:
    yield Shape(channel, size)
    # On Shopee, and on WooCommerce before 10.3, an item with variations costs a call of its own.
    yield Shape(channel, size, size // 10 if channel == "shopee" else size // 2, 3)
    if channel == "woocommerce":
        yield Shape(channel, size, size // 10, 3, options={"version": "10.2.3"})
    else:
        yield Shape(channel, size, places=3)


def _row(done: Pull) -> Row:
    requests, expected = sum(done.served.values()), sum(done.expected.values())
    beside = f"{requests:,} requests; reference {done.reference:,}, with the channel's own {expected:,}"
    if done.told != requests:
        beside += f"; the report names {done.told:,}"
    if formulas.windows(done.shape):
        beside += f": {times(requests / expected)}, read in windows of time ({done.strays})"
    else:
        beside += ": equal" if done.equal else f": NOT equal ({done.strays})"
    return Row.of(f"full pull, {done.shape}", done.cost, beside, "equal")
