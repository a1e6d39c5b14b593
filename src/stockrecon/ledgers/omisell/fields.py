"""Fields of Omisell's JSON by the names that the configuration gives them: a path of keys with dots between."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from stockrecon.core.tables import Kind
from stockrecon.rest.fields import Malformed as Malformed
from stockrecon.rest.fields import Object as Object
from stockrecon.rest.fields import an_object as an_object
from stockrecon.rest.fields import objects as objects
from stockrecon.rest.fields import plain as plain
from stockrecon.rest.fields import whole as whole
from stockrecon.spool.cells import CellFault, parse_cell

_MILLISECONDS = 10**11
"""A number of seconds so great lies in the year 5138: it is one of milliseconds."""


def dig(row: Object, path: str) -> object:
    """What stands at `stock.available`; None where any part of the way is not there."""
    found: object = row
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def word(value: object) -> str:
    """A text; a whole number as it is written, null and absent are empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def named(row: Object, path: str, where: str) -> str:
    """A text that has to be there."""
    found = word(dig(row, path))
    if not found:
        raise Malformed(f"{where} ({path}) is empty or not there")
    return found


def number(row: Object, path: str, where: str) -> int:
    """A whole number that has to be there."""
    value = dig(row, path)
    if value is None:
        raise Malformed(f"{where} ({path}) is not there")
    return whole(value, f"{where} ({path})")


def moment(value: object, zone: str | None, where: str) -> datetime:
    """Unix seconds, as Omisell's published times are, or a time as text."""
    told = word(value)
    if told.isascii() and told.isdigit() and len(told) < 15:
        seconds = int(told)
        return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
    try:
        found = parse_cell(Kind.TIME, told, zone)
    except CellFault as fault:
        raise Malformed(f"{where}: {fault}") from None
    if not isinstance(found, datetime):
        raise Malformed(f"{where} is not a time")
    return found.astimezone(UTC)
