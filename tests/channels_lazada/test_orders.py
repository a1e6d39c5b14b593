"""Order items as rows of the orders table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stockrecon.channels.lazada.fields import instant
from stockrecon.channels.lazada.orders import OrderHead, OrderReader, order_items
from tests.channels_lazada.fake import NOW, order, printed, unit


def rows(
    *units: dict[str, Any], items: dict[str, str] | None = None, head: dict[str, Any] | None = None
) -> tuple[list[dict[str, object]], OrderReader]:
    reader = OrderReader(items or {})
    one = OrderHead.of(head or order(7, *units))
    assert one is not None
    return list(reader.rows(one, units)), reader


def test_one_row_is_one_unit_and_rows_of_a_listing_and_status_are_added_up() -> None:
    found, _ = rows(unit(10), unit(10), unit(20), unit(10, "canceled"))
    assert [(r["variation_id"], r["status"], r["quantity"]) for r in found] == [
        ("10", "paid", 2), ("20", "paid", 1), ("10", "cancelled", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "status"),
    [("unpaid", "unpaid"), ("pending", "paid"), ("confirmed", "paid"), ("packed", "paid"), ("repacked", "paid"),
     ("ready_to_ship_pending", "paid"), ("topack", "paid"), ("ready_to_ship", "shipped"), ("toship", "shipped"),
     ("shipping", "shipped"), ("shipped", "shipped"), ("delivered", "shipped"), ("completed", "shipped"),
     ("failed", "shipped"), ("failed_delivery", "shipped"), ("LOST_BY_3PL", "shipped"), ("damaged_by_3pl", "shipped"),
     ("shipped_back", "shipped"), ("package_scrapped", "shipped"), ("canceled", "cancelled"),
     ("cancelled", "cancelled"), ("returned", "returned"), ("shipped_back_success", "returned")],
)  # fmt: skip
def test_statuses(raw: str, status: str) -> None:
    found, reader = rows(unit(10, raw))
    assert found[0]["status"] == status
    assert reader.warnings == []


def test_an_unknown_status_is_told_and_counts_as_paid() -> None:
    """Its units may still be promised: the careful reading."""
    found, reader = rows(unit(10, "teleported"))
    assert found[0]["status"] == "paid"
    assert "teleported" in reader.warnings[0]


@pytest.mark.parametrize("mark", ["need_cancel_confirm", "is_cancel_pending"])
def test_a_cancellation_that_waits_is_requested_until_the_unit_has_left(mark: str) -> None:
    found, _ = rows(unit(10, "packed", **{mark: "true"}), unit(20, "shipped", **{mark: "true"}))
    assert [r["status"] for r in found] == ["cancel_requested", "shipped"]


def test_the_orders_own_mark_counts_where_its_units_carry_none() -> None:
    bare = unit(10, need_cancel_confirm=None, is_cancel_pending=None)
    found, _ = rows(bare, head=order(7, bare) | {"is_cancel_pending": "true"})
    assert found[0]["status"] == "cancel_requested"


@pytest.mark.parametrize(
    ("word", "who"),
    [("buyer-cancel", "buyer"), ("cancellation-customer", "buyer"), ("cancellation-seller", "seller"),
     ("cancellation-internal", "channel"), ("system-cancel", "channel"), ("", ""), ("null", "")],
)  # fmt: skip
def test_who_cancelled(word: str, who: str) -> None:
    cancelled = unit(10, "canceled", cancel_return_initiator=word, reason="Out of stock", reason_detail="sold out")
    found, _ = rows(cancelled)
    assert (found[0]["cancelled_by"], found[0]["cancel_reason"]) == (who, "Out of stock: sold out")


def test_nobody_cancelled_what_is_not_cancelled() -> None:
    found, _ = rows(unit(10, "returned", cancel_return_initiator="buyer-cancel", reason="broken"))
    assert (found[0]["cancelled_by"], found[0]["cancel_reason"]) == ("", "")


def test_the_listing_is_the_shops_own_of_that_sku_else_what_the_row_names() -> None:
    old_shape = unit(39888, shop_sku="BE494HLSSSDTSGAMZ-39888")
    assert rows(old_shape, items={"39888": "55"})[0][0]["item_id"] == "55"
    assert rows(unit(10, product_id=77))[0][0]["item_id"] == "77"
    assert rows(unit(10, shop_sku="123_VNAMZ-10"))[0][0]["item_id"] == "123"
    assert rows(unit(10, shop_sku="123_VN-10") | {"sku_id": None})[0][0]["variation_id"] == "10"


def test_a_unit_of_no_listing_is_left_out_and_told() -> None:
    found, reader = rows(unit(39888, shop_sku="BE494HLSSSDTSGAMZ-39888"))
    assert found == []
    assert "names no listing" in reader.warnings[0]


def test_what_lazada_ships_from_its_own_stock_is_left_out() -> None:
    assert rows(unit(10, is_fbl="1"), unit(20, is_fbl=0))[0][0]["variation_id"] == "20"


def test_fewer_units_than_the_order_has_are_told() -> None:
    _, reader = rows(unit(10), head=order(7, unit(10), unit(10)))
    assert reader.unreadable == ["order 7 has 2 units, Lazada told 1"]


def test_times_are_read_with_their_printed_offset() -> None:
    at = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
    one = unit(10, created_at="2026-11-20 11:04:05 +0800", updated_at="2026-11-20T10:04:05+07:00")
    found, _ = rows(one)
    assert (found[0]["created_at"], found[0]["updated_at"]) == (at, at)
    assert found[0]["paid_at"] == datetime(2023, 10, 13, 10, 36, 14, 592000, tzinfo=UTC)


def test_an_unpaid_order_has_no_time_of_payment() -> None:
    assert rows(unit(10, "unpaid"))[0][0]["paid_at"] is None


def test_the_orders_time_serves_where_the_units_are_missing() -> None:
    bare = unit(10, created_at=None, updated_at="")
    found, _ = rows(bare, head=order(7, bare, at=NOW - timedelta(hours=1), updated=NOW))
    assert (found[0]["created_at"], found[0]["updated_at"]) == (NOW - timedelta(hours=1), NOW)


def test_a_unit_without_any_time_leaves_the_orders_incomplete() -> None:
    bare = unit(10, created_at=None)
    found, reader = rows(bare, head=order(7, bare) | {"created_at": None})
    assert found == []
    assert len(reader.unreadable) == 1


def test_items_come_nested_or_flat() -> None:
    nested = [{"order_id": "7", "order_items": [unit(10), unit(20)]}]
    flat = [unit(10) | {"order_id": 7}, unit(20) | {"order_id": "7"}]
    assert [len(v) for v in order_items(nested).values()] == [2]
    assert list(order_items(flat)) == ["7"]
    assert len(order_items(flat)["7"]) == 2


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2018-05-17 09:23:36 +0800", datetime(2018, 5, 17, 1, 23, 36, tzinfo=UTC)),
        ("2018-02-09T22:44:30+08:00", datetime(2018, 2, 9, 14, 44, 30, tzinfo=UTC)),
        ("1413786247000", datetime(2014, 10, 20, 6, 24, 7, tzinfo=UTC)),
        (1413786247000, datetime(2014, 10, 20, 6, 24, 7, tzinfo=UTC)),
        ("2018-05-17 09:23:36", None), ("2018-02-31 09:23:36 +0800", None), ("", None), (None, None), ("soon", None),
        (True, None), ({}, None), (printed(NOW), NOW),
    ],
)  # fmt: skip
def test_forms_of_time(written: object, moment: datetime | None) -> None:
    """A time without an offset is none: guessing a zone would move an order by hours."""
    assert instant(written) == moment
