"""Where each table of the contract is in the seller's database: a table or view by name, or the seller's own query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    String,
    TextClause,
    cast,
    column,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy import table as sql_table
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.expression import FromClause

from stockrecon.core.mapping import TableMap
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import LEDGER_TABLES, Table
from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql.columns import Picked, nearest, picked
from stockrecon.ledgers.sql.faults import kind_of
from stockrecon.ledgers.sql.statements import checked, escaped

REQUIRED = "stock"


@dataclass(frozen=True, slots=True)
class Source:
    """One table of the contract and the place that it is read from.

    `shown` is what the seller calls it; `picks` are the contract's columns in it, empty for a query, which gives them
    their names itself. `unique`: the database itself keeps the key unique. `kinds`: of the columns that are read, their
    types in the database's words. `bare`: the database compares any column with text.
    """

    table: Table
    shown: str
    query: str | None = None
    name: str = ""
    schema: str | None = None
    picks: tuple[Picked, ...] = ()
    mapping: TableMap | None = None
    text_columns: frozenset[str] = frozenset()
    unique: bool = False
    kinds: tuple[str, ...] = ()
    bare: bool = False

    def statement(self) -> Executable:
        """The statement that reads it, only the columns that are wanted."""
        if self.query is not None:
            return text(escaped(self.query))
        return select(*self._chosen(pick.column.name for pick in self.picks)).select_from(self.origin())

    def some(self, key: str, values: Sequence[str], wanted: Sequence[str]) -> Executable:
        """The statement that reads `wanted` of the rows whose `key` is one of `values`."""
        held = self.held(key)
        # A number's column is not compared with text everywhere; a text's column is left bare for its index and its
        # collation, which a cast of MySQL's would change.
        compared = held if self.bare or self._is_text_column(key) else cast(held, String(255))
        return select(*self._chosen(wanted)).select_from(self.origin()).where(compared.in_(values))

    def has(self, name: str) -> bool:
        """Whether it has this column of the contract. A query tells when it is run."""
        return self.query is not None or any(pick.column.name == name for pick in self.picks)

    def is_text(self, name: str) -> bool:
        """Whether it is text, which has a collation. A query's columns may all be."""
        return self.query is not None or self._is_text_column(name)

    def _is_text_column(self, name: str) -> bool:
        return self.query is None and self._pick(name).own in self.text_columns

    def held(self, name: str) -> ColumnElement[object]:
        """A column of the contract, as the database has it."""
        return column(name) if self.query is not None else self._pick(name).expression()

    def _pick(self, name: str) -> Picked:
        return next(pick for pick in self.picks if pick.column.name == name)

    def _chosen(self, names: Iterable[str]) -> list[ColumnElement[object]]:
        return [self.held(name).label(name) for name in names]

    def count(self) -> Executable:
        """The statement that counts its rows."""
        return select(func.count()).select_from(self.origin())

    def origin(self) -> FromClause | TextClause:
        """What its columns are selected from."""
        if self.query is not None:
            # The seller's statement may end in a comment, so the bracket stands on a line of its own.
            return text(escaped(f"(\n{self.query}\n) AS stockrecon_part"))
        names = dict.fromkeys(name for pick in self.picks for name in pick.names)
        return sql_table(self.name, *(column(name) for name in names), schema=self.schema)


def sources_of(connection: Connection, settings: LedgerSettings) -> tuple[list[Source], list[ReadFault]]:
    """The tables that are there, in the contract's order, and what is wrong with those that should be.

    An optional table that the configuration does not name may be missing; one that it names may not.
    """
    found: list[Source] = []
    faults: list[ReadFault] = []
    inspector = inspect(connection)
    for table in LEDGER_TABLES.values():
        try:
            source = source_of(inspector, settings, table)
        except ReadFault as fault:
            faults.append(fault)
        else:
            if source is not None:
                found.append(source)
    return found, faults


def source_of(inspector: Inspector, settings: LedgerSettings, table: Table) -> Source | None:
    """Where this table is; None for an optional one that is nowhere. Raises ReadFault."""
    if table.name in settings.queries:
        query = checked(table.name, settings.queries[table.name])
        return Source(table, f"queries.{table.name}", query=query, bare=_compares_all(inspector))
    configured = settings.tables.get(table.name)
    shown = configured or table.name
    may_be_missing = configured is None and table.name != REQUIRED
    try:
        place = place_in(inspector, shown)
    except SQLAlchemyError as error:
        # MySQL does not say of a table that the role may not read whether it is there.
        if may_be_missing and kind_of(error) == "right":
            return None
        raise
    if place is None:
        if may_be_missing:
            return None
        raise _missing_table(inspector, table, shown)
    name, schema = place
    described = {str(one["name"]): one["type"] for one in inspector.get_columns(name, schema)}
    mapping = settings.mapping.get(table.name)
    picks = picked(table, list(described), shown, mapping)
    own = {pick.column.name: pick.own for pick in picks}
    return Source(
        table,
        f"table {shown}",
        name=name,
        schema=schema,
        picks=picks,
        mapping=mapping,
        text_columns=frozenset(one for one, kind in described.items() if isinstance(kind, String)),
        unique=_is_unique(inspector, name, schema, [own.get(key) for key in table.key]),
        bare=_compares_all(inspector),
        kinds=tuple(f"{one} {described[one]!r}" for pick in picks for one in pick.names),
    )


def _compares_all(inspector: Inspector) -> bool:
    return inspector.dialect.name in ("mysql", "mariadb")


def _missing_table(inspector: Inspector, table: Table, shown: str) -> ReadFault:
    schema = shown.rpartition(".")[0] or None
    names: list[str] = []
    with suppress(SQLAlchemyError):  # a schema that does not exist has no tables
        names = sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])
    guess = nearest(shown.rpartition(".")[2], names)
    hint = f" (did you mean {guess}?)" if guess else ""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ReadFault(
        "ledger",
        f"there is no table or view {shown}{hint}; those that are there: {', '.join(names[:20]) or 'none'}{more}",
        way_on=f"Name yours under tables.{table.name}, or give a SELECT under queries.{table.name}.",
    )


def place_in(inspector: Inspector, shown: str) -> tuple[str, str | None] | None:
    """Name and schema (None: the one that is looked in first) of a table or view; None where there is none."""
    # A name with a dot may be a table's own name, so that is tried first.
    if inspector.has_table(shown):
        return shown, None
    schema, dot, name = shown.rpartition(".")
    if dot and inspector.has_table(name, schema):
        return name, schema
    return None


def _is_unique(inspector: Inspector, name: str, schema: str | None, key: Sequence[str | None]) -> bool:
    """Whether a primary key or unique constraint keeps the key's columns from repeating together."""
    # SQLite keeps the number 1 and the text '1' apart, which are one SKU here.
    if not key or inspector.dialect.name == "sqlite":
        return False
    constraints = [inspector.get_pk_constraint(name, schema).get("constrained_columns") or []]
    constraints += [one["column_names"] for one in inspector.get_unique_constraints(name, schema)]
    return any(names and set(names) <= set(key) for names in constraints)
