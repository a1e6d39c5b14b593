"""One table's CSV file into one typed table of the database, judged in bulk.

A file that is right never meets Python. Only where SQL finds anything wrong, or the database refuses the file, the
strict reader goes through it and tells line and column.
"""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from stockrecon.catalogue.engine import Connection, first_line, literal
from stockrecon.core.sources import TableFile
from stockrecon.core.tables import Column, Kind, Table
from stockrecon.errors import Fault
from stockrecon.spool.cells import (
    BOOLEANS,
    COUNT_PATTERN,
    DIGITS,
    INTEGER_PATTERN,
    NAIVE_PATTERN,
    TIME_PATTERN,
    CellFault,
    zone_of,
)
from stockrecon.spool.records import LONGEST_LINE
from stockrecon.spool.strict import check_table, header_of

_BLOCK = 1 << 20
_SPACED_QUOTE = re.compile(rb'(?:^|[,\r\n]) +"')
_BUFFER = 4 * LONGEST_LINE
"""Bytes that one thread reads at a time. The database's own 32 MB leaves the other threads idle on most files."""


def ingest(
    connection: Connection,
    target: str,
    file: TableFile,
    table: Table,
    constants: Sequence[str] = (),
    unkept: Collection[str] = (),
) -> list[Fault]:
    """Makes the table `target` with the contract's columns, typed; what is wrong with the file, else nothing.

    Times are UTC, empty optional integers and times null, all else that is empty its default. `constants` are further
    select expressions; `unkept` columns are judged, but not kept. After faults there is no such table.
    """
    import duckdb

    header, faults = header_of(file, table)
    if faults or not header:
        return check_table(file, table) or faults
    try:
        if file.zone is not None:
            zone_of(file.zone)
    except CellFault:
        return check_table(file, table)
    if not file.trusted and _doubtful(Path(file.path)) and (faults := check_table(file, table)):
        return faults
    try:
        connection.execute(_statement(target, file, table, header, constants, unkept))
        reason = _wrong(connection, target, table)
    except (duckdb.InvalidInputException, duckdb.DataError) as error:
        reason = first_line(error)
    if reason:
        connection.execute(f"drop table if exists {target}")
        return _told(file, table, reason)
    connection.execute(f"alter table {target} drop column bad")
    return []


def _wrong(connection: Connection, target: str, table: Table) -> str:
    row = connection.execute(f"select count(*) from {target} where bad").fetchone()
    if row is not None and row[0]:
        return f"{row[0]} rows have a cell that its column cannot take"
    names = table.key or table.once
    if names:
        known = "" if table.key else "where item_id <> ''"
        keys = ", ".join(map(_quoted, names))
        # Hashes first: a third of the time and memory of the text, and equal ones are nearly always equal text.
        sql = f"select 1 from {target} {known} group by {{}} having count(*) > 1 limit 1"
        twice = [sql.format(by) for by in (f"hash({keys})", keys)]
        if all(connection.execute(one).fetchone() is not None for one in twice):
            return f"rows repeat their {' + '.join(names)}"
    return ""


def _told(file: TableFile, table: Table, reason: str) -> list[Fault]:
    words = f"was refused although each line by itself reads well: {reason}"
    return check_table(file, table) or [Fault(file.shown, 0, 0, words)]


def _doubtful(path: Path) -> bool:
    """Whether a file holds what the database would take without a word: NUL bytes, lines that end differently, spaces
    before a quoted cell.

    Inside quoted cells all but the first are no fault, so this only asks for a closer look.
    """
    feeds = returns = pairs = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            block += file.readline(LONGEST_LINE)
            if b"\0" in block or (b' "' in block and _SPACED_QUOTE.search(block) is not None):
                return True
            if returns or b"\r" in block:
                returns += block.count(b"\r")
                pairs += block.count(b"\r\n")
                feeds += block.count(b"\n")
            elif not feeds:
                feeds = block.count(b"\n", 0, 1 << 16)  # any before the first return are enough to differ from it
    return returns > 0 and not (feeds == returns == pairs or feeds == 0)


def _statement(
    target: str,
    file: TableFile,
    table: Table,
    header: Sequence[str],
    constants: Sequence[str],
    unkept: Collection[str],
) -> str:
    columns = [(column, _quoted(column.name) if column.name in header else literal("")) for column in table.columns]
    typed = [f"{_value(column, raw, file.zone)} as {_quoted(column.name)}" for column, raw in columns]
    wrong = [text for column, raw in columns for text in _conditions(column, raw)]
    # Never true; but what nothing asks for would not be read, nor its letters be checked.
    wrong += [f"{_quoted(name)} is null" for name in table.names if name in unkept and name in header]
    raws = [f"{raw} as raw_{column.name}" for column, raw in columns if column.kind is not Kind.TEXT]
    names = ", ".join(_quoted(name) for name in table.names if name not in unkept)
    bad = " or ".join(wrong) or "false"
    inner = f"select {', '.join([*typed, *raws])} from {_reader(file, header)}"
    return f"create or replace table {target} as select {', '.join([*constants, names])}, {bad} as bad from ({inner})"


def _reader(file: TableFile, header: Sequence[str]) -> str:
    names = list(_unique(header))
    path = "".join({"[": "[[]", "*": "[*]", "?": "[?]"}.get(char, char) for char in str(Path(file.path).absolute()))
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    exact = ", ".join(literal(name) for name in names)
    return (
        f"read_csv({literal(path)}, auto_detect=false, all_varchar=true, header=true, delim=',', quote='\"', "
        f"escape='\"', strict_mode=true, null_padding=false, ignore_errors=false, compression='none', "
        f"max_line_size={LONGEST_LINE}, buffer_size={_BUFFER}, columns={{{columns}}}, force_not_null=[{exact}])"
    )


def _unique(header: Sequence[str]) -> Iterator[str]:
    """Names for the database: columns that the contract does not know may repeat or have no name."""
    seen: set[str] = set()
    for index, name in enumerate(header):
        # The database does not tell names apart by case.
        unique = name if name and name.lower() not in seen and name == name.lower() else f"column {index + 1}"
        seen.add(unique)
        yield unique


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _value(column: Column, raw: str, zone: str | None) -> str:
    filled = _or_default(column, raw)
    match column.kind:
        case Kind.INTEGER | Kind.COUNT:
            pattern = INTEGER_PATTERN if column.kind is Kind.INTEGER else COUNT_PATTERN
            number = f"try_cast({filled} as bigint)"
            least = 0 if column.kind is Kind.COUNT else 1 - 10**DIGITS
            # Written as the database would write it, a number is right; asking the pattern takes twice as long.
            plain = f"{number}::varchar = {filled} and {number} between {least} and {10**DIGITS - 1}"
            matched = f"regexp_full_match({filled}, {literal(pattern)})"
            return f"case when {plain} then {number} when {matched} then {number} end"
        case Kind.TIME:
            return _time(filled, zone)
        case Kind.BOOLEAN:
            cases = " ".join(f"when {literal(text)} then {str(value).lower()}" for text, value in BOOLEANS.items())
            return f"case lower({filled}) {cases} end"
        case Kind.CHOICE:
            # One byte a row instead of sixteen.
            return f"try_cast({filled} as enum({', '.join(map(literal, column.choices))}))"
        case _:
            return filled


def _or_default(column: Column, raw: str) -> str:
    if not column.default:
        return raw
    if raw == "''":
        return literal(column.default)
    return f"case when {raw} = '' then {literal(column.default)} else {raw} end"


def _time(text: str, zone: str | None) -> str:
    given = f"case when regexp_full_match({text}, {literal(TIME_PATTERN)}) then {text} end"
    value = f"try_cast({given} as timestamptz)"
    if zone is not None:
        wall = f"case when regexp_full_match({text}, {literal(NAIVE_PATTERN)}) then {text} end"
        if zone[0] in "+-" or zone == "Z":
            placed = f"try_cast({wall} || {literal(zone)} as timestamptz)"
        else:
            placed = f"timezone({literal(zone)}, try_cast({wall} as timestamp))"
        value = f"coalesce({value}, {placed})"
    return f"timezone('UTC', {value})"


def _conditions(column: Column, raw: str) -> Iterator[str]:
    """What makes a row wrong, in words of the typed columns and of the raw ones."""
    name, before = _quoted(column.name), f"raw_{column.name}"
    if raw == "''":
        return
    if column.kind is Kind.TEXT:
        if column.filled:
            yield f"{name} = ''"
        return
    if column.kind is Kind.CHOICE:
        yield f"{name} is null"
        return
    yield f"{name} is null" if column.filled or column.default else f"({name} is null and {before} <> '')"
    if column.least:
        yield f"{name} < {column.least}"
