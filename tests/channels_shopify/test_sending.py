"""Which location sends an order's units, where not every location counts: what others send takes nothing here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from stockrecon.channels.base import ChangesRequest
from stockrecon.channels.shopify.orders import Part, is_open
from stockrecon.channels.shopify.sending import Sent, shared
from stockrecon.channels.shopify.shop import OWN, SERVICES
from stockrecon.core.model import OrderStatus
from stockrecon.core.policy import Policy
from stockrecon.core.sources import Pulled
from tests.channels_shopify.fakes import NOW, FakeShopify, channel, pull, rows_of
from tests.channels_shopify.nodes import (
    MAIN,
    STORE,
    Node,
    gid,
    key,
    line,
    location,
    order,
    problem,
    refund,
    said,
    sends,
)
from tests.channels_shopify.nodes import variant as variant_of

CANCELLED = {"cancelledAt": "2026-11-24T10:40:00Z", "cancelReason": "CUSTOMER"}
TEN, FOUR, GONE = line(1, 10), line(1, 10, unfulfilled=4), line(1, 10, left=0, unfulfilled=0)
SEVEN = line(1, 10, left=7, unfulfilled=7)


def shop(*orders: Node, scopes: str = OWN, **store: Any) -> FakeShopify:
    """One that sells online, and a store beside it."""
    made = FakeShopify(variant_of(1, "A", {MAIN: 8, STORE: 20}), variant_of(2, "B", {MAIN: 5}))
    made.places.append(location(2, "Store", **store))
    made.orders, made.scopes = list(orders), [*made.scopes, *scopes.split()]
    return made


def told(pulled: Pulled) -> list[tuple[str, str]]:
    return [(row["quantity"], row["status"]) for row in rows_of(pulled, "orders")]


@pytest.mark.parametrize(
    ("made", "sent", "expected"),
    [
        (TEN, [sends(MAIN, (TEN, 10, 10))], [("10", "paid")]),
        (TEN, [sends(STORE, (TEN, 10, 10))], []),
        (TEN, [sends(STORE, (TEN, 6, 6)), sends(MAIN, (TEN, 4, 4), status="ON_HOLD")], [("4", "paid")]),
        (FOUR, [sends(MAIN, (FOUR, 6, 0), status="CLOSED"), sends(STORE, (FOUR, 4, 4))], [("6", "shipped")]),
        (FOUR, [sends(STORE, (FOUR, 6, 0), status="CLOSED"), sends(MAIN, (FOUR, 4, 4))], [("4", "paid")]),
        (FOUR, [sends(MAIN, (FOUR, 10, 4), status="IN_PROGRESS")], [("4", "paid"), ("6", "shipped")]),
        # A fulfillment that was cancelled leaves a closed one, and a new one that is to be sent.
        (TEN, [sends(MAIN, (TEN, 10, 10), status="CLOSED"), sends(MAIN, (TEN, 10, 10))], [("10", "paid")]),
        (TEN, [sends(MAIN, (TEN, 10, 10), status="CLOSED"), sends(STORE, (TEN, 10, 10))], []),
        # What an edit took away counts nothing any more.
        (SEVEN, [sends(MAIN, (SEVEN, 7, 7))], [("3", "cancelled"), ("7", "paid")]),
        (SEVEN, [sends(STORE, (SEVEN, 7, 7))], []),
        # What was sent between the reading of the order and of where it is sent from.
        (TEN, [sends(STORE, (TEN, 10, 0), status="CLOSED")], []),
        (TEN, [sends(MAIN, (TEN, 10, 0), status="CLOSED")], [("10", "paid")]),
    ],
)
def test_only_what_counting_locations_send_is_an_order_here(
    tmp_path: Path, made: Node, sent: list[Node], expected: list[tuple[str, str]]
) -> None:
    """Line by line, and in parts."""
    pulled = pull(shop(order(1001, made, sends=sent)), tmp_path, location_id="1")
    assert (told(pulled), pulled.complete, pulled.warnings) == (expected, True, ())


def test_lines_of_one_order_go_their_own_ways(tmp_path: Path) -> None:
    """Of two lines of one variant as well."""
    one, two, three = line(1, 1, at=1), line(1, 2, at=2), line(2, 3, at=3)
    sent = [sends(STORE, (one, 1, 1), (three, 3, 3)), sends(MAIN, (two, 2, 2))]
    pulled = pull(shop(order(1001, one, two, three, sends=sent)), tmp_path, location_id="1")
    assert [(row["variation_id"], row["quantity"]) for row in rows_of(pulled, "orders")] == [("1", "2")]


@pytest.mark.parametrize(
    ("place", "expected"), [(MAIN, [("2", "cancelled"), ("8", "returned")]), (STORE, [])], ids=["here", "elsewhere"]
)
def test_what_came_back_was_of_where_it_was_to_be_sent_from(
    tmp_path: Path, place: str, expected: list[tuple[str, str]]
) -> None:
    """Its fulfillment order counts nothing any more, and still names its location."""
    back = refund((GONE, 2, "CANCEL"), (GONE, 8, "NO_RESTOCK"))
    made = order(1001, GONE, refunds=[back], sends=[sends(place, (GONE, 0, 0), status="CLOSED")], **CANCELLED)
    pulled = pull(shop(made), tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == (expected, True)


def test_cancelled_units_that_two_locations_had_are_counted(tmp_path: Path) -> None:
    """They explain and never make a write. What was not put back takes units, so that one says that it is not told."""
    both = [sends(MAIN, (GONE, 0, 0), status="CLOSED"), sends(STORE, (GONE, 0, 0), status="CLOSED")]
    made = order(1001, GONE, sends=both, **CANCELLED)
    pulled = pull(shop(made), tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([("10", "cancelled")], True)
    made["given_back"] = [refund((GONE, 4, "NO_RESTOCK"))]
    pulled = pull(shop(made), tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([("6", "cancelled")], False)


def test_units_of_one_line_that_two_locations_sent_and_that_came_back(tmp_path: Path) -> None:
    """What was sent is divided like what is to be."""
    made = line(1, 10, left=7, unfulfilled=0)
    sent = [sends(MAIN, (made, 8, 0), status="CLOSED"), sends(STORE, (made, 2, 0), status="CLOSED")]
    pulled = pull(shop(order(1, made, refunds=[refund((made, 3, "RETURN"))], sends=sent)), tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([("3", "returned"), ("5", "shipped")], True)


# What is not told


def test_without_the_scope_nothing_that_rests_on_such_orders_is_written(tmp_path: Path) -> None:
    """The snapshot is not complete, so nothing is written, and the scope is named in every run; the order is not
    counted, which would have other shops lowered for it. It is asked once."""
    many = [order(number, TEN) for number in range(1, 301)]
    shopify = shop(*many, order(999, GONE, **CANCELLED), scopes="")
    pulled = pull(shopify, tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([("10", "cancelled")], False)
    assert pulled.reason == (
        "which location sends the units of #1, #2, #3 and 297 more is not told: "
        "the app lacks read_merchant_managed_fulfillment_orders"
    )
    assert shopify.calls["Sending"] == 1
    shopify.orders = []
    assert pull(shopify, tmp_path, location_id="1").complete, "without orders nothing rests on them"


def test_what_the_scopes_hide_is_not_taken_for_elsewhere(tmp_path: Path) -> None:
    """With one scope alone Shopify leaves the others' fulfillment orders out, and does not say so."""
    sent = [sends(MAIN, (TEN, 4, 4)), sends(STORE, (TEN, 6, 6))]
    shopify = shop(order(1001, TEN, sends=sent), isFulfillmentService=True)
    pulled = pull(shopify, tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([], False)
    assert pulled.reason.endswith(
        "the app may lack read_merchant_managed_fulfillment_orders and "
        "read_third_party_fulfillment_orders or read_assigned_fulfillment_orders"
    )
    shopify.scopes.append(SERVICES)
    pulled = pull(shopify, tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([("4", "paid")], True)


@pytest.mark.parametrize(
    "sent",
    [
        [],
        [sends("", (TEN, 10, 10))],
        [sends(MAIN, (TEN, 3, 3))],
        [sends(STORE, (TEN, 9, 9))],
        [sends(MAIN, (TEN, 5, 5)), sends(STORE, (TEN, 6, 6))],
    ],
)
def test_numbers_that_do_not_add_up_tell_nothing(tmp_path: Path, sent: list[Node]) -> None:
    """None, a location that was deleted, too few, too many."""
    pulled = pull(shop(order(1001, TEN, sends=sent)), tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([], False)
    assert "#1001" in pulled.reason


def test_a_version_without_the_field_tells_nothing_either(tmp_path: Path) -> None:
    """In Shopify's words."""
    shopify = shop(order(1001, TEN))
    gone = problem("undefinedField", "Field 'fulfillmentOrders' doesn't exist", fieldName="fulfillmentOrders")
    shopify.overrides["Sending"] = [said({"errors": [gone]})]
    pulled = pull(shopify, tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([], False)
    assert "Field 'fulfillmentOrders' doesn't exist" in pulled.reason


# Where it is asked


@pytest.mark.parametrize(
    ("options", "store", "asks"),
    [
        ({}, {}, 0),
        ({}, {"fulfillsOnlineOrders": False}, 1),
        ({}, {"isActive": False}, 0),
        ({"location_id": "1"}, {}, 1),
        ({"location_id": "1"}, {"isActive": False}, 0),
    ],
)
def test_it_is_asked_where_an_active_location_does_not_count(
    tmp_path: Path, options: dict[str, str], store: dict[str, Any], asks: int
) -> None:
    """One call for a page of orders; where all count, none."""
    shopify = shop(*(order(number, TEN) for number in range(1, 251)), **store)
    pulled = pull(shopify, tmp_path, **options)
    assert (len(told(pulled)), pulled.complete, shopify.calls["Sending"]) == (250, True, asks)
    assert shopify.calls["SendingOn"] == 0


def test_orders_that_sell_nothing_listed_are_not_asked_for(tmp_path: Path) -> None:
    """Nor those that hold no stock."""
    shopify = shop(order(1, line(0, 1)), order(2, TEN, confirmed=False))
    assert told(pull(shopify, tmp_path, location_id="1")) == []
    assert shopify.calls["Sending"] == 0


def test_more_fulfillment_orders_or_lines_than_a_page_are_read(tmp_path: Path) -> None:
    """To their end."""
    lines = [line(1, 1, at=number) for number in range(1, 61)]
    one = order(1, *lines, sends=[sends(STORE, *((each, 1, 1) for each in lines))])
    places = [MAIN, STORE] * 6
    twelve = line(1, 12)
    two = order(2, twelve, sends=[sends(place, (twelve, 1, 1)) for place in places])
    shopify = shop(one, two)
    pulled = pull(shopify, tmp_path, location_id="1")
    assert (told(pulled), pulled.complete) == ([("6", "paid")], True)
    assert (shopify.calls["Sending"], shopify.calls["SendingOn"]) == (1, 2)


def changes(folder: Path, **more: Any) -> ChangesRequest:
    since = NOW - timedelta(hours=3)
    known = {(key(number).item_id, str(number)): name for number, name in ((1, "A"), (2, "B"))}
    return ChangesRequest(folder, since, since, known, Policy(), frozenset(), **more)


@pytest.mark.parametrize("only", [False, True])
def test_a_little_pull_leaves_out_the_same(tmp_path: Path, only: bool) -> None:
    """And where it is not told the whole shop is read again, which says why it is not complete."""
    sent = [sends(MAIN, (TEN, 4, 4)), sends(STORE, (TEN, 6, 6))]
    shopify = shop(order(1001, TEN, sends=sent))
    made = channel(shopify, location_id="1")
    asked = changes(tmp_path)
    found = made.changed(asked)
    if only:
        shopify.calls.clear()
        found = made.changed(replace(asked, orders_only=True))
        assert shopify.calls == {"Orders": 1, "Sending": 1}
    rows = Path(found.orders.path).read_text("utf-8").splitlines()
    assert (len(rows), found.doubt) == (2, "")
    assert ",4,paid," in rows[1]
    shopify.scopes.remove(OWN)
    assert "lacks read_merchant_managed" in made.changed(replace(asked, orders_only=only)).doubt


def test_a_closed_or_new_location_changes_what_a_little_pull_may_go_on_from(tmp_path: Path) -> None:
    """Which orders are told apart is not the same any more."""
    shopify, terms = shop(), set[str]()
    for places in (shopify.places[:1], shopify.places, [shopify.places[0], location(2, "Store", isActive=False)]):
        shopify.places = places
        terms.add(channel(shopify, location_id="1").changed(changes(tmp_path)).terms)
    assert len(terms) == 3


PLACES = st.sampled_from([MAIN, STORE, gid("Location", 3)])


@given(
    st.lists(st.tuples(PLACES, st.integers(0, 9), st.integers(0, 9)), max_size=4),
    st.integers(0, 9), st.integers(0, 9), st.integers(0, 3),
)  # fmt: skip
@budget(max_examples=200)
def test_what_is_told_is_never_more_than_there_is(
    sent: list[tuple[str, int, int]], standing: int, left: int, returned: int
) -> None:
    """Either all units are divided by where they are sent from, or it is said that they are not told."""
    status = {OrderStatus.PAID: standing, OrderStatus.SHIPPED: left, OrderStatus.RETURNED: returned}
    parts = [Part(key(1), each, units, sent=each is OrderStatus.SHIPPED) for each, units in status.items() if units]
    told = Sent()
    for place, to_send, gone in sent:
        told.to_send[place] += to_send
        told.sent[place] += gone
        told.places.add(place)
    here = {MAIN}
    kept, untold = shared(parts, told, here)
    assert sum(part.units for part in kept) <= sum(part.units for part in parts)
    if untold:
        return
    mine = sum(part.units for part in kept if is_open(part)), sum(part.units for part in kept if part.sent)
    if told.places <= here and told.places:
        assert mine == (standing, left)
    elif told.places.isdisjoint(here):
        assert mine == (0, 0)
    else:
        assert mine == (told.to_send[MAIN], told.sent[MAIN])
