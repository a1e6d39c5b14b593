"""Shopee's own pages as answers: what each prints is read to the numbers that it means, and written as it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.base import StockWrite
from stockrecon.core.intent import Answered
from stockrecon.core.model import ListingKey

from .fakes import SHOP, STAMP, FakeShopee, channel, item, order, said, wrapped
from .test_pull import brief, pull, rows

PAGES = Path(__file__).parent / "pages"
HYBRID = ListingKey(SHOP, "34002", "2000458820")


def page(name: str) -> Any:
    """The answer that a page prints; the file names the page."""
    return json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))["answer"]


def one_item(name: str) -> FakeShopee:
    shopee = FakeShopee()
    shopee.add(item(34002, "ABC", **page(name)))
    return shopee


def hybrid() -> FakeShopee:
    """A shop with two locations for sale, one that is not, and Shopee's warehouse."""
    shopee = FakeShopee()
    shopee.add_models(item(34002), *page("hybrid_models")["model"])
    shopee.overrides["get_warehouse_detail"] = [wrapped(page("warehouses"))]
    return shopee


def sent(shopee: FakeShopee) -> Any:
    return json.loads(shopee.requests[-1].body or b"")["stock_list"]


def test_the_guides_item_is_the_sellers_90_beside_299_of_shopees(tmp_path: Path) -> None:
    """Guide 223: 90 + 99 + 200 are 389 that buyers can take; 90 of them are the seller's to keep and to set."""
    (row,) = rows(pull(one_item("several_places"), tmp_path), "listings")
    assert brief(row, "sellable", "campaign", "fulfilment") == ("90", "0", "seller")
    assert row["message"] == "299 more in Shopee's warehouse"


@pytest.mark.parametrize(
    ("by_shopee", "saleable", "units", "told"),
    [
        (False, True, "30", "100 more in Shopee's warehouse"),
        (False, False, "30", ""),
        (True, True, "130", ""),
        (True, False, "30", ""),
    ],
)
def test_stock_in_brazil_stands_without_its_list(
    by_shopee: bool, saleable: bool, units: str, told: str, tmp_path: Path
) -> None:
    """The page prints an object with a number for the location, and says whether that stock is ready for sale."""
    shopee = one_item("fulfilled_in_brazil")
    stock: Any = shopee.items[34002]
    stock["is_fulfillment_by_shopee"] = by_shopee
    stock["stock_info_v2"]["shopee_stock"]["if_saleable"] = saleable
    (row,) = rows(pull(shopee, tmp_path), "listings")
    assert brief(row, "sellable", "message") == (units, told)


def test_a_location_that_is_a_number_is_its_text(tmp_path: Path) -> None:
    """The ids of the page on Brazil are numbers; `location_id` in the configuration is text."""
    shopee = one_item("fulfilled_in_brazil")
    stock: Any = shopee.items[34002]
    stock["stock_info_v2"]["seller_stock"] = [{"location_id": 777, "stock": 3}, {"location_id": 778, "stock": 4}]
    (row,) = rows(pull(shopee, tmp_path, location_id="778"), "listings")
    assert row["sellable"] == "4"


@pytest.mark.parametrize(
    ("location", "buckets"),
    [(None, ("70", "20")), ("IDZ", ("60", "0")), ("IDL", ("30", "0"))],
)
def test_a_hybrid_model_counts_what_the_seller_sends(
    location: str | None, buckets: tuple[str, str], tmp_path: Path
) -> None:
    """60 and 30 of the seller's, 7 not for sale, 100 of Shopee's; of 120 reserved units these have 100."""
    blue, red = rows(pull(hybrid(), tmp_path, location_id=location), "listings")
    assert brief(blue, "sellable", "campaign") == buckets
    assert brief(red, "sellable", "fulfilment") == ("5", "platform")


def test_every_location_stands_in_the_request_and_in_the_answer() -> None:
    """IDZ gets its number, the others what they hold; two warehouses with one location are one entry."""
    shopee = hybrid()
    shopee.overrides["update_stock"] = [wrapped(page("set_at_two_places"))]
    made = channel(shopee, location_id="IDZ")
    (answer,) = made.write([StockWrite(HYBRID, 40, made.reread([HYBRID])[HYBRID])]).values()
    assert answer.answered is Answered.ACCEPTED
    places = [("IDZ", 40), ("IDL", 30), ("IDR", 7)]
    stock = [{"location_id": place, "stock": units} for place, units in places]
    assert sent(shopee) == [{"model_id": 2000458820, "seller_stock": stock}]


@pytest.mark.parametrize(
    ("location", "to", "expected"),
    [
        ("IDL", 12, [("IDZ", 9), ("IDL", 12)]),
        (None, 4, [("IDZ", 4), ("IDL", 0)]),
        (None, 12, None),
        ("VN9", 4, None),
    ],
)
def test_a_location_that_the_item_does_not_show_goes_along(
    location: str | None, to: int, expected: list[tuple[str, int]] | None
) -> None:
    """Shopee holds the request against the shop's locations: one that holds nothing of it is sent with nothing."""
    shopee = FakeShopee()
    shown = {"seller_stock": [{"location_id": "IDZ", "stock": 9}], "shopee_stock": []}
    shopee.add(item(1, "A", stock_info_v2=shown))
    shopee.overrides["get_warehouse_detail"] = [wrapped(page("warehouses"))]
    shopee.overrides["update_stock"] = [said({})]
    made, key = channel(shopee, location_id=location), ListingKey(SHOP, "1")
    (answer,) = made.write([StockWrite(key, to, made.reread([key])[key])]).values()
    if expected is None:
        assert answer.answered is Answered.REJECTED
        assert shopee.calls["update_stock"] == 0
        assert answer.text.endswith(f"from {location}" if location else "with location_id")
    else:
        assert sent(shopee)[0]["seller_stock"] == [{"location_id": one, "stock": units} for one, units in expected]


def test_a_shop_that_is_not_on_the_list_names_no_location() -> None:
    """The page's own sample: an error with the answer of another shop beside it."""
    shopee = FakeShopee()
    shopee.add(item(1, "A", 9))
    refusal = {"error": "warehouse.error_not_in_whitelist", "message": "Your shop is not in multi-warehouse whitelist."}
    shopee.overrides["get_warehouse_detail"] = [said({**refusal, "response": page("warehouses")})]
    shopee.overrides["update_stock"] = [wrapped({"success_list": [{"stock": 4}], "failure_list": []})]
    made, key = channel(shopee), ListingKey(SHOP, "1")
    (answer,) = made.write([StockWrite(key, 4, made.reread([key])[key])]).values()
    assert answer.answered is Answered.ACCEPTED
    assert sent(shopee) == [{"model_id": 0, "seller_stock": [{"stock": 4}]}]


@pytest.mark.parametrize(
    ("location", "told", "expected"),
    [
        (None, True, [("201218V2Y6E59A", "5"), ("201218V2Y6E59C", "7"), ("201218V2Y6E59D", "11")]),
        ("IDZ", True, [("201218V2Y6E59A", "2"), ("201218V2Y6E59C", "7")]),
        ("IDZ", False, [("201218V2Y6E59A", "2")]),
        ("IDL", True, [("201218V2Y6E59A", "3"), ("201218V2Y6E59C", "7"), ("201218V2Y6E59D", "11")]),
    ],
)
def test_orders_count_where_their_units_are_from(
    location: str | None, told: bool, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    """What Shopee sends itself takes nothing of the seller's, nor another location anything of the one that counts.

    Where the shop does not tell its locations, a line without one may be from any: it is left out, and nothing is
    written from such a reading.
    """
    shopee = FakeShopee()
    stock = {"seller_stock": [{"location_id": "IDZ", "stock": 50}, {"location_id": "IDL", "stock": 50}]}
    shopee.add(item(800188562, "A", stock_info_v2=stock))
    if told:
        shopee.overrides["get_warehouse_detail"] = [wrapped(page("warehouses"))]
    for each in page("orders_by_place"):
        shopee.orders.append(order(each["order_sn"], each["order_status"]) | each)
    pulled = pull(shopee, tmp_path, location_id=location)
    assert sorted(brief(row, "order_id", "quantity") for row in rows(pulled, "orders")) == expected
    assert pulled.complete == told or location is None
    asked = next(one for one in shopee.requests if one.path.endswith("get_order_detail"))
    assert "fulfillment_flag" in (asked.first("response_optional_fields") or "").split(",")


def test_the_captured_kit_is_read_and_computed(tmp_path: Path) -> None:
    """One kit left, told by the model list alone: the item carries no stock."""
    shopee = FakeShopee()
    shopee.add_models(item(2500139870, tag={"kit": True}, update_time=STAMP), *page("kit_of_one_model")["model"])
    (row,) = rows(pull(shopee, tmp_path), "listings")
    assert brief(row, "variation_id", "seller_sku", "sellable", "fulfilment") == (
        "2000458820",
        "SONDA-KIT-M1",
        "1",
        "computed",
    )
