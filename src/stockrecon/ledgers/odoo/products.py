"""Products by their internal reference, and kits by their components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stockrecon.core.model import Sku
from stockrecon.errors import DataFault, Fault
from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.fields import Row, identity, ids, link, name_of, number
from stockrecon.ledgers.odoo.paging import some, whole
from stockrecon.ledgers.odoo.places import Scope

SHOWN = "product.product"
"""The name that faults give the table of products."""
_MOST_FAULTS = 100
_DEEPEST = 8
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


@dataclass(frozen=True, slots=True)
class Component:
    product: int
    units: int


@dataclass(slots=True)
class Catalogue:
    """`kits`: components by the kit's product id. `uncoded`: products without an internal reference.

    `strange`: kits whose components are not whole units of one product each, with the reason.
    """

    products: dict[int, Product] = field(default_factory=dict)
    kits: dict[int, tuple[Component, ...]] = field(default_factory=dict)
    uncoded: int = 0
    strange: dict[int, str] = field(default_factory=dict)
    kits_known: bool = True

    def stock(self) -> list[Product]:
        """What has a row of its own in the ledger's stock: what Odoo counts, and no kit."""
        kits = {*self.kits, *self.strange}
        return [product for product in self.products.values() if product.stored and product.id not in kits]


def catalogue_of(odoo: Odoo, scope: Scope) -> Catalogue:
    """Everything that is sold under an internal reference. Raises DataFault where two products share one."""
    fields, stored = _fields(odoo)
    domain = [["company_id", "in", [False, *sorted(scope.companies)]]]
    made = Catalogue()
    for row in whole(odoo, "product.product", domain, fields):
        product = _product(row, stored)
        if product is None:
            made.uncoded += 1
        else:
            made.products[product.id] = product
    _refuse_twins(made.products)
    _add_kits(odoo, scope, made)
    return made


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


def _add_kits(odoo: Odoo, scope: Scope, made: Catalogue) -> None:
    """Kits are bills of materials of type `phantom`; without Manufacturing there are none."""
    if not odoo.has("mrp.bom"):
        made.kits_known = False
        return
    domain = [["type", "=", "phantom"], ["company_id", "in", [False, *sorted(scope.companies)]]]
    boms = whole(odoo, "mrp.bom", domain, ["product_tmpl_id", "product_id", "product_qty", "sequence"])
    if not boms:
        return
    numbers = [identity(bom.get("id"), "mrp.bom: id") for bom in boms]
    wanted = ["bom_id", "product_id", "product_qty", "product_uom_id"]
    optional = "bom_product_template_attribute_value_ids"
    if optional in odoo.fields("mrp.bom.line"):
        wanted.append(optional)
    lines: dict[int, list[Row]] = {}
    for line in some(odoo, "mrp.bom.line", "bom_id", numbers, wanted):
        lines.setdefault(link(line.get("bom_id"), "mrp.bom.line: bom_id") or 0, []).append(line)
    boms.sort(key=lambda bom: (_sequence(bom), identity(bom.get("id"), "mrp.bom: id")))
    chosen: dict[int, Row] = {}
    for product in made.products.values():
        bom = _bom_of(product, boms)
        if bom is not None:
            chosen[product.id] = bom
    kits = _Kits(made.products, chosen, lines)
    for product_id in chosen:
        try:
            made.kits[product_id] = kits.components(product_id)
        except _Strange as strange:
            made.strange[product_id] = str(strange)


def _sequence(bom: Row) -> int:
    found = bom.get("sequence")
    return found if isinstance(found, int) else 0


def _bom_of(product: Product, boms: Sequence[Row]) -> Row | None:
    """The variant's own kit goes before the template's."""
    own = next((bom for bom in boms if link(bom.get("product_id"), "mrp.bom: product_id") == product.id), None)
    if own is not None:
        return own
    return next(
        (
            bom
            for bom in boms
            if link(bom.get("product_id"), "mrp.bom: product_id") is None
            and link(bom.get("product_tmpl_id"), "mrp.bom: product_tmpl_id") == product.template
        ),
        None,
    )


class _Strange(Exception):
    """A kit that cannot be told in whole units of products."""


@dataclass(slots=True)
class _Kits:
    products: Mapping[int, Product]
    chosen: Mapping[int, Row]
    lines: Mapping[int, list[Row]]

    def components(self, kit: int) -> tuple[Component, ...]:
        """What one kit consists of, kits in kits taken apart."""
        units: dict[int, int] = {}
        self._add(kit, 1, units, 0)
        if not units:
            raise _Strange("it has no components")
        return tuple(Component(product, count) for product, count in sorted(units.items()))

    def _add(self, kit: int, times: int, units: dict[int, int], depth: int) -> None:
        if depth > _DEEPEST:
            raise _Strange("it contains itself")
        bom = self.chosen[kit]
        size = number(bom.get("product_qty"), "mrp.bom: product_qty")
        for line in self.lines.get(identity(bom.get("id"), "mrp.bom: id"), []):
            part = link(line.get("product_id"), "mrp.bom.line: product_id") or 0
            if ids(line.get("bom_product_template_attribute_value_ids"), "mrp.bom.line"):
                raise _Strange("its components differ between variants")
            product = self.products.get(part)
            if product is None:
                raise _Strange("a component has no internal reference")
            if link(line.get("product_uom_id"), "mrp.bom.line: product_uom_id") != product.uom:
                raise _Strange(f"it counts {product.sku} in another unit of measure than the product's own")
            count = number(line.get("product_qty"), "mrp.bom.line: product_qty")
            each = count / size if size > 0 else count
            if each <= 0 or each != each.to_integral_value():
                raise _Strange(f"it takes {each.normalize():f} of {product.sku}, which is no whole number")
            if part in self.chosen:
                self._add(part, times * int(each), units, depth + 1)
            elif product.stored:
                # What Odoo does not count (wrapping, a leaflet) never keeps a kit from being sold.
                units[part] = units.get(part, 0) + times * int(each)
