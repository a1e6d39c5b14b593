"""SIGKILL at any instant of `sync --apply`: nothing is lost, nothing is doubled, the next run settles what is open."""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.kills.shop import ITEMS, Shop

KILLS = int(os.environ.get("STOCKRECON_KILLS", "200"))
CHUNKS = 4


@pytest.mark.timeout(60 + 6 * KILLS)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_is_lost_or_doubled_whenever_a_run_is_killed(shop: Shop, chunk: int) -> None:
    """0 lost, 0 doubled, 0 intents left open; the oracle is the marketplaces' own log of effects."""
    dice = random.Random(f"kills-{chunk}")
    assert shop.sync() == 0, (shop.root / "errors.txt").read_text()
    began = time.monotonic()
    change(shop, dice)
    assert shop.sync() in (0, 10), (shop.root / "errors.txt").read_text()
    whole = time.monotonic() - began
    killed = 0
    for case in range(KILLS // CHUNKS):
        change(shop, dice)
        code = shop.killed(dice.uniform(0, whole))
        killed += code == -9
        if case % 4:
            continue  # most are killed several times in a row before anybody may finish
        ended = shop.sync()
        assert ended in (0, 10), (ended, (shop.root / "errors.txt").read_text()[-2000:])
        assert shop.wrong() == []
    shop.sync()
    assert shop.wrong() == []
    assert killed > KILLS // CHUNKS // 2


def change(shop: Shop, dice: random.Random) -> None:
    for item in dice.sample(range(1, ITEMS + 1), dice.randint(1, ITEMS)):
        shop.sell(item, dice.randint(1, 3))
    if dice.random() < 0.5:
        shop.phantom()
