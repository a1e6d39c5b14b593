"""What reading a shop or a ledger hands to the comparison: folders of tables, and what is known of them.

Everything read becomes a folder of CSV files with the names and columns of the contract's sections 4 and 5: a file
shop's own folder, or a spool that a channel or a database ledger wrote while it read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.core.model import Capabilities, ShopName


@dataclass(frozen=True, slots=True)
class TableFile:
    """One table in a file. `shown` is the name that faults give it (what the user wrote, not a spool's path).

    `trusted`: written by our own spool, so that its form needs no second check. `zone`: an IANA name or offset for
    times without one; None makes such a time a fault.
    """

    path: str
    shown: str
    trusted: bool = False
    zone: str | None = None


NOTED = "noted"
"""The table of what a channel knows of a shop besides, and is given back when it is asked what changed."""


@dataclass(frozen=True, slots=True)
class Little:
    """A shop that was not read in full: what may have changed since `since` was, `kept` listings were not.

    These are as the shop showed them between its last full pull, at `full_at`, and `since`. `untold`: what could have
    changed them without a sign.
    """

    since: datetime
    full_at: datetime
    kept: int
    untold: str = ""


@dataclass(frozen=True, slots=True)
class Pulled:
    """One shop, read. `tables` maps listings (always), campaigns, orders, history to their files; and `noted`, which
    nobody reads but the channel itself, when it is asked what changed since (`ChangesRequest`).

    `complete` is False, with the reason, where paging could not prove its end. `requests`: HTTP requests made.
    `identity`: what the shop says it is (shop id, seller id), to notice another shop's data.
    `items`: how many there are by the shop's own count, where it tells. `terms`: what the meaning of the rows depends
    on besides the configuration. `little`: None where the shop was read from its beginning to its end.
    """

    shop: ShopName
    channel: str
    as_of: datetime
    complete: bool
    capabilities: Capabilities
    tables: Mapping[str, TableFile]
    zone: str = "UTC"
    reason: str = ""
    identity: str = ""
    requests: int = 0
    warnings: tuple[str, ...] = ()
    items: int | None = None
    terms: str = ""
    little: Little | None = None


@dataclass(frozen=True, slots=True)
class BlockSum:
    """What the database says of the rows of one block of a table. `digest`: a sum over a hash of every row."""

    rows: int
    units: int
    digest: str


@dataclass(frozen=True, slots=True)
class KeptTable:
    """Rows of a ledger's table as an earlier run read them, in a file that the catalogue wrote, block by block.

    `as_of`: the ledger's time of that reading, `full_at`: of the newest reading of the whole table. `terms`: what the
    meaning of the rows depends on besides. `without`: blocks whose rows do not count any more, as this run found.
    """

    path: str
    as_of: datetime
    full_at: datetime
    terms: str
    blocks: Mapping[int, BlockSum]
    without: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ToKeep:
    """What the next reading of a table can go on from, once its rows are in a file."""

    full_at: datetime
    terms: str
    blocks: Mapping[int, BlockSum]


@dataclass(frozen=True, slots=True)
class LedgerRead:
    """The ledger, read in one consistent snapshot. `tables` maps stock (always), movements, listings, pushes.

    `as_of` is None where only the tables' own times tell (a file ledger without ledger.yaml: the latest in them).
    """

    type: str
    as_of: datetime | None
    tables: Mapping[str, TableFile]
    zone: str | None = None
    warnings: tuple[str, ...] = field(default=())
    read_at: datetime | None = None
    """When it was read: its `as_of` where neither the ledger nor any of its tables holds a time."""
    clock: datetime | None = None
    """The latest that anything in it can be of by its own clock; None where the ledger has seen to that itself."""
    kept: Mapping[str, KeptTable] = field(default_factory=dict)
    """Rows that stand beside those of the tables' files, since nothing of them has changed."""
    to_keep: Mapping[str, ToKeep] = field(default_factory=dict)
    """Tables that are worth keeping for the next reading; the rows of their files name their block."""
