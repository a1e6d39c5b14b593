"""Which orders take of the stock that is compared, by the warehouse that sends them (reference: TikTok Shop 2.8).

The vendor's page calls an order's `warehouse_id` the seller's warehouse. Its example of an unpaid order has one, but no
field of an order is promised, so one may be missing. An order names one warehouse, so it is judged as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stockrecon.channels.origins import named
from stockrecon.channels.tiktok_shop.orders import Sent
from stockrecon.channels.tiktok_shop.warehouses import Warehouses
from stockrecon.core.model import Order
from stockrecon.core.tables import ORDERS
from stockrecon.spool.records import Broken, records

_ORDER = ORDERS.names.index("order_id")


@dataclass(slots=True)
class Sifted:
    """`left_out`: orders that take nothing here; `reasons`: why it is not known of some whether they do."""

    rows: list[Order] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def sift(found: Mapping[str, Sent], warehouses: Warehouses, chosen: str) -> Sifted:
    """The rows of those that count. `chosen`: the only warehouse that does, "" for all of the seller's."""
    origins, sifted = warehouses.origins(chosen), Sifted()
    remarks: dict[tuple[bool, str], list[str]] = {}
    for number, sent in found.items():
        places = frozenset({sent.warehouse} - {""})
        takes = origins.takes(places)
        if not sent.rows or not takes or places & warehouses.platform:
            sifted.left_out.add(number)
        else:
            sifted.rows += sent.rows
        if sent.rows and (remark := origins.remark(places)):
            remarks.setdefault((takes is None, remark), []).append(number)
    for (unknown, remark), numbers in remarks.items():
        said = f"order {numbers[0]} {remark}" if len(numbers) == 1 else f"orders {named(numbers)}: each {remark}"
        (sifted.reasons if unknown else sifted.warnings).append(said)
    return sifted


def turned(tables: Mapping[str, Path], left_out: Collection[str]) -> str:
    """Why a little pull cannot go on from these tables: an order that counted in them does not any more, as when its
    warehouse was not known yet; "" where there is none. What is left out of an answer would stay as it was."""
    if not left_out or ORDERS.name not in tables:
        return ""
    try:
        counted = {record.cells[_ORDER] for record in records(tables[ORDERS.name])} & set(left_out)
    except (OSError, Broken, IndexError):
        return "the orders that were read before cannot be read again"
    return f"order {min(counted)} counted before, and is sent from another warehouse now" if counted else ""
