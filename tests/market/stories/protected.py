"""Campaign stock that is kept from other shops, by an OMS that knows of it or not."""

from __future__ import annotations

from tests.market.claims import Expect, Played
from tests.market.stories.stage import Stage, protected
from tests.market.things import HOUR, NOON, Listing


def _kept_from_others(stage: Stage, *, both: bool) -> list[Listing]:
    """One or two shops lock, also before the start; an order then makes the OMS send what it may to each."""
    pick = stage.random
    listings = stage.open(pick.randrange(60, 120), "shopee-vn", "lazada-vn", "tiktok-vn")
    for listing in listings[: 2 if both else 1]:
        start = NOON + pick.choice((-20, 6)) * HOUR
        stage.market.campaign(listing, start, start + 60 * HOUR, pick.randrange(5, 40), locks=NOON - 40 * HOUR)
    stage.market.order(stage.ago(2 * HOUR, 18 * HOUR), listings[2], pick.randrange(1, 20))
    return listings


@protected
def locked_in_one_shop(stage: Stage) -> Played:
    _kept_from_others(stage, both=False)
    return stage.played(Expect)


@protected
def locked_in_two_shops(stage: Stage) -> Played:
    _kept_from_others(stage, both=True)
    return stage.played(Expect)


@protected
def locked_and_little_left(stage: Stage) -> Played:
    """What others locked brings a shop no lower than its own locked units."""
    here, there = stage.open(40, "shopee-vn", "lazada-vn")
    stage.market.campaign(here, NOON - 30 * HOUR, NOON + 30 * HOUR, stage.random.randrange(25, 36))
    stage.market.campaign(there, NOON - 30 * HOUR, NOON + 30 * HOUR, stage.random.randrange(25, 36))
    stage.move(stage.ago(2 * HOUR, 18 * HOUR), 1, "receipt")
    return stage.played(Expect)


@protected
def locked_and_not_told(stage: Stage) -> Played:
    """The OMS knows nothing of the policy for this one: what it shows is too much by what is locked elsewhere."""
    here, there = stage.open(stage.random.randrange(60, 90), "shopee-vn", "tiktok-vn", in_history=False, muted=True)
    locked = stage.random.randrange(5, 30)
    stage.market.campaign(here, NOON - 30 * HOUR, NOON + 30 * HOUR, locked)
    return stage.played(lambda: stage.unexplained(locked, there))
