"""Scenario 3: oversold, written off by hand, cancelled."""

from __future__ import annotations

from datetime import timedelta

from tests.market.claims import Expect, Played
from tests.market.stories.stage import Stage, story
from tests.market.things import HOUR, MINUTE, NOON, Listing, Order


def _oversold(stage: Stage, first: str, second: str, units: int = 1) -> tuple[Listing, Listing, list[Order]]:
    here, there = stage.open(units, first, second)
    time = stage.ago(60 * HOUR, 90 * HOUR)
    orders = [
        stage.market.order(time, here, units, delay=3 * MINUTE),
        stage.market.order(time + 20 * timedelta(seconds=1), there, units, delay=4 * MINUTE),
    ]
    return here, there, orders


@story
def written_off_then_cancelled(stage: Stage) -> Played:
    units = stage.random.randrange(1, 4)
    here, there, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn", units)
    stage.move(NOON - 50 * HOUR, units, "manual")
    stage.market.cancel(stage.ago(3 * HOUR, 40 * HOUR), first)

    def expect() -> Expect:
        found = Expect(excess=units, correction=-units)
        found.claim("cancelled-order-restock", units, None, "adjust-ledger")
        for listing in (here, there):
            found.claim("cancelled-order-restock", units, listing, "set", to=0)
        return found

    return stage.played(expect)


@story
def write_off_undone_before(stage: Stage) -> Played:
    _, _, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.move(NOON - 45 * HOUR, -1, "manual")
    stage.market.cancel(stage.ago(3 * HOUR, 40 * HOUR), first)
    return stage.played(Expect)


@story
def phantom_sold_on(stage: Stage) -> Played:
    """The unit that does not exist was sold again: a correction, and one order too many."""
    _, there, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.market.cancel(NOON - 40 * HOUR, first)
    stage.market.order(stage.ago(3 * HOUR, 30 * HOUR), there, 1)
    return stage.played(
        lambda: (
            Expect(excess=1, correction=-1, deficit=1)
            .claim("cancelled-order-restock", 1, None, "adjust-ledger")
            .claim("cancelled-order-restock", 1, None, "manual")
        )
    )


@story
def written_up_above_zero(stage: Stage) -> Played:
    """Perhaps a receipt typed as manual: named, ambiguous, nothing written."""
    _, _, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, stage.random.randrange(3, 9), "manual")
    stage.market.cancel(stage.ago(3 * HOUR, 40 * HOUR), first)
    return stage.played(lambda: Expect(excess=1).claim("cancelled-order-restock", 1, None, "manual", ambiguous=True))


@story
def written_off_and_still_open(stage: Stage) -> Played:
    """Nothing is wrong yet; when it is cancelled, it will be."""
    here, there, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.market.cancel(NOON + 5 * MINUTE, first)

    def second() -> Expect:
        found = Expect(excess=1, correction=-1)
        found.claim("cancelled-order-restock", 1, None, "adjust-ledger")
        for listing in (here, there):
            found.claim("cancelled-order-restock", 1, listing, "set", to=0)
        return found

    return stage.played(lambda: Expect().claim("cancelled-order-restock", 0, None, "wait"), second)


@story
def written_off_and_being_cancelled(stage: Stage) -> Played:
    _, _, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.market.do(NOON - 20 * HOUR, lambda: setattr(first, "status", "cancel_requested"))
    return stage.played(lambda: Expect().claim("cancelled-order-restock", 0, None, "wait"))


@story
def written_off_and_both_shipped(stage: Stage) -> Played:
    """There was one more on the shelf than the book knew."""
    _, _, orders = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    for order in orders:
        stage.market.ship(stage.ago(3 * HOUR, 40 * HOUR), order)
    return stage.played(Expect)


@story
def written_off_one_shipped_one_cancelled(stage: Stage) -> Played:
    here, there, (first, second_) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.market.ship(NOON - 48 * HOUR, second_)
    stage.market.cancel(stage.ago(3 * HOUR, 40 * HOUR), first)

    def expect() -> Expect:
        found = Expect(excess=1, correction=-1).claim("cancelled-order-restock", 1, None, "adjust-ledger")
        for listing in (here, there):
            found.claim("cancelled-order-restock", 1, listing, "set", to=0)
        return found

    return stage.played(expect)


@story
def phantom_already_corrected(stage: Stage) -> Played:
    _, _, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.market.cancel(NOON - 40 * HOUR, first)
    stage.market.move(NOON - 30 * HOUR, stage.name, -1, "correction", ref=f"fix-{stage.name}")
    return stage.played(Expect)


@story
def phantom_and_a_stocktake(stage: Stage) -> Played:
    """Somebody counted: whatever was wrong before is right now."""
    _, _, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.market.cancel(NOON - 40 * HOUR, first)
    stage.move(NOON - 30 * HOUR, stage.random.choice((-1, 2)), "stocktake")
    return stage.played(Expect)


@story
def phantom_then_a_receipt(stage: Stage) -> Played:
    """New goods do not make the unit real."""
    here, there, (first, _) = _oversold(stage, "shopee-vn", "tiktok-vn")
    stage.move(NOON - 50 * HOUR, 1, "manual")
    stage.market.cancel(NOON - 40 * HOUR, first)
    stage.move(stage.ago(3 * HOUR, 30 * HOUR), 20, "receipt")

    def expect() -> Expect:
        found = Expect(excess=1, correction=-1).claim("cancelled-order-restock", 1, None, "adjust-ledger")
        for listing in (here, there):
            found.claim("cancelled-order-restock", 1, listing, "set", to=20)
        return found

    return stage.played(expect)
