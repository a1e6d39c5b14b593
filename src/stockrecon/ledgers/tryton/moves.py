"""Tryton's stock moves, as far as they cross the border of the warehouses: read product by product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from stockrecon.errors import ReadFault
from stockrecon.ledgers.tryton.api import Domain, Tryton
from stockrecon.ledgers.tryton.errors import Failed
from stockrecon.ledgers.tryton.fields import (
    Row,
    day,
    identity,
    inner,
    link,
    malformed,
    moment,
    number,
    reference,
    related,
    text,
    written,
)
from stockrecon.ledgers.tryton.paging import PAGE
from stockrecon.ledgers.tryton.places import Scope
from stockrecon.ledgers.tryton.setup import Setup

OPEN = ("draft", "assigned")
"""A move in `staging` is a proposal that counts nowhere."""
_MOST = 64 * PAGE
_FIELDS = (
    "product",
    "product.quantity",
    "internal_quantity",
    "state",
    "from_location",
    "to_location",
    "origin",
    "shipment",
    "shipment.number",
    "create_date",
    "write_date",
    "effective_date",
)


@dataclass(frozen=True, slots=True)
class Move:
    """One crossing. `units`: of the product's own unit, positive; `leaves` says which way they go.

    `other`: the type of the place outside. `told_order`, `told_shop`: what the configured fields say.
    """

    id: int
    product: int
    units: Decimal
    leaves: bool
    other: str
    state: str
    made: datetime
    changed: datetime
    effective: date | None
    origin: tuple[str, int]
    shipment: tuple[str, str]
    told_order: str = ""
    told_shop: str = ""

    @property
    def signed(self) -> Decimal:
        return -self.units if self.leaves else self.units

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Group:
    """One product with its quantity on hand and its moves, all of one moment."""

    product: int
    on_hand: Decimal
    moves: tuple[Move, ...]

    def waiting(self, *, leaves: bool) -> Decimal:
        """What open moves still have to take out, or to bring."""
        return sum((one.units for one in self.moves if one.is_open and one.leaves is leaves), Decimal(0))


def crossing(scope: Scope, since: datetime, setup: Setup) -> list[object]:
    """Every open move that crosses the border, and every other one that was made or changed at `since` or later."""
    inside = sorted(scope.inside)
    way_out = [["from_location", "in", inside], ["to_location", "not in", inside]]
    way_in = [["from_location", "not in", inside], ["to_location", "in", inside]]
    at = written(since, setup.zone)
    settled = [["state", "in", ["done", "cancelled"]], ["OR", ["create_date", ">=", at], ["write_date", ">=", at]]]
    when = ["OR", ["state", "in", list(OPEN)], settled]
    return [["company", "=", scope.company], ["OR", way_out, way_in], when]


def groups(tryton: Tryton, scope: Scope, setup: Setup, domain: Domain) -> Iterator[Group]:
    """Product by product, by product id; those without a matching move are left out.

    A call of Tryton's sees one moment, and gives a product's moves together with its quantity. What was cut off by a
    page's end is read again from its first move on, so both are of one moment for every product.
    """
    after, limit = 0, PAGE
    while True:
        rows = _page(tryton, scope, setup, [*domain, ["product.id", ">", after]], limit)
        last = _product(rows[-1]) if rows else 0
        # The limit is the database's own: fewer than it asked for are the last.
        kept = rows if len(rows) < limit else [row for row in rows if _product(row) != last]
        if rows and not kept:
            limit *= 4
            if limit > _MOST:
                words = f"product {last} has more than {limit // 4} stock moves in ledger.history"
                raise ReadFault("ledger", words, way_on="Shorten ledger.history.")
            continue
        for group in _grouped(kept, scope, setup):
            if group.product <= after:
                raise ReadFault("ledger", "stock.move: Tryton's pages are not in the order that was asked for")
            after = group.product
            yield group
        if len(rows) < limit:
            return
        limit = PAGE


def _page(tryton: Tryton, scope: Scope, setup: Setup, domain: Domain, limit: int) -> list[Row]:
    paths = {"order_field": setup.order_field, "shop_field": setup.shop_field}
    fields = list(dict.fromkeys([*_FIELDS, *(path for path in paths.values() if path)]))
    order = (("product.id", "ASC"), ("id", "ASC"))
    try:
        return tryton.search_read("stock.move", domain, fields, order=order, limit=limit, context=scope.quantities)
    except Failed as failed:
        for key, path in paths.items():
            if failed.absent and failed.absent in path.split("."):
                words = f"{key}: {path}: Tryton has no field {failed.absent} there"
                raise ReadFault(
                    "ledger", words, way_on=f"Correct ledger.{key}; `sale` needs the module sale."
                ) from None
        raise


def _grouped(rows: Sequence[Row], scope: Scope, setup: Setup) -> Iterator[Group]:
    by_product: dict[int, list[Row]] = {}
    for row in rows:
        by_product.setdefault(_product(row), []).append(row)
    for product, its in by_product.items():
        on_hand = number(inner(its[0], "product").get("quantity"), "product: quantity")
        yield Group(product, on_hand, tuple(_move(row, product, scope, setup) for row in its))


def _product(row: Row) -> int:
    return identity(row.get("product"), "stock.move: product")


def _move(row: Row, product: int, scope: Scope, setup: Setup) -> Move:
    made = moment(row.get("create_date"), setup.zone, "stock.move: create_date")
    if made is None:
        raise malformed("stock.move: create_date is empty")
    source = link(row.get("from_location"), "stock.move: from_location") or 0
    goal = link(row.get("to_location"), "stock.move: to_location") or 0
    leaves = source in scope.inside
    return Move(
        id=identity(row.get("id"), "stock.move: id"),
        product=product,
        units=number(row.get("internal_quantity"), "stock.move: internal_quantity"),
        leaves=leaves,
        other=scope.type(goal if leaves else source),
        state=text(row.get("state")),
        made=made,
        changed=moment(row.get("write_date"), setup.zone, "stock.move: write_date") or made,
        effective=day(row.get("effective_date"), "stock.move: effective_date"),
        origin=reference(row.get("origin")),
        shipment=(reference(row.get("shipment"))[0], related(row, "shipment.number")),
        told_order=related(row, setup.order_field) if setup.order_field else "",
        told_shop=related(row, setup.shop_field) if setup.shop_field else "",
    )
