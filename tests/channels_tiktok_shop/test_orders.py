"""Orders: one row of TikTok Shop's is one unit, with what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stockrecon.errors import ReadFault

from .fakes import STAMP, FakeTikTok, channel, line, order, request
from .test_pull import brief, pull, rows

WHEN = {STAMP - 7200: "2026-11-24T10:00:00Z", STAMP - 3600: "2026-11-24T11:00:00Z", STAMP - 60: "2026-11-24T11:59:00Z"}


@pytest.mark.parametrize(
    ("status", "own", "expected"),
    [
        ("UNPAID", "UNPAID", "unpaid"),
        ("ON_HOLD", "AWAITING_SHIPMENT", "paid"),
        ("ON_HOLD", "", "paid"),
        ("AWAITING_SHIPMENT", "AWAITING_SHIPMENT", "paid"),
        ("PARTIALLY_SHIPPING", "AWAITING_SHIPMENT", "paid"),
        ("PARTIALLY_SHIPPING", "IN_TRANSIT", "shipped"),
        ("AWAITING_COLLECTION", "AWAITING_COLLECTION", "paid"),
        ("IN_TRANSIT", "IN_TRANSIT", "shipped"),
        ("DELIVERED", "DELIVERED", "shipped"),
        ("COMPLETED", "COMPLETED", "shipped"),
        ("CANCELLED", "CANCELLED", "cancelled"),
        ("CANCELLED", "AWAITING_SHIPMENT", "cancelled"),
        ("CANCEL", "", "cancelled"),
        ("AWAITING_SHIPMENT", "CANCELLED", "cancelled"),
    ],
)
def test_every_state_of_an_order(tmp_path: Path, status: str, own: str, expected: str) -> None:
    """The row's own counts, and the order's where it is over for all of it."""
    tiktok = FakeTikTok()
    tiktok.orders = [order(1, status, line(1, 11, own))]
    pulled = pull(tiktok, tmp_path)
    assert [row["status"] for row in rows(pulled, "orders")] == [expected]
    assert pulled.warnings == ()


@pytest.mark.parametrize(
    ("status", "own", "expected"),
    [("SOMETHING_NEW", "", "paid"), ("IN_TRANSIT", "SOMETHING_NEW", "shipped"), ("", "", "paid")],
)
def test_a_state_that_is_not_known_is_told(tmp_path: Path, status: str, own: str, expected: str) -> None:
    """It counts as paid, or as the order does."""
    tiktok = FakeTikTok()
    tiktok.orders = [order(1, status, line(1, 11, own))]
    pulled = pull(tiktok, tmp_path)
    assert [row["status"] for row in rows(pulled, "orders")] == [expected]
    assert "is not known" in pulled.warnings[0]


def test_rows_are_counted_per_listing_and_state(tmp_path: Path) -> None:
    """Three of one, of which one is cancelled; and a gift, which takes stock like any other."""
    tiktok = FakeTikTok()
    lines = [line(1, 11), line(1, 11), line(1, 11, "CANCELLED", cancel_user="SELLER", cancel_reason="out of stock"),
             line(2, 21, is_gift=True)]  # fmt: skip
    tiktok.orders = [order(1, "AWAITING_SHIPMENT", *lines)]
    names = ("item_id", "variation_id", "quantity", "status", "cancelled_by", "cancel_reason")
    assert [brief(row, *names) for row in rows(pull(tiktok, tmp_path), "orders")] == [
        ("1", "11", "2", "paid", "", ""),
        ("1", "11", "1", "cancelled", "seller", "out of stock"),
        ("2", "21", "1", "paid", "", ""),
    ]


def test_times_are_those_of_the_order(tmp_path: Path) -> None:
    """0 is "not happened"; a part that is cancelled has no time but the last change."""
    tiktok = FakeTikTok()
    cancelled = {"cancel_time": STAMP - 60, "cancellation_initiator": "SYSTEM", "cancel_reason": "unpaid"}
    tiktok.orders = [
        order(1, "UNPAID", line(1, 11, "UNPAID")),
        order(2, "IN_TRANSIT", line(1, 11, "IN_TRANSIT"), paid_time=STAMP - 3600, collection_time=STAMP - 60),
        order(3, "CANCELLED", line(1, 11, "CANCELLED"), **cancelled),
        order(4, "AWAITING_SHIPMENT", line(1, 11), line(1, 12, "CANCELLED"), paid_time=STAMP - 3600),
    ]
    names = ("order_id", "status", "paid_at", "shipped_at", "cancelled_at", "updated_at", "cancelled_by")
    made, changed, last = WHEN.values()
    found = rows(pull(tiktok, tmp_path), "orders")
    assert {row["created_at"] for row in found} == {made}
    assert [brief(row, *names) for row in found] == [
        ("1", "unpaid", "", "", "", changed, ""),
        ("2", "shipped", changed, last, "", changed, ""),
        ("3", "cancelled", "2026-11-24T10:03:20Z", "", last, changed, "channel"),
        ("4", "paid", changed, "", "", changed, ""),
        ("4", "cancelled", changed, "", "", changed, ""),
    ]


@pytest.mark.parametrize("status", ["ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION"])
def test_a_buyer_who_wants_to_cancel_is_told(tmp_path: Path, status: str) -> None:
    """Until the seller has answered."""
    tiktok = FakeTikTok()
    tiktok.orders = [order(1, status, line(1, 11), is_buyer_request_cancel=True, cancellation_initiator="BUYER")]
    (row,) = rows(pull(tiktok, tmp_path), "orders")
    assert brief(row, "status", "cancelled_by", "cancelled_at") == ("cancel_requested", "buyer", "")


@pytest.mark.parametrize(
    ("word", "who"), [("BUYER", "buyer"), ("SELLER", "seller"), ("SYSTEM", "channel"), ("OPERATOR", "channel"),
                      ("ALIENS", "channel"), ("", "")]
)  # fmt: skip
def test_who_cancelled_is_told(tmp_path: Path, word: str, who: str) -> None:
    """By the row, else by the order."""
    tiktok = FakeTikTok()
    tiktok.orders = [
        order(1, "CANCELLED", line(1, 11, "CANCELLED", cancel_user=word)),
        order(2, "CANCELLED", line(1, 11, "CANCELLED"), cancellation_initiator=word),
    ]
    assert [row["cancelled_by"] for row in rows(pull(tiktok, tmp_path), "orders")] == [who, who]


@pytest.mark.parametrize("kind", ["FULFILLMENT_BY_TIKTOK", "FULFILLMENT_BY_DILAYANI_TOKOPEDIA"])
def test_what_the_platform_ships_from_its_own_stock_is_left_out(tmp_path: Path, kind: str) -> None:
    """It takes nothing of the seller's."""
    tiktok = FakeTikTok()
    tiktok.orders = [order(1, "UNPAID", line(1, 11), fulfillment_type=kind), order(2, "UNPAID", line(1, 11))]
    assert [row["order_id"] for row in rows(pull(tiktok, tmp_path), "orders")] == ["2"]


def test_an_order_of_tokopedia_is_one_of_the_same_shop(tmp_path: Path) -> None:
    """One pool of stock, one list of orders."""
    tiktok = FakeTikTok()
    tiktok.orders = [
        order(1, "ON_HOLD", line(1, 11), commerce_platform="TOKOPEDIA"),
        order(2, "ON_HOLD", line(1, 11), commerce_platform="TIKTOK_SHOP"),
    ]
    assert [row["order_id"] for row in rows(pull(tiktok, tmp_path), "orders")] == ["1", "2"]


def test_a_bundle_takes_its_parts(tmp_path: Path) -> None:
    """As many of each as its row says, and none of its own."""
    tiktok = FakeTikTok()
    parts = [{"product_id": "1", "sku_id": "11", "sku_count": 2}, {"product_id": "3", "sku_id": "31"}]
    row = line(2, 21, combined_listing_skus=parts)
    tiktok.orders = [order(1, "ON_HOLD", row, dict(row), line(1, 11))]
    names = ("item_id", "variation_id", "quantity")
    assert [brief(each, *names) for each in rows(pull(tiktok, tmp_path), "orders")] == [
        ("1", "11", "5"), ("3", "31", "2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"create_time": 0}, "create_time is missing"),
        ({"create_time": "soon"}, "create_time is not a whole number"),
        ({"id": ""}, r"orders\[\].id is not an id"),
        ({"line_items": {}}, "line_items is not a list"),
        ({"line_items": [{"sku_id": "1"}]}, "product_id is not an id"),
    ],
)
def test_an_order_that_cannot_be_understood_is_a_fault_with_words(
    tmp_path: Path, broken: dict[str, Any], words: str
) -> None:
    """What an order took is never guessed."""
    tiktok = FakeTikTok()
    tiktok.orders = [order(1, "UNPAID", line(1, 11)) | broken]
    with pytest.raises(ReadFault, match=words):
        channel(tiktok).pull(request(tmp_path))
