"""One cell: what it means, or why it means nothing and how to write it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from stockrecon.core.tables import Kind
from stockrecon.spool.cells import CellFault, parse_cell


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.TEXT, " 00123 ", " 00123 "),
        (Kind.TEXT, "", ""),
        (Kind.INTEGER, "-7", -7),
        (Kind.INTEGER, "007", 7),
        (Kind.INTEGER, "-999999999999999999", -(10**18) + 1),
        (Kind.COUNT, "0", 0),
        (Kind.BOOLEAN, "Yes", True),
        (Kind.BOOLEAN, "F", False),
        (Kind.CHOICE, "good", "good"),
        (Kind.TIME, "2026-11-11T07:00:00+07:00", datetime(2026, 11, 11, tzinfo=UTC)),
        (Kind.TIME, "2026-11-11 07:00+07", datetime(2026, 11, 11, tzinfo=UTC)),
        (Kind.TIME, "2026-11-11T00:00:00.1234567Z", datetime(2026, 11, 11, 0, 0, 0, 123456, UTC)),
        (Kind.TIME, "2026-11-11T07:00:00", datetime(2026, 11, 11, tzinfo=UTC)),
    ],
)
def test_values(kind: Kind, text: str, value: object) -> None:
    """Exact texts, whole numbers, times in UTC (a zone is set here)."""
    assert parse_cell(kind, text, "Asia/Ho_Chi_Minh", ("good", "bad")) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("1,000", "'1,000' has a thousands separator: write 1000"),
        ("-1 000 000", "'-1 000 000' has a thousands separator: write -1000000"),
        ("1_000", "'1_000' has a thousands separator: write 1000"),
        ("1.0", "'1.0' is not a whole number: write 1"),
        ("1.", "'1.' is not a whole number: write 1"),
        ("1.000", "'1.000' is not a whole number"),
        ("1.5", "'1.5' is not a whole number"),
        ("1e3", "'1e3' is not written out: write 1000"),
        ("1E+05", "'1E+05' is not written out: write 100000"),
        ("1e99", "'1e99' is not a whole number"),
        (" 7 ", "' 7 ' has spaces around the number: write 7"),
        ("7\u00a0", "'7\\xa0' has spaces around the number: write 7"),
        ("+5", "'+5' has a plus sign: write 5"),
        ("７", "'７' has digits or signs other than 0 to 9 and -: write 7"),
        ("−5", "'−5' has digits or signs other than 0 to 9 and -: write -5"),
        ("٣", "'٣' has digits or signs other than 0 to 9 and -: write 3"),
        ("1000000000000000000", "'1000000000000000000' is too large: at most 18 digits"),
        ("NULL", "'NULL' is not a whole number"),
        ("--", "'--' is not a whole number"),
        ("7\n", "'7\\n' has spaces around the number: write 7"),
        ("x" * 90, f"'{'x' * 40}...' is not a whole number"),
    ],
)
def test_numbers_that_are_none(text: str, words: str) -> None:
    """Nothing is guessed; where the meaning is plain, the words say how to write it."""
    with pytest.raises(CellFault) as raised:
        parse_cell(Kind.INTEGER, text)
    assert str(raised.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "2026-11-11T00:00:00",
            "'2026-11-11T00:00:00' has no offset: write 2026-11-11T00:00:00+07:00 or set zone",
        ),
        ("2026-02-31T00:00:00Z", "'2026-02-31T00:00:00Z' has no such day: 2026-02 has 28 days"),
        ("2026-13-01T00:00:00Z", "'2026-13-01T00:00:00Z' has no such month"),
        ("2026-11-11", "'2026-11-11' has no time of day: write 2026-11-11T00:00:00+07:00"),
        ("0001-01-01T00:00:00Z", "'0001-01-01T00:00:00Z' has a year outside 1900 to 2199"),
        ("2026-11-11T24:00:00Z", "'2026-11-11T24:00:00Z' is not a time: write it like 2026-11-11T00:00:00+07:00"),
        ("11/11/2026 10:00", "'11/11/2026 10:00' is not a time: write it like 2026-11-11T00:00:00+07:00"),
        ("2026-W46-3T00:00:00Z", "'2026-W46-3T00:00:00Z' is not a time: write it like 2026-11-11T00:00:00+07:00"),
        ("1794355200", "'1794355200' is not a time: write it like 2026-11-11T00:00:00+07:00"),
    ],
)
def test_times_that_are_none(text: str, words: str) -> None:
    """31 February, a month 13, a day without an hour, other orders of day and month."""
    with pytest.raises(CellFault) as raised:
        parse_cell(Kind.TIME, text)
    assert str(raised.value) == words


def test_an_hour_that_comes_twice_is_the_later_one() -> None:
    """Where clocks are set back; where they are set forward, the clock that had not been."""
    assert parse_cell(Kind.TIME, "2026-10-25T02:30:00", "Europe/Berlin") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert parse_cell(Kind.TIME, "2026-03-29T02:30:00", "Europe/Berlin") == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
