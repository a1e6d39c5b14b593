"""Markets that live on: what happens in shops while time passes, and what their channels tell of it then, as files."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.run import Handle
from stockrecon.sandbox.truth import truth
from tests.integration.markets import write_shop
from tests.integration.seller import later
from tests.integration.tells import TELLS, as_told

STEPS = (5, 60, 400, 1500)
"""Seconds from one thing to the next."""


class Life:
    """What buyers, sellers and campaigns do, drawn by chance, as far as each channel allows it. `go_on(n)`: n things
    happen, each after some time.
    """

    def __init__(self, seed: int, market: Handle) -> None:
        self.random, self.market = random.Random(seed), market

    def go_on(self, things: int) -> None:
        for _ in range(things):
            later(self.market, seconds=self.random.choice(STEPS))
            served = self.random.choice(list(self.market.sandbox.shops.values()))
            with self.market.sandbox.lock:
                try:
                    self._happen(served.shop)
                except MarketRefusal:
                    continue

    def _happen(self, shop: Shop) -> None:
        """What a shop cannot do (too few units, no such step of an order) is refused by it, and time goes on."""
        now, draw = self.market.clock.now(), self.random.random()
        keys = [listing.key for listing in shop.all_listings()]
        if draw < 0.35:
            lines = [(*key, self.random.choice((1, 1, 2))) for key in self.random.sample(keys, 2)]
            shop.place(now, lines[: self.random.choice((1, 2))], paid=self.random.random() < 0.6)
        elif draw < 0.75 and shop.orders:
            self._change(shop, self.random.choice(list(shop.orders)))
        elif draw < 0.9:
            shop.edit(now, self.random.choice(keys), self.random.choice((0, 3, 20)))
        elif TELLS[shop.channel].campaigns:
            starts = now + timedelta(hours=self.random.choice((-1, 1)))
            shop.start_campaign(now, self.random.choice(keys), 2, starts, now + timedelta(hours=2))

    def _change(self, shop: Shop, order: str) -> None:
        now, step = self.market.clock.now(), self.random.randrange(6)
        if step == 0:
            shop.pay(now, order)
        elif step == 1:
            shop.ship(now, order)
        elif step == 2:
            shop.cancel(now, order, "buyer", "changed my mind")
        elif step == 3:
            shop.cancel(now, order, "seller", "Out of stock")
        elif step == 4:
            shop.request_cancel(now, order)
        else:
            shop.send_back(now, order)


def filed(market: Handle, shops: Path) -> list[dict[str, object]]:
    """Writes what the channels tell of what is true in their shops now; the configuration's entries for these files."""
    now, entries = market.clock.now(), []
    for name, served in market.sandbox.shops.items():
        true: Any = truth(served.shop, now)
        tables = as_told(served.shop.channel, {one: true[one] for one in ("listings", "orders", "campaigns")})
        write_shop(shops / name, served.shop.channel, tables, now)
        entries.append({"name": name, "channel": "file", "path": str(shops / name)})
    return entries
