"""The bulk comparison says of every listing what the pure functions say, and no SKU with anything to tell is missed."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.catalogue import Catalogue
from stockrecon.core.compare import World, case_of, make_world
from stockrecon.core.model import Listing, ShopName, Sku, SkuFacts
from stockrecon.core.policy import DeclaredCampaign, Override, Policy, ShopPolicy, StockRule
from tests.catalogue.build import NOW, Market, Row, Shop, ago, opened

SKUS = ["A", "B", "KIT-1", "KIT-2", "a", "Ａ", " A"]
ITEMS = ["1", "2", "10"]
skus = st.sampled_from(SKUS)
counts = st.one_of(st.integers(0, 12), st.just(10**18 - 1))
rules = st.builds(
    StockRule,
    buffer=st.sampled_from([0, 1, 3, 10**30]),
    percent=st.sampled_from([0, 33, 50, 100]),
    cap=st.sampled_from([None, 0, 4, 10**30]),
    divide=st.booleans(),
)
patterns = st.sampled_from(["*", "A", "KIT-*", "?", "[A-K]*", "[!A]", " A", "*1", "KIT-[12]", "."])
minutes = st.sampled_from([-30, 1, 20, 40, 600, 3 * 24 * 60, 20 * 24 * 60])


@st.composite
def shops(draw: st.DrawFn, name: str) -> Shop:
    places = draw(st.lists(st.tuples(st.sampled_from(ITEMS), st.sampled_from(["", "1", "2"])), max_size=6, unique=True))
    seller_skus = st.sampled_from(["", *SKUS[:5], "stranger"])
    listings: list[Row] = [
        {
            "item_id": item,
            "variation_id": variation,
            "seller_sku": draw(seller_skus),
            "sellable": draw(counts),
            "campaign": draw(st.sampled_from([0, 0, 2])),
            "state": draw(st.sampled_from(["ok", "ok", "ok", "banned", "deleted"])),
            "fulfilment": draw(st.sampled_from(["seller", "seller", "seller", "platform", "computed"])),
            "sells_beyond_stock": draw(st.sampled_from([False, False, False, True])),
        }
        for item, variation in places
    ]
    placed = st.sampled_from(places) if places else st.just(("1", ""))
    campaigns: list[Row] = [
        {
            "campaign_id": str(number),
            "item_id": place[0],
            "variation_id": place[1],
            "starts_at": ago(minutes=draw(minutes)),
            "ends_at": NOW + timedelta(minutes=draw(minutes)) - timedelta(minutes=60),
            "locked": draw(st.integers(0, 9)),
            "sold": draw(st.sampled_from([None, 0, 3])),
            "state": draw(st.sampled_from(["upcoming", "running", "ended", "cancelled"])),
        }
        for number, place in enumerate(draw(st.lists(placed, max_size=3)))
    ]
    declared = tuple(
        DeclaredCampaign(item, variation, draw(st.integers(0, 5)), ago(minutes=draw(minutes)), NOW + timedelta(hours=1))
        for item, variation in draw(st.lists(placed, max_size=1))
    )
    overrides = tuple(draw(st.lists(st.builds(Override, patterns, rules), max_size=3)))
    return Shop(
        name,
        listings,
        orders=[draw(orders(place)) for place in draw(st.lists(placed, max_size=4))],
        campaigns=campaigns,
        complete=draw(st.booleans()),
        policy=ShopPolicy(ShopName(name), "shopee", stock=draw(rules), overrides=overrides, campaigns=declared),
    )


@st.composite
def orders(draw: st.DrawFn, place: tuple[str, str]) -> Row:
    status = draw(st.sampled_from(["unpaid", "paid", "shipped", "cancel_requested", "cancelled", "returned"]))
    return {
        "order_id": draw(st.sampled_from(["o1", "o2", "o3"])),
        "item_id": place[0],
        "variation_id": place[1],
        "quantity": draw(st.integers(0, 3)),
        "status": status,
        "created_at": ago(minutes=draw(minutes)),
        "cancelled_at": ago(minutes=draw(minutes)) if status == "cancelled" else None,
    }


@st.composite
def markets(draw: st.DrawFn) -> Market:
    names = ["north", "south"]
    sold = [draw(shops(name)) for name in names]
    known = draw(st.lists(skus, min_size=2, max_size=6, unique=True))
    here = [(shop.name, row["item_id"], row["variation_id"]) for shop in sold for row in shop.listings]
    strange = st.tuples(st.sampled_from([*names, "gone"]), st.sampled_from(["", "1"]), st.sampled_from(["", "3"]))
    places = draw(st.lists(strange if not here else st.one_of(st.sampled_from(here), strange), max_size=4, unique=True))
    consumed = st.lists(st.sampled_from([*known, *known, *SKUS, "nowhere"]), min_size=1, max_size=3, unique=True)
    mapped = [(place, sku) for place in places for sku in draw(consumed)]
    movements: list[Row] = [
        {
            "id": str(number),
            "sku": draw(skus),
            "at": ago(minutes=draw(minutes)),
            "quantity": draw(st.integers(-3, 3)),
            "kind": draw(st.sampled_from(["order", "order", "cancel", "manual", "receipt"])),
            "shop": draw(st.sampled_from(["", *names])),
            "order_id": draw(st.sampled_from(["", "o1", "o2", "o3"])),
        }
        for number in range(draw(st.integers(0, 5)))
    ]
    return Market(
        stock=[{"sku": sku, "available": draw(st.one_of(st.integers(-4, 12), st.just(10**18 - 1)))} for sku in known],
        movements=movements,
        mapping=[
            {"shop": shop, "item_id": item, "variation_id": variation, "sku": sku, "units": draw(st.integers(1, 3))}
            for (shop, item, variation), sku in mapped
        ],
        shops=sold,
    )


def world_of(market: Market, facts: dict[Sku, SkuFacts], policy: Policy, corrections: dict[Sku, int]) -> World:
    assert market.ledger_facts is not None
    shops, policies = market.shop_facts, market.policies
    return make_world(facts, market.ledger_facts, shops, policies, policy, NOW, {}, corrections)


def lines_of(catalogue: Catalogue) -> dict[tuple[str, str, str], tuple[object, ...]]:
    sql = """select l.shop, l.item_id, l.variation_id, n.home, n.exposed, n.target, n.by_policy
        from line n join listing l on l.lid = n.lid"""
    return {row[:3]: row[3:] for row in catalogue._open.execute(sql).fetchall()}


@settings(max_examples=30, deadline=None)
@given(markets(), st.booleans(), st.dictionaries(skus.map(Sku), st.integers(-3, 0), max_size=2))
def test_bulk_equals_pure(market: Market, protect: bool, corrections: dict[Sku, int]) -> None:
    """Home, target and exposed of every listing; and every SKU that the pure side has something to say of is named."""
    policy = Policy(protect_campaign_stock=protect)
    with tempfile.TemporaryDirectory() as folder, opened(market, Path(folder)) as catalogue:
        catalogue.set_corrections(corrections)
        catalogue.compare(policy, market.policies)
        facts = {one.sku: one for one in catalogue.facts(catalogue.suspects(everything=True))}
        suspects = set(catalogue.suspects())
        lines = lines_of(catalogue)
        totals = catalogue.totals()
    world = world_of(market, facts, policy, corrections)
    seen = {}
    for sku in facts:
        case = case_of(sku, world)
        for account in case.accounts:
            key = account.key
            seen[key.shop, key.item_id, key.variation_id] = (
                sku,
                account.listing.exposed,
                account.target,
                account.by_policy,
            )
            if telling(account.listing, account.variance, account.target, account.by_policy):
                assert sku in suspects
        position = case.position
        if position is None:
            assert not case.accounts or sku in suspects
        else:
            pending = (*position.in_flight, *position.not_imported, *position.not_restocked)
            assert not pending or sku in suspects
            assert case.deficit == 0 or sku in suspects
        assert not any(row.shop_read or not row.key.item_id for row in facts[sku].absent) or sku in suspects
    assert lines == seen
    assert totals.listings == len(seen)
    variances = [exposed - target for _, exposed, target, _ in seen.values() if target is not None]
    assert totals.in_line == variances.count(0)
    assert totals.variance_units == sum(map(abs, variances))
    assert totals.oversell_units == sum(one for one in variances if one > 0)


def telling(listing: Listing, variance: int | None, target: int | None, by_policy: int | None) -> bool:
    if listing.state.value not in ("ok", "unlisted"):
        return True
    return bool(variance) if target is not None else by_policy is not None and by_policy != listing.exposed
