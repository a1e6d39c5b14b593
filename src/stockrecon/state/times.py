"""Times as whole microseconds since 1970 in UTC: exact, small, and the same in every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_number(at: datetime) -> int:
    """Raises TypeError for a time without an offset."""
    return (at - _EPOCH) // _MICROSECOND


def to_time(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND


def to_number_or_none(at: datetime | None) -> int | None:
    return None if at is None else to_number(at)


def to_time_or_none(number: int | None) -> datetime | None:
    return None if number is None else to_time(number)
