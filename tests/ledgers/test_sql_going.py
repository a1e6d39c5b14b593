"""What is proven to be as it was is not read again, and a reading on gives the very rows of a reading in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import DataFault
from stockrecon.ledgers.sql import SqlLedger, going
from tests.ledgers.databases import database, run, writer
from tests.ledgers.reading_on import Readings, readings

NOW = datetime(2026, 11, 11, 6, 30, tzinfo=UTC)
SKUS = 60
PER_HOUR = 4
HOURS = 48
Make = Callable[..., Readings]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tables are kept like large ones, and some rows more do not make it worth keeping them anew."""
    monkeypatch.setattr(going, "KEPT_FROM", 10)
    monkeypatch.setattr(going, "_MOST", 2)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:

        def made(url: str, **more: object) -> Readings:
            told = {"zone": "UTC", **more}
            ledger = stack.enter_context(closing(SqlLedger(LedgerSettings("sql", tmp_path, url=url, **told))))  # type: ignore[arg-type]
            return stack.enter_context(readings(ledger, tmp_path))

        yield made


def shop(url: str) -> None:
    """A book of 60 SKUs and two days, an hour's movements beside the other's, the newest at 05:59."""
    postgresql, mariadb = url.startswith("postgresql"), url.startswith("mariadb")
    exact = 'COLLATE "C"' if postgresql else "COLLATE utf8mb4_nopad_bin" if mariadb else ""
    time = "TIMESTAMP WITH TIME ZONE" if postgresql else "DATETIME(6)" if mariadb else "TEXT"
    run(
        url,
        f"CREATE TABLE stock (sku VARCHAR(40) {exact} PRIMARY KEY, available INTEGER NOT NULL)",
        f"CREATE TABLE movements (id INTEGER PRIMARY KEY, sku VARCHAR(40) {exact} NOT NULL, at {time} NOT NULL,"
        " quantity INTEGER NOT NULL, kind VARCHAR(20) NOT NULL, shop VARCHAR(20), order_id VARCHAR(40),"
        " note VARCHAR(90))",
        *(f"INSERT INTO stock VALUES ('S-{number}', {number})" for number in range(SKUS)),
    )
    first = datetime(2026, 11, 9, 6, tzinfo=UTC)
    rows = [
        {"id": n, "sku": f"S-{n % SKUS}", "at": stored(url, first + timedelta(minutes=15 * n + 14)), "note": f"n {n}"}
        for n in range(HOURS * PER_HOUR)
    ]
    with writer(url).begin() as connection:
        statement = "INSERT INTO movements VALUES (:id, :sku, :at, -1, 'order', 'shopee-vn', :note, :note)"
        connection.execute(text(statement), rows)


def stored(url: str, moment: datetime) -> object:
    if url.startswith("sqlite"):
        return moment.isoformat()
    return moment if url.startswith("postgresql") else moment.replace(tzinfo=None)


def sold(url: str, number: int, at: str, sku: str = "S-1") -> str:
    return (
        f"INSERT INTO movements VALUES ({number}, '{sku}', '{at}{zone_of(url)}', -1, 'order', 'shopee-vn', 'o', NULL)"
    )


def zone_of(url: str) -> str:
    return "" if url.startswith("mariadb") else "+00:00"


def test_only_the_newest_and_what_changed_is_read(url: str, make: Make) -> None:
    """The second reading reads the SKU that changed and the last hours, and both have the same rows as one in full."""
    shop(url)
    book = make(url)
    first, rows = book.on(NOW)
    assert rows == book.full(NOW)
    assert set(first.to_keep) == {"stock", "movements"}
    run(url, "UPDATE stock SET available = 7 WHERE sku = 'S-3'", sold(url, 9001, "2026-11-11 06:10:00", "S-3"))
    second, rows = book.on(NOW)
    assert rows == book.full(NOW)
    assert second.warnings == ()
    assert book.fresh["stock"] < SKUS / 4
    assert book.fresh["movements"] <= 3 * PER_HOUR + 1


CHANGED = (
    ("LATE", "2026-11-09 20:00"),
    ("UPDATE movements SET quantity = -2 WHERE id = 30", "2026-11-09 13:00"),
    ("UPDATE movements SET kind = 'manual' WHERE id = 40", "2026-11-09 16:00"),
    ("UPDATE movements SET sku = 'S-9' WHERE id = 50", "2026-11-09 18:00"),
    ("UPDATE movements SET order_id = NULL WHERE id = 60", "2026-11-09 21:00"),
    ("UPDATE movements SET note = '' WHERE id = 70", "2026-11-09 23:00"),
    ("UPDATE movements SET sku = CASE id WHEN 80 THEN 'S-21' ELSE 'S-20' END WHERE id IN (80, 81)", "2026-11-10 02:00"),
    ("DELETE FROM movements WHERE id = 90", "2026-11-10 04:00"),
)


def test_what_changed_below_the_mark_is_seen_and_told(url: str, make: Make) -> None:
    """An insert with an old time, an update of any column, two rows that change places, a delete: the proof fails for
    that hour alone, it is read anew, and the report says so once."""
    shop(url)
    book = make(url)
    book.on(NOW)
    for number, (change, told) in enumerate(CHANGED):
        run(url, sold(url, 9002, "2026-11-09 20:30:00") if change == "LATE" else change)
        read, rows = book.on(NOW + timedelta(minutes=2 * number + 1))
        assert rows == book.full(NOW)
        assert book.fresh["movements"] <= 4 * PER_HOUR + 1
        (note,) = read.warnings
        assert f"1 hour ({told}," in note, change
        read, _ = book.on(NOW + timedelta(minutes=2 * number + 2))
        assert read.warnings == ()


def test_a_movement_that_was_put_away_at_the_old_end_is_no_news(url: str, make: Make) -> None:
    """A query that looks 40 days back drops the oldest each time: nobody needs to be told."""
    shop(url)
    book = make(url)
    book.on(NOW)
    run(url, "DELETE FROM movements WHERE id < 6")
    read, rows = book.on(NOW)
    assert rows == book.full(NOW)
    assert read.warnings == ()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_transaction_that_commits_later_with_an_older_time(kind: str, make: Make, tmp_path: Path) -> None:
    """Its movement was not there when newer ones were read: the overlap reads it anew without a word."""
    with database(kind, tmp_path) as url:
        shop(url)
        book = make(url)
        with writer(url).connect() as other, other.begin():
            other.exec_driver_sql(sold(url, 9003, "2026-11-11 05:10:00"))
            run(url, sold(url, 9004, "2026-11-11 06:20:00"))
            _, rows = book.on(NOW)
            assert rows == book.full(NOW)
            assert not any(row[0] == "9003" for row in rows["movements"])
        read, rows = book.on(NOW)
        assert rows == book.full(NOW)
        assert any(row[0] == "9003" for row in rows["movements"])
        assert read.warnings == ()


def test_a_clock_that_is_wrong(url: str, make: Make) -> None:
    """A movement from the year 2037 does not push the mark away from those that come in now."""
    shop(url)
    run(url, sold(url, 9005, "2037-01-01 00:00:00"))
    book = make(url)
    book.on(NOW)
    run(url, sold(url, 9006, "2026-11-11 06:15:00"))
    read, rows = book.on(NOW)
    assert rows == book.full(NOW)
    assert read.warnings == ()


def test_times_without_an_offset(url: str, make: Make) -> None:
    """The blocks are the database's own hours, wherever its zone lies; SQLite's text is placed as reading places it."""
    shop(url)
    if url.startswith("postgresql"):
        run(url, "ALTER TABLE movements ALTER at TYPE TIMESTAMP")
    elif url.startswith("sqlite"):
        run(url, "UPDATE movements SET at = substr(at, 1, 19)")
    book = make(url, zone="Asia/Kathmandu")
    book.on(NOW)
    run(url, "UPDATE movements SET quantity = -3 WHERE id IN (30, 191)")
    _, rows = book.on(NOW)
    assert rows == book.full(NOW)
    assert book.fresh["movements"] < 12 * PER_HOUR


def test_a_query_is_read_on_as_well(url: str, make: Make) -> None:
    """The seller's own statement, summed up as a part of a statement."""
    shop(url)
    book = make(
        url, queries={"stock": "SELECT sku, available FROM stock", "movements": "SELECT * FROM movements -- all"}
    )
    book.on(NOW)
    run(url, "UPDATE movements SET quantity = -3 WHERE id = 30")
    read, rows = book.on(NOW)
    assert rows == book.full(NOW)
    assert book.fresh["movements"] < 5 * PER_HOUR
    assert len(read.warnings) == 1


def test_another_zone_is_another_reading(sqlite: str, make: Make) -> None:
    """What the meaning of the rows depends on is part of what is kept."""
    shop(sqlite)
    run(sqlite, "UPDATE movements SET at = substr(at, 1, 19)")
    make(sqlite).on(NOW)
    book = make(sqlite, zone="+07:00")
    _, rows = book.on(NOW)
    assert rows == book.full(NOW)
    assert book.fresh["movements"] == HOURS * PER_HOUR


def test_after_a_day_all_is_read(sqlite: str, make: Make) -> None:
    """`full_read` says how often; `always` keeps nothing."""
    shop(sqlite)
    book = make(sqlite)
    book.on(NOW)
    book.on(NOW + timedelta(hours=23))
    assert book.fresh["movements"] < HOURS * PER_HOUR
    book.on(NOW + timedelta(hours=25))
    assert book.fresh["movements"] == HOURS * PER_HOUR
    always = make(sqlite, full_read=timedelta(0))
    read, _ = always.on(NOW + timedelta(hours=25))
    assert (dict(read.kept), dict(read.to_keep)) == ({}, {})


def test_a_row_that_is_wrong_is_told_as_in_full(url: str, make: Make, tmp_path: Path) -> None:
    """All faults of all rows, wherever they lie."""
    shop(url)
    book = make(url)
    book.on(NOW)
    run(url, "UPDATE movements SET kind = 'odd' WHERE id IN (30, 191)")
    told = []
    for read in (book.on, book.full):
        with pytest.raises(DataFault) as caught:
            read(NOW)
        told.append([fault.text for fault in caught.value.faults])
    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_a_sku_of_mariadb_that_is_new(mariadb: str, make: Make) -> None:
    """It may be one that the database takes an older movement's for: that is found out as in a reading in full."""
    shop(mariadb)
    run(
        mariadb,
        "ALTER TABLE stock MODIFY sku VARCHAR(40) COLLATE utf8mb4_general_ci",
        "ALTER TABLE movements MODIFY sku VARCHAR(40) COLLATE utf8mb4_general_ci",
        "DELETE FROM stock WHERE sku = 'S-40'",
    )
    book = make(mariadb)
    book.on(NOW)
    run(mariadb, "INSERT INTO stock VALUES ('s-40', 1)")
    with pytest.raises(DataFault, match="'S-40' and 's-40'"):
        book.on(NOW)


def test_a_damaged_file_is_not_used(sqlite: str, make: Make) -> None:
    """Nor one that is gone: all is read, and kept anew."""
    shop(sqlite)
    book = make(sqlite)
    book.on(NOW)
    for path in (book.folder / "state" / "kept").iterdir():
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    _, rows = book.on(NOW + timedelta(minutes=1))
    assert rows == book.full(NOW)
    assert book.fresh["movements"] == HOURS * PER_HOUR
    book.on(NOW + timedelta(minutes=2))
    assert book.fresh["movements"] < HOURS * PER_HOUR
    for path in (book.folder / "state" / "kept").iterdir():
        path.unlink()
    _, rows = book.on(NOW + timedelta(minutes=3))
    assert book.fresh["movements"] == HOURS * PER_HOUR


CHANGES = st.lists(
    st.lists(
        st.one_of(
            st.tuples(st.just("late"), st.integers(0, HOURS * 60)),
            st.tuples(st.just("delete"), st.integers(0, HOURS * PER_HOUR)),
            st.tuples(st.sampled_from(["quantity", "at", "sku", "id"]), st.integers(0, HOURS * PER_HOUR)),
            st.tuples(st.sampled_from(["stock", "gone", "new"]), st.integers(0, SKUS)),
        ),
        max_size=4,
    ),
    min_size=1,
    max_size=4,
)


def statement_of(kind: str, number: int, serial: int) -> str:
    at = (datetime(2026, 11, 9, 6, tzinfo=UTC) + timedelta(minutes=number)).isoformat()
    return {
        "late": f"INSERT INTO movements VALUES ({serial}, 'S-1', '{at}', 2, 'cancel', 'shopee-vn', 'o', NULL)",
        "delete": f"DELETE FROM movements WHERE id = {number}",
        "quantity": f"UPDATE movements SET quantity = quantity - 1 WHERE id = {number}",
        "at": f"UPDATE movements SET at = '{at}' WHERE id = {number}",
        "sku": f"UPDATE movements SET sku = 'S-2' WHERE id = {number}",
        "id": f"UPDATE movements SET id = {serial} WHERE id = {number}",
        "stock": f"UPDATE stock SET available = available + 1 WHERE sku = 'S-{number}'",
        "gone": f"DELETE FROM stock WHERE sku = 'S-{number}'",
        "new": f"INSERT INTO stock VALUES ('N-{serial}', {number})",
    }[kind]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_reading_on_is_reading_in_full(
    tmp_path_factory: pytest.TempPathFactory, changes: list[list[tuple[str, int]]]
) -> None:
    """Whatever is written between the runs, and in whichever hour it falls."""
    folder = tmp_path_factory.mktemp("law")
    with database("sqlite", folder) as url:
        shop(url)
        with (
            closing(SqlLedger(LedgerSettings("sql", folder, url=url, zone="UTC"))) as ledger,
            readings(ledger, folder) as book,
        ):
            book.on(NOW)
            for number, some in enumerate(changes):
                serial = 10_000 + 100 * number
                run(url, *(statement_of(kind, place, serial + index) for index, (kind, place) in enumerate(some)))
                _, rows = book.on(NOW + timedelta(minutes=number + 1))
                assert rows == book.full(NOW)
