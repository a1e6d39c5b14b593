"""The sales order behind a move: the marketplace's number of it, and its shop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stockrecon.errors import ReadFault
from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.fields import identity, link, moment, name_of
from stockrecon.ledgers.odoo.moves import Move
from stockrecon.ledgers.odoo.paging import some
from stockrecon.ledgers.odoo.setup import Setup


@dataclass(frozen=True, slots=True)
class Sale:
    """`order_id`: as the marketplace calls it. `at`: when it was confirmed, as far as Odoo tells."""

    order_id: str
    shop: str
    at: datetime | None


def order_fields(odoo: Odoo, setup: Setup) -> list[str]:
    """The fields of a sales order that are configured. Raises ReadFault where Odoo has no such field."""
    there = odoo.fields("sale.order")
    for key, name in (("order_field", setup.order_field), ("shop_field", setup.shop_field)):
        if name and name not in there:
            near = ", ".join(sorted(one for one in there if name.strip("_")[:4] in one)[:8])
            words = f"{key}: a sales order of this Odoo has no field {name}" + (f" (near: {near})" if near else "")
            raise ReadFault("ledger", words, way_on=f"Correct ledger.{key}; Odoo's developer mode shows field names.")
    return list(dict.fromkeys(name for name in ("name", "date_order", setup.order_field, setup.shop_field) if name))


def sales_of(odoo: Odoo, setup: Setup, found: Iterable[Move]) -> Mapping[int, Sale]:
    """The sale of each sales order line that moves name, by the line's id; empty where they may not be read."""
    lines = {move.sale_line for move in found if move.sale_line is not None}
    if not lines or not (odoo.has("sale.order.line") and odoo.has("sale.order")):
        return {}
    orders: dict[int, int] = {}
    for row in some(odoo, "sale.order.line", "id", sorted(lines), ["order_id"]):
        order = link(row.get("order_id"), "sale.order.line: order_id")
        if order is not None:
            orders[identity(row.get("id"), "sale.order.line: id")] = order
    sales: dict[int, Sale] = {}
    for row in some(odoo, "sale.order", "id", sorted(set(orders.values())), order_fields(odoo, setup)):
        told = name_of(row.get(setup.shop_field)) if setup.shop_field else ""
        sales[identity(row.get("id"), "sale.order: id")] = Sale(
            order_id=name_of(row.get(setup.order_field)) or name_of(row.get("name")),
            shop=setup.shops.get(told, told if not setup.shops else ""),
            at=moment(row.get("date_order"), "sale.order: date_order"),
        )
    return {line: sales[order] for line, order in orders.items() if order in sales}
