"""A run that writes begins with an access token that lasts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from stockrecon.apply import stock
from stockrecon.errors import AuthFault
from stockrecon.state import State
from tests.apply.model import Clock, ModelLedger, ModelShop, World


def a_world(state: State, clock: Clock, fault: AuthFault | None = None) -> tuple[World, list[tuple[timedelta, int]]]:
    """Two listings of a shop with an authorisation; how long a token was asked for, and after how many writes."""
    shop = ModelShop(clock, {"1": 10, "2": 10})
    asked: list[tuple[timedelta, int]] = []

    def ready(life: timedelta) -> None:
        asked.append((life, len(shop.effects)))
        if fault is not None:
            raise fault

    shop.authorisation = SimpleNamespace(ready=ready)  # type: ignore[attr-defined]
    return World(state, clock, shop, ModelLedger({"SKU-1": 8, "SKU-2": 8})), asked


def test_tokens_are_made_ready_before_the_first_write(tmp_path: Path) -> None:
    """Once a shop and run, for ten minutes."""
    clock = Clock()
    with State.open(tmp_path / "state", clock) as state:
        world, asked = a_world(state, clock)
        done = world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 8)))
    assert asked == [(stock.TOKEN_LIFE, 0)]
    assert done.exit_code == 0


def test_a_shop_whose_tokens_cannot_be_renewed_is_not_written(tmp_path: Path) -> None:
    """Nothing is sent, every action says why, and the run ends with 13."""
    clock = Clock()
    with State.open(tmp_path / "state", clock) as state:
        world, _ = a_world(state, clock, AuthFault("shop", "the refresh token was refused"))
        done = world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 8)))
        assert state.journal.open_intents() == ()
    assert {one.detail for one in done.outcomes} == {
        "not sent: its tokens could not be renewed: shop: the refresh token was refused"
    }
    assert done.exit_code == 13
