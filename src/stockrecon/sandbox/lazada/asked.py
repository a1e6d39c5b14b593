"""What a call to Lazada asks for: pages, times, names; and what Lazada says where that makes no sense."""

from __future__ import annotations

import json
import re
from datetime import datetime

from stockrecon.sandbox.lazada.gate import Params, Refused
from stockrecon.sandbox.records import MarketOrder
from stockrecon.sandbox.wire import integer

MAX_SKU_NAMES = 100


def paging(params: Params, default: int, most: int, most_offset: int) -> tuple[int, int]:
    """Offset and limit; raises Refused."""
    limit, offset = params.get("limit", str(default)), params.get("offset", "0")
    size, start = integer(limit), integer(offset)
    if size is None or not 1 <= size <= most:
        raise Refused("19", f'E019: "{limit}" Invalid Limit')
    if start is None or not 0 <= start <= most_offset:
        raise Refused("14", f'E014: "{offset}" Invalid Offset')
    return start, size


def date_of(text: str) -> datetime:
    """ISO 8601 with an offset, `+0800` as well as `+08:00` (an unescaped plus arrives as a space: refused)."""
    try:
        when = datetime.fromisoformat(re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text))
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise Refused("17", f'E017: "{text}" Invalid Date Format')
    return when


def bounds_of(params: Params) -> list[tuple[str, datetime, int]]:
    """The time limits of an order query: which time, what bound, and 1 for "not before", -1 for "not after"."""
    names = (
        ("created_after", "created_at", 1),
        ("update_after", "updated_at", 1),
        ("created_before", "created_at", -1),
        ("update_before", "updated_at", -1),
    )
    return [(time, date_of(params[name]), sign) for name, time, sign in names if name in params]


def inside(order: MarketOrder, bounds: list[tuple[str, datetime, int]]) -> bool:
    """Whether an order's times are within all of them."""
    return all((getattr(order, time) - bound).total_seconds() * sign >= 0 for time, bound, sign in bounds)


def names_in(text: str) -> set[str]:
    """Seller SKUs of a JSON list; raises Refused."""
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or len(names) > MAX_SKU_NAMES or not all(isinstance(name, str) for name in names):
        raise Refused("70", "E070: You have corrupt data in your sku seller list.")
    return set(names)
