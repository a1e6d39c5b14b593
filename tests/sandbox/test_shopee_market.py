"""How stock moves on Shopee: the state model of the reference's section 10, and laws over any course of events."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.shopee.market import ShopeeShop, StockRefusal
from tests.sandbox.world import NOON, SHOPEE_ITEM, World

HOUR = timedelta(hours=1)


def shop_with(total: int) -> ShopeeShop:
    shop = ShopeeShop("s")
    shop.add(*SHOPEE_ITEM, "SKU", total, NOON)
    return shop


def write(shop: ShopeeShop, units: int, model: str = "", now: object = NOON) -> object:
    return shop.write(now, SHOPEE_ITEM[0], {model: {shop.locations[0]: units}}, "write")  # type: ignore[arg-type]


def test_units_leave_at_placement_and_return_on_cancel(world: World) -> None:
    """Already in UNPAID; payment and shipping move nothing (reference: Shopee 5.3)."""
    shop = world.shopee
    order = shop.place(world.now, [(*SHOPEE_ITEM, 3)])
    assert shop.exposed(SHOPEE_ITEM) == 97
    shop.pay(world.now, order.order_id)
    assert shop.exposed(SHOPEE_ITEM) == 97
    shop.cancel(world.now, order.order_id)
    assert shop.exposed(SHOPEE_ITEM) == 100


def test_an_unpaid_order_is_cancelled_by_shopee_and_its_units_return(world: World) -> None:
    """Unlike Lazada nothing comes back before that."""
    order = world.shopee.place(world.now, [(*SHOPEE_ITEM, 3)])
    world.advance(hours=71)
    assert world.shopee.exposed(SHOPEE_ITEM) == 97
    world.advance(hours=1)
    assert order.status is OrderStatus.CANCELLED
    assert world.shopee.exposed(SHOPEE_ITEM) == 100


def test_a_shipped_order_cannot_be_cancelled_and_a_return_restocks_nothing(world: World) -> None:
    """The parcel is away; the market says what the order is instead."""
    order = world.shopee.place(world.now, [(*SHOPEE_ITEM, 3)], paid=True)
    world.shopee.ship(world.now, order.order_id)
    with pytest.raises(MarketRefusal, match="is shipped, not unpaid or paid or cancel_requested"):
        world.shopee.cancel(world.now, order.order_id)
    world.shopee.send_back(world.now, order.order_id)
    assert world.shopee.exposed(SHOPEE_ITEM) == 97


def test_a_campaign_locks_at_enrolment_and_returns_at_its_end() -> None:
    """Seller Education's example: total 100, 30 committed, 70 for normal sale, the unsold part returns."""
    shop = shop_with(100)
    shop.start_campaign(NOON, SHOPEE_ITEM, 30, NOON + HOUR, NOON + 2 * HOUR, campaign_id="77")
    assert shop.buckets(SHOPEE_ITEM) == (70, 30, 0, 0)
    shop.place(NOON + HOUR, [(*SHOPEE_ITEM, 12)], campaign_id="77")
    assert shop.buckets(SHOPEE_ITEM) == (70, 18, 0, 0)
    shop.settle(NOON + 2 * HOUR)
    assert shop.buckets(SHOPEE_ITEM) == (88, 0, 0, 0)
    assert shop.campaigns["77"].stage(NOON + 2 * HOUR) == "ended"


def test_a_cancelled_campaign_order_goes_back_into_a_living_promotion_only() -> None:
    """After the end it goes into ordinary stock."""
    shop = shop_with(20)
    shop.start_campaign(NOON, SHOPEE_ITEM, 10, NOON, NOON + HOUR, campaign_id="77")
    orders = [shop.place(NOON, [(*SHOPEE_ITEM, 2)], campaign_id="77") for _ in range(2)]
    shop.cancel(NOON, orders[0].order_id)
    assert shop.buckets(SHOPEE_ITEM) == (10, 8, 0, 0)
    shop.cancel(NOON + HOUR, orders[1].order_id)
    assert shop.buckets(SHOPEE_ITEM) == (20, 0, 0, 0)


def test_a_total_below_the_reserve_is_refused_and_above_it_taken() -> None:
    """The floor of 3.5; an upcoming promotion floors as well."""
    shop = shop_with(40)
    shop.start_campaign(NOON, SHOPEE_ITEM, 20, NOON + HOUR, NOON + 2 * HOUR)
    done, failed = write(shop, 19)  # type: ignore[misc]
    assert not done
    assert failed[0].reason == "Can not update item with stock less than reserved stock"
    assert write(shop, 20) == ([("", "VNZ", 20)], [])
    assert shop.buckets(SHOPEE_ITEM) == (0, 20, 0, 0)


def test_an_ongoing_promotion_locks_writes_unless_told_otherwise() -> None:
    """The hard lock of 3.5, while it runs and not before."""
    shop = shop_with(40)
    shop.start_campaign(NOON, SHOPEE_ITEM, 20, NOON + HOUR, NOON + 2 * HOUR)
    got = write(shop, 35, now=NOON + HOUR)
    assert isinstance(got, StockRefusal)
    assert got.error == "product.error_promotion_cantnot_update_stock"
    assert write(shop, 35, now=NOON + 2 * HOUR) == ([("", "VNZ", 35)], [])


def test_an_unknown_model_fails_beside_a_good_one(world: World) -> None:
    """Partial failure: the good model is set (reference: Shopee 3.5)."""
    wanted = {"2001": {"VNZ": 7}, "2009": {"VNZ": 7}}
    done, failed = world.shopee.write(world.now, "1002", wanted, "write")  # type: ignore[misc]
    assert done == [("2001", "VNZ", 7)]
    assert [failure.reason for failure in failed] == ["model ID not exist in sku"]
    assert world.shopee.exposed(("1002", "2001")) == 7


def test_a_banned_item_says_that_its_status_is_abnormal(world: World) -> None:
    """Without a model id, as seen in production."""
    world.shopee.set_state(world.now, SHOPEE_ITEM, ListingState.BANNED)
    done, failed = world.shopee.write(world.now, "1001", {"": {"VNZ": 7}}, "write")  # type: ignore[misc]
    assert not done
    assert failed[0].model_id is None
    assert failed[0].reason.endswith("because the product 1001 status is abnormal")


def test_a_seller_out_of_stock_sets_the_listing_to_zero(world: World) -> None:
    """The trap of 5.3."""
    order = world.shopee.place(world.now, [(*SHOPEE_ITEM, 1)], paid=True)
    world.shopee.cancel(world.now, order.order_id, "seller", "OUT_OF_STOCK")
    assert world.shopee.exposed(SHOPEE_ITEM) == 0


def test_refusals_say_who_and_how_many(world: World) -> None:
    """Too many units, no quantity, an unknown listing, order or campaign: nothing happens."""
    shop, now = world.shopee, world.now
    for lines, text in (
        ([(*SHOPEE_ITEM, 101)], "1001 has 100 left to ordinary buyers, 101 were ordered"),
        ([(*SHOPEE_ITEM, 0)], "at least 1"),
        ([("9", "", 1)], "there is no listing 9"),
        ([], "at least one line"),
    ):
        with pytest.raises(MarketRefusal, match=text):
            shop.place(now, lines)
    with pytest.raises(MarketRefusal, match="there is no order X"):
        shop.pay(now, "X")
    with pytest.raises(MarketRefusal, match="no campaign C is running"):
        shop.end_campaign(now, "C")
    assert not shop.effects


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.integers(1, 4), st.booleans()),
        st.tuples(st.sampled_from(["pay", "ship", "cancel", "end"]), st.integers(0, 9), st.just(False)),
        st.tuples(st.just("wait"), st.integers(1, 5000), st.just(False)),
        st.tuples(st.just("write"), st.integers(0, 30), st.just(False)),
        st.tuples(st.just("campaign"), st.integers(1, 8), st.just(False)),
    ),
    max_size=25,
)


@given(EVENTS)
@settings(max_examples=150, deadline=None)
def test_units_are_neither_lost_nor_made(events: list[tuple[str, int, bool]]) -> None:
    """Total = units put in or written, less those of orders not cancelled; the reserve is always part of it."""
    shop, now = shop_with(10), NOON
    owned = 10
    for kind, number, campaign_order in events:
        now += timedelta(minutes=1)
        shop.settle(now)
        names, living = list(shop.orders), [one for one in shop.live_campaigns(SHOPEE_ITEM) if one.left]
        try:
            if kind == "place":
                campaign = living[0].campaign_id if living and campaign_order else ""
                shop.place(now, [(*SHOPEE_ITEM, number)], campaign_id=campaign)
            elif kind == "wait":
                now += timedelta(minutes=number)
                shop.settle(now)
            elif kind == "campaign":
                shop.start_campaign(now, SHOPEE_ITEM, number, now, now + 3 * HOUR, locks_write=False)
            elif kind == "end" and living:
                shop.end_campaign(now, living[0].campaign_id)
            elif kind == "write":
                before = shop.exposed(SHOPEE_ITEM)
                done, _ = write(shop, number, now=now)  # type: ignore[misc]
                owned += (number - before) if done else 0
            elif names and kind in ("pay", "ship", "cancel"):
                getattr(shop, kind)(now, names[number % len(names)])
        except MarketRefusal:
            continue
        gone = sum(
            line.quantity
            for order in shop.orders.values()
            for line in order.lines
            if order.status is not OrderStatus.CANCELLED
        )
        assert shop.exposed(SHOPEE_ITEM) == owned - gone
        assert 0 <= shop.locked(SHOPEE_ITEM) <= shop.exposed(SHOPEE_ITEM)
    ends = [(effect.before, effect.after) for effect in shop.effects]
    assert all(one[1] == two[0] for one, two in pairwise(ends))
