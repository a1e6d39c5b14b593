"""Calls of a little pull against those of a full one, on every channel that can tell what changed.

What a channel is asked for in a little pull: what changed since the last reading, and the items of the orders that were
placed meanwhile. Listings that a report then has something to say of are read beside these, as many as there are.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from datetime import timedelta

from benchmarks import virtual
from benchmarks.pulling import NAME
from benchmarks.shapes import CHANNELS, Shape
from benchmarks.table import Row
from stockrecon.channels.base import ChangesRequest, PullsChanges
from stockrecon.core.policy import Policy

_ORDERS = (0, 10)


def rows(items: int, channels: Collection[str]) -> Iterator[Row]:
    for channel in (one for one in CHANNELS if one in channels):
        for orders in _ORDERS:
            yield _row(Shape(channel, items, items // 10 if channel == "shopee" else items // 2, 3), orders)


def _row(shape: Shape, orders: int) -> Row:
    name, target = f"little pull, {shape}, {orders} orders since", "<= 1/20 of the full pull"
    with virtual.opened(shape) as shop:
        if not isinstance(shop.channel, PullsChanges):
            return Row(name, beside="the channel tells no changes: read in full every time")
        full = shop.pull()
        with open(full.tables["listings"].path, encoding="utf-8", newline="") as file:
            known = {(row["item_id"], row["variation_id"]): row["seller_sku"] for row in csv.DictReader(file)}
        # An hour later: what was ordered long before is not ordered since.
        shop.clock.sleep(3600)
        keys = sorted(known)[:: max(1, len(known) // max(1, orders))][:orders]
        with shop.sandbox.lock:
            market, now = shop.sandbox.shops[NAME].shop, shop.sandbox.clock.now()
            for item_id, variation_id in keys:
                market.place(now, [(item_id, variation_id, 1)], paid=True)
        since = full.as_of - timedelta(minutes=15)
        asked = ChangesRequest(shop.spool(), since, since, known, Policy())
        changed = shop.channel.changed(asked)
        items = {item_id for item_id, _ in keys} | set(changed.items)
        read = shop.channel.read_items(items, shop.spool()) if items else None
        little = changed.requests + (read.requests if read is not None else 0)
    doubt = f"; in doubt: {changed.doubt}" if changed.doubt else ""
    beside = f"{little:,} requests, a full pull {full.requests:,}: 1/{full.requests / little:.0f}{doubt}"
    return Row(name, beside=beside, target=target)
