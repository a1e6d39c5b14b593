"""A pull: the rows, the calls, and what makes it incomplete."""

from __future__ import annotations

import csv
import json
from datetime import timedelta

import pytest

from stockrecon.core.model import Fulfilment, ListingKey, ListingState
from stockrecon.errors import AuthFault, ReadFault

from .fakes import (
    NOW,
    SHOP,
    STAMP,
    FakeShopee,
    channel,
    item,
    line,
    model,
    order,
    request,
    said,
    stock,
    wrapped,
)


def rows(pulled, table):
    with open(pulled.tables[table].path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pull(shopee, folder, days=7, **options):
    made = channel(shopee, **options)
    pulled = made.pull(request(folder, days))
    made.close()
    return pulled


def brief(row, *names):
    return tuple(row[name] for name in names)


def test_items_and_models_become_listings_with_their_buckets(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(1, "A-1", 48), item(2, "A-2", 100, reserved=30))
    shopee.add_models(item(3, "PARENT"), model(31, "S", 5), model(32, "M", 7, reserved=9))
    pulled = pull(shopee, tmp_path)
    assert [
        brief(row, "item_id", "variation_id", "seller_sku", "sellable", "campaign", "withheld", "committed", "state")
        for row in rows(pulled, "listings")
    ] == [
        ("1", "", "A-1", "48", "0", "0", "0", "ok"),
        ("2", "", "A-2", "70", "30", "0", "0", "ok"),
        ("3", "31", "S", "5", "0", "0", "0", "ok"),
        ("3", "32", "M", "0", "7", "0", "0", "ok"),
    ]
    assert pulled.complete
    assert pulled.zone == "Asia/Ho_Chi_Minh"
    assert pulled.identity == "VN 2000002"
    assert pulled.tables["listings"].trusted


def test_as_of_is_the_shops_time_when_the_listings_began_to_be_read(tmp_path):
    shopee = FakeShopee()
    shopee.skew = timedelta(hours=-3)
    for number in range(1, 400):
        shopee.add(item(number, f"S{number}", 1))
    pulled = pull(shopee, tmp_path)
    # The first call's time stamp was refused, the second one gave the shop: two turns at 5 a second.
    assert timedelta(0) <= pulled.as_of - (NOW + shopee.skew) <= timedelta(seconds=1)
    assert any("3 h ahead of the shop's" in warning for warning in pulled.warnings)


def test_states_are_told_in_the_shops_words(tmp_path):
    shopee = FakeShopee()
    shopee.add(
        item(1, "A", 1, status="UNLIST"),
        item(2, "B", 1, status="BANNED"),
        item(3, "C", 1, status="REVIEWING"),
        item(4, "D", 1, status="SELLER_DELETE"),
    )
    shopee.add_models(item(6), model(61, "F", 1, model_status="MODEL_UNAVAILABLE"))
    pulled = pull(shopee, tmp_path)
    assert [brief(row, "item_id", "state", "message") for row in rows(pulled, "listings")] == [
        ("1", "unlisted", "UNLIST"),
        ("2", "banned", "BANNED"),
        ("3", "reviewing", "REVIEWING"),
        ("6", "unlisted", "MODEL_UNAVAILABLE: not sold to buyers"),
    ]


def test_unknown_stock_is_left_out_and_never_0(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(1, "A", 4), item(5, "E", 1, stock_info_v2=None))
    pulled = pull(shopee, tmp_path)
    assert [row["item_id"] for row in rows(pulled, "listings")] == ["1"]
    assert not pulled.complete
    assert "item 5: Shopee shows no stock for it" in pulled.reason


def test_a_deboosted_item_is_a_warning(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(1, "A", 4, deboost="FALSE"), item(2, "B", 4, deboost="TRUE"))
    assert [row["state"] for row in rows(pull(shopee, tmp_path), "listings")] == ["ok", "warning"]


def test_an_item_that_is_deleted_while_the_shop_is_read_does_not_cost_the_shop(tmp_path):
    shopee = FakeShopee()
    shopee.add_models(item(1), model(11, "A", 4))
    shopee.add_models(item(2), model(21, "B", 4))
    gone = said({"error": "product.error_item_not_found", "message": "Product not found"})
    shopee.overrides["get_model_list"] = [gone]
    pulled = pull(shopee, tmp_path)
    assert [row["state"] for row in rows(pulled, "listings")] == ["ok"]
    assert not pulled.complete
    shopee.overrides["get_item_base_info"] = [gone]
    assert channel(shopee).reread([ListingKey(SHOP, "1", "11")]) == {}


def test_stock_in_shopees_warehouse_counts_for_what_shopee_fulfils_only(tmp_path):
    shopee = FakeShopee()
    shopee.add(
        item(1, "P", stock_info_v2=stock(3, 2, shopee=10), is_fulfillment_by_shopee=True),
        item(2, "S", stock_info_v2=stock(8, 12, shopee=10)),
    )
    listed = rows(pull(shopee, tmp_path), "listings")
    assert [brief(row, "sellable", "campaign", "fulfilment") for row in listed] == [
        ("11", "2", "platform"),
        ("6", "2", "seller"),
    ]
    assert "10 more in Shopee's warehouse" in listed[1]["message"]


def test_a_pure_fbs_shop_is_fulfilled_by_the_platform_throughout(tmp_path):
    shopee = FakeShopee()
    shopee.info["shop_fulfillment_flag"] = "Pure - FBS Shop"
    shopee.add(item(1, "A", 0))
    (row,) = rows(pull(shopee, tmp_path), "listings")
    assert row["fulfilment"] == "platform"


def test_locations_are_summed_or_one_is_chosen_and_only_saleable_ones_count(tmp_path):
    shopee = FakeShopee()
    places = stock(0, places={"VN1": 5, "VN2": 7, "VN3": 100})
    places["seller_stock"][2]["if_saleable"] = False
    shopee.add(item(1, "A", stock_info_v2=places))
    assert rows(pull(shopee, tmp_path / "all"), "listings")[0]["sellable"] == "12"
    assert rows(pull(shopee, tmp_path / "one", location_id="VN2"), "listings")[0]["sellable"] == "7"


def test_a_model_without_sku_takes_the_items_only_where_it_is_the_only_one(tmp_path):
    shopee = FakeShopee()
    shopee.add_models(item(1, "ONE"), model(11, "", 1))
    shopee.add_models(item(2, "TWO"), model(21, "", 1), model(22, "X", 1))
    assert [row["seller_sku"] for row in rows(pull(shopee, tmp_path), "listings")] == ["ONE", "", "X"]


def test_promotions_become_campaigns_and_only_items_that_have_any_are_asked(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(1, "A", 100, reserved=20), item(2, "B", 5))
    shopee.add_models(item(3, has_promotion=True), model(31, "C", 50, reserved=20))
    stage = {"promotion_type": "Campaign", "start_time": STAMP - 60, "end_time": STAMP + 60}
    inside = {"summary_info": {"total_reserved_stock": 20}}
    beside = {"summary_info": {}, "total_reserved_stock": 20}
    shopee.promotions = {
        1: [{**stage, "promotion_id": 2**63 + 1, "promotion_staging": "upcoming", "promotion_stock_info_v2": inside}],
        3: [
            {
                **stage,
                "promotion_id": 8,
                "model_id": 31,
                "promotion_staging": "ongoing",
                "promotion_stock_info_v2": beside,
            }
        ],
    }
    pulled = pull(shopee, tmp_path)
    names = ("campaign_id", "item_id", "variation_id", "starts_at", "ends_at", "locked", "sold", "state")
    assert [brief(row, *names) for row in rows(pulled, "campaigns")] == [
        ("9223372036854775809", "1", "", "2026-11-24T11:59:00Z", "2026-11-24T12:01:00Z", "20", "", "upcoming"),
        ("8", "3", "31", "2026-11-24T11:59:00Z", "2026-11-24T12:01:00Z", "20", "", "running"),
    ]
    asked = [each.first("item_id_list") for each in shopee.requests if each.path.endswith("get_item_promotion")]
    assert asked == ["1,3"]


def test_orders_are_read_with_all_their_states(tmp_path):
    shopee = FakeShopee()
    states = {
        "UNPAID": "unpaid",
        "PENDING": "paid",
        "READY_TO_SHIP": "paid",
        "PROCESSED": "paid",
        "RETRY_SHIP": "paid",
        "SHIPPED": "shipped",
        "TO_CONFIRM_RECEIVE": "shipped",
        "COMPLETED": "shipped",
        "IN_CANCEL": "cancel_requested",
        "CANCELLED": "cancelled",
        "TO_RETURN": "returned",
        "SOMETHING_NEW": "paid",
    }
    shopee.orders = [order(name, name, line(1, 2)) for name in states]
    pulled = pull(shopee, tmp_path)
    assert {row["order_id"]: row["status"] for row in rows(pulled, "orders")} == states
    assert any("SOMETHING_NEW" in warning for warning in pulled.warnings)


def test_an_orders_lines_are_summed_per_listing_and_a_cancelled_part_stands_alone(tmp_path):
    shopee = FakeShopee()
    shopee.orders = [
        order(
            "X1",
            "READY_TO_SHIP",
            line(1, 2),
            line(1, 3, cancelled_qty=1, cancel_requested_qty=1),
            line(3, 1, 31),
            pickup_done_time=0,
        )
    ]
    got = sorted(
        brief(row, "item_id", "variation_id", "quantity", "status", "shipped_at")
        for row in rows(pull(shopee, tmp_path), "orders")
    )
    assert got == [
        ("1", "", "1", "cancel_requested", ""),
        ("1", "", "1", "cancelled", ""),
        ("1", "", "3", "paid", ""),
        ("3", "31", "1", "paid", ""),
    ]


@pytest.mark.parametrize(
    ("word", "who"), [("buyer", "buyer"), ("seller", "seller"), ("system", "channel"), ("Ops", "channel")]
)
def test_who_cancelled_is_told(tmp_path, word, who):
    shopee = FakeShopee()
    shopee.orders = [order("X", "CANCELLED", line(1, 1), cancel_by=word, cancel_reason="", buyer_cancel_reason="late")]
    (row,) = rows(pull(shopee, tmp_path), "orders")
    assert brief(row, "status", "cancelled_by", "cancel_reason") == ("cancelled", who, "late")


def test_orders_of_many_days_are_asked_in_slices_and_a_page_never_is_the_end(tmp_path):
    shopee = FakeShopee()
    shopee.orders = [
        order(f"N{number:03}", "SHIPPED", line(1, 1), update_time=STAMP - number * 5000) for number in range(470)
    ]
    pulled = pull(shopee, tmp_path, days=30)
    assert pulled.complete
    assert len({row["order_id"] for row in rows(pulled, "orders")}) == 470
    assert shopee.calls["get_order_detail"] == 10
    windows = {(each.first("time_from"), each.first("time_to")) for each in shopee.requests if each.first("time_from")}
    # Three slices, and a look at what was updated while they were read.
    assert len(windows) == 4


def test_the_calls_are_those_of_the_formula(tmp_path):
    shopee = FakeShopee()
    for number in range(1, 231):
        shopee.add(item(number, f"S{number}", 1))
    for number in range(231, 251):
        shopee.add_models(item(number), model(number * 10, f"M{number}", 1))
    pulled = pull(shopee, tmp_path)
    del shopee.calls["get_shop_info"], shopee.calls["get_shop_holiday_mode"]
    assert dict(shopee.calls) == {
        "get_item_list": 3,
        "get_item_base_info": 5,
        "get_model_list": 20,
        "get_order_list": 1,
    }
    assert pulled.requests == len(shopee.requests)


def test_the_rate_is_kept_and_used(tmp_path):
    shopee = FakeShopee()
    for number in range(1, 101):
        shopee.add_models(item(number), model(number * 10, f"M{number}", 1))
    pulled = pull(shopee, tmp_path)
    floor = (pulled.requests - 1) / 5
    assert floor - 1e-6 <= shopee.time.seconds <= floor * 1.02


def short(total):
    return wrapped({"item": [{"item_id": 1}], "total_count": total, "has_next_page": False})


def test_a_list_that_disagrees_with_its_total_is_read_once_more(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(1, "A", 1))
    shopee.overrides["get_item_list"] = [short(2)]
    pulled = pull(shopee, tmp_path)
    assert pulled.complete
    assert shopee.calls["get_item_list"] == 2


def test_a_list_that_never_agrees_makes_the_snapshot_incomplete(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(1, "A", 1))
    shopee.overrides["get_item_list"] = [short(2), short(2)]
    pulled = pull(shopee, tmp_path)
    assert not pulled.complete
    assert pulled.reason == "get_item_list counts 2 items, its pages held 1"


def test_a_list_whose_offset_stands_still_is_incomplete_and_ends(tmp_path):
    shopee = FakeShopee()
    stuck = {"item": [], "total_count": 5, "has_next_page": True, "next_offset": 0}
    shopee.overrides["get_item_list"] = [wrapped(stuck), wrapped(stuck)]
    pulled = pull(shopee, tmp_path)
    assert "not after offset 0" in pulled.reason


def test_above_the_offset_ceiling_windows_of_update_time_take_over(tmp_path):
    shopee = FakeShopee()
    shopee.ceiling = 200
    for number in range(1, 731):
        shopee.add(item(number, f"S{number}", 1, update_time=STAMP - number * 86400))
    pulled = pull(shopee, tmp_path)
    assert pulled.complete, pulled.reason
    assert len(rows(pulled, "listings")) == 730


def test_the_pages_of_a_list_are_asked_for_at_once(tmp_path):
    """Each of them once, in whatever order their answers come."""
    shopee = FakeShopee()
    for number in range(1, 451):
        shopee.add(item(number, f"S{number}", 1))
    pulled = pull(shopee, tmp_path)
    asked = [int(each.first("offset") or 0) for each in shopee.requests if each.path.endswith("get_item_list")]
    assert asked[0] == 0
    assert sorted(asked) == [0, 100, 200, 300, 400]
    assert [int(row["item_id"]) for row in rows(pulled, "listings")] == list(range(1, 451))


def test_pages_that_are_needless_are_not_asked_for(tmp_path):
    """A total that promises more pages than there are does not cost them all."""
    shopee = FakeShopee()
    first = {"item": [{"item_id": 1}], "total_count": 10**12, "has_next_page": True, "next_offset": 1}
    end = {"item": [], "total_count": 10**12, "has_next_page": False}
    shopee.add(item(1, "A", 1))
    shopee.overrides["get_item_list"] = [wrapped(first), *[wrapped(end)] * 30] * 2
    pulled = pull(shopee, tmp_path)
    assert "get_item_list counts 1000000000000 items" in pulled.reason
    assert shopee.calls["get_item_list"] < 50


@pytest.mark.parametrize(("later", "whole"), [(3, True), (1, False)])
def test_what_is_new_meanwhile_is_no_reason_for_doubt_and_what_is_gone_is(tmp_path, later, whole):
    """Behind an item that is gone every row moves up, towards pages that were read already."""
    shopee = FakeShopee()
    shopee.add(item(1, "A", 1), item(2, "B", 1))
    first = {"item": [{"item_id": 1}], "total_count": 2, "has_next_page": True, "next_offset": 1}
    second = {"item": [{"item_id": 2}], "total_count": later, "has_next_page": False}
    shopee.overrides["get_item_list"] = [wrapped(first), wrapped(second)] * 2
    pulled = pull(shopee, tmp_path)
    assert pulled.complete is whole
    assert pulled.reason == ("" if whole else "get_item_list counted 2 items, and 1 while they were read")


def test_a_large_shop_is_read_in_parts(tmp_path, monkeypatch):
    """Whatever their size, every item comes once and in its order."""
    monkeypatch.setattr("stockrecon.channels.shopee.reading._BLOCK", 50)
    monkeypatch.setattr("stockrecon.channels.shopee.reading._LISTS", 7)
    shopee = FakeShopee()
    for number in range(1, 121):
        if number % 3:
            shopee.add(item(number, f"S{number}", 1))
        else:
            shopee.add_models(item(number), model(number * 10, f"M{number}", 1))
    pulled = pull(shopee, tmp_path)
    assert [int(row["item_id"]) for row in rows(pulled, "listings")] == list(range(1, 121))
    assert shopee.calls["get_item_base_info"] == 3
    assert shopee.calls["get_model_list"] == 40


def test_an_item_that_is_listed_but_not_described_is_left_out_and_named(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(1, "A", 1), item(2, "B", 1))
    shopee.overrides["get_item_base_info"] = [wrapped({"item_list": [shopee.items[1]]})]
    pulled = pull(shopee, tmp_path)
    assert [brief(row, "item_id", "seller_sku", "state") for row in rows(pulled, "listings")] == [("1", "A", "ok")]
    assert not pulled.complete
    assert "item 2 is listed" in pulled.reason


def test_an_order_cursor_that_goes_in_circles_is_incomplete(tmp_path):
    shopee = FakeShopee()
    pages = [wrapped({"more": True, "next_cursor": "7", "order_list": [{"order_sn": number}]}) for number in "AB"]
    shopee.orders = [order(number, "SHIPPED", line(1, 1)) for number in "AB"]
    shopee.overrides["get_order_list"] = pages * 4
    pulled = pull(shopee, tmp_path)
    assert "cursor does not go on" in pulled.reason
    assert {row["order_id"] for row in rows(pulled, "orders")} == {"A", "B"}


def test_an_order_without_detail_is_incomplete(tmp_path):
    shopee = FakeShopee()
    shopee.orders = [order("GONE", "SHIPPED", line(1, 1))]
    shopee.overrides["get_order_detail"] = [wrapped({"order_list": []})]
    assert "left out 1 orders, GONE among them" in pull(shopee, tmp_path).reason


def test_another_regions_shop_is_refused(tmp_path):
    shopee = FakeShopee()
    with pytest.raises(ReadFault, match="is in region VN, configured is SG"):
        pull(shopee, tmp_path, region="SG")


def test_another_shops_answer_is_refused(tmp_path):
    shopee = FakeShopee()
    shopee.info["shop_id"] = 4711
    with pytest.raises(ReadFault, match="answered for shop 4711, configured is 2000002"):
        pull(shopee, tmp_path)


def test_a_frozen_shop_and_a_holiday_are_warned_of(tmp_path):
    shopee = FakeShopee()
    shopee.info["status"] = "FROZEN"
    shopee.holiday = {"holiday_mode_on": True, "holiday_mode_type": 0}
    pulled = pull(shopee, tmp_path)
    assert any("FROZEN" in warning for warning in pulled.warnings)
    assert any("holiday mode (full)" in warning for warning in pulled.warnings)


def test_a_holiday_mode_that_cannot_be_read_does_not_cost_the_shop(tmp_path):
    shopee = FakeShopee()
    refusal = {"error": "error_api_permission", "message": "This app type has no permission to this API."}
    shopee.overrides["get_shop_holiday_mode"] = [said(refusal, 403), said(refusal, 403)]
    assert pull(shopee, tmp_path).complete
    lines = {each.what: each for each in channel(shopee).check()}
    assert (lines["holiday mode"].ok, lines["holiday mode"].text) == (None, "could not be read")


@pytest.mark.parametrize(
    ("document", "status", "fault", "words"),
    [
        ({"error": "error_sign", "message": "Wrong sign."}, 403, AuthFault, "signature was refused"),
        ({"error": "common.error_auth", "message": "Invalid sign"}, 200, AuthFault, "signature was refused"),
        ({"error": "error_auth", "message": "Invalid partner_id or shopid."}, 403, AuthFault, "partner_id"),
        ({"error": "shop_banned", "message": "banned"}, 200, AuthFault, "shop_banned"),
        ({"error": "error_api_permission", "message": "no"}, 403, AuthFault, "error_api_permission"),
        ({"error": "error_limit", "message": "try after 00:00"}, 200, ReadFault, "used up"),
        ({"error": "error_not_found"}, 404, ReadFault, "no such path"),
        ({"error": "product.error_item_not_found", "message": "x"}, 200, ReadFault, "error_item_not_found: x"),
        ({"error": "error_auth", "message": "Your shop can not use model level dts"}, 200, ReadFault, "model level"),
    ],
)
def test_an_error_inside_an_answer_ends_the_pull_at_once(tmp_path, document, status, fault, words):
    shopee = FakeShopee()
    shopee.overrides["get_item_list"] = [said(document, status)]
    with pytest.raises(fault, match=words) as caught:
        pull(shopee, tmp_path)
    assert shopee.calls["get_item_list"] == 1
    assert shopee.calls["refresh"] == 0
    assert type(caught.value) is fault or issubclass(type(caught.value), fault)


@pytest.mark.parametrize(
    "document",
    [
        {"error": "product.error_busi", "message": "Too many connections"},
        {"error": "error_system_busy", "message": "busy"},
        {"error": "error_rate_limit", "message": "Too many requests."},
    ],
)
def test_a_passing_error_inside_a_200_is_tried_again(tmp_path, document):
    shopee = FakeShopee()
    shopee.add(item(1, "A", 1))
    shopee.overrides["get_item_list"] = [said(document), said(document)]
    assert pull(shopee, tmp_path).complete
    assert shopee.calls["get_item_list"] == 3


def test_a_wrong_number_is_a_fault_that_names_its_place(tmp_path):
    shopee = FakeShopee()
    shopee.add(item(7, "A", stock_info_v2=stock(-1)))
    with pytest.raises(ReadFault, match=r"item 7: stock_info_v2\.seller_stock\[\]\.stock is negative \(-1\)"):
        pull(shopee, tmp_path)


def test_numbers_as_text_are_read(tmp_path):
    shopee = FakeShopee()
    info = json.loads(json.dumps(stock(3)).replace('"stock": 3', '"stock": "3"'))
    shopee.add(item(1, "A", stock_info_v2=info))
    assert rows(pull(shopee, tmp_path), "listings")[0]["sellable"] == "3"


def test_reread_reads_the_asked_listings_again_and_leaves_out_what_is_gone():
    shopee = FakeShopee()
    shopee.add(item(1, "A", 4), item(2, "B", 5))
    shopee.add_models(item(3), model(31, "S", 5, reserved=2), model(32, "M", 7))
    keys = [ListingKey(SHOP, "1"), ListingKey(SHOP, "3", "31"), ListingKey(SHOP, "9")]
    again = channel(shopee).reread(keys)
    assert set(again) == set(keys[:2])
    assert again[keys[1]].sellable == 3
    assert again[keys[1]].campaign == 2
    assert again[keys[0]].state is ListingState.OK
    assert again[keys[0]].fulfilment is Fulfilment.SELLER
    assert channel(shopee).reread([]) == {}


def test_check_says_what_it_found_and_raises_nothing():
    shopee = FakeShopee()
    lines = {each.what: each for each in channel(shopee).check()}
    assert lines["access token"].ok
    assert lines["clock"].ok
    assert "Tiệm, region VN" in lines["shop"].text
    assert "cannot be edited while a campaign runs" in lines["abilities"].text
    shopee.overrides["get_shop_info"] = [said({"error": "error_sign", "message": "Wrong sign."}, 403)]
    first = channel(shopee).check()[0]
    assert first.ok is False
    assert "signature was refused" in first.text


def test_check_tries_the_rights_that_shopee_does_not_tell():
    """Products and orders are asked for once; an app of another category is told which it has to be."""
    shopee = FakeShopee()
    lines = {each.what: each for each in channel(shopee).check()}
    assert (lines["rights"].ok, lines["rate"].ok) == (True, None)
    assert "region VN (as configured)" in lines["shop"].text
    denied = said({"error": "error_api_permission", "message": "This app type has no permission to this API."})
    shopee.overrides["get_order_list"] = [denied]
    (found,) = [each for each in channel(shopee).check() if each.what == "rights"]
    assert found.ok is False
    assert found.text.startswith("orders cannot be read: get_order_list: error_api_permission")
    assert found.way_on


def test_the_account_is_the_part_about_the_authorisation():
    """Three calls; where the shop cannot be asked, the reason and the clock."""
    shopee = FakeShopee()
    told = [each.what for each in channel(shopee).account()]
    assert told == ["access token", "refresh token", "clock", "shop", "rights", "rate"]
    assert shopee.calls == {"get_shop_info": 1, "get_item_list": 1, "get_order_list": 1}
    shopee.overrides["get_shop_info"] = [said({"error": "error_sign", "message": "Wrong sign."}, 403)]
    assert [(each.what, each.ok) for each in channel(shopee).account()] == [("credentials", False), ("clock", True)]


def test_check_names_a_location_that_the_shop_does_not_have():
    shopee = FakeShopee()
    shopee.overrides["get_warehouse_detail"] = [wrapped([{"location_id": "VN1"}, {"location_id": "VN2"}])]
    lines = [each for each in channel(shopee, location_id="VN9").check() if each.what == "warehouses"]
    assert lines[0].ok is False
    assert "VN9 is not among VN1, VN2" in lines[0].text


def test_check_says_what_is_written_and_where():
    """One place, a named one, or several that nobody named: then more than the plain cases needs a name."""
    shopee = FakeShopee()
    places = wrapped([{"location_id": "VN1"}, {"location_id": "VN2"}])

    def line(**options: object):
        return next(each for each in channel(shopee, **options).check() if each.what == "writes")

    assert "overwritten" in line().text
    shopee.overrides["get_warehouse_detail"] = [places]
    assert "location_id" in line().way_on
    shopee.overrides["get_warehouse_detail"] = [places]
    assert "at VN2" in line(location_id="VN2").text
    shopee.info["shop_fulfillment_flag"] = "Pure - FBS Shop"
    assert not [each for each in channel(shopee).check() if each.what == "writes"]
