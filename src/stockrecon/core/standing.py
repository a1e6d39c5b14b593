"""What the guards know of a ledger and of each shop: how much there is, how fresh it is, and what was there before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.core.model import ShopName
from stockrecon.core.policy import Limit, Mode


def lost_too_many(rows: int, good_rows: int | None, limit: Limit) -> bool:
    """Whether a reading lost more rows since the last good one than may be: it is no good one then."""
    return good_rows is not None and good_rows - rows > limit.of(good_rows)


@dataclass(frozen=True, slots=True)
class ShopStanding:
    """One shop as this run read it.

    `rows`: listings; `in_stock`: those that expose something; `exposed`: units. `good_rows`: listings of the last good
    snapshot, None before the first. `seen`: the newest `as_of` of earlier runs. `networked`: read over a network, not
    from files. `error`: why it could not be read, or is not proven to be read to its end; then nothing is written.
    """

    name: ShopName
    mode: Mode
    as_of: datetime
    rows: int
    in_stock: int
    exposed: int
    good_rows: int | None = None
    seen: datetime | None = None
    networked: bool = True
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """The ledger as this run read it. `units`: the sum of what is available where that is positive.

    `dated` False: nothing that was read tells when the ledger is of, so its age cannot be judged.
    """

    as_of: datetime
    skus: int
    units: int
    dated: bool = True
    good_rows: int | None = None
    seen: datetime | None = None
    networked: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """`forgotten`: why what earlier runs left could not be asked for, else "". Then nobody can tell what was lost
    since, what is older than before, or what is open, and nothing is written."""

    ledger: LedgerStanding
    shops: Mapping[ShopName, ShopStanding] = field(default_factory=dict)
    forgotten: str = ""
