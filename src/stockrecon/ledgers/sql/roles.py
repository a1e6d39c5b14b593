"""What the role could write, beside what corrections need: reading needs no such right."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, text

from stockrecon.ledgers.sql.book import Book
from stockrecon.ledgers.sql.connection import Place
from stockrecon.ledgers.sql.sources import Source


class Writes(Enum):
    """CORRECTIONS: just what corrections need, or a part of it. FILE: of a file there is only one right."""

    NOTHING = "nothing"
    CORRECTIONS = "corrections"
    MORE = "more"
    FILE = "file"


_GRANT = re.compile(r"GRANT (?P<rights>.+?) ON (?P<place>(?:`[^`]+`|\*)\.(?:`[^`]+`|\*)) TO ", re.IGNORECASE)
_ONE = re.compile(r"(?P<right>[A-Z][A-Z ]*[A-Z])\s*(?:\((?P<columns>[^)]*)\))?", re.IGNORECASE)
_READING = frozenset({"SELECT", "USAGE", "SHOW VIEW", "EXECUTE", "REFERENCES", "LOCK TABLES", "PROCESS"})


def writes(connection: Connection, place: Place, sources: Sequence[Source], book: Book | None) -> Writes | None:
    """None where that cannot be told. Raises SQLAlchemyError."""
    if place.backend == "sqlite":
        return Writes.FILE if os.access(place.url.database or "", os.W_OK) else Writes.NOTHING
    tables = [source for source in sources if source.query is None]
    if place.backend == "postgresql" and tables:
        found = [_of_postgresql(connection, one.name, one.schema, book) for one in tables]
    elif place.backend in ("mysql", "mariadb"):
        found = [_of_mysql(one, place.url.database or "", book) for one in _granted(connection)]
    else:
        return None
    return next((one for one in (Writes.MORE, Writes.CORRECTIONS) if one in found), Writes.NOTHING)


def _of_postgresql(connection: Connection, name: str, schema: str | None, book: Book | None) -> Writes:
    quote = connection.dialect.identifier_preparer.quote
    told = {"name": f"{quote(schema)}.{quote(name)}" if schema else quote(name), "free": ""}
    is_stock = book is not None and (book.stock.name, book.stock.schema) == (name, schema)
    is_movements = book is not None and (book.movements.name, book.movements.schema) == (name, schema)
    if book is not None and is_stock:
        told["free"] = book.own["available"].name
    statement = text(
        "SELECT has_table_privilege(c.oid, 'DELETE, TRUNCATE'), has_table_privilege(c.oid, 'INSERT'), "
        "bool_or(has_column_privilege(c.oid, a.attnum, 'UPDATE') AND a.attname <> :free), "
        "has_any_column_privilege(c.oid, 'UPDATE') "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.oid = CAST(:name AS regclass) GROUP BY c.oid"
    )
    deletes, inserts, updates, any_update = connection.execute(statement, told).one()
    if deletes or updates or (inserts and not is_movements):
        return Writes.MORE
    return Writes.CORRECTIONS if inserts or any_update else Writes.NOTHING


@dataclass(frozen=True, slots=True)
class _Granted:
    """One right of a role of MySQL; `name` and `database` "*" for all."""

    right: str
    columns: tuple[str, ...]
    database: str
    name: str


def _granted(connection: Connection) -> Iterator[_Granted]:
    for (line,) in connection.exec_driver_sql("SHOW GRANTS"):
        found = _GRANT.match(str(line))
        if found is not None:
            database, name = (part.strip("`") for part in found["place"].split(".", 1))
            for one in _ONE.finditer(found["rights"]):
                columns = tuple(column.strip(" `") for column in (one["columns"] or "").split(",") if column.strip())
                yield _Granted(one["right"].upper(), columns, database, name)


def _of_mysql(granted: _Granted, database: str, book: Book | None) -> Writes:
    if granted.right in _READING:
        return Writes.NOTHING
    if book is None:
        return Writes.MORE
    stock, movements = ((table.schema or database, table.name) for table in (book.stock, book.movements))
    place = (granted.database.replace("\\_", "_"), granted.name)
    needed = (granted.right == "INSERT" and place == movements) or (
        granted.right == "UPDATE" and place == stock and granted.columns == (book.own["available"].name,)
    )
    return Writes.CORRECTIONS if needed else Writes.MORE
