"""Fields of ERPNext's JSON, read tolerantly where sites vary and strictly where a number counts."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser

from stockrecon.core.tables import Kind
from stockrecon.core.words import clean
from stockrecon.rest.fields import Malformed as Malformed
from stockrecon.rest.fields import Object as Object
from stockrecon.rest.fields import an_object as an_object
from stockrecon.spool.cells import CellFault, parse_cell, zone_of

_TOO_MANY = 10**15
_DUST = Decimal("0.000001")
"""ERPNext keeps quantities as binary fractions: what is less than this beside a whole number is their rounding."""


def objects(value: object, where: str) -> list[Object]:
    if not isinstance(value, list):
        raise Malformed(f"{where} is not a list")
    return [an_object(each, f"{where}[{number}]") for number, each in enumerate(value)]


def amount(value: object, where: str) -> Decimal:
    """A quantity; null and absent are 0, as ERPNext counts them."""
    if value is None or value == "":
        return Decimal(0)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise Malformed(f"{where} is not a number")
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise Malformed(f"{where} is not a number") from None
    if not found.is_finite() or abs(found) >= _TOO_MANY:
        raise Malformed(f"{where} is no number of units")
    return found


def units(value: Decimal) -> int | None:
    """A quantity as whole units; None where it holds a fraction of one."""
    near = value.to_integral_value()
    return int(near) if abs(value - near) < _DUST else None


def text(value: object) -> str:
    """A text; a number as it is written, null and absent are empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def named(row: Object, field: str, where: str) -> str:
    """A text that has to be there."""
    found = text(row.get(field))
    if not found:
        raise Malformed(f"{where}.{field} is empty")
    return found


def flag(value: object) -> bool:
    """ERPNext's checks are 0 and 1."""
    return value in (1, True, "1", "Yes")


def moment(value: object, zone: str, where: str) -> datetime:
    """A time as the site writes it, in its own zone: `2026-11-11 10:00:00.123456`."""
    try:
        found = parse_cell(Kind.TIME, text(value), zone)
    except CellFault as fault:
        raise Malformed(f"{where}: {fault}") from None
    if not isinstance(found, datetime):
        raise Malformed(f"{where} is not a time")
    return found.astimezone(UTC)


def written(at: datetime, zone: str) -> str:
    """A time as filters take it."""
    return at.astimezone(zone_of(zone)).strftime("%Y-%m-%d %H:%M:%S.%f")


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "li", "p", "div", "tr"):
            self.found.append(" ")


def plain(value: object, longest: int = 300) -> str:
    """A text of the other side, which may hold HTML, fit for one line of a message."""
    words = _Words()
    # What Python's reader calls impossible ends the text; browsers and ERPNext take it for a comment.
    with suppress(AssertionError):
        words.feed(text(value))
        words.close()
    line = " ".join(clean("".join(words.found)).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
