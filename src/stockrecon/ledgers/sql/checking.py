"""What `stockrecon check` tells of a database: whether it answers, how it is read, what is there, what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import STOCK, Kind
from stockrecon.errors import ReadFault
from stockrecon.ledgers import meaning
from stockrecon.ledgers.absent import absent_lines
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.sql import grants
from stockrecon.ledgers.sql.ages import newest
from stockrecon.ledgers.sql.book import Book, book_of
from stockrecon.ledgers.sql.connection import Place, snapshot
from stockrecon.ledgers.sql.faults import GRANTS, fault_of
from stockrecon.ledgers.sql.merged import alike_lines
from stockrecon.ledgers.sql.reading import Faults, RowCheck, check_of
from stockrecon.ledgers.sql.roles import Writes, writes
from stockrecon.ledgers.sql.sources import REQUIRED, Source, sources_of

_SAMPLE = 200
_ISOLATION = {
    "postgresql": "one REPEATABLE READ, READ ONLY transaction",
    "mysql": "one READ ONLY transaction WITH CONSISTENT SNAPSHOT (tables of InnoDB)",
    "mariadb": "one READ ONLY transaction WITH CONSISTENT SNAPSHOT (tables of InnoDB)",
    "sqlite": "one deferred transaction on a file that is opened read-only",
}


def check_lines(engine: Engine, place: Place, settings: LedgerSettings) -> list[LedgerCheck]:
    """All lines; what the database refuses is one of them. Raises ReadFault where it does not answer at all."""
    lines: list[LedgerCheck] = []
    with snapshot(engine, place, datetime.now(UTC)) as (connection, as_of):
        lines.append(LedgerCheck(True, "database", f"{place} answers ({_version(connection)})"))
        how = _ISOLATION.get(place.backend, "one transaction; this database is not among those that are tested")
        lines.append(LedgerCheck(True, "snapshot", f"read in {how}; nothing is written"))
        clock = "this machine's clock" if place.backend == "sqlite" else "the database server's clock"
        lines.append(LedgerCheck(None, "clock", f"the ledger's time is {clock}: {as_of.isoformat(timespec='seconds')}"))
        sources, faults = sources_of(connection, settings)
        lines += [LedgerCheck(False, "tables", fault.what, fault.way_on) for fault in faults]
        for source in sources:
            lines += _table_lines(connection, place, source, settings.zone)
            lines += newest(connection, source, settings.zone, as_of)
            if source.table.name == REQUIRED and not any(
                line.what == source.shown and line.ok is False for line in lines
            ):
                lines += alike_lines(connection, place, source, settings.zone)
        lines += absent_lines([source.table.name for source in sources])
        lines += _rights(connection, place, settings, sources)
        lines += _granted(connection, settings, sources)
    if settings.zone is not None:
        lines.append(LedgerCheck(None, "zone", f"times without an offset are taken for times of {settings.zone}"))
    return lines


def _version(connection: Connection) -> str:
    version = connection.dialect.server_version_info
    return "version " + ".".join(str(part) for part in version) if version else "version unknown"


def _table_lines(connection: Connection, place: Place, source: Source, zone: str | None) -> Iterator[LedgerCheck]:
    faults = Faults()
    try:
        # A refused statement must not spoil the transaction for the tables that come after it.
        with connection.begin_nested():
            rows = connection.execute(source.count()).scalar_one()
            check = _sampled(connection, source, zone, faults)
    except SQLAlchemyError as error:
        fault = fault_of(error, place, source.shown)
        yield LedgerCheck(False, source.shown, fault.what, fault.way_on)
        return
    except ReadFault as fault:
        yield LedgerCheck(False, source.shown, fault.what, fault.way_on)
        return
    names = ", ".join(column.name for column in check.columns)
    missing = [name for name in source.table.names if name not in {column.name for column in check.columns}]
    without = f"; without {', '.join(missing)}, which are optional" if missing else ""
    yield LedgerCheck(True, source.shown, f"{rows} rows, columns {names}{without}")
    if source.table is STOCK:
        yield _available(source)
    yield from _traps(connection, place, source)
    for one in faults.faults[:5]:
        yield LedgerCheck(False, source.shown, str(one), "Mend the row, or leave it out with a query.")


def _available(source: Source) -> LedgerCheck:
    """What available is, by the database's own names."""
    if source.query is not None:
        return meaning.by_query(source.shown)
    pick = next(pick for pick in source.picks if pick.column.name == "available")
    if pick.fixed is not None:
        return meaning.fixed(pick.fixed)
    if pick.own is not None:
        return meaning.plain(pick.own, source.shown)
    return meaning.summed([(name,) for name in pick.add], [(name,) for name in pick.less], source.shown)


def _traps(connection: Connection, place: Place, source: Source) -> Iterator[LedgerCheck]:
    """What the database itself does to a table's rows, and nobody would expect."""
    if source.query is not None:
        return
    if place.backend in ("mysql", "mariadb"):
        statement = text(
            "SELECT engine FROM information_schema.tables "
            "WHERE table_schema = COALESCE(:schema, DATABASE()) AND table_name = :name"
        )
        kept = connection.execute(statement, {"schema": source.schema, "name": source.name}).scalar()
        if kept is not None and str(kept).lower() != "innodb":
            words = f"is kept by {kept}, which takes no part in a snapshot: what is written meanwhile is seen"
            yield LedgerCheck(None, source.shown, words, f"ALTER TABLE {source.name} ENGINE = InnoDB")
    elif place.backend == "sqlite":
        quoted = source.name.replace("'", "''")
        texts = {column.name for column in source.table.columns if column.kind is Kind.TEXT}
        for row in connection.exec_driver_sql(f"PRAGMA table_info('{quoted}')"):
            if str(row[1]).casefold() in texts and _turns_text_into_numbers(str(row[2])):
                words = f"column {row[1]} is declared {row[2]}: SQLite keeps 00123 in it as the number 123"
                yield LedgerCheck(None, source.shown, words, "Declare it TEXT, and fill it anew.")


def _turns_text_into_numbers(declared: str) -> bool:
    """SQLite's rule of affinity: a type without a word that it knows is NUMERIC (such as STRING)."""
    word = declared.upper()
    return bool(word) and not any(known in word for known in ("CHAR", "CLOB", "TEXT", "BLOB", "INT"))


def _sampled(connection: Connection, source: Source, zone: str | None, faults: Faults) -> RowCheck:
    """The first rows, checked as a reading would."""
    result = connection.execute(source.statement(), execution_options={"stream_results": True})
    try:
        check, picks = check_of(result, source, connection.dialect.name, zone, faults)
        for row in islice(result, _SAMPLE):
            check.row([row[pick] for pick in picks])
        return check
    finally:
        result.close()


def _rights(
    connection: Connection, place: Place, settings: LedgerSettings, sources: Sequence[Source]
) -> Iterator[LedgerCheck]:
    try:
        with connection.begin_nested():
            could = writes(connection, place, sources, _book(connection, settings))
    except SQLAlchemyError:
        return
    if could is Writes.NOTHING:
        yield LedgerCheck(True, "rights", "the role can read and cannot write")
    elif could is Writes.CORRECTIONS:
        yield LedgerCheck(True, "rights", "the role can read, and write what corrections need and no more")
    elif could is Writes.FILE:
        yield LedgerCheck(None, "rights", "the file could also be written; it is opened for reading only")
    elif could is Writes.MORE and settings.correct is not None:
        yield LedgerCheck(None, "rights", "the role could also write; ledger.correct needs that, reading does not")
    elif could is Writes.MORE:
        yield LedgerCheck(None, "rights", "the role could also write; reading needs no right to write", GRANTS)


def _book(connection: Connection, settings: LedgerSettings) -> Book | None:
    """None where corrections cannot be posted into tables; the line about them says why."""
    if settings.correct is not None:
        return None
    with suppress(ReadFault):
        return book_of(connection, settings)
    return None


def _granted(connection: Connection, settings: LedgerSettings, sources: Sequence[Source]) -> Iterator[LedgerCheck]:
    """The statements that make roles with just the rights that are needed here."""
    try:
        with connection.begin_nested():
            told = [("a role that reads", grants.reading(connection, sources))]
            if settings.correct is not None:
                own = grants.by_statement(connection, sources, settings.correct)
                told.append(("a role that also carries out ledger.correct", own))
            elif (book := _book(connection, settings)) is not None:
                told.append(("a role that also posts corrections", grants.correcting(connection, sources, book)))
    except SQLAlchemyError:
        return
    for who, statements in told:
        if statements:
            yield LedgerCheck(None, "grants", f"{who} needs these and no more:")
            yield from (LedgerCheck(None, "grants", statement) for statement in statements)
