"""What stock moves mean: movements.yaml has the cases."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from stockrecon.core.model import Sku
from stockrecon.ledgers.tryton.inventories import LINE, Inventory
from stockrecon.ledgers.tryton.movements import Teller, one_after_another
from stockrecon.ledgers.tryton.moves import Move
from stockrecon.ledgers.tryton.places import Scope
from stockrecon.ledgers.tryton.setup import Setup, setup_of
from stockrecon.spool.cells import zone_of
from tests.ledgers_tryton.test_setup import settings

CASES = yaml.safe_load(Path(__file__).with_name("movements.yaml").read_text(encoding="utf-8"))
PATTERN = "(?P<shop>[^/]+)/(?P<order>.+)"
INVENTORIES = {
    1: Inventory(1, "1", 9),
    2: Inventory(2, "2", 10),
    3: Inventory(3, "3", 1, "stockrecon:SKU:1-cancel"),
}


def teller(setup: Setup) -> Teller:
    scope = Scope(1, "Company", zone_of("Asia/Ho_Chi_Minh"), {}, (), frozenset())
    return Teller(scope, setup, INVENTORIES)


def made(line: int | None = None, changed: str = "2026-11-11 11:00", **more: Any) -> Move:
    usual: dict[str, Any] = {"leaves": True, "other": "customer", "state": "done", "told_order": "shopee-vn/A-1"}
    return Move(
        product=1,
        units=Decimal(2),
        made=datetime(2026, 11, 11, 10, tzinfo=UTC),
        changed=datetime.fromisoformat(changed).replace(tzinfo=UTC),
        origin=(LINE, line) if line is not None else ("", 0),
        shipment=("stock.shipment.out", "12"),
        **{"id": 7, "effective": None, **usual, **more},
    )


@pytest.mark.parametrize("case", CASES, ids=[case["says"] for case in CASES])
def test_a_move(case: dict[str, Any]) -> None:
    """Kind, units, time and order of each movement that it tells."""
    setup = setup_of(settings(available=case.get("available", "promised"), order_pattern=PATTERN))
    found = list(teller(setup).movements(Sku("SKU"), made(**case.get("move", {}))))
    told = [
        [
            one.kind.value,
            int(one.units),
            re.sub(":00$", "", one.at.strftime("%H:%M:%S.%f").rstrip("0").rstrip(".")),
            one.order_id,
        ]
        for one in found
    ]
    assert told == case["told"]
    assert [one.id for one in found] == ["7", "7-cancel"][: len(found)]
    assert [one.ref for one in found] == [case.get("ref", ""), ""][: len(found)]
    assert all(one.shop == ("shopee-vn" if one.order_id else "") for one in found)


def test_shops_by_what_tryton_calls_them() -> None:
    """Only those that are named are known where any is; a shop's field serves where the pattern has no shop."""
    setup = setup_of(settings(shops={"shopee-vn": "SHOPEE"}, shop_field="sale.party.code"))
    for called, shop in (("SHOPEE", "shopee-vn"), ("OTHER", ""), ("", "")):
        (found,) = teller(setup).movements(Sku("SKU"), made(told_order="A-1", told_shop=called))
        assert (found.order_id, found.shop) == ("A-1", shop)


def test_notes() -> None:
    """The document's name in Tryton, for people."""
    setup = setup_of(settings())
    notes = [next(teller(setup).movements(Sku("SKU"), one)).note for one in (made(), made(other="lost_found", line=2))]
    assert notes == ["Customer Shipment 12", "Inventory 2"]


def test_an_order_made_anew_is_taken_again_after_it_was_given_back() -> None:
    """One transaction has one time, and 10 stands before 9-cancel: the new move of the order is a moment later, that of
    another order and a move that was made and cancelled at once are where they were."""
    noon = datetime(2026, 11, 11, 11, tzinfo=UTC)
    setup = setup_of(settings(order_pattern=PATTERN))
    moves = [
        made(id=9, state="cancelled"),
        replace(made(id=10), made=noon),
        replace(made(id=11, told_order="shopee-vn/B-1"), made=noon),
        replace(made(id=12, state="cancelled", told_order="shopee-vn/C-1"), made=noon),
    ]
    told = [one for move in moves for one in teller(setup).movements(Sku("SKU"), move)]
    ordered = sorted(one_after_another(told), key=lambda one: (one.at, one.id))
    assert [(one.id, one.kind.value) for one in ordered] == [
        ("9", "order"),
        ("11", "order"),
        ("12", "order"),
        ("12-cancel", "cancel"),
        ("9-cancel", "cancel"),
        ("10", "order"),
    ]
    assert {one.at for one in ordered[1:5]} == {noon}
    assert ordered[-1].at - noon == timedelta(microseconds=1)
    assert ordered[-1].order_id == "A-1"
