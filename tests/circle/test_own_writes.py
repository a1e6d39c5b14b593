"""The history of a shop knows what this program wrote: it was seen there, whatever stood there before and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.core.model import ListingKey, ShopName
from stockrecon.state import State
from tests.circle.market import Market, entries, opened
from tests.circle.program import Program, Time
from tests.poisoned.books import Files, calm
from tests.poisoned.conftest import WIDE

SHOP, SKU, ITEM = "shopee-vn", "TEE-01", "1011"


@pytest.fixture
def market(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    files = Files(tmp_path, "sql")
    files.write(calm())
    with opened(tmp_path, time, monkeypatch, load=tmp_path) as handle:
        only = [one for one in entries(handle) if one["name"] == SHOP]
        files.config.write_text(WIDE(files.ledger, only), "utf-8")
        yield Market(time, handle, Program(time, files.config), tmp_path / "ledger.db")


def shown(market: Market) -> list[int]:
    key = ListingKey(ShopName(SHOP), ITEM)
    with State.open(market.program.config.parent / "state", market.time) as state:
        rows = state.history(ShopName(SHOP), market.time.now - timedelta(days=1), [key])
        return [one.exposed for one in rows]


def test_what_was_set_and_set_back_between_two_readings_has_changed_twice(market: Market) -> None:
    """Both readings show the same number; what was written between them is in the history all the same."""
    have = market.exposed(SHOP, ITEM)
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=30))
    assert market.program.apply().results == ["confirmed"]
    market.later(minutes=20)
    market.edit(SHOP, ITEM, have)
    market.later(minutes=20)
    market.program.diff()
    assert shown(market) == [have, have - 3, have]


def test_what_was_set_and_stays_has_changed_once(market: Market) -> None:
    """A number that was written holds from the write on, and a later reading adds nothing but its time."""
    have = market.exposed(SHOP, ITEM)
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=30))
    market.program.apply()
    market.later(minutes=20)
    market.program.diff()
    market.later(minutes=20)
    market.program.diff()
    assert shown(market) == [have, have - 3, have - 3]


def test_a_buyer_after_a_write_is_one_more_change(market: Market) -> None:
    """Written, then bought: three numbers, in their order."""
    have = market.exposed(SHOP, ITEM)
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=30))
    market.program.apply()
    market.later(minutes=20)
    market.control("orders", shop=SHOP, action="place", item_id=ITEM, quantity=2, paid=True)
    market.later(minutes=1)
    market.program.diff()
    assert shown(market) == [have, have - 3, have - 5]


def test_a_refused_write_changed_nothing(market: Market) -> None:
    """What nobody saw in the shop is in no history."""
    have = market.exposed(SHOP, ITEM)
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=30))
    market.control("faults", shop=SHOP, path="/api/v2/product/update_stock", kind="status", status=403, times=None)
    assert market.program.apply().results != ["confirmed"]
    market.later(minutes=20)
    market.program.diff()
    assert have - 3 not in shown(market)
