"""What Lazada tells of what changed: edits and orders by their update, unpaid orders, the number of items."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.channels.base import ChangesRequest, PullsChanges
from stockrecon.core.policy import Policy
from tests.channels_lazada.fake import NOW, FakeLazada, channel, order, product, request, sku, unit

ITEMS = 120


def asked(folder: Path, known: dict[tuple[str, str], str], minutes: int = 60) -> ChangesRequest:
    folder.mkdir(exist_ok=True)
    since = NOW - timedelta(minutes=minutes)
    return ChangesRequest(folder, since, since - timedelta(hours=1), known, Policy())


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names(lazada: FakeLazada) -> dict[tuple[str, str], str]:
    return {
        (str(row["item_id"]), str(one["SkuId"])): one["SellerSku"] for row in lazada.products for one in row["skus"]
    }


def updated(lazada: FakeLazada, item: int, minutes: int) -> None:
    for row in lazada.products:
        if row["item_id"] == item:
            row["updated_time"] = str(int((NOW - timedelta(minutes=minutes)).timestamp() * 1000))


@pytest.fixture
def shop() -> FakeLazada:
    """A hundred and twenty items that were last edited long ago; one of them has two SKUs."""
    made = [product(number) for number in range(1, ITEMS)]
    made.append(product(ITEMS, sku(1200), sku(1201)))
    lazada = FakeLazada(made)
    for row in made:
        updated(lazada, row["item_id"], 5000)
    return lazada


def test_orders_alone_are_their_lists(shop: FakeLazada, tmp_path: Path) -> None:
    """What is asked once more for orders asks for neither the seller nor items; what came is there, by item."""
    made, first = channel(shop), asked(tmp_path / "a", names(shop))
    before = made.changed(first).requests
    shop.orders_ = [order(1, unit(30), at=NOW - timedelta(seconds=5))]
    found = made.changed(replace(first, spool=asked(tmp_path / "b", {}).spool, orders_only=True))
    assert [(row["order_id"], row["item_id"]) for row in rows(found.orders.path)] == [("1", "3")]
    assert (found.doubt, found.requests) == ("", 3)
    assert before == 5


def test_edits_orders_and_the_count_cost_a_few_calls(shop: FakeLazada, tmp_path: Path) -> None:
    """Seller, edits, the count, orders and their units, unpaid ones: no page of products but that of the edits."""
    updated(shop, 7, 10)
    shop.products.append(product(500))
    updated(shop, 500, 2)
    shop.orders_ = [order(1, unit(30), at=NOW - timedelta(minutes=5)), order(2, unit(30), at=NOW - timedelta(days=2))]
    made = channel(shop)
    assert isinstance(made, PullsChanges)
    found = made.changed(asked(tmp_path / "a", names(shop)))
    assert (found.items, found.count, found.doubt) == (frozenset({"7", "500"}), ITEMS + 1, "")
    assert [(row["order_id"], row["item_id"]) for row in rows(found.orders.path)] == [("1", "3")]
    assert found.identity == "1000123"
    assert found.requests == 6
    assert shop.counts["/products/get"] == 2


def test_unpaid_orders_are_found_however_old(shop: FakeLazada, tmp_path: Path) -> None:
    """Their units come back without an update of the order."""
    shop.orders_ = [order(3, unit(50, "unpaid"), at=NOW - timedelta(days=3))]
    found = channel(shop).changed(asked(tmp_path / "a", names(shop)))
    assert [(row["order_id"], row["status"]) for row in rows(found.orders.path)] == [("3", "unpaid")]


def test_items_are_read_by_their_names(shop: FakeLazada, tmp_path: Path) -> None:
    """Fifty a call, whole; what the list of edits brought along is not read twice. The rows are a full pull's."""
    for folder in ("full", "items"):
        (tmp_path / folder).mkdir()
    whole = channel(shop).pull(request(tmp_path / "full"))
    assert whole.items == ITEMS
    updated(shop, 7, 10)
    made = channel(shop)
    made.changed(asked(tmp_path / "a", names(shop)))
    before = shop.counts
    wanted = {str(number) for number in (*range(2, 60), ITEMS)}
    found = made.read_items(wanted, tmp_path / "items")
    assert (found.items, found.doubt) == (frozenset(wanted), "")
    listed = [row for row in rows(whole.tables["listings"].path) if row["item_id"] in wanted]
    assert sorted(rows(found.listings.path), key=str) == sorted(listed, key=str)
    assert len(listed) == 60
    assert (found.requests, shop.counts - before) == (2, {"/products/get": 2})


def test_what_a_name_does_not_find_is_read_by_item(shop: FakeLazada, tmp_path: Path) -> None:
    """A name that finds another item, an item without names, one of which a SKU is missing; and one that is gone."""
    (tmp_path / "items").mkdir()
    known = names(shop)
    known["4", "40"] = "S-50"  # finds item 5
    known["6", "60"] = ""
    known[str(ITEMS), "1202"] = "S-1200"  # a SKU that the item no longer has
    del known["9", "90"]
    made = channel(shop)
    made.changed(asked(tmp_path / "a", known))
    before = shop.counts
    found = made.read_items({"4", "6", "9", str(ITEMS), "11", "12", "999"}, tmp_path / "items")
    assert found.items == frozenset({"4", "6", "9", str(ITEMS), "11", "12"})
    assert {row["item_id"] for row in rows(found.listings.path)} == found.items
    assert (shop.counts - before)["/product/item/get"] == 5


def test_a_few_items_are_read_one_by_one(shop: FakeLazada, tmp_path: Path) -> None:
    """Where that is as few calls as by name."""
    (tmp_path / "items").mkdir()
    made = channel(shop)
    made.changed(asked(tmp_path / "a", names(shop)))
    before = shop.counts
    assert made.read_items({"4"}, tmp_path / "items").items == frozenset({"4"})
    assert shop.counts - before == {"/product/item/get": 1}


def test_an_item_without_a_stock_figure_is_doubt(shop: FakeLazada, tmp_path: Path) -> None:
    """Unknown is not what it was."""
    (tmp_path / "items").mkdir()
    made = channel(shop)
    made.changed(asked(tmp_path / "a", names(shop)))
    for one in shop.products[3]["skus"]:
        one.update(multiWarehouseInventories=None, quantity=None, Available=None)
    assert "Lazada shows no stock figure" in made.read_items({"4"}, tmp_path / "items").doubt
