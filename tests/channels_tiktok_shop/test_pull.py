"""A pull: the rows, the calls, and what makes it incomplete."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.tiktok_shop.listings import BUNDLE, NOT_YET
from stockrecon.core.model import Fulfilment, ListingState
from stockrecon.core.sources import Pulled
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, Request

from .fakes import (
    CIPHER,
    HOME,
    NOW,
    STAMP,
    FakeTikTok,
    channel,
    key,
    line,
    order,
    place,
    product,
    refused,
    request,
    said,
    shown,
    sku,
    stock,
)

OTHER, THIRD = "7000000000000000002", "7000000000000000003"


def rows(pulled: Pulled, table: str) -> list[dict[str, str]]:
    with open(pulled.tables[table].path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pull(tiktok: FakeTikTok, folder: Path, days: int = 7, **options: Any) -> Pulled:
    made = channel(tiktok, **options)
    pulled = made.pull(request(folder, days))
    made.close()
    return pulled


def brief(row: dict[str, str], *names: str) -> tuple[str, ...]:
    return tuple(row[name] for name in names)


def listed(tiktok: FakeTikTok, folder: Path, *names: str, **options: Any) -> list[tuple[str, ...]]:
    return [brief(row, *names) for row in rows(pull(tiktok, folder, **options), "listings")]


# Listings


def test_skus_become_listings_with_their_buckets(tmp_path: Path) -> None:
    """100 in all are 50 in the shop, 30 for campaigns and 20 for a creator; what is ordered stands beside it."""
    tiktok = FakeTikTok()
    tiktok.add(
        product(1, sku(11, "A-1", 48)),
        product(2, sku(21, "S", 100, campaign={"11.11": 30}, creator={"py001": 20}, committed=6), sku(22, "M", 0)),
    )
    pulled = pull(tiktok, tmp_path)
    names = ("item_id", "variation_id", "seller_sku", "sellable", "campaign", "withheld", "committed", "state")
    assert [brief(row, *names) for row in rows(pulled, "listings")] == [
        ("1", "11", "A-1", "48", "0", "0", "0", "ok"),
        ("2", "21", "S", "50", "50", "0", "6", "ok"),
        ("2", "22", "M", "0", "0", "0", "0", "ok"),
    ]
    assert (pulled.complete, pulled.zone, pulled.identity) == (True, "Asia/Ho_Chi_Minh", "VN 7494049642642441621")
    assert pulled.tables["listings"].trusted
    assert pulled.warnings == ()


def test_the_calls_of_a_small_shop(tmp_path: Path) -> None:
    """One each, two for the orders, and none for promotions where no campaign holds anything."""
    tiktok = FakeTikTok()
    tiktok.add(*(product(n, sku(n * 10, f"S{n}", n)) for n in range(1, 101)))
    pulled = pull(tiktok, tmp_path)
    assert tiktok.calls == {
        "shops": 1, "warehouses": 1, "fbt/warehouses": 1, "products/search": 1, "inventory/search": 1,
        "orders/search": 2,
    }  # fmt: skip
    assert pulled.requests == 7


def test_ids_that_no_float_can_hold_are_kept_to_the_digit(tmp_path: Path) -> None:
    """TikTok Shop's ids are above 2^53."""
    tiktok = FakeTikTok()
    tiktok.add(product(1729592969712207001, sku(1729592969712207003, "0012", 1), create_time=STAMP))
    assert listed(tiktok, tmp_path, "item_id", "variation_id", "seller_sku") == [
        ("1729592969712207001", "1729592969712207003", "0012")
    ]


def test_as_of_is_the_shops_time_when_the_listings_began_to_be_read(tmp_path: Path) -> None:
    """A clock that is fast by three hours is refused once, corrected, and told of."""
    tiktok = FakeTikTok()
    tiktok.skew = timedelta(hours=-3)
    tiktok.add(*(product(n, sku(n * 1000, "", 1)) for n in range(1, 400)))
    pulled = pull(tiktok, tmp_path)
    assert timedelta(0) <= pulled.as_of - (NOW + tiktok.skew) <= timedelta(seconds=1)
    assert any("3 h ahead of the shop's" in warning for warning in pulled.warnings)
    assert tiktok.calls["shops"] == 2


@pytest.mark.parametrize("ahead", [31, 3600])
def test_a_clock_that_is_a_little_fast_is_corrected(tmp_path: Path, ahead: int) -> None:
    """Thirty seconds are what TikTok Shop allows; other marketplaces allow minutes."""
    tiktok = FakeTikTok()
    tiktok.skew = timedelta(seconds=-ahead)
    assert pull(tiktok, tmp_path).complete


STATES = [
    ({"status": "ACTIVATE"}, {}, "ok", ""),
    ({"status": "PENDING", "audit": {"status": "AUDITING"}}, {}, "reviewing", "PENDING; audit AUDITING"),
    ({"status": "FAILED", "audit": {"status": "FAILED"}}, {}, "error", "FAILED; audit FAILED"),
    ({"status": "SELLER_DEACTIVATED"}, {}, "warning", "SELLER_DEACTIVATED; TikTok Shop takes stock for active"),
    ({"status": "PLATFORM_DEACTIVATED"}, {}, "banned", "PLATFORM_DEACTIVATED"),
    ({"status": "FREEZE"}, {}, "banned", "FREEZE"),
    ({"status": "DELETED"}, {}, "deleted", "DELETED"),
    ({"status": "SOMETHING_NEW"}, {}, "warning", "SOMETHING_NEW"),
    ({"status": "ACTIVATE", "audit": {"status": "AUDITING"}}, {}, "ok", ""),
    ({"status": "ACTIVATE", "audit": {"status": "FAILED"}}, {}, "ok", ""),
    (
        {"status": "ACTIVATE", "audit": {"status": "PRE_APPROVED", "pre_approved_reasons": ["KYC_PENDING"]}},
        {}, "reviewing", "audit PRE_APPROVED; KYC_PENDING",
    ),
    ({}, {"status": "DEACTIVATED", "deactivation_source": "SELLER"}, "unlisted", "SKU DEACTIVATED by SELLER"),
    ({}, {"status": "DEACTIVATED", "deactivation_source": "PLATFORM"}, "banned", "SKU DEACTIVATED by PLATFORM"),
    ({}, {"status": "DEACTIVATED", "deactivation_source": "COMBO_RELATION"}, "warning", "by COMBO_RELATION"),
    ({}, {"status": "DEACTIVATED"}, "warning", "SKU DEACTIVATED"),
    ({"status": "FREEZE"}, {"status": "DEACTIVATED", "deactivation_source": "SELLER"}, "banned", "FREEZE; SKU DEAC"),
    ({"integrated_platform_statuses": [{"platform": "TOKOPEDIA", "status": "ACTIVATE"}]}, {}, "ok", ""),
    (
        {"integrated_platform_statuses": [{"platform": "TOKOPEDIA", "status": "PLATFORM_DEACTIVATED"}]},
        {}, "warning", "Tokopedia: PLATFORM_DEACTIVATED",
    ),
    ({"integrated_platform_statuses": [{"platform": "TOKOPEDIA", "status": "SELLER_DEACTIVATED"}]}, {}, "ok", ""),
    (
        {"status": None, "integrated_platform_statuses": [{"platform": "TOKOPEDIA", "status": "FAILED"}]},
        {}, "error", "FAILED",
    ),
    ({"status": None, "integrated_platform_statuses": [{"platform": "TOKOPEDIA", "status": "ACTIVATE"}]}, {}, "ok", ""),
    ({"status": None}, {}, "warning", "no status is told"),
    ({"product_sync_fail_reasons": ["qualification is missed"]}, {}, "warning", "qualification is missed"),
]  # fmt: skip


@pytest.mark.parametrize(("of_product", "of_sku", "state", "message"), STATES)
def test_states_are_told_in_tiktok_shops_words(
    tmp_path: Path, of_product: dict[str, Any], of_sku: dict[str, Any], state: str, message: str
) -> None:
    """Product, audit, SKU, mirror and the synchronisation from a global product: the worst of them."""
    tiktok = FakeTikTok()
    info = {"status_info": of_sku} if of_sku else {}
    tiktok.add(product(1, sku(11, "A", 5, **info), **of_product))
    ((told, words),) = listed(tiktok, tmp_path, "state", "message")
    assert told == state
    assert message in words
    assert bool(words) is bool(message)


def test_a_draft_is_no_listing_yet(tmp_path: Path) -> None:
    """It counts in the total, so that the end is proven, and is left out; one that a mirror sells is a listing."""
    tiktok = FakeTikTok()
    mirror = [{"platform": "TOKOPEDIA", "status": "ACTIVATE"}]
    tiktok.add(
        product(1, sku(11, "A", 5), status="DRAFT"),
        product(2, sku(21, "B", 5), status="DRAFT", integrated_platform_statuses=mirror),
    )
    pulled = pull(tiktok, tmp_path)
    assert [brief(row, "item_id", "state") for row in rows(pulled, "listings")] == [("2", "warning")]
    assert pulled.complete


def test_a_sku_that_is_minutes_old_is_shown_and_not_written(tmp_path: Path) -> None:
    """What it exposes is known, what campaigns hold of it is not."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 5), sku(12, "NEW", 7)))
    tiktok.unseen = {"12"}
    pulled = pull(tiktok, tmp_path)
    assert [brief(row, "sellable", "state", "message") for row in rows(pulled, "listings")] == [
        ("5", "ok", ""), ("7", "warning", NOT_YET),
    ]  # fmt: skip
    assert pulled.complete


def test_unknown_stock_is_left_out_and_never_0(tmp_path: Path) -> None:
    """Told nowhere: the snapshot is not complete, and names it."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 5)), product(2, sku(21, "B", {})))
    tiktok.unseen = {"21"}
    pulled = pull(tiktok, tmp_path)
    assert [row["item_id"] for row in rows(pulled, "listings")] == ["1"]
    assert not pulled.complete
    assert pulled.reason == "product 2, SKU 21: TikTok Shop shows no stock for it"


def test_an_id_that_spoils_a_search_of_the_stock_is_found(tmp_path: Path) -> None:
    """The list is halved until the one is alone."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, *(sku(10 + n, f"S{n}", n) for n in range(5))))

    def picky(sent: Request) -> Answer:
        if "13" in json.loads(sent.body or b"")["sku_ids"]:
            return refused(12019008, "Product id is invalid")
        return tiktok._inventory_search(sent)

    tiktok.always["inventory/search"] = picky
    assert [state for (state,) in listed(tiktok, tmp_path, "state")] == ["ok", "ok", "ok", "warning", "ok"]


def test_a_negative_number_is_told_and_counts_as_nothing(tmp_path: Path) -> None:
    """A shop cannot sell less than nothing."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", -3)))
    pulled = pull(tiktok, tmp_path)
    assert [brief(row, "sellable", "campaign") for row in rows(pulled, "listings")] == [("0", "0")]
    assert "a stock of -3; counted as 0" in pulled.warnings[0]


def test_numbers_that_do_not_add_up_are_told(tmp_path: Path) -> None:
    """What lies in the warehouses counts: it is what a write sets."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 10, campaign={"x": 4})), product(2, sku(21, "B", 10)))
    odd = [stock(tiktok.products["1"]["skus"][0]), stock(tiktok.products["2"]["skus"][0])]
    odd[0]["total_available_inventory_distribution"]["in_shop_inventory"]["quantity"] = 9
    odd[1]["total_available_quantity"] = 11
    inventory = [{"product_id": "1", "skus": [odd[0]]}, {"product_id": "2", "skus": [odd[1]]}]
    tiktok.always["inventory/search"] = lambda sent: said({"inventory": inventory})
    pulled = pull(tiktok, tmp_path)
    assert [brief(row, "sellable", "campaign") for row in rows(pulled, "listings")] == [("6", "4"), ("10", "0")]
    assert any("9 in the shop and 4 kept, its warehouses hold 10" in text for text in pulled.warnings)
    assert any("11 in all, its warehouses hold 10" in text for text in pulled.warnings)


def test_a_sku_on_backorder_sells_beyond_its_stock(tmp_path: Path) -> None:
    """What is on order becomes stock by itself once the rest is sold out."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 5)), product(2, sku(21, "B", 5)))
    each = shown(tiktok.products["1"])
    each["skus"][0]["inventory"][0]["backorder_quantity"] = 8
    tiktok.always["products/search"] = lambda sent: said(
        {"total_count": 2, "products": [each, shown(tiktok.products["2"])]}
    )
    assert listed(tiktok, tmp_path, "sellable", "sells_beyond_stock") == [("5", "true"), ("5", "false")]


# Warehouses


def test_all_warehouses_are_summed_or_one_is_chosen(tmp_path: Path) -> None:
    """Which one is the ledger's is configuration; where nobody says it, that is told."""
    tiktok = FakeTikTok()
    tiktok.warehouses = [place(HOME), place(OTHER), place(THIRD, sort="RETURN_WAREHOUSE")]
    tiktok.add(product(1, sku(11, "A", {HOME: 5, OTHER: 7}, campaign={"x": 6})), product(2, sku(21, "B", {OTHER: 3})))
    pulled = pull(tiktok, tmp_path / "all")
    names = ("sellable", "campaign", "message")
    assert [brief(row, *names) for row in rows(pulled, "listings")] == [("6", "6", ""), ("3", "0", "")]
    assert "the stock of 2 warehouses is counted as one" in pulled.warnings[0]
    pulled = pull(tiktok, tmp_path / "one", warehouse_id=HOME)
    assert [brief(row, *names) for row in rows(pulled, "listings")] == [
        ("5", "0", f"7 more in warehouse {OTHER}, which does not count"),
        ("0", "0", f"3 more in warehouse {OTHER}, which does not count"),
    ]  # fmt: skip
    assert all("counted as one" not in text for text in pulled.warnings)


def test_a_shift_between_warehouses_shows_where_one_is_chosen(tmp_path: Path) -> None:
    """The total stays the same: it would hide it."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", {HOME: 5, OTHER: 7})))
    assert listed(tiktok, tmp_path / "1", "sellable", warehouse_id=HOME) == [("5",)]
    tiktok.products["1"]["skus"][0]["places"] = {HOME: 1, OTHER: 11}
    assert listed(tiktok, tmp_path / "2", "sellable", warehouse_id=HOME) == [("1",)]
    assert listed(tiktok, tmp_path / "3", "sellable") == [("12",)]


@pytest.mark.parametrize("status", ["DISABLED", "RESTRICTED"])
def test_what_lies_behind_a_closed_door_cannot_be_bought(tmp_path: Path, status: str) -> None:
    """Holiday or order-limit mode, or switched off: the stock is shown, and it is a fault of the listing's."""
    tiktok = FakeTikTok()
    tiktok.warehouses = [place(HOME), place(OTHER, status=status)]
    tiktok.add(
        product(1, sku(11, "A", {HOME: 5})),
        product(2, sku(21, "B", {OTHER: 0})),
        product(3, sku(31, "C", {HOME: 5, OTHER: 1})),
        product(4, sku(41, "D", {HOME: 5, OTHER: 0})),
    )
    pulled = pull(tiktok, tmp_path)
    assert [row["state"] for row in rows(pulled, "listings")] == ["ok", "warning", "warning", "ok"]
    assert f"{OTHER} is {status}" in rows(pulled, "listings")[1]["message"]
    assert listed(tiktok, tmp_path / "home", "state", warehouse_id=HOME)[2] == ("ok",)


def test_stock_in_tiktoks_own_warehouse_is_the_platforms(tmp_path: Path) -> None:
    """Where the seller keeps some as well, the seller's counts and the rest is named."""
    tiktok = FakeTikTok()
    tiktok.platform = [{"fbt_warehouse_id": "9", "warehouse_ids": [OTHER], "type": "PLATFORM_WAREHOUSE"}]
    tiktok.add(product(1, sku(11, "A", {OTHER: 40})), product(2, sku(21, "B", {HOME: 5, OTHER: 7}, campaign={"x": 9})))
    assert listed(tiktok, tmp_path, "sellable", "campaign", "fulfilment", "message") == [
        ("40", "0", "platform", ""), ("3", "2", "seller", "7 more in TikTok's warehouse"),
    ]  # fmt: skip


def test_without_the_scope_of_warehouses_a_shop_is_read(tmp_path: Path) -> None:
    """A holiday is not noticed then; `check` says so."""
    tiktok = FakeTikTok()
    tiktok.always["warehouses"] = lambda sent: refused(105005)
    tiktok.add(product(1, sku(11, "A", 5)))
    assert listed(tiktok, tmp_path, "state") == [("ok",)]


# Campaigns


def activity(number: int, title: str, status: str = "ONGOING", **more: object) -> dict[str, Any]:
    times = {"begin_time": STAMP - 60, "end_time": STAMP + 60}
    return {"id": str(number), "title": title, "activity_type": "FLASHSALE", "status": status, **times, **more}


def test_a_lock_with_a_promotion_of_its_name_is_a_campaign_with_times(tmp_path: Path) -> None:
    """A creator's share is none, nor is what nobody dates."""
    tiktok = FakeTikTok()
    tiktok.activities = [activity(7, "Flash"), activity(8, "Later", "NOT_START"), activity(9, "Over", "EXPIRED")]
    locks = {"Flash": 4, "Later": 3, "Over": 2, "11.11 of TikTok's": 1}
    tiktok.add(product(1, sku(11, "A", 20, campaign=locks, creator={"Flash": 5})), product(2, sku(21, "B", 5)))
    pulled = pull(tiktok, tmp_path)
    names = ("campaign_id", "item_id", "variation_id", "starts_at", "ends_at", "locked", "sold", "state")
    assert [brief(row, *names) for row in rows(pulled, "campaigns")] == [
        ("7", "1", "11", "2026-11-24T11:59:00Z", "2026-11-24T12:01:00Z", "4", "", "running"),
        ("8", "1", "11", "2026-11-24T11:59:00Z", "2026-11-24T12:01:00Z", "3", "", "upcoming"),
    ]
    assert brief(rows(pulled, "listings")[0], "sellable", "campaign") == ("5", "15")
    assert pulled.warnings == ()


def test_a_title_that_two_promotions_bear_dates_nothing(tmp_path: Path) -> None:
    """Nor does one without an end."""
    tiktok = FakeTikTok()
    tiktok.activities = [activity(7, "Twice"), activity(8, "Twice", "NOT_START"), activity(9, "Open", end_time=0)]
    tiktok.add(product(1, sku(11, "A", 20, campaign={"Twice": 4, "Open": 1})))
    assert rows(pull(tiktok, tmp_path), "campaigns") == []


def test_many_promotions_are_read_to_their_end(tmp_path: Path) -> None:
    """By the token that their body carries."""
    tiktok = FakeTikTok()
    tiktok.activities = [activity(n, f"T{n}") for n in range(1, 251)]
    tiktok.add(product(1, sku(11, "A", 20, campaign={"T249": 4})))
    assert [row["campaign_id"] for row in rows(pull(tiktok, tmp_path), "campaigns")] == ["249"]
    assert tiktok.calls["activities/search"] == 4


@pytest.mark.parametrize("answer", [refused(105005, "no scope"), refused(17029001, "Invalid parameters"),
                                    said({"activities": {}})])  # fmt: skip
def test_promotions_that_may_not_be_asked_for_are_told_and_not_fatal(tmp_path: Path, answer: Answer) -> None:
    """Then there is no table: that none is in it must not look as if all were over."""
    tiktok = FakeTikTok()
    tiktok.always["activities/search"] = lambda sent: Answer(answer.status, {}, answer.body)
    tiktok.add(product(1, sku(11, "A", 20, campaign={"x": 4})))
    pulled = pull(tiktok, tmp_path)
    assert pulled.complete
    assert "campaigns" not in pulled.tables
    assert "campaigns hold stock of 1 listings, and when they end is not known" in pulled.warnings[0]


def test_where_no_campaign_holds_anything_all_are_over(tmp_path: Path) -> None:
    """An empty table, without a call."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 20)))
    pulled = pull(tiktok, tmp_path)
    assert rows(pulled, "campaigns") == []
    assert tiktok.calls["activities/search"] == 0


# Bundles


def test_a_virtual_bundle_is_known_by_its_orders(tmp_path: Path) -> None:
    """Searches do not tell it; its number is TikTok Shop's own to make."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 8)), product(2, sku(21, "SET", 4), sku(22, "OTHER", 4)))
    parts = [{"product_id": "1", "sku_id": "11", "sku_count": 2, "seller_sku": "A"}]
    tiktok.orders = [order(5, "UNPAID", line(2, 21, "UNPAID", combined_listing_skus=parts))]
    pulled = pull(tiktok, tmp_path)
    assert [brief(row, "fulfilment", "message") for row in rows(pulled, "listings")] == [
        ("seller", ""), ("computed", BUNDLE), ("seller", ""),
    ]  # fmt: skip
    assert [brief(row, "item_id", "variation_id", "quantity") for row in rows(pulled, "orders")] == [("1", "11", "2")]
    assert "2/21; name them in `computed`" in pulled.warnings[0]


@pytest.mark.parametrize(("named", "kinds"), [(("2",), ["seller", "computed", "computed"]),
                                              (("2/21", "1/99"), ["seller", "computed", "seller"])])  # fmt: skip
def test_a_bundle_that_is_named_needs_no_order(tmp_path: Path, named: tuple[str, ...], kinds: list[str]) -> None:
    """A whole product, or one SKU of it; then there is nothing to be told."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 8)), product(2, sku(21, "SET", 4), sku(22, "OTHER", 4)))
    parts = [{"product_id": "1", "sku_id": "11", "sku_count": 2}]
    tiktok.orders = [order(5, "UNPAID", line(2, 21, "UNPAID", combined_listing_skus=parts))] if "2/21" in named else []
    pulled = pull(tiktok, tmp_path, computed=named)
    assert [row["fulfilment"] for row in rows(pulled, "listings")] == kinds
    assert pulled.warnings == ()


# The shop


def test_the_configured_shop_is_called_by_its_cipher(tmp_path: Path) -> None:
    """A token of a seller in several markets stands for several shops."""
    tiktok = FakeTikTok()
    tiktok.shops.append({"id": "2", "name": "Toko", "region": "ID", "cipher": "other", "code": "IDCODE"})
    for options in ({"region": "ID"}, {"region": "", "shop_id": "2"}, {"region": "", "shop_id": "IDCODE"},
                    {"region": "", "shop_cipher": "other"}):  # fmt: skip
        pulled = pull(tiktok, tmp_path, **options)
        assert (pulled.identity, pulled.zone) == ("ID 2", "Asia/Jakarta")
        assert {each.first("shop_cipher") for each in tiktok.requests} == {None, "other"}
        tiktok.requests.clear()


@pytest.mark.parametrize(
    ("options", "fault", "words"),
    [
        ({"region": ""}, ReadFault, "stands for several shops: Tiệm .VN, 7494049642642441621., Toko .ID, 2."),
        ({"region": "TH"}, AuthFault, "configured is TH"),
        ({"region": "", "shop_id": "3"}, AuthFault, "configured is 3"),
        ({"region": "VN", "shop_id": "2"}, ReadFault, "is in region ID, configured is VN"),
        ({"region": "", "shop_cipher": "x"}, AuthFault, "configured is x"),
    ],
)
def test_another_shop_is_never_read(
    tmp_path: Path, options: dict[str, str], fault: type[ReadFault], words: str
) -> None:
    """The fault names what the token stands for, and what was wanted."""
    tiktok = FakeTikTok()
    tiktok.shops.append({"id": "2", "name": "Toko", "region": "ID", "cipher": "other", "code": "IDCODE"})
    with pytest.raises(fault, match=words) as caught:
        pull(tiktok, tmp_path, **options)
    assert type(caught.value) is fault
    assert caught.value.way_on
    assert set(tiktok.calls) == {"shops"}


def test_a_token_without_any_shop_is_told(tmp_path: Path) -> None:
    """A creator's or a partner's, such as."""
    tiktok = FakeTikTok()
    tiktok.shops = []
    with pytest.raises(AuthFault, match="the token stands for no shop, configured is VN"):
        pull(tiktok, tmp_path)


def test_the_configured_cipher_is_used_before_the_shops_are_known() -> None:
    """And the one of the answer after it."""
    made = channel(FakeTikTok(), shop_cipher="configured")
    assert made._opening.cipher() == "configured"
    assert channel(FakeTikTok())._opening.cipher() == ""
    assert channel(FakeTikTok())._open().cipher == CIPHER


# Reading again


def test_listings_are_read_again_by_product(tmp_path: Path) -> None:
    """One call per product, one for the stock; what is gone is left out, what was not asked for as well."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "A", 5), sku(12, "B", 6)), product(2, sku(21, "C", 7, campaign={"x": 3})))
    made = channel(tiktok)
    found = made.reread([key(1, 12), key(2, 21), key(1, 99), key(9, 91)])
    assert {str(each.key): (each.seller_sku, each.sellable, each.campaign) for each in found.values()} == {
        "tiktok-vn 1/12": ("B", 6, 0),
        "tiktok-vn 2/21": ("C", 4, 3),
    }
    assert tiktok.bodies("inventory/search") == [{"sku_ids": ["12", "21"]}]
    assert made.reread([]) == {}


@pytest.mark.parametrize(("status", "state"), [("FREEZE", ListingState.BANNED), ("DELETED", ListingState.DELETED)])
def test_what_the_single_call_does_not_show_is_searched_for(status: str, state: ListingState) -> None:
    """A product that is frozen is there all the same: it has not moved."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, *(sku(100 + n, f"S{n}", n) for n in range(12)), status=status))
    found = channel(tiktok).reread([key(1, 100 + n) for n in range(12)])
    assert {each.state for each in found.values()} == {state}
    assert len(found) == 12
    assert tiktok.calls["products/search"] == 2


def test_a_bundle_is_known_when_it_is_read_again() -> None:
    """The single call tells it, so that it is never written."""
    tiktok = FakeTikTok()
    tiktok.add(product(1, sku(11, "SET", 5), product_types=["COMBINED_PRODUCT"]))
    assert channel(tiktok).reread([key(1, 11)])[key(1, 11)].fulfilment is Fulfilment.COMPUTED


def test_reasons_of_a_failed_audit_come_with_the_single_call() -> None:
    """In TikTok Shop's words."""
    tiktok = FakeTikTok()
    reasons = [{"position": "product", "reasons": ["violate listing rules"]}]
    tiktok.add(product(1, sku(11, "A", 5), status="FAILED", audit_failed_reasons=reasons))
    assert "violate listing rules" in channel(tiktok).reread([key(1, 11)])[key(1, 11)].message
