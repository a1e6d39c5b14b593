"""The settle pass: what moves between the two reads of one run is told as moving, and not written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from stockrecon.channels.lazada import LazadaChannel
from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.core.model import ListingKey
from tests.integration.seller import Run, Seller, control

BOTTLE = {"item_id": "2800000002", "variation_id": "13400000002"}
TEE = {"item_id": "20100000001"}


def meanwhile(patch: pytest.MonkeyPatch, channel: type, happen: Callable[[], object]) -> None:
    """Lets something happen after the first read of a run, just before the second."""
    before: Any = channel.reread  # type: ignore[attr-defined]

    def reread(self: object, keys: Sequence[ListingKey]) -> Mapping[ListingKey, object]:
        happen()
        return before(self, keys)  # type: ignore[no-any-return]

    patch.setattr(channel, "reread", reread)


def moving(run: Run) -> set[str]:
    return {str(statement.sku) for statement in run.result.statements if statement.moving}


def test_nothing_moves(stories: Seller) -> None:
    """Both reads show the same: the plan has every story's action."""
    run = stories.diff()
    assert moving(run) == set()
    assert run.writes("LOCKED-BOTTLE") == [("lazada-vn", 100, 50)]
    assert run.withheld() == []


@pytest.mark.parametrize(
    ("channel", "shop", "listing", "sku"),
    [
        (LazadaChannel, "lazada-vn", BOTTLE, "LOCKED-BOTTLE"),
        (ShopeeChannel, "shopee-vn", TEE, "CAMPAIGN-TEE"),
    ],
)
def test_an_order_between_the_two_reads(
    channel: type, shop: str, listing: dict[str, object], sku: str, stories: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listing shows less the second time: moving, not written in this run; all else is planned as ever."""
    order = {"shop": shop, "action": "place", "quantity": 2, "paid": True, **listing}
    with monkeypatch.context() as patch:
        meanwhile(patch, channel, lambda: control(stories, "orders", **order))
        run = stories.diff()
    assert moving(run) == {sku}
    assert run.writes(sku) == []
    assert run.writes("PHANTOM-LAMP")
    if sku == "LOCKED-BOTTLE":
        assert run.withheld() == [("moving", 100, 50)]
    (statement,) = [one for one in run.result.statements if one.sku == sku]
    assert any("is moving" in text for text in statement.warnings)
    assert run.exit == 10


def test_a_shop_that_cannot_be_read_twice(stories: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second read fails: the SKUs of its mismatched listings are left for the next run, and only these."""
    with monkeypatch.context() as patch:
        fail = {"shop": "lazada-vn", "kind": "status", "times": None}
        meanwhile(patch, LazadaChannel, lambda: control(stories, "faults", **fail))
        run = stories.diff()
    assert not any(action["shop"] == "lazada-vn" for action in run.actions if action["kind"] == "set-stock")
    assert moving(run) == {"LOCKED-BOTTLE", "PHANTOM-LAMP", "STUCK-MIXER", "UNPAID-WATCH"}
