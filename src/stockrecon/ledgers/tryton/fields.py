"""Fields of Tryton's JSON: times and decimals come as objects that name their class (recorded: Tryton 8.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

from stockrecon.errors import ReadFault

Row = Mapping[str, object]
_NOISE = Decimal("0.000001")
_TOO_MANY = 10**15


def malformed(what: str) -> ReadFault:
    """The fault of an answer that is not Tryton's; it names the field and never quotes a body."""
    return ReadFault("ledger", f"Tryton's answer is not understood: {what}", way_on="Run again; else report it.")


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
    """The id of a link to one record; None where it is empty."""
    return None if value is None else identity(value, where)


def ids(value: object, where: str) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise malformed(f"{where} is no list of ids")
    return tuple(identity(each, where) for each in value)


def reference(value: object) -> tuple[str, int]:
    """The model and the id of a link that may go to several models, `sale.line,1`; ("", 0) where it is empty."""
    model, _, number = text(value).partition(",")
    return (model, int(number)) if number.isascii() and number.isdigit() else ("", 0)


def text(value: object) -> str:
    """A text as it stands; empty where it is empty."""
    return value if isinstance(value, str) else ""


def related(row: Row, path: str) -> str:
    """What a field of a linked record says, along a path of names: `sale.reference` stands in `sale.` > `reference`."""
    *links, name = path.split(".")
    at: object = row
    for each in links:
        at = at.get(f"{each}.") if isinstance(at, dict) else None
    found = at.get(name) if isinstance(at, dict) else None
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else text(found)


def inner(row: Row, name: str) -> Row:
    """The linked record that was read together with this one. Raises ReadFault where there is none."""
    found = row.get(f"{name}.")
    if not isinstance(found, dict):
        raise malformed(f"{name} was asked for and is not there")
    return found


def number(value: object, where: str) -> Decimal:
    """A quantity. Tryton keeps floating point numbers, so what is beyond a millionth of a unit is noise."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise malformed(f"{where} is no number")
    found = Decimal(value)
    if not found.is_finite() or abs(found) >= _TOO_MANY:
        raise malformed(f"{where} is no number of units")
    return found.quantize(_NOISE)


def whole(value: Decimal) -> int | None:
    """The number of units; None where it is a fraction."""
    return int(value) if value == value.to_integral_value() else None


def moment(value: object, zone: tzinfo, where: str) -> datetime | None:
    """A time, in UTC; it comes without an offset and is placed by `zone`."""
    if value is None:
        return None
    parts = _parts(value, "datetime", ("year", "month", "day", "hour", "minute", "second", "microsecond"), where)
    try:
        return datetime(*parts, tzinfo=zone).astimezone(UTC)  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        raise malformed(f"{where} is no time") from None


def day(value: object, where: str) -> date | None:
    if value is None:
        return None
    try:
        return date(*_parts(value, "date", ("year", "month", "day"), where))
    except ValueError:
        raise malformed(f"{where} is no date") from None


def _parts(value: object, kind: str, names: Sequence[str], where: str) -> list[int]:
    if not isinstance(value, dict) or value.get("__class__") != kind:
        raise malformed(f"{where} is no {kind}")
    parts = [value.get(name) for name in names]
    if not all(isinstance(part, int) for part in parts):
        raise malformed(f"{where} is no {kind}")
    return [int(str(part)) for part in parts]


def written(at: datetime, zone: tzinfo) -> dict[str, object]:
    """A time as Tryton's searches take it."""
    local = at.astimezone(zone)
    return {
        "__class__": "datetime",
        **{name: getattr(local, name) for name in ("year", "month", "day", "hour", "minute", "second", "microsecond")},
    }


def plain(value: object, longest: int = 300) -> str:
    """A text of Tryton's, fit for one line of a message."""
    cleaned = " ".join("".join(each if each.isprintable() else " " for each in text(value)).split())
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"
