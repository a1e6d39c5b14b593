"""Scenario 4: listings that take no push; listings that are not there."""

from __future__ import annotations

from tests.market.claims import Expect, Played, unheld
from tests.market.stories.stage import Stage, only_with_mapping, story
from tests.market.things import HOUR, NOON


@story
def error_states(stage: Stage) -> Played:
    pick = stage.random
    here, there = stage.open(pick.randrange(40, 90), *pick.sample(("shopee-vn", "lazada-vn", "tiktok-vn"), 2))
    state = pick.choice(("error", "warning", "banned", "reviewing"))

    def break_() -> None:
        here.state, here.message, here.fails_with = state, f"Violation {pick.randrange(99)}", "item status abnormal"

    stage.market.do(stage.ago(10 * HOUR, 20 * HOUR), break_)
    by = pick.choice((-7, -3, -1, 2, 9))
    time = stage.ago(2 * HOUR, 9 * HOUR)
    if by < 0:
        stage.market.order(time, there, -by)
    else:
        stage.move(time, by, "receipt")
    return stage.played(lambda: Expect().claim("listing-sync-error", -by, here, "manual"))


@story
def error_state_in_line(stage: Stage) -> Played:
    (here,) = stage.open(stage.random.randrange(5, 50), stage.random.choice(("shopee-vn", "lazada-vn")))
    here.state, here.message = stage.random.choice((("banned", "BANNED"), ("warning", "Missing brand")))
    return stage.played(lambda: Expect(warned=True))


@story
def push_failed(stage: Stage) -> Played:
    """The state is well, the last push was not taken."""
    pick = stage.random
    here, there = stage.open(pick.randrange(40, 90), *pick.sample(("shopee-vn", "lazada-vn", "tiktok-vn"), 2))

    def fail() -> None:
        here.fails_with = pick.choice(("timed out", "HTTP 502", "system error, try later"))

    stage.market.do(stage.ago(10 * HOUR, 20 * HOUR), fail)
    by = pick.choice((-7, -3, -1, 2, 9))
    time = stage.ago(2 * HOUR, 9 * HOUR)
    if by < 0:
        stage.market.order(time, there, -by)
    else:
        stage.move(time, by, "receipt")
    if not stage.pushes:
        return stage.played(lambda: stage.unexplained(-by, here), lambda: unheld(stage.unexplained(-by, here)))

    def first() -> Expect:
        return Expect().claim("listing-sync-error", -by, here, "set", to=stage.market.target(here), held=by > 0)

    return stage.played(first, lambda: unheld(first()))


@only_with_mapping
def mapping_without_ids(stage: Stage) -> Played:
    stage.open(stage.random.randrange(5, 50), "shopify-us")
    row = {"shop": "shopee-vn", "item_id": "", "variation_id": "", "seller_sku": stage.name, "sku": stage.name}
    stage.market.extra_mapping.append({**row, "units": 1})
    return stage.played(
        lambda: Expect().claim("listing-sync-error", 0, None, "manual", side="listing"),
    )


@only_with_mapping
def mapped_listing_absent(stage: Stage) -> Played:
    here, _ = stage.open(stage.random.randrange(5, 50), "shopee-vn", "tiktok-vn")
    here.in_snapshot = here.in_history = False
    return stage.played(lambda: Expect().claim("unlisted", 0, here, "none"))


@only_with_mapping
def mapped_listing_absent_and_its_push_failed(stage: Stage) -> Played:
    here, there = stage.open(stage.random.randrange(5, 50), "shopee-vn", "tiktok-vn")

    def vanish() -> None:
        here.in_snapshot, here.in_history, here.fails_with = False, False, "item not found"

    stage.market.do(NOON - 20 * HOUR, vanish)
    stage.market.order(stage.ago(2 * HOUR, 19 * HOUR), there, 1)
    if not stage.pushes:
        return stage.played(lambda: Expect().claim("unlisted", 0, here, "none"))
    return stage.played(lambda: Expect().claim("listing-sync-error", 0, here, "manual"))


@story
def listed_nowhere(stage: Stage) -> Played:
    stage.market.sku(stage.name, stage.random.randrange(0, 30))
    return stage.played(lambda: Expect().claim("unlisted", 0, None, "none"))


@only_with_mapping
def deleted_listing(stage: Stage) -> Played:
    """It takes no part in anything."""
    here, there = stage.open(stage.random.randrange(20, 50), "shopee-vn", "tiktok-vn")

    def delete() -> None:
        here.state, here.muted = "deleted", True

    stage.market.do(NOON - 20 * HOUR, delete)
    stage.market.order(stage.ago(2 * HOUR, 19 * HOUR), there, 1)
    return stage.played(lambda: Expect(loose=True))


@story
def unlisted_state_takes_writes(stage: Stage) -> Played:
    """A listing taken off the shelf is like any other."""
    here, there = stage.open(stage.random.randrange(20, 50), "shopee-vn", "tiktok-vn")
    here.state = "unlisted"
    stage.market.order(stage.ago(2 * HOUR, 19 * HOUR), there, 1)
    return stage.played(Expect)
