"""Values that a database or a spreadsheet gives with types of its own, turned into what the contract's columns hold.

What is text there goes through the same strict reading as a CSV file's cells; what has a type is taken only where
nothing can have been lost on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from stockrecon.core.tables import Column, Kind
from stockrecon.spool.cells import DIGITS, CellFault, NoOffset, parse_cell, shown, zone_of

Converter = Callable[[object], object]
"""A value -> what the spool writes (text, int, time in UTC, bool; None for empty). Raises Unfit."""

_LIMIT = 10**DIGITS
# From here on floating point no longer tells one whole number from the next.
_EXACT_FLOAT = 2**53
_NAMES = {
    "float": "number",
    "int": "number",
    "Decimal": "number",
    "bool": "truth value",
    "timedelta": "duration",
    "time": "time of day without a date",
}


class Unfit(Exception):
    """A value that its column cannot take; the text says why. `once`: it is so in the whole column, told once."""

    def __init__(self, text: str, *, once: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.once = once


@dataclass(frozen=True, slots=True)
class Origin:
    """How a source's own types are to be understood.

    `zone`: of times without one; None: such a time is a fault, told with `no_zone`. `empty`: what a missing value is
    called there. `number_as_text`: the text of a number in a column of text; raises Unfit where that may not be.
    `date_as_text`: what is said of a date in such a column.
    """

    zone: str | None
    empty: str
    no_zone: str
    number_as_text: Callable[[Column, int | float | Decimal], str]
    date_as_text: str = "is a date where a text is expected"


def converter(column: Column, origin: Origin) -> Converter:
    """What turns this column's values into what the spool writes. Raises CellFault for a zone that is not known."""
    by_kind: dict[Kind, Callable[[Column, Origin, object], object]] = {
        Kind.TEXT: _text,
        Kind.INTEGER: _integer,
        Kind.COUNT: _integer,
        Kind.TIME: _time,
        Kind.BOOLEAN: _boolean,
        Kind.CHOICE: _choice,
    }
    convert = by_kind[column.kind]
    if origin.zone is not None:
        zone_of(origin.zone)

    def of(value: object) -> object:
        if isinstance(value, bytes | bytearray | memoryview):
            value = _decoded(column, bytes(value))
        if value is None or value == "":
            if column.filled:
                raise Unfit(f"is {origin.empty if value is None else 'empty'}")
            return None
        if type(value) is str:
            _check_text(value)
            return value if column.kind is Kind.TEXT else _parsed(column, value, origin)
        return convert(column, origin, value)

    # Nearly every value of nearly every ledger is one of these; millions of them should cost next to nothing.
    def text(value: object) -> object:
        return value if type(value) is str and value.isascii() and value and "\0" not in value else of(value)

    def number(value: object) -> object:
        return value if type(value) is int and least <= value < _LIMIT else of(value)

    least = column.least if column.kind is Kind.COUNT else 1 - _LIMIT
    return {Kind.TEXT: text, Kind.INTEGER: number, Kind.COUNT: number}.get(column.kind, of)


def _decoded(column: Column, value: bytes) -> object:
    """Bytes of a binary or BIT column: a truth value where one is asked for, else UTF-8 text."""
    if column.kind is Kind.BOOLEAN and value in (b"\x00", b"\x01"):
        return value == b"\x01"
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Unfit("holds bytes that are not UTF-8") from None


def _check_text(value: str) -> None:
    if "\0" in value:
        raise Unfit(f"{shown(value)} holds a NUL character")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise Unfit(f"{shown(value)} holds bytes that are not UTF-8")


def _parsed(column: Column, value: str, origin: Origin) -> object:
    try:
        return parse_cell(column.kind, value, origin.zone, column.choices, column.least)
    except NoOffset:
        raise Unfit(f"{shown(value)}: {origin.no_zone}", once=True) from None
    except CellFault as fault:
        raise Unfit(str(fault)) from None


def _text(column: Column, origin: Origin, value: object) -> object:
    if isinstance(value, bool):
        raise Unfit(f"{value} is a truth value where a text is expected")
    if isinstance(value, int | float | Decimal):
        return origin.number_as_text(column, value)
    if isinstance(value, date):
        raise Unfit(f"{value.isoformat()} {origin.date_as_text}")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):  # a subclass, such as an enum's
        return str(value)
    raise Unfit(f"holds a {_named(value)} where a text is expected")


def _choice(column: Column, origin: Origin, value: object) -> object:
    return _parsed(column, str(_text(column, origin, value)), origin)


def _integer(column: Column, origin: Origin, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise Unfit(f"holds a {_named(value)} where a whole number is expected")
    if isinstance(value, int):
        number = value
    elif not _is_finite(value) or value != int(value):
        raise Unfit(f"{value} is not a whole number")
    elif isinstance(value, float) and abs(value) > _EXACT_FLOAT:
        raise Unfit(f"{value} is too large to be exact as a floating-point number")
    else:
        number = int(value)
    if abs(number) >= _LIMIT:
        raise Unfit(f"{number} is too large: at most {DIGITS} digits")
    if column.kind is Kind.COUNT and number < column.least:
        raise Unfit(
            f"{number} is negative" if number < 0 else f"{number} is too small; it must be {column.least} or more"
        )
    return number


def _is_finite(value: float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)


def _boolean(column: Column, origin: Origin, value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal) and value in (0, 1):
        return value == 1
    raise Unfit(f"{shown(str(value))} is neither true nor false")


def _time(column: Column, origin: Origin, value: object) -> object:
    if not isinstance(value, datetime):
        if isinstance(value, date):
            raise Unfit(f"{value.isoformat()} is a date without a time of day")
        raise Unfit(f"holds a {_named(value)} where a time is expected")
    if not 1900 <= value.year <= 2199:
        raise Unfit(f"{value.isoformat()} has a year outside 1900 to 2199")
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    if origin.zone is None:
        raise Unfit(f"{value.isoformat(' ')}: {origin.no_zone}", once=True)
    # The same reading of an hour that comes twice as for text: the later one.
    zone = zone_of(origin.zone)
    early, late = value.replace(tzinfo=zone, fold=0), value.replace(tzinfo=zone, fold=1)
    return min((early, late), key=lambda one: one.utcoffset() or timedelta()).astimezone(UTC)


def _named(value: object) -> str:
    name = type(value).__name__
    return _NAMES.get(name, name)
