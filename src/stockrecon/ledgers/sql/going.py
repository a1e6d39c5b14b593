"""Reading on from what an earlier run has kept: what is proven to be as it was is not read again.

For each large table the database sums up its blocks (blocks.py) in the same snapshot that is read. Blocks with the same
sums as before stay as they were kept; the others, and of movements the newest (back to `overlap` before the newest that
was known), are read anew. The newest ones are where late commits fall; one further back is read anew too, and told.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, literal, select
from sqlalchemy.exc import SQLAlchemyError

from stockrecon import __version__
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import BlockSum, KeptTable, TableFile, ToKeep
from stockrecon.core.tables import MOVEMENTS, STOCK
from stockrecon.ledgers.sql.blocks import HOUR, Blocked, blocked, quickly, ranges, summed
from stockrecon.ledgers.sql.reading import Faults, copy, copy_blocks
from stockrecon.ledgers.sql.sources import Source

KEPT_FROM = 50_000
"""Rows from which on a table is worth keeping: fewer are read in less time than their sums."""
_ANEW = 20
"""What was read anew is kept anew once it is more than one part in so many, or was told: to be told once."""
_MOST = 4
"""More than one part in so many of the rows to be read anew: then all are."""
_RANGES = 200
"""More stretches of time in one statement would not be read in less time than all."""
_FORM = 2
"""Of blocks and of what is kept; another one makes what was kept before useless."""


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one table: its file, what stands beside it, what is to be kept of both, what is to be told."""

    file: TableFile
    kept: KeptTable | None = None
    to_keep: ToKeep | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Going:
    """One reading. `as_of`: the ledger's time of it."""

    connection: Connection
    settings: LedgerSettings
    spool: Path
    as_of: datetime
    faults: Faults

    def part(self, source: Source, kept: KeptTable | None) -> Part:
        """Reads one table, on from what is kept where that can be. Raises ReadFault or SQLAlchemyError."""
        path = self.spool / f"{source.table.name}.csv"
        file = TableFile(str(path), source.shown, trusted=True)
        table = self._blocked(source)
        if table is None:
            copy(self.connection, source, path, self.settings.zone, self.faults)
            return Part(file)
        sums = self._summed(table)
        if sums is None:
            copy(self.connection, source, path, self.settings.zone, self.faults)
            return Part(file)
        terms = self._terms(table)
        on = kept if kept is not None and self._still_good(kept, terms) else None
        if on is not None:
            anew, note = self._anew(table, on, sums)
            if anew is not None:
                rows = self._copied(table, path, anew)
                whole = sum(one.rows for one in sums.values())
                more = ToKeep(on.full_at, terms, sums) if note or rows * _ANEW > whole else None
                return Part(file, replace(on, without=frozenset(anew)), more, note)
        else:
            note = ""
        self._copied(table, path, None)
        return Part(file, to_keep=ToKeep(self.as_of, terms, sums), note=note)

    def _blocked(self, source: Source) -> Blocked | None:
        if self.settings.full_read.total_seconds() == 0 or source.table.name not in (STOCK.name, MOVEMENTS.name):
            return None
        with self.connection.begin_nested():
            enough = select(literal(1)).select_from(source.origin()).limit(1).offset(KEPT_FROM)
            if self.connection.execute(enough).first() is None:
                return None
            return blocked(self.connection, source, self.settings)

    def _summed(self, table: Blocked) -> dict[int, BlockSum] | None:
        """None where the database cannot: a column's type has no hash, times lie before 1970."""
        try:
            with self.connection.begin_nested():
                quickly(self.connection)
                sums = summed(self.connection, table)
        except SQLAlchemyError:
            return None
        if sums is None:
            return None
        is_movements = table.source.table.name == MOVEMENTS.name
        return None if is_movements and min(sums, default=1) <= 0 else sums

    def _copied(self, table: Blocked, path: Path, blocks: Collection[int] | None) -> int:
        return copy_blocks(self.connection, table.source, table.rows(blocks), path, self.settings.zone, self.faults)

    def _still_good(self, kept: KeptTable, terms: str) -> bool:
        return kept.terms == terms and self.as_of - kept.full_at < self.settings.full_read and kept.as_of <= self.as_of

    def _anew(self, table: Blocked, kept: KeptTable, now: Mapping[int, BlockSum]) -> tuple[set[int] | None, str]:
        """The blocks to be read anew, None for all; and what is to be told of what changed where nothing should."""
        before = kept.blocks
        changed = {block for block in before.keys() | now.keys() if before.get(block) != now.get(block)}
        newest: set[int] = set()
        note = ""
        if table.source.table.name == MOVEMENTS.name and before:
            newest = {block for block in before.keys() | now.keys() if block >= self._mark(table, kept)}
            # What is gone at the old end was left out by a query, or put away: nobody needs to be told.
            note = _note(table.source, sorted(block for block in changed - newest if block > min(now, default=0)))
        elif table.keys and any(_keys(before, block) != _keys(now, block) for block in changed):
            # A SKU that is new may be one that the database takes an older movement's for: only a full reading tells.
            return None, ""
        anew = changed | newest
        if len(ranges(anew)) > _RANGES and table.source.table.name == MOVEMENTS.name:
            return None, note
        if sum(_rows(now, block) for block in anew) * _MOST > sum(one.rows for one in now.values()):
            return None, note
        return anew, note

    def _mark(self, table: Blocked, kept: KeptTable) -> int:
        """The block from which on movements are read anew. One from the future, by a wrong clock, does not count."""
        newest = min(max(kept.blocks), table.hour_of(kept.as_of, self.settings.zone))
        return newest - int(self.settings.overlap.total_seconds() // HOUR) - 1

    def _terms(self, table: Blocked) -> str:
        """What the meaning of the rows depends on: another program, server, table, mapping or zone has other rows."""
        source, url = table.source, self.connection.engine.url
        told = [
            _FORM,
            __version__,
            table.backend,
            self.connection.dialect.server_version_info,
            str(url.set(username=None, password=None)),
            self.settings.zone,
            source.query or [source.schema, source.name],
            repr(source.mapping and (source.mapping.columns, source.mapping.fixed, source.mapping.values)),
            list(zip(table.columns, map(str, table.types), strict=True)),
        ]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()


def _rows(blocks: Mapping[int, BlockSum], block: int) -> int:
    return blocks[block].rows if block in blocks else 0


def _keys(blocks: Mapping[int, BlockSum], block: int) -> str:
    return blocks[block].digest.partition(":")[2] if block in blocks else ""


def _note(source: Source, blocks: list[int]) -> str:
    if not blocks:
        return ""
    hours = ", ".join(f"{datetime.fromtimestamp(block * HOUR, UTC):%Y-%m-%d %H:00}" for block in blocks[:3])
    more = f" and {len(blocks) - 3} more" if len(blocks) > 3 else ""
    noun = "hour" if len(blocks) == 1 else "hours"
    return (
        f"ledger: {source.shown}: older movements are not as an earlier run read them: those of {len(blocks)} {noun} "
        f"({hours}{more}, by the database's times) were read anew"
    )
