"""Single values of Lazada's answers: numbers and times come as text, numbers or not at all (reference: Lazada 6.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from math import isfinite

_INTEGER = re.compile(r"-?[0-9]{1,20}(?:\.0+)?", re.ASCII)
_MILLISECONDS = re.compile(r"[0-9]{12,14}", re.ASCII)
_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_FALSE = frozenset({"", "0", "false", "no", "null", "none"})


def first(row: Mapping[str, object], *names: str) -> object:
    """The first of the spellings of a field that is there and not null, else None."""
    for name in names:
        value = row.get(name)
        if value is not None:
            return value
    return None


def text(value: object) -> str:
    """A scalar as text; "" for null and for Lazada's word "null"."""
    if value is None or isinstance(value, (Mapping, list)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    written = str(value)
    return "" if written == "null" else written


def plain(words: str, longest: int = 300) -> str:
    """Fit for one line: no control or bidi characters, bounded."""
    cleaned = "".join(each if each.isprintable() else " " for each in words)
    return cleaned if len(cleaned) <= longest else cleaned[: longest - 1] + "…"


def identifier(value: object) -> str:
    """An id, which comes as number or as text, as text."""
    number = whole(value)
    return text(value).strip() if number is None else str(number)


def whole(value: object) -> int | None:
    """A whole number of any size (test shops show 1.37e12: reference 3.5); None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, (float, Decimal)):
        return int(value) if isfinite(value) and value == int(value) else None
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    return None


def flag(value: object) -> bool:
    """A yes or no that comes as boolean, 0/1 or text."""
    return text(value).strip().lower() not in _FALSE


def instant(value: object, zone: tzinfo | None = None) -> datetime | None:
    """A time in UTC, from epoch milliseconds or from text with its printed offset (reference: Lazada 6.2).

    Text without an offset is read in `zone`; without a zone it is no time. None for anything else.
    """
    written = text(value).strip()
    if _MILLISECONDS.fullmatch(written):
        return datetime.fromtimestamp(int(written) / 1000, UTC)
    match = _LOCAL.fullmatch(written)
    if match is None:
        return None
    day, clock, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
    except ValueError:
        return None
    if moment.tzinfo is None:
        if zone is None:
            return None
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def objects(value: object) -> list[Mapping[str, object]]:
    """The objects in a list (null is an empty one; what is no object is left out)."""
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def written(moment: datetime) -> str:
    """A time as Lazada takes it in parameters: ISO 8601 in whole seconds with an offset (reference: Lazada 6.1)."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()
