"""Products by their code, and kits by their components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stockrecon.core.model import Sku
from stockrecon.errors import DataFault, Fault
from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.fields import Row, identity, inner, link, number, text, whole
from stockrecon.ledgers.tryton.paging import some
from stockrecon.ledgers.tryton.paging import whole as whole_list
from stockrecon.ledgers.tryton.places import Scope

PRODUCT = "product.product"
COMPONENT = "product.component"
"""Of the module product_kit."""
_MOST_FAULTS = 100
_FIELDS = ("code", "type", "template", "default_uom", "quantity")
_GOODS = ["type", "in", ["goods", "kit"]]


@dataclass(frozen=True, slots=True)
class Product:
    """`on_hand`: of the moment at which it was read."""

    id: int
    sku: Sku
    kit: bool
    template: int
    unit: int
    on_hand: Decimal


@dataclass(frozen=True, slots=True)
class Component:
    sku: Sku
    units: int


@dataclass(slots=True)
class Catalogue:
    """`goods` by id. `kits`: their components; `strange`: kits that are not whole units of goods, with the reason.

    `uncoded`: products without a code.
    """

    goods: dict[int, Product] = field(default_factory=dict)
    kits: dict[Sku, tuple[Component, ...]] = field(default_factory=dict)
    strange: dict[Sku, str] = field(default_factory=dict)
    uncoded: int = 0


def catalogue_of(tryton: Tryton, scope: Scope) -> Catalogue:
    """Every active product that is goods or a kit. Raises DataFault where two of them share a code."""
    made = Catalogue()
    kits: list[Product] = []
    rows = whole_list(tryton, PRODUCT, [_GOODS], _FIELDS, scope.quantities)
    found: dict[Sku, list[Product]] = {}
    for row in rows:
        if not text(row.get("code")):
            made.uncoded += 1
            continue
        product = _product(row)
        found.setdefault(product.sku, []).append(product)
        if product.kit:
            kits.append(product)
        else:
            made.goods[product.id] = product
    _refuse_twins(found)
    if kits:
        _add_kits(tryton, made, kits)
    return made


def by_sku(tryton: Tryton, scope: Scope, skus: Sequence[Sku]) -> dict[Sku, Product]:
    """The products of some SKUs, exactly so spelled; kits are among them."""
    wanted = sorted(set(skus))
    rows = some(tryton, PRODUCT, "code", wanted, _FIELDS, [_GOODS], scope.quantities)
    found: dict[Sku, list[Product]] = {}
    for row in rows:
        product = _product(row)
        found.setdefault(product.sku, []).append(product)
    _refuse_twins(found)
    asked = frozenset(wanted)
    return {sku: products[0] for sku, products in found.items() if sku in asked}


def _product(row: Row) -> Product:
    return Product(
        id=identity(row.get("id"), f"{PRODUCT}: id"),
        sku=Sku(text(row.get("code"))),
        kit=row.get("type") == "kit",
        template=identity(row.get("template"), f"{PRODUCT}: template"),
        unit=identity(row.get("default_uom"), f"{PRODUCT}: default_uom"),
        on_hand=number(row.get("quantity"), f"{PRODUCT}: quantity"),
    )


def _refuse_twins(found: Mapping[Sku, list[Product]]) -> None:
    faults = [
        Fault(PRODUCT, 0, 0, f"the code {sku!r} stands for products {', '.join(str(one.id) for one in twins)}", "code")
        for sku, twins in sorted(found.items())
        if len(twins) > 1
    ]
    if faults:
        way_on = "Give each variant a code of its own, or deactivate what is not sold any more."
        raise DataFault("ledger", faults[:_MOST_FAULTS], way_on=way_on)


def _add_kits(tryton: Tryton, made: Catalogue, kits: Sequence[Product]) -> None:
    fields = ("parent_template", "parent_product", "product", "product.type", "quantity", "unit", "fixed")
    own: dict[int, list[Row]] = {}
    common: dict[int, list[Row]] = {}
    for row in whole_list(tryton, COMPONENT, [], fields):
        variant = link(row.get("parent_product"), f"{COMPONENT}: parent_product")
        template = link(row.get("parent_template"), f"{COMPONENT}: parent_template")
        if variant is not None:
            own.setdefault(variant, []).append(row)
        elif template is not None:
            common.setdefault(template, []).append(row)
    for kit in kits:
        # A variant's own components go before its product's, as in Tryton.
        rows = own.get(kit.id) or common.get(kit.template) or []
        units: dict[Sku, int] = {}
        reason = "" if rows else "it has no components"
        for row in rows:
            reason = reason or _take(row, made.goods, units)
        if reason:
            made.strange[kit.sku] = reason
        else:
            made.kits[kit.sku] = tuple(Component(sku, count) for sku, count in sorted(units.items()))


def _take(row: Row, goods: Mapping[int, Product], units: dict[Sku, int]) -> str:
    """Adds a component; why it cannot be told, "" where it can."""
    if inner(row, "product").get("type") == "service":
        return ""
    product = goods.get(link(row.get("product"), f"{COMPONENT}: product") or 0)
    if product is None:
        return "a component has no code, or is not active"
    if row.get("fixed") is True:
        return f"the number of {product.sku} does not grow with the number of kits"
    count = whole(number(row.get("quantity"), f"{COMPONENT}: quantity"))
    if count is None or count <= 0 or row.get("unit") != product.unit:
        return f"it takes no whole number of {product.sku} in that product's own unit"
    units[product.sku] = units.get(product.sku, 0) + count
    return ""
