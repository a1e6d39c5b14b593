"""Writes that race with buyers: how long is the window between the last reading and the write, how often is it hit?

A sandbox of both marketplaces on loopback, 25 listings each, every answer delayed like one from afar. Buyers order
twice a second while `sync --apply` lowers every listing, again and again; the sandbox's own log of effects tells what
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
from collections.abc import Iterator
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
SALES_PER_SECOND = 2.0
CHANNELS = {"shopee-vn": "shopee", "lazada-vn": "lazada"}


def rows(rounds: int, delay: float, folder: Path) -> Iterator[Row]:
    """One row a channel: writes, those that overwrote a sale nobody had read, and the gap from reading to effect."""
    root = folder / f"races-{time.time_ns()}"
    root.mkdir()
    with _market(root) as told:
        market = _Market(root, told)
        market.prepare()
        market.fault(delay)
        with market.buyers():
            for _ in range(rounds):
                market.round()
        for name, channel in CHANNELS.items():
            yield market.row(name, channel, delay)


@contextmanager
def _market(root: Path) -> Iterator[dict[str, Any]]:
    for name, channel in CHANNELS.items():
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
            variation = "" if channel == "shopee" else f"9{item:03d}"
            out.writerow([f"10{item:03d}", variation, f"SKU-{item}", "Goods", STOCK, "ok"])


@dataclass
class _Market:
    root: Path
    told: dict[str, Any]
    dice: random.Random = field(default_factory=lambda: random.Random(11))
    sales: int = 0
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def control(self) -> str:
        return str(self.told["control"])

    def prepare(self) -> None:
        much = {"count": STOCK, "percent": 100}
        shops = [{**one["config"], "mode": "apply", "requests_per_second": 50} for one in self.told["shops"]]
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
        while not stop.wait(self.dice.expovariate(SALES_PER_SECOND)):
            shop, item = self.dice.choice(list(CHANNELS)), self.dice.randint(1, ITEMS)
            variation = "" if shop == "shopee-vn" else f"9{item:03d}"
            line = {"item_id": f"10{item:03d}", "variation_id": variation, "quantity": 1}
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
        delayed = f"answers delayed by {delay * 1000:.0f} ms"
        work = f"writes racing with {SALES_PER_SECOND:g} sales a second, {channel}, {delayed}"
        return Row(work, beside=f"{share}; {gap}; {self.sales} sales in all", target="<= 0.5 %")

    def _intents(self, name: str) -> dict[tuple[str, int], tuple[int, datetime]]:
        with closing(sqlite3.connect(self.root / "state" / "state.db")) as state:
            found = state.execute(
                "SELECT item_id, to_units, before_units, opened_at FROM intents WHERE shop = ?", (name,)
            ).fetchall()
        begin = datetime(1970, 1, 1, tzinfo=UTC)
        return {(item, to): (before, begin + timedelta(microseconds=opened)) for item, to, before, opened in found}
