"""What is sold: products by their internal reference, and kits by their components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.kits import Component, kits_of
from stockrecon.ledgers.odoo.places import Scope
from stockrecon.ledgers.odoo.products import Product, products_of


@dataclass(slots=True)
class Catalogue:
    """`kits`: components by the kit's product id. `uncoded`: products without an internal reference.

    `strange`: kits whose components are not whole units of one product each, with the reason.
    """

    products: Mapping[int, Product]
    uncoded: int = 0
    kits: Mapping[int, tuple[Component, ...]] = field(default_factory=dict)
    strange: Mapping[int, str] = field(default_factory=dict)
    kits_known: bool = True

    def stock(self) -> list[Product]:
        """What has a row of its own in the ledger's stock: what Odoo counts, and no kit."""
        kits = {*self.kits, *self.strange}
        return [product for product in self.products.values() if product.stored and product.id not in kits]


def catalogue_of(odoo: Odoo, scope: Scope) -> Catalogue:
    """Everything that is sold under an internal reference. Raises DataFault where two products share one."""
    products, uncoded = products_of(odoo, scope)
    found = kits_of(odoo, scope, products)
    if found is None:
        return Catalogue(products, uncoded, kits_known=False)
    return Catalogue(products, uncoded, *found)
