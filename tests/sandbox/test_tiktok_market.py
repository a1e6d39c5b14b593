"""How stock moves on TikTok Shop: orders, the buyer's hour, campaigns, creators, promotions, the update's rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.orders import stage
from stockrecon.sandbox.tiktok_shop.places import sent_from
from stockrecon.sandbox.tiktok_shop.records import Stock
from stockrecon.sandbox.tiktok_shop.writes import Fault
from tests.sandbox.tiktok import BLUE, MUG, RED, TiktokWorld, make_tiktok
from tests.sandbox.world import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> TiktokWorld:
    return make_tiktok()


def place(shop: TiktokShop) -> tuple[int, int, int]:
    """Available, withheld and committed units of the red tee's only warehouse."""
    stock = next(iter(shop.skus[RED[1]].seller.values()))
    return stock.available, stock.withheld, stock.committed


# Orders


def test_an_order_holds_its_units_until_the_parcel_leaves(world: TiktokWorld) -> None:
    """From placement on, unpaid too; then they are out of every count."""
    shop = world.shop
    order = shop.place(world.now, [(*RED, 3)])
    assert place(shop) == (7, 3, 0)
    shop.pay(world.now, order.order_id)
    assert place(shop) == (7, 0, 3)
    shop.ship(world.now, order.order_id)
    assert place(shop) == (7, 0, 0)


def test_an_unpaid_order_is_cancelled_in_time_and_its_units_come_back(world: TiktokWorld) -> None:
    """By the channel; until then they are not for sale, unlike on Lazada."""
    shop = world.shop
    order = shop.place(world.now, [(*RED, 3)])
    world.advance(hours=71, minutes=59)
    assert place(shop) == (7, 3, 0)
    world.advance(minutes=1)
    assert (order.status, order.cancelled_by) == (OrderStatus.CANCELLED, "channel")
    assert place(shop) == (10, 0, 0)


@pytest.mark.parametrize("paid", [False, True])
def test_a_cancelled_order_gives_its_units_back_once(world: TiktokWorld, paid: bool) -> None:
    """Also where the seller cancels for want of stock: no source says that the listing goes to 0."""
    shop = world.shop
    order = shop.place(world.now, [(*RED, 3)], paid=paid)
    shop.cancel(world.now, order.order_id, "seller", "Out of stock")
    assert place(shop) == (10, 0, 0)
    with pytest.raises(MarketRefusal, match="is cancelled"):
        shop.cancel(world.now, order.order_id)


@pytest.mark.parametrize("paid", [False, True])
def test_an_order_gives_back_no_more_than_it_held(world: TiktokWorld, paid: bool) -> None:
    """A folder may tell of an order of 3 and of 1 unit that is withheld."""
    shop = world.shop
    order = shop.place(world.now, [(*RED, 3)])
    next(iter(shop.skus[RED[1]].seller.values())).withheld = order.lines[0].held = 1
    if paid:
        shop.pay(world.now, order.order_id)
    shop.cancel(world.now, order.order_id)
    assert place(shop) == (8, 0, 0)


def test_for_an_hour_a_buyer_cancels_alone_then_asks(world: TiktokWorld) -> None:
    """ON_HOLD, then AWAITING_SHIPMENT, which moves its update time."""
    shop = world.shop
    first, second = (shop.place(world.now, [(*RED, 1)], paid=True) for _ in range(2))
    assert stage(shop, first, world.now) == ("ON_HOLD", NOON)
    shop.request_cancel(world.now, first.order_id)
    assert first.status is OrderStatus.CANCELLED
    world.advance(hours=2)
    assert stage(shop, second, world.now) == ("AWAITING_SHIPMENT", NOON + HOUR)
    shop.request_cancel(world.now, second.order_id)
    assert second.status is OrderStatus.CANCEL_REQUESTED
    assert place(shop) == (9, 0, 1)


def test_a_parcel_waits_for_its_carrier_with_its_units_held(world: TiktokWorld) -> None:
    """Arranged is AWAITING_COLLECTION, and no hour of remorse any more; days later it is delivered and completed."""
    shop = world.shop
    order = shop.place(world.now, [(*RED, 1)], paid=True)
    shop.arrange(world.now, order.order_id)
    assert stage(shop, order, world.now) == ("AWAITING_COLLECTION", NOON)
    assert place(shop) == (9, 0, 1)
    world.advance(hours=2)
    assert stage(shop, order, world.now)[0] == "AWAITING_COLLECTION"
    shop.ship(world.now, order.order_id)
    seen = [stage(shop, order, world.advance(days=days)) for days in (1, 3, 7)]
    assert [status for status, _ in seen] == ["IN_TRANSIT", "DELIVERED", "COMPLETED"]
    assert seen[1][1] == NOON + 2 * HOUR + timedelta(days=3)


def halves(shop: TiktokShop, key: tuple[str, str] = RED) -> list[tuple[int, int, int]]:
    """Available, withheld and committed units of a SKU in each of its warehouses."""
    return [(stock.available, stock.withheld, stock.committed) for stock in shop.skus[key[1]].seller.values()]


def test_orders_draw_on_the_fullest_warehouse_first(world: TiktokWorld) -> None:
    """And are refused beyond all of them; what they held goes back where it was."""
    shop = make_tiktok(warehouses=2).shop
    one, two = shop.warehouses
    shop.write(NOON, RED[0], {RED[1]: {one: 4, two: 6}}, "write")
    order = shop.place(NOON, [(*RED, 7)])
    assert halves(shop) == [(3, 1, 0), (0, 6, 0)]
    shop.pay(NOON, order.order_id)
    assert halves(shop) == [(3, 0, 1), (0, 0, 6)]
    shop.cancel(NOON, order.order_id)
    assert halves(shop) == [(4, 0, 0), (6, 0, 0)]
    with pytest.raises(MarketRefusal, match="has 10 left to ordinary buyers, 11 were ordered"):
        shop.place(NOON, [(*RED, 11)])


def test_one_warehouse_sends_an_order_that_it_has_all_of(world: TiktokWorld) -> None:
    """The first of those that have; each line is taken there, and leaves from there."""
    shop = make_tiktok(warehouses=2).shop
    one, two = shop.warehouses
    shop.write(NOON, RED[0], {RED[1]: {one: 8, two: 2}, BLUE[1]: {one: 1, two: 9}}, "write")
    orders = [shop.place(NOON, lines) for lines in ([(*RED, 2), (*BLUE, 3)], [(*RED, 2)], [(*BLUE, 1)])]
    assert [sent_from(shop, order) for order in orders] == [two, one, one]
    assert (halves(shop), halves(shop, BLUE)) == ([(6, 2, 0), (0, 2, 0)], [(0, 1, 0), (6, 3, 0)])
    for order in orders[:2]:
        shop.pay(NOON, order.order_id)
    shop.ship(NOON, orders[0].order_id)
    assert (halves(shop), halves(shop, BLUE)) == ([(6, 0, 2), (0, 0, 0)], [(0, 1, 0), (6, 0, 0)])


def test_a_sku_lies_where_control_puts_it(world: TiktokWorld) -> None:
    """In warehouses that are there or are opened for it; what orders hold stays where they hold it."""
    shop = world.shop
    (one,), other = shop.warehouses, "7068517275539720999"
    held = shop.place(NOON, [(*RED, 3)])
    shop.set_trait(NOON, RED, "places", f"{other}=20")
    assert shop.skus[RED[1]].seller == {other: Stock(20), one: Stock(0, 3)}
    assert (shop.warehouses[other].name, list(shop.skus[BLUE[1]].seller)) == ("Warehouse 2", [one])
    later = shop.place(NOON, [(*RED, 4)])
    assert [sent_from(shop, order) for order in (held, later)] == [one, other]
    shop.cancel(NOON, held.order_id)
    shop.cancel(NOON, later.order_id)
    assert shop.skus[RED[1]].seller == {other: Stock(20), one: Stock(3)}
    assert (shop.effects[1].before, shop.effects[1].after) == (7, 20)
    for text in ("", "5", "a=5", f"{one}=-1", f"{one}=5,{one}=6", "7232382932030232001=5"):
        with pytest.raises(MarketRefusal, match="places are written"):
            shop.set_trait(NOON, RED, "places", text)


# Campaigns, creators, promotions


def test_a_campaign_keeps_units_and_gives_back_what_is_left(world: TiktokWorld) -> None:
    """What can be bought in all never notices, only how it is split."""
    shop = world.shop
    ends = NOON + HOUR
    campaign = shop.start_campaign(world.now, MUG, 30, NOON, ends, name="11.11")
    lent = shop.start_campaign(world.now, MUG, 20, NOON, ends, name="py001", sort="creator")
    assert shop.buckets(MUG) == (50, 50, 0, 0)
    order = shop.place(world.now, [(*MUG, 4)], campaign_id=campaign.campaign_id)
    assert (shop.buckets(MUG), campaign.left, lent.left) == ((50, 46, 4, 0), 26, 20)
    shop.cancel(world.now, order.order_id)
    assert campaign.left == 30
    again = shop.place(world.now, [(*MUG, 4)], campaign_id=campaign.campaign_id)
    world.advance(hours=1)
    assert shop.buckets(MUG) == (96, 0, 4, 0)
    shop.cancel(world.now, again.order_id)
    assert (shop.buckets(MUG), campaign.left) == ((100, 0, 0, 0), 26)


def test_a_promotion_limits_and_keeps_nothing(world: TiktokWorld) -> None:
    """Its limit may be more than there is; an order in it needs both."""
    shop = world.shop
    promotion = shop.start_campaign(world.now, RED, 15, NOON, NOON + HOUR, sort="promotion")
    assert shop.buckets(RED) == (10, 0, 0, 0)
    with pytest.raises(MarketRefusal, match="has 10 left, 12 were ordered"):
        shop.place(world.now, [(*RED, 12)], campaign_id=promotion.campaign_id)
    shop.place(world.now, [(*RED, 8)], campaign_id=promotion.campaign_id)
    assert (promotion.left, shop.buckets(RED)[0]) == (7, 2)


# The update


def write(shop: TiktokShop, units: int, key: tuple[str, str] = MUG, place: str = "") -> int:
    """The code of the answer, inside it or of it; 0 where the stock was set."""
    result = shop.write(NOON, key[0], {key[1]: {place: units}}, "write")
    if isinstance(result, Fault):
        return result.code
    return result[0].fault.code if result else 0


@pytest.mark.parametrize(
    ("locks", "starts", "units", "code"),
    [
        (True, timedelta(), 99, 12052393),
        (True, timedelta(), 100, 0),
        (True, timedelta(), 101, 0),
        (False, timedelta(), 99, 0),
        (False, timedelta(), 30, 0),
        (False, timedelta(), 29, 12052393),
        (True, HOUR, 30, 0),
        (True, HOUR, 29, 12052393),
    ],
)
def test_a_running_campaign_takes_no_decrease_and_no_campaign_less_than_it_has(
    world: TiktokWorld, locks: bool, starts: timedelta, units: int, code: int
) -> None:
    """12052393; what was refused changed nothing."""
    world.shop.start_campaign(NOON, MUG, 30, NOON + starts, NOON + 2 * HOUR, locks_write=locks)
    assert write(world.shop, units) == code
    assert world.shop.exposed(MUG) == (100 if code else units)


def test_a_creator_s_units_are_a_floor_and_a_promotion_s_limit_is_none(world: TiktokWorld) -> None:
    """Neither locks against every decrease."""
    world.shop.start_campaign(NOON, MUG, 20, NOON, NOON + HOUR, sort="creator")
    world.shop.start_campaign(NOON, MUG, 60, NOON, NOON + HOUR, sort="promotion")
    assert [write(world.shop, units) for units in (50, 20, 19)] == [0, 0, 12052393]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ListingState.OK, 0),
        (ListingState.WARNING, 0),
        (ListingState.UNLISTED, 12052901),
        (ListingState.ERROR, 12052901),
        (ListingState.BANNED, 12052901),
        (ListingState.REVIEWING, 12052901),
        (ListingState.DELETED, 12052901),
    ],
)
def test_only_a_live_product_takes_an_update(world: TiktokWorld, state: ListingState, code: int) -> None:
    """Every other status refuses the whole call."""
    world.shop.set_state(NOON, MUG, state)
    assert write(world.shop, 5) == code


def test_a_sku_switched_off_in_a_live_product_is_refused_by_who_did_it(world: TiktokWorld) -> None:
    """By the platform: no update; by the seller: one as ever; its sibling never notices."""
    shop = world.shop
    for state, code in ((ListingState.BANNED, 12052901), (ListingState.UNLISTED, 0)):
        shop.set_state(NOON, RED, state)
        assert (write(shop, 5, RED), write(shop, 6, BLUE)) == (code, 0)


def test_each_warehouse_of_a_sku_is_named_and_no_other(world: TiktokWorld) -> None:
    """Missing, unknown, disabled, unnamed; one warehouse needs no name."""
    shop = make_tiktok(warehouses=2).shop
    one, two = shop.warehouses

    def codes(places: dict[str, int]) -> list[int]:
        result = shop.write(NOON, MUG[0], {MUG[1]: places}, "write")
        assert isinstance(result, list)
        return [code for failure in result for code in (failure.fault.code, *(extra.code for extra in failure.extra))]

    assert codes({one: 5, two: 6}) == []
    assert codes({one: 5}) == [12019028]
    assert codes({"": 5}) == [12019022]
    assert codes({one: 5, two: 6, "77": 7}) == [12052990, 12052097]
    del shop.skus[MUG[1]].seller[two]
    assert codes({one: 5, two: 6}) == [12052990, 12052533]
    shop.warehouses[one].status = "DISABLED"
    assert codes({"": 5}) == [12052990, 12052531]
    assert shop.exposed(MUG) == 5


def test_what_a_write_may_set(world: TiktokWorld) -> None:
    """Up to 99 999; 0 too, unless the shop goes by the letter of the page."""
    shop = world.shop
    assert [write(shop, units) for units in (99_999, 100_000, 0)] == [0, 12052990, 0]
    shop.takes_zero = False
    assert [write(shop, units) for units in (0, 1)] == [12052990, 0]


def test_good_skus_of_a_mixed_update_are_set(world: TiktokWorld) -> None:
    """And the bad ones named; the platform's own stock cannot be written."""
    shop = world.shop
    shop.add("500", "5003", "TEE-FBT", 9, NOON, platform=True)
    result = shop.write(NOON, "500", {"5001": {"": 4}, "5003": {"": 4}, "5009": {"": 4}}, "write")
    assert isinstance(result, list)
    assert [(failure.sku_id, failure.fault.code) for failure in result] == [("5003", 12052037), ("5009", 12052556)]
    assert [shop.exposed(("500", sku)) for sku in ("5001", "5002", "5003")] == [4, 20, 9]
    assert [(effect.variation_id, effect.before, effect.after) for effect in shop.effects] == [("5001", 10, 4)]


@pytest.mark.parametrize(
    ("name", "text", "known"),
    [("status", "LIVE", "DRAFT, PENDING"), ("mirror", "x", "none, DRAFT"), ("warehouse", "", "ENABLED, DISABLED")],
)
def test_a_trait_that_means_nothing_is_refused(world: TiktokWorld, name: str, text: str, known: str) -> None:
    """With those that do."""
    with pytest.raises(MarketRefusal, match=f"{name} must be one of {known}"):
        world.shop.set_trait(NOON, MUG, name, text)


STEPS = st.lists(
    st.tuples(st.sampled_from(["place", "pay", "cancel", "ask", "ship", "write", "wait"]), st.integers(0, 4)),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
def test_no_unit_is_made_or_lost_by_orders(steps: list[tuple[str, int]]) -> None:
    """Available, held and shipped units are what was there and what was written, whatever the course of events."""
    world = make_tiktok()
    shop, shipped, written, ids = world.shop, 0, 0, list[str]()
    for step, number in steps:
        which = ids[number % len(ids)] if ids else ""
        order = shop.orders.get(which)
        try:
            if step == "place":
                ids.append(shop.place(world.now, [(*RED, number + 1)]).order_id)
            elif step == "write":
                written += number - shop.exposed(RED)
                assert write(shop, number, RED) == 0
            elif step == "wait":
                world.advance(hours=number * 20)
            elif order is not None and step == "ship":
                shop.ship(world.now, which)
                shipped += order.lines[0].quantity
            elif order is not None:
                {"pay": shop.pay, "cancel": shop.cancel, "ask": shop.request_cancel}[step](world.now, which)
        except MarketRefusal:
            continue
        available, withheld, committed = place(shop)
        assert available + withheld + committed + shipped == 10 + written
        assert min(available, withheld, committed) >= 0


def test_a_sku_stands_once_in_its_shop(world: TiktokWorld) -> None:
    """Its id names it."""
    with pytest.raises(MarketRefusal, match="SKU 5001 exists already"):
        world.shop.add("700", "5001", "X", 1, NOON)
