"""Where a correction is posted: the seller's own stock and movements tables, with their columns and their types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import ColumnClause, Connection, String, cast, column, func, inspect, select, text
from sqlalchemy import table as sql_table
from sqlalchemy.engine import Inspector
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import TableClause
from sqlalchemy.types import CHAR, DateTime, Integer, NullType, Numeric, TypeEngine

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import LEDGER_TABLES, MOVEMENTS, STOCK
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.sql.sources import Source, source_of
from stockrecon.spool.cells import zone_of

OWN_STATEMENT = "give your own statement under ledger.correct"
_FILLED = ("id", "sku", "at", "quantity", "kind", "balance", "ref", "note", "shop", "order_id")
_UPDATES, _INSERTS = 4, 8
"""Bits of PostgreSQL's pg_relation_is_updatable."""
_QUALIFIED = re.compile(r"`([^`]+)`\.`([^`]+)`")


class Numbered(Enum):
    """Where a movement's id comes from: the correction's ref, the database itself, or the next whole number."""

    BY_REF = "ref"
    BY_DATABASE = "database"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class Book:
    """Both tables with the columns that a correction touches, each under the contract's name."""

    stock: TableClause
    movements: TableClause
    own: Mapping[str, ColumnClause[object]]
    """Of stock: sku and available."""
    filled: Mapping[str, ColumnClause[object]]
    """Of movements: those that are there."""
    not_null: frozenset[str]
    numbered: Numbered
    zone: str | None
    backend: str
    kind: str = "correction"
    """What stands in movements for it."""

    def is_sku(self, held: ColumnClause[object], sku: str) -> ColumnElement[bool]:
        # A number's column is not compared with text everywhere; a text's column is left bare for its index.
        as_it_is = self.backend == "sqlite" or isinstance(held.type, String)
        return held == sku if as_it_is else cast(held, String(255)) == sku

    def row(self, request: CorrectionRequest, balance: int, number: int | None) -> dict[str, object]:
        """The movement of a correction by the database's own column names. `number`: its id, where it is the next."""
        values: dict[str, object] = {
            "sku": request.sku,
            "at": self._time(request.at),
            "quantity": request.by,
            "kind": self.kind,
            "balance": balance,
            "ref": request.ref,
            "note": self._short(request.note),
            "shop": "" if "shop" in self.not_null else None,
            "order_id": "" if "order_id" in self.not_null else None,
        }
        if self.numbered is not Numbered.BY_DATABASE:
            values["id"] = request.ref if number is None else number
        return {held.name: values[name] for name, held in self.filled.items() if name in values}

    def _short(self, note: str) -> str:
        length = getattr(self.filled["note"].type, "length", None) if "note" in self.filled else None
        return note[:length] if length else note

    def _time(self, at: datetime) -> datetime | str:
        """As the column keeps times: a moment, a time of the ledger's zone without offset, or text with its offset."""
        kind = self.filled["at"].type
        if self.backend == "sqlite" or isinstance(kind, String):
            return at.astimezone(zone_of(self.zone or "UTC")).isoformat()
        if getattr(kind, "timezone", False):
            return at
        placed = at.astimezone(UTC if self._in_utc(kind) else zone_of(self.zone or "UTC"))
        return placed.replace(tzinfo=None)

    def _in_utc(self, kind: TypeEngine[Any]) -> bool:
        return self.backend in ("mysql", "mariadb") and kind.__visit_name__ == "TIMESTAMP"

    def faults(self) -> str:
        """Why its types take no correction; "" where they do."""
        kind = self.filled["at"].type
        if self.backend != "sqlite" and not isinstance(kind, (String, DateTime)):
            return f"movements.at is of type {kind}, which is no time"
        naive = isinstance(kind, DateTime) and not getattr(kind, "timezone", False) and not self._in_utc(kind)
        if self.backend != "sqlite" and naive and self.zone is None:
            return "movements.at holds no offset and ledger.zone is not set"
        if not isinstance(self.filled["kind"].type, (String, NullType)) and not self.kind.isdigit():
            held = f"movements.kind is of type {self.filled['kind'].type}"
            return f"{held}, and no word of mapping.movements.values.kind stands for correction"
        return ""


def book_of(connection: Connection, settings: LedgerSettings) -> Book:
    """Where corrections go, from a reading connection. Raises ReadFault saying why they cannot go anywhere."""
    inspector = inspect(connection)
    backend = connection.dialect.name
    stock, movements = (_written(inspector, settings, name) for name in (STOCK.name, MOVEMENTS.name))
    for source in (stock, movements):
        _refuse_what_cannot_be_written(connection, inspector, source, backend)
    described = {one["name"]: one for one in inspector.get_columns(movements.name, movements.schema)}
    own, filled = _columns(inspector, stock, backend), _columns(inspector, movements, backend)
    if "ref" not in filled:
        raise _cannot(
            "movements has no column ref, which keeps a correction from being posted twice",
            f"add it (text, unique, null), or {OWN_STATEMENT}",
        )
    not_null = frozenset(name for name, held in filled.items() if not described[held.name]["nullable"])
    book = Book(
        stock=sql_table(stock.name, own["sku"], own["available"], schema=stock.schema),
        movements=sql_table(movements.name, *filled.values(), schema=movements.schema),
        own=own,
        filled=filled,
        not_null=not_null,
        numbered=_numbered(connection, inspector, movements, described[filled["id"].name], filled["id"]),
        zone=settings.zone,
        backend=backend,
        kind=_word_for_correction(movements),
    )
    if words := book.faults() or _unknown_columns(described, filled):
        raise _cannot(words, f"mend that, or {OWN_STATEMENT}")
    return book


def _word_for_correction(movements: Source) -> str:
    said = movements.mapping.values.get("kind", {}) if movements.mapping is not None else {}
    return next((theirs for theirs, ours in said.items() if ours == "correction"), "correction")


def _cannot(what: str, way_on: str) -> ReadFault:
    return ReadFault("ledger", what, way_on=way_on)


def _written(inspector: Inspector, settings: LedgerSettings, name: str) -> Source:
    if name in settings.queries:
        raise _cannot(f"{name} is read by a query, which takes no writes", OWN_STATEMENT)
    source = source_of(inspector, settings, LEDGER_TABLES[name])
    if source is None:
        raise _cannot(f"there is no table {name}, so nobody could tell what has been posted", "offer one")
    return source


def _columns(inspector: Inspector, source: Source, backend: str) -> dict[str, ColumnClause[object]]:
    described = {one["name"]: one["type"] for one in inspector.get_columns(source.name, source.schema)}
    found: dict[str, ColumnClause[object]] = {}
    for pick in source.picks:
        name = pick.column.name
        if pick.own is not None and (source.table is STOCK or name in _FILLED):
            # SQLite's types are advice; there a value is best sent as it is.
            found[name] = column(pick.own, None if backend == "sqlite" else described[pick.own])
        elif pick.column.required:
            how = "one value in every row" if pick.fixed is not None else "a sum of columns"
            raise _cannot(f"{source.table.name}.{name} is {how}, which takes no writes", OWN_STATEMENT)
    return found


def _numbered(
    connection: Connection, inspector: Inspector, source: Source, described: ReflectedColumn, held: ColumnClause[object]
) -> Numbered:
    kind = described["type"]
    default = str(described.get("default") or "")
    by_itself = bool(described.get("identity")) or described.get("autoincrement") is True or "(" in default
    if isinstance(kind, String):
        return Numbered.BY_REF
    if connection.dialect.name == "sqlite":
        if not isinstance(kind, (Integer, Numeric)):
            return Numbered.BY_REF
        return Numbered.BY_DATABASE if _is_rowid(connection, inspector, source, held.name) else Numbered.NEXT
    if by_itself:
        return Numbered.BY_DATABASE
    if isinstance(kind, (Integer, Numeric)):
        return Numbered.NEXT
    raise _cannot(f"movements.id is of type {kind}, for which a correction has no value", OWN_STATEMENT)


def _is_rowid(connection: Connection, inspector: Inspector, source: Source, name: str) -> bool:
    """SQLite numbers a column by itself that is declared exactly INTEGER and is the whole primary key."""
    quoted = source.name.replace("'", "''")
    described = connection.exec_driver_sql(f"PRAGMA table_info('{quoted}')")
    declared = {str(row[1]): str(row[2]).upper() for row in described}
    key = inspector.get_pk_constraint(source.name, source.schema).get("constrained_columns") or []
    made = connection.execute(
        text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"), {"name": source.name}
    ).scalar()
    return key == [name] and declared.get(name) == "INTEGER" and "WITHOUT ROWID" not in str(made).upper()


def _unknown_columns(described: Mapping[str, ReflectedColumn], filled: Mapping[str, ColumnClause[object]]) -> str:
    ours = {held.name for held in filled.values()}
    needed = [
        name
        for name, one in described.items()
        if name not in ours
        and not one["nullable"]
        and one.get("default") is None
        and not (one.get("identity") or one.get("computed") or one.get("autoincrement") is True)
    ]
    return f"movements needs a value for {', '.join(needed)}, for which a correction has none" if needed else ""


def _refuse_what_cannot_be_written(connection: Connection, inspector: Inspector, source: Source, backend: str) -> None:
    name, schema = source.name, source.schema
    is_view = name in inspector.get_view_names(schema)
    if backend in ("mysql", "mariadb"):
        for engine in _mysql_engines(connection, source, is_view):
            if engine.lower() != "innodb":
                raise _cannot(
                    f"{source.shown} is kept by {engine}, which can take nothing back",
                    f"keep it by InnoDB, or {OWN_STATEMENT}",
                )
    if is_view and not _takes_writes(connection, source, backend):
        raise _cannot(f"{source.shown} is a view that takes no writes", OWN_STATEMENT)


def _takes_writes(connection: Connection, source: Source, backend: str) -> bool:
    if backend == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        name = f"{quote(source.schema)}.{quote(source.name)}" if source.schema else quote(source.name)
        statement = text("SELECT pg_relation_is_updatable(CAST(:name AS regclass), true)")
        bits = int(connection.execute(statement, {"name": name}).scalar_one())
        return bool(bits & (_UPDATES if source.table is STOCK else _INSERTS))
    if backend in ("mysql", "mariadb"):
        statement = text(
            "SELECT is_updatable FROM information_schema.views "
            "WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name"
        )
        return str(connection.execute(statement, {"schema": source.schema, "name": source.name}).scalar()) == "YES"
    # What a trigger of SQLite does in place of a write to a view is not counted, so it could not be seen to.
    return False


def _mysql_engines(connection: Connection, source: Source, is_view: bool) -> Sequence[str]:
    """What keeps the table, or the tables that a view is made of."""
    place = {"schema": source.schema, "name": source.name}
    where = "WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name"
    kept = f"SELECT engine FROM information_schema.tables {where} AND engine IS NOT NULL"  # noqa: S608
    if not is_view:
        return [str(row[0]) for row in connection.execute(text(kept), place)]
    made = connection.execute(text(f"SELECT view_definition FROM information_schema.views {where}"), place)  # noqa: S608
    named = _QUALIFIED.findall(str(made.scalar() or ""))
    if not named:
        raise _cannot(
            f"what the view {source.name} is made of cannot be read, so nobody can tell whether it takes things back",
            f"GRANT SHOW VIEW on it, or {OWN_STATEMENT}",
        )
    found = (connection.execute(text(kept), {"schema": schema, "name": name}) for schema, name in named)
    return [str(row[0]) for rows in found for row in rows]


def whole(value: object) -> int | None:
    """A quantity as databases give it; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal | float) and value == value // 1:
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch("-?[0-9]{1,18}", value) else None


def exact(value: object, held: ColumnClause[object]) -> str:
    """A text as reading understands it: whole numbers are their digits, CHAR(n) is without its padding."""
    if isinstance(value, Decimal):
        return str(int(value)) if value == value // 1 else str(value)
    return str(value).rstrip(" ") if isinstance(held.type, CHAR) else str(value)


def counted(book: Book, sku: str) -> ColumnElement[int]:
    """How many movements the SKU has."""
    held = book.filled["sku"]
    return select(func.count()).select_from(book.movements).where(book.is_sku(held, sku)).scalar_subquery()
