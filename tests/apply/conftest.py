from collections.abc import Iterator
from pathlib import Path

import pytest

from stockrecon.state import State
from tests.apply.model import Clock, ModelLedger, ModelShop, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four listings that expose 10 each, a ledger that has 8 of each."""
    clock = Clock()
    with State.open(tmp_path / "state", clock) as state:
        items = [str(number) for number in range(1, 5)]
        shop = ModelShop(clock, dict.fromkeys(items, 10))
        ledger = ModelLedger({f"SKU-{item}": 8 for item in items})
        yield World(state, clock, shop, ledger)
