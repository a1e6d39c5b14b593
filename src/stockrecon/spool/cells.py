"""One cell of a table: its text, understood strictly. The same rules are stated once more as patterns for bulk SQL.

What is nearly right is refused with the way to write it; nothing is guessed, since a guess about a number of units is
a wrong number of units.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from stockrecon.core.tables import Kind

DIGITS: Final = 18
"""Quantities have at most so many digits, so that sums of two fit 64 bits."""
INTEGER_PATTERN: Final = "-?[0-9]{1,18}"
COUNT_PATTERN: Final = "[0-9]{1,18}"
_DATE: Final = "(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
_CLOCK: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,9})?)?"
_OFFSET: Final = "(?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?"
NAIVE_PATTERN: Final = f"{_DATE}[T ]{_CLOCK}"
"""A time without an offset. Years 1900 to 2199; whether the day exists is for the caller to try."""
TIME_PATTERN: Final = f"{NAIVE_PATTERN}(?:Z|[+-]{_OFFSET})"
BOOLEANS: Final = {
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "yes": True,
    "no": False,
    "t": True,
    "f": False,
}

_INTEGER = re.compile(INTEGER_PATTERN)
_NAIVE = re.compile(NAIVE_PATTERN)
_TIME = re.compile(TIME_PATTERN)
_OFFSET_ZONE = re.compile(r"([+-])([01][0-9]|2[0-3]):?([0-5][0-9])")
_SHOWN = 40


class CellFault(ValueError):
    """A cell is not what its column asks for; the text says what is wrong and how to write it."""


class NoOffset(CellFault):
    """A time without an offset where no zone is set."""


def parse_cell(kind: Kind, text: str, zone: str | None = None, choices: tuple[str, ...] = (), least: int = 0) -> object:
    """The value of a filled cell: str, int, bool or a datetime in UTC. Raises CellFault.

    `zone` (an IANA name or an offset) is for times without one; None makes such a time a fault. `least`: of a COUNT.
    """
    if kind is Kind.TEXT:
        return text
    if not text:
        raise CellFault("is empty")
    if kind is Kind.INTEGER or kind is Kind.COUNT:
        return _integer(text, None if kind is Kind.INTEGER else least)
    if kind is Kind.TIME:
        return _time(text, zone)
    if kind is Kind.BOOLEAN:
        if (known := BOOLEANS.get(text.lower())) is None:
            raise CellFault(f"{shown(text)} is neither true nor false")
        return known
    if text not in choices:
        raise CellFault(f"{shown(text)} is none of {', '.join(choices)}{suggestion(text, choices)}")
    return text


def shown(text: str) -> str:
    """The text as a message may show it: short, with what cannot be seen spelled out."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def suggestion(text: str, choices: tuple[str, ...], cutoff: float = 0.6) -> str:
    """`: did you mean ...?` where one of the choices is near, else nothing."""
    wanted = re.sub(r"[\s-]+", "_", text.strip().lower())
    near = difflib.get_close_matches(wanted, choices, n=1, cutoff=cutoff)
    return f": did you mean {near[0]!r}?" if near else ""


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """The zone of an IANA name or an offset such as +07:00. Raises CellFault."""
    if name in ("Z", "UTC"):
        return UTC
    if (match := _OFFSET_ZONE.fullmatch(name)) is not None:
        ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(ahead if match[1] == "+" else -ahead)
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise CellFault(f"zone {shown(name)} is not known: write Asia/Ho_Chi_Minh or +07:00") from error


def _integer(text: str, least: int | None) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise CellFault(_why_no_integer(text))
    number = int(text)
    if least is not None and (number < least or text.startswith("-")):
        what = "is negative; it must be" if text.startswith("-") else "is too small; it must be"
        raise CellFault(f"{shown(text)} {what} {least} or more")
    return number


def _why_no_integer(text: str) -> str:
    plain = text.strip()
    if _INTEGER.fullmatch(plain):
        return f"{shown(text)} has spaces around the number: write {plain}"
    if re.fullmatch("-?[0-9]+", plain):
        return f"{shown(text)} is too large: at most {DIGITS} digits"
    western = "".join(str(unicodedata.decimal(c, c)) for c in unicodedata.normalize("NFKC", plain)).replace("−", "-")
    if _INTEGER.fullmatch(western):
        return f"{shown(text)} has digits or signs other than 0 to 9 and -: write {western}"
    if re.fullmatch(r"\+[0-9]+", plain):
        return f"{shown(text)} has a plus sign: write {plain[1:]}"
    if re.fullmatch(r"-?[0-9]{1,3}([,_' \u00a0\u202f][0-9]{3})+", plain):
        return f"{shown(text)} has a thousands separator: write {re.sub(r'[^0-9-]', '', plain)}"
    if re.fullmatch(r"-?[0-9]+[.,]0*", plain) and not re.fullmatch(r"-?[0-9]{1,3}\.000", plain):
        return f"{shown(text)} is not a whole number: write {re.split('[.,]', plain)[0]}"
    if (match := re.fullmatch(r"(-?[0-9]+)[eE]\+?([0-9]{1,2})", plain)) and len(match[1]) + int(match[2]) <= DIGITS:
        return f"{shown(text)} is not written out: write {match[1]}{'0' * int(match[2])}"
    return f"{shown(text)} is not a whole number"


def _time(text: str, zone: str | None) -> datetime:
    if _TIME.fullmatch(text) is None and _NAIVE.fullmatch(text) is None:
        raise CellFault(_why_no_time(text))
    try:
        value = datetime.fromisoformat(_six_decimals(text))
    except ValueError as error:
        raise CellFault(_why_no_time(text)) from error
    if value.tzinfo is None:
        if zone is None:
            raise NoOffset(f"{shown(text)} has no offset: write {text}+07:00 or set zone")
        value = _placed(value, zone_of(zone))
    return value.astimezone(UTC)


def _six_decimals(text: str) -> str:
    """Fractions finer than a microsecond are cut off, as databases do."""
    return re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)


def _placed(value: datetime, zone: tzinfo) -> datetime:
    """A wall clock's time in a zone. An hour that comes twice counts as the later one, as in bulk SQL."""
    early, late = value.replace(tzinfo=zone, fold=0), value.replace(tzinfo=zone, fold=1)
    return min((early, late), key=lambda one: one.utcoffset() or timedelta())


def _why_no_time(text: str) -> str:
    example = "2026-11-11T00:00:00+07:00"
    if (match := re.match("([0-9]{4})-([0-9]{2})-([0-9]{2})", text)) is None:
        return f"{shown(text)} is not a time: write it like {example}"
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not 1900 <= year <= 2199:
        return f"{shown(text)} has a year outside 1900 to 2199"
    if not 1 <= month <= 12:
        return f"{shown(text)} has no such month"
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        return f"{shown(text)} has no such day: {year}-{month:02} has {days} days"
    if len(text) == len(match[0]):
        return f"{shown(text)} has no time of day: write {text}T00:00:00+07:00"
    return f"{shown(text)} is not a time: write it like {example}"
