"""Where each table of the contract is in the seller's database: a table or view by name, or the seller's own query."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import (
    ColumnClause,
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

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import LEDGER_TABLES, Column, Table
from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql.statements import checked, escaped

REQUIRED = "stock"


@dataclass(frozen=True, slots=True)
class Source:
    """One table of the contract and the place that it is read from.

    `shown` is what the seller calls it; `columns` are its columns by the database's own names, None for a query, whose
    columns are known when it has been run. `unique`: the database itself keeps the key unique.
    """

    table: Table
    shown: str
    query: str | None = None
    name: str = ""
    schema: str | None = None
    columns: tuple[str, ...] | None = None
    text_columns: frozenset[str] = frozenset()
    unique: bool = False

    def statement(self) -> Executable:
        """The statement that reads it, only the columns that are wanted."""
        if self.query is not None:
            return text(escaped(self.query))
        mine = [own for _, own in matched(self.table, self.columns or (), self.shown)]
        return select(*(column(own) for own in mine)).select_from(self._from(mine))

    def some(self, key: str, values: Sequence[str], wanted: Sequence[str]) -> Executable:
        """The statement that reads `wanted` of the rows whose `key` is one of `values`."""
        if self.query is not None:
            names: list[ColumnClause[object]] = [column(name) for name in wanted]
            return select(*names).select_from(self._from(())).where(cast(column(key), String(255)).in_(values))
        own = {mine.name: theirs for mine, theirs in matched(self.table, self.columns or (), self.shown)}
        held: ColumnClause[object] = column(own[key])
        # A number's column is not compared with text everywhere; a text's column is left bare for its index.
        compared = held if own[key] in self.text_columns else cast(held, String(255))
        chosen: list[ColumnClause[object]] = [column(own[name]) for name in wanted]
        return select(*chosen).select_from(self._from([own[name] for name in wanted])).where(compared.in_(values))

    def count(self) -> Executable:
        """The statement that counts its rows."""
        return select(func.count()).select_from(self._from(()))

    def _from(self, names: Iterable[str]) -> FromClause | TextClause:
        if self.query is not None:
            # The seller's statement may end in a comment, so the bracket stands on a line of its own.
            return text(escaped(f"(\n{self.query}\n) AS stockrecon_part"))
        return sql_table(self.name, *(column(name) for name in dict.fromkeys(names)), schema=self.schema)


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
        return Source(table, f"queries.{table.name}", query=query)
    configured = settings.tables.get(table.name)
    shown = configured or table.name
    place = _place(inspector, shown)
    if place is None:
        if configured is None and table.name != REQUIRED:
            return None
        raise _missing_table(inspector, table, shown)
    name, schema = place
    described = inspector.get_columns(name, schema)
    columns = tuple(str(one["name"]) for one in described)
    texts = frozenset(str(one["name"]) for one in described if isinstance(one["type"], String))
    own = {mine.name: theirs for mine, theirs in matched(table, columns, shown)}
    unique = _is_unique(inspector, name, schema, [own[key] for key in table.key if key in own])
    return Source(table, f"table {shown}", name=name, schema=schema, columns=columns, text_columns=texts, unique=unique)


def matched(table: Table, names: Sequence[str], shown: str) -> list[tuple[Column, str]]:
    """The contract's columns that are there, each with the database's name for it (case does not count in SQL).

    Raises ReadFault, naming what is missing and what is there.
    """
    folded: dict[str, list[str]] = {}
    for name in names:
        folded.setdefault(name.casefold(), []).append(name)
    pairs: list[tuple[Column, str]] = []
    missing: list[str] = []
    for wanted in table.columns:
        candidates = folded.get(wanted.name, [])
        exact = [name for name in candidates if name == wanted.name]
        own = exact or candidates
        if len(own) > 1:
            text_ = f"{shown}: {len(own)} columns are called {wanted.name}"
            raise ReadFault("ledger", text_, way_on=f"Choose one of them with a SELECT under queries.{table.name}.")
        if own:
            pairs.append((wanted, own[0]))
        elif wanted.required:
            missing.append(wanted.name)
    if missing:
        raise _missing_columns(table, shown, missing, names)
    return pairs


def _missing_columns(table: Table, shown: str, missing: Sequence[str], names: Sequence[str]) -> ReadFault:
    noun = "column" if len(missing) == 1 else "columns"
    guesses = {name: guess for name in missing if (guess := _nearest(name, names))}
    hint = f" (did you mean {', '.join(f'{guess} for {name}' for name, guess in guesses.items())}?)" if guesses else ""
    example = next((f": SELECT {guess} AS {name}, ..." for name, guess in guesses.items()), "")
    return ReadFault(
        "ledger",
        f"{shown}: {noun} {', '.join(missing)} missing{hint}; the columns that are there: {', '.join(names) or 'none'}",
        way_on=f"Offer them under these names with a SELECT under queries.{table.name}{example}",
    )


def _missing_table(inspector: Inspector, table: Table, shown: str) -> ReadFault:
    schema = shown.rpartition(".")[0] or None
    names: list[str] = []
    with suppress(SQLAlchemyError):  # a schema that does not exist has no tables
        names = sorted([*inspector.get_table_names(schema), *inspector.get_view_names(schema)])
    guess = _nearest(shown.rpartition(".")[2], names)
    hint = f" (did you mean {guess}?)" if guess else ""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ReadFault(
        "ledger",
        f"there is no table or view {shown}{hint}; those that are there: {', '.join(names[:20]) or 'none'}{more}",
        way_on=f"Name yours under tables.{table.name}, or give a SELECT under queries.{table.name}.",
    )


def _place(inspector: Inspector, shown: str) -> tuple[str, str | None] | None:
    # A name with a dot may be a table's own name, so that is tried first.
    if inspector.has_table(shown):
        return shown, None
    schema, dot, name = shown.rpartition(".")
    if dot and inspector.has_table(name, schema):
        return name, schema
    return None


def _is_unique(inspector: Inspector, name: str, schema: str | None, key: Sequence[str]) -> bool:
    """Whether a primary key or unique constraint keeps the key's columns from repeating together."""
    # SQLite keeps the number 1 and the text '1' apart, which are one SKU here.
    if not key or inspector.dialect.name == "sqlite":
        return False
    constraints = [inspector.get_pk_constraint(name, schema).get("constrained_columns") or []]
    constraints += [one["column_names"] for one in inspector.get_unique_constraints(name, schema)]
    return any(names and set(names) <= set(key) for names in constraints)


def _nearest(word: str, names: Sequence[str]) -> str | None:
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return folded[close[0]]
    # "stock_available" for "available": a longer name that holds the word.
    holding = sorted((name for name in folded if word.casefold() in name or name in word.casefold()), key=len)
    return folded[holding[0]] if holding else None
