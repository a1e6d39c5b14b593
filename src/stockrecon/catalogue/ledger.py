"""The ledger's tables into the catalogue."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from stockrecon.catalogue import likeness, schema
from stockrecon.catalogue.engine import Connection, aware, first_line, literal, naive, rows_of, to_parquet, value_of
from stockrecon.catalogue.ingest import ingest
from stockrecon.core.model import LedgerFacts, ShopName
from stockrecon.core.sources import KeptTable, LedgerRead
from stockrecon.core.tables import LEDGER_TABLES, with_blocks
from stockrecon.errors import DataFault, Fault, OutputFault

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
        blocks = name in read.kept or name in read.to_keep
        table = with_blocks(LEDGER_TABLES[name]) if blocks else LEDGER_TABLES[name]
        found = ingest(connection, _TARGETS[name], file, table, constants)
        if found:
            faults.extend(found)
            schema.reset(connection, _TARGETS[name])
    if faults:
        raise DataFault("ledger", faults)
    for name, kept in read.kept.items():
        _beside(connection, name, kept, read.tables[name].shown)
    # What was kept was looked at when it was read.
    moved = likeness.of_movements(connection, "movement_anew" if "movements" in read.kept else "movement")
    oldest = value_of(connection, 'select min("at") from movement')
    told = read.as_of or _latest(connection)
    return LedgerFacts(
        type=read.type,
        as_of=told or _read_at(read),
        skus=_number(value_of(connection, "select count(*) from stock")),
        tables=frozenset(read.tables),
        oldest_movement=aware(oldest) if isinstance(oldest, datetime) else None,
        dated=told is not None,
        moved_alike=moved,
    )


def _beside(connection: Connection, name: str, kept: KeptTable, shown: str) -> None:
    """What an earlier run has kept of a table, beside what was read anew. Movements stay in their file: few are
    asked for.

    Raises OutputFault where the file cannot be read, DataFault where what is new repeats a key of what is kept.
    """
    import duckdb

    target, (key,) = _TARGETS[name], LEDGER_TABLES[name].key
    columns = ", ".join(f'"{column}"' for column in (*LEDGER_TABLES[name].names, "block"))
    without = f"create or replace temp table {target}_without as select unnest(?::bigint[]) as block"
    connection.execute(without, [sorted(kept.without)])
    held = f"select {columns} from read_parquet({literal(kept.path)}) anti join {target}_without using (block)"
    twice = f"select 1 from {target} semi join ({held}) using ({key}) limit 1"
    try:
        if value_of(connection, twice) is not None:
            raise DataFault("ledger", [Fault(shown, 0, 0, f"rows repeat their {key}", key)])
        if name == "stock":
            connection.execute(f"insert into {target} ({columns}) {held}")
            return
        connection.execute(f"alter table {target} rename to {target}_anew")
        connection.execute(f"create view {target} as select {columns} from {target}_anew union all {held}")
    except duckdb.Error as error:
        raise OutputFault(f"{kept.path}: what was kept of the ledger cannot be read: {first_line(error)}") from error


def keep(connection: Connection, name: str, path: Path) -> None:
    """Writes all rows of one of the ledger's tables, with their blocks, to a new file that is private and on disk.

    Raises OutputFault.
    """
    columns = ", ".join(f'"{column}"' for column in (*LEDGER_TABLES[name].names, "block"))
    to_parquet(connection, f"select {columns} from {_TARGETS[name]}", path)


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
