"""Laws of typed values: what a database or spreadsheet gives is either exactly what the contract holds, or a fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.tables import Column, Kind
from stockrecon.spool.cells import CellFault, parse_cell
from stockrecon.spool.typed import Origin, Unfit, converter

EXAMPLES = settings(max_examples=150, deadline=None)
WHOLE = st.integers(1 - 10**18, 10**18 - 1)


def number_as_text(column: Column, value: int | float | Decimal) -> str:
    if isinstance(value, int):
        return str(value)
    raise Unfit("a number")


def origin(zone: str | None = None) -> Origin:
    return Origin(zone, "NULL", "no zone", number_as_text)


def convert(kind: Kind, value: object, zone: str | None = None, **more: object) -> object:
    return converter(Column("c", kind, **more), origin(zone))(value)  # type: ignore[arg-type]


@EXAMPLES
@given(WHOLE)
def test_a_whole_number_is_itself_in_every_type(number: int) -> None:
    """As int, as text, as a decimal with zeros, and as floating point where that is exact."""
    assert convert(Kind.INTEGER, number) == number
    assert convert(Kind.INTEGER, str(number)) == number
    assert convert(Kind.INTEGER, Decimal(number)) == number
    assert convert(Kind.INTEGER, Decimal(f"{number}.000")) == number
    if abs(number) <= 2**53:
        assert convert(Kind.INTEGER, float(number)) == number


@EXAMPLES
@given(st.one_of(st.floats(), st.decimals()))
def test_no_number_is_rounded(value: float | Decimal) -> None:
    """What is taken for a quantity equals what was given."""
    try:
        taken = convert(Kind.INTEGER, value)
    except Unfit:
        return
    assert taken == value


@EXAMPLES
@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_text_is_exact(text: str) -> None:
    """Every text is itself, or was no text to begin with."""
    if any("\ud800" <= char <= "\udfff" for char in text):
        with pytest.raises(Unfit):
            convert(Kind.TEXT, text)
    else:
        assert convert(Kind.TEXT, text) == text
        assert convert(Kind.TEXT, text.encode()) == text


@EXAMPLES
@given(
    st.sampled_from([Kind.INTEGER, Kind.COUNT, Kind.TIME, Kind.BOOLEAN]),
    st.text("0123456789-+.,eE TZ:tfyn", min_size=1, max_size=25),
)
def test_text_of_other_kinds_is_read_like_a_csv_cell(kind: Kind, text: str) -> None:
    """A database that keeps numbers and times as text is judged like a file."""
    try:
        expected = parse_cell(kind, text, "Asia/Ho_Chi_Minh")
    except CellFault:
        with pytest.raises(Unfit):
            convert(kind, text, "Asia/Ho_Chi_Minh")
    else:
        assert convert(kind, text, "Asia/Ho_Chi_Minh") == expected


@EXAMPLES
@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)),  # noqa: DTZ001
    st.sampled_from(["UTC", "+07:00", "Asia/Ho_Chi_Minh", "America/Sao_Paulo", "Europe/London"]),
)
def test_a_naive_time_is_read_like_its_text(naive: datetime, zone: str) -> None:
    """The hour that comes twice, and the one that never comes, mean the same in a database as in a file."""
    assert convert(Kind.TIME, naive, zone) == convert(Kind.TIME, naive.isoformat(), zone)


@EXAMPLES
@given(
    st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_an_aware_time_is_its_moment(naive: datetime, minutes: int) -> None:
    """To the microsecond, in UTC."""
    aware = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    taken = convert(Kind.TIME, aware)
    assert taken == aware
    assert isinstance(taken, datetime)
    assert taken.tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INTEGER, True),
        (Kind.INTEGER, float("nan")),
        (Kind.INTEGER, float("inf")),
        (Kind.INTEGER, Decimal("NaN")),
        (Kind.INTEGER, Decimal("sNaN")),
        (Kind.INTEGER, 10**18),
        (Kind.INTEGER, -(10**18)),
        (Kind.INTEGER, float(2**60)),
        (Kind.INTEGER, datetime(2026, 1, 1, tzinfo=UTC)),
        (Kind.COUNT, -1),
        (Kind.BOOLEAN, 2),
        (Kind.BOOLEAN, "maybe"),
        (Kind.BOOLEAN, b"\x02"),
        (Kind.TEXT, True),
        (Kind.TEXT, 1.5),
        (Kind.TEXT, b"\xff"),
        (Kind.TEXT, "a\0"),
        (Kind.TEXT, ["a"]),
        (Kind.TIME, 1762837200),
        (Kind.TIME, timedelta(hours=1)),
        (Kind.TIME, datetime(1, 1, 1, tzinfo=UTC)),
        (Kind.CHOICE, "orders"),
    ],
)
def test_what_does_not_fit_is_a_fault(kind: Kind, value: object) -> None:
    """Nothing is made to fit."""
    with pytest.raises(Unfit):
        convert(kind, value, "UTC", choices=("order",))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("value", [None, "", b""])
def test_empty_values(kind: Kind, value: object) -> None:
    """They are empty where that is allowed, and a fault where it is not."""
    assert convert(kind, value, filled=False) is None
    with pytest.raises(Unfit):
        convert(kind, value)


def test_counts_have_a_least() -> None:
    """A pack of 0 units is none."""
    assert convert(Kind.COUNT, 1, least=1) == 1
    for value in (0, "0", Decimal(0)):
        with pytest.raises(Unfit):
            convert(Kind.COUNT, value, least=1)


def test_other_types_of_databases() -> None:
    """A UUID is its text, a bit its truth."""
    text = "6f1f6b7e-0000-4000-8000-000000000001"
    assert convert(Kind.TEXT, UUID(text)) == text
    assert convert(Kind.BOOLEAN, b"\x01") is True
    assert convert(Kind.BOOLEAN, Decimal(0)) is False
    assert convert(Kind.TEXT, memoryview(b"abc")) == "abc"


def test_an_unknown_zone_is_told_at_once() -> None:
    """Before any row is read."""
    with pytest.raises(CellFault):
        converter(Column("c", Kind.TIME), origin("Mars/Base"))
