"""What Shopee tells of what changed: orders and edits by their update, the number of items; and items by id."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.channels.base import ChangesRequest, PullsChanges
from stockrecon.core.policy import Policy
from stockrecon.errors import ReadFault
from tests.channels_shopee.fakes import NOW, STAMP, FakeShopee, channel, item, line, model, order, request, said


def asked(folder: Path, minutes: int = 60) -> ChangesRequest:
    folder.mkdir(exist_ok=True)
    since = NOW - timedelta(minutes=minutes)
    return ChangesRequest(folder, since, since - timedelta(hours=1), {}, Policy())


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def shop() -> FakeShopee:
    """Two hundred items: plain ones, and one with models."""
    shopee = FakeShopee()
    for number in range(1, 200):
        shopee.add(item(number, f"S-{number}", 10, update_time=STAMP - 86400))
    shopee.add_models(item(200, "S-200", update_time=STAMP - 86400), model(1, "M-1", 3), model(2, "M-2", 4))
    return shopee


def test_it_offers_little_pulls(shop: FakeShopee) -> None:
    """And says what it does not tell."""
    made = channel(shop)
    assert isinstance(made, PullsChanges)
    assert "another program" in made.untold


def test_edits_orders_and_the_count_cost_a_few_calls(shop: FakeShopee, tmp_path: Path) -> None:
    """One list of what was updated, one number, the orders: nothing of the two hundred items is read."""
    shop.items[7]["update_time"] = STAMP - 600
    shop.add(item(201, "S-201", 5, update_time=STAMP - 60))
    shop.orders = [order("A", "READY_TO_SHIP", line(3, 1), update_time=STAMP - 300), order("OLD", "COMPLETED")]
    shop.orders[1]["update_time"] = STAMP - 9000
    found = channel(shop).changed(asked(tmp_path / "a"))
    assert (found.items, found.count, found.doubt) == (frozenset({"7", "201"}), 201, "")
    assert [row["order_id"] for row in rows(found.orders.path)] == ["A"]
    assert (found.as_of, found.identity) == (NOW, "VN 2000002")
    assert found.requests == 6
    assert shop.calls["get_item_base_info"] == shop.calls["get_model_list"] == 0


def test_orders_alone_are_one_list(shop: FakeShopee, tmp_path: Path) -> None:
    """What is asked once more for orders asks for nothing else; an order that came meanwhile is there."""
    made, first = channel(shop), asked(tmp_path / "a")
    made.changed(first)
    shop.orders = [order("A", "READY_TO_SHIP", line(3, 1), update_time=STAMP - 5)]
    shop.calls.clear()
    found = made.changed(replace(first, spool=asked(tmp_path / "b").spool, orders_only=True))
    assert ([row["order_id"] for row in rows(found.orders.path)], found.doubt) == (["A"], "")
    assert set(shop.calls) == {"get_order_list", "get_order_detail"}
    assert found.requests == shop.calls.total() == 2


def test_what_a_full_pull_says_of_itself_is_the_same(shop: FakeShopee, tmp_path: Path) -> None:
    """Identity, terms, zone, the number of items: what a base is compared by."""
    (tmp_path / "full").mkdir()
    whole = channel(shop).pull(request(tmp_path / "full"))
    found = channel(shop).changed(asked(tmp_path / "a"))
    assert (whole.items, whole.identity, whole.terms, whole.zone) == (
        found.count,
        found.identity,
        found.terms,
        found.zone,
    )
    shop.info["shop_fulfillment_flag"] = "Pure - FBS Shop"
    assert channel(shop).changed(asked(tmp_path / "b")).terms != found.terms


def test_items_are_read_whole(shop: FakeShopee, tmp_path: Path) -> None:
    """All models, and the campaigns of what is promoted; the rows are those of a full pull."""
    (tmp_path / "full").mkdir()
    shop.items[3] |= item(3, "S-3", 10, reserved=4, update_time=STAMP)
    shop.promotions[3] = [
        {
            "promotion_id": 9, "model_id": 0, "start_time": STAMP - 60, "end_time": STAMP + 60,
            "promotion_staging": "ongoing", "promotion_stock_info_v2": {"summary_info": {"total_reserved_stock": 4}},
        }
    ]  # fmt: skip
    whole = channel(shop).pull(request(tmp_path / "full"))
    made = channel(shop)
    made.changed(asked(tmp_path / "a"))
    (tmp_path / "items").mkdir()
    before = dict(shop.calls)
    found = made.read_items({"3", "200"}, tmp_path / "items")
    assert (found.items, found.doubt) == (frozenset({"3", "200"}), "")
    listed = rows(whole.tables["listings"].path)
    assert rows(found.listings.path) == sorted((row for row in listed if row["item_id"] in ("3", "200")), key=str)
    assert rows(found.campaigns.path) == rows(whole.tables["campaigns"].path) != []
    assert found.requests == 3
    assert {name: shop.calls[name] - before.get(name, 0) for name in ("get_item_base_info", "get_model_list")} == {
        "get_item_base_info": 1,
        "get_model_list": 1,
    }


def test_an_item_that_is_gone_is_not_among_those_read(shop: FakeShopee, tmp_path: Path) -> None:
    """The run has to read the shop in full then."""
    made = channel(shop)
    made.changed(asked(tmp_path / "a"))
    (tmp_path / "items").mkdir()
    found = made.read_items({"5", "999"}, tmp_path / "items")
    assert found.items == frozenset({"5"})
    assert "item 999 is listed, but get_item_base_info does not describe it" in found.doubt


def test_a_list_that_does_not_prove_its_end_is_doubt(shop: FakeShopee, tmp_path: Path) -> None:
    """Of the edits as of the orders."""
    shop.items[7]["update_time"] = STAMP
    page = {"item": [], "total_count": 1, "has_next_page": False}
    shop.overrides["get_item_list"] = [said({"response": page})]
    assert "get_item_list counts 1 items, its pages held 0" in channel(shop).changed(asked(tmp_path / "a")).doubt
    shop.ceiling = 0
    shop.overrides["get_item_list"] = []
    with pytest.raises(ReadFault):
        channel(shop).changed(asked(tmp_path / "b"))


def test_more_edits_than_one_list_shows_are_doubt(shop: FakeShopee, tmp_path: Path) -> None:
    """Then everything is read anyway."""
    for each in shop.items.values():
        each["update_time"] = STAMP
    shop.ceiling = 100
    assert channel(shop).changed(asked(tmp_path / "a")).doubt == "more items were updated than one list shows"
