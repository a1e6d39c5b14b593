"""What is handed out about a SKU: all of it, nothing of others, in a fixed order."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.catalogue import Catalogue
from stockrecon.core.model import (
    AbsentListing,
    Campaign,
    CampaignState,
    Component,
    ListingKey,
    PastFinding,
    Push,
    ShopName,
    Sku,
    Snapshot,
)
from stockrecon.core.policy import DeclaredCampaign, Policy, ShopPolicy
from tests.catalogue.build import NOW, Market, Shop, ago, listing, opened

NORTH, SOUTH = ShopName("north"), ShopName("south")


def key(shop: str, item: str, variation: str = "") -> ListingKey:
    return ListingKey(ShopName(shop), item, variation)


def test_a_kit_belongs_to_each_of_its_components(tmp_path: Path) -> None:
    """Its orders and pushes are handed out with every SKU that it consumes, and its components are in SKU order."""
    market = Market(
        stock=[{"sku": "A", "available": 1}, {"sku": "B", "available": 2}],
        mapping=[
            {"shop": "north", "item_id": "1", "sku": "B", "units": 3},
            {"shop": "north", "item_id": "1", "sku": "A", "units": 1},
        ],
        pushes=[{"shop": "north", "item_id": "1", "quantity": 1, "at": ago(hours=1), "ok": True}],
        shops=[
            Shop(
                "north",
                [listing("1", "KIT", 4), listing("2", "A", 5)],
                orders=[
                    {"order_id": "o", "item_id": "1", "quantity": 1, "status": "paid", "created_at": ago(hours=2)},
                    {"order_id": "p", "item_id": "2", "quantity": 1, "status": "paid", "created_at": ago(hours=3)},
                ],
            )
        ],
    )
    with opened(market, tmp_path) as catalogue:
        a, b = catalogue.facts([Sku("B"), Sku("A")])
    assert (a.sku, b.sku) == ("A", "B")
    kit = b.listings[0]
    assert kit.components == (Component(Sku("A"), 1), Component(Sku("B"), 3))
    assert kit.mapped
    assert [one.key.item_id for one in a.listings] == ["1", "2"]
    assert [one.order_id for one in a.orders] == ["p", "o"]
    assert [one.order_id for one in b.orders] == ["o"]
    assert a.pushes == b.pushes == (Push(key("north", "1"), 1, ago(hours=1), True),)


def test_movements_come_in_time_order_and_numeric_ids_as_numbers(tmp_path: Path) -> None:
    """10 comes after 9; empty texts of the ledger are unknown."""
    market = Market(
        stock=[{"sku": "A", "available": 0}],
        movements=[
            {"id": identity, "sku": "A", "at": at, "quantity": -1, "kind": "order", "balance": balance}
            for identity, at, balance in [("10", NOW, 1), ("9", NOW, None), ("z", ago(hours=1), 0), ("x", NOW, None)]
        ],
    )
    with opened(market, tmp_path) as catalogue:
        (facts,) = catalogue.facts([Sku("A")])
    assert [one.id for one in facts.movements] == ["z", "9", "10", "x"]
    first = facts.movements[0]
    assert (first.shop, first.order_id, first.balance, first.ref, first.note) == (None, None, 0, None, None)
    assert first.at == ago(hours=1)


def test_a_sku_that_nobody_knows_has_no_facts(tmp_path: Path) -> None:
    """Unknown is None, never 0; a seller SKU that only a shop knows has its listings."""
    market = Market(stock=[], shops=[Shop("north", [listing("1", "stranger", 4), listing("2", "", 4)])])
    with opened(market, tmp_path) as catalogue:
        none, nobody, stranger = catalogue.facts([Sku("stranger"), Sku("nobody"), Sku("")])
    assert nobody.available is None
    assert nobody.listings == ()
    assert stranger.available is None
    assert stranger.listings[0].components == (Component(Sku("stranger"), 1),)
    assert none.listings[0].components == ()


def test_rows_of_the_ledger_that_no_listing_answers_to(tmp_path: Path) -> None:
    """Without an id; with an id that the shop lacks; of a shop that is not part of the run: nothing."""
    market = Market(
        stock=[{"sku": "A", "available": 1}],
        mapping=[
            {"shop": "north", "item_id": "", "seller_sku": "a1", "sku": "A"},
            {"shop": "north", "item_id": "1", "variation_id": "9", "sku": "A"},
            {"shop": "south", "item_id": "7", "sku": "A"},
            {"shop": "elsewhere", "item_id": "7", "sku": "A"},
            {"shop": "north", "item_id": "1", "variation_id": "1", "sku": "A"},
        ],
        pushes=[
            {"shop": "south", "item_id": "7", "quantity": 1, "at": ago(hours=at), "ok": at == 2, "error": ""}
            for at in (1, 2)
        ],
        shops=[
            Shop("north", [listing("1", "A", 1, variation_id="1"), listing("1", "B", 1, variation_id="2")]),
            Shop("south", [listing("8", "A", 1)], complete=False),
        ],
    )
    with opened(market, tmp_path) as catalogue:
        (facts,) = catalogue.facts([Sku("A")])
    assert facts.absent == (
        AbsentListing(key("north", ""), "a1", False, True),
        AbsentListing(key("north", "1", "9"), "", True, True),
        AbsentListing(key("south", "7"), "", False, False, Push(key("south", "7"), 1, ago(hours=1), False)),
    )
    assert dict(facts.item_counts) == {(NORTH, "1"): (2, 2)}


def test_a_shop_that_failed_is_part_of_the_run(tmp_path: Path) -> None:
    """Its rows in the ledger are told as of a shop that was not read."""
    market = Market(
        stock=[{"sku": "A", "available": 1}], mapping=[{"shop": "north", "item_id": "1", "sku": "A"}], shops=[]
    )
    with opened(market, tmp_path) as catalogue:
        catalogue.compare(Policy(), {NORTH: ShopPolicy(NORTH, "shopee")})
        (facts,) = catalogue.facts([Sku("A")])
        assert catalogue.suspects() == []
        assert catalogue.unlisted() == []
    assert facts.absent == (AbsentListing(key("north", "1"), "", False, False),)


def test_deleted_listings_take_no_part(tmp_path: Path) -> None:
    """They are counted, and that is all: their rows in the ledger are absent, their SKU is unlisted."""
    shop = Shop("north", [listing("1", "A", 5, state="deleted"), listing("2", "B", 3, campaign=1)])
    market = Market(stock=[{"sku": "A", "available": 1}, {"sku": "B", "available": 4}], shops=[shop])
    with opened(market, tmp_path) as catalogue:
        catalogue.compare(Policy(), market.policies)
        counts = catalogue.counts(NORTH)
        assert (counts.rows, counts.in_stock, counts.exposed, counts.deleted) == (1, 1, 4, 1)
        assert catalogue.listings(NORTH) == 1
        assert catalogue.suspects() == []
        assert catalogue.unlisted() == ["A"]
        assert catalogue.suspects(everything=True) == ["A", "B"]
        assert catalogue.suspects(["[A]"], everything=True) == ["A"]
        assert not next(catalogue.facts([Sku("A")])).listings


def test_snapshots_past_findings_and_our_own_writes(tmp_path: Path) -> None:
    """History of the shop, of the state and the last run's snapshot file come together, in time order."""
    market = Market(
        stock=[{"sku": "A", "available": 1}],
        shops=[
            Shop(
                "north",
                [listing("1", "A", 5, withheld=2)],
                history=[{"at": ago(hours=3), "item_id": "1", "sellable": 1, "campaign": 2, "withheld": 3}],
            )
        ],
    )
    one = key("north", "1")
    past = PastFinding(one, "campaign-lock", 3, 4, ago(hours=2))
    push = Push(one, 9, ago(minutes=5), True, source="state")
    remembered = Snapshot(one, ago(hours=2), 7, 0, 0, "state")
    with opened(market, tmp_path) as catalogue:
        catalogue.load_snapshots(NORTH, [remembered])
        catalogue.load_past([past, PastFinding(key("north", "2"), "x", 1, 1, NOW)])
        catalogue.load_pushes([push])
        catalogue.save_snapshot(NORTH, tmp_path / "last.parquet")
        catalogue.load_previous(NORTH, tmp_path / "last.parquet", ago(hours=1))
        (facts,) = catalogue.facts([Sku("A")])
    assert facts.past == (past,)
    assert facts.pushes == (push,)
    assert facts.snapshots == (
        Snapshot(one, ago(hours=3), 1, 2, 3),
        remembered,
        Snapshot(one, ago(hours=1), 5, 0, 2, "last run"),
    )


def campaign(identity: str, **other: object) -> dict[str, object]:
    row = {"campaign_id": identity, "item_id": "1", "starts_at": ago(hours=9), "ends_at": NOW + timedelta(hours=9)}
    return {**row, "locked": 5, "state": "running", **other}


def test_when_a_campaign_was_over(tmp_path: Path) -> None:
    """At its end, or when it was first seen ended or cancelled, whichever is earlier; and what memory adds to that."""
    rows = [
        campaign("running"),
        campaign("past", ends_at=ago(hours=1), state="ended"),
        campaign("cut", state="cancelled"),
        campaign("cut-before", state="cancelled"),
    ]
    declared = DeclaredCampaign("1", "", 7, ago(hours=2), ago(hours=1))
    policy = ShopPolicy(NORTH, "shopee", campaigns=(declared,))
    market = Market(
        stock=[{"sku": "A", "available": 1}],
        shops=[Shop("north", [listing("1", "A")], campaigns=rows, policy=policy)],
    )

    def memory(identity: str, **other: object) -> Campaign:
        ends = NOW + timedelta(hours=9)
        shown = Campaign(identity, key("north", "1"), ago(hours=9), ends, 1, None, CampaignState.RUNNING)
        return Campaign(**{**{name: getattr(shown, name) for name in shown.__slots__}, **other})

    with opened(market, tmp_path) as catalogue:
        catalogue.load_campaign_memory(
            NORTH,
            [
                memory("cut-before", over_since=ago(hours=3)),
                memory("running"),
                memory("vanished"),
                memory("vanished-long", ends_at=ago(days=1)),
            ],
        )
        (facts,) = catalogue.facts([Sku("A")])
    found = {one.campaign_id: (one.over_since, one.locked, one.declared) for one in facts.campaigns}
    assert found == {
        "running": (None, 5, False),
        "past": (ago(hours=1), 5, False),
        "cut": (NOW, 5, False),
        "cut-before": (ago(hours=3), 5, False),
        "vanished": (NOW, 1, False),
        "vanished-long": (ago(days=1), 1, False),
        "declared": (ago(hours=1), 7, True),
    }


def test_what_a_shops_listings_share(tmp_path: Path) -> None:
    """The last event, the usual interval of at least four, and whether the ledger names the shop's orders."""
    events = [ago(hours=hours) for hours in (8, 6, 4, 1)]
    orders = [
        {"order_id": str(at), "item_id": "1", "quantity": 1, "status": "paid", "created_at": at} for at in events[:3]
    ]
    market = Market(
        stock=[{"sku": "A", "available": 1}],
        movements=[
            {
                "id": "1",
                "sku": "A",
                "at": ago(days=2),
                "quantity": -1,
                "kind": "order",
                "shop": "north",
                "order_id": "o",
            }
        ],
        pushes=[{"shop": "north", "item_id": "1", "quantity": 1, "at": events[3], "ok": False}],
        shops=[Shop("north", [listing("1", "A", 1)], orders=orders), Shop("south", [listing("1", "A", 1)])],
    )
    with opened(market, tmp_path):
        north, south = (market.shop_facts[name] for name in (NORTH, SOUTH))
    assert (north.last_event, north.usual_interval) == (events[3], timedelta(hours=2))
    assert (north.names_orders, north.orders_known, north.campaigns_known, north.pushes_known) == (True,) * 2 + (
        False,
        True,
    )
    assert (south.names_orders, south.orders_known, south.last_event, south.usual_interval) == (
        False,
        False,
        None,
        None,
    )
    assert market.ledger_facts is not None
    assert market.ledger_facts.oldest_movement == ago(days=2)
    assert market.ledger_facts.tables == {"stock", "movements", "pushes"}


def test_many_skus_in_several_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks neither lose nor repeat a SKU."""
    monkeypatch.setattr("stockrecon.catalogue.facts._CHUNK", 7)
    names = [f"S{number:03}" for number in range(30)]
    market = Market(
        stock=[{"sku": name, "available": number} for number, name in enumerate(names)],
        shops=[Shop("north", [listing(name, name, number) for number, name in enumerate(names)])],
    )
    with opened(market, tmp_path) as catalogue:
        found = list(catalogue.facts(Sku(name) for name in [*reversed(names), "S001"]))
    assert [one.sku for one in found] == names
    assert [one.listings[0].sellable for one in found] == [one.available for one in found] == list(range(30))


def test_outside_of_its_with_a_catalogue_is_closed(tmp_path: Path) -> None:
    """And its spill folder is gone."""
    with Catalogue(tmp_path) as catalogue:
        assert (tmp_path / "duckdb").is_dir()
    assert not (tmp_path / "duckdb").exists()
    with pytest.raises(RuntimeError):
        catalogue.totals()


def test_a_kit_that_an_erp_knows_is_its_components_in_every_shop(tmp_path: Path) -> None:
    """By its seller SKU; a row that names the listing itself goes first, and a third listing is its seller SKU."""
    market = Market(
        stock=[{"sku": "A", "available": 1}, {"sku": "B", "available": 2}],
        mapping=[
            {"shop": "*", "item_id": "", "seller_sku": "KIT", "sku": "A", "units": 2},
            {"shop": "*", "item_id": "", "seller_sku": "KIT", "sku": "B", "units": 1},
            {"shop": "south", "item_id": "9", "sku": "B", "units": 4},
        ],
        shops=[
            Shop("north", [listing("1", "KIT", 4), listing("2", "A", 5), listing("3", "", 5)]),
            Shop("south", [listing("9", "KIT", 4)]),
        ],
    )
    with opened(market, tmp_path) as catalogue:
        a, b = catalogue.facts([Sku("B"), Sku("A")])
    assert [(one.key.item_id, one.components) for one in a.listings] == [
        ("1", (Component(Sku("A"), 2), Component(Sku("B"), 1))),
        ("2", (Component(Sku("A"), 1),)),
    ]
    assert [(one.key.shop, one.components[-1]) for one in b.listings] == [
        ("north", Component(Sku("B"), 1)),
        ("south", Component(Sku("B"), 4)),
    ]
    assert (a.absent, b.absent) == ((), ())
