"""The ledger's tables can be created where they are promised, and hold texts exactly."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from stockrecon.config import ledger_ddl, ledger_statements
from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.errors import UsageFault

Database = tuple[str, Any, str]
"""The dialect, a DB-API connection, its placeholder."""


MOVEMENT = "INSERT INTO movements (id, sku, at, quantity, kind, ref)"


def _sqlite() -> Any:
    import sqlite3

    return sqlite3.connect(":memory:")


def _postgresql(name: str) -> Any:
    import psycopg

    connection = psycopg.connect("host=127.0.0.1 user=postgres connect_timeout=3", autocommit=True)
    connection.execute(f'CREATE SCHEMA "{name}"')
    connection.execute(f'SET search_path TO "{name}"')
    return connection


def _mysql(name: str) -> Any:
    import pymysql

    connection = pymysql.connect(host="127.0.0.1", user="root", connect_timeout=3, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}`")
        cursor.execute(f"USE `{name}`")
    return connection


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    dialect = request.param
    name = f"ddl_{uuid.uuid4().hex[:12]}"
    try:
        connection = (
            _sqlite() if dialect == "sqlite" else _postgresql(name) if dialect == "postgresql" else _mysql(name)
        )
    except Exception as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no {dialect} on 127.0.0.1: {type(error).__name__}")
    with closing(connection):
        yield dialect, connection, "?" if dialect == "sqlite" else "%s"
        if dialect == "postgresql":
            run(connection, f'DROP SCHEMA "{name}" CASCADE')
        elif dialect == "mysql":
            run(connection, f"DROP DATABASE `{name}`")


def run(connection: Any, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    with closing(connection.cursor()) as cursor:
        cursor.execute(sql, tuple(values))
        return list(cursor.fetchall()) if cursor.description else []


def test_the_tables_have_the_contracts_columns_and_tell_texts_apart(database: Database) -> None:
    dialect, connection, mark = database
    for statement in ledger_statements(dialect):
        run(connection, statement)
    for table in LEDGER_TABLES.values():
        assert run(connection, f"SELECT {', '.join(table.names)} FROM {table.name}") == []
    skus = ["00123", "123", "abc", "ABC", "ａｂｃ", "é", "e\u0301", "1e3"]
    for sku in skus:
        run(connection, f"INSERT INTO stock (sku, available) VALUES ({mark}, -1)", [sku])
    assert sorted(row[0] for row in run(connection, "SELECT sku FROM stock")) == sorted(skus)
    assert run(connection, f"SELECT available FROM stock WHERE sku = {mark}", ["abc"]) == [(-1,)]


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("INSERT INTO stock (sku, available) VALUES ('A', 1)", "the SKU is there already"),
        ("INSERT INTO stock (sku, available) VALUES ('B', NULL)", "no number"),
        (f"{MOVEMENT} VALUES ('2', 'A', '2026-01-01', 1, 'correction', 'r')", "a reference is posted once"),
        (
            "INSERT INTO movements (id, sku, at, quantity, kind) VALUES ('3', 'A', '2026-01-01', 1, 'gift')",
            "no such kind",
        ),
        ("INSERT INTO listings (shop, item_id, sku, units) VALUES ('s', '1', 'A', 0)", "no units"),
    ],
)
def test_the_tables_refuse_what_the_contract_refuses(database: Database, sql: str, why: str) -> None:
    dialect, connection, _ = database
    for statement in ledger_statements(dialect):
        run(connection, statement)
    run(connection, "INSERT INTO stock (sku, available) VALUES ('A', 1)")
    run(connection, f"{MOVEMENT} VALUES ('1', 'A', '2026-01-01', 1, 'correction', 'r')")
    refused = {"sqlite": "sqlite3", "postgresql": "psycopg", "mysql": "pymysql"}[dialect]
    errors = pytest.importorskip(refused)
    with pytest.raises(errors.Error):
        run(connection, sql)


def test_the_script_holds_every_statement(database: Database) -> None:
    dialect, connection, _ = database
    script = "\n".join(line for line in ledger_ddl(dialect).splitlines() if not line.startswith("--"))
    statements = [statement.strip() for statement in script.split(";") if statement.strip()]
    assert tuple(statements) == ledger_statements(dialect)
    for statement in statements:
        run(connection, statement)


def test_mariadb_is_mysql_and_an_unknown_database_is_named() -> None:
    assert ledger_statements("mariadb") == ledger_statements("mysql")
    with pytest.raises(UsageFault, match="did you mean postgresql"):
        ledger_ddl("postgres")
