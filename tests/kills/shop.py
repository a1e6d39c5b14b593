"""A seller of two marketplaces on loopback with a ledger in a database, whose writing runs are killed."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from stockrecon.config.ddl import ledger_statements
from stockrecon.state import State

ITEMS = 6
MANY = 100_000
"""Stock at first: so much that the tests can take away from it as often as they like."""
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Zygote:
    """Forks `stockrecon` processes; see zygote.py."""

    errors: Path
    process: subprocess.Popen[bytes] = field(init=False)
    codes: dict[int, int] = field(default_factory=dict)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        command = [sys.executable, str(Path(__file__).with_name("zygote.py")), str(self.errors)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, *arguments: str) -> int:
        """A process id; it runs."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(arguments).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            line = self._line()
            if len(line) == 1:
                return line[0]

    def wait(self, pid: int) -> int:
        """Its exit code; negative for a signal."""
        while pid not in self.codes:
            self._line()
        return self.codes.pop(pid)

    def run(self, *arguments: str) -> int:
        return self.wait(self.start(*arguments))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _line(self) -> list[int]:
        assert self.process.stdout is not None
        line = [int(part) for part in self.process.stdout.readline().split()]
        assert line, "the forking process has died"
        if len(line) == 2:
            self.codes[line[0]] = line[1]
        return line


@dataclass
class Shop:
    """The seller: `root` holds everything. `sell` makes the ledger move; `check` compares effects with the journal."""

    root: Path
    url: str
    control: str
    zygote: Zygote
    configs: Sequence[Mapping[str, Any]]
    sold: Counter[str] = field(default_factory=Counter)
    phantoms: int = 0
    refs: list[str] = field(default_factory=list)

    @property
    def config(self) -> str:
        return str(self.root / "stockrecon.yaml")

    @property
    def ledger(self) -> Path:
        return self.root / "ledger.db"

    def write(self) -> None:
        """Configuration and ledger. Everything is allowed to be written, so that the writing is what is tried."""
        much = {"count": MANY, "percent": 100}
        limits = dict.fromkeys(("changed", "zeroed", "added", "lost"), much)
        whole = {
            "ledger": {"type": "sql", "url": f"sqlite:///{self.ledger}"},
            "shops": [{**one, "mode": "apply", "requests_per_second": 500} for one in self.configs],
            "policy": {"unexplained": "correct", "confirm_raise": "1s"},
            "apply": {
                "scenarios": [
                    "cancelled-order-restock",
                    "unexplained",
                    "push-not-applied",
                    "edited-in-seller-center",
                    "orders-too-near",
                ],
                "limits": {**limits, "corrections": {"skus": much, "units": much}},
            },
            "state": "state/",
        }
        Path(self.config).write_text(json.dumps(whole), "utf-8")
        now = datetime.now(UTC) - timedelta(hours=2)
        with closing(sqlite3.connect(self.ledger)) as book, book:
            for statement in ledger_statements("sqlite"):
                book.execute(statement)
            for item in range(1, ITEMS + 1):
                book.execute("INSERT INTO stock VALUES (?, ?, ?)", (f"SKU-{item}", MANY, now.isoformat()))
                book.execute(
                    "INSERT INTO movements (id, sku, at, quantity, kind, balance) VALUES (?, ?, ?, ?, 'receipt', ?)",
                    (f"in-{item}", f"SKU-{item}", now.isoformat(), MANY, MANY),
                )

    def sell(self, item: int, units: int) -> None:
        """Somebody takes units out of the ledger an hour ago; no shop has heard of it."""
        sku = f"SKU-{item}"
        self.sold[sku] += units
        at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        with closing(sqlite3.connect(self.ledger, timeout=30)) as book, book:
            (left,) = book.execute("SELECT available - ? FROM stock WHERE sku = ?", (units, sku)).fetchone()
            book.execute("UPDATE stock SET available = ?, updated_at = ? WHERE sku = ?", (left, at, sku))
            book.execute(
                "INSERT INTO movements (id, sku, at, quantity, kind, balance) VALUES (?, ?, ?, ?, 'transfer', ?)",
                (f"out-{item}-{self.sold[sku]}", sku, at, -units, left),
            )

    def phantom(self) -> None:
        """Scenario 3 on a SKU of its own: the ledger holds a unit that does not exist."""
        self.phantoms += 1
        sku, now = f"GHOST-{self.phantoms}", datetime.now(UTC) - timedelta(hours=1)
        steps = (("order", -1, "O", -1), ("manual", 1, None, 0), ("cancel", 1, "O", 1))
        with closing(sqlite3.connect(self.ledger, timeout=30)) as book, book:
            book.execute("INSERT INTO stock VALUES (?, 1, ?)", (sku, now.isoformat()))
            for number, (kind, units, order, balance) in enumerate(steps):
                order_id = f"{order}{self.phantoms}" if order else None
                shop = self.configs[0]["name"] if order else None
                at = (now + timedelta(minutes=number)).isoformat()
                book.execute(
                    "INSERT INTO movements (id, sku, at, quantity, kind, shop, order_id, balance)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (f"{sku}-{number}", sku, at, units, kind, shop, order_id, balance),
                )
        self.refs.append(f"stockrecon:{sku}:{sku}-2")

    def sync(self) -> int:
        return self.zygote.run("sync", "--apply", "-q", "-c", self.config)

    def start(self) -> int:
        return self.zygote.start("sync", "--apply", "-q", "-c", self.config)

    def killed(self, after: float) -> int:
        """A run that is killed after so many seconds; its exit code, -9 where it was still at work."""
        pid = self.start()
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return self.zygote.wait(pid)

    # What must be true

    def wrong(self) -> list[str]:
        """Everything that speaks against 0 lost and 0 doubled, once a run has come to its end after the kills."""
        return [*self._open(), *self._doubled(), *self._corrections(), *self._lost()]

    def _open(self) -> list[str]:
        with State.open(self.root / "state", lambda: datetime.now(UTC)) as state:
            return [f"intent {one.id} is still open" for one in state.journal.open_intents()]

    def effects(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.control}/effects", timeout=30).json()
        return [one for one in found if one["call"].startswith("/")]

    def _doubled(self) -> list[str]:
        """Each intent has at most one effect, and there is none without an intent."""
        with closing(sqlite3.connect(self.root / "state" / "state.db")) as state:
            rows = state.execute("SELECT shop, item_id, to_units FROM intents WHERE shop IS NOT NULL").fetchall()
        meant = Counter((str(shop), str(item), int(to)) for shop, item, to in rows)
        done = Counter((one["shop"], one["item"], one["after"]) for one in self.effects())
        return [
            f"{place}: {count} effects of {meant[place]} intents"
            for place, count in done.items()
            if count > meant[place]
        ]

    def _corrections(self) -> list[str]:
        with closing(sqlite3.connect(self.ledger)) as book:
            rows = book.execute("SELECT ref, quantity FROM movements WHERE kind = 'correction'").fetchall()
            left = dict(book.execute("SELECT sku, available FROM stock WHERE sku LIKE 'GHOST-%'").fetchall())
        posted = Counter(str(ref) for ref, _ in rows)
        wrong = [f"{ref} was posted {posted[ref]} times" for ref in self.refs if posted[ref] != 1]
        wrong += [f"{ref} was never planned" for ref in posted if ref not in self.refs]
        return wrong + [f"{sku} has {units} available, 0 is right" for sku, units in left.items() if units]

    def _lost(self) -> list[str]:
        """Every listing shows what the ledger has."""
        wrong = []
        for one in self.configs:
            truth = httpx.get(f"{self.control}/shops/{one['name']}", timeout=30).json()
            for listing in truth["listings"]:
                expected = MANY - self.sold[listing["seller_sku"]]
                if listing["sellable"] + listing["campaign"] != expected:
                    wrong.append(f"{one['name']} {listing['seller_sku']}: {listing['sellable']}, {expected} is right")
        return wrong


def folders(root: Path) -> Path:
    """The two shops as folders for the sandbox."""
    as_of = datetime.now(UTC)
    for name, channel in (("shopee-vn", "shopee"), ("lazada-vn", "lazada")):
        folder = root / "shops" / name
        folder.mkdir(parents=True)
        (folder / "shop.yaml").write_text(
            f"as_of: {as_of.isoformat()}\nimitates: {channel}\nzone: Asia/Ho_Chi_Minh\n", "utf-8"
        )
        with (folder / "listings.csv").open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["item_id", "variation_id", "seller_sku", "title", "sellable", "state"])
            for item in range(1, ITEMS + 1):
                variation = "" if channel == "shopee" else f"9{item:03d}"
                rows.writerow([f"10{item:03d}", variation, f"SKU-{item}", f"Goods {item}", MANY, "ok"])
    return root / "shops"
