"""A database that is not what the contract says: exit 13, table, row and column, the way on, and never a password."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing

import pytest

from tests.acceptance.conftest import Called, Market


def filled(market: Market, *statements: str) -> Market:
    with closing(sqlite3.connect(market.folder / "ledger.db")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return market.sql("sqlite:///ledger.db")


def the_ledger_is_told(called: Called, *words: str) -> None:
    assert called.code == 13
    for word in words:
        assert word in called.document["ledger"]["error"]
    assert "not read: ledger: " in called.err
    assert called.document["statements"] == []
    assert all(shop["error"] is None for shop in called.document["shops"])


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["create table other (a)"], ("no table or view stock", "there: other", "tables.stock")),
        (
            ["create table stock (sku text, avail int)"],
            ("stock: column available missing", "did you mean avail", "SELECT avail AS available"),
        ),
        (
            ["create table stock (sku text, available int)", "insert into stock values ('MUG-BLACK', null)"],
            ("available: row with sku 'MUG-BLACK': is NULL", "Mend these rows"),
        ),
        (
            ["create table stock (sku text, available int)", "insert into stock values (null, 1)"],
            ("sku: ", "is NULL"),
        ),
        (
            ["create table stock (sku text, available real)", "insert into stock values ('MUG-BLACK', 1.5)"],
            ("available: row with sku 'MUG-BLACK': 1.5 is not a whole number",),
        ),
        (
            ["create table stock (sku text, available text)", "insert into stock values ('MUG-BLACK', '1,000')"],
            ("'1,000' has a thousands separator",),
        ),
        (
            ["create table stock (sku text, available int)", "insert into stock values ('A', 1), ('A', 2)"],
            ("sku 'A' is there twice",),
        ),
        (
            [
                "create table stock (sku text, available int)",
                "create table movements (id int, sku text, at text, quantity int, kind text)",
                "insert into movements values (1, 'A', '2026-11-11 10:00', 1, 'manual')",
            ],
            ("movements", "row with id 1", "no offset", "ledger.zone"),
        ),
    ],
)
def test_what_a_table_holds(market: Market, statements: list[str], words: tuple[str, ...]) -> None:
    the_ledger_is_told(filled(market, *statements).diff(), *words)


def test_a_whole_number_that_is_kept_as_a_decimal_is_one(market: Market) -> None:
    filled(market, "create table stock (sku text, available real)", "insert into stock values ('MUG-BLACK', 40.0)")
    called = market.diff()
    assert [s["available"] for s in called.document["statements"] if s["sku"] == "MUG-BLACK"] == [40]


def test_a_database_that_is_not_there(market: Market) -> None:
    called = market.sql("sqlite:///nowhere.db").diff()
    the_ledger_is_told(called, "nowhere.db does not exist", "Correct ledger.url")
    assert not (market.folder / "nowhere.db").exists()


def test_a_file_that_is_no_database(market: Market) -> None:
    market.write("ledger.db", "sku,available\nA,1\n" * 100)
    the_ledger_is_told(market.sql("sqlite:///ledger.db").diff(), "no SQLite database", "ledger.url")


@pytest.mark.parametrize("query", ["update stock set available = 0", "selec 1", "select sku from stock"])
def test_a_query_that_does_not_do(market: Market, query: str) -> None:
    filled(market, "create table stock (sku text, available int)", "insert into stock values ('A', 1)")
    market.sub(
        "config.yaml", "  url: sqlite:///ledger.db\n", f"  url: sqlite:///ledger.db\n  queries: {{stock: {query}}}\n"
    )
    the_ledger_is_told(market.diff(), "queries.stock")
    with closing(sqlite3.connect(market.folder / "ledger.db")) as connection:
        assert connection.execute("select available from stock").fetchall() == [(1,)]


def there(port: int, name: str) -> None:
    """Skips where no such server runs, except in CI."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no {name} server on 127.0.0.1")


@pytest.mark.parametrize(
    ("port", "name", "url", "words"),
    [
        (5432, "PostgreSQL", "postgresql://nobody_here:hunter2@127.0.0.1/postgres", ("does not let us in", "password")),
        (5432, "PostgreSQL", "postgresql://postgres:hunter2@127.0.0.1/no_such", ("does not exist", "database's name")),
        (3306, "MariaDB", "mysql+pymysql://nobody_here:hunter2@127.0.0.1/x", ("does not let us in", "password")),
    ],
)
def test_a_server_that_refuses(
    market: Market, monkeypatch: pytest.MonkeyPatch, port: int, name: str, url: str, words: tuple[str, ...]
) -> None:
    there(port, name)
    monkeypatch.setenv("SR_LEDGER", url)
    called = market.sql("{env: SR_LEDGER}").diff()
    the_ledger_is_told(called, *words)
    assert "hunter2" not in called.told


def test_a_server_that_is_not_there(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SR_LEDGER", "postgresql://postgres:hunter2@127.0.0.1:1/x")
    called = market.sql("{env: SR_LEDGER}").diff()
    the_ledger_is_told(called, "cannot be reached", "host and port")
    assert "hunter2" not in called.told
