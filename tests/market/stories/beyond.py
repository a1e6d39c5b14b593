"""None of the six: platform stock, duplicates, strangers, pushes, edits, silence, policy, and what nobody knows."""

from __future__ import annotations

from tests.market.claims import Expect, Played, unheld
from tests.market.stories.stage import Stage, only_with_mapping, story
from tests.market.things import HOUR, MINUTE, NOON


@story
def stock_of_the_platform(stage: Stage) -> Played:
    stage.market.sku(stage.name, 30)
    here = stage.market.list_(stage.market.shops["lazada-vn"], stage.name, fulfilment="platform")
    stage.market.list_(stage.market.shops["shopee-vn"], stage.name)
    stage.market.do(NOON - 30 * HOUR, lambda: setattr(here, "sellable", 111))
    return stage.played(lambda: Expect().claim("platform-fulfilled", 0, here, "none"))


@story
def two_listings_one_sku(stage: Stage) -> Played:
    stage.open(stage.random.randrange(5, 50), "shopee-vn", "shopee-vn", in_mapping=False)
    return stage.played(lambda: Expect().claim("duplicate-sku", 0, None, "manual", side="any"))


@only_with_mapping
def two_listings_and_the_ledger_says_so(stage: Stage) -> Played:
    stage.open(stage.random.randrange(5, 50), "shopee-vn", "shopee-vn")
    return stage.played(Expect)


@story
def sku_unknown_to_the_ledger(stage: Stage) -> Played:
    stage.market.of_sku[stage.name] = []
    here = stage.market.list_(stage.market.shops["tiktok-vn"], stage.name, in_mapping=False, muted=True)
    return stage.played(lambda: Expect().claim("unknown-sku", 0, here, "manual"))


@story
def push_accepted_and_not_applied(stage: Stage) -> Played:
    pick = stage.random
    here, there = stage.open(pick.randrange(40, 90), *pick.sample(("shopee-vn", "lazada-vn", "tiktok-vn"), 2))
    stage.market.do(stage.ago(40 * HOUR, 50 * HOUR), lambda: setattr(here, "swallows", True))
    by = pick.choice((-5, -1, 3))
    time = stage.ago(2 * HOUR, 30 * HOUR)
    if by < 0:
        stage.market.order(time, there, -by)
    else:
        stage.move(time, by, "receipt")
    if not stage.pushes:
        return stage.played(lambda: stage.unexplained(-by, here), lambda: unheld(stage.unexplained(-by, here)))
    sure = stage.has_history(here)

    def first() -> Expect:
        to = stage.market.target(here)
        if sure:
            return Expect().claim("push-not-applied", -by, here, "set", to=to, held=by > 0)
        return Expect(loose=True).claim(
            "push-not-applied", -by, here, ambiguous=True, also=("edited-in-seller-center",)
        )

    return stage.played(first, (lambda: unheld(first())) if sure else None)


@story
def zeroed_for_want_of_stock(stage: Stage) -> Played:
    here, _ = stage.open(stage.random.randrange(10, 40), "lazada-vn", "shopee-vn")
    order = stage.market.order(NOON - 60 * HOUR, here, 1)
    time = stage.ago(3 * HOUR, 50 * HOUR)
    stage.market.do(time - MINUTE, lambda: setattr(here, "muted", True))
    stage.market.cancel(time, order, by="seller", reason="Out of stock", zeroes=True)

    def first() -> Expect:
        to = stage.market.target(here)
        return Expect().claim("zeroed-by-channel", -to, here, "set", to=to, held=True)

    return stage.played(first, lambda: unheld(first()))


@story
def edited_by_hand(stage: Stage) -> Played:
    pick = stage.random
    here, there = stage.open(pick.randrange(40, 90), *pick.sample(("shopee-vn", "lazada-vn", "tiktok-vn"), 2))
    stage.market.order(NOON - 60 * HOUR, there, 3)
    by = pick.choice((-9, -2, 1, 6))

    def edit() -> None:
        here.sellable += by

    stage.market.do(stage.ago(3 * HOUR, 50 * HOUR), edit)
    named = "edited-in-seller-center" in stage.market.policy.apply

    def first() -> Expect:
        to = stage.market.target(here)
        if not stage.has_history(here):
            if not stage.pushes:
                return stage.unexplained(by, here)
            return Expect(loose=True).claim(
                "edited-in-seller-center", by, here, ambiguous=True, also=("push-not-applied",)
            )
        if named:
            return Expect().claim("edited-in-seller-center", by, here, "set", to=to, held=by < 0)
        return Expect().claim("edited-in-seller-center", by, here, "none")

    return stage.played(first, lambda: unheld(first()))


@story
def shop_fell_silent(stage: Stage) -> Played:
    silent, there = stage.open(stage.random.randrange(20, 60), "silent", "shopee-vn")
    stage.market.do(NOON - 21 * HOUR, lambda: setattr(silent, "muted", True))
    count = stage.random.randrange(1, 5)
    stage.market.order(stage.ago(2 * HOUR, 20 * HOUR), there, count)
    return stage.played(lambda: Expect().claim("shop-silent", count, silent, "manual"))


@story
def nobody_knows_why(stage: Stage) -> Played:
    """Never pushed, never seen before."""
    (here,) = stage.open(stage.random.randrange(20, 60), "shopify-us", muted=True, in_history=False)
    by = stage.random.choice((-3, 2, 8))

    def drift() -> None:
        here.sellable += by

    stage.market.do(NOON - 30 * HOUR, drift)
    return stage.played(lambda: stage.unexplained(by, here), lambda: unheld(stage.unexplained(by, here)))


@story
def deficit_without_orders(stage: Stage) -> Played:
    """Somebody wrote the ledger below nothing."""
    stage.open(3, "shopee-vn", "lazada-vn")
    stage.move(NOON - 30 * HOUR, -5, "manual")
    return stage.played(lambda: Expect(deficit=2).claim("unexplained", 2, None, "none"))


@only_with_mapping
def kit_that_was_edited(stage: Stage) -> Played:
    """A kit stands once, where its limiting component does."""
    parts = {f"{stage.name}-A": 2, f"{stage.name}-B": 1}
    stage.market.sku(f"{stage.name}-A", 41)
    stage.market.sku(f"{stage.name}-B", 33)
    kit = stage.market.list_(stage.market.shops["shopee-vn"], stage.name, parts, muted=True, in_history=False)
    stage.market.list_(stage.market.shops["lazada-vn"], f"{stage.name}-A")
    stage.market.list_(stage.market.shops["tiktok-vn"], f"{stage.name}-B")

    def drift() -> None:
        kit.sellable += 4

    stage.market.do(NOON - 30 * HOUR, drift)
    played = stage.played(lambda: stage.unexplained(4, kit), None, *parts)
    played.sku = f"{stage.name}-A"
    return played


@story
def shop_with_rules_of_its_own(stage: Stage) -> Played:
    """Buffer, percent, cap and override are policy, no variance; a drift beside them is one."""
    pick = stage.random
    shop = pick.choice(("ruled", "capped"))
    (here,) = stage.open(pick.randrange(0, 60), shop, muted=True, in_history=False)
    by = pick.randrange(1, 5)

    def drift() -> None:
        here.sellable += by

    stage.market.do(NOON - 30 * HOUR, drift)
    return stage.played(lambda: stage.unexplained(by, here))


@only_with_mapping
def listings_that_share(stage: Stage) -> Played:
    """A shop that divides: the listings of one SKU share its number, and one was edited."""
    _, there = stage.open(2 * stage.random.randrange(10, 30), "divided", "divided", muted=True, in_history=False)
    by = stage.random.randrange(1, 5)

    def drift() -> None:
        there.sellable += by

    stage.market.do(NOON - 30 * HOUR, drift)
    return stage.played(lambda: stage.unexplained(by, there))


@only_with_mapping
def unknown_sku_without_a_name(stage: Stage) -> Played:
    """A listing without a seller SKU that the ledger's mapping names."""
    stage.market.sku(stage.name, stage.random.randrange(20, 60))
    stage.market.list_(stage.market.shops["tiktok-vn"], "", {stage.name: 1})
    return stage.played(Expect)
