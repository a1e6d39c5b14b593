"""What one run leaves makes the next wiser: vanished campaigns, causes that keep their name, raises seen twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stockrecon.core.model import ListingState
from stockrecon.sandbox.run import Handle
from stockrecon.sandbox.shopee.market import ShopeeShop
from tests.integration.markets import Rows, write_ledger, write_shop
from tests.integration.seller import Seller, later

Start = Callable[..., Handle]


def shop_of(market: Handle) -> ShopeeShop:
    shop = market.sandbox.shops["shopee-vn"].shop
    assert isinstance(shop, ShopeeShop)
    return shop


@pytest.fixture
def small(tmp_path: Path, start: Start, logged: Callable[[], str]) -> Callable[..., Seller]:
    """A seller with one Shopee shop of one listing (item 1001, SKU TEE), and a ledger without pushes unless given."""

    def made(available: int, listing: dict[str, object], pushes: Rows | None = None, **more: object) -> Seller:
        row: dict[str, object] = {"item_id": "1001", "seller_sku": "TEE", "sellable": 0, "state": "ok", **listing}
        write_shop(tmp_path / "shops" / "shopee-vn", "shopee", {"listings": [row]})
        tables: dict[str, Rows] = {"stock": [{"sku": "TEE", "available": available}], "movements": []}
        write_ledger(tmp_path / "ledger", tables | ({"pushes": pushes} if pushes is not None else {}))
        market = start(tmp_path / "shops")
        return Seller(tmp_path, market.configs, market, logged=logged, **more)  # type: ignore[arg-type]

    return made


def test_story_1_over_three_runs(stories: Seller) -> None:
    """While the campaign runs: wait. When Shopee shows it no more: +8, set 48 -> 40, and again at the third run."""
    market = stories.market
    assert market is not None
    first = stories.diff()
    assert first.findings("CAMPAIGN-TEE") == [("campaign-returned", "shopee-vn", 8)]
    assert first.writes("CAMPAIGN-TEE") == []
    market.before_second_read()
    for _ in range(2):
        run = stories.diff()
        assert run.findings("CAMPAIGN-TEE") == [("campaign-returned", "shopee-vn", 8)]
        assert run.writes("CAMPAIGN-TEE") == [("shopee-vn", 48, 40)]
        later(market, minutes=20)


def test_without_history_the_vanished_campaign_is_not_known(stories: Seller) -> None:
    """The first run after its end sees 48 where 40 is right, and does not claim to know why."""
    assert stories.market is not None
    stories.market.before_second_read()
    assert "campaign-returned" not in {slug for slug, _, _ in stories.diff().findings("CAMPAIGN-TEE")}


def test_a_lock_that_only_snapshots_saw(small: Callable[..., Seller]) -> None:
    """Shopee names no campaign at all: locked units that were shown and are ordinary stock now are scenario 1."""
    seller = small(40, {"sellable": 40, "campaign": 8})
    assert seller.market is not None
    assert seller.diff().findings("TEE") == [("campaign-returned", "shopee-vn", 8)]
    later(seller.market, minutes=20)
    assert seller.diff().writes("TEE") == []
    shop_of(seller.market).items["1001"][""].unnamed = 0
    later(seller.market, minutes=40)
    third = seller.diff()
    assert third.findings("TEE") == [("campaign-returned", "shopee-vn", 8)]
    later(seller.market, minutes=40)
    assert seller.diff().writes("TEE") == [("shopee-vn", 48, 40)]


def test_a_cause_keeps_its_name_until_it_is_mended(small: Callable[..., Seller]) -> None:
    """A banned listing shows 9 where 5 is right; when the ban is lifted the finding stays and may be set."""
    seller = small(5, {"sellable": 9, "state": "banned"})
    assert seller.market is not None
    first = seller.diff()
    assert first.findings("TEE") == [("listing-sync-error", "shopee-vn", 4)]
    assert first.writes("TEE") == []
    later(seller.market, minutes=20)
    shop_of(seller.market).set_state(seller.now(), ("1001", ""), ListingState.OK, "")
    second = seller.diff()
    assert second.findings("TEE") == [("listing-sync-error", "shopee-vn", 4)]
    assert second.writes("TEE") == [("shopee-vn", 9, 5)]


def test_a_raise_needs_two_runs_ten_minutes_apart(small: Callable[..., Seller]) -> None:
    """Withheld, withheld after nine minutes more, planned after ten; a changed variance begins anew."""
    failed = {"shop": "shopee-vn", "item_id": "1001", "quantity": 12, "ok": "false", "error": "timed out"}
    seller = small(12, {"sellable": 4}, [failed | {"at": "2026-11-11T11:00:00Z"}])
    market = seller.market
    assert market is not None
    assert seller.diff().withheld() == [("confirm-raise", 4, 12)]
    later(market, minutes=9)
    assert seller.diff().withheld() == [("confirm-raise", 4, 12)]
    later(market, minutes=1)
    third = seller.diff()
    assert (third.withheld(), third.writes("TEE")) == ([], [("shopee-vn", 4, 12)])
    shop_of(market).items["1001"][""].seller[shop_of(market).locations[0]] = 6
    assert seller.diff().withheld() == [("confirm-raise", 6, 12)]
    later(market, minutes=10)
    assert seller.diff().writes("TEE") == [("shopee-vn", 6, 12)]
