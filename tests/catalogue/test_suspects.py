"""Who needs a case: everything that may differ, and nobody who agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.core.model import Sku
from stockrecon.core.policy import Policy
from tests.catalogue.build import Market, Row, Shop, ago, listing, opened


def suspects(market: Market, folder: Path, corrections: dict[Sku, int] | None = None) -> list[str]:
    with opened(market, folder) as catalogue:
        catalogue.set_corrections(corrections or {})
        catalogue.compare(Policy(), market.policies)
        return list(catalogue.suspects())


def stock(**available: int) -> list[Row]:
    return [{"sku": sku, "available": number} for sku, number in available.items()]


def order(status: str, age: float, quantity: int = 1, **other: object) -> Row:
    row = {"order_id": "o1", "item_id": "1", "quantity": quantity, "status": status, "created_at": ago(minutes=age)}
    return {**row, **other}


def movement(kind: str, quantity: int, age: float = 100, order_id: str = "o1", sku: str = "A") -> Row:
    return {
        "id": f"{kind}{quantity}{age}{order_id}",
        "sku": sku,
        "at": ago(minutes=age),
        "quantity": quantity,
        "kind": kind,
        "shop": "north",
        "order_id": order_id,
    }


def test_what_agrees_is_no_suspect(tmp_path: Path) -> None:
    """Two shops in line, with orders that the ledger has, shipped and cancelled ones too."""
    market = Market(
        stock=stock(A=4, B=0),
        movements=[movement("receipt", 9, 9999, ""), movement("order", -1), movement("cancel", 1, 50)],
        shops=[
            Shop(
                "north",
                [listing("1", "A", 4), listing("2", "B", 0, state="unlisted")],
                orders=[order("cancelled", 100, cancelled_at=ago(minutes=50))],
            ),
            Shop("south", [listing("1", "A", 4)]),
        ],
    )
    assert suspects(market, tmp_path) == []


@pytest.mark.parametrize(
    ("orders", "movements"),
    [
        pytest.param([order("paid", 10)], [], id="paid and young"),
        pytest.param([order("paid", 200)], [], id="paid and missing after the grace"),
        pytest.param([order("unpaid", 99999)], [], id="unpaid, however old"),
        pytest.param([order("paid", 10, 3)], [movement("order", -2)], id="booked in part"),
        pytest.param([order("paid", 10), order("paid", 10)], [movement("order", -1)], id="one of two rows booked"),
        pytest.param(
            [order("cancelled", 100, cancelled_at=ago(minutes=5))],
            [movement("order", -1)],
            id="cancelled, not put back",
        ),
        pytest.param(
            [order("cancelled", 100, updated_at=ago(days=6))], [movement("order", -1)], id="cancelled days ago"
        ),
        pytest.param(
            [order("paid", 100)], [movement("order", -1), movement("cancel", 1, 9)], id="cancelled in the ledger"
        ),
        pytest.param(
            [order("paid", 20_000), order("cancelled", 20_000, cancelled_at=ago(days=9))],
            [movement("order", -1, 19_000), movement("cancel", 1, 12_000)],
            id="one row booked and put back long ago, the other one missing",
        ),
    ],
)
def test_orders_about_which_shop_and_ledger_differ(tmp_path: Path, orders: list[Row], movements: list[Row]) -> None:
    """Although the numbers agree at this moment."""
    market = Market(
        stock=stock(A=4),
        movements=[movement("receipt", 9, 999_999, ""), movement("order", -1, 50, "other"), *movements],
        shops=[Shop("north", [listing("1", "A", 4)], orders=orders)],
    )
    assert suspects(market, tmp_path) == ["A"]


@pytest.mark.parametrize(
    ("orders", "movements"),
    [
        pytest.param([order("paid", 2000)], [movement("order", -1, 1000, "x")], id="older than the oldest movement"),
        pytest.param([order("returned", 500)], [movement("order", -1, 1000, "x")], id="returned"),
        pytest.param([order("paid", 500)], [movement("receipt", 1, 1000, "")], id="a ledger that names no orders"),
        pytest.param([order("paid", 10, 0)], [movement("order", -1, 1000, "x")], id="no units"),
        pytest.param(
            [order("cancelled", 500, cancelled_at=ago(days=9))],
            [movement("order", -1, 1000, "x"), movement("order", -1)],
            id="cancelled before the lookback",
        ),
        pytest.param([order("cancelled", 500)], [movement("order", -1, 1000, "x")], id="cancelled, never booked"),
    ],
)
def test_orders_that_tell_nothing(tmp_path: Path, orders: list[Row], movements: list[Row]) -> None:
    """They are not judged, so their SKUs stay out."""
    market = Market(stock=stock(A=4), movements=movements, shops=[Shop("north", [listing("1", "A", 4)], orders=orders)])
    assert suspects(market, tmp_path) == []


@pytest.mark.parametrize(
    ("listings", "mapping", "expected"),
    [
        pytest.param([listing("1", "A", 5)], [], ["A"], id="a variance"),
        pytest.param([listing("1", "A", 3, campaign=2)], [], ["A"], id="campaign units are exposed too"),
        pytest.param([listing("1", "A", 4, state="warning")], [], ["A"], id="a state"),
        pytest.param([listing("1", "", 4)], [], [""], id="no SKU at all"),
        pytest.param([listing("1", "a", 4)], [], ["a"], id="case matters"),
        pytest.param([listing("1", "A ", 4)], [], ["A "], id="spaces matter"),
        pytest.param([listing("1", "A", 4), listing("2", "A", 4)], [], ["A"], id="one SKU twice in a shop"),
        pytest.param(
            [listing("1", "A", 4), listing("2", "A", 4)],
            [{"shop": "north", "item_id": item, "sku": "A"} for item in "12"],
            [],
            id="twice, as the ledger says",
        ),
        pytest.param([listing("1", "A", 9, fulfilment="platform")], [], ["A"], id="platform stock"),
        pytest.param([listing("1", "A", 4, fulfilment="platform")], [], [], id="platform stock as policy says"),
        pytest.param([listing("1", "A", 9, fulfilment="computed")], [], ["A"], id="computed by the channel"),
        pytest.param([listing("1", "A", 4, fulfilment="computed")], [], [], id="computed as policy says"),
        pytest.param([listing("1", "A", 9, sells_beyond_stock=True)], [], [], id="on pre-order"),
        pytest.param([listing("1", "A", 4)], [{"shop": "north", "item_id": "9", "sku": "A"}], ["A"], id="absent"),
        pytest.param([listing("1", "A", 4)], [{"shop": "north", "item_id": "", "sku": "A"}], ["A"], id="no item id"),
        pytest.param(
            [listing("1", "A", 4)], [{"shop": "north", "item_id": "1", "sku": "X"}], ["X"], id="unknown component"
        ),
    ],
)
def test_listings(tmp_path: Path, listings: list[Row], mapping: list[Row], expected: list[str]) -> None:
    """Each reason by itself; the ledger has 4 of A."""
    market = Market(stock=stock(A=4), mapping=mapping, shops=[Shop("north", listings)])
    assert suspects(market, tmp_path) == expected


def test_orders_of_the_platforms_own_stock(tmp_path: Path) -> None:
    """They take nothing from the ledger, so none of them is missing there."""
    market = Market(
        stock=stock(A=4),
        movements=[movement("order", -1, 1000, "x")],
        shops=[Shop("north", [listing("1", "A", 4, fulfilment="platform")], orders=[order("paid", 10)])],
    )
    assert suspects(market, tmp_path) == []


def test_a_kit_stands_with_the_component_that_limits_it(tmp_path: Path) -> None:
    """The first in SKU order where several do."""
    mapping: list[Row] = [
        {"shop": "north", "item_id": "1", "sku": "B", "units": 2},
        {"shop": "north", "item_id": "1", "sku": "A", "units": 1},
        {"shop": "north", "item_id": "2", "sku": "B", "units": 3},
        {"shop": "north", "item_id": "2", "sku": "A", "units": 2},
    ]
    market = Market(
        stock=stock(A=5, B=9), mapping=mapping, shops=[Shop("north", [listing("1", "K", 9), listing("2", "L", 2)])]
    )
    assert suspects(market, tmp_path / "1") == ["B"]
    market.stock = stock(A=4, B=9)
    assert suspects(market, tmp_path / "2") == ["A"]


def test_the_ledger_below_zero_and_corrections(tmp_path: Path) -> None:
    """Also where the shop rightly shows 0, and where only the correction makes it so."""
    shop = Shop("north", [listing("1", "A", 0), listing("2", "B", 0), listing("3", "C", 2)])
    market = Market(stock=stock(A=-1, B=0, C=2), shops=[shop])
    assert suspects(market, tmp_path / "1") == ["A"]
    assert suspects(market, tmp_path / "2", {Sku("C"): -1}) == ["A", "C"]


def test_whom_to_audit(tmp_path: Path) -> None:
    """A cancellation or a manual increase since then; sales, receipts and decreases say nothing."""
    movements = [
        movement("cancel", 1, 50, sku="A"),
        movement("manual", 1, 50, sku="B"),
        movement("manual", -1, 50, sku="C"),
        movement("order", -1, 50, sku="D"),
        movement("cancel", 1, 500, sku="E"),
        movement("receipt", 1, 50, sku="F"),
    ]
    with opened(Market(stock=[], movements=movements), tmp_path) as catalogue:
        assert catalogue.audit_skus(ago(minutes=50)) == ["A", "B"]


def test_patterns_choose_among_suspects(tmp_path: Path) -> None:
    """Shell patterns, case matters."""
    shop = Shop("north", [listing(sku, sku, 9) for sku in ("A-1", "A-2", "B-1", "a-1")])
    market = Market(stock=stock(**{"A-1": 9, "A-2": 1, "B-1": 1}), shops=[shop])
    with opened(market, tmp_path) as catalogue:
        catalogue.compare(Policy(), market.policies)
        assert catalogue.suspects() == ["A-2", "B-1", "a-1"]
        assert catalogue.suspects(["A-*", "b*"]) == ["A-2"]
        assert catalogue.suspects(["A-*"], everything=True) == ["A-1", "A-2"]


def test_units_of_the_ledger_are_those_that_it_has(tmp_path: Path) -> None:
    """What is promised beyond stock takes nothing from what other SKUs have; an empty ledger has 0."""
    with opened(Market(stock=stock(A=4, B=-3, C=0, D=9)), tmp_path / "some") as catalogue:
        assert catalogue.ledger_units() == 13
    with opened(Market(stock=[]), tmp_path / "none") as catalogue:
        assert catalogue.ledger_units() == 0
