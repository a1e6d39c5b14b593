"""Time and memory of a full pull of 50,000 listings, against its calls / rate.

A process of its own reads the shop as fast as loopback goes, which is weighed. How long the same pull takes at the
channel's own rate, with answers at once and from afar, is told by a virtual clock (see `virtual`).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence

from benchmarks import virtual
from benchmarks.pulling import FAST, Pull, pull
from benchmarks.shapes import usual
from benchmarks.table import Row, times


def rows(listings: int, lates: Sequence[float], channels: Collection[str]) -> Iterator[Row]:
    """Each of these channels, with answers late by each of `lates` in seconds. Told as they come, too."""
    for shape in usual(listings):
        if shape.channel in channels:
            row = _row(pull(shape, FAST), [(late, virtual.pull(shape, late)) for late in lates])
            print(row, file=sys.stderr, flush=True)
            yield row


def _row(done: Pull, took: Sequence[tuple[float, virtual.Took]]) -> Row:
    beside = f"{done.told:,} requests" + ("" if done.equal else f", not as counted: {done.strays}")
    for late, one in took:
        if one.rate:
            floor, what = one.requests / one.rate, f"calls / {one.rate:g} a second are"
        else:
            floor, what = done.operation, "the operation takes"
        told = f"{what} {floor:.1f} s, the pull {one.seconds:.1f} s: {times(one.seconds / floor if floor else 1.0)}"
        beside += f"; answers late by {late * 1000:g} ms: {told}"
    name = f"full pull of {done.shape.listings:,} listings, {done.shape}"
    return Row.of(name, done.cost, beside, "<= 1.10 x")
