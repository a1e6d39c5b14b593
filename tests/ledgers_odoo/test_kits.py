"""Kits are their components, counted in whatever unit of measure their bills are written."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from stockrecon.ledgers.odoo import units
from tests.ledgers_odoo.conftest import Make, rows
from tests.ledgers_odoo.fake import FakeOdoo

UNITS, DOZENS, SIXES, GROSS, KILOS, TENTHS, BROKEN = 1, 2, 3, 4, 5, 6, 7
_HOLD = {UNITS: (False, 1), DOZENS: (UNITS, 12), SIXES: (UNITS, 6), GROSS: (DOZENS, 12), KILOS: (False, 1)}
_HOLD |= {TENTHS: (UNITS, 0.1)}


@dataclass
class Workshop:
    """A fake Odoo with units of measure as its version keeps them. `named`: the field of a bill's unit."""

    odoo: FakeOdoo
    named: str = "product_uom_id"

    def __post_init__(self) -> None:
        for unit, (of, holds) in _HOLD.items():
            # The gross is archived; bills in it are there all the same.
            self.odoo.add("uom.uom", id=unit, active=unit != GROSS, **self._measured(unit, of, holds))

    def _measured(self, unit: int, of: int | bool, holds: float) -> dict[str, object]:
        if self.odoo.major >= 19:
            return {"relative_factor": holds, "relative_uom_id": [of, "U"] if of else False}
        size = holds * (_HOLD[int(of)][1] if of else 1)
        kind = "reference" if not of else "bigger" if size > 1 else "smaller"
        # As floating point numbers turn out: a dozen is 0.08333333333333333 of itself.
        turned = {"factor": 1 / size, "factor_inv": 1 / (1 / size)}
        return {"category_id": [2 if unit == KILOS else 1, "C"], "uom_type": kind, **turned}

    def product(self, sku: str, unit: int = UNITS, **more: object) -> int:
        return self.odoo.product(sku, uom_id=[unit, f"unit {unit}"], **more)

    def kit(
        self, product: int, parts: dict[int, float], *, makes: float = 1, unit: int = UNITS, **more: object
    ) -> None:
        """`parts`: so many of each, in the unit that `of` names for it, else in pieces."""
        row = self.odoo.tables["product.product"][product]
        of = more.pop("of", {})
        assert isinstance(of, dict)
        usual = {"product_tmpl_id": row["product_tmpl_id"], "product_id": False, "sequence": 0, "company_id": False}
        told = {self.named: [unit, f"unit {unit}"]}
        bom = self.odoo.add("mrp.bom", type="phantom", product_qty=makes, **{**usual, **told, **more})
        for part, units_of in parts.items():
            line = {"product_id": [part, "P"], "product_qty": units_of, self.named: [of.get(part, UNITS), "U"]}
            self.odoo.add("mrp.bom.line", bom_id=[bom, "B"], **line)


@pytest.fixture
def shop(odoo: FakeOdoo) -> Workshop:
    return Workshop(odoo)


def listed(shop: Workshop, ledger: Make, spool: Path) -> set[tuple[str, str, str]]:
    found = rows(ledger(shop.odoo), shop.odoo, spool)
    return {(row["seller_sku"], row["sku"], row["units"]) for row in found.get("listings", [])}


def told(shop: Workshop, ledger: Make, spool: Path) -> tuple[str, ...]:
    return ledger(shop.odoo).read(spool, shop.odoo.now).warnings


def test_a_kit_is_its_components(shop: Workshop, ledger: Make, tmp_path: Path) -> None:
    """Also kits in kits; one that takes parts of a unit is left out and told."""
    cup, lid, pair = shop.product("cup"), shop.product("lid"), shop.product("p")
    shop.kit(pair, {cup: 2, lid: 1})
    shop.kit(shop.product("b"), {pair: 3, lid: 1})
    shop.kit(shop.product("h"), {cup: 1}, makes=2)
    found = rows(ledger(shop.odoo), shop.odoo, tmp_path)
    assert sorted(row["sku"] for row in found["stock"]) == ["cup", "lid"]
    assert {row["shop"] for row in found["listings"]} == {"*"}
    assert listed(shop, ledger, tmp_path) == {
        ("p", "cup", "2"),
        ("p", "lid", "1"),
        ("b", "cup", "6"),
        ("b", "lid", "4"),
    }
    assert told(shop, ledger, tmp_path) == ("kit h is left out: it takes 0.5 of cup, which is no whole number",)


@pytest.mark.parametrize(
    ("own", "makes", "unit", "units_of", "each"),
    [
        (DOZENS, 1, UNITS, 1, "12"),
        (UNITS, 1, DOZENS, 12, "1"),
        (UNITS, 1, GROSS, 432, "3"),
        (GROSS, 2, SIXES, 1, "12"),
        (UNITS, 0.5, DOZENS, 6, "1"),
        (UNITS, 10, TENTHS, 3, "3"),
        (DOZENS, 1, DOZENS, 5, "5"),
        (KILOS, 2, KILOS, 4, "2"),
    ],
)
def test_a_bill_counts_kits_in_its_own_unit(
    shop: Workshop, ledger: Make, tmp_path: Path, own: int, makes: float, unit: int, units_of: float, each: str
) -> None:
    """What one kit takes is told in the unit in which the kit is sold, to the unit."""
    box, cup = shop.product("box", own), shop.product("cup")
    shop.kit(box, {cup: units_of}, makes=makes, unit=unit)
    assert listed(shop, ledger, tmp_path) == {("box", "cup", each)}
    assert told(shop, ledger, tmp_path) == ()


def test_a_line_counts_in_its_own_unit(shop: Workshop, ledger: Make, tmp_path: Path) -> None:
    """Of a component, and of a kit inside whose bill has another one still."""
    cup, pair, box = shop.product("cup"), shop.product("pair", SIXES), shop.product("box")
    shop.kit(pair, {cup: 24}, makes=2, unit=DOZENS)
    shop.kit(box, {pair: 1, cup: 0.5}, of={pair: DOZENS, cup: SIXES})
    assert listed(shop, ledger, tmp_path) == {("pair", "cup", "6"), ("box", "cup", "15")}


def test_parts_that_come_to_whole_units_are_whole(shop: Workshop, ledger: Make, tmp_path: Path) -> None:
    """A third of a packet of three is one, and Odoo does not count leaflets."""
    cup, pack, box = shop.product("cup"), shop.product("pack"), shop.product("box")
    stored = {"is_storable": False} if shop.odoo.major >= 18 else {"type": "consu"}
    leaflet = shop.product("leaflet", **stored)
    shop.kit(pack, {cup: 3})
    shop.kit(box, {pack: 1, cup: 3, leaflet: 1}, makes=3)
    assert listed(shop, ledger, tmp_path) == {("pack", "cup", "3"), ("box", "cup", "2")}


def test_what_cannot_be_converted_is_told(shop: Workshop, ledger: Make, tmp_path: Path) -> None:
    """Dozens of a kit that is sold by weight, a component weighed, a bill without a unit: left out, each by name."""
    cup = shop.product("cup")
    shop.kit(shop.product("weighed", KILOS), {cup: 1}, unit=DOZENS)
    shop.kit(shop.product("line"), {cup: 1}, of={cup: KILOS})
    bare, outer = shop.product("bare"), shop.product("outer")
    shop.kit(bare, {cup: 1}, product_uom_id=False)
    shop.kit(outer, {bare: 1})
    without = "is not told in the product's own"
    assert told(shop, ledger, tmp_path) == (
        f"kit weighed is left out: the unit (unit {DOZENS}) of the bill of materials of weighed {without}",
        f"kit line is left out: it counts cup in a unit of measure that {without}",
        f"kit bare is left out: the unit of the bill of materials of bare {without}",
        f"kit outer is left out: the unit of the bill of materials of bare {without}",
    )
    assert listed(shop, ledger, tmp_path) == set()
    assert [row["sku"] for row in rows(ledger(shop.odoo), shop.odoo, tmp_path)["stock"]] == ["cup"]


def test_without_the_right_to_read_units_none_is_guessed(shop: Workshop, ledger: Make, tmp_path: Path) -> None:
    """Kits whose units are all alike are told as before."""
    shop.odoo.denied.add("uom.uom")
    cup = shop.product("cup")
    shop.kit(shop.product("box"), {cup: 12}, unit=DOZENS)
    shop.kit(shop.product("pair"), {cup: 2})
    assert listed(shop, ledger, tmp_path) == {("pair", "cup", "2")}
    (words,) = told(shop, ledger, tmp_path)
    assert words.startswith("kit box is left out: the unit")


def test_units_are_read_only_where_two_meet(shop: Workshop, ledger: Make, tmp_path: Path) -> None:
    """A shop that counts in pieces asks Odoo nothing more than before."""
    shop.kit(shop.product("pair"), {shop.product("cup"): 2})
    assert listed(shop, ledger, tmp_path) == {("pair", "cup", "2")}
    assert not [call for call in shop.odoo.calls if call.startswith("uom.uom")]


def test_a_bill_of_a_later_odoo(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """After Odoo 19 the unit of a bill and of its lines has another name."""
    shop = Workshop(latest, "uom_id")
    shop.kit(shop.product("box"), {shop.product("cup"): 12}, unit=DOZENS)
    assert listed(shop, ledger, tmp_path) == {("box", "cup", "1")}


def test_units_that_go_round_in_circles_tell_nothing(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Neither do those whose beginning is not there."""
    shop = Workshop(latest)
    latest.add("uom.uom", id=BROKEN, relative_factor=2, relative_uom_id=[BROKEN + 1, "U"])
    latest.add("uom.uom", id=BROKEN + 1, relative_factor=0.5, relative_uom_id=[BROKEN, "U"])
    latest.add("uom.uom", id=BROKEN + 2, relative_factor=2, relative_uom_id=[99, "U"])
    cup = shop.product("cup")
    for unit in (BROKEN, BROKEN + 2):
        shop.kit(shop.product(f"box {unit}"), {cup: 1}, unit=unit)
    assert listed(shop, ledger, tmp_path) == set()
    assert len(told(shop, ledger, tmp_path)) == 2


def test_a_bill_is_chosen_as_odoo_chooses_it(shop: Workshop, ledger: Make, tmp_path: Path) -> None:
    """By sequence; of those alike the variant's own goes before that of all variants."""
    cup = shop.product("cup")
    for sku, of_all in (("own", 1), ("all", 0)):
        kit = shop.product(sku)
        shop.kit(kit, {cup: 3}, sequence=of_all)
        shop.kit(kit, {cup: 2}, product_id=[kit, "P"], sequence=1)
    assert listed(shop, ledger, tmp_path) == {("own", "cup", "2"), ("all", "cup", "3")}


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (Decimal("11.999999999999998"), Fraction(12)),
        (Decimal("0.0833333333333333"), Fraction(1, 12)),
        (Decimal("0.45359237"), Fraction(45359237, 100000000)),
        (12, Fraction(12)),
        (Decimal("1.23456789E-7"), None),
        (Decimal(0), None),
        (Decimal(-2), None),
        (Decimal("Infinity"), None),
        (False, None),
        ("12", None),
    ],
)
def test_a_factor_is_the_number_that_was_meant(value: object, meant: Fraction | None) -> None:
    """Floating point noise is taken off; what is no factor, or no fraction near, tells nothing."""
    assert units.exact(value) == meant
