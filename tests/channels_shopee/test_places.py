"""Several locations, Shopee's own warehouse, kits: whose a number is, and that no total hides where it lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.base import StockWrite
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment, ListingKey
from stockrecon.errors import ReadFault

from .fakes import SHOP, FakeShopee, channel, item, line, model, order, said, stock, wrapped
from .test_pull import brief, pull, rows


def placed(item_id: int, places: dict[str, int], reserved: int = 0, shopee: int = 0, **more: Any) -> dict[str, object]:
    return item(item_id, f"SKU-{item_id}", stock_info_v2=stock(0, reserved, shopee, places), **more)


def shop(*items: dict[str, object]) -> FakeShopee:
    shopee = FakeShopee()
    shopee.add(*items)
    shopee.overrides["get_warehouse_detail"] = [wrapped([{"location_id": "VNZ"}, {"location_id": "VNY"}])] * 3
    return shopee


# Locations


def test_a_shift_to_a_place_that_does_not_count_is_a_difference_and_told(tmp_path: Path) -> None:
    """10 of 40 moved to the other location: the shop shows 30 of ours, and says where the 10 are."""
    before, after = shop(placed(1, {"VNZ": 40, "VNY": 0})), shop(placed(1, {"VNZ": 30, "VNY": 10}))
    (row,) = rows(pull(before, tmp_path / "before", location_id="VNZ"), "listings")
    assert brief(row, "sellable", "message") == ("40", "")
    (row,) = rows(pull(after, tmp_path / "after", location_id="VNZ"), "listings")
    assert brief(row, "sellable", "message") == ("30", "10 more at VNY, which does not count")


def test_several_locations_without_a_name_are_told_with_the_way_on(tmp_path: Path) -> None:
    """The sum is the same before and after the shift, so the run says that it cannot see one."""
    pulled = pull(shop(placed(1, {"VNZ": 30, "VNY": 10})), tmp_path)
    assert rows(pulled, "listings")[0]["sellable"] == "40"
    (warning,) = pulled.warnings
    assert warning == (
        "the stock of 2 locations is counted as one (VNY, VNZ): what moves between them is not seen; name the one that "
        "the ledger keeps with location_id"
    )


@pytest.mark.parametrize("places", [{"VNZ": 40}, {"VNZ": 40, "VNY": 0}])
def test_one_place_with_stock_is_no_question(places: dict[str, int], tmp_path: Path) -> None:
    """An ordinary shop shows one location, and an empty one hides nothing."""
    assert pull(shop(placed(1, places)), tmp_path).warnings == ()


def test_what_is_not_for_sale_is_not_a_place(tmp_path: Path) -> None:
    """Stock that Shopee does not sell from counts nowhere and is no second place."""
    shown = stock(0, places={"VNZ": 8, "DEFECT": 5})
    shown["seller_stock"][1]["if_saleable"] = False  # type: ignore[index]
    pulled = pull(shop(item(1, "A", stock_info_v2=shown)), tmp_path)
    assert (rows(pulled, "listings")[0]["sellable"], pulled.warnings) == ("8", ())


def test_a_location_that_no_item_has_stops_the_shop(tmp_path: Path) -> None:
    """A slip would make every listing 0: nothing is compared with that."""
    with pytest.raises(ReadFault, match="no item has a location VN9, the shop's are VNY, VNZ") as caught:
        pull(shop(placed(1, {"VNZ": 30, "VNY": 10})), tmp_path, location_id="VN9")
    assert "location_id" in caught.value.way_on


def test_an_own_location_that_is_empty_is_read_as_empty(tmp_path: Path) -> None:
    """It is there and holds nothing: that is an answer."""
    (row,) = rows(pull(shop(placed(1, {"VNZ": 0, "VNY": 10})), tmp_path, location_id="VNZ"), "listings")
    assert row["sellable"] == "0"


@pytest.mark.parametrize(
    ("reserved", "shopee", "location", "buckets"),
    [
        (50, 0, None, ("80", "50")),
        (50, 0, "VNZ", ("30", "0")),
        (110, 0, "VNZ", ("20", "10")),
        (110, 5, "VNZ", ("25", "5")),
        (500, 0, "VNZ", ("0", "30")),
        (110, 0, "VNY", ("20", "80")),
    ],
)
def test_the_reserve_is_one_for_all_locations(
    reserved: int, shopee: int, location: str | None, buckets: tuple[str, str], tmp_path: Path
) -> None:
    """30 at ours, 100 at the other: Shopee accepts ours as low as the rest of the reserve, and takes the sum of all."""
    shown = shop(placed(1, {"VNZ": 30, "VNY": 100}, reserved, shopee))
    (row,) = rows(pull(shown, tmp_path, location_id=location), "listings")
    assert brief(row, "sellable", "campaign") == buckets


def test_the_right_place_is_written_and_the_others_stay() -> None:
    """All locations stand in the request, ours with its new number, the other as it was read."""
    shopee = shop(placed(1, {"VNZ": 30, "VNY": 100}))
    shopee.overrides["update_stock"] = [said({"response": {"success_list": [{"stock": 12, "location_id": "VNZ"}]}})]
    made, key = channel(shopee, location_id="VNZ"), ListingKey(SHOP, "1")
    listing = made.reread([key])[key]
    made.write([StockWrite(key, 12, listing)])
    sent = json.loads(shopee.requests[-1].body or b"")
    assert sent["stock_list"][0]["seller_stock"] == [
        {"location_id": "VNZ", "stock": 12},
        {"location_id": "VNY", "stock": 100},
    ]


# Shopee's warehouse


def test_stock_that_shopee_holds_is_the_platforms_and_never_sent(tmp_path: Path) -> None:
    """By the item, by the model, or by the shop as a whole."""
    shopee = shop(item(1, "A", is_fulfillment_by_shopee=True, stock_info_v2=stock(0, 0, 7)), item(2, "B", 4))
    shopee.add_models(item(3), model(31, "C", 0, is_fulfillment_by_shopee=True, stock_info_v2=stock(0, 2, 9)))
    listed = rows(pull(shopee, tmp_path / "items"), "listings")
    assert [brief(row, "seller_sku", "sellable", "campaign", "fulfilment") for row in listed] == [
        ("A", "7", "0", "platform"),
        ("B", "4", "0", "seller"),
        ("C", "7", "2", "platform"),
    ]
    shopee.info["shop_fulfillment_flag"] = "Pure - FBS Shop"
    whole = rows(pull(shopee, tmp_path / "shop"), "listings")
    assert {row["fulfilment"] for row in whole} == {"platform"}


def test_some_more_in_shopees_warehouse_is_told_and_not_counted(tmp_path: Path) -> None:
    """What the seller sends out himself counts, what Shopee holds beside it is told."""
    (row,) = rows(pull(shop(placed(1, {"VNZ": 5}, 0, 90)), tmp_path), "listings")
    assert brief(row, "sellable", "fulfilment", "message") == ("5", "seller", "90 more in Shopee's warehouse")


# Kits and bundles


def kit_shop() -> FakeShopee:
    shopee = shop(item(2, "MUG", 8), item(3, "VSKU", 4))
    shopee.add_models(item(1, tag={"kit": True}), model(11, "SET", 4))
    shopee.add_models(item(5), model(51, "PACK", 2), model(52, "LID", 6))
    return shopee


def test_a_kit_is_read_by_its_models_and_is_shopees_to_compute(tmp_path: Path) -> None:
    """Its state is what Shopee says of it, its number is nobody's to set."""
    row = rows(pull(kit_shop(), tmp_path), "listings")[2]
    assert brief(row, "variation_id", "seller_sku", "sellable", "state", "fulfilment") == (
        "11",
        "SET",
        "4",
        "ok",
        "computed",
    )
    assert row["message"] == "a kit: Shopee computes its number from its components"


def test_what_the_seller_names_is_shopees_to_compute_too(tmp_path: Path) -> None:
    """Virtual SKUs are not marked: an item as a whole, or one model of it."""
    pulled = pull(kit_shop(), tmp_path, computed=("3", "5/51"))
    kinds = {row["seller_sku"]: row["fulfilment"] for row in rows(pulled, "listings")}
    assert kinds == {"MUG": "seller", "VSKU": "computed", "SET": "computed", "PACK": "computed", "LID": "seller"}


def test_a_kit_in_a_bad_state_keeps_it(tmp_path: Path) -> None:
    """Banned is banned, and people should hear of it."""
    shopee = FakeShopee()
    shopee.add_models(item(1, tag={"kit": True}, status="BANNED"), model(11, "SET", 4))
    (row,) = rows(pull(shopee, tmp_path), "listings")
    assert brief(row, "state", "fulfilment") == ("banned", "computed")


def test_a_kit_is_never_sent() -> None:
    """Also where somebody asks for it; Shopee is not even asked."""
    shopee = kit_shop()
    made, key = channel(shopee), ListingKey(SHOP, "1", "11")
    listing = made.reread([key])[key]
    assert listing.fulfilment is Fulfilment.COMPUTED
    (answer,) = made.write([StockWrite(key, 3, listing)]).values()
    assert answer.answered is Answered.REJECTED
    assert "computes" in answer.text
    assert shopee.calls["update_stock"] == 0


def test_bundle_and_add_on_deals_are_orders_of_their_items(tmp_path: Path) -> None:
    """They are rules over items and hold no stock: each line is its item's, and one that stands twice is summed."""
    shopee = kit_shop()
    shopee.orders.append(
        order(
            "DEAL",
            "READY_TO_SHIP",
            line(2, 1, promotion_type="bundle_deal", order_item_id=7, line_item_id=1),
            line(2, 2, promotion_type="bundle_deal", order_item_id=7, line_item_id=2),
            line(5, 1, 52, promotion_type="add_on_deal_sub", order_item_id=8, line_item_id=3),
        )
    )
    taken = [brief(row, "item_id", "variation_id", "quantity") for row in rows(pull(shopee, tmp_path), "orders")]
    assert taken == [("2", "", "3"), ("5", "52", "1")]
