"""Fields of Odoo's JSON. What is empty comes as `false`, whatever its type; a link to a record as `[id, name]`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from stockrecon.errors import ReadFault

Row = Mapping[str, object]
_NOISE = Decimal("0.000001")
_TOO_MANY = 10**15
_YEARS = (1900, 2199)
"""Those of the ledger's tables."""


def malformed(what: str) -> ReadFault:
    """The fault of an answer that is not what Odoo's documentation says; it names the field and never quotes a body."""
    return ReadFault("ledger", f"Odoo's answer is not understood: {what}", way_on="Run again; else report it.")


def rows_of(value: object, where: str) -> list[Row]:
    """A list of records. Raises ReadFault."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise malformed(f"{where} is no list of records")
    return value


def identity(value: object, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise malformed(f"{where} is no id")


def link(value: object, where: str) -> int | None:
    """The id of a link to one record; None where it is empty. It comes as `[id, name]`, or as the id alone."""
    if value is False or value is None:
        return None
    if isinstance(value, list) and value:
        return identity(value[0], where)
    return identity(value, where)


def name_of(value: object) -> str:
    """What a field says to a person: a text as it stands, a link's name; empty where it is empty."""
    if isinstance(value, list):
        return name_of(value[1]) if len(value) > 1 else ""
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, bool) else str(value)


def ids(value: object, where: str) -> tuple[int, ...]:
    """The ids of a link to many records."""
    if value is False or value is None:
        return ()
    if not isinstance(value, list):
        raise malformed(f"{where} is no list of ids")
    return tuple(identity(each, where) for each in value)


def number(value: object, where: str) -> Decimal:
    """A quantity. Odoo keeps floating point numbers, so what is beyond a millionth of a unit is noise."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise malformed(f"{where} is no number")
    found = Decimal(value)
    if not found.is_finite() or abs(found) >= _TOO_MANY:
        raise malformed(f"{where} is no number of units")
    return found.quantize(_NOISE)


def down(value: Decimal) -> int:
    """The whole units, down: what is left of a unit cannot be sold as one."""
    return int(value.to_integral_value(ROUND_FLOOR))


def up(value: Decimal) -> int:
    return int(value.to_integral_value(ROUND_CEILING))


def moment(value: object, where: str) -> datetime | None:
    """A time; Odoo keeps them in UTC and writes them without an offset (`2026-11-11 06:00:00`)."""
    if value is False or value is None:
        return None
    try:
        if not isinstance(value, str):
            raise ValueError
        found = datetime.fromisoformat(value)
        if not _YEARS[0] <= found.year <= _YEARS[1]:
            raise ValueError
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except ValueError:
        raise malformed(f"{where} is no time") from None


def written(moment: datetime) -> str:
    """A time as Odoo's searches take it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def plain(value: object, longest: int = 300) -> str:
    """A text of Odoo's, fit for one line of a message."""
    text = value if isinstance(value, str) else ""
    cleaned = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"
