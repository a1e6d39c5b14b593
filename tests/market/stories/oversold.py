"""Scenarios 5 and 6: unpaid orders whose hold was given back, and two orders for the last units."""

from __future__ import annotations

from datetime import timedelta

from tests.market.claims import Expect, Played
from tests.market.stories.stage import Stage, story
from tests.market.things import HOUR, MINUTE


@story
def unpaid_and_held(stage: Stage) -> Played:
    (here,) = stage.open(stage.random.randrange(3, 20), "lazada-vn")
    time = stage.ago(9 * MINUTE, 12 * MINUTE)
    stage.market.order(time, here, 2, pays=None, delay=MINUTE)
    return stage.played(Expect, lambda: Expect().claim("unpaid-release", 2, here, "wait", until=time + 72 * HOUR))


@story
def unpaid_and_released(stage: Stage) -> Played:
    here, _ = stage.open(stage.random.randrange(1, 20), "lazada-vn", "shopee-vn")
    time = stage.ago(HOUR, 70 * HOUR)
    stage.market.order(time, here, 1, pays=None)
    return stage.played(lambda: Expect().claim("unpaid-release", 1, here, "wait", until=time + 72 * HOUR))


@story
def unpaid_for_too_long(stage: Stage) -> Played:
    (here,) = stage.open(stage.random.randrange(1, 20), "lazada-vn")
    stage.market.order(stage.ago(73 * HOUR, 90 * HOUR), here, 1, pays=None)
    return stage.played(lambda: Expect().claim("unpaid-release", 1, here, "manual"))


@story
def unpaid_and_pushed_since(stage: Stage) -> Played:
    """The push after the release took the units out again."""
    here, there = stage.open(stage.random.randrange(5, 20), "lazada-vn", "shopee-vn")
    stage.market.order(stage.ago(20 * HOUR, 40 * HOUR), here, 1, pays=None)
    stage.market.order(stage.ago(2 * HOUR, 18 * HOUR), there, 1)
    return stage.played(Expect)


@story
def unpaid_and_bought_again_there(stage: Stage) -> Played:
    """Another buyer of the shop took the released units: the ledger's deficit is the unpaid order's."""
    units = stage.random.randrange(1, 4)
    (here,) = stage.open(units, "lazada-vn")
    time = stage.ago(10 * HOUR, 70 * HOUR)
    stage.market.order(time, here, units, pays=None)
    bought = stage.random.randrange(1, units + 1)
    # the OMS cannot send less than nothing; it sends 0, which takes the rest of the release out as well
    here_left = units - bought

    def buy() -> None:
        here.muted = True

    stage.market.do(time + HOUR, buy)
    stage.market.order(time + 2 * HOUR, here, bought)
    until = time + 72 * HOUR

    def expect() -> Expect:
        found = Expect(deficit=bought).claim("unpaid-release", bought, None, "wait", until=until)
        if here_left:
            found.claim("unpaid-release", here_left, here, "wait", until=until)
        return found

    return stage.played(expect)


@story
def unpaid_and_bought_elsewhere(stage: Stage) -> Played:
    """The deficit is the unpaid order's; what was released is exposed beyond stock and set to 0."""
    here, there = stage.open(1, "lazada-vn", "shopee-vn")
    time = stage.ago(10 * HOUR, 70 * HOUR)
    stage.market.order(time, here, 1, pays=None, delay=2 * MINUTE)
    stage.market.order(time + MINUTE, there, 1, delay=2 * MINUTE)

    def expect() -> Expect:
        found = Expect(deficit=1).claim("unpaid-release", 1, None, "wait", until=time + 72 * HOUR)
        return found.claim("orders-too-near", 1, here, "set", to=0, also=("unexplained", "edited-in-seller-center"))

    return stage.played(expect)


@story
def two_orders_too_near(stage: Stage) -> Played:
    units = stage.random.randrange(1, 3)
    shops = ["lazada-vn", "shopee-vn", "tiktok-vn"]
    stage.random.shuffle(shops)
    here, there, third = stage.open(units, *shops)
    forgotten = third.muted = stage.random.random() < 0.5
    time = stage.ago(2 * HOUR, 90 * HOUR)
    stage.market.order(time, here, units, delay=3 * MINUTE)
    stage.market.order(time + timedelta(seconds=stage.random.randrange(10, 120)), there, units, delay=4 * MINUTE)

    def expect() -> Expect:
        found = Expect(deficit=units).claim("orders-too-near", units, None, "manual")
        if forgotten:
            found.claim("orders-too-near", units, third, "set", to=0)
        return found

    return stage.played(expect)


@story
def two_orders_an_hour_apart(stage: Stage) -> Played:
    """The second shop was never told in that hour: known from the pushes, and not judged without them."""
    here, there = stage.open(1, "lazada-vn", "shopee-vn")
    there.push_delay = 2 * HOUR
    time = stage.ago(5 * HOUR, 90 * HOUR)
    stage.market.order(time, here, 1)
    stage.market.order(time + HOUR, there, 1)
    if stage.pushes:
        return stage.played(lambda: Expect(deficit=1).claim("orders-too-near", 1, None, "manual"))
    return stage.played(lambda: Expect(deficit=1).claim("unexplained", 1, None, "none"))


@story
def failed_push_then_late_order(stage: Stage) -> Played:
    """The shop was told and did not take it: the ledger side is that failure's."""
    here, there = stage.open(1, "lazada-vn", "shopee-vn")
    lock = stage.random.random() < 0.5
    time = stage.ago(5 * HOUR, 90 * HOUR)
    stage.market.do(
        time,
        lambda: setattr(there, "fails_with", "stock less than reserved stock" if lock else "timed out"),
    )
    stage.market.order(time + MINUTE, here, 1)
    stage.market.order(time + HOUR, there, 1)
    stage.market.do(time + HOUR + MINUTE, lambda: setattr(there, "fails_with", ""))
    cause = "unexplained" if not stage.pushes else "campaign-lock" if lock else "listing-sync-error"
    remedy = "manual" if stage.pushes else "none"
    return stage.played(lambda: Expect(deficit=1).claim(cause, 1, None, remedy))


@story
def unpaid_one_held_one_released(stage: Stage) -> Played:
    """What is withheld covers the newest order."""
    (here,) = stage.open(stage.random.randrange(5, 20), "lazada-vn")
    old, new = stage.ago(2 * HOUR, 60 * HOUR), stage.ago(9 * MINUTE, 12 * MINUTE)
    here.push_delay = timedelta(seconds=1)
    stage.market.order(old, here, 1, pays=None, delay=MINUTE)
    stage.market.do(new - MINUTE, lambda: setattr(here, "muted", True))
    stage.market.order(new, here, 1, pays=None, delay=MINUTE)

    def second() -> Expect:
        return Expect().claim("unpaid-release", 2, here, "wait", until=new + 72 * HOUR)

    return stage.played(lambda: Expect().claim("unpaid-release", 1, here, "wait", until=old + 72 * HOUR), second)
