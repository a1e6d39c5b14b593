"""Orders: what a status means for stock, what a refund put back, whose stock a line takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.channels.woocommerce.orders import OrderReader
from stockrecon.core.model import Order
from stockrecon.rest.decode import decode

from .fakes import NOW, SHOP, FakeWoo, Row, channel, line, order, product, request, stamp, variation
from .test_pull import brief, rows

DONE = {"date_completed_gmt": stamp(NOW - timedelta(minutes=30))}


def read(*orders: Row, pooled: dict[str, str] | None = None) -> tuple[list[Order], OrderReader]:
    reader = OrderReader(SHOP, pooled or {})
    document = decode(json.dumps(orders).encode())
    assert isinstance(document, list)
    return [row for each in document for row in reader.rows(each, str(each["id"]))], reader


def told(*orders: Row, pooled: dict[str, str] | None = None) -> list[tuple[str, int, str]]:
    """Listing, quantity and status of each row."""
    found, _ = read(*orders, pooled=pooled)
    return sorted((f"{o.key.item_id}/{o.key.variation_id}".rstrip("/"), o.quantity, o.status.value) for o in found)


@pytest.mark.parametrize(
    ("status", "means"),
    [
        ("pending", "unpaid"),
        ("on-hold", "paid"),
        ("processing", "paid"),
        ("completed", "shipped"),
        ("cancelled", "cancelled"),
        ("failed", "cancelled"),
        ("refunded", "shipped"),
        ("partially-shipped", "paid"),
    ],
)
def test_a_status_is_what_it_means_for_stock(status: str, means: str) -> None:
    """An order on hold has its units; one that is unpaid has none yet; a refund gives nothing back by itself."""
    assert told(order(90, status, line(10, 2))) == [("10", 2, means)]


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft", "trash"])
def test_a_cart_is_no_order(status: str) -> None:
    assert told(order(90, status, line(10, 2))) == []


def test_an_unknown_status_is_told() -> None:
    _, reader = read(order(90, "wc-boxed\x1b", line(10, 2)))
    assert reader.warnings == ["order 90: the status 'wc-boxed ' is not known; taken as paid"]


def test_lines_are_summed_per_listing() -> None:
    """Also those of variations that share one stock."""
    lines = (line(10, 2), line(10, 1), line(12, 1, 13), line(12, 4, 14), line(12, 1, 15))
    assert told(order(90, "processing", *lines), pooled={"14": "12", "15": "12"}) == [
        ("10", 3, "paid"),
        ("12", 5, "paid"),
        ("12/13", 1, "paid"),
    ]


@pytest.mark.parametrize(("quantity", "units"), [(2, 2), (1.5, 2), ("3", 3), (0, 0), (-1, 0), (None, 0)])
def test_a_part_of_a_unit_takes_a_whole_one(quantity: object, units: int) -> None:
    """What is sold in fractions is at least not sold twice."""
    assert told(order(90, "processing", line(10, quantity))) == ([("10", units, "paid")] if units else [])


# Refunds


def test_what_a_refund_put_back_before_shipping_was_cancelled() -> None:
    """The rest of the line lives on."""
    refunded = line(10, 3, reduced_stock=2, restock_refunded_items=1)
    assert told(order(90, "processing", refunded)) == [("10", 1, "cancelled"), ("10", 2, "paid")]


def test_what_a_refund_put_back_after_shipping_was_returned() -> None:
    refunded = line(10, 3, reduced_stock=2, restock_refunded_items=1)
    assert told(order(90, "completed", refunded, **DONE)) == [("10", 1, "returned"), ("10", 2, "shipped")]


@pytest.mark.parametrize(
    ("back", "more", "rows_of"),
    [
        (3, {}, [("10", 3, "cancelled")]),
        (3, DONE, [("10", 3, "returned")]),
        (0, {}, [("10", 3, "shipped")]),
        (1, DONE, [("10", 1, "returned"), ("10", 2, "shipped")]),
        (9, {}, [("10", 3, "cancelled")]),
    ],
)
def test_a_refunded_order_gave_back_what_it_put_back(back: int, more: Row, rows_of: list[tuple[str, int, str]]) -> None:
    """No more than was ordered, and nothing where the box was not ticked."""
    notes = {"restock_refunded_items": back} if back else {}
    assert told(order(90, "refunded", line(10, 3, **notes), **more)) == rows_of


def test_a_cancelled_order_is_cancelled_as_a_whole() -> None:
    """Whatever had been put back of it before."""
    assert told(order(90, "cancelled", line(10, 3, restock_refunded_items=1))) == [("10", 3, "cancelled")]


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_units_that_a_cancelled_order_still_keeps_are_told(status: str) -> None:
    """WooCommerce notes what it took, and takes the note away when it gives it back."""
    _, reader = read(order(90, status, line(10, 2, reduced_stock=2)))
    assert reader.warnings == [f"order 90 is {status}, and WooCommerce still keeps 2 of its units out of the stock"]
    _, silent = read(order(90, status, line(10, 2)), order(91, "processing", line(10, 2, reduced_stock=2)))
    assert silent.warnings == []


# Times


def test_times_are_the_shops_in_utc() -> None:
    """A cancellation has none of its own: the last change stands for it."""
    at, later = NOW - timedelta(hours=3), NOW - timedelta(hours=1)
    (row,), _ = read(
        order(
            90,
            "cancelled",
            line(10, 1),
            date_created_gmt=stamp(at),
            date_modified_gmt=stamp(later),
            date_paid_gmt=stamp(at + timedelta(minutes=5)),
        )
    )
    assert (row.created_at, row.paid_at, row.shipped_at) == (at, at + timedelta(minutes=5), None)
    assert row.cancelled_at is None
    assert row.cancelled_when == later


def test_a_failed_payment_is_cancelled_by_the_shop() -> None:
    (row,), _ = read(order(90, "failed", line(10, 1)))
    assert (row.cancelled_by, row.cancel_reason) == ("channel", "payment failed")


@pytest.mark.parametrize(
    "more",
    [
        {"date_created_gmt": None, "date_modified_gmt": None},
        {"date_created_gmt": "0000-00-00T00:00:00"},
        {"date_created_gmt": "yesterday"},
        {"date_paid_gmt": 5},
        {"line_items": "none"},
        {"line_items": [7]},
    ],
)
def test_an_order_that_cannot_be_understood_costs_that_one(more: Row) -> None:
    """The others are read, and the snapshot is not complete."""
    found, reader = read({**order(90, "processing", line(10, 1)), **more}, order(91, "processing", line(10, 1)))
    assert [each.order_id for each in found] == ["91"]
    assert len(reader.unreadable) == 1
    assert reader.unreadable[0].startswith("order 90: ")


def test_a_line_of_a_deleted_product_is_told_and_left_out() -> None:
    found, reader = read(order(90, "processing", line(0, 1), line(10, 1)))
    assert [each.key.item_id for each in found] == ["10"]
    assert reader.warnings == ["order 90 has a line that names no product; left out"]


# As they were recorded


@pytest.mark.parametrize(
    ("name", "rows_of", "warnings"),
    [
        ("34-order-pending", [("10", 3, "unpaid"), ("12/14", 1, "unpaid")], 0),
        ("35-order-onhold", [("10", 3, "paid"), ("12/14", 1, "paid")], 0),
        ("36-order-processing", [("10", 3, "paid"), ("12/14", 1, "paid")], 0),
        ("38-order2-processing", [("10", 2, "paid")], 0),
        ("39-order2-cancelled", [("10", 2, "cancelled")], 0),
    ],
)
def test_the_recorded_orders_are_these_rows(name: str, rows_of: list[tuple[str, int, str]], warnings: int) -> None:
    """What a real WooCommerce 11.0.1 answered."""
    body = json.loads((Path(__file__).parent / "recorded" / f"{name}.json").read_text("utf-8"))["response"]["body"]
    assert told(body) == rows_of
    (first, *_), reader = read(body)
    assert first.created_at.replace(microsecond=0) == datetime.fromisoformat(body["date_created_gmt"]).replace(
        tzinfo=UTC
    )
    assert len(reader.warnings) == warnings


def test_the_recorded_refund_is_a_part_that_was_cancelled() -> None:
    """Three of one product, one of them put back: the list of orders shows it at the line."""
    body = json.loads((Path(__file__).parent / "recorded" / "40-orders-list.json").read_text("utf-8"))
    (listed,) = body["response"]["body"]
    listed = {**listed, "date_created_gmt": listed["date_modified_gmt"]}
    assert told(listed) == [("10", 1, "cancelled"), ("10", 2, "paid"), ("12/14", 1, "paid")]


def test_orders_are_in_the_pull_by_their_last_change(tmp_path: Path) -> None:
    """An old order with a new status is among them, one that nothing happened to is not."""
    woo = FakeWoo()
    woo.add_variable(product(12, "V", 30), variation(13, 12, "V-S", 30, manage_stock="parent"))
    old = stamp(NOW - timedelta(days=90))
    woo.orders = [
        order(1, "completed", line(12, 1, 13), hours=24 * 30),
        order(2, "cancelled", line(12, 2, 13), hours=2, date_created_gmt=old),
    ]
    pulled = channel(woo).pull(request(tmp_path))
    names = ("order_id", "item_id", "variation_id", "quantity", "status", "updated_at")
    assert [brief(row, *names) for row in rows(pulled, "orders")] == [
        ("2", "12", "", "2", "cancelled", "2026-11-24T10:00:00Z")
    ]
