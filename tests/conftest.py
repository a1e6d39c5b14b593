"""What all tests share: modules that take a name from another are loaded before any test replaces that name."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import stockrecon.cli.commands.auth
import stockrecon.cli.commands.runs
import stockrecon.cli.unattended
import stockrecon.cli.writing

if TYPE_CHECKING:
    from tests.ledgers_tryton.world import World

__all__ = ["stockrecon"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """See tests/channel_contract and tests/ledger_contract: promises, also for what comes from another package."""
    parser.addoption(
        "--channel-profile", metavar="MODULE:NAME", help="run the contract suite of channels for this profile alone"
    )
    parser.addoption(
        "--ledger-profile", metavar="MODULE:NAME", help="run the contract suite of ledgers for this profile alone"
    )


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: a quarter of the time is waiting for servers and processes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + (cores + 1) // 2


def pytest_collection_finish() -> None:
    """What ten thousand tests have loaded stays until the end: nobody needs to look for cycles in it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def trytons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """Tryton for real, where it is there: one server for each process that runs tests, of two copies of its database:
    what is done in the one is not seen in the other."""
    from tests.ledgers_tryton.servers import database, needed, serving
    from tests.ledgers_tryton.world import World

    needed()
    folder = tmp_path_factory.mktemp("tryton")
    with (
        database() as name,
        database() as other,
        serving(name, folder / "server.log", other) as (base_url, _),
    ):
        yield World(base_url, name, folder), World(base_url, other, folder)


@pytest.fixture(scope="session")
def tryton(trytons: tuple[World, World]) -> World:
    return trytons[0]
