"""How stock moves on Lazada: the tables of reference sections 4.5 and 6.3, and laws over any course of events."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.lazada.buckets import Buckets
from stockrecon.sandbox.lazada.listing import How
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.records import MarketRefusal
from tests.sandbox.world import LAZADA_SKU, NOON, World

MINUTE = timedelta(minutes=1)


def bucket(shop: LazadaShop) -> tuple[int, int, int, int]:
    """Sellable, withheld, occupied, total: the columns of reference 6.3."""
    place = shop.skus[LAZADA_SKU[1]].warehouses["dropshipping"]
    return (
        place.sellable,
        place.withheld,
        place.occupied,
        place.sellable + place.withheld + place.occupied,
    )


def test_an_unpaid_order_is_withheld_then_released_then_withheld_again(world: World) -> None:
    """The first four rows of 6.3; the order is still unpaid while its unit is for sale again."""
    shop = world.lazada
    assert bucket(shop) == (10, 0, 0, 10)
    order = shop.place(world.now, [(*LAZADA_SKU, 1)])
    assert bucket(shop) == (9, 1, 0, 10)
    world.advance(minutes=29, seconds=59)
    assert bucket(shop) == (9, 1, 0, 10)
    world.advance(seconds=1)
    assert bucket(shop) == (10, 0, 0, 10)
    assert order.status is OrderStatus.UNPAID
    shop.resume_payment(world.now, order.order_id)
    assert bucket(shop) == (9, 1, 0, 10)


def test_a_paid_order_is_occupied_until_it_is_ready_to_ship(world: World) -> None:
    """Paid: occupied. Ready to ship: out of the total."""
    shop = world.lazada
    order = shop.place(world.now, [(*LAZADA_SKU, 1)])
    shop.pay(world.now, order.order_id)
    assert bucket(shop) == (9, 0, 1, 10)
    shop.ship(world.now, order.order_id)
    assert bucket(shop) == (9, 0, 0, 9)


def test_a_cancelled_paid_order_gives_its_unit_back(world: World) -> None:
    """Paid then cancelled before RTS: 10 again."""
    shop = world.lazada
    order = shop.place(world.now, [(*LAZADA_SKU, 1)], paid=True)
    shop.cancel(world.now, order.order_id)
    assert bucket(shop) == (10, 0, 0, 10)


def test_a_late_payment_withholds_again(world: World) -> None:
    """Paying after the release occupies the unit once, not twice."""
    shop = world.lazada
    order = shop.place(world.now, [(*LAZADA_SKU, 2)])
    world.advance(minutes=31)
    shop.pay(world.now, order.order_id)
    assert bucket(shop) == (8, 0, 2, 10)


def test_a_late_payment_for_what_was_sold_meanwhile_is_refused(world: World) -> None:
    """The released units went to another buyer: no payment, and nothing moves."""
    shop = world.lazada
    late = shop.place(world.now, [(*LAZADA_SKU, 10)])
    world.advance(minutes=31)
    shop.place(world.now, [(*LAZADA_SKU, 1)], paid=True)
    with pytest.raises(MarketRefusal, match="sold meanwhile: 9 left"):
        shop.pay(world.now, late.order_id)
    assert bucket(shop) == (9, 0, 1, 10)


def test_an_unpaid_order_is_cancelled_after_72_hours(world: World) -> None:
    """By the channel, at its time; the unit had come back after 30 minutes already."""
    shop = world.lazada
    order = shop.place(world.now, [(*LAZADA_SKU, 1)])
    world.advance(days=5)
    assert order.status is OrderStatus.CANCELLED
    assert order.cancelled_at == NOON + timedelta(hours=72)
    assert order.cancelled_by == "channel"
    assert bucket(shop) == (10, 0, 0, 10)
    assert [(effect.before, effect.after, effect.at) for effect in shop.effects] == [
        (10, 9, NOON),
        (9, 10, NOON + 30 * MINUTE),
    ]


def test_a_seller_out_of_stock_sets_the_listing_to_zero(world: World) -> None:
    """The trap of 6.3; any other reason gives the unit back."""
    shop = world.lazada
    first = shop.place(world.now, [(*LAZADA_SKU, 1)], paid=True)
    shop.cancel(world.now, first.order_id, "seller", "Seller was unable to reserve your stock")
    assert bucket(shop) == (0, 0, 0, 0)


def locked_shop(sellable: int = 100, occupied: int = 2, lock: int = 50) -> LazadaShop:
    """The worked example of 4.5."""
    shop = LazadaShop("l")
    shop.add(*LAZADA_SKU, "SKU", sellable, NOON, occupied=occupied)
    if lock:
        shop.start_campaign(NOON, LAZADA_SKU, lock, NOON, NOON + timedelta(days=1))
    return shop


@pytest.mark.parametrize(
    ("how", "number", "sellable", "refusal"),
    [
        (How.SELLABLE, 50, 50, ""),
        (How.SELLABLE, 49, 100, "negative sellable on channel inventory"),
        (How.SELLABLE, -1, 100, "illegal parameter"),
        (How.TOTAL, 102, 100, ""),
        (How.TOTAL, 100, 98, ""),
        (How.TOTAL, 51, 100, "negative sellable on channel inventory"),
        (How.TOTAL, 1, 100, "negative sellable on inventory"),
        (How.ADJUST, -60, 100, "negative sellable on channel inventory"),
        (How.ADJUST, -101, 100, "Sellable inventory cannot be negative"),
        (How.ADJUST, 5, 105, ""),
    ],
)
def test_writes_follow_the_worked_example(how: How, number: int, sellable: int, refusal: str) -> None:
    """S=100, W=0, O=2, L=50 (reference: Lazada 4.5)."""
    shop = locked_shop()
    got = shop.write(NOON, LAZADA_SKU[1], LAZADA_SKU[0], how, {"": number}, "test")
    assert refusal in got.message if got else not refusal
    assert shop.exposed(LAZADA_SKU) == sellable


def test_the_lock_ends_with_its_campaign_and_lingers_in_sight(world: World) -> None:
    """After the end a smaller number is taken; the window is still shown (reference: Lazada 3.3)."""
    shop = locked_shop(occupied=0)
    after = NOON + timedelta(days=1)
    assert shop.buckets(LAZADA_SKU) == (50, 50, 0, 0)
    shop.settle(after)
    assert shop.buckets(LAZADA_SKU) == (100, 0, 0, 0)
    assert shop.write(after, LAZADA_SKU[1], "", How.SELLABLE, {"": 30}, "test") is None
    assert [campaign.left for campaign in shop.shown_windows(LAZADA_SKU, after)] == [50]
    assert shop.shown_windows(LAZADA_SKU, after + timedelta(days=31)) == []


def test_campaign_buyers_take_campaign_units_and_others_do_not() -> None:
    """Each takes from its own; a cancellation goes back to where it came from."""
    shop = locked_shop(sellable=60, occupied=0)
    campaign = next(iter(shop.campaigns))
    order = shop.place(NOON, [(*LAZADA_SKU, 20)], paid=True, campaign_id=campaign)
    assert shop.buckets(LAZADA_SKU) == (10, 30, 0, 20)
    with pytest.raises(MarketRefusal, match="10 left to ordinary buyers"):
        shop.place(NOON, [(*LAZADA_SKU, 11)])
    shop.cancel(NOON, order.order_id)
    assert shop.buckets(LAZADA_SKU) == (10, 50, 0, 0)


def test_a_mega_campaign_takes_increases_only() -> None:
    """Error 4170 names the window."""
    shop = locked_shop(lock=0)
    shop.start_campaign(NOON, LAZADA_SKU, 1, NOON, NOON + timedelta(hours=2), no_decrease=True)
    got = shop.write(NOON, LAZADA_SKU[1], "", How.SELLABLE, {"": 99}, "test")
    assert got is not None
    assert got.code == "4170"
    assert "2026-11-11 19:00:00 - 2026-11-11 21:00:00" in got.message
    assert shop.write(NOON, LAZADA_SKU[1], "", How.SELLABLE, {"": 101}, "test") is None


@pytest.mark.parametrize(
    "state", [ListingState.ERROR, ListingState.BANNED, ListingState.REVIEWING, ListingState.DELETED]
)
def test_a_listing_in_a_bad_state_takes_no_write(state: ListingState) -> None:
    """The number stays; the channel's own words come back."""
    shop = locked_shop(lock=0)
    shop.set_state(NOON, LAZADA_SKU, state, "Category is inactive")
    got = shop.write(NOON, LAZADA_SKU[1], "", How.SELLABLE, {"": 5}, "test")
    assert got is not None
    assert got.message in ("Category is inactive", "ITEM_NOT_FOUND")
    assert shop.exposed(LAZADA_SKU) == 100


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.integers(1, 4), st.booleans()),
        st.tuples(st.sampled_from(["pay", "ship", "cancel", "resume"]), st.integers(0, 9), st.just(False)),
        st.tuples(st.just("wait"), st.integers(1, 5000), st.just(False)),
        st.tuples(st.just("write"), st.integers(0, 30), st.just(False)),
        st.tuples(st.just("campaign"), st.integers(1, 8), st.just(False)),
    ),
    max_size=25,
)


@given(EVENTS)
@settings(max_examples=150, deadline=None)
def test_units_are_neither_lost_nor_made(events: list[tuple[str, int, bool]]) -> None:
    """Total = units put in or written, less those shipped; no bucket is negative; effects chain without a gap."""
    shop = LazadaShop("l")
    shop.add(*LAZADA_SKU, "SKU", 10, NOON)
    now, owned = NOON, 10
    for kind, number, flag in events:
        now += MINUTE
        orders = list(shop.orders.values())
        order = orders[number % len(orders)] if orders else None
        try:
            if kind == "place":
                shop.place(now, [(*LAZADA_SKU, number)], paid=flag)
            elif kind == "wait":
                now += number * MINUTE
                shop.settle(now)
            elif kind == "campaign":
                shop.start_campaign(now, LAZADA_SKU, number, now, now + timedelta(hours=3))
            elif kind == "write":
                before = shop.exposed(LAZADA_SKU) if not shop.settle(now) else 0
                if shop.write(now, LAZADA_SKU[1], "", How.SELLABLE, {"": number}, "write") is None:
                    owned += number - before
            elif order is not None:
                if kind == "ship":
                    shop.ship(now, order.order_id)
                    owned -= sum(line.quantity for line in order.lines)
                elif kind == "pay":
                    shop.pay(now, order.order_id)
                elif kind == "cancel":
                    shop.cancel(now, order.order_id)
                elif order.status is OrderStatus.UNPAID:
                    shop.resume_payment(now, order.order_id)
        except MarketRefusal:
            continue
        place: Buckets = shop.skus[LAZADA_SKU[1]].warehouses["dropshipping"]
        assert min(place.sellable, place.withheld, place.occupied) >= 0
        assert place.sellable + place.withheld + place.occupied == owned
        assert shop.locked(LAZADA_SKU) <= place.sellable
    ends = [(effect.before, effect.after) for effect in shop.effects]
    assert all(one[1] == two[0] for one, two in pairwise(ends))
    assert not ends or (ends[0][0] == 10 and ends[-1][1] == shop.exposed(LAZADA_SKU))
