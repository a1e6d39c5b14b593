"""A table of the seller's database, streamed row by row into the spool, every value checked on its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.mapping import header_text
from stockrecon.core.tables import Column, Kind, Table, with_blocks
from stockrecon.errors import Fault
from stockrecon.ledgers.sql.columns import matched
from stockrecon.ledgers.sql.sources import Source
from stockrecon.spool.cells import shown
from stockrecon.spool.typed import Converter, Origin, Unfit, converter
from stockrecon.spool.writer import SpoolWriter

ROWS_AT_ONCE = 5000
"""Rows that are held in memory, and fetched from the server in one go."""
KEYS_AT_ONCE = 500
"""Values of one statement: below every database's limit of parameters."""
MOST_FAULTS = 100

_PADDED = 1042
"""PostgreSQL's type number of CHAR(n), whose trailing blanks are padding and mean nothing."""
_TIMESTAMP = 7
"""MySQL's type number of TIMESTAMP, which is told in the session's zone: UTC. DATETIME (12) has no zone at all."""


@dataclass(slots=True)
class Faults:
    """What is wrong with the rows of a reading, at most the first hundred."""

    faults: list[Fault] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.faults) >= MOST_FAULTS

    def add(self, fault: Fault) -> None:
        if not self.full:
            self.faults.append(fault)


@dataclass(slots=True)
class RowCheck:
    """Turns one row after the other into what the spool writes, and collects what is wrong with them."""

    source: Source
    columns: Sequence[Column]
    converters: Sequence[Converter]
    faults: Faults
    seen: set[str | tuple[str, ...]] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    number: int = 0
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.names = tuple(column.name for column in self.columns)

    def row(self, values: Sequence[object]) -> dict[str, object] | None:
        """The row by column name; None where it has a fault."""
        self.number += 1
        try:
            cells = {
                name: convert(value) for name, convert, value in zip(self.names, self.converters, values, strict=True)
            }
        except Unfit:
            self._tell(values)
            return None
        return cells if self.source.unique or self._first_of_its_key(cells) else None

    def _tell(self, values: Sequence[object]) -> None:
        """Every fault of the row."""
        for column, convert, value in zip(self.columns, self.converters, values, strict=True):
            try:
                convert(value)
            except Unfit as unfit:
                self._unfit(column, unfit, values)

    def _unfit(self, column: Column, unfit: Unfit, values: Sequence[object]) -> None:
        if unfit.once:
            if column.name in self.told:
                return
            self.told.add(column.name)
        row = named_row(self.source.table, self.columns, [*map(_as_read, self.converters, values)])
        self.faults.add(Fault(self.source.shown, self.number, 0, f"{row}: {unfit.text}", column.name))

    def _first_of_its_key(self, cells: Mapping[str, object]) -> bool:
        table = self.source.table
        names = table.key or (table.once if cells.get("item_id") else ())
        if not names:
            return True
        key = str(cells[names[0]]) if len(names) == 1 else tuple([str(cells.get(name) or "") for name in names])
        if key in self.seen:
            words = ", ".join(f"{name} {shown(str(cells.get(name) or ''))}" for name in names)
            path = "+".join(names)
            self.faults.add(Fault(self.source.shown, self.number, 0, f"{words} is there twice (text is exact)", path))
            return False
        self.seen.add(key)
        return True


def _as_read(convert: Converter, value: object) -> object:
    """A text without the padding that means nothing; what does not fit is as it is."""
    try:
        made = convert(value)
    except Unfit:
        return value
    return made if isinstance(made, str) and isinstance(value, str) else value


def named_row(table: Table, columns: Sequence[Column], values: Sequence[object]) -> str:
    """A row as a person finds it again: by its key, or by its first cells."""
    by_name = {column.name: value for column, value in zip(columns, values, strict=True)}
    names = table.key or table.once or table.names[:3]
    known = [f"{name} {_plain(by_name[name])}" for name in names if by_name.get(name) is not None]
    return f"row with {', '.join(known)}" if known else "row without a key"


def _plain(value: object) -> str:
    return shown(value.encode("utf-8", "backslashreplace").decode()) if isinstance(value, str) else str(value)


def copy(connection: Connection, source: Source, path: Path, zone: str | None, faults: Faults) -> int:
    """Streams the table into `path`; the number of rows written. Raises ReadFault for columns that are missing.

    Raises SQLAlchemyError for what the database refuses.
    """
    return _copied(connection, source, source.statement(), path, zone, faults)


def copy_blocks(
    connection: Connection, source: Source, statement: Executable, path: Path, zone: str | None, faults: Faults
) -> int:
    """The same for a statement that gives each row's block as well, which is written beside it."""
    return _copied(connection, replace(source, table=with_blocks(source.table)), statement, path, zone, faults)


def _copied(
    connection: Connection, source: Source, statement: Executable, path: Path, zone: str | None, faults: Faults
) -> int:
    result = connection.execute(statement, execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE})
    try:
        check, picks = check_of(result, source, connection.dialect.name, zone, faults)
        with SpoolWriter(source.table, path) as writer:
            # A table's own statement gives the wanted columns in their order; a query may give others between them.
            as_is = picks == list(range(len(result.keys())))
            for part in result.partitions():
                rows = [check.row(row if as_is else [row[pick] for pick in picks]) for row in part]
                writer.write_all(row for row in rows if row is not None)
                if faults.full:
                    break
            return writer.rows
    finally:
        with suppress(SQLAlchemyError):
            result.close()


def looked_up(
    connection: Connection, source: Source, zone: str | None, names: Sequence[str], keys: Sequence[str], faults: Faults
) -> Iterator[dict[str, object]]:
    """These columns of the rows whose first one is one of the keys to the database, whose collation may take others
    for them. Raises SQLAlchemyError."""
    wanted = [next(column for column in source.table.columns if column.name == name) for name in names]
    # A part of a table proves nothing of its key; that it repeats nowhere is seen to by reading.
    source = replace(source, unique=True)
    for start in range(0, len(keys), KEYS_AT_ONCE):
        rows = connection.execute(source.some(names[0], keys[start : start + KEYS_AT_ONCE], names))
        makers = makers_of(rows, source, wanted, range(len(wanted)), connection.dialect.name, zone)
        check = RowCheck(source, wanted, makers, faults)
        for values in rows:
            cells = check.row(tuple(values))
            if cells is not None:
                yield cells


def check_of(
    result: CursorResult[Any], source: Source, dialect: str, zone: str | None, faults: Faults
) -> tuple[RowCheck, list[int]]:
    """What checks the rows of this result, and which of their values it wants. Raises ReadFault for missing columns."""
    names = list(result.keys())
    pairs = matched(source.table, names, source.shown)
    picks = [names.index(own) for _, own in pairs]
    columns = [column for column, _ in pairs]
    makers = makers_of(result, source, columns, picks, dialect, zone)
    return RowCheck(source, columns, makers, faults), picks


def makers_of(
    result: CursorResult[Any],
    source: Source,
    columns: Sequence[Column],
    picks: Sequence[int],
    dialect: str,
    zone: str | None,
) -> list[Converter]:
    """What turns each column's values into what the spool writes, by the types that the database tells of them."""
    description = result.cursor.description if result.cursor is not None else None
    types = [description[pick][1] if description else None for pick in picks]
    origin = origin_of(source, zone)
    made = [_converter(column, dialect, code, origin) for column, code in zip(columns, types, strict=True)]
    said = source.mapping.values if source.mapping is not None else {}
    return [
        _translated(said[column.name], convert) if column.name in said else convert
        for column, convert in zip(columns, made, strict=True)
    ]


def _translated(said: Mapping[str, str], convert: Converter) -> Converter:
    """What the mapping says of a cell comes first: its text, or a whole number's digits, for ours."""

    def of(value: object) -> object:
        plain = value if isinstance(value, str) else str(value) if isinstance(value, int | Decimal) else None
        ours = None if plain is None else said.get(header_text(plain))
        return convert(value if ours is None else ours)

    return of


def origin_of(source: Source, zone: str | None) -> Origin:
    """How this database's types are to be understood."""
    return Origin(
        zone=zone,
        empty="NULL",
        no_zone="the time has no offset: set ledger.zone (the zone that the database's times are in), or give a "
        f"query under queries.{source.table.name} that adds one",
        number_as_text=_number_as_text,
    )


def _converter(column: Column, dialect: str, code: object, origin: Origin) -> Converter:
    if column.kind is Kind.TIME and dialect in ("mysql", "mariadb") and code == _TIMESTAMP:
        return converter(column, replace(origin, zone="UTC"))
    convert = converter(column, origin)
    if dialect == "postgresql" and code == _PADDED:
        return lambda value: convert(value.rstrip(" ") if isinstance(value, str) else value)
    return convert


def _number_as_text(column: Column, value: int | float | Decimal) -> str:
    """A database's whole number is its digits; anything with a fraction, or in floating point, is not an id."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == 0:
        return str(value)
    raise Unfit(f"{value} is a number with a fraction where a text is expected: make the column text")
