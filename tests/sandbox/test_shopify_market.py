"""How stock moves on Shopify: the table of reference 1.4, and laws over any course of events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.shopify.market import ShopifyShop
from tests.sandbox.shopify_world import HERE, MUG, NOON, TEE, THERE, Site


def units(shop: ShopifyShop, key: tuple[str, str] = MUG, location: int = HERE) -> tuple[int, int, int]:
    """Available, committed and on hand at a location."""
    level = shop.variants[key[1]].levels[location]
    return level.quantity("available"), level.quantity("committed"), level.quantity("on_hand")


@pytest.fixture
def site() -> Site:
    return Site()


def test_an_order_commits_its_units_paid_or_not(site: Site) -> None:
    """Placed: available less, committed more, on hand as it was; paying moves nothing but what is withheld."""
    shop = site.shop
    order = shop.place(site.now, [(*MUG, 2)])
    assert units(shop) == (4, 2, 6)
    assert shop.buckets(MUG) == (4, 0, 2, 0)
    shop.pay(site.now, order.order_id)
    assert units(shop) == (4, 2, 6)
    assert shop.buckets(MUG) == (4, 0, 0, 2)


def test_a_fulfilled_order_leaves_on_hand(site: Site) -> None:
    """Committed less, on hand less, available as it was."""
    order = site.shop.place(site.now, [(*MUG, 2)], paid=True)
    site.shop.ship(site.now, order.order_id)
    assert units(site.shop) == (4, 0, 4)


def test_a_cancelled_order_comes_back_or_is_kept_out(site: Site) -> None:
    """With restock: as before. Without: out of committed and out of on hand."""
    first = site.shop.place(site.now, [(*MUG, 2)], paid=True)
    site.shop.cancel(site.now, first.order_id)
    assert units(site.shop) == (6, 0, 6)
    second = site.shop.place(site.now, [(*MUG, 2)])
    site.shop.cancel_without_restock(site.now, second.order_id)
    assert units(site.shop) == (4, 0, 4)
    assert site.shop.buckets(MUG) == (4, 0, 0, 0)


def test_a_return_is_put_on_the_shelf_only_on_request(site: Site) -> None:
    """A parcel that comes back changes nothing by itself."""
    for number, left in ((1, 4), (2, 4)):
        order = site.shop.place(site.now, [(*MUG, 2)], paid=True)
        site.shop.ship(site.now, order.order_id)
        if number == 1:
            site.shop.send_back(site.now, order.order_id)
        else:
            site.shop.return_with_restock(site.now, order.order_id)
        assert units(site.shop) == (left, 0, left)


def test_a_seller_without_stock_changes_no_number(site: Site) -> None:
    """Shopify sets nothing to 0 when an order is cancelled for want of stock."""
    order = site.shop.place(site.now, [(*MUG, 1)], paid=True)
    site.shop.cancel(site.now, order.order_id, "seller", "out of stock")
    assert units(site.shop) == (6, 0, 6)


def test_unpaid_orders_live_on(site: Site) -> None:
    """Nothing is cancelled and nothing released by time."""
    order = site.shop.place(site.now, [(*MUG, 1)])
    site.advance(days=4000)
    assert order.status is OrderStatus.UNPAID
    assert units(site.shop) == (5, 1, 6)


def test_an_order_goes_to_the_location_that_has_enough(site: Site) -> None:
    """One location if it can be, else several; each gives back what it gave."""
    shop = site.shop
    shop.place(site.now, [(*TEE, 8)])
    whole = shop.place(site.now, [(*TEE, 3)])
    assert (units(shop, TEE), units(shop, TEE, THERE)) == ((2, 8, 10), (1, 3, 4))
    split = shop.place(site.now, [(*TEE, 3)])
    assert (units(shop, TEE), units(shop, TEE, THERE)) == ((0, 10, 10), (0, 4, 4))
    shop.cancel(site.now, split.order_id)
    shop.cancel(site.now, whole.order_id)
    assert (units(shop, TEE), units(shop, TEE, THERE)) == ((2, 8, 10), (4, 0, 4))


def test_a_location_that_sells_nothing_online_is_not_exposed(site: Site) -> None:
    """Its units are there, and no online buyer can take them."""
    shop = site.shop
    assert shop.exposed(TEE) == 14
    shop.set_option(site.now, "offline", "Warehouse")
    assert shop.exposed(TEE) == 10
    with pytest.raises(MarketRefusal, match="10 left to ordinary buyers"):
        shop.place(site.now, [(*TEE, 11)])


def test_what_continues_selling_goes_below_zero(site: Site) -> None:
    """inventoryPolicy CONTINUE: the first location owes what nobody has."""
    site.shop.set_trait(site.now, MUG, "inventory_policy", "CONTINUE")
    site.shop.place(site.now, [(*MUG, 9)], paid=True)
    assert units(site.shop) == (-3, 9, 6)
    assert site.shop.exposed(MUG) == -3
    site.shop.set_trait(site.now, MUG, "inventory_policy", "DENY")
    with pytest.raises(MarketRefusal, match="-3 left"):
        site.shop.place(site.now, [(*MUG, 1)])


def test_what_is_not_tracked_is_sold_without_counting(site: Site) -> None:
    """No number moves, whatever becomes of the order, tracked again meanwhile or not."""
    site.shop.set_trait(site.now, MUG, "tracked", "no")
    order = site.shop.place(site.now, [(*MUG, 50)], paid=True)
    assert units(site.shop) == (6, 0, 6)
    site.shop.set_trait(site.now, MUG, "tracked", "yes")
    site.shop.cancel(site.now, order.order_id)
    assert units(site.shop) == (6, 0, 6)


def test_other_units_are_on_hand_and_not_for_sale(site: Site) -> None:
    """Reserved, safety stock, damaged and quality control are parts of on hand; incoming is none."""
    for name in ("reserved", "safety_stock", "damaged", "quality_control", "incoming"):
        site.shop.set_trait(site.now, MUG, name, "3")
    assert units(site.shop) == (6, 0, 18)
    assert site.shop.exposed(MUG) == 6


def test_people_edit_and_open_locations(site: Site) -> None:
    """Stock set by hand lands at the first location; a new location is there once something is stocked at it."""
    site.shop.edit(site.now, TEE, 20)
    assert units(site.shop, TEE) == (16, 0, 16)
    site.shop.set_trait(site.now, MUG, "stock_at", "Outlet=5")
    assert site.shop.exposed(MUG) == 11
    assert [effect.after for effect in site.shop.effects] == [20, 11]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("inventory_policy", "MAYBE", "inventory_policy is one of DENY, CONTINUE"),
        ("tracked", "", "tracked is one of yes, no"),
        ("stock_at", "5", "stock_at is a location and its available units"),
        ("stock_at", "Outlet=-1", "stock_at is a whole number"),
        ("reserved", "many", "reserved is a whole number"),
    ],
)
def test_traits_that_mean_nothing_are_refused(site: Site, name: str, text: str, says: str) -> None:
    """By the name of the trait and what it takes."""
    with pytest.raises(MarketRefusal, match=says):
        site.shop.set_trait(site.now, MUG, name, text)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("plan", "gold", "plan is one of standard"),
        ("index_lag", "-1", "index_lag is a whole number"),
        ("scopes", "read_everything", "scopes are of"),
        ("location", "", "location needs a location's name"),
    ],
)
def test_options_that_mean_nothing_are_refused(site: Site, name: str, text: str, says: str) -> None:
    """By the name of the option and what it takes."""
    with pytest.raises(MarketRefusal, match=says):
        site.shop.set_option(site.now, name, text)


def test_what_shopify_does_not_know_is_refused(site: Site) -> None:
    """No campaigns, nobody who asks for a cancellation, no second variant of one number."""
    with pytest.raises(MarketRefusal, match="no campaigns"):
        site.shop.start_campaign(NOON, MUG, 1, NOON, NOON + timedelta(days=1))
    order = site.shop.place(site.now, [(*MUG, 1)], paid=True)
    with pytest.raises(MarketRefusal, match="nobody asks for a cancellation"):
        site.shop.request_cancel(site.now, order.order_id)
    with pytest.raises(MarketRefusal, match="there is a variant 8001 already"):
        site.shop.add("900", "8001", "X", 1, NOON)


def test_buyers_see_neither_drafts_nor_what_is_gone(site: Site) -> None:
    """An unlisted (draft) and a banned (archived) product take no orders."""
    for state in (ListingState.UNLISTED, ListingState.BANNED, ListingState.DELETED):
        site.shop.set_state(site.now, MUG, state)
        with pytest.raises(MarketRefusal, match="buyers cannot see"):
            site.shop.place(site.now, [(*MUG, 1)])


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.integers(1, 6), st.booleans()),
        st.tuples(
            st.sampled_from(["pay", "ship", "cancel", "keep out", "return", "restock"]),
            st.integers(0, 9),
            st.just(False),
        ),
        st.tuples(st.just("policy"), st.integers(0, 1), st.just(False)),
        st.tuples(st.just("wait"), st.integers(1, 5000), st.just(False)),
    ),
    max_size=25,
)


@given(EVENTS)
@settings(max_examples=60, deadline=None)
def test_units_are_neither_made_nor_lost(events: list[tuple[str, int, bool]]) -> None:
    """On hand changes only by what leaves or is put back; committed is what open orders ordered; unpaid is a part."""
    site = Site()
    shop, gone = site.shop, 0
    for what, number, paid in events:
        orders = list(shop.orders.values())
        order = orders[number % len(orders)] if orders else None
        size = order.lines[0].quantity if order else 0
        try:
            if what == "place":
                shop.place(site.now, [(*TEE, number)], paid=paid)
            elif what == "policy":
                shop.set_trait(site.now, TEE, "inventory_policy", ("DENY", "CONTINUE")[number])
            elif what == "wait":
                site.advance(minutes=number)
            elif order is None:
                continue
            elif what in ("ship", "keep out"):
                (shop.ship if what == "ship" else shop.cancel_without_restock)(site.now, order.order_id)
                gone += size
            elif what == "restock":
                shop.return_with_restock(site.now, order.order_id)
                gone -= size
            else:
                {"pay": shop.pay, "cancel": shop.cancel, "return": shop.send_back}[what](site.now, order.order_id)
        except MarketRefusal:
            continue
    levels = shop.variants[TEE[1]].levels.values()
    held = [one for one in shop.orders.values() if one.status in (OrderStatus.UNPAID, OrderStatus.PAID)]
    unpaid = [one for one in held if one.status is OrderStatus.UNPAID]
    assert sum(level.quantity("on_hand") for level in levels) == 14 - gone
    assert sum(level.quantity("committed") for level in levels) == sum(one.lines[0].quantity for one in held)
    assert shop.buckets(TEE)[2] == sum(one.lines[0].quantity for one in unpaid)
    assert all(level.quantity("committed") >= 0 for level in levels)
