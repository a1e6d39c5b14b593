"""The ledger's tables into the catalogue."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from datetime import datetime

from stockrecon.catalogue import likeness, schema
from stockrecon.catalogue.engine import Connection, aware, naive, rows_of, value_of
from stockrecon.catalogue.ingest import ingest
from stockrecon.core.model import LedgerFacts, ShopName
from stockrecon.core.sources import LedgerRead
from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.errors import DataFault, Fault

_TARGETS = {"stock": "stock", "movements": "movement", "listings": "mapping", "pushes": "push"}
_TIMES = (("stock", "updated_at"), ("movement", "at"), ("push", "at"))


def load(connection: Connection, read: LedgerRead) -> LedgerFacts:
    """Loads what was read. Raises DataFault with the faults of all tables."""
    faults: list[Fault] = []
    likeness.forget(connection)
    for target in _TARGETS.values():
        schema.reset(connection, target)
    for name, file in read.tables.items():
        constants = ("'pushes' as source",) if name == "pushes" else ()
        found = ingest(connection, _TARGETS[name], file, LEDGER_TABLES[name], constants)
        if found:
            faults.extend(found)
            schema.reset(connection, _TARGETS[name])
    if faults:
        raise DataFault("ledger", faults)
    oldest = value_of(connection, 'select min("at") from movement')
    told = read.as_of or _latest(connection)
    return LedgerFacts(
        type=read.type,
        as_of=told or _read_at(read),
        skus=_number(value_of(connection, "select count(*) from stock")),
        tables=frozenset(read.tables),
        oldest_movement=aware(oldest) if isinstance(oldest, datetime) else None,
        dated=told is not None,
    )


def _latest(connection: Connection) -> datetime | None:
    times = [value_of(connection, f'select max("{column}") from {table}') for table, column in _TIMES]
    known = [time for time in times if isinstance(time, datetime)]
    return aware(max(known)) if known else None


def _read_at(read: LedgerRead) -> datetime:
    if read.read_at is None:
        words = "no table of the ledger holds a time, so nothing tells when it was read: add as_of to ledger.yaml"
        raise DataFault("ledger", [Fault(read.tables["stock"].shown, 0, 0, words)])
    return read.read_at


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def pushed(connection: Connection, shop: ShopName, since: datetime) -> frozenset[str]:
    """The items that a push of the ledger's names at `since` or later."""
    sql = """select distinct item_id from push where shop = ? and "at" >= ?"""
    return frozenset(str(item) for (item,) in rows_of(connection, sql, shop, naive(since)))
