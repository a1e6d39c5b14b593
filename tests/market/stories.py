"""Every cause, acted out on a SKU of its own, with what the page says of it (semantics sections 2 to 6).

A story is a function of a stage; it lets things happen and returns what `diff` must say after the first and after the
second reading, 40 minutes later. Its numbers come from the story, never from the program.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.market.claims import Expect, Played, unheld
from tests.market.rules import target
from tests.market.world import HOUR, MINUTE, NOON, Listing, Market, Order

GRACE, LATENCY, SETTLE = 30 * MINUTE, 5 * MINUTE, 30 * MINUTE
LATER = 40 * MINUTE
"""How long after the first reading the second one is made."""


@dataclass
class Stage:
    """Where one story plays: its own SKU in shops of the market."""

    market: Market
    random: random.Random
    name: str

    @property
    def pushes(self) -> bool:
        return self.market.with_pushes

    def has_history(self, listing: Listing) -> bool:
        return listing.shop.history

    def open(self, stock: int, *shops: str, **more: object) -> list[Listing]:
        """The SKU with its stock, listed in `shops` under its own name."""
        self.market.sku(self.name, stock)
        return [self.market.list_(self.market.shops[shop], self.name, **more) for shop in shops]  # type: ignore[arg-type]

    def ago(self, low: timedelta, high: timedelta) -> datetime:
        """Some time between `high` and `low` before noon, to the second."""
        return NOON - low - timedelta(seconds=self.random.randrange(int((high - low).total_seconds()) + 1))

    def move(self, time: datetime, quantity: int, kind: str, *, push: bool = True) -> None:
        self.market.move(time, self.name, quantity, kind, push=push)

    def unexplained(self, units: int, listing: Listing) -> Expect:
        """Nothing tells why; corrected only where the policy says so."""
        if self.market.policy.unexplained == "report":
            return Expect().claim("unexplained", units, listing, "none")
        to = self.market.target(listing)
        return Expect().claim("unexplained", units, listing, "set", to=to, held=units < 0)

    def played(self, first: Callable[[], Expect], second: Callable[[], Expect] | None = None, *skus: str) -> Played:
        return Played("", self.name, first, second, skus)


Story = Callable[[Stage], Played]
STORIES: dict[str, Story] = {}
PROTECTED: dict[str, Story] = {}
"""What is played where campaign stock is kept from other shops."""
NEED_PUSHES: set[str] = set()
NEED_MAPPING: set[str] = set()


def story(act: Story) -> Story:
    STORIES[act.__name__.replace("_", "-")] = act
    return act


def only_with_pushes(act: Story) -> Story:
    """A story that nobody can tell without the pushes table."""
    NEED_PUSHES.add(act.__name__.replace("_", "-"))
    return story(act)


def only_with_mapping(act: Story) -> Story:
    """A story that is another one without the ledger's listings table."""
    NEED_MAPPING.add(act.__name__.replace("_", "-"))
    return story(act)


def other(stage: Stage, *not_these: str) -> str:
    """A shop with ordinary rules, none of `not_these`."""
    return stage.random.choice([name for name in ("shopee-vn", "tiktok-vn", "shopify-us") if name not in not_these])


# 1: campaigns that come back


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


# 2: campaigns that lock


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


# 3: cancelled orders that were written off


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


# 4: listings that cannot take a push


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


# 5: unpaid orders on Lazada


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


# 6: two orders for the last units


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


# in flight and missing


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


# none of the six


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


# the same causes, told less plainly


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


def protected(act: Story) -> Story:
    PROTECTED[act.__name__.replace("_", "-")] = act
    return act


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
