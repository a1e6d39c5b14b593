"""How PostgreSQL proves that rows are as they were: what is in a block, and that all its workers take part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql import SqlLedger, going
from stockrecon.ledgers.sql.blocks import Blocked, blocked, quickly, summed
from stockrecon.ledgers.sql.connection import open_engine, place_of, snapshot
from stockrecon.ledgers.sql.sources import sources_of
from tests.ledgers.databases import run
from tests.ledgers.reading_on import readings

NOW = datetime(2026, 11, 11, 6, 30, tzinfo=UTC)
MOVEMENT = "INSERT INTO movements VALUES ({}, 'S-1', '{}', -1, 'order')"


def book(url: str, *times: str, kind: str = "TIMESTAMP WITH TIME ZONE") -> None:
    run(
        url,
        'CREATE TABLE stock (sku TEXT COLLATE "C" PRIMARY KEY, available INTEGER NOT NULL)',
        'CREATE TABLE movements (id INTEGER PRIMARY KEY, sku TEXT COLLATE "C" NOT NULL,'
        f" at {kind} NOT NULL, quantity INTEGER NOT NULL, kind TEXT NOT NULL)",
        *(f"INSERT INTO stock VALUES ('S-{number}', {number})" for number in range(40)),
        *(MOVEMENT.format(number, at) for number, at in enumerate(times)),
    )


@contextmanager
def tables(url: str, folder: Path) -> Iterator[tuple[Connection, dict[str, Blocked]]]:
    settings = LedgerSettings("sql", folder, url=url, zone="UTC")
    place = place_of(settings)
    with snapshot(open_engine(place), place, NOW) as (connection, _):
        found = {}
        for source in sources_of(connection, settings)[0]:
            table = blocked(connection, source, settings)
            if table is not None:
                found[source.table.name] = table
        yield connection, found


@pytest.mark.parametrize("kind", ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
def test_a_sum_is_of_the_hour_in_which_its_rows_are_read(postgresql: str, tmp_path: Path, kind: str) -> None:
    """From its first microsecond to its last, whether the column knows its zone or not."""
    offset = "+00" if "ZONE" in kind else ""
    times = ("05:00:00", "05:59:59.999999", "06:00:00", "06:00:00.000001", "23:59:59.999999")
    book(postgresql, *(f"2026-11-09 {time}{offset}" for time in times), kind=kind)
    with tables(postgresql, tmp_path) as (connection, found):
        movements = found["movements"]
        sums = summed(connection, movements)
        assert sums is not None
        by_row: dict[int, int] = {}
        for row in connection.execute(movements.rows(None)):
            by_row[row.block] = by_row.get(row.block, 0) + 1
        assert {block: one.rows for block, one in sums.items()} == by_row
        assert len(connection.execute(movements.rows(list(sums)[:1])).all()) == sums[next(iter(sums))].rows
        assert sorted(by_row.values()) == [1, 2, 2]
        assert min(sums) == movements.hour_of(datetime(2026, 11, 9, 5, 30, tzinfo=UTC), "UTC")


@pytest.mark.parametrize("name", ["stock", "movements"])
def test_all_workers_sum_up(postgresql: str, tmp_path: Path, name: str) -> None:
    """Each a part for itself: PostgreSQL expects few blocks, and nothing that a single process has to do."""
    book(postgresql)
    run(
        postgresql,
        "INSERT INTO stock SELECT 'T-' || i, i FROM generate_series(1, 20000) i",
        "INSERT INTO movements SELECT i, 'T-' || i, timestamptz '2026-11-09 05:00Z' + i * interval '10 s', -1, 'order'"
        " FROM generate_series(1, 20000) i",
        "ANALYZE",
    )
    with tables(postgresql, tmp_path) as (connection, found):
        quickly(connection)
        for setting in ("min_parallel_table_scan_size = 0", "parallel_setup_cost = 0"):
            connection.exec_driver_sql(f"SET LOCAL {setting}")
        statement = found[name].sums().compile(connection.engine, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}"))
    assert f"Parallel Seq Scan on {name}" in plan
    assert "Partial" in plan


@pytest.mark.parametrize("odd", ["infinity", "-infinity", "1969-12-31 23:00:00+00", "1900-01-01 00:00:00+00"])
def test_a_time_that_is_in_no_hour_means_reading_all(
    postgresql: str, tmp_path: Path, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before 1970, and without an end, nothing is proven; what is read is what a reading in full reads, or refuses."""
    monkeypatch.setattr(going, "KEPT_FROM", 10)
    book(postgresql, odd, *(f"2026-11-09 05:{number:02}:00+00" for number in range(40)))
    settings = LedgerSettings("sql", tmp_path, url=postgresql, zone="UTC")
    with closing(SqlLedger(settings)) as ledger, readings(ledger, tmp_path) as kept:
        if "infinity" in odd:
            with pytest.raises(ReadFault) as full:
                kept.full(NOW)
            with pytest.raises(ReadFault) as on:
                kept.on(NOW)
            assert str(on.value) == str(full.value)
        else:
            read, rows = kept.on(NOW)
            assert rows == kept.full(NOW)
            assert set(read.to_keep) == {"stock"}
