from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ledgers_omisell.house import House, running


@pytest.fixture(scope="session")
def _served() -> Iterator[tuple[House, str]]:
    house = House()
    with running(house) as address:
        yield house, address


@pytest.fixture
def house(_served: tuple[House, str]) -> Iterator[House]:
    """A house with 5 of SKU A, made anew behind the one server."""
    made = _served[0]
    made.__dict__.clear()
    made.__dict__.update(House().__dict__)
    made.item("A", 5)
    yield made
    for one in made.opened:
        one.close()


@pytest.fixture
def address(_served: tuple[House, str]) -> str:
    return _served[1]
