"""Requests of one full pull against the call formulas of Shopee and Lazada, and its time against calls / rate.

A sandbox in this process serves a generated shop over loopback HTTP; `diff` reads it as a process of its own.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from benchmarks.market import LISTING_COLUMNS, ORDER_COLUMNS, STOCK_COLUMNS
from benchmarks.measure import Cost, run
from benchmarks.table import Row, times

_CAMPAIGN_COLUMNS = (
    "campaign_id", "item_id", "variation_id", "starts_at", "ends_at", "locked", "sold", "state",
)  # fmt: skip
_VARIED = {1_000: 400, 10_000: 6_000}
"""Shopee's items with variations, as in the reference's own table; above that none, for they are one call each."""
_LAZADA_WINDOW = 10_000
_FAST = 1_000.0
"""Requests a second where only their number matters: the most that the configuration takes."""


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop to pull: `varied` items have two variations, every 50th a campaign; every 100th was ordered once."""

    channel: str
    items: int

    @property
    def varied(self) -> int:
        return _VARIED.get(self.items, 0) if self.channel == "shopee" else self.items // 2

    @property
    def listings(self) -> int:
        return self.items + self.varied

    @property
    def promoted(self) -> int:
        return math.ceil(self.items / 50)

    @property
    def orders(self) -> int:
        return math.ceil(self.items / 100)

    def formula(self) -> dict[str, int]:
        """The calls that the reference page counts for one snapshot, by what they are for."""
        orders = max(1, math.ceil(self.orders / 100)) + math.ceil(self.orders / 50)
        if self.channel == "shopee":
            return {
                "list": math.ceil(self.items / 100),
                "base": math.ceil(self.items / 50),
                "models": self.varied,
                "promotions": math.ceil(self.promoted / 50),
                "shop": 3,
                "orders": orders,
            }
        windows = math.ceil(self.items / _LAZADA_WINDOW)
        return {
            "products": math.ceil(self.items / 50),
            "windows": windows if windows > 1 else 0,
            "orders": orders,
            "unpaid": 1,
        }


def rows(sizes: list[int], rate: float) -> Iterator[Row]:
    """Every size on both channels as fast as loopback goes; then the smallest and a middle one at a rate."""
    for channel in ("shopee", "lazada"):
        for size in sizes:
            yield _counted(Shop(channel, size))
    yield _timed(Shop("shopee", 1_000), rate)
    yield _timed(Shop("lazada", 10_000), rate)


def _counted(shop: Shop) -> Row:
    cost, told, served = pull(shop, _FAST)
    formula = sum(shop.formula().values())
    ratio = told / formula
    beside = f"{told:,} requests (sandbox: {sum(served.values()):,}), formula {formula:,}: {times(ratio)}"
    print(f"{_name(shop)}: formula {shop.formula()}, served {dict(sorted(served.items()))}", file=sys.stderr)
    return Row.of(_name(shop), cost, beside, "1.00 x the formula")


def _timed(shop: Shop, rate: float) -> Row:
    cost, told, served = pull(shop, rate, limited=True)
    floor = told / rate
    beside = f"{told:,} requests at {rate:g}/s are {floor:.1f} s: {times(cost.wall / floor)}, start and report included"
    if sum(served.values()) != told:
        beside += f"; the sandbox saw {sum(served.values()):,}"
    return Row.of(f"{_name(shop)}, at the shop's limit", cost, beside, "<= 1.10 x calls / rate")


def _name(shop: Shop) -> str:
    varied = f" ({shop.varied:,} with variations: {shop.listings:,} listings)" if shop.varied else ""
    return f"full pull, {shop.channel}, {shop.items:,} items{varied}"


def pull(shop: Shop, rate: float, *, limited: bool = False) -> tuple[Cost, int, Mapping[str, int]]:
    """The cost of one `diff`, the requests that its report names, and those that the sandbox counted by path."""
    from stockrecon.sandbox.run import start_in_thread

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        served = folder / "shops"
        write_shop(shop, served / "shop", folder / "ledger")
        (folder / "secret").mkdir()
        # Allowed: what the client is told to keep to, and no more. Else as much as it likes.
        allowed = {"per_second": rate, "burst": 2} if limited else {"per_second": 1e6, "burst": 10**6}
        with start_in_thread(folder / "secret", load=served, **allowed) as sandbox:  # type: ignore[arg-type]
            config = sandbox.configs[0] | {"requests_per_second": rate}
            text = yaml.safe_dump({"ledger": {"type": "file", "path": "ledger/"}, "shops": [config], "state": "state/"})
            (folder / "config.yaml").write_text(text)
            output = folder / "report.json"
            command = [sys.executable, "-m", "stockrecon", "diff", "--format", "json"]
            cost = run([*command, "-c", str(folder / "config.yaml")], output=output)
            with urllib.request.urlopen(f"{sandbox.control}/requests") as answer:
                counted = json.load(answer)
        told = json.loads(output.read_bytes())
    return cost, int(told["shops"][0]["requests"]), counted["shop"]


def write_shop(shop: Shop, folder: Path, ledger: Path) -> None:
    """The shop's folder, for the sandbox, and a ledger that agrees with it, so that nothing is read twice."""
    shutil.rmtree(folder, ignore_errors=True)
    for place in (folder, ledger):
        place.mkdir(parents=True)
    now = datetime.now(UTC).replace(microsecond=0)
    (folder / "shop.yaml").write_text(
        f"as_of: {now.isoformat()}\nimitates: {shop.channel}\nzone: Asia/Ho_Chi_Minh\ncomplete: true\n"
    )
    (ledger / "ledger.yaml").write_text(f"as_of: {now.isoformat()}\n")
    stock: list[tuple[object, ...]] = []
    listings: list[tuple[object, ...]] = []
    campaigns: list[tuple[object, ...]] = []
    orders: list[tuple[object, ...]] = []
    starts, ends = (now - timedelta(days=1)).isoformat(), (now + timedelta(days=1)).isoformat()
    for number in range(shop.items):
        item = str(1_000_000 + number)
        has = 2 if number < shop.varied else 1
        for variation in range(has):
            bare = shop.channel == "shopee" and has == 1
            key = (item, "" if bare else str(5_000_000 + 2 * number + variation))
            sku = f"SKU-{number}-{variation}"
            locked = 5 if number % 50 == 0 and variation == 0 else 0
            stock.append((sku, 40, now.isoformat()))
            listings.append((*key, sku, f"Item {number}", 40 - locked, locked, 0, 0, "ok", "", "seller"))
            if locked:
                campaigns.append((f"C{number}", *key, starts, ends, locked, 0, "running"))
            if number % 100 == 0 and variation == 0:
                at = (now - timedelta(hours=1 + number % 40)).isoformat()
                orders.append((f"{240_000_000_000 + number}", *key, 1, "shipped", at, at, at, "", at, "", ""))
    _table(folder / "listings.csv", LISTING_COLUMNS, listings)
    _table(folder / "campaigns.csv", _CAMPAIGN_COLUMNS, campaigns)
    _table(folder / "orders.csv", ORDER_COLUMNS, orders)
    _table(ledger / "stock.csv", STOCK_COLUMNS, stock)


def _table(path: Path, columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
