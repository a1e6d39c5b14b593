"""Fields of WooCommerce's JSON, read tolerantly where shops are known to vary and strictly where a number counts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from stockrecon.rest.fields import Malformed as Malformed
from stockrecon.rest.fields import Object as Object
from stockrecon.rest.fields import an_object as an_object
from stockrecon.rest.fields import objects as objects

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_TOO_MANY = 10**18


def identity(value: object, where: str) -> str:
    """An id as text; it comes as a number."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value) and int(value) > 0:
        return str(int(value))
    raise Malformed(f"{where} is not an id")


def reference(value: object, where: str) -> str:
    """An id that may be none: 0, null and absent are ""."""
    return "" if value in (None, 0, "0", "", False) else identity(value, where)


def number(value: object, where: str) -> Decimal | None:
    """A quantity, which plug-ins make fractions and texts of; None where there is none (reference: WooCommerce 3.2)."""
    if value is None or value == "":
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        found = Decimal(value)
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        found = Decimal(value.strip())
    else:
        raise Malformed(f"{where} is not a number")
    if not found.is_finite() or abs(found) >= _TOO_MANY:
        raise Malformed(f"{where} is no number of units")
    return found


def down(value: Decimal) -> int:
    """The whole part of a quantity, down: what is left of a unit cannot be sold as one."""
    return int(value.to_integral_value(ROUND_FLOOR))


def up(value: Decimal) -> int:
    """The whole units that a quantity touches."""
    return int(value.to_integral_value(ROUND_CEILING))


def whole(value: object) -> int | None:
    """A whole number that is not negative, as a header or a setting tells it; None where it is none."""
    written = str(value).strip()
    return int(written) if _WHOLE.fullmatch(written) else None


def text(value: object) -> str:
    """A text; a number that stands for one as it is written, null and absent are empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def flag(value: object) -> bool:
    """A boolean, also as the words that plug-ins send."""
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes", "1"))


def moment(value: object, where: str) -> datetime | None:
    """A `*_gmt` field: UTC without an offset (`2026-11-23T05:50:10`); null and absent mean "none"."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _TIME.match(value):
        raise Malformed(f"{where} is not a time")
    try:
        found = datetime.fromisoformat(value[:19]).replace(tzinfo=UTC)
    except ValueError:
        raise Malformed(f"{where} is not a time") from None
    if not 1900 <= found.year <= 2199:
        raise Malformed(f"{where} is not a time of this age")
    return found


def written(moment: datetime) -> str:
    """A time as parameters take it, with `dates_are_gmt`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def plain(value: object, longest: int = 300) -> str:
    """A text of the other side, fit for one line of a message: no control or bidi characters, bounded."""
    cleaned = "".join(each if each.isprintable() else " " for each in text(value))
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"
