"""Fields of a marketplace's JSON, read strictly where a number counts; what is the same wherever JSON is read."""

from __future__ import annotations

import re
from decimal import Decimal

_WHOLE = re.compile(r"-?[0-9]{1,19}")

Object = dict[str, object]


class Malformed(Exception):
    """A field is not what the reference says; the text names it and never holds a body."""


def an_object(value: object, where: str) -> Object:
    if not isinstance(value, dict):
        raise Malformed(f"{where} is not an object")
    return value


def objects(value: object, where: str) -> list[Object]:
    """A list of objects; an absent or null one is empty."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f"{where} is not a list")
    return [an_object(each, f"{where}[{number}]") for number, each in enumerate(value)]


def whole(value: object, where: str) -> int:
    """A whole number, also as text or as 3.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < 10**19 and value == value.to_integral_value():
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    raise Malformed(f"{where} is not a whole number")


def units(value: object, where: str) -> int:
    """A quantity: whole and not negative."""
    number = whole(value, where)
    if number < 0:
        raise Malformed(f"{where} is negative ({number})")
    return number


def text(value: object) -> str:
    """A text; null and absent are empty."""
    return value if isinstance(value, str) else ""


def flag(value: object) -> bool:
    """A boolean, also as the text that some send (`"FALSE"`)."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def plain(value: object, longest: int = 300) -> str:
    """A text of the other side, fit for one line of a message: no control or bidi characters, bounded."""
    cleaned = "".join(each if each.isprintable() else " " for each in text(value))
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"
