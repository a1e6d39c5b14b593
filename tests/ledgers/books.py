"""Ledgers of every kind that takes corrections: one small book in each, and what is in it afterwards."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest, Ledger
from stockrecon.ledgers.files import FileLedger
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.content import fill
from tests.ledgers.databases import database, writer

KINDS = ("sqlite", "postgresql", "mariadb", "csv", "own-sqlite", "own-postgresql", "own-mariadb")
AT = datetime(2026, 11, 11, 6, 0, 0, 123456, tzinfo=UTC)
SKU = Sku("00123")
START = 40
_NOW = {"sqlite": "'2026-11-11T06:00:00.123456Z'", "postgresql": "now()", "mariadb": "utc_timestamp(6)"}
_ROW = {"shop": "", "order_id": "", "ref": "", "note": ""}
CONTENT: Mapping[str, list[dict[str, str]]] = {
    "stock": [
        {"sku": "00123", "available": "40", "updated_at": "2026-11-11T05:00:00Z"},
        {"sku": "a", "available": "7", "updated_at": ""},
        {"sku": "A", "available": "-3", "updated_at": ""},
        {"sku": 'đ,"q"', "available": "0", "updated_at": ""},
    ],
    "movements": [
        {"id": "0001", "sku": "00123", "at": "2026-11-11T04:00:00Z", "quantity": "-1", "kind": "order", "balance": "39"}
        | _ROW
        | {"shop": "shopee-vn", "order_id": "A"},
        {"id": "0002", "sku": "00123", "at": "2026-11-11T05:00:00Z", "quantity": "1", "kind": "cancel", "balance": "40"}
        | _ROW
        | {"shop": "shopee-vn", "order_id": "A", "ref": "R-1"},
    ],
}


@dataclass(frozen=True)
class Book:
    """One ledger that can be opened again and again, as every run does."""

    settings: LedgerSettings

    def open(self) -> Ledger:
        return FileLedger(self.settings) if self.settings.type == "file" else SqlLedger(self.settings)

    def stock(self) -> dict[str, int]:
        """Available by SKU, as another program sees it."""
        return {str(sku): int(available) for sku, available in self._rows("stock", ("sku", "available"))}

    def movements(self) -> list[tuple[str, int]]:
        """Ref and quantity of every movement that has a ref, sorted."""
        rows = self._rows("movements", ("ref", "quantity"))
        return sorted((str(ref), int(quantity)) for ref, quantity in rows if ref)

    def _rows(self, table: str, columns: tuple[str, str]) -> list[tuple[str, str]]:
        if self.settings.path is not None:
            with (self.settings.path / f"{table}.csv").open(encoding="utf-8", newline="") as file:
                return [(row[columns[0]], row[columns[1]]) for row in csv.DictReader(file)]
        with writer(self.settings.url or "").connect() as connection:
            rows = connection.execute(text(f"SELECT {columns[0]}, {columns[1]} FROM {table}"))
            return [(row[0], row[1]) for row in rows]


@contextmanager
def book(kind: str, folder: Path) -> Iterator[Book]:
    """A book of this kind with the content above; `own-` ones post by the seller's own statement."""
    if kind == "csv":
        path = folder / "ledger"
        path.mkdir()
        for name, rows in CONTENT.items():
            with (path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                made = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                made.writeheader()
                made.writerows(rows)
        yield Book(LedgerSettings("file", folder, path=path, zone="UTC"))
        return
    name = kind.removeprefix("own-")
    with database(name, folder) as url:
        fill(writer(url), CONTENT)
        correct = own_statement(name) if kind != name else None
        yield Book(LedgerSettings("sql", folder, url=url, zone="UTC", correct=correct))


def own_statement(name: str) -> str:
    """Two statements, as a seller would write them down."""
    return (
        "INSERT INTO movements (id, sku, at, quantity, kind, ref, note) "
        f"VALUES (:ref, :sku, {_NOW[name]}, :quantity, 'correction', :ref, :note);\n"
        "UPDATE stock SET available = available + :quantity WHERE sku = :sku -- not :sku's neighbours"
    )


def request(
    by: int = -1, ref: str = "sr-1", available: int = START, sku: str = SKU, note: str = "why, and since when"
) -> CorrectionRequest:
    return CorrectionRequest(Sku(sku), by, ref, note, AT, available)


def rows_read(opened: Ledger, spool: Path) -> dict[str, list[dict[str, str]]]:
    """The tables as a run reads them."""
    read = opened.read(spool, AT)
    return {name: _rows(Path(table.path)) for name, table in read.tables.items()}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def posted_once(book: Book, asked: CorrectionRequest, before: int) -> None:
    """What a next run does about a correction that nobody knows the end of; then the book has it exactly once."""
    with closing(book.open()) as opened:
        posted = opened.posted([asked.ref])
        if not posted:
            answer = opened.correct(asked)
            assert answer.answered.value == "accepted", answer
        assert opened.posted([asked.ref]) == {asked.ref: asked.by}
    assert [found for found in book.movements() if found[0] == asked.ref] == [(asked.ref, asked.by)]
    assert book.stock()[asked.sku] == before + asked.by
