"""Times without an offset: which columns hold them, and what can be said of their zone.

It is never guessed: a wrong one moves every movement by hours, and nothing in the rows tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.ledgers.sql.choosing import Choice
from stockrecon.ledgers.sql.looking import SeenTable

_SLOW = timedelta(minutes=5)
"""What clocks may differ by."""
_FURTHEST = timedelta(hours=26)
"""Zones are no further apart; a time that is later than that is one that is planned."""


@dataclass(frozen=True, slots=True)
class Naive:
    """A column of times without an offset. `ahead`: by how much the newest, read as UTC, is later than the clock."""

    shown: str
    newest: datetime | None = None
    ahead: timedelta | None = None


def naive_in(
    connection: Connection, tables: Sequence[tuple[SeenTable, Mapping[str, Choice]]], clock: datetime
) -> list[Naive]:
    """Of the columns that are chosen for times, those that hold no offset. Raises SQLAlchemyError."""
    found: list[Naive] = []
    for seen, choices in tables:
        for name in ("at", "updated_at"):
            chosen = seen.column(choices[name].add[0]) if name in choices else None
            if chosen is None or chosen.moment:
                continue
            newest = _newest(connection, seen, chosen.name)
            ahead = newest - clock if newest is not None else None
            told = ahead is not None and _SLOW < ahead <= _FURTHEST
            found.append(Naive(f"{seen.shown}.{chosen.name}", newest, ahead if told else None))
    return found


def about_zone(naive: Sequence[Naive]) -> str:
    """What people are asked, with what is known."""
    names = ", ".join(one.shown for one in naive)
    asked = (
        f"No offset is in {names}. In which zone are these times? Write its name (UTC, Asia/Ho_Chi_Minh, ...). It is "
        "not guessed: a wrong one moves every movement by hours. Until it is there, such times are refused."
    )
    for one in naive:
        if one.newest is not None and one.ahead is not None:
            minutes = round(one.ahead.total_seconds() / 60)
            asked += (
                f" UTC is ruled out, unless what is only planned is there too: read so, the newest of {one.shown} "
                f"({one.newest:%Y-%m-%d %H:%M}) is still to come, by {minutes // 60} h {minutes % 60:02} min."
            )
    return asked


def _newest(connection: Connection, table: SeenTable, name: str) -> datetime | None:
    """Taken for a time of UTC; None where there is none, or where it is no time without an offset."""
    with suppress(SQLAlchemyError, ValueError, OverflowError), connection.begin_nested():
        value = connection.execute(select(func.max(table.clause().c[name]))).scalar()
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(found, datetime) and found.tzinfo is None:
            return found.replace(tzinfo=UTC)
    return None
