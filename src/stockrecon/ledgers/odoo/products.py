"""Products by their internal reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stockrecon.core.model import Sku
from stockrecon.errors import DataFault, Fault
from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.fields import Row, identity, link, name_of
from stockrecon.ledgers.odoo.paging import whole
from stockrecon.ledgers.odoo.places import Scope

SHOWN = "product.product"
"""The name that faults give the table of products."""
_MOST_FAULTS = 100
_FIELDS = ("default_code", "display_name", "product_tmpl_id", "uom_id", "tracking")


@dataclass(frozen=True, slots=True)
class Product:
    """`stored`: Odoo counts it; services and consumables it does not."""

    id: int
    sku: Sku
    name: str
    template: int
    uom: int | None
    tracked: bool
    stored: bool


def products_of(odoo: Odoo, scope: Scope) -> tuple[dict[int, Product], int]:
    """Everything that is sold under an internal reference, and how many have none.

    Raises DataFault where two products share one.
    """
    fields, stored = _fields(odoo)
    domain = [["company_id", "in", [False, *sorted(scope.companies)]]]
    found: dict[int, Product] = {}
    uncoded = 0
    for row in whole(odoo, "product.product", domain, fields):
        product = _product(row, stored)
        if product is None:
            uncoded += 1
        else:
            found[product.id] = product
    _refuse_twins(found)
    return found, uncoded


def by_sku(odoo: Odoo, scope: Scope, skus: Sequence[Sku]) -> dict[Sku, list[Product]]:
    """The products of some SKUs, exactly; more than one where a reference stands for several."""
    fields, stored = _fields(odoo)
    company = ["company_id", "in", [False, *sorted(scope.companies)]]
    found: dict[Sku, list[Product]] = {}
    wanted = sorted(set(skus))
    for start in range(0, len(wanted), 200):
        chunk = wanted[start : start + 200]
        for row in whole(odoo, "product.product", [company, ["default_code", "in", chunk]], fields):
            product = _product(row, stored)
            if product is not None and product.sku in chunk:
                found.setdefault(product.sku, []).append(product)
    return found


def _fields(odoo: Odoo) -> tuple[list[str], str]:
    """The fields to read, and the one that says whether Odoo counts a product: it was renamed in Odoo 18."""
    stored = "is_storable" if "is_storable" in odoo.fields("product.product") else "type"
    return [*_FIELDS, stored], stored


def _product(row: Row, stored: str) -> Product | None:
    code = name_of(row.get("default_code"))
    if not code:
        return None
    return Product(
        id=identity(row.get("id"), "product.product: id"),
        sku=Sku(code),
        name=name_of(row.get("display_name")),
        template=link(row.get("product_tmpl_id"), "product.product: product_tmpl_id") or 0,
        uom=link(row.get("uom_id"), "product.product: uom_id"),
        tracked=name_of(row.get("tracking")) in ("lot", "serial"),
        # Before Odoo 18 a type of its own: `product`.
        stored=row.get(stored) in (True, "product"),
    )


def _refuse_twins(products: Mapping[int, Product]) -> None:
    by_code: dict[Sku, list[Product]] = {}
    for product in products.values():
        by_code.setdefault(product.sku, []).append(product)
    faults = []
    for sku, twins in sorted(by_code.items()):
        if len(twins) > 1:
            named = ", ".join(f"{one.name} (id {one.id})" for one in twins)
            words = f"the internal reference {sku!r} stands for {len(twins)} products: {named}"
            faults.append(Fault(SHOWN, 0, 0, words, "default_code"))
    if faults:
        way_on = "Give each product an internal reference of its own, or archive what is not sold any more."
        raise DataFault("ledger", faults[:_MOST_FAULTS], way_on=way_on)
