"""Marketplaces on loopback that keep a test's time, a ledger in SQLite, and the program between them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.lazada import LazadaChannel
from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.channels.shopify import ShopifyChannel
from stockrecon.channels.tiktok_shop import TikTokShopChannel
from stockrecon.channels.woocommerce import WooCommerceChannel
from stockrecon.sandbox import run as sandbox_run
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.roles import Part
from stockrecon.sandbox.run import Handle, start_in_thread
from tests.circle.program import Program, Time

FAST = 200
"""Requests per second: nobody waits for the test's marketplaces but the test. Shopify counts points instead."""
CHANNELS: tuple[Any, ...] = (ShopeeChannel, LazadaChannel, TikTokShopChannel, ShopifyChannel, WooCommerceChannel)


@dataclass
class Market:
    """`handle`: the marketplaces; `ledger`: the database's file, None where a test keeps the ledger itself."""

    time: Time
    handle: Handle
    program: Program
    ledger: Path | None = None
    moved: int = field(default=0)

    def written(self) -> list[tuple[str, str, int, int]]:
        """Shop, item, before, after of everything that the program's calls changed."""
        with self.handle.sandbox.lock:
            effects = [one for served in self.handle.sandbox.shops.values() for one in served.shop.effects]
        ours = sorted((one for one in effects if one.call.startswith("/")), key=lambda one: one.at)
        return [(one.shop, one.item_id, one.before, one.after) for one in ours]

    def control(self, path: str, /, **body: object) -> Any:
        """What a POST to the sandbox's control does, without its web server."""
        status, value = Control(self.handle.sandbox).handle("POST", path, json.dumps(body).encode())
        assert status == 200, value
        return value

    def exposed(self, shop: str, item: str, variation: str = "") -> int:
        with self.handle.sandbox.lock:
            return self.handle.sandbox.shops[shop].shop.exposed((item, variation))

    def edit(self, shop: str, item: str, units: int, variation: str = "") -> None:
        """Somebody else sets a listing."""
        self.control("listings", shop=shop, item_id=item, variation_id=variation or None, sellable=units)

    def move(self, sku: str, by: int, *, kind: str = "transfer", at: datetime | None = None) -> None:
        """The ledger moves; the shops are not told."""
        assert self.ledger is not None
        self.moved += 1
        with closing(sqlite3.connect(self.ledger)) as book, book:
            book.execute("UPDATE stock SET available = available + ? WHERE sku = ?", (by, sku))
            (left,) = book.execute("SELECT available FROM stock WHERE sku = ?", (sku,)).fetchone()
            book.execute(
                "INSERT INTO movements (id, sku, at, quantity, kind, balance) VALUES (?, ?, ?, ?, ?, ?)",
                (f"moved-{self.moved}", sku, (at or self.time.now).isoformat(), by, kind, left),
            )

    def push(self, shop: str, item: str, units: int, *, ok: bool = True, variation: str = "") -> None:
        """The ledger's own record that its program sent a number."""
        assert self.ledger is not None
        row = (shop, item, variation, units, self.time.now.isoformat(), ok, "")
        with closing(sqlite3.connect(self.ledger)) as book, book:
            book.execute(
                "INSERT INTO pushes (shop, item_id, variation_id, quantity, at, ok, error) VALUES (?,?,?,?,?,?,?)", row
            )

    def later(self, **by: float) -> None:
        self.time.advance(timedelta(**by))


@contextmanager
def opened(
    folder: Path, time: Time, patch: pytest.MonkeyPatch, *, load: Path | None = None, parts: Sequence[Part] = ()
) -> Iterator[Handle]:
    """Marketplaces whose clock is `time`: the shops of `load`, or those of the stories (the demo's, or of `parts`)."""
    for channel in CHANNELS:
        patch.setitem(channel.__init__.__kwdefaults__, "monotonic", time.monotonic)
    patch.setattr(sandbox_run, "SandboxClock", partial(SandboxClock, ticks=lambda: 0.0))
    with start_in_thread(folder, load=load, now=time.now, per_second=100_000, burst=100_000, parts=parts) as handle:

        def pass_on(by: timedelta) -> None:
            handle.clock.advance(by)
            with handle.sandbox.lock:
                handle.sandbox.settled()

        time.passing.append(pass_on)
        yield handle
        time.passing.remove(pass_on)


def entries(handle: Handle) -> list[Mapping[str, object]]:
    """The configuration's shops, to be written."""
    fast = {"requests_per_second": FAST}
    return [{**one, "mode": "apply", **(fast if one["channel"] != "shopify" else {})} for one in handle.configs]
