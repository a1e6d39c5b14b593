"""SKUs that the database merged before this program saw them: in the seller's own query, or in a view.

`GROUP BY sku` under a collation that takes "ABC" for "abc" gives one row with the units of both, and nothing in it
tells of that. So the tables that the statement reads are asked for spellings that the collation takes for one, and the
statement for which of them it gives. What is missing it may have merged, or left out on purpose: a remark, no fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import ColumnClause, ColumnElement, Connection, String, column, func, inspect, literal_column, select
from sqlalchemy import table as sql_table
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.sql.alike import exact, may_merge, skus_held, tell_twins
from stockrecon.ledgers.sql.connection import Place
from stockrecon.ledgers.sql.faults import fault_of
from stockrecon.ledgers.sql.reading import Faults
from stockrecon.ledgers.sql.sources import Source, place_in
from stockrecon.ledgers.sql.statements import behind, merges, tables_in
from stockrecon.spool.cells import shown

_MOST_PLACES = 20
"""Tables and views behind a statement that are looked at."""
_PAIRS = 50
"""Of spellings in one column that are looked up."""
_TOLD = 5


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a table that a statement reads, which may be its SKU."""

    table: str
    schema: str | None
    name: str


def alike_lines(connection: Connection, place: Place, stock: Source, zone: str | None) -> Iterator[LedgerCheck]:
    """For `check`: SKUs that are one to the database, and those that it may have merged."""
    faults = Faults()
    try:
        with connection.begin_nested():
            if not may_merge(connection):
                return
            tell_twins(connection, stock, zone, faults)
            notes = merged(connection, stock, zone)
    except ReadFault:
        return  # a missing column, which the table's own line tells
    except SQLAlchemyError as error:
        fault = fault_of(error, place, "SKUs that are alike")
        yield LedgerCheck(False, stock.shown, fault.what, fault.way_on)
        return
    for one in faults.faults[:_TOLD]:
        yield LedgerCheck(False, stock.shown, str(one), "diff refuses it, and counts nothing until it is mended.")
    for text, way_on in notes:
        yield LedgerCheck(None, stock.shown, text, way_on)


def merged(connection: Connection, stock: Source, zone: str | None) -> list[tuple[str, str]]:
    """What the statement behind `stock` may have merged, each with the way on. Raises SQLAlchemyError."""
    backend = connection.dialect.name
    told: list[tuple[str, str]] = []
    for one in _columns(connection, stock):
        pairs = _spellings(connection, one)
        # One question for all of them: the statement is carried out anew for each that is asked.
        spelled = list(dict.fromkeys(text for pair in pairs for text in pair))
        given = set(skus_held(connection, stock, zone, spelled, Faults()))
        others = sorted(given - set(spelled))
        for pair in pairs:
            some = sorted(given.intersection(pair))
            if not some and others:  # a third spelling, which only the database can tell to be this one
                some = sorted(skus_held(connection, stock, zone, pair, Faults()))
            # Both, and reading refuses them by name; none, and the statement leaves them out.
            if some and not given.issuperset(pair):
                told.append(_words(backend, one, pair, stock.shown, some))
            if len(told) == _TOLD:
                return told
    return told


def _words(backend: str, one: _Column, pair: tuple[str, str], where: str, given: Sequence[str]) -> tuple[str, str]:
    two, some = " and ".join(map(shown, pair)), ", ".join(map(shown, given))
    return (
        f"{two} of {one.table}.{one.name} are one to the database's collation, and {where} gives only {some}: if its "
        "GROUP BY, DISTINCT or UNION merges them, the units of one are counted as the other's",
        f"Group by the text itself as well (GROUP BY {one.name}, {exact(backend, one.name)}), or spell them alike "
        "where they are one.",
    )


def _columns(connection: Connection, stock: Source) -> list[_Column]:
    """The columns that may be the SKU, of the tables behind a statement that merges rows; none where nothing merges."""
    inspector = inspect(connection)
    found: dict[_Column, None] = {}
    first = stock.query if stock.query is not None else _view(connection, inspector, stock.name, stock.schema)
    # Each statement with what its SKU is called; grows by the views that the others read.
    own = [name for pick in stock.picks if pick.column.name == "sku" for name in pick.names]
    left = [(first, frozenset(own or ["sku"]))] if first is not None else []
    seen: set[tuple[str, str | None]] = set()
    merging = False
    while left and len(seen) < _MOST_PLACES:
        statement, wanted = left.pop(0)
        merging = merging or merges(statement)
        names = behind(statement, wanted)
        for name in tables_in(statement):
            place = place_in(inspector, name)
            if place is None or place in seen:
                continue
            seen.add(place)
            view = _view(connection, inspector, *place)
            if view is not None:
                left.append((view, names))
                continue
            for described in inspector.get_columns(*place):
                if isinstance(described["type"], String) and str(described["name"]).casefold() in names:
                    found[_Column(*place, str(described["name"]))] = None
    return list(found) if merging else []


def _view(connection: Connection, inspector: Inspector, name: str, schema: str | None) -> str | None:
    """A view's statement; None for a table, and for a view that the role may not look into."""
    with suppress(SQLAlchemyError), connection.begin_nested():
        if name in inspector.get_view_names(schema):
            return str(inspector.get_view_definition(name, schema))
    return None


def _spellings(connection: Connection, one: _Column) -> list[tuple[str, str]]:
    """Two spellings each that the column's collation takes for one; none where the role may not read it."""
    held: ColumnClause[str] = column(one.name)
    quoted = connection.dialect.identifier_preparer.quote(one.name)
    text: ColumnElement[object] = literal_column(exact(connection.dialect.name, quoted))
    least, most = func.min(text), func.max(text)
    statement = select(least, most).select_from(sql_table(one.table, held, schema=one.schema))
    with suppress(SQLAlchemyError), connection.begin_nested():
        rows = connection.execute(statement.group_by(held).having(least != most).limit(_PAIRS)).all()
        return [(_text(row[0]), _text(row[1])) for row in rows]
    return []


def _text(value: object) -> str:
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
