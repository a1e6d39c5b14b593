"""Connections: pages of at most 250, opaque cursors that name a place and not a count (reference: Shopify 1.3, 1.5)."""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from stockrecon.sandbox.shopify.faults import Refused
from stockrecon.sandbox.wire import Body

MAX_PAGE = 250
T = TypeVar("T")
Value = str | int
Place = tuple[Value, int]
"""Where a row stands: the value that it is sorted by, and its number."""
Window = Mapping[str, object]
"""The arguments of a connection: first, last, after, before, reverse."""


def sortable(value: object) -> Value:
    """A value as a cursor carries it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return value if isinstance(value, int) else str(value)


def cursor(place: Place) -> str:
    """The place in a coat that nobody has to look under."""
    text = json.dumps({"last_id": place[1], "last_value": place[0]}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _read_cursor(text: str, like: Value) -> Place:
    try:
        told = json.loads(base64.b64decode(text, validate=True))
        number, value = told["last_id"], told["last_value"]
        if isinstance(number, bool) or not isinstance(number, int) or type(value) is not type(like):
            raise ValueError(text)
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise Refused("Malformed cursor", "BAD_REQUEST") from fault
    return value, number


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one page, each with its place, and whether there is more on either side."""

    rows: Sequence[tuple[Place, T]]
    more: bool
    less: bool

    @property
    def nodes(self) -> list[T]:
        return [row for _, row in self.rows]

    @property
    def edges(self) -> list[Body]:
        return [{"cursor": cursor(place), "node": row} for place, row in self.rows]

    @property
    def info(self) -> Body:
        """`endCursor` is null on an empty page."""
        return {
            "hasNextPage": self.more,
            "hasPreviousPage": self.less,
            "startCursor": cursor(self.rows[0][0]) if self.rows else None,
            "endCursor": cursor(self.rows[-1][0]) if self.rows else None,
        }


def checked(window: Window) -> tuple[int, bool]:
    """How many rows, and whether from the end. Raises Refused for what Shopify does not take.

    That more than 250 are refused is known; the words of it are ours.
    """
    first, last = window.get("first"), window.get("last")
    if first is not None and last is not None:
        raise Refused("providing both first and last is not supported", "BAD_REQUEST")
    size = first if first is not None else last
    if not isinstance(size, int):
        raise Refused("you must provide one of first or last", "BAD_REQUEST")
    name = "first" if first is not None else "last"
    if size < 0:
        raise Refused(f"{name} cannot be negative", "BAD_REQUEST")
    if size > MAX_PAGE:
        raise Refused(f"{name} cannot exceed {MAX_PAGE}", "BAD_REQUEST")
    return size, first is None


def page(rows: Sequence[T], place: Callable[[T], Place], window: Window) -> Page[T]:
    """A page of rows that are sorted by their places already."""
    size, from_end = checked(window)
    if window.get("reverse"):
        return _reversed(rows, place, window, size, from_end)
    low, high = 0, len(rows)
    after, before = window.get("after"), window.get("before")
    if rows and isinstance(after, str):
        low = bisect_right(rows, _read_cursor(after, place(rows[0])[0]), key=place)
    if rows and isinstance(before, str):
        high = max(low, bisect_left(rows, _read_cursor(before, place(rows[0])[0]), key=place))
    start, end = (max(low, high - size), high) if from_end else (low, min(high, low + size))
    shown = rows[start:end]
    return Page([(place(row), row) for row in shown], end < len(rows), start > 0)


def _reversed(rows: Sequence[T], place: Callable[[T], Place], window: Window, size: int, from_end: bool) -> Page[T]:
    """The same page seen from the other end."""
    turned: Window = {
        "after": window.get("before"),
        "before": window.get("after"),
        "first" if from_end else "last": size,
    }
    found = page(rows, place, turned)
    return Page(list(reversed(found.rows)), found.less, found.more)
