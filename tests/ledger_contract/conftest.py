"""A house of every ledger for each promise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from tests.ledger_contract.house import House
from tests.ledger_contract.profiles import PROFILES, Profile
from tests.ledgers_tryton.world import World


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Who tries a ledger of another package does not try the suite itself."""
    return True if collection_path.name == "test_package.py" and config.getoption("--ledger-profile") else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test that asks for a house runs for every ledger; with --ledger-profile for that one alone."""
    if "profile" in metafunc.fixturenames:
        named = metafunc.config.getoption("--ledger-profile")
        chosen = [_loaded(named)] if named else list(PROFILES.values())
        metafunc.parametrize("profile", chosen, ids=[one.kind for one in chosen], scope="session")


def _loaded(named: str) -> Profile:
    module, _, attribute = named.partition(":")
    return cast(Profile, getattr(import_module(module), attribute))


@pytest.fixture(scope="session")
def tryton_of_ledgers(trytons: tuple[World, World]) -> World:
    """A database of the suite's own on the process's Tryton, with more places."""
    from tests.ledger_contract.tryton import with_more_places

    return with_more_places(trytons[1])


@pytest.fixture(scope="session")
def needed(request: pytest.FixtureRequest, profile: Profile) -> tuple[object, ...]:
    """What a house of this kind needs besides a folder."""
    return (request.getfixturevalue(profile.fixture),) if profile.fixture else ()


@pytest.fixture
def house(profile: Profile, needed: tuple[object, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An empty house of each ledger in turn."""
    with ExitStack() as stack:
        made = profile.house(tmp_path_factory.mktemp("house"), stack, *needed)
        made.lacks = profile.lacks
        yield made


@pytest.fixture(scope="session")
def books() -> Iterator[tuple[dict[str, House], ExitStack]]:
    """Houses by ledger, until the end: pytest ends a ledger's own fixtures whenever tests of another one come between,
    and a database that is dear keeps what has been played in it."""
    with ExitStack() as stack:
        yield {}, stack


@pytest.fixture
def told(
    profile: Profile,
    needed: tuple[object, ...],
    books: tuple[dict[str, House], ExitStack],
    tmp_path_factory: pytest.TempPathFactory,
) -> House:
    """A house in which the canonical book has been played; nobody changes it any more."""
    houses, stack = books
    if profile.kind not in houses:
        made = profile.house(tmp_path_factory.mktemp("told"), stack, *needed)
        made.lacks = profile.lacks
        made.play()
        houses[profile.kind] = made
    return houses[profile.kind]
