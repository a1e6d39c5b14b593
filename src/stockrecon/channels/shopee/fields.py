"""Fields of Shopee's JSON, read tolerantly where Shopee is known to vary and strictly where a number counts."""

from __future__ import annotations

from datetime import UTC, datetime

from stockrecon.rest.fields import Malformed as Malformed
from stockrecon.rest.fields import Object as Object
from stockrecon.rest.fields import an_object as an_object
from stockrecon.rest.fields import flag as flag
from stockrecon.rest.fields import objects as objects
from stockrecon.rest.fields import plain as plain
from stockrecon.rest.fields import text as text
from stockrecon.rest.fields import units as units
from stockrecon.rest.fields import whole as whole

_LATEST = 253_402_300_799
"""The end of the year 9999, the last that a time can hold."""


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


def location(value: object) -> str:
    """The id of a location, which some pages print as a number (Shopee's page on its fulfilment in Brazil)."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)


def stocks(value: object, where: str) -> list[Object]:
    """Entries of `seller_stock` or `shopee_stock`; the page on fulfilment in Brazil prints one without its list."""
    return objects([value] if isinstance(value, dict) else value, where)


def moment(value: object, where: str) -> datetime | None:
    """Unix seconds; 0 and absent mean "none" (reference: Shopee 5.2)."""
    if value is None or value == "":
        return None
    seconds = whole(value, where)
    if not 0 <= seconds <= _LATEST:
        raise Malformed(f"{where} is not a time in Unix seconds")
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
