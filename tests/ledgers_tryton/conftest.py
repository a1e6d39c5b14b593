"""Tryton for real, where it is there: one copy of its database and one server for each process that runs tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledgers_tryton.servers import database, needed, serving
from tests.ledgers_tryton.world import World


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    needed()
    folder: Path = tmp_path_factory.mktemp("tryton")
    with database() as name, serving(name, folder / "server.log") as (base_url, _):
        yield World(base_url, name, folder)
