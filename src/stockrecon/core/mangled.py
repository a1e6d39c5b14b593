"""What a spreadsheet makes of a text for good: dates, and numbers with fewer digits.

What it was cannot be computed any more, but which texts could have become it can.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari",
            "feb february februari",
            "mar march maret",
            "apr april",
            "may mei",
            "jun june juni",
            "jul july juli",
            "aug august agu agustus",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december des desember",
        ),
        start=1,
    )
    for name in names.split()
} | {f"thg{number}": number for number in range(1, 13)}
"""Months as spreadsheets write them in English, Indonesian and Vietnamese."""

_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SEPARATED = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})(?:[-/.]([0-9]{2}))?", re.ASCII)
_MONTH_OF = re.compile(r"([0-9]{1,2})[-/](?:[0-9]{2})([0-9]{2})", re.ASCII)
_OF_YEAR = re.compile(r"(?:[0-9]{2})([0-9]{2})[-/]([0-9]{1,2})", re.ASCII)
_NAMED = re.compile(rf"({_NAME})[ -]?([0-9]{{1,2}})", re.ASCII)
_DAY_MONTH = re.compile(rf"([0-9]{{1,2}})[- ]({_NAME})(?:[- ](?:[0-9]{{2}})?([0-9]{{2}}))?", re.ASCII)
_MONTH_YEAR = re.compile(rf"({_NAME})-([0-9]{{2}})", re.ASCII)
_YEAR_FIRST = re.compile(r"(?:[0-9]{2})([0-9]{2})[-/]([0-9]{1,2})[-/]([0-9]{1,2})(?:[ t]00:00(?::00)?)?", re.ASCII)
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.](?:[0-9]{2})([0-9]{2})(?: 0?0:00(?::00)?)?", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,40}", re.ASCII)
_EXPONENT = re.compile(r"([0-9](?:\.[0-9]{1,14})?)e\+?([0-9]{1,2})", re.ASCII)

KEPT = 15
"""Digits of a number that a spreadsheet keeps; the others become zeros."""
SHOWN = (3, 6)
"""Digits that it shows of a long number: with the format 0.00E+00, and in a column without a format."""
LEAST = 7
"""Numbers with fewer digits are taken to be shown whole."""


@dataclass(frozen=True, slots=True)
class Reading:
    """`made`: the text is what a spreadsheet makes; else it is what one could have been made from.

    A text may have become another one where both have a reading with the same kind (`date` or `digits`) and key, and
    only one of the two is made.
    """

    kind: str
    key: str
    made: bool


def readings(text: str) -> frozenset[Reading]:
    """All that can be read from a text in small letters; nothing from nearly every SKU."""
    if not any(char in "0123456789" for char in text) or len(text) > 40:
        return frozenset()
    return frozenset((*_dates(text), *_numbers(text)))


def _dates(text: str) -> Iterator[Reading]:
    if match := _SEPARATED.fullmatch(text):
        yield _date(*(int(part) for part in match.groups() if part is not None), made=False)
    if match := _MONTH_OF.fullmatch(text) or _OF_YEAR.fullmatch(text):
        yield _date(int(match[1]), int(match[2]), made=False)
    if match := _NAMED.fullmatch(text):
        yield _date(_MONTHS[match[1]], int(match[2]), made=False)
    if match := _DAY_MONTH.fullmatch(text):
        yield _date(int(match[1]), _MONTHS[match[2]], made=True)
        if match[3] is not None:
            yield _date(int(match[1]), _MONTHS[match[2]], int(match[3]), made=True)
    if match := _MONTH_YEAR.fullmatch(text):
        yield _date(_MONTHS[match[1]], int(match[2]), made=True)
    if match := _YEAR_FIRST.fullmatch(text):
        yield from _whole_date(int(match[2]), int(match[3]), int(match[1]))
    if match := _YEAR_LAST.fullmatch(text):
        yield from _whole_date(int(match[1]), int(match[2]), int(match[3]))


def _whole_date(one: int, other: int, year: int) -> Iterator[Reading]:
    """A date with its year: typed as day and month, as month and year (then the day is the first), or as all three."""
    yield _date(one, other, made=True)
    yield _date(one, other, year, made=True)
    if other == 1:
        yield _date(one, year, made=True)
    if one == 1:
        yield _date(other, year, made=True)


def _date(*parts: int, made: bool) -> Reading:
    # Sorted: which of them is the day depends on the country that the program is set to.
    return Reading("date", "date " + "-".join(str(part) for part in sorted(parts)), made)


def _numbers(text: str) -> Iterator[Reading]:
    if (match := _EXPONENT.fullmatch(text)) and int(match[2]) + 1 >= LEAST:
        digits = match[1].replace(".", "")
        longer = digits.ljust(max(SHOWN) + 1, "0")
        yield from (_rounded(longer, shown, int(match[2]) + 1, made=True) for shown in SHOWN if len(digits) <= shown)
    if _DIGITS.fullmatch(text):
        number = text.lstrip("0")
        if len(number) >= LEAST:
            yield from (_rounded(number, shown, len(number), made=False) for shown in SHOWN)
        if len(number) > KEPT:
            key = f"digits {len(number)} {number[:KEPT]}"
            yield Reading("digits", key, made=False)
            if not number[KEPT:].strip("0"):
                yield Reading("digits", key, made=True)


def _rounded(digits: str, shown: int, length: int, *, made: bool) -> Reading:
    """The first digits, rounded by the one behind them, of a number of so many; a carry makes it one longer."""
    number = int(digits[:shown]) + (digits[shown] >= "5")
    if number == 10**shown:
        number, length = number // 10, length + 1
    return Reading("digits", f"rounded {length} {number}", made)
