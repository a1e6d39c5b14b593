"""Targets worked by hand where chance seldom leads: dividing, kits with caps, campaigns of other shops."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from stockrecon.core.model import ShopName
from stockrecon.core.policy import Override, Policy, ShopPolicy, StockRule
from tests.catalogue.build import NOW, Market, Row, Shop, listing, opened


def targets(market: Market, folder: Path, policy: Policy | None = None) -> dict[tuple[str, str, str], object]:
    with opened(market, folder) as catalogue:
        catalogue.compare(policy or Policy(), market.policies)
        sql = """select l.shop, l.item_id, l.variation_id, n.target from line n join listing l on l.lid = n.lid"""
        return {row[:3]: row[3] for row in catalogue._open.execute(sql).fetchall()}


def shop(name: str, listings: list[Row], rule: StockRule | None = None, *overrides: Override, **more: object) -> Shop:
    rules = ShopPolicy(ShopName(name), "shopee", stock=rule or StockRule(), overrides=overrides)
    return Shop(name, listings, policy=rules, **more)  # type: ignore[arg-type]


def test_a_divided_share_goes_to_the_first_listings(tmp_path: Path) -> None:
    """11 among 4 of the seller's own listings in the order of item and variation; platform stock has no part."""
    rows = [
        listing("2", "A", variation_id="1"),
        listing("1", "A", variation_id="9"),
        listing("10", "A"),
        listing("1", "A", variation_id="1"),
        listing("0", "A", fulfilment="platform"),
    ]
    market = Market(stock=[{"sku": "A", "available": 11}], shops=[shop("n", rows, StockRule(divide=True))])
    assert targets(market, tmp_path) == {
        ("n", "0", ""): None,
        ("n", "1", "1"): 3,
        ("n", "1", "9"): 3,
        ("n", "10", ""): 3,
        ("n", "2", "1"): 2,
    }


def test_a_kit_takes_the_smallest_of_components_and_caps(tmp_path: Path) -> None:
    """Each component by its own rule: A allows 5 // 2, B is capped at 1 by its own pattern."""
    mapping: list[Row] = [
        {"shop": "n", "item_id": item, "sku": sku, "units": units}
        for item, sku, units in [("1", "A", 2), ("1", "B", 1), ("2", "A", 2), ("2", "C", 3)]
    ]
    rules = Override("[B]", StockRule(cap=1)), Override("C?", StockRule(cap=0)), Override("L", StockRule(buffer=1))
    market = Market(
        stock=[{"sku": sku, "available": 5} for sku in "ABC"],
        mapping=mapping,
        shops=[shop("n", [listing("1", "K"), listing("2", "L"), listing("3", "C")], None, *rules)],
    )
    assert targets(market, tmp_path) == {("n", "1", ""): 1, ("n", "2", ""): 1, ("n", "3", ""): 5}


def test_floors_below_zero_and_percents(tmp_path: Path) -> None:
    """Half of 7 is 3; half of -1 floors to -1, so that a cap or a pack size cannot lift it."""
    market = Market(
        stock=[{"sku": "A", "available": 7}, {"sku": "B", "available": -1}, {"sku": "C", "available": 10**18 - 1}],
        shops=[shop("n", [listing(sku, sku) for sku in "ABC"], StockRule(percent=50))],
    )
    assert targets(market, tmp_path) == {("n", "A", ""): 3, ("n", "B", ""): 0, ("n", "C", ""): 499999999999999999}


def test_campaigns_of_other_shops_keep_their_units(tmp_path: Path) -> None:
    """Units locked elsewhere, less what was sold of them, count times units; nothing falls below its own lock."""
    campaign: Row = {
        "campaign_id": "c",
        "item_id": "1",
        "starts_at": NOW + timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=2),
        "locked": 6,
        "sold": 2,
        "state": "upcoming",
    }
    over: Row = {**campaign, "campaign_id": "d", "locked": 50, "state": "cancelled"}
    market = Market(
        stock=[{"sku": "A", "available": 10}],
        mapping=[{"shop": "m", "item_id": "1", "sku": "A", "units": 2}],
        shops=[
            shop("m", [listing("1", "A")], campaigns=[campaign, over]),
            shop("n", [listing("1", "A"), listing("2", "A", campaign=7)]),
        ],
    )
    protect = Policy(protect_campaign_stock=True)
    # m keeps 4 packs of 2, n keeps 7: n is left 10 - 8 = 2, but its locked listing 7; m is left (10 - 7) // 2 = 1,
    # but no less than its own 4 packs.
    assert targets(market, tmp_path / "1", protect) == {("m", "1", ""): 4, ("n", "1", ""): 2, ("n", "2", ""): 7}
    assert targets(market, tmp_path / "2") == {("m", "1", ""): 5, ("n", "1", ""): 10, ("n", "2", ""): 10}
    market.stock = [{"sku": "A", "available": 5}]
    assert targets(market, tmp_path / "3", protect) == {("m", "1", ""): 2, ("n", "1", ""): 0, ("n", "2", ""): 5}
