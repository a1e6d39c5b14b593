"""A seller's files: a ledger of 40 SKUs and two shops in line with it, and what becomes of them later."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stockrecon.config.ddl import ledger_statements
from tests.circle.program import NOON

Row = dict[str, Any]
Rows = list[Row]

ALL = (
    "campaign-returned",
    "campaign-lock",
    "cancelled-order-restock",
    "orders-too-near",
    "listing-sync-error",
    "push-not-applied",
    "zeroed-by-channel",
    "edited-in-seller-center",
    "unexplained",
)
"""Every scenario that can set a listing."""

COLUMNS = {
    "listings": ("item_id", "variation_id", "seller_sku", "sellable", "campaign", "state"),
    "campaigns": ("campaign_id", "item_id", "variation_id", "starts_at", "ends_at", "locked", "sold", "state"),
    "orders": ("order_id", "item_id", "variation_id", "quantity", "status", "created_at", "cancelled_at"),
    "stock": ("sku", "available"),
    "movements": ("id", "sku", "at", "quantity", "kind", "shop", "order_id", "balance", "ref", "note"),
}
SHOPS = ("shopee-vn", "lazada-vn")
RETURNED, GHOST = "00124", "00125"


@dataclass
class Books:
    """What ledger and shops say, as rows; `write` makes files of it, `at` being their time."""

    at: datetime = NOON
    stock: Rows = field(default_factory=list)
    movements: Rows = field(default_factory=list)
    listings: dict[str, Rows] = field(default_factory=dict)
    orders: dict[str, Rows] = field(default_factory=dict)
    campaigns: dict[str, Rows] = field(default_factory=dict)
    ledger_at: datetime | None = None
    shop_at: datetime | None = None
    complete: bool = True

    def show(self, sku: str, by: int) -> None:
        """Every listing of a SKU shows so many units more."""
        for rows in self.listings.values():
            for row in rows:
                if row["seller_sku"] == sku:
                    row["sellable"] += by


def due() -> Books:
    """Five minutes past noon a campaign of 20 that had sold 12 gave 8 units back, which nobody has set right."""
    books = calm()
    books.campaigns["shopee-vn"] = [
        {
            "campaign_id": "C1",
            "item_id": "1005",
            "starts_at": NOON - timedelta(hours=6),
            "ends_at": NOON + timedelta(minutes=5),
            "locked": 20,
            "sold": 12,
            "state": "ended",
        }
    ]
    for row in books.listings["shopee-vn"]:
        if row["seller_sku"] == RETURNED:
            row["sellable"] += 8
    return books


def calm() -> Books:
    """Everything is in line, and there never was a campaign. So it was at noon."""
    pick = random.Random(11)
    books = Books()
    names = [f"00{number}" for number in range(120, 130)] + [f"TEE-{number:02d}" for number in range(1, 31)]
    began = NOON - timedelta(days=3)
    for number, sku in enumerate(names):
        units = 0 if number in (3, 17, 24, 33) else pick.randrange(9, 70)
        bought = units + (1 if number % 6 == 1 else 0)
        books.stock.append({"sku": sku, "available": units})
        _move(books, sku, began, bought, "receipt", balance=bought)
        if bought != units:
            placed = NOON - timedelta(hours=5 + number)
            _move(books, sku, placed, -1, "order", shop="shopee-vn", order_id=f"S{number}", balance=units)
            order = {"order_id": f"S{number}", "item_id": str(1001 + number), "quantity": 1, "status": "paid"}
            books.orders.setdefault("shopee-vn", []).append({**order, "created_at": placed})
        listing = {"seller_sku": sku, "sellable": units, "campaign": 0, "state": "ok"}
        books.listings.setdefault("shopee-vn", []).append({"item_id": str(1001 + number), **listing})
        if number % 8:
            row = {"item_id": str(5001 + number), "variation_id": str(9001 + number), **listing}
            books.listings.setdefault("lazada-vn", []).append(row)
    return books


def with_ghost(books: Books) -> Books:
    """Scenario 3: 00125 was oversold, written up by hand, then the order was cancelled: one unit too many."""
    (row,) = (one for one in books.stock if one["sku"] == GHOST)
    books.movements = [one for one in books.movements if one["sku"] != GHOST]
    at = NOON - timedelta(days=2)
    for hours, quantity, kind, order, balance in (
        (0, -1, "order", "G1", -1),
        (1, 1, "manual", None, 0),
        (2, 1, "cancel", "G1", 1),
    ):
        where = "lazada-vn" if order else None
        when = at + timedelta(hours=hours)
        _move(books, GHOST, when, quantity, kind, shop=where, order_id=order, balance=balance)
    books.show(GHOST, 1 - row["available"])
    row["available"] = 1
    return books


def _move(books: Books, sku: str, at: datetime, quantity: int, kind: str, **more: object) -> None:
    number = max((one["id"] for one in books.movements), default=0) + 1
    books.movements.append({"id": number, "sku": sku, "at": at, "quantity": quantity, "kind": kind, **more})


@dataclass
class Files:
    """The seller's folder. `kind`: how the ledger is kept, `file` or `sql` (SQLite)."""

    root: Path
    kind: str = "file"

    @property
    def config(self) -> Path:
        return self.root / "stockrecon.yaml"

    @property
    def ledger(self) -> Mapping[str, object]:
        if self.kind == "sql":
            return {"type": "sql", "url": f"sqlite:///{self.root / 'ledger.db'}", "zone": "UTC"}
        return {"type": "file", "path": "ledger/"}

    def configure(self, text: Callable[[Mapping[str, object], Sequence[Mapping[str, object]]], str]) -> None:
        shops = [{"name": name, "channel": "file", "path": f"{name}/", "mode": "apply"} for name in SHOPS]
        self.config.write_text(text(self.ledger, shops), "utf-8")

    def write(self, books: Books) -> None:
        for name in books.listings:
            folder = self.root / name
            folder.mkdir(parents=True, exist_ok=True)
            imitates = name.split("-")[0]
            at = (books.shop_at or books.at) if name == "shopee-vn" else books.at
            complete = books.complete or name != "shopee-vn"
            told = {"as_of": at.isoformat(), "imitates": imitates, "zone": "UTC", "complete": complete}
            (folder / "shop.yaml").write_text(json.dumps(told), "utf-8")
            for table, rows in (
                ("listings", books.listings[name]),
                ("campaigns", books.campaigns.get(name, [])),
                ("orders", books.orders.get(name, [])),
            ):
                write_rows(folder / f"{table}.csv", COLUMNS[table], rows)
        if self.kind == "sql":
            self._write_database(books)
        else:
            self._write_ledger(books)

    def _write_ledger(self, books: Books) -> None:
        folder = self.root / "ledger"
        folder.mkdir(parents=True, exist_ok=True)
        at = books.ledger_at or books.at
        (folder / "ledger.yaml").write_text(json.dumps({"as_of": at.isoformat(), "zone": "UTC"}), "utf-8")
        write_rows(folder / "stock.csv", COLUMNS["stock"], books.stock)
        write_rows(folder / "movements.csv", COLUMNS["movements"], books.movements)

    def _write_database(self, books: Books) -> None:
        path = self.root / "ledger.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as book, book:
            for statement in ledger_statements("sqlite"):
                if "pushes" not in statement and "listings" not in statement:
                    book.execute(statement)
            for row in books.stock:
                book.execute("INSERT INTO stock (sku, available) VALUES (?, ?)", (row["sku"], row["available"]))
            names = COLUMNS["movements"]
            for row in books.movements:
                values = [_cell(row.get(name)) if name == "at" else row.get(name) for name in names]
                marks = ", ".join("?" * len(names))
                book.execute(f"INSERT INTO movements ({', '.join(names)}) VALUES ({marks})", values)

    def kept(self) -> dict[str, bytes]:
        """The ledger's files, byte for byte, and every file for upload."""
        paths = [*(self.root / "ledger").glob("*"), *self.root.glob("ledger.db*"), *self.root.glob("*/updates.csv")]
        return {str(path.relative_to(self.root)): path.read_bytes() for path in sorted(paths)}

    def intents(self) -> int:
        """How many writes the journal knows of."""
        with closing(sqlite3.connect(self.root / "state" / "state.db")) as state:
            (count,) = state.execute("SELECT count(*) FROM intents").fetchone()
        return int(count)


def write_rows(path: Path, columns: Sequence[str], rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, "", "ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows([{name: _cell(value) for name, value in row.items()} for row in rows])


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else value
