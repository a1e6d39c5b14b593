"""Fields of Shopee's JSON, read tolerantly where Shopee is known to vary and strictly where a number counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_LATEST = 253_402_300_799
"""The end of the year 9999, the last that a time can hold."""


class Malformed(Exception):
    """A field is not what the reference says; the text names it and never holds a body."""


Object = dict[str, object]


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
    """A whole number, also as text (reference: Shopee 3.3, shopee_stock) or as 3.0."""
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


def units_or_none(value: object, where: str) -> int:
    """A quantity that Shopee leaves out where there is none."""
    return 0 if value is None or value == "" else units(value, where)


def identity(value: object, where: str) -> str:
    """A 64-bit id as text."""
    return str(whole(value, where))


def variation(value: object, where: str) -> str:
    """A model id; 0 (or none) stands for "the item has no models" (reference: Shopee 5.2)."""
    number = 0 if value is None else whole(value, where)
    return str(number) if number else ""


def text(value: object) -> str:
    """A text; null and absent are empty."""
    return value if isinstance(value, str) else ""


def flag(value: object) -> bool:
    """A boolean, also as the text that Shopee sends for some (`"FALSE"`)."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def moment(value: object, where: str) -> datetime | None:
    """Unix seconds; 0 and absent mean "none" (reference: Shopee 5.2)."""
    if value is None or value == "":
        return None
    seconds = whole(value, where)
    if not 0 <= seconds <= _LATEST:
        raise Malformed(f"{where} is not a time in Unix seconds")
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def plain(value: object, longest: int = 300) -> str:
    """A text of the other side, fit for one line of a message: no control or bidi characters, bounded."""
    cleaned = "".join(each if each.isprintable() else " " for each in text(value))
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"
