"""Many writes in one call: each item on its own, good ones beside bad ones (reference: WooCommerce 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stockrecon.sandbox.wire import Body
from stockrecon.sandbox.woocommerce.gate import Refused
from stockrecon.sandbox.woocommerce.pages import Reply
from stockrecon.sandbox.woocommerce.visit import Visit

MAX_BATCH = 100
Doer = Callable[[Visit, object], Body]


def rows(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def fields_of(row: object) -> dict[str, object]:
    return row if isinstance(row, dict) else {}


def batch(visit: Visit, doers: Mapping[str, Doer]) -> Reply:
    """`create`, `update` and `delete` in this order; more than 100 items together are refused as a whole (413)."""
    wanted = {name: rows(visit.ask.get(name)) for name in doers}
    if sum(len(found) for found in wanted.values()) > MAX_BATCH:
        text = f"Unable to accept more than {MAX_BATCH} items for this request."
        raise Refused("woocommerce_rest_request_entity_too_large", text, 413)
    answer = {name: [_tried(doers[name], visit, row) for row in found] for name, found in wanted.items() if found}
    return Reply(answer or [])


def _tried(doer: Doer, visit: Visit, row: object) -> Body:
    try:
        return doer(visit, row)
    except Refused as refused:
        number = row.get("id") if isinstance(row, dict) else row
        return {"id": number, "error": refused.error()}
