"""What is in a seller's database: tables and views with their columns, keys and first rows; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from sqlalchemy import ColumnElement, Connection, column, func, inspect, literal_column, select
from sqlalchemy import table as sql_table
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.expression import TableClause
from sqlalchemy.types import DateTime, Integer, NullType, Numeric, String, TypeEngine

from stockrecon.ledgers.sql.alike import exact, may_merge
from stockrecon.ledgers.sql.faults import kind_of

MOST_TABLES = 500
"""Tables that are looked at; no seller's own ledger is behind more."""
_FIRST = 200
"""Rows that are looked at."""
_OWN = frozenset({"information_schema", "pg_catalog", "pg_toast", "mysql", "performance_schema", "sys"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One column. `kind`: text, number, time or other. `values`: of the first rows, those that are not NULL."""

    name: str
    kind: str
    values: tuple[object, ...]
    refers: tuple[str, str] | None = None
    """Table and column that a foreign key names."""
    moment: bool = False
    """A time that holds its offset, or is told in the session's zone."""


@dataclass(frozen=True, slots=True)
class SeenTable:
    """One table or view. `shown`: as `ledger.tables` names it. `key`: its primary key."""

    name: str
    schema: str | None
    columns: tuple[Seen, ...]
    key: tuple[str, ...]
    rows: int
    """Of the first rows, how many there are."""

    @property
    def shown(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def column(self, name: str) -> Seen | None:
        return next((one for one in self.columns if one.name == name), None)

    def clause(self) -> TableClause:
        return sql_table(self.name, *(column(one.name) for one in self.columns), schema=self.schema)


def look(connection: Connection) -> list[SeenTable]:
    """The tables and views that the role may read, those of the schema that is looked in first before the others'."""
    inspector = inspect(connection)
    found: list[SeenTable] = []
    for schema, name in islice(_names(inspector), MOST_TABLES):
        # A refused statement must not spoil the transaction for the tables that come after it.
        try:
            with connection.begin_nested():
                found.append(_seen(connection, inspector, schema, name))
        except SQLAlchemyError as error:
            if kind_of(error) in ("lost", "host"):
                raise
    return found


def repeats(connection: Connection, table: SeenTable, name: str) -> bool:
    """Whether a column has one value in several rows. Raises SQLAlchemyError."""
    if table.key == (name,):
        return False
    held = table.clause().c[name]
    statement = select(held).where(held.is_not(None)).group_by(held).having(func.count() > 1).limit(1)
    return connection.execute(statement).first() is not None


def distinct(connection: Connection, table: SeenTable, name: str, most: int) -> Sequence[object]:
    """The different values of a column, at most so many, sorted as text; texts that the collation takes for one are
    different. Raises SQLAlchemyError."""
    held = table.clause().c[name]
    seen = table.column(name)
    groups: list[ColumnElement[object]] = [held]
    if seen is not None and seen.kind == "text" and may_merge(connection):
        quoted = connection.dialect.identifier_preparer.quote(name)
        groups.append(literal_column(exact(connection.dialect.name, quoted)))
    rows = connection.execute(select(held).where(held.is_not(None)).group_by(*groups).limit(most)).scalars().all()
    return sorted(rows, key=str)


def _names(inspector: Inspector) -> Iterator[tuple[str | None, str]]:
    home = inspector.default_schema_name
    backend = inspector.dialect.name
    others: list[str] = []
    if backend == "postgresql":
        others = [one for one in inspector.get_schema_names() if one not in _OWN and one != home]
    for schema in (None, *sorted(others)):
        with suppress(SQLAlchemyError):
            for name in sorted({*inspector.get_table_names(schema), *inspector.get_view_names(schema)}):
                yield schema, name


def _seen(connection: Connection, inspector: Inspector, schema: str | None, name: str) -> SeenTable:
    described = inspector.get_columns(name, schema)
    refers: dict[str, tuple[str, str]] = {}
    for foreign in inspector.get_foreign_keys(name, schema):
        if len(foreign["constrained_columns"]) == 1:
            place = (
                f"{foreign['referred_schema']}.{foreign['referred_table']}"
                if foreign["referred_schema"]
                else foreign["referred_table"]
            )
            refers[foreign["constrained_columns"][0]] = (place, foreign["referred_columns"][0])
    names = [str(one["name"]) for one in described]
    clause = sql_table(name, *(column(one) for one in names), schema=schema)
    rows = connection.execute(select(*clause.c).limit(_FIRST)).all()
    columns = tuple(
        Seen(
            own,
            _kind(one["type"], [row[index] for row in rows]),
            tuple(row[index] for row in rows if row[index] is not None),
            refers.get(own),
            _is_moment(connection.dialect.name, one["type"], [row[index] for row in rows]),
        )
        for index, (own, one) in enumerate(zip(names, described, strict=True))
    )
    key = tuple(inspector.get_pk_constraint(name, schema).get("constrained_columns") or ())
    return SeenTable(name, schema, columns, key, len(rows))


def _kind(declared: TypeEngine[object], values: Sequence[object]) -> str:
    if isinstance(declared, DateTime) or type(declared).__name__ in ("TIMESTAMP", "DATETIME"):
        return "time"
    if isinstance(declared, String):
        texts = [value for value in values if isinstance(value, str)]
        return "time" if texts and all(_looks_like_time(value) for value in texts) else "text"
    # MySQL's BOOLEAN is a TINYINT(1).
    if isinstance(declared, Numeric | Integer):
        return "other" if getattr(declared, "display_width", None) == 1 else "number"
    # A column of SQLite need not be declared at all.
    if isinstance(declared, NullType) and any(isinstance(value, int | float | Decimal) for value in values):
        return "number"
    return "other"


def _looks_like_time(value: str) -> bool:
    return len(value) >= 16 and value[:4].isdigit() and value[4] == "-" and value[13:14] == ":"


def _is_moment(backend: str, declared: TypeEngine[object], values: Sequence[object]) -> bool:
    if isinstance(declared, String) or backend == "sqlite":
        texts = [str(value) for value in values if value is not None]
        return bool(texts) and all(text.endswith("Z") or text[-6:-5] in ("+", "-") for text in texts)
    if backend in ("mysql", "mariadb"):
        return type(declared).__name__ == "TIMESTAMP"
    return bool(getattr(declared, "timezone", False))
