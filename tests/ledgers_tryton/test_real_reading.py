"""Tryton itself, read: what its documents mean as stock and movements."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import Sku
from stockrecon.core.sources import LedgerRead
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.tryton import TrytonLedger, moves, paging
from tests.ledgers_tryton.build import ADMIN, CLOSED, COMPANY, NOBODY, OTHER, READER
from tests.ledgers_tryton.world import SHOP, World

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def ledger(tryton: World) -> Iterator[TrytonLedger]:
    with closing(tryton.open()) as opened:
        yield opened


def rows(read: LedgerRead, table: str, sku: Sku | None = None) -> list[dict[str, str]]:
    with Path(read.tables[table].path).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if sku is None or row["sku"] == sku]


def told(opened: TrytonLedger, spool: Path, sku: Sku) -> tuple[int | None, list[tuple[str, int, str, str]]]:
    """Available of a SKU, and its movements: kind, quantity, shop, order."""
    read = opened.read(spool, datetime.now(UTC))
    stock = [int(row["available"]) for row in rows(read, "stock", sku)]
    found = sorted(rows(read, "movements", sku), key=lambda row: row["at"])
    movements = [(row["kind"], int(row["quantity"]), row["shop"], row["order_id"]) for row in found]
    return (stock[0] if stock else None), movements


def test_what_documents_mean(tryton: World, ledger: TrytonLedger, tmp_path: Path) -> None:
    """Counts, orders, a cancellation and a shipment, in their order; what is shipped was taken when it was ordered."""
    sku, product = tryton.product(on_hand=5)
    first = tryton.order(product, 2, "A-1")
    second = tryton.order(product, 1, "A-2")
    tryton.cancel(first)
    tryton.ship(second)
    tryton.count(product, 3)
    available, movements = told(ledger, tmp_path, sku)
    assert movements == [
        ("manual", 5, "", ""),
        ("order", -2, SHOP, "A-1"),
        ("order", -1, SHOP, "A-2"),
        ("cancel", 2, SHOP, "A-1"),
        ("manual", -1, "", ""),
    ]
    assert available == 3 == tryton.on_hand(product)
    assert ledger.reread([sku, Sku("nobody's")]) == {sku: 3}


def test_the_three_formulas(tryton: World, tmp_path: Path) -> None:
    """An order is promised at once; what is on its way counts in the forecast; on hand is what lies there."""
    sku, product = tryton.product(on_hand=5)
    tryton.order(product, 7, "F-1")
    tryton.moved(product, 4, "SUP", "IN", done=False)
    expected = {
        "promised": (-2, [("manual", 5), ("order", -7)]),
        "forecast": (2, [("manual", 5), ("order", -7), ("receipt", 4)]),
        "on_hand": (5, [("manual", 5)]),
    }
    for formula, (available, movements) in expected.items():
        with closing(tryton.open(available=formula)) as opened:
            got, found = told(opened, tmp_path / formula, sku)
            assert (got, [each[:2] for each in found]) == (available, movements)
            assert opened.reread([sku]) == {sku: available}


def test_what_comes_in_and_goes_back(tryton: World, ledger: TrytonLedger, tmp_path: Path) -> None:
    """A supplier's delivery is a receipt when it is there; then a return; what leaves for elsewhere is a transfer."""
    sku, product = tryton.product()
    move = tryton.moved(product, 4, "SUP", "IN", done=False)
    assert told(ledger, tmp_path / "1", sku) == (0, [])
    tryton.people("stock.move.do", [move])
    tryton.moved(product, 1, "CUS", "STO", done=True)
    tryton.transfer(product, 2, "IN", "Transit")
    tryton.transfer(product, 1, "IN", "STO")
    available, movements = told(ledger, tmp_path / "2", sku)
    assert [each[:2] for each in movements] == [("receipt", 4), ("return", 1), ("transfer", -2)]
    assert available == 3 == tryton.on_hand(product)


def test_a_stocktake(tryton: World, tmp_path: Path) -> None:
    """An inventory of many lines is a count of everything; one of few sets a balance by hand."""
    sku, product = tryton.product()
    others = [tryton.product()[1] for _ in range(2)]
    tryton.count(product, 2, "STO", *others)
    for lines, kind in (("3", "stocktake"), ("4", "manual")):
        with closing(tryton.open(stocktake_lines=lines)) as opened:
            assert told(opened, tmp_path / lines, sku)[1] == [(kind, 2, "", "")]


def test_a_kit(tryton: World, ledger: TrytonLedger, tmp_path: Path) -> None:
    """A kit is its components in every shop, and has no row of its own."""
    part_sku, part = tryton.product(on_hand=9)
    component = {"product": part, "quantity": 3, "unit": tryton.unit}
    kit_sku, _ = tryton.product(type="kit", components=[["create", [component]]])
    read = ledger.read(tmp_path, datetime.now(UTC))
    assert [row for row in rows(read, "listings") if row["seller_sku"] == kit_sku] == [
        {"shop": "*", "item_id": "", "variation_id": "", "seller_sku": kit_sku, "sku": part_sku, "units": "3"}
    ]
    assert rows(read, "stock", kit_sku) == []
    assert [row["available"] for row in rows(read, "stock", part_sku)] == ["9"]


def test_products_that_are_kept_in_fractions(tryton: World, ledger: TrytonLedger, tmp_path: Path) -> None:
    """They are left out and named: half a unit can be sold nowhere."""
    kilogram = tryton.people("product.uom.search", [["name", "=", "Kilogram"]], 0, 1, None)[0]
    sku, product = tryton.product(default_uom=kilogram)
    tryton.count(product, 1.5)
    read = ledger.read(tmp_path, datetime.now(UTC))
    assert rows(read, "stock", sku) == rows(read, "movements", sku) == []
    assert any(sku in warning for warning in read.warnings)
    assert ledger.reread([sku]) == {}


def test_small_pages(tryton: World, ledger: TrytonLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of a page, the tables are the same: nothing is lost or told twice where one ends."""
    for _ in range(3):
        _, product = tryton.product(on_hand=4)
        tryton.count(product, 6)
        tryton.count(product, 5)
    whole = ledger.read(tmp_path / "whole", datetime.now(UTC))
    monkeypatch.setattr(moves, "PAGE", 5)
    monkeypatch.setattr(paging, "PAGE", 7)
    monkeypatch.setattr(paging, "CHUNK", 4)
    small = ledger.read(tmp_path / "small", datetime.now(UTC))
    for table in whole.tables:
        assert rows(small, table) == rows(whole, table)


def test_old_moves_are_no_movements(tryton: World, ledger: TrytonLedger, tmp_path: Path) -> None:
    """What is older than ledger.history is not told, though an open order of that time still holds its units."""
    sku, product = tryton.product(on_hand=5)
    tryton.order(product, 2, "O-1")
    tryton.age(product, timedelta(days=41))
    tryton.order(product, 1, "O-2")
    assert told(ledger, tmp_path, sku) == (2, [("order", -1, SHOP, "O-2")])


@pytest.mark.parametrize(
    ("user", "options", "kind", "words"),
    [
        ("nobody-here", {}, AuthFault, "Tryton does not let nobody-here in"),
        (NOBODY, {}, ReadFault, 'You are not allowed to access "Stock Move"'),
        ("", {"company": OTHER}, ReadFault, f"Tryton's user has no company {OTHER}; it has {COMPANY}"),
        (ADMIN, {"company": OTHER}, ReadFault, f"Tryton's user does not work in the company {OTHER}"),
        ("", {"warehouses": ("Nowhere",)}, ReadFault, "Tryton has no Nowhere that counts here; it has Warehouse (WH)"),
        ("", {"order_field": "shipment.none"}, ReadFault, "shipment.none: Tryton has no field none there"),
        ("", {"shop_field": "sale.reference"}, ReadFault, "shop_field: sale.reference: Tryton has no field sale there"),
    ],
)
def test_what_is_wrong_is_told(
    tryton: World, tmp_path: Path, user: str, options: dict[str, object], kind: type[ReadFault], words: str
) -> None:
    """Credentials, rights, company, warehouse and field: each by its name, with a way on, also in check."""
    tryton.order(tryton.product(on_hand=1)[1], 1, "W-1")
    with closing(tryton.open(**({"user": user} if user else {}), **options)) as opened:  # type: ignore[arg-type]
        with pytest.raises(ReadFault) as caught:
            opened.read(tmp_path, datetime.now(UTC))
        (failed,) = [line for line in opened.check() if line.ok is False]
    assert type(caught.value) is kind or isinstance(caught.value, kind)
    assert words in caught.value.what
    assert caught.value.way_on
    assert words in failed.text


def test_the_check(tryton: World, ledger: TrytonLedger) -> None:
    """It names the version, the company, the warehouses, the formula, the products, the moves and an order."""
    _, product = tryton.product(on_hand=1)
    tryton.order(product, 1, "C-1")
    lines = {line.what: line for line in ledger.check() if line.what != "corrections"}
    assert not [line for line in lines.values() if line.ok is False]
    assert lines["version"].text == "Tryton 8.2"
    assert lines["company"].text == COMPANY
    assert lines["available"].text.startswith("in Warehouse (WH): quantity less what every draft or assigned move")
    assert lines["orders"].text.startswith("known by shipment.reference, such as ")


@pytest.mark.parametrize(("user", "company"), [(READER, COMPANY), (CLOSED, OTHER)])
def test_the_rights_for_reading_are_enough(tryton: World, tmp_path: Path, user: str, company: str) -> None:
    """Those that the page lists; in another company there is nothing of this one's."""
    sku, _ = tryton.product(on_hand=2)
    with closing(tryton.open(user)) as opened:
        available, movements = told(opened, tmp_path, sku)
        own = company == COMPANY
        assert (available, len(movements)) == ((2, 1) if own else (0, 0))
        assert next(line.text for line in opened.check() if line.what == "company") == company
