"""What a database holds arrives exactly, from every database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.content import CONTENT, fill, rows_of
from tests.ledgers.databases import writer

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)


def test_every_database_gives_the_same_rows(url: str, ledger: Callable[..., SqlLedger], tmp_path: Path) -> None:
    """Text, numbers, times and truth values are the same, whatever holds them."""
    fill(writer(url))
    read = ledger(url, zone="UTC").read(tmp_path / "spool", NOW)
    got = {name: sorted(map(str, rows)) for name, rows in rows_of(read).items()}
    assert got == {name: sorted(map(str, rows)) for name, rows in CONTENT.items()}
    assert all(file.trusted for file in read.tables.values())
    assert read.type == "sql"
