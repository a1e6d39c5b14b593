"""On hand and reserved, as Odoo's quants tell them (reference: Odoo 3.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stockrecon.ledgers.odoo.api import Domain, Odoo
from stockrecon.ledgers.odoo.fields import Row, link, name_of, number
from stockrecon.ledgers.odoo.moves import Move
from stockrecon.ledgers.odoo.paging import some, whole
from stockrecon.ledgers.odoo.places import STOCKED, Scope
from stockrecon.ledgers.odoo.setup import Available

FIELDS = ("product_id", "location_id", "quantity", "reserved_quantity", "write_date")


@dataclass(slots=True)
class Quantities:
    """On hand and reserved by product, within the scope."""

    on_hand: dict[int, Decimal] = field(default_factory=dict)
    reserved: dict[int, Decimal] = field(default_factory=dict)

    def take(self, rows: Iterable[Row], scope: Scope, again: Iterable[int] = ()) -> None:
        """Adds quants; what is known of the products `again` is forgotten first."""
        for product in again:
            self.on_hand.pop(product, None)
            self.reserved.pop(product, None)
        for row in rows:
            product_id = link(row.get("product_id"), "stock.quant: product_id")
            place = link(row.get("location_id"), "stock.quant: location_id")
            if product_id is None or place not in scope.inside:
                continue
            quantity = number(row.get("quantity"), "stock.quant: quantity")
            held = number(row.get("reserved_quantity"), "stock.quant: reserved_quantity")
            self.on_hand[product_id] = self.on_hand.get(product_id, Decimal(0)) + quantity
            self.reserved[product_id] = self.reserved.get(product_id, Decimal(0)) + held

    def available(self, product: int, available: Available, promised: Decimal) -> Decimal:
        """By the configured formula. `promised`: what open transfers out still have to send."""
        on_hand = self.on_hand.get(product, Decimal(0))
        if available is Available.FREE:
            return on_hand - self.reserved.get(product, Decimal(0))
        return on_hand - promised if available is Available.PROMISED else on_hand


def quants(odoo: Odoo, scope: Scope, products: Sequence[int] | None = None) -> list[Row]:
    """All quants within the scope, or those of some products."""
    if products is None:
        return whole(odoo, "stock.quant", inside(scope), FIELDS)
    return some(odoo, "stock.quant", "product_id", products, FIELDS, inside(scope))


def inside(scope: Scope) -> Domain:
    return [["location_id", "child_of", sorted(scope.roots)], ["location_id.usage", "=", STOCKED]]


def promised(moves: Iterable[Move], open_ids: frozenset[int]) -> dict[int, Decimal]:
    """What open transfers out of the scope still have to send, by product; of a chain, its first open link alone.

    `open_ids`: the moves out that are open; the second link of such a chain waits for the first.
    """
    found: dict[int, Decimal] = {}
    for move in moves:
        if move.is_open and move.leaves and not open_ids.intersection(move.origins):
            found[move.product] = found.get(move.product, Decimal(0)) + move.units
    return found


def fingerprint(row: Row) -> tuple[object, ...]:
    """What a quant said, to notice whether it says something else now."""
    return (row.get("id"), name_of(row.get("write_date")), row.get("quantity"), row.get("reserved_quantity"))
