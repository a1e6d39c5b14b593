"""Odoo's stock moves, as far as they cross the border of what the ledger counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from stockrecon.ledgers.odoo.api import Domain, Odoo
from stockrecon.ledgers.odoo.fields import Row, identity, ids, link, moment, name_of, number, written
from stockrecon.ledgers.odoo.paging import some, whole
from stockrecon.ledgers.odoo.places import Scope

OPEN = ("waiting", "confirmed", "partially_available", "assigned")
_FIELDS = (
    "product_id",
    "location_id",
    "location_dest_id",
    "state",
    "date",
    "create_date",
    "write_date",
    "product_qty",
    "product_uom_qty",
    "reference",
    "origin",
    "move_orig_ids",
)
# They came with a version or an app: the goal of a chain (18), the done quantity (17; before it `quantity_done`),
# Sales' link to the order, and whether it is an inventory adjustment.
_OPTIONAL = ("location_final_id", "quantity", "quantity_done", "sale_line_id", "is_inventory", "scrapped", "scrap_id")


@dataclass(frozen=True, slots=True)
class Move:
    """`units`: of the product's own unit of measure. `leaves`, `enters`: it crosses the border of the scope; `leaves`
    also where it is the first step of a delivery, `sent` only where the units are outside once it is done.

    `origins`: the moves that bring to it what it takes on, where a chain of steps was made.
    """

    id: int
    product: int
    source: int | None
    goal: int | None
    state: str
    units: Decimal
    date: datetime | None
    created: datetime
    changed: datetime
    reference: str
    origin: str
    origins: tuple[int, ...]
    sale_line: int | None
    inventory: bool
    leaves: bool
    sent: bool
    enters: bool

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def moves(odoo: Odoo, scope: Scope, since: datetime, products: Sequence[int] | None = None) -> list[Move]:
    """Every open move, and every other one that was changed at or after `since`; or those of some products.

    What was made at or after `since` was changed since then as well, so nothing younger is missing.
    """
    names = fields(odoo)
    domain = [*crossing(scope), "|", ["state", "in", list(OPEN)], "&", ["state", "in", ["done", "cancel"]]]
    domain.append(["write_date", ">=", written(since)])
    if products is None:
        rows = whole(odoo, "stock.move", domain, names)
    else:
        rows = some(odoo, "stock.move", "product_id", products, names, domain)
    return [move for row in rows if (move := move_of(row, scope)) is not None]


def fields(odoo: Odoo) -> list[str]:
    there = odoo.fields("stock.move")
    return [*_FIELDS, *(name for name in _OPTIONAL if name in there)]


def crossing(scope: Scope) -> Domain:
    """Moves that touch the scope, also those that stay inside: whether they leave is seen by their goal."""
    roots = sorted(scope.roots)
    touch: list[object] = ["|", ["location_id", "child_of", roots], ["location_dest_id", "child_of", roots]]
    return [["company_id", "in", sorted(scope.companies)], *touch]


def move_of(row: Row, scope: Scope) -> Move | None:
    """None for a move without a product."""
    product = link(row.get("product_id"), "stock.move: product_id")
    created = moment(row.get("create_date"), "stock.move: create_date")
    changed = moment(row.get("write_date"), "stock.move: write_date") or created
    if product is None or created is None or changed is None:
        return None
    source = link(row.get("location_id"), "stock.move: location_id")
    goal = link(row.get("location_dest_id"), "stock.move: location_dest_id")
    state = name_of(row.get("state"))
    # Where deliveries take several steps, the first step knows the last one's goal (Odoo 18); done, it is where it is.
    final = link(row.get("location_final_id"), "stock.move: location_final_id") or goal
    starts_inside, ends_inside = source in scope.inside, final in scope.inside
    return Move(
        id=identity(row.get("id"), "stock.move: id"),
        product=product,
        source=source,
        goal=final if starts_inside else goal,
        state=state,
        units=_units(row, state),
        date=moment(row.get("date"), "stock.move: date"),
        created=created,
        changed=changed,
        reference=name_of(row.get("reference")),
        origin=name_of(row.get("origin")),
        origins=ids(row.get("move_orig_ids"), "stock.move: move_orig_ids"),
        sale_line=link(row.get("sale_line_id"), "stock.move: sale_line_id"),
        inventory=row.get("is_inventory") is True,
        leaves=starts_inside and not ends_inside,
        sent=starts_inside and goal not in scope.inside,
        enters=not starts_inside and goal in scope.inside,
    )


def _units(row: Row, state: str) -> Decimal:
    """In the product's own unit. The done quantity stands in the move's unit, as the demand does."""
    own = number(row.get("product_qty"), "stock.move: product_qty")
    if state != "done":
        return own
    done = row.get("quantity") if "quantity" in row else row.get("quantity_done")
    if done is None or done is False:
        return own
    demand = number(row.get("product_uom_qty"), "stock.move: product_uom_qty")
    sent = number(done, "stock.move: quantity")
    return own * sent / demand if demand else sent


def chained(odoo: Odoo, scope: Scope, found: Iterable[Move]) -> frozenset[int]:
    """The moves out that take on what an earlier move out brings: they are the same units once more."""
    known = {move.id: move for move in found}
    leaving = [move for move in known.values() if move.leaves and move.origins]
    absent = {origin for move in leaving for origin in move.origins} - known.keys()
    earlier = dict(known)
    for row in some(odoo, "stock.move", "id", sorted(absent), fields(odoo)):
        move = move_of(row, scope)
        if move is not None:
            earlier[move.id] = move
    return frozenset(
        move.id for move in leaving if any(origin in earlier and earlier[origin].leaves for origin in move.origins)
    )
