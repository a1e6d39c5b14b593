"""Runs that are started at once, and runs that are asked to stop."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

import pytest

from tests.kills.shop import Shop

STARTS = int(os.environ.get("STOCKRECON_STARTS", "50"))
AT_ONCE = 20


@pytest.mark.timeout(60 + 8 * STARTS)
def test_of_twenty_runs_that_start_at_once_one_writes(shop: Shop) -> None:
    """The others end with 14 and have written nothing; those that come when it is over find nothing to do."""
    assert shop.sync() == 0
    for _ in range(STARTS):
        before = len(shop.effects())
        shop.sell(1, 1)
        codes = Counter(shop.zygote.wait(pid) for pid in [shop.start() for _ in range(AT_ONCE)])
        assert set(codes) <= {0, 14}, (shop.root / "errors.txt").read_text()[-2000:]
        assert codes[0] >= 1
        assert len(shop.effects()) == before + 2  # one listing in each of two shops, once
    assert shop.wrong() == []
    told = (shop.root / "errors.txt").read_text()
    assert "another run holds the lock" in told
    assert "sync --apply" in told


@pytest.mark.timeout(120)
def test_a_run_that_is_asked_to_stop_finishes_what_it_sent(shop: Shop) -> None:
    """SIGTERM at ten instants: no write is left open where one was begun, and the next run does the rest."""
    assert shop.sync() == 0
    began = time.monotonic()
    shop.sell(1, 1)
    assert shop.sync() == 0
    whole = time.monotonic() - began
    for part in range(10):
        for item in range(1, 6):
            shop.sell(item, 1)
        pid = shop.start()
        time.sleep(whole * part / 10)
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue
        code = shop.zygote.wait(pid)
        # -15: the signal came before the program could hear it.
        assert code in (0, 10, 12, 143, 130, -15), (shop.root / "errors.txt").read_text()[-2000:]
        assert shop.sync() in (0, 10)
        assert shop.wrong() == []
