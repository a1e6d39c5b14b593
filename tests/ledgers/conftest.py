"""A seller's database, and settings that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.sql import SqlLedger
from tests.ledgers.databases import KINDS, database


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    with database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[str]:
    """An empty SQLite database."""
    with database("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[str]:
    with database("postgresql", tmp_path) as made:
        yield made


@pytest.fixture
def mariadb(tmp_path: Path) -> Iterator[str]:
    with database("mariadb", tmp_path) as made:
        yield made


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Callable[..., SqlLedger]]:
    """Makes ledgers, and closes them."""
    with ExitStack() as stack:

        def make(url: str, **more: object) -> SqlLedger:
            made = SqlLedger(LedgerSettings("sql", tmp_path, url=url, **more))  # type: ignore[arg-type]
            stack.callback(made.close)
            return made

        yield make
