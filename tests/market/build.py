"""Builds a whole market from a seed: shops, thousands of SKUs in line with ordinary traffic, every cause injected."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta

from tests.market.claims import Played
from tests.market.rules import Policy, ShopPolicy
from tests.market.stories import LATER, NEED_MAPPING, NEED_PUSHES, PROTECTED, STORIES, Stage
from tests.market.things import DAY, HOUR, MINUTE, NOON, Listing
from tests.market.world import Market

ODD_NAMES = (
    "00123",
    "0123",
    "ABC",
    "abc",
    "ＡＢＣ",
    "7",
    "1e3",
    "no",
    "Áo-dài",
    "A B",
    "x,y",
    'say "hi"',
    "-5",
    "12:30",
)


@dataclass
class Built:
    """A market that was read once; `again` lets 40 minutes pass and reads it again."""

    market: Market
    played: list[Played]
    seed: int
    traits: dict[str, object] = field(default_factory=dict)

    def again(self) -> None:
        self.market.read(NOON + LATER)


def build(
    seed: int,
    calm: int,
    copies: int = 1,
    only: tuple[str, ...] = (),
    *,
    protect: bool = False,
    mapping: bool = True,
) -> Built:
    """`calm` SKUs in line and every story `copies` times (or only those named).

    `protect`: campaign stock is kept from other shops, by the OMS too; then the stories are those of that policy.
    `mapping`: whether the ledger has its `listings` table; without it a seller SKU is the SKU.
    """
    pick = random.Random(seed)
    pushes, history = pick.random() < 0.65, pick.random() < 0.6
    named = pick.random() < 0.4
    more = ("listing-sync-error", "push-not-applied", "zeroed-by-channel", "edited-in-seller-center", "unexplained")
    policy = Policy(protect_campaign_stock=protect, unexplained=pick.choice(("report", "report", "correct")))
    if named:
        policy = replace(policy, apply=policy.apply + more)
    market = Market(pushes=pushes, policy=policy)
    market.with_mapping = mapping
    _shops(market, pick, history)
    _calm(market, pick, calm)
    _silent_traffic(market, pick)
    played = []
    for name, act in (PROTECTED if protect else STORIES).items():
        if (only and name not in only) or (name in NEED_PUSHES and not pushes):
            continue
        if name in NEED_MAPPING and not mapping:
            continue
        for copy in range(copies):
            one = act(Stage(market, random.Random(f"{seed}/{name}/{copy}"), f"{name.upper()}-{copy}"))
            one.story = name
            played.append(one)
    market.watch(NOON - 8 * DAY - 30 * MINUTE, NOON + LATER)
    market.read(NOON)
    return Built(market, played, seed, {"pushes": pushes, "history": history, "policy": policy})


def _shops(market: Market, pick: random.Random, history: bool) -> None:
    ruled = ShopPolicy(
        buffer=pick.randrange(0, 4),
        percent=pick.choice((50, 70, 90, 100)),
        overrides=({"sku": "*-0", "buffer": 5}, {"sku": "CALM-1*", "cap": 7}),
    )
    for name, imitates, rules in (
        ("shopee-vn", "shopee", ShopPolicy()),
        ("shopee-edit", "shopee", ShopPolicy()),
        ("lazada-vn", "lazada", ShopPolicy()),
        ("tiktok-vn", "tiktok-shop", ShopPolicy()),
        ("shopify-us", "shopify", ShopPolicy()),
        ("silent", "shopee", ShopPolicy()),
        ("ruled", None, ruled),
        ("capped", None, ShopPolicy(cap=pick.randrange(5, 20))),
        ("divided", None, ShopPolicy(divide=True)),
        ("late", "tiktok-shop", ShopPolicy()),
        ("slow", None, ShopPolicy()),
    ):
        late = timedelta(seconds=150 if name in ("late", "slow") else pick.randrange(0, 150))
        shop = market.shop(name, imitates, policy=rules, late=late, history=history)
        shop.edit_during_campaign = name == "shopee-edit"


def _calm(market: Market, pick: random.Random, calm: int) -> None:
    """SKUs with ordinary lives: orders, cancellations, receipts, stocktakes, campaigns; quiet for the last hour."""
    names = [name for name in market.shops if name not in ("silent", "divided")]
    for number in range(calm):
        sku = ODD_NAMES[number] if number < len(ODD_NAMES) else f"CALM-{number}"
        market.sku(sku, pick.randrange(80, 400))
        listings = [market.list_(market.shops[name], sku) for name in pick.sample(names, pick.randrange(1, 4))]
        if number % 11 == 0 and market.with_mapping:
            listings.append(market.list_(market.shops[pick.choice(names)], f"{sku}/pack", {sku: pick.randrange(2, 7)}))
        if number % 13 == 0 and number > 30 and market.with_mapping:
            parts = {sku: 1, f"CALM-{pick.randrange(len(ODD_NAMES), number)}": pick.randrange(1, 4)}
            listings.append(market.list_(market.shops[pick.choice(names)], f"{sku}/kit", parts))
        for _ in range(pick.choice((0, 0, 1, 1, 2, 4))):
            _day(market, pick, sku, pick.choice(listings))


def _day(market: Market, pick: random.Random, sku: str, listing: Listing) -> None:
    time = NOON - 90 * MINUTE - timedelta(seconds=pick.randrange(6 * 86400))
    event = pick.random()
    if event < 0.6:
        pays = pick.choice((timedelta(), timedelta(), 20 * MINUTE))
        order = market.order(
            time,
            listing,
            pick.randrange(1, 4),
            delay=timedelta(seconds=pick.randrange(30, 240)),
            pays=pays,
            ships=pick.choice((None, 5 * HOUR, 20 * HOUR)),
        )
        if pick.random() < 0.2:
            market.cancel(time + 25 * MINUTE, order)
    elif event < 0.7:
        market.move(time, sku, pick.randrange(1, 50), "receipt")
    elif event < 0.8:
        market.move(time, sku, pick.choice((-2, -1, 1, 3)), pick.choice(("manual", "stocktake", "transfer")))
    elif market.policy.protect_campaign_stock:
        return  # the end of a campaign would ask for a push to every other shop, and nobody sends one
    elif listing.shop.name in ("shopee-vn", "lazada-vn") and len(listing.components) == 1 and event < 0.9:
        units = next(iter(listing.components.values()))
        market.campaign(listing, time - 70 * MINUTE, time, max(1, 10 // units))
    else:
        listing.state = "unlisted"


def _silent_traffic(market: Market, pick: random.Random) -> None:
    """A shop that sold every half hour and has said nothing for twenty hours."""
    market.sku("SILENT-OWN", 4000)
    own = market.list_(market.shops["silent"], "SILENT-OWN")
    for number in range(150):
        market.order(NOON - 22 * HOUR - number * 30 * MINUTE, own, 1)
    for name, shop in market.shops.items():
        if name != "silent":
            sku = f"BUSY-{name}"
            market.sku(sku, 1000)
            busy = market.list_(shop, sku)
            for number in range(40):
                market.order(NOON - HOUR - number * 4 * HOUR - timedelta(seconds=pick.randrange(600)), busy, 1)
