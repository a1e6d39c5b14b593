"""Blocks of rows that the database sums up by itself: equal sums prove that nothing in a block has changed.

Movements are in blocks of an hour, by the time that the database holds; SKUs in 16,384 blocks by a hash. A block's sum
is over a 64-bit hash of every row with all columns that are read, computed by the database: a late insert, an update
and a delete change it wherever they fall, whatever the row's time or id says of its age.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Integer,
    Text,
    and_,
    cast,
    collate,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.mysql import INTEGER as MYSQL_INTEGER

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import BlockSum
from stockrecon.core.tables import MOVEMENTS, STOCK, Column, Kind
from stockrecon.ledgers.sql import alike
from stockrecon.ledgers.sql.columns import matched
from stockrecon.ledgers.sql.reading import origin_of
from stockrecon.ledgers.sql.sources import Source
from stockrecon.spool.cells import zone_of
from stockrecon.spool.typed import Unfit, converter

HOUR = 3600
_Held = Sequence[ColumnElement[Any]]
_BUCKETS = 16384
_NUMBERS = frozenset({20, 21, 23, 1700, 701, 700, 16, 1114, 1184})
"""PostgreSQL's types whose hash tells what their text tells; all others are hashed as text, byte by byte."""
_NOTHING: ColumnElement[Any] = literal_column("'0'::bigint")
"""An offset that PostgreSQL takes for one, but not for one that only a single process can apply."""
_TIMES = {"postgresql": frozenset({1114, 1184}), "mysql": frozenset({7, 12}), "mariadb": frozenset({7, 12})}
_FIRST_WITH_HASHES = (14,)
_UNITS = {MOVEMENTS.name: "quantity", STOCK.name: "available"}


@dataclass(frozen=True, slots=True)
class Blocked:
    """A table that can be read block by block. `types`: the database's words for its columns' types."""

    source: Source
    backend: str
    columns: tuple[str, ...]
    types: tuple[object, ...]
    keys: bool
    """Whether the SKUs by themselves are summed up as well, behind a colon of the digest."""

    def block(self) -> ColumnElement[Any]:
        """The number of a row's block."""
        if self.source.table.name == MOVEMENTS.name:
            return _HOURS[self.backend](self.source.held("at"))
        return _HASHED[self.backend](self.source.held("sku"))

    def sums(self) -> Executable:
        """The statement that gives block, rows, units and digest of every block, in one pass over the table."""
        held = [self._compared(name, kind) for name, kind in zip(self.columns, self.types, strict=True)]
        summed = [held, *([held[:1]] if self.keys else [])]
        units = self.source.held(_UNITS[self.source.table.name])
        if self.backend == "postgresql":
            return self._sums_by_workers(units, summed)
        block = self.block().label("block")
        told = select(block, func.count(), func.sum(units), *map(_SUMS[self.backend], summed))
        return told.select_from(self.source.origin()).group_by(block)

    def _sums_by_workers(self, units: ColumnElement[Any], summed: Sequence[_Held]) -> Executable:
        """Rows and their blocks come from a part of the statement that PostgreSQL plans by itself: it would expect a
        block for each row else, which is more than its workers may sum up each for itself."""
        is_movements = self.source.table.name == MOVEMENTS.name
        block = _postgresql_hour(self.source.held("at")) if is_movements else self.block()
        hashes = [_postgresql_hash(held).label(f"hash{number}") for number, held in enumerate(summed)]
        rows = select(block.label("block"), units.label("units"), *hashes).select_from(self.source.origin())
        part = rows.offset(_NOTHING).subquery()
        number = _postgresql_hours(part.c.block) if is_movements else part.c.block
        sums = [func.sum(part.c[one.name]) for one in hashes]
        return select(number, func.count(), func.sum(part.c.units), *sums).group_by(part.c.block)

    def rows(self, blocks: Collection[int] | None) -> Executable:
        """The statement that reads its rows with their block; `blocks`: those of these blocks alone."""
        chosen = [self.source.held(name).label(name) for name in self.columns]
        statement = select(*chosen, self.block().label("block")).select_from(self.source.origin())
        return statement if blocks is None else statement.where(self._among(blocks))

    def _among(self, blocks: Collection[int]) -> ColumnElement[bool]:
        if not blocks:
            return false()
        if self.source.table.name == MOVEMENTS.name and self.backend != "sqlite":
            # Ranges of time, for an index on it.
            at = self.source.held("at")
            return or_(*(and_(at >= self._time(first), at < self._time(last + 1)) for first, last in ranges(blocks)))
        return self.block().in_([literal_column(str(number)) for number in sorted(blocks)])

    def hour_of(self, moment: datetime, zone: str | None) -> int:
        """The block of movements of this time."""
        if self._knows_moments() or zone is None:
            return int(moment.timestamp() // HOUR)
        return int(moment.astimezone(zone_of(zone)).replace(tzinfo=UTC).timestamp() // HOUR)

    def _knows_moments(self) -> bool:
        """Whether its times are moments; else they are those of a clock on a wall."""
        kind = self.types[self.columns.index("at")]
        return kind == 1184 if self.backend == "postgresql" else self.backend == "sqlite" or kind == 7

    def _time(self, hour: int) -> datetime:
        moment = datetime.fromtimestamp(hour * HOUR, UTC)
        aware = self.backend == "postgresql" and self._knows_moments()
        return moment if aware else moment.replace(tzinfo=None)

    def _compared(self, name: str, kind: object) -> ColumnElement[Any]:
        held = self.source.held(name)
        if self.backend != "postgresql" or kind in _NUMBERS:
            return held
        return collate(cast(held, Text), "C")


def blocked(connection: Connection, source: Source, settings: LedgerSettings) -> Blocked | None:
    """None where this table cannot be read so: another database, times that are text. Raises SQLAlchemyError."""
    backend = connection.dialect.name
    if backend not in _HOURS or source.table.name not in _UNITS:
        return None
    if backend == "postgresql" and (connection.dialect.server_version_info or (0,)) < _FIRST_WITH_HASHES:
        return None
    names = [pick.column.name for pick in source.picks] or _query_columns(connection, source)
    held = [source.held(name).label(name) for name in names]
    result = connection.execute(select(*held).select_from(source.origin()).limit(0))
    types = tuple(one[1] for one in result.cursor.description) if result.cursor is not None else ()
    result.close()
    if backend == "sqlite":
        _teach(connection, source, settings.zone)
    elif "at" in names and types[names.index("at")] not in _TIMES[backend]:
        return None
    return Blocked(source, backend, tuple(names), types, keys=source.table is STOCK and alike.may_merge(connection))


def summed(connection: Connection, table: Blocked) -> dict[int, BlockSum] | None:
    """What the database says of every block now; None where a row is in none, for want of a time or a SKU. Raises
    SQLAlchemyError."""
    found: dict[int, BlockSum] = {}
    for block, count, units, *digests in connection.execute(table.sums()).all():
        if block is None:
            return None
        found[int(block)] = BlockSum(int(count), int(units or 0), ":".join(map(str, digests)))
    return found


def quickly(connection: Connection) -> None:
    """Sums over millions of rows: PostgreSQL would compile its functions into the statement, which takes each of its
    workers longer than it spares."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL jit_inline_above_cost = -1"))


def _query_columns(connection: Connection, source: Source) -> list[str]:
    result: CursorResult[Any] = connection.execute(select(literal_column("*")).select_from(source.origin()).limit(0))
    names = list(result.keys())
    result.close()
    return [wanted.name for wanted, _ in matched(source.table, names, source.shown)]


def ranges(blocks: Collection[int]) -> list[tuple[int, int]]:
    """Runs of neighbouring numbers: first and last of each."""
    ordered = sorted(blocks)
    if not ordered:
        return []
    starts = [ordered[0], *(after for before, after in pairwise(ordered) if after != before + 1)]
    ends = [*(before for before, after in pairwise(ordered) if after != before + 1), ordered[-1]]
    return list(zip(starts, ends, strict=True))


def _mysql_number(hexadecimal: ColumnElement[Any], digits: int) -> ColumnElement[Any]:
    return cast(func.conv(func.left(hexadecimal, digits), 16, 10), MYSQL_INTEGER(unsigned=True))


def _mysql_sum(held: _Held) -> ColumnElement[Any]:
    # QUOTE tells NULL from a text, and where one text ends and the next begins.
    return func.sum(_mysql_number(func.md5(func.concat_ws(",", *(func.quote(one) for one in held))), 16))


def _postgresql_hash(held: _Held) -> ColumnElement[Any]:
    # The hash of a row is a plain sum over its columns' hashes: two rows that exchange a column's values would
    # leave the sum as it was, were it not hashed once more.
    return func.hashint8extended(func.hash_record_extended(func.row(*held), 0), 0)


def _mysql_hours(at: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.timestampdiff(literal_column("HOUR"), literal_column("'1970-01-01 00:00:00'"), at)


def _postgresql_hour(at: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.date_bin(literal_column("'1 hour'"), at, literal_column("'epoch'"))


def _postgresql_hours(at: ColumnElement[Any]) -> ColumnElement[Any]:
    # Written out: SQLAlchemy's own division would be one of numeric, which takes several times as long.
    hours = func.date_part(literal_column("'epoch'"), at).op("/")(literal_column(str(HOUR)))
    return cast(func.floor(hours), BigInteger)


_Many = Callable[[_Held], ColumnElement[Any]]
_One = Callable[[ColumnElement[Any]], ColumnElement[Any]]
_SUMS: Mapping[str, _Many] = {
    "mysql": _mysql_sum,
    "mariadb": _mysql_sum,
    "sqlite": lambda held: func.stockrecon_sum(*held),
}
_HOURS: Mapping[str, _One] = {
    "postgresql": _postgresql_hours,
    "mysql": _mysql_hours,
    "mariadb": _mysql_hours,
    "sqlite": lambda at: func.stockrecon_hour(at, type_=Integer()),
}
_HASHED: Mapping[str, _One] = {
    "postgresql": lambda sku: func.hashtextextended(collate(cast(sku, Text), "C"), 0).op("&")(_BUCKETS - 1),
    "mysql": lambda sku: _mysql_number(func.md5(sku), 4).op("%")(_BUCKETS),
    "mariadb": lambda sku: _mysql_number(func.md5(sku), 4).op("%")(_BUCKETS),
    "sqlite": lambda sku: func.stockrecon_block(sku, type_=Integer()),
}


class _Sum:
    """SQLite has no hashes, and its sums overflow: one of ours, which it calls for every row."""

    def __init__(self) -> None:
        self.total = 0

    def step(self, *values: object) -> None:
        self.total += _hash(repr(values))

    def finalize(self) -> str:
        return str(self.total)


def _hash(value: str) -> int:
    data = value.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest())


def _teach(connection: Connection, source: Source, zone: str | None) -> None:
    """Makes SQLite know the functions by which its rows are told apart and hashed."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        return
    raw.create_aggregate("stockrecon_sum", -1, _Sum)  # type: ignore[arg-type]
    raw.create_function("stockrecon_block", 1, lambda sku: _hash(str(sku)) % _BUCKETS, deterministic=True)
    column = next((one for one in source.table.columns if one.kind is Kind.TIME), None)
    if column is not None:
        raw.create_function("stockrecon_hour", 1, _hours(column, source, zone), deterministic=True)


def _hours(column: Column, source: Source, zone: str | None) -> Callable[[object], int]:
    place = converter(column, origin_of(source, zone))

    @lru_cache(maxsize=4096)
    def hour(at: object) -> int:
        try:
            moment = place(at)
        except Unfit:
            return 0  # the row itself is a fault when it is read
        return int(moment.timestamp() // HOUR) if isinstance(moment, datetime) else 0

    return hour
