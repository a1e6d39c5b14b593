"""What a batch answered, row by row (reference: WooCommerce 3.3).

HTTP 200 proves nothing: a row can hold an error, or a number that WooCommerce ignored. What stands in no row is
unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.woocommerce.errors import refused_row
from stockrecon.channels.woocommerce.fields import Malformed, Object, flag, number
from stockrecon.channels.writing import Answers
from stockrecon.core.intent import Answered

IGNORED = "WooCommerce answered success and ignored the number: stock management is off for it, or its product's counts"


def row_answers(document: Object, batch: Sequence[StockWrite]) -> Answers:
    """An answer for each write that a row speaks of, by its listing."""
    told = document.get("update")
    rows: dict[str, list[Object]] = {}
    for row in told if isinstance(told, list) else []:
        if isinstance(row, dict):
            rows.setdefault(str(row.get("id")), []).append(row)
    return {write.key: _judged(rows[name], write) for write in batch if (name := target_id(write)) in rows}


def target_id(write: StockWrite) -> str:
    """The id that a row of a batch names: the variation's, else the product's."""
    return write.key.variation_id or write.key.item_id


def _judged(rows: Sequence[Object], write: StockWrite) -> WriteAnswer:
    if len(rows) > 1:
        return WriteAnswer(Answered.UNKNOWN, "WooCommerce lists it more than once")
    row = rows[0]
    refusal = refused_row(row)
    if refusal is not None:
        return WriteAnswer(Answered.REJECTED, refusal)
    managed = row.get("manage_stock")
    if managed is not None and not flag(managed):
        return WriteAnswer(Answered.REJECTED, IGNORED)
    try:
        units = number(row.get("stock_quantity"), "stock_quantity")
    except Malformed as bad:
        return WriteAnswer(Answered.UNKNOWN, str(bad))
    if units is None:
        return WriteAnswer(Answered.UNKNOWN, "the answer does not say what it set")
    if units != write.to:
        return WriteAnswer(Answered.UNKNOWN, f"WooCommerce says that it set {units:f}, which was not asked for")
    return WriteAnswer(Answered.ACCEPTED)
