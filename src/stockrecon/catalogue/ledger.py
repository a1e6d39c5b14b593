"""The ledger's tables into the catalogue."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stockrecon.catalogue import likeness, schema
from stockrecon.catalogue.engine import Connection, aware, first_line, literal, naive, rows_of, to_parquet, value_of
from stockrecon.catalogue.ingest import ingest
from stockrecon.core.ahead import AHEAD, NAMED, ZONES, Ahead, dated
from stockrecon.core.model import LedgerFacts, ShopName
from stockrecon.core.sources import KeptTable, LedgerRead
from stockrecon.core.tables import LEDGER_TABLES, with_blocks
from stockrecon.errors import DataFault, Fault, OutputFault

_TARGETS = {"stock": "stock", "movements": "movement", "listings": "mapping", "pushes": "push"}
_TIMES = (("movement", "at"), ("stock", "updated_at"), ("push", "at"))
_NAMED_BY = {
    "movement": "'movement ' || id || ' of ' || sku",
    "stock": "'updated_at of ' || sku",
    "push": "'a push to ' || shop || ' item ' || item_id",
}


def load(connection: Connection, read: LedgerRead) -> LedgerFacts:
    """Loads what was read. Raises DataFault with the faults of all tables, ReadFault for times of another zone."""
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
    warnings = tuple(_of_the_future(connection, read, read.clock)) if read.clock is not None else ()
    # What was kept was looked at when it was read.
    moved = likeness.of_movements(connection, "movement_anew" if "movements" in read.kept else "movement")
    oldest = value_of(connection, 'select min("at") from movement')
    told = read.as_of or _latest(connection, read.clock)
    return LedgerFacts(
        type=read.type,
        as_of=told or _read_at(read),
        skus=_number(value_of(connection, "select count(*) from stock")),
        tables=frozenset(read.tables),
        oldest_movement=aware(oldest) if isinstance(oldest, datetime) else None,
        dated=told is not None,
        moved_alike=moved,
        warnings=warnings,
    )


def _of_the_future(connection: Connection, read: LedgerRead, clock: datetime) -> Iterator[str]:
    """What is told of single rows far ahead of the ledger's clock. Raises ReadFault for times of another zone.

    A correction of ours has the run's time, which may be later than that of a file. Times of stock and pushes matter
    where nothing else tells when the ledger is of.
    """
    for table, column in _TIMES:
        if table == "movement" or read.as_of is None:
            found = _ahead(connection, table, column, clock)
            if (fault := found.fault(clock, read.zone)) is not None:
                raise fault
            if words := found.warning(clock):
                yield f"ledger: {words}"
    if read.type == "file" and read.as_of is not None:
        # Beyond the clock they are told of above.
        found = _ahead(connection, *_TIMES[0], read.as_of, clock + AHEAD)
        if words := found.doubt(read.as_of, read.zone):
            yield f"ledger: {words}"


def _ahead(connection: Connection, table: str, column: str, clock: datetime, until: datetime | None = None) -> Ahead:
    """`until`: later ones are left out, and none of the others is far."""
    rows = f"""from {table} where "{column}" > ?""" + (" and kind <> 'correction'" if table == "movement" else "")
    start, end = naive(clock + AHEAD), naive(until or clock + ZONES)
    counted = rows_of(connection, f"""select count(*), max("{column}") {rows} and "{column}" <= ?""", start, end)
    far = 0 if until else _number(value_of(connection, f"select count(*) {rows}", end))
    (near, latest) = next(iter(counted))
    by = aware(latest) - clock if isinstance(latest, datetime) else timedelta()
    names = f"""select {_NAMED_BY[table]}, "{column}" {rows} order by "{column}" desc, 1 limit {NAMED}"""
    rows_far = rows_of(connection, names, end) if far else ()
    named = [dated(str(name), aware(at)) for name, at in rows_far if isinstance(at, datetime)]
    return Ahead(_number(near), by, far, tuple(named))


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


def _latest(connection: Connection, clock: datetime | None) -> datetime | None:
    """The latest time in the tables that is not ahead of the clock."""
    last = naive(clock + AHEAD if clock is not None else datetime.max.replace(tzinfo=UTC))
    select = """select max("{0}") from {1} where "{0}" <= ?"""
    times = [value_of(connection, select.format(column, table), last) for table, column in _TIMES]
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
