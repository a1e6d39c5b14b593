"""Whether the role may post corrections: the database is asked to explain the statements, which changes nothing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.expression import TableClause

from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql.book import Book, Numbered
from stockrecon.ledgers.sql.connection import Place
from stockrecon.ledgers.sql.faults import fault_of, kind_of
from stockrecon.ledgers.sql.writing import CORRECTING, writing_engine


def may_write(connection: Connection, place: Place, book: Book) -> None:
    """Raises ReadFault with the database's own words where it may not. Not told for databases that are not tested."""
    if place.backend == "sqlite":
        _file(Path(place.url.database or ""))
    elif place.backend == "postgresql":
        _explain(connection, place, _statements(connection, book))
    elif place.backend in ("mysql", "mariadb"):
        # They explain no writing statement in a transaction that is read-only.
        engine = writing_engine(place)
        try:
            with engine.connect() as other:
                _explain(other, place, _statements(connection, book))
        except (SQLAlchemyError, OSError) as error:
            raise fault_of(error, place, "corrections") from None
        finally:
            engine.dispose()


def _explain(connection: Connection, place: Place, statements: Sequence[str]) -> None:
    for statement in statements:
        try:
            connection.exec_driver_sql(f"EXPLAIN {statement}").close()
        except SQLAlchemyError as error:
            fault = fault_of(error, place, "corrections")
            way_on = CORRECTING if kind_of(error) == "right" else fault.way_on
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


def _named(connection: Connection, table: TableClause) -> str:
    return connection.dialect.identifier_preparer.format_table(table)
