"""What is on its way between shop and ledger, and what got lost on it."""

from __future__ import annotations

from datetime import timedelta

from tests.market.claims import Expect, Played
from tests.market.rules import target
from tests.market.stories.stage import GRACE, LATENCY, Stage, only_with_mapping, only_with_pushes, story
from tests.market.things import HOUR, MINUTE, NOON


@story
def order_in_flight(stage: Stage) -> Played:
    pick = stage.random
    here, there = stage.open(pick.randrange(20, 60), *pick.sample(("shopee-vn", "lazada-vn", "capped"), 2))
    count = pick.randrange(1, 4)
    time = here.shop.as_of - timedelta(seconds=pick.randrange(60, 900))
    stage.market.order(time, here, count, delay=25 * MINUTE)

    def first() -> Expect:
        after = {stage.name: stage.market.stock[stage.name] - count}
        cautious = {one.key: target(stage.market, one, after) for one in (here, there)}
        return Expect(in_flight=-count, cautious=cautious).claim("in-flight", -count, here, "wait", until=time + GRACE)

    return stage.played(first, Expect)


@only_with_mapping
def order_in_flight_of_a_pack(stage: Stage) -> Played:
    stage.market.sku(stage.name, stage.random.randrange(40, 60))
    pack = stage.market.list_(stage.market.shops["tiktok-vn"], f"{stage.name}-X3", {stage.name: 3})
    one = stage.market.list_(stage.market.shops["shopify-us"], stage.name)
    time = pack.shop.as_of - timedelta(seconds=stage.random.randrange(60, 900))
    stage.market.order(time, pack, 2, delay=25 * MINUTE)

    def first() -> Expect:
        stock = stage.market.stock[stage.name]
        cautious = {pack.key: (stock - 6) // 3, one.key: stock - 6}
        return Expect(in_flight=-6, cautious=cautious).claim("in-flight", -2, pack, "wait", until=time + GRACE)

    return stage.played(first, Expect)


@story
def cancellation_in_flight(stage: Stage) -> Played:
    here, _ = stage.open(stage.random.randrange(20, 60), "shopee-vn", "lazada-vn")
    order = stage.market.order(NOON - 20 * HOUR, here, 2)
    time = here.shop.as_of - timedelta(seconds=stage.random.randrange(60, 900))
    stage.market.cancel(time, order, delay=25 * MINUTE)

    def first() -> Expect:
        return Expect(in_flight=2).claim("in-flight", 2, here, "wait", until=time + GRACE)

    return stage.played(first, Expect)


@story
def unpaid_held_and_not_in_the_ledger(stage: Stage) -> Played:
    """It takes stock while it is held; once released it changes nothing."""
    (here,) = stage.open(stage.random.randrange(20, 60), "lazada-vn")
    time = stage.ago(6 * MINUTE, 15 * MINUTE)
    stage.market.order(time, here, 1, pays=None, delay=None)

    def first() -> Expect:
        cautious = {here.key: stage.market.target(here) - 1}
        return Expect(in_flight=-1, cautious=cautious).claim("in-flight", -1, here, "wait", until=time + GRACE)

    return stage.played(first, Expect)


@story
def shop_not_told_yet(stage: Stage) -> Played:
    """The ledger moved a moment ago, the push is on its way."""
    pick = stage.random
    here, there = stage.open(pick.randrange(20, 60), "shopee-vn", "tiktok-vn")
    here.push_delay = 20 * MINUTE
    at = min(here.shop.as_of, there.shop.as_of) - timedelta(seconds=pick.randrange(20, 110))
    by = pick.choice((-3, -1, 4))
    if by < 0:
        there.push_delay = 20 * MINUTE
        stage.market.order(at - 2 * MINUTE, there, -by)
    else:
        there.push_delay = timedelta(seconds=1)
        stage.move(at, by, "receipt")
    return stage.played(lambda: Expect().claim("in-flight", -by, here, "wait", until=at + LATENCY), Expect)


@story
def order_not_imported(stage: Stage) -> Played:
    pick = stage.random
    here, there = stage.open(pick.randrange(20, 60), *pick.sample(("shopee-vn", "lazada-vn", "tiktok-vn"), 2))
    count = pick.randrange(1, 4)
    stage.market.order(stage.ago(HOUR, 80 * HOUR), here, count, delay=None)

    def expect() -> Expect:
        cautious = {one.key: stage.market.target(one) - count for one in (here, there)}
        return Expect(cautious=cautious).claim("order-not-imported", -count, here, "manual")

    return stage.played(expect)


@story
def cancellation_not_restocked(stage: Stage) -> Played:
    here, _ = stage.open(stage.random.randrange(20, 60), "shopee-vn", "lazada-vn")
    order = stage.market.order(NOON - 60 * HOUR, here, 2)
    stage.market.cancel(stage.ago(HOUR, 50 * HOUR), order, delay=None)
    return stage.played(
        lambda: (
            Expect()
            .claim("cancelled-order-not-restocked", -2, None, "manual")
            .claim("cancelled-order-not-restocked", 2, here, "manual")
        )
    )


@only_with_pushes
def cancellation_not_restocked_and_pushed(stage: Stage) -> Played:
    here, there = stage.open(stage.random.randrange(20, 60), "shopee-vn", "lazada-vn")
    order = stage.market.order(NOON - 60 * HOUR, here, 2)
    stage.market.cancel(NOON - 50 * HOUR, order, delay=None)
    stage.market.order(stage.ago(2 * HOUR, 40 * HOUR), there, 1)
    return stage.played(lambda: Expect().claim("cancelled-order-not-restocked", -2, None, "manual"))


@only_with_mapping
def kit_with_an_order_in_flight(stage: Stage) -> Played:
    """What the buyer took of the kit; both components will fall, so both are set with care."""
    left, right = f"{stage.name}-A", f"{stage.name}-B"
    stage.market.sku(left, 60)
    stage.market.sku(right, 20)
    kit = stage.market.list_(stage.market.shops["shopee-vn"], stage.name, {left: 2, right: 1})
    one = stage.market.list_(stage.market.shops["tiktok-vn"], right)
    time = kit.shop.as_of - timedelta(seconds=stage.random.randrange(60, 900))
    stage.market.order(time, kit, 1, delay=25 * MINUTE)

    def first() -> Expect:
        cautious = {kit.key: 19, one.key: 19}
        return Expect(in_flight=-1, moved={left: -2}, cautious=cautious).claim(
            "in-flight", -1, kit, "wait", until=time + GRACE
        )

    played = stage.played(first, Expect, left, right)
    played.sku = right
    return played


@story
def order_in_flight_and_overwritten(stage: Stage) -> Played:
    """A push that knew nothing of the order put its units back: no variance, and care with what is written."""
    here, there = stage.open(stage.random.randrange(20, 60), "shopee-vn", "lazada-vn")
    time = stage.ago(13 * MINUTE, 20 * MINUTE)
    stage.market.order(time, here, 2, delay=28 * MINUTE)
    stage.market.move(time + MINUTE, stage.name, 3, "receipt")

    def first() -> Expect:
        cautious = {one.key: stage.market.target(one) - 2 for one in (here, there)}
        return Expect(in_flight=-2, cautious=cautious)

    return stage.played(first, Expect)


@story
def other_shop_told_before_the_ledger(stage: Stage) -> Played:
    """The OMS has the order and pushed it; the ledger's book follows."""
    here, there = stage.open(stage.random.randrange(20, 60), "shopee-vn", "lazada-vn")
    time = stage.ago(8 * MINUTE, 15 * MINUTE)
    stage.market.order(time, here, 2, delay=25 * MINUTE)

    def ahead() -> None:
        stage.market.push_now(there, stage.market.target(there) - 2)

    stage.market.do(time + MINUTE, ahead)

    def first() -> Expect:
        cautious = {one.key: stage.market.target(one) - 2 for one in (here, there)}
        found = Expect(in_flight=-2, cautious=cautious)
        for listing in (here, there):
            found.claim("in-flight", -2, listing, "wait", until=time + GRACE)
        return found

    return stage.played(first, Expect)


@story
def order_after_the_shop_was_read(stage: Stage) -> Played:
    """The ledger has it already, the snapshot cannot."""
    here, there = stage.open(stage.random.randrange(20, 60), "late", "slow")
    time = NOON - timedelta(seconds=stage.random.randrange(80, 110))
    stage.market.order(time, here, 2, delay=MINUTE)

    def first() -> Expect:
        found = Expect()
        for listing in (here, there):
            found.claim("in-flight", 2, listing, "wait", until=time + MINUTE + LATENCY)
        return found

    return stage.played(first, Expect)


@story
def ledger_cancelled_before_the_shop(stage: Stage) -> Played:
    """The OMS took the cancellation, the shop still shows the order."""
    here, there = stage.open(stage.random.randrange(20, 60), "shopee-vn", "lazada-vn")
    here.push_delay = there.push_delay = 15 * MINUTE
    order = stage.market.order(NOON - 20 * HOUR, here, 2)
    at = min(here.shop.as_of, there.shop.as_of) - timedelta(seconds=stage.random.randrange(20, 200))
    stage.market.restock(at, order)
    stage.market.cancel(NOON + 5 * MINUTE, order, delay=None)

    def first() -> Expect:
        cautious = {one.key: stage.market.target(one) - 2 for one in (here, there)}
        found = Expect(in_flight=-2, cautious=cautious)
        for listing in (here, there):
            found.claim("in-flight", -2, listing, "wait")
        return found

    return stage.played(first, Expect)
