"""What the state remembers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A listing whose numbers differ from those of the snapshot before, with the new ones.

    The three numbers are None, all together, for a listing that is gone. `at` is the shop's `as_of`, or the time of a
    write of this program's own that the shop was seen with.
    """

    at: datetime
    item_id: str
    variation_id: str
    sellable: int | None
    campaign: int | None
    withheld: int | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as the state knows it. `ended_at` and `exit_code` are None while it runs, and for one that died."""

    id: str
    number: int
    command: str
    began_at: datetime
    ended_at: datetime | None = None
    exit_code: int | None = None
    summary: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """The newest reading of a source (`ledger`, or a shop's name): its time, rows per table, who it said it is."""

    name: str
    as_of: datetime
    rows: Mapping[str, int]
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """A reading of a shop that a little pull can go on from.

    `as_of`: the shop's time of the newest reading that is in it; `began_at`: when that one began, by our clock.
    `full_at`: the shop's time of the full pull that it rests on. `items`: how many the shop has by its own count.
    `terms`: what the meaning of its rows depends on besides; the rows of another configuration are other rows.
    """

    as_of: datetime
    began_at: datetime
    full_at: datetime
    items: int
    identity: str = ""
    terms: str = ""


def run_id(now: datetime, number: int) -> str:
    """A run's id: readable, sorted by time, and the same for the same time and the same number of runs before.

    `number` counts from 1; 0 is for a run that has no state.
    """
    return f"{now:%Y%m%dT%H%M%SZ}-{number:04d}"
