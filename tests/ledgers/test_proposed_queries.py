"""Queries that `init --ledger-url` proposes: they merge no two SKUs, drop no row, and can be filled in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import DataFault
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.databases import run
from tests.ledgers.test_proposing import NOW, ODOO, accepted, comments, made, proposed
from tests.ledgers.test_sql_alike import EXACT, LOOSE, kind_of

LEVELS = (
    "CREATE TABLE stock_levels (sku VARCHAR(40) {collate} NOT NULL, warehouse VARCHAR(10) NOT NULL,"
    " on_hand INTEGER, reserved INTEGER, PRIMARY KEY (sku, warehouse))"
)


def levels(url: str, collate: dict[str, str], rows: str) -> None:
    kind = kind_of(url)
    if kind == "postgresql":
        run(url, "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    run(url, LEVELS.format(collate=collate[kind]), f"INSERT INTO stock_levels VALUES {rows}")


def faults_by_the_proposal(url: str, folder: Path) -> list[str]:
    """What a reading by the proposed configuration refuses."""
    _, settings = proposed(url, folder)
    ledger = SqlLedger(settings)
    with pytest.raises(DataFault) as caught:
        ledger.read(folder, NOW)
    ledger.close()
    return [f"{fault.file}: {fault.text}" for fault in caught.value.faults]


def test_skus_that_are_one_to_the_database_are_not_added_up(url: str, tmp_path: Path) -> None:
    """Two SKUs in two warehouses, one to the collation: both are named, and no sum of theirs is read."""
    levels(url, LOOSE, "('ABC', 'HCM', 3, 0), ('abc', 'HN', 40, 0), ('B', 'HN', 1, 0), ('B', 'HCM', 2, 0)")
    (told,) = faults_by_the_proposal(url, tmp_path)
    assert told.startswith("queries.stock: 'ABC' and 'abc' are different SKUs here"), told


@pytest.mark.parametrize("collation", ["utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin"])
def test_blanks_at_the_end_are_not_added_up(mariadb: str, tmp_path: Path, collation: str) -> None:
    """Also where the collation is called binary, and pads."""
    levels(mariadb, {"mariadb": f"COLLATE {collation}"}, "('A', 'HCM', 3, 0), ('A ', 'HN', 40, 0)")
    (told,) = faults_by_the_proposal(mariadb, tmp_path)
    assert "'A' and 'A '" in told


def test_rows_of_one_sku_are_added_up(url: str, tmp_path: Path) -> None:
    """Where the collation tells SKUs apart, and where it does not: one spelling is one SKU."""
    levels(url, LOOSE, "('ABC', 'HCM', 3, 1), ('ABC', 'HN', 40, 0), ('Café', 'HN', 5, 5)")
    _, settings = proposed(url, tmp_path)
    read = accepted(settings, tmp_path)
    assert {row["sku"]: row["available"] for row in read["stock"]} == {"ABC": "42", "Café": "0"}


def test_spellings_that_the_database_tells_apart(url: str, tmp_path: Path) -> None:
    """An exact collation: two SKUs, each with its own sum."""
    levels(url, EXACT, "('ABC', 'HCM', 3, 0), ('abc', 'HCM', 40, 0), ('abc', 'HN', 1, 0)")
    _, settings = proposed(url, tmp_path)
    read = accepted(settings, tmp_path)
    assert {row["sku"]: row["available"] for row in read["stock"]} == {"ABC": "3", "abc": "41"}


def test_a_warehouse_whose_units_nobody_knows(url: str, tmp_path: Path) -> None:
    """NULL in one of a SKU's rows: a fault that names the SKU, not a sum without that row."""
    levels(url, EXACT, "('A', 'HCM', 3, 0), ('A', 'HN', 5, NULL), ('B', 'HN', 1, 0)")
    (told,) = faults_by_the_proposal(url, tmp_path)
    assert told.startswith("queries.stock: row with sku 'A'"), told
    assert "NULL" in told


MOVES = (
    "CREATE TABLE stock_move (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, {q}date{q} {time} NOT NULL,"
    " quantity INTEGER NOT NULL, move_type VARCHAR(20) {exact} NOT NULL,"
    " FOREIGN KEY (product_id) REFERENCES product_product (id))",
    "INSERT INTO stock_move VALUES (1, 1, '2026-11-11 04:00:00', -1, 'SALE')",
    "INSERT INTO stock_move VALUES (2, 1, '2026-11-11 05:00:00', 1, 'it''s')",
    "INSERT INTO stock_move VALUES (3, 2, '2026-11-11 05:30:00', 2, 'manual')",
)


def test_words_of_ones_own_stand_in_the_query(url: str, tmp_path: Path) -> None:
    """Beside a query no mapping can say what a word means, so the query says it, a ? where nobody can tell."""
    made(url, (*ODOO, *MOVES))
    text, settings = proposed(url, tmp_path)
    assert set(accepted(settings, tmp_path)) == {"stock"}
    query = "CASE t.move_type WHEN 'SALE' THEN 'order' WHEN 'it''s' THEN '?' ELSE CAST(t.move_type AS"
    assert query in comments(text)
    assert "In place of each ? write one of order, cancel, return, manual" in comments(text)


def left_query(text: str) -> str:
    """The query that stands in comments, without its marks."""
    lines = text.splitlines()
    head = next(at for at, line in enumerate(lines) if "A query to begin with" in line)
    begun = next(at for at, line in enumerate(lines) if at > head and line.startswith("  #   "))
    return "\n".join(line.removeprefix("  #   ") for line in lines[begun:] if line.startswith("  #   "))


def kinds_read(url: str, folder: Path, settings: LedgerSettings, query: str) -> list[tuple[str, str]]:
    filled = replace(settings, zone="UTC", queries={**settings.queries, "movements": query})
    return sorted((row["id"], row["kind"]) for row in accepted(filled, folder)["movements"])


def test_the_query_with_its_words_filled_in(url: str, tmp_path: Path) -> None:
    """As a person would put it under `queries`: it is read, each word as ours."""
    made(url, (*ODOO, *MOVES))
    text, settings = proposed(url, tmp_path)
    read = kinds_read(url, tmp_path, settings, left_query(text).replace("'?'", "'return'"))
    assert read == [("1", "order"), ("2", "return"), ("3", "manual")]


def test_numbers_for_kinds(url: str, tmp_path: Path) -> None:
    """A kind that is a number is compared as a number."""
    moves = [
        one.replace("VARCHAR(20) {exact}", "INTEGER").replace("'SALE'", "1").replace("'it''s'", "2") for one in MOVES
    ]
    made(url, (*ODOO, *(one.replace("'manual'", "1") for one in moves)))
    text, settings = proposed(url, tmp_path)
    query = left_query(text)
    assert "CASE t.move_type WHEN 1 THEN '?' WHEN 2 THEN '?' ELSE" in query
    query = query.replace("1 THEN '?'", "1 THEN 'order'").replace("2 THEN '?'", "2 THEN 'cancel'")
    assert kinds_read(url, tmp_path, settings, query) == [("1", "order"), ("2", "cancel"), ("3", "order")]


def test_known_words_need_nobody(url: str, tmp_path: Path) -> None:
    """Each of them is told by the query: the movements are proposed and read."""
    made(url, (*ODOO, *MOVES, "UPDATE stock_move SET move_type = 'void' WHERE id = 2"))
    _, settings = proposed(url, tmp_path)
    read = accepted(settings, tmp_path)
    assert sorted((row["id"], row["sku"], row["kind"]) for row in read["movements"]) == [
        ("1", "A-1", "order"),
        ("2", "A-1", "cancel"),
        ("3", "00123", "manual"),
    ]
