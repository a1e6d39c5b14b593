"""A seller's own columns, named by a mapping with the words that spreadsheets have: read, looked up, written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from stockrecon.core.mapping import From, TableMap
from stockrecon.core.model import Sku
from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.content import rows_of
from tests.ledgers.databases import run, writer

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
Make = Callable[..., SqlLedger]
ITEMS = """CREATE TABLE items (code VARCHAR(40) {binary} NOT NULL PRIMARY KEY, on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL, shop INTEGER)"""
MOVES = """CREATE TABLE moves (nr INTEGER NOT NULL PRIMARY KEY, item VARCHAR(40) {binary} NOT NULL,
    booked VARCHAR(40) NOT NULL, qty INTEGER NOT NULL, cause INTEGER NOT NULL, doc VARCHAR(100), shop INTEGER)"""
CAUSES = {"1": "order", "2": "cancel", "3": "correction"}


def plain(**names: str) -> dict[str, From]:
    return {name: From(((own,),)) for name, own in names.items()}


def mapping(**more: Mapping[str, str]) -> dict[str, TableMap]:
    """As the configuration makes it: `shop` is not named, and is a number that means something else."""
    available = {"available": From((("on_hand",),), (("reserved",),))}
    moves = plain(id="nr", sku="item", at="booked", quantity="qty", kind="cause", ref="doc")
    return {
        "stock": TableMap("mapping", plain(sku="code") | available),
        "movements": TableMap("mapping", moves, values={"kind": CAUSES}, **more),  # type: ignore[arg-type]
    }


def erp(url: str) -> None:
    binary = "COLLATE utf8mb4_nopad_bin" if "mariadb" in url else ""
    run(
        url,
        ITEMS.format(binary=binary),
        MOVES.format(binary=binary),
        "INSERT INTO items VALUES ('00123', 45, 5, 7), ('a', 3, 4, NULL), ('A', 2, 0, 1)",
        "INSERT INTO moves VALUES (10, '00123', '2026-11-11T04:00:00Z', -1, 1, NULL, 7),"
        " (11, '00123', '2026-11-11T05:00:00Z', 1, 2, 'R-1', 7)",
    )


TABLES = {"stock": "items", "movements": "moves"}


def test_columns_sums_and_values_of_ones_own(url: str, ledger: Make, tmp_path: Path) -> None:
    """What the mapping names is read under the contract's names; an optional column that it does not name is not."""
    erp(url)
    read = rows_of(ledger(url, tables=TABLES, mapping=mapping()).read(tmp_path, NOW))
    assert {row["sku"]: row["available"] for row in read["stock"]} == {"00123": "40", "a": "-1", "A": "2"}
    told = [(row["id"], row["kind"], row["ref"], row["shop"]) for row in read["movements"]]
    assert sorted(told) == [("10", "order", "", ""), ("11", "cancel", "R-1", "")]


def test_one_value_for_every_row(url: str, ledger: Make, tmp_path: Path) -> None:
    """`fixed` says what the table does not."""
    erp(url)
    read = rows_of(ledger(url, tables=TABLES, mapping=mapping(fixed={"shop": "shopee-vn"})).read(tmp_path, NOW))
    assert {row["shop"] for row in read["movements"]} == {"shopee-vn"}


def test_the_settle_pass_reads_by_the_mapping(url: str, ledger: Make) -> None:
    """Sums too, and only what is spelled exactly so."""
    erp(url)
    made = ledger(url, tables=TABLES, mapping=mapping())
    assert made.reread([Sku("00123"), Sku("a"), Sku("123")]) == {"00123": 40, "a": -1}


def test_a_correction_goes_where_the_mapping_says(url: str, ledger: Make) -> None:
    """Into the seller's own columns and with the seller's own word for it; read back it is a correction."""
    erp(url)
    mapped = mapping() | {"stock": TableMap("mapping", plain(sku="code", available="on_hand"))}
    made = ledger(url, tables=TABLES, mapping=mapped, zone="UTC")
    assert made.corrects() is None
    answer = made.correct(CorrectionRequest(Sku("00123"), -1, "sr-1", "why", NOW, 45))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, 44), answer
    with writer(url).connect() as connection:
        row = connection.execute(text("SELECT item, qty, cause, doc FROM moves WHERE doc = 'sr-1'")).one()
        assert tuple(row) == ("00123", -1, 3, "sr-1")
    assert made.posted(["sr-1"]) == {"sr-1": -1}


def test_a_sum_takes_no_correction(url: str, ledger: Make) -> None:
    """Which of the summed columns would have to change, nobody can tell: the way on is the seller's own statement."""
    erp(url)
    why = ledger(url, tables=TABLES, mapping=mapping(), zone="UTC").corrects() or ""
    assert "stock.available is a sum of columns" in why
    assert "ledger.correct" in why


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"sku": "cod"}, "did you mean code?"),
        ({"available": "free"}, "has no column free"),
        ({"sku": "code"}, "column available missing"),
    ],
)
def test_a_column_that_is_not_there_is_named(url: str, ledger: Make, named: dict[str, str], told: str) -> None:
    """With what is there, and which key is to be corrected."""
    erp(url)
    made = ledger(url, tables={"stock": "items"}, mapping={"stock": TableMap("mapping", plain(**named))})
    faults = [line for line in made.check() if line.ok is False]
    assert [line for line in faults if told in line.text and "mapping.columns" in line.way_on], faults
