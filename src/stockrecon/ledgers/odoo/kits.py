"""Kits by their components: bills of materials of type `phantom`, taken apart in exact fractions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.fields import Row, identity, ids, link, name_of, number
from stockrecon.ledgers.odoo.paging import some, whole
from stockrecon.ledgers.odoo.places import Scope
from stockrecon.ledgers.odoo.products import Product
from stockrecon.ledgers.odoo.units import Units

_DEEPEST = 8
_VARIANTS = "bom_product_template_attribute_value_ids"
_UNITS = ("product_uom_id", "uom_id")
"""The unit of a bill and of its lines: renamed after Odoo 19."""
_SHOWN = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Component:
    product: int
    units: int


def kits_of(
    odoo: Odoo, scope: Scope, products: Mapping[int, Product]
) -> tuple[dict[int, tuple[Component, ...]], dict[int, str]] | None:
    """Kits by product id, and those that cannot be told, with the reason; None without Manufacturing."""
    if not odoo.has("mrp.bom"):
        return None
    kits: dict[int, tuple[Component, ...]] = {}
    strange: dict[int, str] = {}
    domain = [["type", "=", "phantom"], ["company_id", "in", [False, *sorted(scope.companies)]]]
    named = _unit_of(odoo, "mrp.bom")
    boms = whole(odoo, "mrp.bom", domain, ["product_tmpl_id", "product_id", "product_qty", "sequence", *named])
    if not boms:
        return kits, strange
    bills = [_Bill.of(row, named) for row in boms]
    lines = _lines(odoo, [bill.id for bill in bills])
    chosen = {one.id: bill for one in products.values() if (bill := _bill_of(one, bills)) is not None}
    opened = _Kits(products, chosen, lines, Units(odoo))
    for product in chosen:
        try:
            kits[product] = opened.components(product)
        except _Strange as reason:
            strange[product] = str(reason)
    return kits, strange


def _unit_of(odoo: Odoo, model: str) -> tuple[str, ...]:
    there = odoo.fields(model)
    return tuple(name for name in _UNITS if name in there)[:1]


@dataclass(frozen=True, slots=True)
class _Bill:
    """`makes`: so many kits of `unit` are made of its lines. `unit` is None where Odoo does not tell it."""

    id: int
    template: int | None
    product: int | None
    sequence: int
    makes: Fraction
    unit: int | None
    unit_name: str

    @classmethod
    def of(cls, row: Row, named: tuple[str, ...]) -> _Bill:
        told = row.get(named[0]) if named else None
        sequence = row.get("sequence")
        return cls(
            id=identity(row.get("id"), "mrp.bom: id"),
            template=link(row.get("product_tmpl_id"), "mrp.bom: product_tmpl_id"),
            product=link(row.get("product_id"), "mrp.bom: product_id"),
            sequence=sequence if isinstance(sequence, int) else 0,
            makes=Fraction(number(row.get("product_qty"), "mrp.bom: product_qty")),
            unit=link(told, "mrp.bom: unit"),
            unit_name=name_of(told),
        )

    def serves(self, product: Product) -> bool:
        return self.product == product.id if self.product is not None else self.template == product.template


@dataclass(frozen=True, slots=True)
class _Line:
    product: int
    quantity: Fraction
    unit: int | None
    for_some: bool


def _lines(odoo: Odoo, bills: list[int]) -> dict[int, list[_Line]]:
    named = _unit_of(odoo, "mrp.bom.line")
    wanted = ["bom_id", "product_id", "product_qty", *named]
    if _VARIANTS in odoo.fields("mrp.bom.line"):
        wanted.append(_VARIANTS)
    found: dict[int, list[_Line]] = {}
    for row in some(odoo, "mrp.bom.line", "bom_id", bills, wanted):
        line = _Line(
            link(row.get("product_id"), "mrp.bom.line: product_id") or 0,
            Fraction(number(row.get("product_qty"), "mrp.bom.line: product_qty")),
            link(row.get(named[0]), "mrp.bom.line: unit") if named else None,
            bool(ids(row.get(_VARIANTS), "mrp.bom.line")),
        )
        found.setdefault(link(row.get("bom_id"), "mrp.bom.line: bom_id") or 0, []).append(line)
    return found


def _bill_of(product: Product, bills: Iterable[_Bill]) -> _Bill | None:
    """As Odoo chooses: by sequence; of those alike the variant's own goes before the template's."""
    serving = [bill for bill in bills if bill.serves(product)]
    return min(serving, key=lambda bill: (bill.sequence, bill.product is None, bill.id), default=None)


class _Strange(Exception):
    """A kit that cannot be told in whole units of products."""


@dataclass(slots=True)
class _Kits:
    products: Mapping[int, Product]
    chosen: Mapping[int, _Bill]
    lines: Mapping[int, list[_Line]]
    units: Units

    def components(self, kit: int) -> tuple[Component, ...]:
        """What one kit, in its product's own unit, consists of; kits in kits taken apart."""
        found: dict[int, Fraction] = {}
        self._add(kit, Fraction(1), found, 0)
        if not found:
            raise _Strange("it has no components")
        for part, count in found.items():
            if count.denominator != 1:
                raise _Strange(f"it takes {_shown(count)} of {self.products[part].sku}, which is no whole number")
        return tuple(Component(part, int(count)) for part, count in sorted(found.items()))

    def _add(self, kit: int, times: Fraction, found: dict[int, Fraction], depth: int) -> None:
        if depth > _DEEPEST:
            raise _Strange("it contains itself")
        bill = self.chosen[kit]
        runs = times * self._runs(self.products[kit], bill)
        for line in self.lines.get(bill.id, []):
            if line.for_some:
                raise _Strange("its components differ between variants")
            part = self.products.get(line.product)
            if part is None:
                raise _Strange("a component has no internal reference")
            ratio = self.units.ratio(line.unit, part.uom)
            if ratio is None:
                raise _Strange(f"it counts {part.sku} in a unit of measure that is not told in the product's own")
            each = runs * line.quantity * ratio
            if each <= 0:
                raise _Strange(f"it takes {_shown(each)} of {part.sku}, which is no whole number")
            if part.id in self.chosen:
                self._add(part.id, each, found, depth + 1)
            elif part.stored:
                # What Odoo does not count (wrapping, a leaflet) never keeps a kit from being sold.
                found[part.id] = found.get(part.id, Fraction(0)) + each

    def _runs(self, product: Product, bill: _Bill) -> Fraction:
        """How often one of the product, in its own unit, needs the bill's lines."""
        ratio = self.units.ratio(product.uom, bill.unit)
        if ratio is None:
            unit = f" ({bill.unit_name})" if bill.unit_name else ""
            raise _Strange(f"the unit{unit} of the bill of materials of {product.sku} is not told in the product's own")
        if bill.makes <= 0:
            raise _Strange(f"the bill of materials of {product.sku} makes {_shown(bill.makes)}")
        return ratio / bill.makes


def _shown(count: Fraction) -> str:
    told = (Decimal(count.numerator) / Decimal(count.denominator)).quantize(_SHOWN)
    return f"{told.normalize():f}"
