"""Units of measure and kits of the imitated Odoo: its own free quantities, and what leaves when a kit is sold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.erp.odoo import Odoo
from tests.erp.odoo_errors import ServerError, UserError

VERSIONS = (16, 17, 18, 19)


def free(odoo: Odoo, product: int) -> float:
    return float(odoo.read("product.product", [product], ["free_qty"])[0]["free_qty"])


def left(odoo: Odoo, kit: int, units: float, **more: Any) -> list[float]:
    """What the moves of one order of the kit take."""
    number = odoo.order(f"X{len(odoo.table('sale.order'))}", {kit: units}, **more)
    picking = next(row["id"] for row in odoo.table("stock.picking").values() if row["sale_id"] == number)
    return [odoo.table("stock.move")[move]["product_uom_qty"] for move in odoo.moves_of(picking)]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_dozen_is_twelve_units(version: int) -> None:
    """Before 19 by a factor of a twelfth and a category, since 19 by a relative factor and a reference unit."""
    odoo = Odoo(version=version)
    (dozens,) = odoo.read("uom.uom", [odoo.dozens])
    (units,) = odoo.read("uom.uom", [odoo.units])
    if version < 19:
        assert (units["factor"], units["uom_type"], dozens["uom_type"]) == (1.0, "reference", "bigger")
        assert (dozens["factor"], dozens["factor_inv"]) == (pytest.approx(1 / 12), pytest.approx(12))
        assert dozens["category_id"] == units["category_id"]
        assert "relative_factor" not in dozens
    else:
        assert (dozens["relative_factor"], dozens["relative_uom_id"]) == (12.0, [odoo.units, "Units"])
        assert (dozens["factor"], units["factor"], units["relative_uom_id"]) == (12.0, 1.0, False)
        assert "category_id" not in dozens
        with pytest.raises(ServerError, match=r"uom\.category"):
            odoo.fields("uom.category")
    assert odoo.converted(2, odoo.dozens, odoo.units) == pytest.approx(24)
    assert odoo.converted(6, odoo.units, odoo.dozens) == pytest.approx(0.5)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bill_names_its_unit_and_its_size(version: int) -> None:
    """Without one its product's own unit and one of it; lines as well."""
    odoo = Odoo(version=version)
    shirt = odoo.product("A", 24)
    odoo.kit("PAIR", {shirt: 2})
    odoo.kit("BOX", {shirt: 3}, makes=2, unit=odoo.dozens, counted={shirt: odoo.dozens})
    told = odoo.read("mrp.bom", odoo.search("mrp.bom"), ["product_qty", "product_uom_id"])
    assert [(row["product_qty"], row["product_uom_id"][1]) for row in told] == [(1.0, "Units"), (2.0, "Dozens")]
    told = odoo.read("mrp.bom.line", odoo.search("mrp.bom.line"), ["product_qty", "product_uom_id"])
    assert [(row["product_qty"], row["product_uom_id"][1]) for row in told] == [(2.0, "Units"), (3.0, "Dozens")]


@pytest.mark.parametrize("version", VERSIONS)
def test_free_kits_are_those_of_the_scarcest_part(version: int) -> None:
    """Whole ones; what is reserved of a part is not there for a kit; services keep none from being sold."""
    odoo = Odoo(version=version)
    shirt, cap = odoo.product("A", 24), odoo.product("B", 7)
    wrapping = odoo.product("W", **({"is_storable": False} if version >= 18 else {"type": "consu"}))
    kit = odoo.kit("KIT", {shirt: 2, cap: 2, wrapping: 1})
    assert free(odoo, kit) == 3.0
    odoo.order("X1", {cap: 2})
    assert free(odoo, kit) == 2.0
    (row,) = odoo.read("product.product", [kit], ["qty_available", "virtual_available", "is_kits"])
    assert (row["qty_available"], row["virtual_available"], row["is_kits"]) == (3.0, 2.0, True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_line_in_dozens_takes_twelve(version: int) -> None:
    """The free quantity and what leaves both count the component in its own unit."""
    odoo = Odoo(version=version)
    shirt = odoo.product("A", 40)
    box = odoo.kit("BOX", {shirt: 1}, counted={shirt: odoo.dozens})
    assert free(odoo, box) == 3.0
    assert left(odoo, box, 2) == [24.0]
    assert free(odoo, box) == 1.0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bill_of_several_is_divided(version: int) -> None:
    """A bill that makes 6 kits of 12 shirts: each takes 2, and 40 shirts make 20."""
    odoo = Odoo(version=version)
    shirt = odoo.product("A", 40)
    kit = odoo.kit("PAIR", {shirt: 12}, makes=6)
    # 17 rounds the ratio 3.333 to 3.33, and 19.98 down.
    assert free(odoo, kit) == (20.0 if version < 17 else 19.0)
    assert left(odoo, kit, 3) == [6.0]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bill_in_dozens_tells_dozens_and_sends_units(version: int) -> None:
    """One dozen of 36 shirts: a kit takes 3, but Odoo's own number is that of dozens, not of kits."""
    odoo = Odoo(version=version)
    shirt = odoo.product("A", 80)
    kit = odoo.kit("TRIO", {shirt: 36}, unit=odoo.dozens)
    assert free(odoo, kit) == 2.0
    assert left(odoo, kit, 1) == [3.0]
    assert left(odoo, kit, 12) == [36.0]
    assert free(odoo, kit) == 1.0


@pytest.mark.parametrize("version", VERSIONS)
def test_kits_in_kits_are_taken_apart(version: int) -> None:
    """An inner bill has its own size and unit; until 16 its number was rounded up to hundredths on the way."""
    odoo = Odoo(version=version)
    shirt = odoo.product("A", 100)
    pair = odoo.kit("PAIR", {shirt: 24}, unit=odoo.dozens)
    crate = odoo.kit("CRATE", {pair: 2, shirt: 1})
    assert free(odoo, crate) == (19.0 if version < 17 else 20.0)
    assert left(odoo, crate, 1) == [pytest.approx(4.08 if version < 17 else 4.0), 1.0]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_has_another_measure_is_not_converted(version: int) -> None:
    """Before 19 units of two categories refuse; since 19 nothing keeps them apart."""
    odoo = Odoo(version=version)
    grams = odoo.unit("Grams")
    if version < 19:
        with pytest.raises(UserError, match="category"):
            odoo.converted(1, grams, odoo.units)
    else:
        assert odoo.converted(3, grams, odoo.units) == 3.0
