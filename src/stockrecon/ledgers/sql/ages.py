"""How new the newest movements of a database are; where they stand, nobody knows, so the database sorts them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, select
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.tables import MOVEMENTS
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.newest import Dated, times_lines
from stockrecon.ledgers.sql.reading import Faults, RowCheck, makers_of
from stockrecon.ledgers.sql.sources import Source

_NEWEST = 200
_NAMES = ("id", "sku", "at", "kind")


def newest(connection: Connection, source: Source, zone: str | None, clock: datetime) -> Iterator[LedgerCheck]:
    """Whether they are later than the ledger's clock. Nothing where they cannot be read: other lines say why."""
    if source.table.name != MOVEMENTS.name:
        return
    try:
        with connection.begin_nested():
            movements = list(_newest(connection, source, zone))
    except SQLAlchemyError:
        return
    yield from times_lines(movements, clock, zone)


def _newest(connection: Connection, source: Source, zone: str | None) -> Iterator[Dated]:
    held = [source.held(name).label(name) for name in _NAMES]
    statement = select(*held).select_from(source.origin()).order_by(source.held("at").desc()).limit(_NEWEST)
    result: CursorResult[Any] = connection.execute(statement)
    wanted = [next(column for column in source.table.columns if column.name == name) for name in _NAMES]
    makers = makers_of(result, source, wanted, range(len(wanted)), connection.dialect.name, zone)
    check = RowCheck(source, wanted, makers, Faults())
    for values in result:
        cells = check.row(tuple(values))
        if cells is not None and isinstance(cells["at"], datetime):
            yield Dated(str(cells["id"]), str(cells["sku"]), cells["at"], str(cells["kind"]))
