"""Writes that race with buyers: how long is the window between the last reading and the write, how often is it hit?

A sandbox on loopback, 25 listings in one shop of each channel, every answer delayed like one from afar. Buyers order
in each of them while `sync --apply` lowers every listing, again and again; the sandbox's own log of effects tells what
each write really overwrote.
"""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from benchmarks.table import Row
from stockrecon.config.ddl import ledger_statements

ITEMS = 25
STOCK = 50_000
_BARE = ("shopee", "woocommerce")
"""Where an item without variations has no variation id."""


def rows(rounds: int, delay: float, folder: Path, channels: Collection[str], sales: float = 1.0) -> Iterator[Row]:
    """One row a channel: writes, those that overwrote a sale nobody had read, and the gap from reading to effect.

    `sales`: orders a second in each shop, one by one and by chance.
    """
    root = folder / f"races-{time.time_ns()}"
    root.mkdir()
    shops = {f"{channel}-vn": channel for channel in channels}
    with _market(root, shops) as told:
        market = _Market(root, told, shops, sales)
        market.prepare()
        market.fault(delay)
        with market.buyers():
            for _ in range(rounds):
                market.round()
        for name, channel in shops.items():
            yield market.row(name, channel, delay)


@contextmanager
def _market(root: Path, shops: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name, channel in shops.items():
        _listings(root / "shops" / name, channel)
    ready = root / "ready.json"
    command = [sys.executable, "-m", "stockrecon", "sandbox", "--load", str(root / "shops"), "--ready", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not ready.exists():
                time.sleep(0.05)
            yield json.loads(ready.read_text("utf-8"))
        finally:
            process.terminate()


def _listings(folder: Path, channel: str) -> None:
    folder.mkdir(parents=True)
    now = datetime.now(UTC).isoformat()
    (folder / "shop.yaml").write_text(f"as_of: {now}\nimitates: {channel}\nzone: Asia/Ho_Chi_Minh\n", "utf-8")
    with (folder / "listings.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["item_id", "variation_id", "seller_sku", "title", "sellable", "state"])
        for item in range(1, ITEMS + 1):
            out.writerow([f"10{item:03d}", _variation(channel, item), f"SKU-{item}", "Goods", STOCK, "ok"])


def _variation(channel: str, item: int) -> str:
    return "" if channel in _BARE else f"9{item:03d}"


@dataclass
class _Market:
    root: Path
    told: dict[str, Any]
    shops: Mapping[str, str]
    per_second: float
    dice: random.Random = field(default_factory=lambda: random.Random(11))
    sales: int = 0
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def control(self) -> str:
        return str(self.told["control"])

    def prepare(self) -> None:
        much = {"count": STOCK, "percent": 100}
        # Shopify counts points, which its answers tell: there is nothing to set.
        pace = {channel: {} if channel == "shopify" else {"requests_per_second": 20} for channel in self.shops.values()}
        shops = [{**one["config"], "mode": "apply", **pace[one["channel"]]} for one in self.told["shops"]]
        whole = {
            "ledger": {"type": "sql", "url": f"sqlite:///{self.root / 'ledger.db'}"},
            "shops": shops,
            "policy": {"unexplained": "correct", "import_grace": "1s", "sync_latency": "1s"},
            "apply": {
                "scenarios": ["unexplained", "edited-in-seller-center", "push-not-applied", "orders-too-near"],
                "limits": dict.fromkeys(("changed", "zeroed", "added"), much),
            },
            "state": "state/",
        }
        (self.root / "stockrecon.yaml").write_text(json.dumps(whole), "utf-8")
        with closing(sqlite3.connect(self.root / "ledger.db")) as book, book:
            for statement in ledger_statements("sqlite"):
                book.execute(statement)
            for item in range(1, ITEMS + 1):
                self._move(book, item, STOCK, "receipt", None, None)

    def fault(self, delay: float) -> None:
        if delay:
            fault = {"shop": "*", "path": "*", "kind": "delay", "times": None, "seconds": delay}
            httpx.post(f"{self.control}/faults", json=fault).raise_for_status()

    @contextmanager
    def buyers(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=self._buy, args=(stop,), daemon=True)
        thread.start()
        yield
        stop.set()
        thread.join()

    def _buy(self, stop: threading.Event) -> None:
        while not stop.wait(self.dice.expovariate(self.per_second * len(self.shops))):
            shop, item = self.dice.choice(list(self.shops)), self.dice.randint(1, ITEMS)
            variation = _variation(self.shops[shop], item)
            line = {"item_id": f"10{item:03d}", "variation_id": variation or None, "quantity": 1}
            asked = {"shop": shop, "action": "place", "paid": True, **line}
            order = httpx.post(f"{self.control}/orders", json=asked).json()["order_id"]
            self.sales += 1
            with self._writing, closing(sqlite3.connect(self.root / "ledger.db", timeout=30)) as book, book:
                self._move(book, item, -1, "order", shop, order)

    def round(self) -> None:
        """The ledger loses a few units of everything, and one run tells the shops."""
        with self._writing, closing(sqlite3.connect(self.root / "ledger.db", timeout=30)) as book, book:
            for item in range(1, ITEMS + 1):
                self._move(book, item, -self.dice.randint(1, 4), "transfer", None, None)
        time.sleep(2)
        command = [sys.executable, "-m", "stockrecon", "sync", "--apply", "-q", "-c", "stockrecon.yaml"]
        subprocess.run(command, cwd=self.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def _move(
        self, book: sqlite3.Connection, item: int, units: int, kind: str, shop: str | None, order: str | None
    ) -> None:
        at, sku = datetime.now(UTC).isoformat(), f"SKU-{item}"
        book.execute("INSERT OR IGNORE INTO stock VALUES (?, 0, ?)", (sku, at))
        book.execute("UPDATE stock SET available = available + ?, updated_at = ? WHERE sku = ?", (units, at, sku))
        book.execute(
            "INSERT INTO movements (id, sku, at, quantity, kind, shop, order_id, balance)"
            " SELECT ?, sku, ?, ?, ?, ?, ?, available FROM stock WHERE sku = ?",
            (f"m-{time.time_ns()}", at, units, kind, shop, order, sku),
        )

    def row(self, name: str, channel: str, delay: float) -> Row:
        effects = [one for one in httpx.get(f"{self.control}/effects").json() if one["shop"] == name]
        writes = [one for one in effects if one["call"].startswith("/")]
        meant = self._intents(name)
        hit, gaps = 0, []
        for one in writes:
            before, opened = meant[(one["item_id"], one["after"])]
            hit += one["before"] != before
            gaps.append((datetime.fromisoformat(one["at"]) - opened) / timedelta(milliseconds=1))
        share = f"{hit} of {len(writes)} overwrote a sale ({100 * hit / max(1, len(writes)):.1f} %)"
        late = quantiles(gaps, n=100)[98] if len(gaps) > 1 else 0.0
        gap = f"kept to taken: median {median(gaps or [0]):.0f} ms, 99th {late:.0f} ms"
        refused = self._conflicts(name)
        if refused:
            share += f", {refused} more were refused for one"
        delayed = f"answers delayed by {delay * 1000:.0f} ms"
        work = f"writes racing with {self.per_second:g} sales a second in the shop, {channel}, {delayed}"
        return Row(work, beside=f"{share}; {gap}; {self.sales} sales in all", target="<= 0.5 %")

    def _conflicts(self, name: str) -> int:
        """Writes that compared before they set, and found another number than was read."""
        with closing(sqlite3.connect(self.root / "state" / "state.db")) as state:
            asked = "SELECT count(*) FROM intents WHERE shop = ? AND answered = 'conflict'"
            (found,) = state.execute(asked, (name,)).fetchone()
        return int(found)

    def _intents(self, name: str) -> dict[tuple[str, int], tuple[int, datetime]]:
        with closing(sqlite3.connect(self.root / "state" / "state.db")) as state:
            found = state.execute(
                "SELECT item_id, to_units, before_units, opened_at FROM intents WHERE shop = ?", (name,)
            ).fetchall()
        begin = datetime(1970, 1, 1, tzinfo=UTC)
        return {(item, to): (before, begin + timedelta(microseconds=opened)) for item, to, before, opened in found}
