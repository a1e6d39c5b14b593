"""What TikTok Shop tells of what changed: orders and edits by their update, how many products; and products by id."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.base import ChangesRequest, PullsChanges
from stockrecon.core.policy import Policy
from stockrecon.core.sources import TableFile
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer

from .fakes import (
    NOW,
    STAMP,
    FakeTikTok,
    channel,
    line,
    order,
    place,
    product,
    refused,
    request,
    said,
    shown,
    sku,
)
from .test_pull import rows

PRODUCTS = 120


def known(tiktok: FakeTikTok) -> dict[tuple[str, str], str]:
    return {
        (each["id"], one["id"]): one["seller_sku"]
        for each in tiktok.products.values()
        if each["status"] != "DRAFT"
        for one in each["skus"]
    }


def asked(folder: Path, listed: dict[tuple[str, str], str], minutes: int = 60) -> ChangesRequest:
    folder.mkdir(exist_ok=True)
    since = NOW - timedelta(minutes=minutes)
    return ChangesRequest(folder, since, since - timedelta(hours=1), listed, Policy())


def read(table: TableFile) -> list[dict[str, str]]:
    with Path(table.path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edit(tiktok: FakeTikTok, number: int, minutes: int = 10, **more: object) -> None:
    tiktok.products[str(number)] |= {"update_time": STAMP - 60 * minutes, **more}


@pytest.fixture
def shop() -> FakeTikTok:
    """A hundred and twenty products that were last edited long ago; the last of them has two SKUs."""
    tiktok = FakeTikTok()
    for number in range(1, PRODUCTS + 1):
        skus = [sku(number * 10, f"S-{number}", 10)]
        skus += [sku(number * 10 + 1, "S-more", 4)] if number == PRODUCTS else []
        tiktok.add(product(number, *skus, update_time=STAMP - 86400))
    return tiktok


def test_it_offers_little_pulls(shop: FakeTikTok) -> None:
    """And says what it does not tell."""
    made = channel(shop)
    assert isinstance(made, PullsChanges)
    assert "another program" in made.untold


def test_edits_orders_and_the_count_cost_a_few_calls(shop: FakeTikTok, tmp_path: Path) -> None:
    """The shop, two lists of warehouses, the edits, the number, the orders: nothing of the stock is asked for."""
    listed = known(shop)
    edit(shop, 7)
    shop.add(product(500, sku(5000, "S-500", 5), update_time=STAMP - 60))
    shop.orders = [order("1", "UNPAID", line(3, 30)), order("2", "COMPLETED", line(4, 40), update_time=STAMP - 9000)]
    found = channel(shop).changed(asked(tmp_path / "a", listed))
    assert (found.items, found.count, found.doubt) == (frozenset({"7", "500"}), PRODUCTS + 1, "")
    assert [(row["order_id"], row["item_id"]) for row in read(found.orders)] == [("1", "3")]
    assert (found.as_of, found.identity) == (NOW, "VN 7494049642642441621")
    assert found.requests == 6
    assert shop.calls["inventory/search"] == 0
    assert shop.bodies("products/search") == [
        {"status": "ALL", "update_time_ge": STAMP - 3600},
        {"status": "ALL"},
    ]


def test_orders_alone_are_one_call(shop: FakeTikTok, tmp_path: Path) -> None:
    """What is asked once more for orders asks for nothing else; an order that came meanwhile is there."""
    made, first = channel(shop), asked(tmp_path / "a", known(shop))
    made.changed(first)
    shop.orders = [order("1", "UNPAID", line(3, 30))]
    shop.calls.clear()
    found = made.changed(replace(first, spool=asked(tmp_path / "b", {}).spool, orders_only=True))
    assert [(row["order_id"], row["item_id"]) for row in read(found.orders)] == [("1", "3")]
    assert (found.doubt, found.requests, shop.calls.total()) == ("", 1, 1)


def test_what_a_full_pull_says_of_itself_is_the_same(shop: FakeTikTok, tmp_path: Path) -> None:
    """Identity, terms, zone, the number of products: what a base is compared by."""
    shop.platform = [{"fbt_warehouse_id": "9", "warehouse_ids": ["8"]}]
    whole = channel(shop).pull(request(tmp_path))
    found = channel(shop).changed(asked(tmp_path / "a", known(shop)))
    assert (whole.items, whole.identity, whole.terms, whole.zone) == (
        found.count,
        found.identity,
        found.terms,
        found.zone,
    )
    assert whole.items == PRODUCTS


def test_a_warehouse_that_closes_is_another_reading(shop: FakeTikTok, tmp_path: Path) -> None:
    """It changes the state of every listing, and no message tells of it: the terms are not those of the base."""
    made = channel(shop)
    before = made.changed(asked(tmp_path / "a", known(shop))).terms
    shop.warehouses = [place("7000000000000000001", status="RESTRICTED")]
    assert made.changed(asked(tmp_path / "b", known(shop))).terms != before


def test_a_bundle_that_only_orders_show_is_another_reading(shop: FakeTikTok, tmp_path: Path) -> None:
    """Of the last week's orders a little pull reads an hour's: it does not know the bundle, and must not guess."""
    part = {"product_id": "4", "sku_id": "40", "sku_count": 2}
    sold = line(5, 50, combined_listing_skus=[part])
    shop.orders = [order("1", "COMPLETED", sold, update_time=STAMP - 86400)]
    whole = channel(shop).pull(request(tmp_path))
    found = channel(shop).changed(asked(tmp_path / "a", known(shop)))
    assert whole.terms != found.terms
    (tmp_path / "named").mkdir()
    named = channel(shop, computed=("5/50",)).pull(request(tmp_path / "named"))
    assert named.terms == found.terms


# Drafts


def test_drafts_are_no_items_and_do_not_count(shop: FakeTikTok, tmp_path: Path) -> None:
    """They are no listings: made or edited they change nothing, and one call more tells their number."""
    shop.add(product(900, sku(9000, "D", 1), status="DRAFT", update_time=STAMP - 86400))
    whole = channel(shop).pull(request(tmp_path))
    listed = known(shop)
    shop.add(product(901, sku(9010, "D", 1), status="DRAFT", update_time=STAMP - 60))
    edit(shop, 900)
    found = channel(shop).changed(asked(tmp_path / "a", listed))
    assert (found.items, found.count, found.terms) == (frozenset(), whole.items, whole.terms)
    assert found.requests == 7


def test_a_draft_that_is_published_is_a_new_item(shop: FakeTikTok, tmp_path: Path) -> None:
    """One more is counted, and it is among the edited ones."""
    shop.add(*(product(n, sku(n * 10, "D", 1), status="DRAFT", update_time=STAMP - 86400) for n in (900, 901)))
    listed = known(shop)
    edit(shop, 901, status="ACTIVATE")
    found = channel(shop).changed(asked(tmp_path / "a", listed))
    assert (found.items, found.count) == (frozenset({"901"}), PRODUCTS + 1)


def test_a_draft_does_not_stand_for_a_product_that_vanished(shop: FakeTikTok, tmp_path: Path) -> None:
    """The total is right by chance: the draft of the base is missing from the terms, or the edited draft is counted."""
    shop.add(product(900, sku(9000, "D", 1), status="DRAFT", update_time=STAMP - 86400))
    whole, listed = channel(shop).pull(request(tmp_path)), known(shop)
    del shop.products["5"]
    found = channel(shop).changed(asked(tmp_path / "a", listed))
    assert whole.terms != found.terms
    edit(shop, 900)
    found = channel(shop).changed(asked(tmp_path / "b", listed))
    assert (whole.items, found.count) == (PRODUCTS, PRODUCTS - 1)


# Items


def test_items_are_read_whole(shop: FakeTikTok, tmp_path: Path) -> None:
    """All SKUs, and the campaigns of what is held; ten products a call. The rows are those of a full pull."""
    shop.products["3"]["skus"][0]["campaign"] = {"Flash": 4}
    shop.activities = [
        {"id": "9", "title": "Flash", "status": "ONGOING", "begin_time": STAMP - 60, "end_time": STAMP + 60}
    ]
    edit(shop, 7)
    whole = channel(shop).pull(request(tmp_path))
    wanted = {"3", str(PRODUCTS), "7", *map(str, range(20, 32))}
    made = channel(shop)
    made.changed(asked(tmp_path / "a", known(shop)))
    (tmp_path / "items").mkdir()
    before = shop.calls.copy()
    found = made.read_items(wanted, tmp_path / "items")
    assert (found.items, found.doubt) == (frozenset(wanted), "")
    listed = [row for row in rows(whole, "listings") if row["item_id"] in wanted]
    assert read(found.listings) == sorted(listed, key=lambda row: (row["item_id"], row["variation_id"]))
    assert read(found.campaigns) == rows(whole, "campaigns") != []
    # Fourteen by their SKUs, one that came with the edits.
    assert shop.calls - before == {"products/search": 2, "inventory/search": 1, "activities/search": 1}
    assert found.requests == 4


def test_a_product_whose_sku_finds_nothing_is_asked_for_by_itself(shop: FakeTikTok, tmp_path: Path) -> None:
    """The SKU may be gone from it; what is not there at all is not among those read: the shop is read in full then."""
    made = channel(shop)
    made.changed(asked(tmp_path / "a", known(shop)))
    shop.products["5"]["skus"] = [sku(59, "S-other", 3)]
    del shop.products["6"]
    (tmp_path / "items").mkdir()
    found = made.read_items({"5", "6"}, tmp_path / "items")
    assert found.items == frozenset({"5"})
    assert [(row["item_id"], row["variation_id"]) for row in read(found.listings)] == [("5", "59")]


def test_campaigns_whose_end_may_not_be_asked_for_are_doubt(shop: FakeTikTok, tmp_path: Path) -> None:
    """A base has their times, or there is none: what was read in full is not gone on from without them."""
    made = channel(shop)
    made.changed(asked(tmp_path / "a", known(shop)))
    shop.products["3"]["skus"][0]["campaign"] = {"Flash": 4}
    shop.always["activities/search"] = lambda sent: refused(105005, "no scope")
    (tmp_path / "items").mkdir()
    assert "when they end is not known" in made.read_items({"3"}, tmp_path / "items").doubt


# Promotions


def flash(number: int, title: str, status: str = "ONGOING") -> dict[str, Any]:
    times = {"begin_time": STAMP - 60, "end_time": STAMP + 60}
    return {"id": str(number), "title": title, "status": status, **times}


PROMOTIONS = [flash(1, "Flash"), flash(2, "Later", "NOT_START"), flash(3, "Over", "EXPIRED"), flash(4, "Twice")]
PROMOTIONS += [flash(5, "Twice", "NOT_START"), flash(6, "Again"), flash(7, "Again", "EXPIRED")]


@pytest.mark.parametrize(
    ("more", "spoiled", "calls"),
    [
        ([], None, 1),
        ([flash(n, f"T{n}", "EXPIRED") for n in range(8, 101)], None, 1),
        ([flash(n, f"T{n}", "EXPIRED") for n in range(8, 102)], None, 3),
        ([], refused(17029001, "Invalid parameters"), 3),
        ([], said({"activities": [flash(1, "Flash")], "next_page_token": ""}), 3),
        ([], said({"total_count": 1, "activities": [flash(1, "Flash", "")], "next_page_token": ""}), 3),
    ],
    ids=["few", "one page", "more than a page", "refused", "no total", "no status"],
)
def test_few_promotions_are_one_call(
    shop: FakeTikTok, tmp_path: Path, more: list[dict[str, Any]], spoiled: Answer | None, calls: int
) -> None:
    """Of any status, so that it tells what both lists would: the rows are those of a full pull. Where the page is not
    all, and proves it, both are read."""
    shop.activities = [*PROMOTIONS, *more]
    titles = ("Flash", "Later", "Over", "Twice", "Again", "11.11 of TikTok's")
    shop.products["3"]["skus"][0]["campaign"] = dict.fromkeys(titles, 1)
    whole = channel(shop).pull(request(tmp_path))
    made = channel(shop)
    made.changed(asked(tmp_path / "a", known(shop)))
    (tmp_path / "items").mkdir()
    before = shop.calls.copy()
    shop.overrides["activities/search"] = [spoiled] if spoiled else []
    found = made.read_items({"3"}, tmp_path / "items")
    assert (found.doubt, shop.calls["activities/search"] - before["activities/search"]) == ("", calls)
    assert read(found.campaigns) == rows(whole, "campaigns")
    assert [row["campaign_id"] for row in read(found.campaigns)] == ["1", "2", "6"]


def test_what_creators_alone_hold_needs_no_promotions(shop: FakeTikTok, tmp_path: Path) -> None:
    """It is no campaign's: nothing is dated, and nothing is asked for."""
    shop.products["3"]["skus"][0]["creator"] = {"py001": 4}
    made = channel(shop)
    made.changed(asked(tmp_path / "a", known(shop)))
    (tmp_path / "items").mkdir()
    found = made.read_items({"3"}, tmp_path / "items")
    assert (found.doubt, read(found.campaigns), shop.calls["activities/search"]) == ("", [], 0)
    assert [row["campaign"] for row in read(found.listings)] == ["4"]


def test_a_sku_without_a_figure_is_doubt(shop: FakeTikTok, tmp_path: Path) -> None:
    """As it makes a full pull incomplete."""
    made = channel(shop)
    made.changed(asked(tmp_path / "a", known(shop)))
    shop.products["3"]["skus"][0]["places"] = {}
    shop.unseen.add("30")
    (tmp_path / "items").mkdir()
    assert "TikTok Shop shows no stock for it" in made.read_items({"3"}, tmp_path / "items").doubt


# Doubt


def test_a_list_that_does_not_prove_its_end_is_doubt(shop: FakeTikTok, tmp_path: Path) -> None:
    """Of the edits as of the orders."""
    edit(shop, 7)
    short = said({"total_count": 2, "products": [shown(shop.products["7"])], "next_page_token": ""})
    shop.overrides["products/search"] = [short, short]
    doubt = channel(shop).changed(asked(tmp_path / "a", known(shop))).doubt
    assert "counts 2 products, its pages held 1" in doubt
    shop.always["orders/search"] = lambda sent: said({"total_count": 3, "orders": []})
    assert "counts 3 orders" in channel(shop).changed(asked(tmp_path / "b", known(shop))).doubt


def test_more_edits_than_one_search_gives_are_doubt(shop: FakeTikTok, tmp_path: Path) -> None:
    """Then everything is read anyway."""
    for number in range(1, 30):
        edit(shop, number)
    shop.reach = 20
    doubt = channel(shop).changed(asked(tmp_path / "a", known(shop))).doubt
    assert doubt == f"products edited since {STAMP - 3600} (Unix time): more than the 10000 that one search gives"


def test_a_shop_beyond_one_search_is_counted_in_windows(shop: FakeTikTok, tmp_path: Path) -> None:
    """One call for each window of creation time, with a single row; what cannot be divided is not counted."""
    edit(shop, 7)
    shop.reach = 50
    found = channel(shop).changed(asked(tmp_path / "a", known(shop)))
    assert (found.count, found.items, found.doubt) == (PRODUCTS, frozenset({"7"}), "")
    sizes = {each.first("page_size") for each in shop.requests[-20:] if each.path.endswith("products/search")}
    assert sizes == {"1"}
    for each in shop.products.values():
        each["create_time"] = STAMP - 500
    assert channel(shop).changed(asked(tmp_path / "b", known(shop))).count is None


def test_a_total_that_is_missing_is_no_count(shop: FakeTikTok, tmp_path: Path) -> None:
    """Then nothing is proven."""
    none = said({"total_count": 0, "next_page_token": ""})
    shop.overrides["products/search"] = [none, said({"products": [shown(shop.products["7"])]})]
    assert channel(shop).changed(asked(tmp_path / "a", known(shop))).count is None


def test_another_shops_token_is_a_fault(shop: FakeTikTok, tmp_path: Path) -> None:
    """As in a full pull."""
    shop.shops[0]["region"] = "TH"
    with pytest.raises(ReadFault):
        channel(shop).changed(asked(tmp_path / "a", known(shop)))
