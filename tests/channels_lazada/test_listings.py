"""Products as listings: buckets, locks, states."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockrecon.channels.lazada.listings import Reader, Variation
from stockrecon.core.model import CampaignState, Fulfilment, ListingState
from tests.channels_lazada.fake import NOW, product, sku

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def read(row: dict[str, Any], warehouse: str = "", at: datetime = NOW) -> tuple[Variation, Reader]:
    reader = Reader(at, ZONE, warehouse)
    return reader.product(row)[0], reader


def lock(units: int, start: str = "2026-11-24 00:00:00", end: str = "2026-11-25 23:59:59", name: str = "c1") -> Any:
    return {"channelName": name, "startTime": start, "endTime": end, "sellableQuantity": units}


def place(code: str, sellable: int, withheld: int = 0, occupied: int = 0) -> dict[str, Any]:
    return {
        "warehouseCode": code, "sellableQuantity": sellable, "withholdQuantity": withheld, "occupyQuantity": occupied,
        "quantity": sellable, "totalQuantity": sellable + withheld + occupied,
    }  # fmt: skip


def test_lazadas_sellable_is_split_into_sellable_and_campaign() -> None:
    """100 shown with 50 locked: 50 for ordinary buyers, 50 in the campaign; not subtracted twice."""
    one, _ = read(product(1, sku(10, 100, 3, 2, channelInventories=[lock(50)])))
    assert (one.sellable, one.campaign, one.withheld, one.committed) == (50, 50, 3, 2)
    assert one.sellable + one.campaign == 100


@given(st.integers(0, 10**12), st.lists(st.integers(0, 200), max_size=3))
def test_sellable_and_campaign_always_add_up_to_what_lazada_shows(shown: int, locked: list[int]) -> None:
    one, _ = read(product(1, sku(10, shown, channelInventories=[lock(n, name=str(i)) for i, n in enumerate(locked)])))
    assert one.sellable + one.campaign == shown
    assert one.campaign == min(shown, sum(locked))
    assert one.sellable >= 0


@pytest.mark.parametrize(
    ("start", "end", "state", "campaign"),
    [
        ("2026-11-20 00:00:00", "2026-11-24 18:59:59", CampaignState.ENDED, 0),
        ("2026-11-20 00:00:00", "2026-11-24 19:00:00", CampaignState.ENDED, 0),
        ("2026-11-20 00:00:00", "2026-11-24 19:00:01", CampaignState.RUNNING, 20),
        ("2026-11-24 19:00:00", "2026-11-25 00:00:00", CampaignState.RUNNING, 20),
        ("2026-11-24 19:00:01", "2026-11-25 00:00:00", CampaignState.UPCOMING, 20),
    ],
)
def test_campaign_times_are_the_sites_own_and_decide_the_lock(
    start: str, end: str, state: CampaignState, campaign: int
) -> None:
    """12:00 UTC is 19:00 in Viet Nam. Ended windows linger and lock nothing, future ones lock already."""
    one, _ = read(product(1, sku(10, 100, channelInventories=[lock(20, start, end)])))
    rows = list(one.campaign_rows(NOW))
    assert one.campaign == campaign
    assert [(row["state"], row["locked"], row["sold"]) for row in rows] == [(state.value, 20, None)]
    assert rows[0]["starts_at"] == datetime.fromisoformat(start).replace(tzinfo=ZONE).astimezone(UTC)


def test_two_windows_of_one_campaign_are_two_rows() -> None:
    """The campaigns table knows a campaign once per listing."""
    locks = [lock(5), lock(7, "2026-11-26 00:00:00", "2026-11-27 00:00:00")]
    one, _ = read(product(1, sku(10, 100, channelInventories=locks)))
    names = [row["campaign_id"] for row in one.campaign_rows(NOW)]
    assert names == ["c1", "c1@20261125T170000Z"]
    assert one.campaign == 12


def test_a_lock_whose_times_cannot_be_read_counts_and_is_told() -> None:
    one, reader = read(product(1, sku(10, 100, channelInventories=[lock(5, end="soon")])))
    assert one.campaign == 5
    assert list(one.campaign_rows(NOW)) == []
    assert "times that cannot be read" in reader.warnings[0]


def test_all_warehouses_are_added_up_or_one_alone_is_counted() -> None:
    places = [place("A", 10, 1, 2), place("b", 20, 3, 4)]
    row = product(1, sku(10, 30, multiWarehouseInventories=places))
    assert read(row)[0].row() | {"sellable": 30, "withheld": 4, "committed": 6} == read(row)[0].row()
    one, _ = read(row, warehouse="B")
    assert (one.sellable, one.withheld, one.committed) == (20, 3, 4)


def test_a_warehouse_without_stock_is_not_listed_and_counts_as_nothing() -> None:
    assert read(product(1, sku(10, 10)), warehouse="other")[0].sellable == 0
    assert read(product(1, sku(10, 10, multiWarehouseInventories=[])), warehouse="other")[0].sellable == 0


@pytest.mark.parametrize("field", ["quantity", "Available"])
def test_without_warehouses_the_skus_own_quantity_counts(field: str) -> None:
    bare = {"SkuId": "10", "SellerSku": "x", "Status": "active", field: "7"}
    assert read(product(1, bare))[0].sellable == 7


def test_a_sum_over_warehouses_is_not_the_number_of_one() -> None:
    """Where one counts and none is listed the SKU's own quantity may lie in any of them: unknown, unless it is 0."""
    bare = {"SkuId": "10", "SellerSku": "x", "Status": "active", "quantity": 7}
    reader = Reader(NOW, ZONE, "dropshipping")
    assert reader.product(product(1, bare)) == []
    assert reader.unknown == ["item 1, SKU 10"]
    assert read(product(1, bare | {"quantity": 0}), warehouse="dropshipping")[0].sellable == 0


def test_stock_in_lazadas_warehouse_alone_is_the_platforms() -> None:
    fbl = [place("AChoice-ID-V-JIT", 1, 119)]
    one, _ = read(product(1, sku(10, 0, multiWarehouseInventories=[], fblWarehouseInventories=fbl)))
    assert (one.fulfilment, one.sellable, one.withheld) == (Fulfilment.PLATFORM, 1, 119)
    both, _ = read(product(1, sku(10, 4, fblWarehouseInventories=fbl)))
    assert (both.fulfilment, both.sellable) == (Fulfilment.SELLER, 4)


def test_a_sku_without_any_stock_figure_is_unknown_not_zero() -> None:
    reader = Reader(NOW, ZONE)
    assert reader.product(product(1, {"SkuId": 10, "SellerSku": "x", "Status": "active"})) == []
    assert reader.unknown == ["item 1, SKU 10"]


def test_a_deleted_sku_needs_no_stock_figure() -> None:
    one, reader = read(product(1, {"SkuId": 10, "SellerSku": "x", "Status": "deleted"}))
    assert (one.state, one.sellable, reader.unknown) == (ListingState.DELETED, 0, [])


def test_a_negative_figure_counts_as_none_and_is_told() -> None:
    one, reader = read(product(1, sku(10, -3)))
    assert one.sellable == 0
    assert "-3" in reader.warnings[0]


def test_absurd_figures_of_test_shops_stay_exact() -> None:
    assert read(product(1, sku(10, 1_370_000_000_123)))[0].sellable == 1_370_000_000_123


def test_the_camel_case_answer_of_one_item_reads_the_same() -> None:
    snake, _ = read(product(1, sku(10, 9, 1, 2)))
    camel = {
        "itemId": "1", "status": "Active", "attributes": {"name": "Áo 1"},
        "skus": [{"skuId": 10, "sellerSku": "S-10", "status": "active",
                  "multiWarehouseInventories": [place("dropshipping", 9, 1, 2)]}],
    }  # fmt: skip
    assert read(camel)[0] == snake


def test_seller_skus_are_exact_text() -> None:
    assert read(product(1, sku(10, SellerSku=" 00123 ")))[0].seller_sku == " 00123 "


@pytest.mark.parametrize(
    ("item", "one_sku", "state", "words"),
    [
        ({}, {}, ListingState.OK, ""),
        ({"hiddenStatus": "Android & IOS", "hiddenReason": "no"}, {}, ListingState.WARNING, "no"),
        ({"hiddenStatus": "Android & IOS"}, {}, ListingState.WARNING, "hidden on Android & IOS"),
        ({"status": "InActive", "hiddenStatus": "Android"}, {}, ListingState.UNLISTED, "InActive"),
        ({"status": "InActive"}, {}, ListingState.UNLISTED, "InActive"),
        ({}, {"Status": "inactive"}, ListingState.UNLISTED, "inactive"),
        ({}, {"Status": "Deleted"}, ListingState.DELETED, "Deleted"),
        ({"status": "Deleted"}, {}, ListingState.DELETED, "Deleted"),
        ({"status": "Pending QC"}, {}, ListingState.REVIEWING, "Pending QC"),
        ({"status": "InActive", "subStatus": "Reject", "rejectReason": [{"violationDetail": "Wrong Image"}]}, {},
         ListingState.ERROR, "Wrong Image"),
        ({"rejectReason": [{"violationDetail": "Wrong Image", "suggestion": "white"}]}, {},
         ListingState.ERROR, "Wrong Image - white"),
        ({"rejectReason": [{"violationDetail": "", "suggestion": ""}]}, {}, ListingState.OK, ""),
        ({"subStatus": "Live_Reject"}, {}, ListingState.ERROR, "Live_Reject"),
        ({"status": "Suspended", "subStatus": "Lock"}, {}, ListingState.BANNED, "Suspended; Lock"),
        ({"suspendedSkus": [{"SkuId": "10", "rejectReason": [{"violationDetail": "Counterfeit"}]}]}, {},
         ListingState.BANNED, "Counterfeit"),
        ({"suspendedSkus": [10]}, {}, ListingState.BANNED, "suspended SKU"),
        ({"suspendedSkus": [{"SkuId": "11"}]}, {}, ListingState.OK, ""),
        ({"suspendedSkus": [{"SellerSku": "S-10", "id": "99"}]}, {}, ListingState.OK, ""),
        ({"status": "Frozen"}, {}, ListingState.WARNING, "Frozen"),
    ],
)  # fmt: skip
def test_states_are_the_worst_that_is_told_in_lazadas_words(
    item: dict[str, Any], one_sku: dict[str, Any], state: ListingState, words: str
) -> None:
    one, _ = read(product(1, sku(10, **one_sku), **item))
    assert (one.state, one.message) == (state, words)
