"""Databases for the tests of SQL ledgers: an empty one per test, dropped after it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

KINDS = ("sqlite", "postgresql", "mariadb")
_SERVERS = {
    "postgresql": ("postgresql+psycopg://postgres@127.0.0.1/", "postgres"),
    "mariadb": ("mariadb+pymysql://root@127.0.0.1/", ""),
}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        path = folder / "ledger.db"
        path.touch()
        yield f"sqlite:///{path}"
        return
    head, home = _SERVERS[kind]
    admin = create_engine(head + home, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    name = f"stockrecon_test_{uuid.uuid4().hex[:12]}"
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except SQLAlchemyError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no {kind} server on 127.0.0.1")
    try:
        yield head + name
    finally:
        with admin.connect() as connection:
            force = " WITH (FORCE)" if kind == "postgresql" else ""
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")


def writer(url: str) -> Engine:
    """An engine that writes to it, as the seller's own programs would."""
    return create_engine(url, poolclass=NullPool)


def run(url: str, *statements: str) -> None:
    """Carries out statements, each as it stands."""
    engine = writer(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%") if "sqlite" not in url else statement)
