"""How new the newest movements are, in the words of `check`: times of another zone show there first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.ahead import Ahead, ahead, apart
from stockrecon.core.model import MovementKind
from stockrecon.ledgers.base import LedgerCheck

_WHAT = "times"


@dataclass(frozen=True, slots=True)
class Dated:
    """One movement."""

    id: str
    sku: str
    at: datetime
    kind: str


def times_lines(
    movements: Iterable[Dated], clock: datetime, zone: str | None, as_of: datetime | None = None
) -> Iterator[LedgerCheck]:
    """`clock`: the latest that a movement can be of; `as_of`: what files say that they are of. A correction of ours has
    the run's time, which may be later than that of files, so corrections are no witnesses."""
    rows = [(f"movement {one.id} of {one.sku}", one.at) for one in movements if one.kind != MovementKind.CORRECTION]
    found = ahead(rows, clock)
    if (fault := found.fault(clock, zone)) is not None:
        yield LedgerCheck(False, _WHAT, fault.what, fault.way_on)
    words = found.warning(clock)
    if as_of is not None and found == Ahead():
        words = ahead(rows, as_of).doubt(as_of, zone)
    if words:
        yield LedgerCheck(None, _WHAT, words)
    elif rows and found == Ahead():
        latest = max(at for _, at in rows)
        age = f"{apart(clock - latest)} before" if latest < clock else "at"
        yield LedgerCheck(True, _WHAT, f"the newest movement is of {latest:%Y-%m-%d %H:%M} UTC, {age} the ledger's own")
