"""Generated shops for the sandbox: how many items, what they have of variations, campaigns, orders and places."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.market import LISTING_COLUMNS, ORDER_COLUMNS, STOCK_COLUMNS
from stockrecon.sandbox.shopify.catalogue import Level, Location
from stockrecon.sandbox.tiktok_shop.records import Stock, Warehouse

CHANNELS = ("shopee", "lazada", "tiktok-shop", "shopify", "woocommerce")
_BARE = ("shopee", "woocommerce")
"""Where an item without variations has no variation id."""
_CAMPAIGNS = ("shopee", "lazada", "tiktok-shop")
_CAMPAIGN_COLUMNS = (
    "campaign_id", "item_id", "variation_id", "starts_at", "ends_at", "locked", "sold", "state",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """One shop to pull. `varied` of its items have `variations` of them. Of its items every `promoted`th has a campaign
    where the channel knows any, every `ordered`th was ordered once, and shipped, each at a time of its own; 0: none.

    `places`: locations or warehouses over which the stock of every listing is spread. `options`: of the sandbox.
    """

    channel: str
    items: int
    varied: int = 0
    variations: int = 2
    promoted: int = 50
    ordered: int = 100
    places: int = 1
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def listings(self) -> int:
        return self.items + self.varied * (self.variations - 1)

    @property
    def campaigns(self) -> int:
        return math.ceil(self.items / self.promoted) if self.promoted and self.channel in _CAMPAIGNS else 0

    @property
    def orders(self) -> int:
        return math.ceil(self.items / self.ordered) if self.ordered else 0

    def __str__(self) -> str:
        told = [f"{self.channel}, {self.items:,} items"]
        if self.varied:
            told.append(f"{self.varied:,} with {self.variations} variations")
        if self.places > 1:
            told.append(f"{self.places} places")
        told += [f"{name} {value}" for name, value in self.options.items()]
        return ", ".join(told)


def usual(listings: int) -> Iterator[Shape]:
    """A shop of each channel with so many listings; what makes most of them variations is what its sellers do."""
    # On Shopee an item with variations is a call of its own, beside which every other wait would vanish.
    yield Shape("shopee", listings)
    yield Shape("lazada", listings // 5, listings // 5, 5)
    yield Shape("tiktok-shop", listings // 5, listings // 5, 5)
    yield Shape("woocommerce", listings // 2, listings // 4, 3)
    yield Shape("shopify", listings // 5, listings // 5, 5)


def write_shop(shape: Shape, folder: Path, ledger: Path, now: datetime) -> None:
    """The shop's folder, for the sandbox, and a ledger that agrees with it at `now`, so that nothing is read twice."""
    shutil.rmtree(folder, ignore_errors=True)
    for place in (folder, ledger):
        place.mkdir(parents=True)
    about = f"as_of: {now.isoformat()}\nimitates: {shape.channel}\nzone: Asia/Ho_Chi_Minh\ncomplete: true\n"
    (folder / "shop.yaml").write_text(about)
    (ledger / "ledger.yaml").write_text(f"as_of: {now.isoformat()}\n")
    stock: list[tuple[object, ...]] = []
    listings: list[tuple[object, ...]] = []
    campaigns: list[tuple[object, ...]] = []
    orders: list[tuple[object, ...]] = []
    starts, ends = (now - timedelta(days=1)).isoformat(), (now + timedelta(days=1)).isoformat()
    for number in range(shape.items):
        for variation in range(shape.variations if number < shape.varied else 1):
            first = variation == 0
            key, sku = _key(shape, number, variation), f"SKU-{number}-{variation}"
            locked = 5 if first and shape.campaigns and number % shape.promoted == 0 else 0
            stock.append((sku, 40, now.isoformat()))
            listings.append((*key, sku, f"Item {number}", 40 - locked, locked, 0, 0, "ok", "", "seller"))
            if locked:
                campaigns.append((f"C{number}", *key, starts, ends, locked, 0, "running"))
            if first and shape.ordered and number % shape.ordered == 0:
                # Minutes apart: what is read by its last change is walked without one second that holds many.
                at = (now - timedelta(hours=1, minutes=2 * len(orders))).isoformat()
                orders.append((f"{240_000_000_000 + number}", *key, 1, "shipped", at, at, at, "", at, "", ""))
    _table(folder / "listings.csv", LISTING_COLUMNS, listings)
    if campaigns:
        _table(folder / "campaigns.csv", _CAMPAIGN_COLUMNS, campaigns)
    _table(folder / "orders.csv", ORDER_COLUMNS, orders)
    _table(ledger / "stock.csv", STOCK_COLUMNS, stock)


def spread(shop: Any, places: int) -> None:
    """Lays the stock of every listing of a sandbox's shop at so many places, as evenly as whole units go."""
    if places < 2:
        return
    names = [str(7_000_001 + number) for number in range(places)]
    if shop.channel == "shopee":
        shop.locations = tuple(names)
    for name in names:
        if shop.channel == "tiktok-shop":
            shop.warehouses.setdefault(name, Warehouse(name, name))
        elif shop.channel == "shopify":
            shop.locations.setdefault(int(name), Location(int(name), f"Place {name}"))
    for listing in shop.all_listings():
        _lay(shop.channel, listing, names)


def _lay(channel: str, listing: Any, names: Sequence[str]) -> None:
    if channel == "shopee":
        listing.seller = _shares(sum(listing.seller.values()), names)
    elif channel == "lazada":
        buckets = next(iter(listing.warehouses.values()))
        shares = _shares(buckets.sellable, names)
        listing.warehouses = {name: replace(buckets, sellable=units) for name, units in shares.items()}
    elif channel == "tiktok-shop":
        total = sum(stock.available for stock in listing.seller.values())
        listing.seller = {name: Stock(available=units) for name, units in _shares(total, names).items()}
    elif channel == "shopify":
        first = next(iter(listing.levels.values()))
        shares = _shares(first.quantity("available"), names)
        listing.levels = {int(name): Level(first.updated_at, {"available": units}) for name, units in shares.items()}
    else:
        raise ValueError(f"{channel} knows one place only")


def _shares(units: int, names: Sequence[str]) -> dict[str, int]:
    each, rest = divmod(units, len(names))
    return {name: each + (number < rest) for number, name in enumerate(names)}


def _key(shape: Shape, number: int, variation: int) -> tuple[str, str]:
    bare = shape.channel in _BARE and number >= shape.varied
    return str(1_000_000 + number), "" if bare else str(5_000_000 + number * shape.variations + variation)


def _table(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
