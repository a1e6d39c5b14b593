"""Whether the role may post corrections: the database is asked to explain the statements, which changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.expression import TableClause

from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql.book import Book, Numbered
from stockrecon.ledgers.sql.connection import Place
from stockrecon.ledgers.sql.faults import fault_of, kind_of
from stockrecon.ledgers.sql.own import Part, read_statement
from stockrecon.ledgers.sql.statements import split
from stockrecon.ledgers.sql.targets import explainable
from stockrecon.ledgers.sql.writing import writing_engine

_LIKELY: Mapping[str, object] = MappingProxyType({"sku": "0", "quantity": -1, "ref": "0", "note": "0"})
_TELLING = ("right", "table", "column", "syntax")
"""Refusals that do not depend on the values."""
_SHOWN = 60


def may_write(connection: Connection, place: Place, book: Book) -> None:
    """Raises ReadFault with the database's own words where it may not. Not told for databases that are not tested."""
    if place.backend == "sqlite":
        _file(Path(place.url.database or ""))
    elif place.backend == "postgresql":
        _explain(connection, place, _statements(connection, book), _needed(connection, book))
    elif place.backend in ("mysql", "mariadb"):
        with _writing(place) as other:
            _explain(other, place, _statements(connection, book), _needed(connection, book))


def may_run(connection: Connection, place: Place, sql: str) -> str:
    """The same for the seller's own statements; what of it shows only when they are used, "" where nothing does.

    A procedure cannot be explained, nor what stands behind one that makes its own tables first.
    """
    if place.backend == "sqlite":
        _file(Path(place.url.database or ""))
    elif place.backend not in ("postgresql", "mysql", "mariadb"):
        return "whether the role may carry out ledger.correct"
    statements = split(sql)
    untold = [one for one in statements if not explainable(one)]
    parts = [part for part, statement in zip(read_statement(sql), statements, strict=True) if statement not in untold]
    telling = _TELLING if not untold else ("right",)
    if place.backend in ("mysql", "mariadb"):
        with _writing(place) as other:
            doubts = [_explained(other, place, part, telling) for part in parts]
    else:
        doubts = [_explained(connection, place, part, telling) for part in parts]
    if untold:
        return f"whether the role may carry out {_begin(untold[0])}"
    return next(filter(None, doubts), "")


def _explained(connection: Connection, place: Place, part: Part, telling: Sequence[str]) -> str:
    """Rights, tables and columns are looked at; what the values are like may be another matter with real ones."""
    values = {name: value for name, value in _LIKELY.items() if name in part.parameters}
    try:
        with connection.begin_nested():
            connection.execute(text(f"EXPLAIN {part.sql}"), values).close()
    except SQLAlchemyError as error:
        fault = fault_of(error, place, "corrections")
        if kind_of(error) in telling:
            raise fault from None
        return f"whether ledger.correct does what it should ({fault.what})"
    return ""


def _begin(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}..."


@contextmanager
def _writing(place: Place) -> Iterator[Connection]:
    """MySQL and MariaDB explain no writing statement in a transaction that is read-only. Nothing is committed."""
    engine = writing_engine(place)
    try:
        with engine.connect() as other:
            yield other
    except (SQLAlchemyError, OSError) as error:
        raise fault_of(error, place, "corrections") from None
    finally:
        engine.dispose()


def _explain(connection: Connection, place: Place, statements: Sequence[str], needed: str) -> None:
    for statement in statements:
        try:
            connection.exec_driver_sql(f"EXPLAIN {statement}").close()
        except SQLAlchemyError as error:
            fault = fault_of(error, place, "corrections")
            way_on = needed if kind_of(error) == "right" else fault.way_on
            raise ReadFault("ledger", fault.what, way_on=way_on) from None


def _file(path: Path) -> None:
    if not os.access(path, os.W_OK):
        raise ReadFault("ledger", f"{path} may not be written", way_on="Give the right to write it.")
    if not os.access(path.parent, os.W_OK):
        what = f"SQLite keeps its journal in {path.parent}, which may not be written"
        raise ReadFault("ledger", what, way_on="Give the right to write there.")


def _statements(connection: Connection, book: Book) -> list[str]:
    quote = connection.dialect.identifier_preparer
    available = quote.quote(book.own["available"].name)
    stock, movements = (_named(connection, table) for table in (book.stock, book.movements))
    left_out = {"id"} if book.numbered is Numbered.BY_DATABASE else set()
    names = ", ".join(quote.quote(held.name) for name, held in book.filled.items() if name not in left_out)
    return [
        f"UPDATE {stock} SET {available} = {available} WHERE 1 = 0",  # noqa: S608 - the seller's own names, quoted
        f"INSERT INTO {movements} ({names}) SELECT {names} FROM {movements} WHERE 1 = 0",  # noqa: S608
    ]


def _needed(connection: Connection, book: Book) -> str:
    stock, movements = (_named(connection, table) for table in (book.stock, book.movements))
    available = connection.dialect.identifier_preparer.quote(book.own["available"].name)
    return (
        f"Corrections need SELECT on {stock} and {movements}, UPDATE ({available}) on {stock} and INSERT on "
        f"{movements} (docs/ledgers/sql.md)."
    )


def _named(connection: Connection, table: TableClause) -> str:
    return connection.dialect.identifier_preparer.format_table(table)
