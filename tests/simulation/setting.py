"""One seed's world: its shops, its stock, its rules, and the schedule of everybody who acts in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from stockrecon.channels.capabilities import capabilities, imitated
from stockrecon.core.model import Component, ListingKey, ShopName, Sku
from stockrecon.core.policy import Mode, Policy, ShopPolicy
from stockrecon.core.slugs import SCENARIOS
from tests.simulation.faults import Faults
from tests.simulation.files import Exported, export_shop, upload
from tests.simulation.market import Market
from tests.simulation.places import Fate, Shelf, Shop, rule_of

HOUR = 3_600.0


@dataclass(slots=True)
class Setting:
    """`runs`: when the program is started. `calm`: for how long things go on after the last run until all stands."""

    seed: int
    market: Market
    faults: Faults
    policy: Policy
    runs: tuple[float, ...]
    calm: float
    folders: dict[ShopName, Exported]
    """What shops in files have exported, by name."""


def make(seed: int) -> Setting:
    """The same world for the same seed, whoever is let loose on it."""
    rng = Random(seed)
    shops = _shops(rng)
    number = rng.choice((3, 3, 4, 5, 6, 8, 12))
    available = {Sku(f"S{n:02d}"): rng.choice((0, 1, 2, 3, 5, 8, 12, 20, 40)) for n in range(number)}
    market = Market(
        life=Random(seed ^ 0x5EED),
        shops={shop.name: shop for shop in shops},
        available=available,
        oms=rng.choice((0.0, 0.5, 0.9)),
        records_pushes=rng.random() < 0.7,
        truth=dict(available),
        movements={sku: [] for sku in available},
    )
    _stock(rng, market)
    first = HOUR
    runs = tuple(first + n * rng.uniform(660, 1_500) for n in range(rng.randint(3, 4)))
    _schedule(rng, market, runs)
    folders = {shop.name: _exports(rng, market, shop, runs) for shop in shops if shop.in_files}
    rate = rng.choice((0.0, 0.05, 0.2, 0.5))
    faults = Faults(
        Random(seed ^ 0xFA17),
        rate,
        poison=rng.choice((0.0, 0.0, 0.15)),
        kills=rng.choice((0.0, 0.3, 0.6)),
        disk=rng.choice((0.0, 0.0, 0.0, 0.05)),
    )
    calm = rng.choice((180.0, HOUR, 5 * HOUR, 80 * HOUR))
    return Setting(seed, market, faults, _policy(rng), runs, calm, folders)


def _policy(rng: Random) -> Policy:
    plain = Policy(protect_campaign_stock=rng.random() < 0.1)
    if rng.random() < 0.25:
        return plain
    named = frozenset(slug for slug in SCENARIOS)
    return replace(plain, apply_scenarios=named, correct_unexplained=rng.random() < 0.7)


def _shops(rng: Random) -> list[Shop]:
    kinds = rng.sample(("shopee", "lazada", "model", "file"), rng.randint(1, 3))
    shops = []
    for kind in kinds:
        able = capabilities("shopee" if kind == "shopee" else "lazada")
        if kind == "model":
            able = replace(able, channel="model", compare_and_set=True)
        if kind == "file":
            able = imitated("lazada")
        mode = Mode.OBSERVE if rng.random() < 0.1 else Mode.APPLY
        channel = "file" if kind == "file" else able.channel
        policy = ShopPolicy(ShopName(kind), channel, mode=mode, stock=rule_of(rng))
        lag = rng.choice((0.0, 0.0, 2.0, 20.0))
        tells = rng.random() < 0.7
        shop = Shop(ShopName(kind), able, policy, lag, swaps=kind == "model", tells_campaigns=tells)
        shop.in_files = kind == "file"
        shops.append(shop)
    return shops


def _stock(rng: Random, market: Market) -> None:
    """Most SKUs in most shops, a few twice, some as packs and kits; at first everything is in line."""
    skus = list(market.available)
    for shop in market.shops.values():
        for n, sku in enumerate(skus):
            if rng.random() < 0.85:
                units = 2 if rng.random() < 0.1 else 1
                _place(market, shop, f"{n // 2 + 1}", f"{n}", (Component(sku, units),), sku)
            if rng.random() < 0.08:
                _place(market, shop, f"again-{n}", "", (Component(sku, 1),), sku)
        if rng.random() < 0.4 and len(skus) > 1:
            first, second = rng.sample(skus, 2)
            _place(market, shop, "kit", "", (Component(first, 1), Component(second, rng.randint(1, 2))), "KIT")


def _place(market: Market, shop: Shop, item: str, variation: str, components: tuple[Component, ...], name: str) -> None:
    shelf = Shelf(ListingKey(shop.name, item, variation), name, components, 0)
    shop.shelves[shelf.key] = shelf
    market.show(shelf, "at first", market.by_ledger(shop, shelf), 0, 0)


def _schedule(rng: Random, market: Market, runs: tuple[float, ...]) -> None:
    places = list(market.shelves())
    if not places:
        return
    end = runs[-1] + 400
    for _ in range(rng.choice((10, 40, 120))):
        shop, shelf = rng.choice(places)
        in_run = rng.random() < 0.5
        when = rng.choice(runs) + rng.uniform(0, 90) if in_run else rng.uniform(0, end)
        market.later(when, market.buy, shop, shelf, 2 if rng.random() < 0.15 else 1, _fate(rng, shop))
    _some(rng, 4, lambda shop, shelf: market.later(_late(rng, end), market.edit, shelf, rng.randint(0, 25)), places)
    _some(rng, 2, lambda shop, shelf: market.later(_late(rng, end), market.ban, shelf, rng.uniform(60, 4_000)), places)
    _some(rng, 3, lambda shop, shelf: _campaign(rng, market, shop, shelf, end), places)
    for _ in range(rng.randint(0, 4)):
        units = rng.choice((-1, 1, 3, 10, 30))
        market.later(_late(rng, end), market.receive, rng.choice(list(market.available)), units)
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        _written_off(rng, market, end)


def _some(rng: Random, most: int, plan: Callable[[Shop, Shelf], None], places: list[tuple[Shop, Shelf]]) -> None:
    for _ in range(rng.randint(0, most)):
        plan(*rng.choice(places))


def _late(rng: Random, end: float) -> float:
    return rng.uniform(HOUR / 3, end)


def _campaign(rng: Random, market: Market, shop: Shop, shelf: Shelf, end: float) -> None:
    lasts = rng.choice((600.0, 1_800.0, 3_600.0, 72 * HOUR))
    market.later(rng.uniform(0, end), market.begin_campaign, shop, shelf, rng.randint(20, 100), lasts)


def _fate(rng: Random, shop: Shop) -> Fate:
    unpaid = rng.random() < 0.2
    return Fate(
        imported=rng.uniform(2, 30) if rng.random() < 0.7 else rng.uniform(30, 600),
        paid=rng.choice((300.0, 1_200.0, None)) if unpaid else 0,
        cancelled=60 * HOUR if unpaid else rng.uniform(60, 3_000) if rng.random() < 0.15 else None,
        cancellation_imported=rng.uniform(2, 400),
        shipped=rng.uniform(HOUR, 20 * HOUR),
        from_campaign=rng.random() < 0.5,
    )


def _written_off(rng: Random, market: Market, end: float) -> None:
    """The story of scenario 3: oversold, set to 0 by hand, and then one of the orders is cancelled."""
    sku = rng.choice(list(market.available))
    when = rng.uniform(HOUR / 4, end - 600)
    fate = Fate(imported=5.0, paid=0, cancelled=None, cancellation_imported=60.0, shipped=30 * HOUR)
    market.later(when, oversell, market, sku, rng.randint(1, 2), fate)
    market.later(when + 120, market.write_off, sku, rng.uniform(60, 1_500), rng.uniform(2, 120))


def oversell(market: Market, sku: Sku, beyond: int, fate: Fate) -> None:
    """An order for more than there is: it came while nobody looked."""
    for shop, shelf in market.holding(sku):
        if len(shelf.components) == 1 and shelf.components[0].units == 1:
            market.buy(shop, shelf, max(0, market.available[sku]) + beyond, fate, forced=True)
            return


def _exports(rng: Random, market: Market, shop: Shop, runs: tuple[float, ...]) -> Exported:
    """Somebody exports the shop now and then, and now and then uploads what there is, or a part of it."""
    folder = Exported()
    when = 0.0
    while when < runs[-1] + 400:
        market.later(when, export_shop, market, shop, folder)
        if rng.random() < 0.6:
            market.later(when + rng.uniform(10, 500), upload, market, shop, folder, rng.choice((0.0, 0.5, 1.0, 1.0)))
        when += rng.uniform(200, 1_500)
    return folder
