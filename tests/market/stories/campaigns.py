"""Scenarios 1 and 2: campaign stock that comes back, and campaign stock that is locked."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.market.claims import Expect, Played
from tests.market.stories.stage import SETTLE, Stage, only_with_pushes, other, story
from tests.market.things import HOUR, MINUTE, NOON, Listing


def _campaign_over(stage: Stage, shop: str, *, told: bool, ended: timedelta, ordinary: int = 0) -> tuple[Listing, int]:
    """Pushes set the normal stock and forget the lock; what is left comes back at the end."""
    pick = stage.random
    stock = pick.randrange(60, 120)
    here, there = stage.open(stock, shop, other(stage, shop))
    here.forgets_lock = True
    end = NOON - ended
    start = end - pick.randrange(20, 50) * HOUR
    locked = pick.randrange(6, 25)
    campaign = stage.market.campaign(here, start, end, locked, told=told)
    sold = 0
    for time in sorted(start + pick.random() * (end - start - HOUR) for _ in range(pick.randrange(1, 5))):
        sold += 1
        stage.market.order(time, here, 1, of=campaign)
    for _ in range(ordinary):
        stage.market.order(start + pick.random() * (end - start - HOUR), here, 1)
    stage.market.order(end - HOUR, there, 1)
    return here, locked - sold


@story
def returned_known_from_its_record(stage: Stage) -> Played:
    shop = stage.random.choice(("shopee-vn", "lazada-vn", "tiktok-vn"))
    ended = timedelta(seconds=stage.random.randrange(2700, 60 * 3600))
    here, left = _campaign_over(stage, shop, told=True, ended=ended, ordinary=stage.random.randrange(3))
    return stage.played(lambda: Expect().claim("campaign-returned", left, here, "set", to=stage.market.target(here)))


@story
def returned_and_not_yet_settled(stage: Stage) -> Played:
    ended = timedelta(seconds=stage.random.randrange(400, 1500))
    here, left = _campaign_over(stage, "shopee-vn", told=True, ended=ended)
    until = NOON - ended + SETTLE
    return stage.played(
        lambda: Expect().claim("campaign-returned", left, here, "wait", until=until),
        lambda: Expect().claim("campaign-returned", left, here, "set", to=stage.market.target(here)),
    )


@story
def returned_sold_unknown(stage: Stage) -> Played:
    """History tells the balance where there is one; else it is bounded and ambiguous."""
    here, left = _campaign_over(stage, "shopee-vn", told=False, ended=stage.random.randrange(3, 30) * HOUR)
    sure = stage.has_history(here)
    return stage.played(
        lambda: Expect().claim("campaign-returned", left, here, "set", to=stage.market.target(here), ambiguous=not sure)
    )


@story
def running_and_forgotten_by_pushes(stage: Stage) -> Played:
    """The early form: pushes set the normal stock, the locked units stand beside it."""
    pick = stage.random
    shop = pick.choice(("shopee-vn", "shopee-edit", "lazada-vn"))
    here, there = stage.open(pick.randrange(60, 120), shop, other(stage, shop))
    here.forgets_lock = True
    start, end = stage.ago(20 * HOUR, 60 * HOUR), NOON + pick.randrange(2, 40) * HOUR
    locked = pick.randrange(6, 25)
    campaign = stage.market.campaign(here, start, end, locked)
    sold = pick.randrange(4)
    for _ in range(sold):
        stage.market.order(stage.ago(3 * HOUR, 19 * HOUR), here, 1, of=campaign)
    stage.market.order(NOON - 2 * HOUR, there, 2)
    left = locked - sold
    if shop == "shopee-vn":
        return stage.played(lambda: Expect().claim("campaign-returned", left, here, "wait", until=end))
    return stage.played(lambda: Expect().claim("campaign-returned", left, here, "set", to=stage.market.target(here)))


@story
def returned_and_pushed_since(stage: Stage) -> Played:
    """A push after the end mended it: nothing to say."""
    here, _ = _campaign_over(stage, "shopee-vn", told=True, ended=20 * HOUR)
    stage.market.order(NOON - 5 * HOUR, here, 1)
    return stage.played(Expect)


def _lock(
    stage: Stage, *, locked: int, fall: int, stock: int = 100, told: bool = True
) -> tuple[Listing, Listing, datetime]:
    """Lazada locks; a large order elsewhere takes the ledger below; the push is refused."""
    here, there = stage.open(stock, "lazada-vn", other(stage))
    end = NOON + stage.random.randrange(2, 60) * HOUR
    start = stage.ago(10 * HOUR, 40 * HOUR)
    stage.market.campaign(here, start, end, locked, told=told)
    stage.market.order(stage.ago(2 * HOUR, 9 * HOUR), there, fall)
    return here, there, end


@story
def lock_refuses_the_push(stage: Stage) -> Played:
    locked = stage.random.randrange(40, 61)
    fall = stage.random.randrange(101 - locked, 95)
    here, _, _ = _lock(stage, locked=locked, fall=fall)
    return stage.played(
        lambda: Expect(floors={here.key: locked}).claim("campaign-lock", fall, here, "set", "manual", to=locked)
    )


@story
def lock_already_at_its_floor(stage: Stage) -> Played:
    """Pushes lowered it step by step until they were refused: only people can do more."""
    pick = stage.random
    here, there = stage.open(60, "lazada-vn", other(stage))
    locked = pick.randrange(30, 41)
    stage.market.campaign(here, stage.ago(30 * HOUR, 40 * HOUR), NOON + 9 * HOUR, locked)
    below = pick.randrange(2, 15)
    stage.market.order(stage.ago(20 * HOUR, 29 * HOUR), there, 60 - locked)
    stage.market.order(stage.ago(2 * HOUR, 19 * HOUR), there, below)
    return stage.played(lambda: Expect(floors={here.key: locked}).claim("campaign-lock", below, here, "manual"))


@only_with_pushes
def lock_that_is_none_any_more(stage: Stage) -> Played:
    """The refused push is the last one, but by now the ledger is above the lock."""
    pick = stage.random
    locked = pick.randrange(40, 55)
    here, _, _ = _lock(stage, locked=locked, fall=70)
    back = pick.randrange(locked - 30 + 1, 60)

    def receive() -> None:
        here.muted = True
        stage.market.move(stage.market.now, stage.name, back, "receipt")

    stage.market.do(NOON - 90 * MINUTE, receive)
    return stage.played(
        lambda: Expect(floors={here.key: locked}).claim("campaign-lock", 70 - back, here, "set", to=30 + back)
    )


@story
def lock_declared_by_the_seller(stage: Stage) -> Played:
    locked = stage.random.randrange(40, 61)
    fall = stage.random.randrange(101 - locked, 95)
    here, _, end = _lock(stage, locked=locked, fall=fall)
    here.hides_lock = True
    here.shop.campaigns[-1].recorded = False
    here.shop.declared.append(
        {
            "item_id": here.item_id,
            "variation_id": here.variation_id,
            "locked": locked,
            "starts_at": here.shop.campaigns[-1].starts_at,
            "ends_at": end,
        }
    )
    return stage.played(
        lambda: Expect(floors={here.key: locked}).claim("campaign-lock", fall, here, "set", "manual", to=locked)
    )


@story
def lock_by_the_campaigns_record(stage: Stage) -> Played:
    """The listing shows no lock, the campaign's record does: locked less sold."""
    locked, sold = stage.random.randrange(40, 61), stage.random.randrange(1, 5)
    # so far below the lock that no push is taken, however much of the campaign is sold
    fall = stage.random.randrange(101 - locked + sold, 90)
    here, _, _ = _lock(stage, locked=locked, fall=fall)
    here.hides_lock = True
    for _ in range(sold):
        stage.market.order(stage.ago(95 * MINUTE, 110 * MINUTE), here, 1, of=here.shop.campaigns[-1])
    floor = locked - sold
    return stage.played(
        lambda: Expect(floors={here.key: floor}).claim("campaign-lock", fall, here, "set", "manual", to=floor)
    )


@story
def lock_known_by_the_error_alone(stage: Stage) -> Played:
    shop = stage.random.choice(("lazada-vn", "shopee-vn"))
    here, there = stage.open(50, shop, other(stage, shop))
    words = {
        "lazada-vn": "E501 NEGATIVE SELLABLE on channel inventory,entityId=1",
        "shopee-vn": "Can not update item with stock less than reserved stock",
    }
    fall = stage.random.randrange(3, 40)

    def refuse() -> None:
        here.fails_with = words[shop]

    stage.market.do(NOON - 8 * HOUR, refuse)
    stage.market.order(stage.ago(2 * HOUR, 7 * HOUR), there, fall)
    if not stage.pushes:
        return stage.played(lambda: stage.unexplained(fall, here))
    return stage.played(lambda: Expect(floors={here.key: None}).claim("campaign-lock", fall, here, "manual"))


@story
def campaign_called_off_before_its_end(stage: Stage) -> Played:
    """It is over when it was first seen over, which is the first reading."""
    here, _ = stage.open(stage.random.randrange(60, 90), "shopee-vn", "tiktok-vn")
    locked = stage.random.randrange(5, 20)
    here.forgets_lock = True
    campaign = stage.market.campaign(here, NOON - 30 * HOUR, NOON - 30 * MINUTE, locked)
    stage.market.order(NOON - 20 * HOUR, here, 1)
    stage.market.do(NOON - 29 * MINUTE, lambda: setattr(campaign, "ends_at", NOON + 30 * HOUR))
    campaign.called_off = True
    until = here.shop.as_of + SETTLE
    return stage.played(
        lambda: Expect().claim("campaign-returned", locked, here, "wait", until=until),
        lambda: Expect().claim("campaign-returned", locked, here, "set", to=stage.market.target(here)),
    )


@story
def lock_before_the_campaign_starts(stage: Stage) -> Played:
    here, there = stage.open(100, "lazada-vn", other(stage))
    locked, fall = stage.random.randrange(40, 61), stage.random.randrange(65, 95)
    recorded = stage.random.random() < 0.5
    start = NOON + 5 * HOUR
    stage.market.campaign(here, start, start + 9 * HOUR, locked, locks=NOON - 30 * HOUR, recorded=recorded)
    stage.market.order(stage.ago(2 * HOUR, 9 * HOUR), there, fall)
    return stage.played(
        lambda: Expect(floors={here.key: locked}).claim("campaign-lock", fall, here, "set", "manual", to=locked)
    )
