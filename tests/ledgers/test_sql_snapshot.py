"""One snapshot, read-only, with the database's own clock; the settle pass; the seller's own queries; the check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from stockrecon.config.ddl import ledger_ddl
from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql import SqlLedger, create_tables
from stockrecon.ledgers.sql.connection import place_of, snapshot
from stockrecon.ledgers.sql.statements import checked, split
from tests.ledgers.content import CONTENT, fill, rows_of
from tests.ledgers.databases import run, writer

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Make = Callable[..., SqlLedger]


def kind_of(url: str) -> str:
    return writer(url).dialect.name


def test_what_is_written_meanwhile_is_not_seen(url: str, ledger: Make, tmp_path: Path) -> None:
    """Movements that are read after stock belong to the same moment, though another program writes in between."""
    fill(writer(url))
    if kind_of(url) == "sqlite":
        run(url, "PRAGMA journal_mode = WAL")
    made = ledger(url, zone="UTC")
    engine, _ = made._opened()
    written: list[str] = []

    def meanwhile(conn: object, cursor: object, statement: str, *_: object) -> None:
        if "movements" in statement and "quantity" in statement and "SELECT" in statement and not written:
            written.append(statement)
            run(
                url,
                "UPDATE stock SET available = 39 WHERE sku = '00123'",
                "INSERT INTO movements (id, sku, at, quantity, kind) "
                "VALUES ('0003', '00123', '2026-11-11 05:30:00', -1, 'order')",
            )

    event.listen(engine, "before_cursor_execute", meanwhile)
    first = rows_of(made.read(tmp_path / "one", NOW))
    assert written
    assert [row["id"] for row in first["movements"]] == ["0001", "0002"]
    second = rows_of(made.read(tmp_path / "two", NOW))
    assert len(second["movements"]) == 3
    assert {row["sku"]: row["available"] for row in second["stock"]}["00123"] == "39"


def test_the_time_is_the_servers(url: str, ledger: Make, tmp_path: Path) -> None:
    """The ledger is judged at its server's clock; SQLite has none, so the run's own time counts."""
    run(url, "CREATE TABLE stock (sku VARCHAR(9), available INTEGER)")
    ahead = datetime.now(UTC) + timedelta(hours=2)
    as_of = ledger(url).read(tmp_path, ahead).as_of
    assert as_of is not None
    assert as_of.tzinfo is UTC
    if kind_of(url) == "sqlite":
        assert as_of == ahead
    else:
        assert abs(as_of - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_run_that_is_told_its_time_can_be_repeated(url: str, ledger: Make, tmp_path: Path) -> None:
    """With a time in the past the ledger is as of that time, so that the same content gives the same bytes."""
    run(url, "CREATE TABLE stock (sku VARCHAR(9), available INTEGER)")
    assert ledger(url).read(tmp_path, NOW).as_of == NOW


def test_nothing_can_be_written_through_the_reading(url: str, ledger: Make) -> None:
    """The transaction is read-only: a statement that slipped through would be refused by the database itself."""
    run(url, "CREATE TABLE stock (sku VARCHAR(9), available INTEGER)")
    made = ledger(url)
    engine, place = made._opened()
    with pytest.raises(ReadFault), snapshot(engine, place, NOW) as (connection, _):
        connection.exec_driver_sql("INSERT INTO stock VALUES ('A', 1)")
    assert made.reread([Sku("A")]) == {}


def test_queries_of_the_seller(url: str, ledger: Make, tmp_path: Path) -> None:
    """Percent signs, colons, comments and WITH arrive at the database as they were written."""
    run(url, "CREATE TABLE goods (code VARCHAR(9), qty INTEGER)", "INSERT INTO goods VALUES ('A%', 5), ('B:x', 6)")
    query = (
        "WITH part AS (SELECT code, qty FROM goods WHERE code LIKE 'A%' OR code = 'B:x')\n"
        "SELECT code AS sku, qty AS available, 'x' AS more FROM part -- the shop's own; one"
    )
    made = ledger(url, queries={"stock": query})
    rows = rows_of(made.read(tmp_path, NOW))["stock"]
    assert [(row["sku"], row["available"]) for row in rows] == [("A%", "5"), ("B:x", "6")]
    assert made.reread([Sku("A%"), Sku("B:x"), Sku("C")]) == {"A%": 5, "B:x": 6}


def test_reading_again_takes_many_skus(url: str, ledger: Make) -> None:
    """The settle pass asks in chunks, gives what is there now, and takes SKUs that are numbers in the database."""
    run(url, "CREATE TABLE stock (sku BIGINT, available INTEGER)")
    values = ", ".join(f"({number}, {number - 5})" for number in range(1, 1201))
    run(url, f"INSERT INTO stock VALUES {values}")
    skus = [Sku(str(number)) for number in range(1, 1301)] + [Sku("007"), Sku("x'; --")]
    assert ledger(url).reread(skus) == {str(number): number - 5 for number in range(1, 1201)}


def test_reading_again_is_exact(url: str, ledger: Make) -> None:
    """A collation that takes 'a' for 'A' gives nothing away."""
    run(url, "CREATE TABLE stock (sku VARCHAR(9), available INTEGER)", "INSERT INTO stock VALUES ('a', 1), ('A', 2)")
    assert ledger(url).reread([Sku("A")]) == {"A": 2}
    assert ledger(url).reread([]) == {}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sku FROM stock",
        "select 1;",
        " -- remark\n /* and */ SELECT 1 ; -- end",
        "(SELECT 1) UNION (SELECT 2)",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "SELECT 'a;b', \"into\", `delete`, t.update FROM t",
        "SELECT $$;$$, $q$ insert $q$",
        "SELECT 'it''s; fine'",
        "SELECT replace(sku, '-', '') FROM stock",
    ],
)
def test_reading_statements_are_taken(sql: str) -> None:
    """One SELECT or WITH, with whatever text in it."""
    assert ";" not in checked("stock", sql)[-1:]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("", "is empty"),
        ("-- nothing", "is empty"),
        ("DELETE FROM stock", "DELETE"),
        ("drop table stock", "DROP"),
        ("CALL f()", "CALL"),
        ("SELECT 1; DROP TABLE stock", "more than one"),
        ("SELECT 1;; SELECT 2", "more than one"),
        ("WITH x AS (DELETE FROM stock RETURNING *) SELECT * FROM x", "DELETE"),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", "INTO"),
        ("SELECT sku FROM stock FOR UPDATE", "UPDATE"),
        ("EXPLAIN SELECT 1", "EXPLAIN"),
    ],
)
def test_other_statements_are_refused(sql: str, words: str) -> None:
    """What is not one reading statement is not sent."""
    with pytest.raises(ReadFault) as caught:
        checked("stock", sql)
    assert words in caught.value.what
    assert "queries.stock" in caught.value.what


def test_a_script_in_its_statements() -> None:
    """Semicolons in text and comments end no statement."""
    script = "-- a; b\nCREATE TABLE x (y TEXT DEFAULT ';');\n\nCREATE INDEX i ON x (y) ;\n-- end"
    assert split(script) == ["CREATE TABLE x (y TEXT DEFAULT ';')", "CREATE INDEX i ON x (y)"]


def test_tables_are_created_where_they_are_missing(url: str, ledger: Make, tmp_path: Path) -> None:
    """What is there is left alone; the second time nothing is left to do; and what was made can be read."""
    run(url, "CREATE TABLE stock (sku VARCHAR(9), available INTEGER)", "INSERT INTO stock VALUES ('A', 1)")
    settings = LedgerSettings("sql", tmp_path, url=url)
    ddl = ledger_ddl(kind_of(url))
    assert create_tables(settings, ddl) == ["movements", "listings", "pushes"]
    assert create_tables(settings, ddl) == []
    read = ledger(url).read(tmp_path, NOW)
    assert set(read.tables) == {"stock", "movements", "listings", "pushes"}


def test_a_new_sqlite_file(tmp_path: Path) -> None:
    """SQLite's file is made with its tables."""
    settings = LedgerSettings("sql", tmp_path, url="sqlite:///new.db")
    assert create_tables(settings, ledger_ddl("sqlite")) == ["stock", "movements", "listings", "pushes"]
    assert (tmp_path / "new.db").is_file()


def test_only_tables_are_created(sqlite: str, tmp_path: Path) -> None:
    """Other statements are no part of creating tables."""
    with pytest.raises(ReadFault):
        create_tables(LedgerSettings("sql", tmp_path, url=sqlite), "DROP TABLE stock")


def test_the_check_tells_all(url: str, ledger: Make) -> None:
    """Connection, snapshot, clock, tables with rows and columns, and the right to write."""
    fill(writer(url), CONTENT)
    lines = ledger(url, zone="UTC").check()
    told = {line.what: line for line in lines}
    assert "answers" in told["database"].text
    assert "transaction" in told["snapshot"].text
    assert "7 rows" in told["table stock"].text
    if url.startswith("sqlite"):
        assert "the file could also be written" in told["rights"].text
    else:
        assert "could also write" in told["rights"].text
        assert "SELECT" in told["rights"].way_on
    assert not [line for line in lines if line.ok is False]


def test_the_check_goes_on_after_a_refusal(url: str, ledger: Make) -> None:
    """A query that the database refuses does not hide what the other tables are like."""
    fill(writer(url), CONTENT)
    lines = ledger(url, zone="UTC", queries={"stock": "SELECT sku, no_such_thing FROM stock"}).check()
    wrong = [line for line in lines if line.ok is False]
    assert [line.what for line in wrong] == ["queries.stock"]
    assert "column is missing" in wrong[0].text
    assert "no_such_thing" in wrong[0].text
    assert any(line.ok and line.what == "table pushes" for line in lines)


def test_the_check_names_bad_rows(url: str, ledger: Make) -> None:
    """Naive times without a zone are told before a run stumbles over them."""
    run(
        url,
        "CREATE TABLE stock (sku VARCHAR(9), available INTEGER, updated_at VARCHAR(30))",
        "INSERT INTO stock VALUES ('A', 1, '2026-11-11 12:00:00')",
    )
    (wrong,) = [line for line in ledger(url).check() if line.ok is False]
    assert "zone" in wrong.text


def test_the_place_shows_no_secret(tmp_path: Path) -> None:
    """Wherever a database is named, its password is not."""
    url = "postgresql://reader:p%40ss%2Fw0rd@db.example:6432/erp?sslpassword=another1"
    place = place_of(LedgerSettings("sql", tmp_path, url=url))
    assert str(place) == "PostgreSQL erp at db.example:6432"
    for text in (repr(place), str(place), place.redacted("said p@ss/w0rd and p%40ss%2Fw0rd and another1")):
        for secret in ("p@ss/w0rd", "p%40ss%2Fw0rd", "another1"):
            assert secret not in text


def test_a_statement_that_takes_too_long(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """The server stops it, and the fault says what happened and which key allows more."""
    query = "SELECT 'A' AS sku, 1 AS available FROM pg_sleep(20)"
    with pytest.raises(ReadFault) as caught:
        ledger(postgresql, queries={"stock": query}, statement_timeout=SECOND).read(tmp_path, NOW)
    assert "took too long" in caught.value.what
    assert "ledger.statement_timeout" in caught.value.way_on


def test_a_statement_that_takes_too_long_on_mariadb(mariadb: str, ledger: Make, tmp_path: Path) -> None:
    """MariaDB counts in seconds."""
    query = "SELECT 'A' AS sku, 1 AS available FROM (SELECT BENCHMARK(2000000000, MD5('x')) AS n) AS t"
    with pytest.raises(ReadFault) as caught:
        ledger(mariadb, queries={"stock": query}, statement_timeout=SECOND).read(tmp_path, NOW)
    assert "took too long" in caught.value.what


def test_a_connection_that_is_lost(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """A server that goes away while reading is a fault that says so, not a half-read ledger."""
    query = "SELECT 'A' AS sku, CAST(pg_terminate_backend(pg_backend_pid()) AS INTEGER) AS available"
    with pytest.raises(ReadFault) as caught:
        ledger(postgresql, queries={"stock": query}).read(tmp_path, NOW)
    assert "lost" in caught.value.what


def test_the_check_tells_of_tables_without_snapshots(mariadb: str, ledger: Make) -> None:
    """A table of MyISAM is read as it is at each row, not as it was at one moment."""
    run(mariadb, "CREATE TABLE stock (sku VARCHAR(9), available INTEGER) ENGINE = MyISAM")
    assert any("MyISAM" in line.text and "InnoDB" in line.way_on for line in ledger(mariadb).check())


def test_the_check_tells_of_texts_that_are_numbers(sqlite: str, ledger: Make) -> None:
    """STRING is no type of SQLite: leading zeros are lost when a row is written."""
    run(sqlite, "CREATE TABLE stock (sku STRING, available INTEGER)", "INSERT INTO stock VALUES ('00123', 1)")
    assert any("00123" in line.text and "TEXT" in line.way_on for line in ledger(sqlite).check())
