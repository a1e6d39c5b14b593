"""Movements that are later than the ledger's own clock: what happened cannot lie ahead, so their times are wrong.

Ahead by no more than zones can differ, they are taken for times of another zone: then all ages are wrong, and what
happened hours ago would count as still on its way to the shops. Further ahead it is some row that is wrong by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stockrecon.core.guard import AHEAD as AHEAD
from stockrecon.errors import ReadFault

ZONES = timedelta(hours=26)
"""No two zones are further apart: UTC-12 and UTC+14."""
NAMED = 3
"""So many rows are told of."""
_PLANNED = "Leave out what is only planned for later; --now may not be before what has been booked."


@dataclass(frozen=True, slots=True)
class Ahead:
    """`near`: how many are ahead by what zones can differ, `by`: the most of these. `far`: how many are further ahead,
    the first few of them `named`."""

    near: int = 0
    by: timedelta = timedelta()
    far: int = 0
    named: tuple[str, ...] = ()

    def fault(self, clock: datetime, zone: str | None) -> ReadFault | None:
        """Why the ledger cannot be read so, where its times are those of another zone."""
        if not self.near:
            return None
        times = "1 time is" if self.near == 1 else f"{self.near} times are"
        wrong = "they are in another zone than they say, or the clock of what writes them is wrong"
        way_on = "Mend the clock, or the offsets, of what writes them."
        if zone is not None:
            wrong = f"they are not in ledger.zone ({zone}), or the clock of what writes them is wrong"
            way_on = "Set ledger.zone to the zone that movements.at is in (docs/ledgers/sql.md), or mend the clock."
        what = f"{times} later than the ledger's own, {_said(clock)}, by up to {apart(self.by)}: {wrong}"
        return ReadFault("ledger", what, way_on=f"{way_on} {_PLANNED}")

    def doubt(self, as_of: datetime, zone: str | None) -> str:
        """What is told of movements that are later than files say that they are of; "" where there are none."""
        count = self.near + self.far
        if not count:
            return ""
        times = "1 movement is" if count == 1 else f"{count} movements are"
        by = f" by up to {apart(self.by)}" if not self.far else ""
        wrong = f"as_of is too old, or times are not in ledger.zone{f' ({zone})' if zone else ''}"
        return (
            f"{times} later than the files' own time, {_said(as_of)},{by}: {wrong}; that explains nothing as on its way"
        )

    def warning(self, clock: datetime) -> str:
        """What is told of single rows far ahead; "" where there are none."""
        if not self.far:
            return ""
        more = f" and {self.far - len(self.named)} more" if self.far > len(self.named) else ""
        return (
            f"{'; '.join(self.named)}{more}: days after the ledger's own time, {_said(clock)}, so that time is wrong, "
            "and explains nothing"
        )


def ahead(rows: Iterable[tuple[str, datetime]], clock: datetime) -> Ahead:
    """Of rows, each with what names it and its time, those that are later than `clock`, the ledger's."""
    near: list[timedelta] = []
    far: list[tuple[str, datetime]] = []
    for name, at in rows:
        if at > clock + ZONES:
            far.append((name, at))
        elif at > clock + AHEAD:
            near.append(at - clock)
    return Ahead(len(near), max(near, default=timedelta()), len(far), tuple(dated(*one) for one in far[:NAMED]))


def dated(name: str, at: datetime) -> str:
    """A row that is far ahead, in words."""
    return f"{name} is of {_said(at)}"


def _said(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def apart(by: timedelta) -> str:
    """A span of time, as people say it."""
    minutes = round(by.total_seconds() / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours < 48 else f"{hours // 24} days"
