"""All ways of keeping the contract's tables give the same rows for the same content, and never more than was there."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.ledgers.base import Ledger
from stockrecon.ledgers.files import FileLedger
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.content import CONTENT, Rows, book, fill, rows_of
from tests.ledgers.databases import database, writer

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
KEPT = ("sqlite", "postgresql", "mariadb", "csv", "xlsx")


def make(kind: str, folder: Path, content: Mapping[str, Rows], url: str = "") -> Ledger:
    """A ledger of this kind with this content."""
    if kind == "csv":
        for name, rows in content.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                made = csv.DictWriter(file, LEDGER_TABLES[name].names, lineterminator="\n")
                made.writeheader()
                made.writerows(rows)
        return FileLedger(LedgerSettings("file", folder, path=folder, zone="UTC"))
    if kind == "xlsx":
        book(content).save(folder / "ledger.xlsx")
        return FileLedger(LedgerSettings("file", folder, path=folder, zone="UTC"))
    fill(writer(url), content)
    return SqlLedger(LedgerSettings("sql", folder, url=url, zone="UTC"))


@pytest.fixture(params=KEPT)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A kind of ledger, with the URL of an empty database where it is one."""
    if request.param in ("csv", "xlsx"):
        yield request.param, ""
        return
    with database(request.param, tmp_path) as url:
        yield request.param, url


def test_the_same_content_gives_the_same_rows(kept: tuple[str, str], tmp_path: Path) -> None:
    """Text, numbers, times and truth values arrive exactly, whatever holds them."""
    kind, url = kept
    with closing(make(kind, tmp_path, CONTENT, url)) as ledger:
        read = ledger.read(tmp_path / "spool", NOW)
    got = {name: sorted(map(str, rows)) for name, rows in rows_of(read).items()}
    assert got == {name: sorted(map(str, rows)) for name, rows in CONTENT.items()}


def test_optional_tables_may_be_missing(kept: tuple[str, str], tmp_path: Path) -> None:
    """A ledger of stock alone is read, and nothing is made up for the rest."""
    kind, url = kept
    if kind in ("csv", "xlsx"):
        ledger = make(kind, tmp_path, {"stock": CONTENT["stock"]})
    else:
        with writer(url).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE stock (sku VARCHAR(50), available INTEGER)")
            connection.exec_driver_sql("INSERT INTO stock VALUES ('00123', 40)")
        ledger = SqlLedger(LedgerSettings("sql", tmp_path, url=url))
    with closing(ledger):
        read = ledger.read(tmp_path / "spool", NOW)
        lines = ledger.check()
    assert set(read.tables) == {"stock"}
    assert rows_of(read)["stock"][0]["sku"] == "00123"
    remarks = {line.what for line in lines if line.ok is None}
    assert {"movements", "listings", "pushes"} <= remarks
    assert not [line for line in lines if line.ok is False]
