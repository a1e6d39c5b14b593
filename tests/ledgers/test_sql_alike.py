"""SKUs that the database's collation takes for one: an error that names both spellings, and never a merge."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.errors import DataFault
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.databases import run

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
Make = Callable[..., SqlLedger]
STOCK = "CREATE TABLE stock (sku VARCHAR(40) {collate} NOT NULL{key}, available INTEGER NOT NULL)"
MOVEMENTS = """CREATE TABLE movements (id INTEGER NOT NULL PRIMARY KEY, sku VARCHAR(40) {collate} NOT NULL,
    at VARCHAR(40) NOT NULL, quantity INTEGER NOT NULL, kind VARCHAR(20) NOT NULL)"""
LOOSE = {
    "sqlite": "COLLATE NOCASE",
    "postgresql": "COLLATE loose",
    "mariadb": "COLLATE utf8mb4_unicode_ci",
}
EXACT = {"sqlite": "", "postgresql": 'COLLATE "C"', "mariadb": "COLLATE utf8mb4_nopad_bin"}


def kind_of(url: str) -> str:
    return url.partition(":")[0].partition("+")[0]


def tables(url: str, collate: dict[str, str], stock: str, movements: str = "", key: str = "") -> None:
    kind = kind_of(url)
    if kind == "postgresql":
        made = "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        run(url, made)
    run(url, STOCK.format(collate=collate[kind], key=key), f"INSERT INTO stock VALUES {stock}")
    if movements:
        run(url, MOVEMENTS.format(collate=collate[kind]), f"INSERT INTO movements VALUES {movements}")


def faults_of(made: SqlLedger, folder: Path) -> list[str]:
    with pytest.raises(DataFault) as caught:
        made.read(folder, NOW)
    return [f"{fault.file}: {fault.text}" for fault in caught.value.faults]


def test_two_rows_that_are_one_to_the_database(url: str, ledger: Make, tmp_path: Path) -> None:
    """Case, where the collation does not tell it: both spellings are named."""
    tables(url, LOOSE, "('AO-1', 5), ('ao-1', 3), ('B', 1)")
    (told,) = faults_of(ledger(url, zone="UTC"), tmp_path)
    assert told.startswith("table stock: 'AO-1' and 'ao-1' are different SKUs here"), told


@pytest.mark.parametrize(("first", "second"), [("café", "cafe"), ("A", "A "), ("ＡＢ", "ab")])
def test_accents_blanks_and_width_of_mariadb(
    mariadb: str, ledger: Make, tmp_path: Path, first: str, second: str
) -> None:
    """Whatever the usual collation ignores."""
    tables(mariadb, LOOSE, f"('{first}', 5), ('{second}', 3)")
    (told,) = faults_of(ledger(mariadb, zone="UTC"), tmp_path)
    assert repr(first) in told
    assert repr(second) in told


def test_blanks_that_a_binary_collation_ignores(mariadb: str, ledger: Make, tmp_path: Path) -> None:
    """utf8mb4_bin pads: 'A' and 'A ' are one to it."""
    tables(mariadb, {"mariadb": "COLLATE utf8mb4_bin"}, "('A', 5), ('A ', 3), ('a', 1)")
    (told,) = faults_of(ledger(mariadb, zone="UTC"), tmp_path)
    assert "'A' and 'A '" in told


def test_a_query_is_told_as_well(url: str, ledger: Make, tmp_path: Path) -> None:
    """The seller's own statement has its columns' collation."""
    tables(url, LOOSE, "('AO-1', 5), ('ao-1', 3)")
    made = ledger(url, zone="UTC", queries={"stock": "SELECT sku, available FROM stock -- all"})
    (told,) = faults_of(made, tmp_path)
    assert told.startswith("queries.stock: 'AO-1' and 'ao-1'"), told


def test_a_movement_that_spells_the_sku_otherwise(url: str, ledger: Make, tmp_path: Path) -> None:
    """The seller's own joins would find the stock's row, this program would not: neither is right without a word."""
    rows = "(1, 'AO-1', '2026-11-11T04:00:00Z', -1, 'order'), (2, 'ao-1', '2026-11-11T05:00:00Z', 1, 'cancel')"
    tables(
        url, LOOSE, "('AO-1', 5), ('B', 3)", rows + ", (3, 'gone', '2026-11-11T05:00:00Z', 1, 'manual')", " PRIMARY KEY"
    )
    (told,) = faults_of(ledger(url, zone="UTC"), tmp_path)
    assert told.startswith("table movements and table stock: 'AO-1' and 'ao-1' are different SKUs"), told


@pytest.mark.parametrize("query", [None, "SELECT sku, available FROM stock"])
def test_where_the_database_tells_them_apart_so_do_we(
    url: str, ledger: Make, tmp_path: Path, query: str | None
) -> None:
    """A binary collation: two SKUs, no fault, also through a query."""
    rows = "(1, 'AO-1', '2026-11-11T04:00:00Z', -1, 'order'), (2, 'ao-2', '2026-11-11T05:00:00Z', 1, 'cancel')"
    tables(url, EXACT, "('AO-1', 5), ('ao-1', 3), ('AO-2', 3), ('AO-1 ', 2)", rows)
    made = ledger(url, zone="UTC", queries={"stock": query} if query else {})
    read = made.read(tmp_path, NOW)
    assert Path(read.tables["stock"].path).read_text(encoding="utf-8").count("\n") == 5
