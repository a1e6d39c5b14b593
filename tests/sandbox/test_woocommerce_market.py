"""How stock moves on a WooCommerce site: the order effects of the reference's section 3.4, and laws over any course."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.records import MarketOrder, MarketRefusal
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.refunds import Returned, refund
from tests.sandbox.woo_world import LARGE, MUG, NOON, SMALL, Site

HOUR = timedelta(hours=1)


@pytest.fixture
def site() -> Site:
    return Site()


def count(shop: WooShop, key: tuple[str, str] = MUG) -> object:
    """What the site shows as `stock_quantity`."""
    listing = shop.listing(key)
    assert listing is not None
    holder = shop.holder(listing)
    return holder.stock if holder else None


def texts(shop: WooShop, order: MarketOrder) -> list[str]:
    return [note.text for note in shop.about(order).notes]


def test_a_checkout_holds_units_and_the_count_stays(site: Site) -> None:
    """A pending order lowers what buyers can take, not `stock_quantity`."""
    order = site.shop.place(NOON, [(*MUG, 3)])
    assert (count(site.shop), site.shop.buckets(MUG)) == (10, (7, 0, 3, 0))
    assert order.status is OrderStatus.UNPAID
    with pytest.raises(MarketRefusal, match="has 7 left to ordinary buyers, 8 were ordered"):
        site.shop.place(NOON, [(*MUG, 8)])


def test_a_paid_order_takes_what_it_held(site: Site) -> None:
    """The count falls, what buyers can take stays as it was; the order's notes tell both."""
    order = site.shop.place(NOON, [(*MUG, 3)], paid=True)
    assert (count(site.shop), site.shop.buckets(MUG), order.lines[0].taken) == (7, (7, 0, 0, 0), 3)
    assert texts(site.shop, order) == [
        "Stock levels reduced: Mug (MUG) 10&rarr;7",
        "Order status changed from Pending payment to Processing.",
    ]
    assert [(effect.before, effect.after) for effect in site.shop.effects] == [(10, 7)]


def test_a_cancelled_order_is_restored_once(site: Site) -> None:
    """Only what was taken comes back: cancelling again, or after it was pending again, gives nothing."""
    order = site.shop.place(NOON, [(*MUG, 3)], paid=True)
    site.shop.cancel(NOON, order.order_id)
    assert (count(site.shop), order.lines[0].taken) == (10, 0)
    assert texts(site.shop, order)[-2:] == [
        "Stock levels increased: Mug (MUG) 7&rarr;10",
        "Order status changed from Processing to Cancelled.",
    ]
    site.shop.transit(NOON, order, "pending")
    site.shop.transit(NOON, order, "cancelled")
    assert count(site.shop) == 10


def test_a_plugin_that_restores_as_well_puts_units_back_twice(site: Site) -> None:
    """The notes prove it: the same line is increased twice (reference: WooCommerce 3.5)."""
    site.shop.set_option(NOON, "restores_twice", "yes")
    order = site.shop.place(NOON, [(*MUG, 3)], paid=True)
    site.shop.cancel(NOON, order.order_id)
    assert count(site.shop) == 13
    assert [text for text in texts(site.shop, order) if "increased" in text] == [
        "Stock levels increased: Mug (MUG) 7&rarr;10",
        "Stock levels increased: Mug (MUG) 10&rarr;13",
    ]
    never_paid = site.shop.place(NOON, [(*MUG, 3)])
    site.shop.cancel(NOON, never_paid.order_id)
    assert count(site.shop) == 13


def test_a_hold_ends_before_its_order_is_cancelled(site: Site) -> None:
    """The units are for sale again at once; the job that cancels runs once an hour, and says why."""
    late = NOON + timedelta(minutes=5)
    order = site.shop.place(late, [(*MUG, 3)])
    site.shop.settle(late + HOUR)
    assert (site.shop.exposed(MUG), order.status) == (10, OrderStatus.UNPAID)
    site.shop.settle(late + timedelta(minutes=114))
    assert order.status is OrderStatus.UNPAID
    site.shop.settle(NOON + 2 * HOUR)
    assert order.status is OrderStatus.CANCELLED
    assert order.cancelled_at == NOON + 2 * HOUR
    told = "Unpaid order cancelled - time limit reached. Order status changed from Pending payment to Cancelled."
    assert texts(site.shop, order) == [told]
    assert count(site.shop) == 10


def test_an_order_that_is_paid_late_may_take_what_is_not_there(site: Site) -> None:
    """Nobody looks again at payment (issue 44273): the count falls below 0."""
    late = NOON + timedelta(minutes=5)
    first = site.shop.place(late, [(*MUG, 10)])
    site.shop.place(late + HOUR, [(*MUG, 10)], paid=True)
    site.shop.pay(late + HOUR, first.order_id)
    assert (count(site.shop), site.shop.exposed(MUG), site.shop.buckets(MUG)[0]) == (-10, -10, 0)


def test_without_a_hold_nothing_is_withheld_and_nothing_cancelled(site: Site) -> None:
    """The option left blank (reference: WooCommerce 3.4)."""
    site.shop.set_option(NOON, "hold_minutes", "")
    order = site.shop.place(NOON, [(*MUG, 3)])
    site.shop.settle(NOON + timedelta(days=30))
    assert (site.shop.exposed(MUG), order.status) == (10, OrderStatus.UNPAID)


def test_an_order_on_hold_has_its_units_and_pending_gives_them_back(site: Site) -> None:
    """On hold is unpaid, and yet out of the count; it is not cancelled by the job."""
    order = site.shop.place(NOON, [(*MUG, 3)])
    site.shop.doings(NOON, order.order_id)["put-on-hold"]()
    assert (count(site.shop), site.shop.about(order).status, order.status) == (7, "on-hold", OrderStatus.UNPAID)
    site.shop.settle(NOON + timedelta(days=3))
    assert site.shop.about(order).status == "on-hold"
    site.shop.transit(NOON + timedelta(days=3), order, "pending")
    assert (count(site.shop), site.shop.exposed(MUG)) == (10, 10)


@pytest.mark.parametrize("status", ["failed", "refunded"])
def test_neither_failing_nor_refunding_restores(site: Site, status: str) -> None:
    """Only cancelled and pending do; cancelled after that still gives back what was taken."""
    order = site.shop.place(NOON, [(*MUG, 3)], paid=True)
    site.shop.transit(NOON, order, status)
    assert count(site.shop) == 7
    site.shop.transit(NOON, order, "cancelled")
    assert count(site.shop) == 10


def test_a_payment_that_fails_ends_the_hold(site: Site) -> None:
    """Only pending orders hold."""
    order = site.shop.place(NOON, [(*MUG, 3)])
    site.shop.doings(NOON, order.order_id)["fail"]()
    assert (count(site.shop), site.shop.exposed(MUG)) == (10, 10)


def test_a_refund_with_restock_leaves_less_to_restore(site: Site) -> None:
    """`_reduced_stock` falls by what came back; a later cancellation restores the rest."""
    order = site.shop.place(NOON, [(*MUG, 3)], paid=True)
    refund(site.shop, NOON, order, [Returned(0, 1, "5.00")], "5.00", "", restock=True)
    assert (count(site.shop), order.lines[0].taken) == (8, 2)
    assert texts(site.shop, order)[-1] == "Item #101 stock increased from 7 to 8."
    refund(site.shop, NOON, order, [Returned(0, 1, "5.00")], "5.00", "", restock=False)
    assert count(site.shop) == 8
    site.shop.cancel(NOON, order.order_id)
    assert count(site.shop) == 10


def test_shipping_moves_nothing_and_a_return_restocks_nothing(site: Site) -> None:
    """Completed, then refunded: the units went with the payment."""
    order = site.shop.place(NOON, [(*MUG, 3)], paid=True)
    site.shop.ship(NOON, order.order_id)
    site.shop.send_back(NOON, order.order_id)
    assert (count(site.shop), site.shop.about(order).status) == (7, "refunded")


def test_variations_without_a_count_share_their_products(site: Site) -> None:
    """One pool for both, taken from by orders of either, and logged under the product that has it."""
    for key in (SMALL, LARGE):
        site.shop.set_trait(NOON, key, "manage_stock", "parent")
    assert (count(site.shop, SMALL), count(site.shop, LARGE), count(site.shop, ("102", ""))) == (4, 4, 4)
    with pytest.raises(MarketRefusal, match="102 has 4 left to ordinary buyers, 5 were ordered"):
        site.shop.place(NOON, [(*SMALL, 2), (*LARGE, 3)])
    site.shop.effects.clear()
    order = site.shop.place(NOON, [(*SMALL, 2), (*LARGE, 1)], paid=True)
    assert (count(site.shop, SMALL), count(site.shop, ("102", ""))) == (1, 1)
    moved = [(effect.item_id, effect.variation_id, effect.before, effect.after) for effect in site.shop.effects]
    assert moved == [("102", "", 4, 2), ("102", "", 2, 1)]
    span = '<span class="description"></span>'
    told = f"Small - Small (SHIRT-S){span} 4&rarr;2, Small - Large (SHIRT-L){span} 2&rarr;1"
    assert texts(site.shop, order)[0] == f"Stock levels reduced: {told}"


def test_an_absolute_write_overwrites_what_was_ordered_meanwhile(site: Site) -> None:
    """Read 10, an order takes 2, write 9: the order's units are sold again (reference: WooCommerce 3.3)."""
    site.shop.place(NOON, [(*MUG, 2)], paid=True)
    assert count(site.shop) == 8
    site.shop.write(NOON, MUG, {"stock_quantity": 9}, "write")
    assert count(site.shop) == 9
    assert [(effect.before, effect.after) for effect in site.shop.effects] == [(10, 8), (8, 9)]


def test_a_write_keeps_what_checkouts_hold(site: Site) -> None:
    """The number that is set is the count, in which held units stand."""
    site.shop.place(NOON, [(*MUG, 3)])
    site.shop.write(NOON, MUG, {"stock_quantity": 5}, "write")
    assert site.shop.buckets(MUG) == (2, 0, 3, 0)


def test_backorders_hold_nothing_and_go_below_zero(site: Site) -> None:
    """More may be sold than there is; the status says so."""
    site.shop.set_trait(NOON, MUG, "backorders", "notify")
    site.shop.place(NOON, [(*MUG, 12)])
    assert site.shop.exposed(MUG) == 10
    site.shop.place(NOON, [(*MUG, 12)], paid=True)
    listing = site.shop.products["101"]
    assert (count(site.shop), site.shop.stock_status(listing)) == (-2, "onbackorder")


def test_what_is_not_counted_is_not_moved(site: Site) -> None:
    """A product that manages no stock, and a site that manages none at all."""
    site.shop.set_trait(NOON, MUG, "manage_stock", "no")
    order = site.shop.place(NOON, [(*MUG, 99)], paid=True)
    assert (count(site.shop), order.lines[0].taken) == (None, 0)
    site.shop.set_trait(NOON, MUG, "stock_status", "outofstock")
    with pytest.raises(MarketRefusal, match="out of stock"):
        site.shop.place(NOON, [(*MUG, 1)])
    site.shop.set_option(NOON, "manage_stock", "no")
    site.shop.place(NOON, [(*SMALL, 99)], paid=True)
    assert site.shop.listing(SMALL).stock == 4


def test_an_order_that_nobody_placed_asks_nobody(site: Site) -> None:
    """Orders that are entered hold nothing and take what is not there."""
    order = site.shop.enter(NOON, [(*SMALL, 9)], "processing", "rest-api")
    assert (count(site.shop, SMALL), order.status) == (-5, OrderStatus.PAID)
    pending = site.shop.enter(NOON, [(*MUG, 3)], "pending", "rest-api")
    site.shop.settle(NOON + timedelta(days=3))
    assert (site.shop.exposed(MUG), pending.status) == (10, OrderStatus.UNPAID)


def test_states_are_post_statuses(site: Site) -> None:
    """A single variation goes private; with all of them out of sale the product is a draft."""
    site.shop.set_state(NOON, SMALL, ListingState.UNLISTED)
    assert (site.shop.listing(SMALL).status, site.shop.products["102"].status) == ("private", "publish")
    site.shop.set_state(NOON, LARGE, ListingState.UNLISTED)
    assert site.shop.products["102"].status == "draft"
    site.shop.set_state(NOON, MUG, ListingState.REVIEWING)
    assert site.shop.products["101"].status == "pending"
    with pytest.raises(MarketRefusal, match="buyers cannot choose 101"):
        site.shop.place(NOON, [(*MUG, 1)])


def test_there_are_no_campaigns(site: Site) -> None:
    """Not a concept of WooCommerce (reference: WooCommerce 0)."""
    with pytest.raises(MarketRefusal, match="WooCommerce has no campaigns"):
        site.shop.start_campaign(NOON, MUG, 1, NOON, NOON + HOUR)


@pytest.mark.parametrize(
    ("name", "text"),
    [("version", "new"), ("rights", "all"), ("hold_minutes", "-1"), ("tls", "maybe"), ("cached", "1.5")],
)
def test_options_that_mean_nothing_are_refused(site: Site, name: str, text: str) -> None:
    """Each says what it takes, and what it was given."""
    with pytest.raises(MarketRefusal, match=f"woo: {name} is .*{text!r}"):
        site.shop.set_option(NOON, name, text)


STATUSES = ("pending", "on-hold", "processing", "completed", "cancelled", "failed", "refunded")
STEPS = st.lists(
    st.tuples(st.sampled_from(["place", "transit", "wait"]), st.integers(0, 6), st.integers(1, 3)), max_size=25
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_no_unit_is_lost_or_made_in_any_course_of_events(steps: list[tuple[str, int, int]]) -> None:
    """What the count lacks is what orders have taken; what buyers lack beside that is what checkouts hold."""
    shop, now, orders = WooShop("s"), NOON, []
    shop.add(*MUG, "MUG", 10, NOON)
    for step, which, quantity in steps:
        if step == "wait":
            now += timedelta(minutes=10 * which)
            shop.settle(now)
        elif step == "place" and quantity <= shop.exposed(MUG):
            orders.append(shop.place(now, [(*MUG, quantity)]))
        elif step == "transit" and orders:
            shop.transit(now, orders[which % len(orders)], STATUSES[which])
        taken = sum(line.taken for order in orders for line in order.lines)
        held = sum(line.held for order in orders for line in order.lines)
        assert count(shop) == 10 - taken
        assert shop.exposed(MUG) == 10 - taken - held
        assert not [order for order in orders if order.lines[0].held and shop.about(order).status != "pending"]
