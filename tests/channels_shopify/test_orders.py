"""Orders: what is open, what left, what came back, and lists that are read to their end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stockrecon.errors import ReadFault
from stockrecon.rest import Answer
from stockrecon.rest import Request as Sent
from tests.channels_shopify.fakes import FakeShopify, channel, pull, request, rows_of
from tests.channels_shopify.nodes import line, order, refund, said, variant


def ordered(tmp_path: Path, *orders: dict[str, Any], **options: Any) -> list[tuple[str, str, str, str]]:
    shopify = FakeShopify(variant(1, "A", 5), variant(2, "B", 5))
    shopify.orders = list(orders)
    rows = rows_of(pull(shopify, tmp_path, **options), "orders")
    return [(row["order_id"], row["variation_id"], row["quantity"], row["status"]) for row in rows]


@pytest.mark.parametrize(
    ("made", "status"),
    [
        ({}, "paid"),
        ({"unpaid": True, "displayFinancialStatus": "PENDING"}, "unpaid"),
        ({"displayFinancialStatus": "AUTHORIZED"}, "unpaid"),
        ({"displayFinancialStatus": "EXPIRED"}, "unpaid"),
        ({"displayFinancialStatus": "VOIDED"}, "unpaid"),
        ({"displayFinancialStatus": "PARTIALLY_PAID"}, "paid"),
        ({"displayFinancialStatus": "PARTIALLY_REFUNDED"}, "paid"),
        ({"displayFinancialStatus": None}, "paid"),
        ({"cancelledAt": "2026-11-24T10:40:00Z", "cancelReason": "CUSTOMER"}, "cancelled"),
    ],
)
def test_an_order_is_open_unpaid_or_cancelled(tmp_path: Path, made: dict[str, Any], status: str) -> None:
    """Its units are out of what is available from its creation, paid or not."""
    assert ordered(tmp_path, order(1001, line(1, 2), **made)) == [("1001", "1", "2", status)]


def test_what_was_fulfilled_has_left(tmp_path: Path) -> None:
    """A line may be fulfilled in part."""
    made = order(1001, line(1, 3, unfulfilled=1), line(2, 1, unfulfilled=0))
    assert ordered(tmp_path, made) == [
        ("1001", "1", "1", "paid"),
        ("1001", "1", "2", "shipped"),
        ("1001", "2", "1", "shipped"),
    ]


def test_lines_of_one_variant_are_summed_and_what_is_not_listed_is_left_out(tmp_path: Path) -> None:
    """A tip or a line of the seller's own carries no stock."""
    made = order(1001, line(1, 2), line(1, 3, at=2), line(0, 1, at=3))
    assert ordered(tmp_path, made) == [("1001", "1", "5", "paid")]


def test_an_order_that_holds_no_stock_is_left_out(tmp_path: Path) -> None:
    """Not confirmed means that nothing is set aside for it."""
    assert ordered(tmp_path, order(1001, line(1, 2), confirmed=False)) == []


def test_an_order_can_be_called_by_its_name(tmp_path: Path) -> None:
    """The number of its page by default, its name where the ledger keeps that."""
    assert ordered(tmp_path, order(1001, line(1, 2)), order_id="name") == [("#1001", "1", "2", "paid")]


def test_a_cancellation_has_its_time_and_its_cause(tmp_path: Path) -> None:
    """Who asked for it, as far as Shopify says."""
    shopify = FakeShopify()
    shopify.orders = [order(1, line(1, 2), cancelledAt="2026-11-24T10:40:00Z", cancelReason="INVENTORY")]
    (row,) = rows_of(pull(shopify, tmp_path), "orders")
    assert row["cancelled_at"] == "2026-11-24T10:40:00Z"
    assert (row["cancelled_by"], row["cancel_reason"]) == ("seller", "inventory")


def test_cancelled_units_that_were_not_put_back_are_gone(tmp_path: Path) -> None:
    """Nobody can buy them again, so they are no cancellation to be waited for."""
    one, two = line(1, 3, left=0, unfulfilled=0), line(2, 1, left=0, unfulfilled=0)
    back = refund((one, 2, "CANCEL"), (one, 1, "NO_RESTOCK"), (two, 1, "NO_RESTOCK"))
    made = order(1001, one, two, refunds=[back], cancelledAt="2026-11-24T10:40:00Z")
    assert ordered(tmp_path, made) == [
        ("1001", "1", "2", "cancelled"),
        ("1001", "1", "1", "returned"),
        ("1001", "2", "1", "returned"),
    ]


def test_a_refund_of_an_order_that_lives_on_is_a_row_of_its_own(tmp_path: Path) -> None:
    """Put back: cancelled at the refund's time. Come back from the buyer: returned. The rest stays as it is."""
    made = line(1, 6, left=3, unfulfilled=2)
    back = [refund((made, 2, "CANCEL"), at="2026-11-24T10:20:00Z"), refund((made, 1, "RETURN"))]
    shopify = FakeShopify()
    shopify.orders = [order(1001, made, refunds=back)]
    rows = rows_of(pull(shopify, tmp_path), "orders")
    assert [(row["quantity"], row["status"], row["cancelled_at"]) for row in rows] == [
        ("2", "cancelled", "2026-11-24T10:20:00Z"),
        ("1", "returned", ""),
        ("2", "paid", ""),
        ("1", "shipped", ""),
    ]


def test_units_that_an_edit_removed_are_put_back(tmp_path: Path) -> None:
    """No refund speaks of them."""
    assert ordered(tmp_path, order(1001, line(1, 3, left=2))) == [
        ("1001", "1", "1", "cancelled"),
        ("1001", "1", "2", "paid"),
    ]


def test_refunds_are_read_by_many_orders_at_once(tmp_path: Path) -> None:
    """One call for a page of orders, none where nothing was refunded."""
    shopify = FakeShopify()
    shopify.orders = [order(number, line(1, 2, left=1)) for number in range(1, 41)]
    pull(shopify, tmp_path)
    assert shopify.calls["Refunds"] == 1
    shopify.orders = [order(1, line(1, 2))]
    pull(shopify, tmp_path / "none")
    assert shopify.calls["Refunds"] == 1


def test_more_refunds_than_are_read_are_told(tmp_path: Path) -> None:
    """Their units count as put back, and the report says so."""
    made = line(1, 60, left=0, unfulfilled=0)
    shopify = FakeShopify()
    shopify.orders = [order(1, made, refunds=[refund((made, 1, "NO_RESTOCK")) for _ in range(55)])]
    pulled = pull(shopify, tmp_path)
    assert any("more than are read" in warning for warning in pulled.warnings)
    assert {(row["status"], row["quantity"]) for row in rows_of(pulled, "orders")} == {
        ("returned", "50"),
        ("cancelled", "10"),
    }


def test_an_order_with_many_lines_is_read_whole(tmp_path: Path) -> None:
    """Twenty come with the order, the others by pages of 250."""
    lines = [line(1 + number % 2, 1, at=number + 1) for number in range(300)]
    assert ordered(tmp_path, order(1001, *lines)) == [("1001", "1", "150", "paid"), ("1001", "2", "150", "paid")]


def test_orders_are_asked_for_from_where_the_run_wants_them(tmp_path: Path) -> None:
    """By their last change, so that an old order with a new status is among them; and page by page."""
    shopify = FakeShopify()
    shopify.orders = [order(number, line(1, 1)) for number in range(1, 301)]
    shopify.orders.append(order(999, line(1, 1), updatedAt="2026-11-01T00:00:00Z"))
    assert len(rows_of(pull(shopify, tmp_path), "orders")) == 300
    asked = [
        json.loads(each.body or b"")["variables"] for each in shopify.requests if b"query Orders" in (each.body or b"")
    ]
    assert {each["q"] for each in asked} == {"updated_at:>='2026-11-17T12:00:00Z'"}
    assert [each["after"] for each in asked] == [None, "250"]


def test_an_order_that_changes_meanwhile_counts_once_and_as_it_was_last(tmp_path: Path) -> None:
    """It moves to the end of the list, and comes again."""
    shopify = FakeShopify()
    shopify.orders = [order(number, line(1, 1)) for number in range(1, 251)]

    def changed(sent: Sent) -> Answer:
        """The first page as it is; then the first order is cancelled and stands last."""
        answer = shopify.send(sent)
        first = shopify.orders.pop(0)
        first |= {"updatedAt": "2026-11-24T11:59:00Z", "cancelledAt": "2026-11-24T11:59:00Z"}
        shopify.orders = [order(0, line(1, 1)), *shopify.orders, first]
        return answer

    shopify.orders.append(order(251, line(1, 1)))
    shopify.overrides["Orders"] = [changed]
    rows = rows_of(pull(shopify, tmp_path), "orders")
    assert [row["status"] for row in rows if row["order_id"] == "1"] == ["cancelled"]


def test_orders_older_than_an_ordinary_app_is_told_of_are_warned_of(tmp_path: Path) -> None:
    """60 days, unless it has the scope for all."""
    shopify = FakeShopify()
    asked = request(tmp_path, days=90)
    assert any("60 days" in warning for warning in channel(shopify).pull(asked).warnings)
    shopify.scopes.append("read_all_orders")
    assert channel(shopify).pull(asked).warnings == ()


def test_a_page_of_orders_that_is_lost_is_not_the_end(tmp_path: Path) -> None:
    """Announced, and empty twice: what was on it may be lost, so the snapshot is not complete, and says why."""
    shopify = FakeShopify()
    shopify.orders = [order(number, line(1, 1)) for number in range(1, 301)]
    empty = said({"data": {"orders": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}})
    shopify.overrides["Orders"] = [shopify.honest, empty]
    assert pull(shopify, tmp_path).complete
    shopify.overrides["Orders"] = [shopify.honest, empty, empty]
    pulled = pull(shopify, tmp_path)
    assert (pulled.complete, pulled.reason) == (False, "orders: a page that was announced came empty twice")


def test_a_page_of_orders_that_comes_again_is_told(tmp_path: Path) -> None:
    """In the place of the next one: an order that comes twice unchanged was not moved by a change."""
    shopify = FakeShopify()
    shopify.orders = [order(number, line(1, 1)) for number in range(1, 501)]
    more = {"hasNextPage": False, "endCursor": None}

    def repeated(sent: Sent) -> Answer:
        shopify.orders, kept = shopify.orders[:250], shopify.orders
        body = json.loads(sent.body or b"{}")
        again = replace(sent, json={**body, "variables": {**body["variables"], "after": None}})
        answer = json.loads(shopify.honest(again).body)
        answer["data"]["orders"]["pageInfo"], shopify.orders = more, kept
        return said(answer)

    shopify.overrides["Orders"] = [shopify.honest, repeated]
    pulled = pull(shopify, tmp_path)
    assert (pulled.complete, pulled.reason) == (False, "orders: #1 came twice, and nothing of it had changed")


def test_lines_whose_cursor_does_not_go_on_are_a_fault(tmp_path: Path) -> None:
    """The others of the order would be left out in silence."""
    shopify = FakeShopify()
    shopify.orders = [order(1, *(line(1, 1, at=number) for number in range(1, 300)))]
    stuck = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "20"}}
    shopify.overrides["OrderLines"] = [said({"data": {"order": {"lineItems": stuck}}})]
    with pytest.raises(ReadFault, match="lineItems says that a page follows, but its cursor does not go on"):
        pull(shopify, tmp_path)
