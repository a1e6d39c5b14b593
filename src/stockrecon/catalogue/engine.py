"""The database behind a catalogue: its settings, quoting, bulk inserts, and what its errors mean to a reader.

DuckDB in memory, spilling into the run's own folder, never reaching for the network (reference: performance, 2).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from stockrecon.errors import OutputFault, UsageFault

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection
else:
    Connection = object

__all__ = [
    "Connection",
    "aware",
    "chunks",
    "connect",
    "guarded",
    "insert",
    "literal",
    "naive",
    "rows_of",
    "to_parquet",
    "value_of",
]

T = TypeVar("T")
_CHUNK = 5000
_INTERRUPTED = "Query interrupted"
_MOST_THREADS = 4
"""More would not be quicker on tables of this size, and each wants its share of the memory."""


def connect(work: Path, memory_limit: str, threads: int | None) -> Connection:
    """A new database that spills into `work`. Raises OutputFault where the folder cannot be made."""
    import duckdb

    spill = work / "duckdb"
    try:
        spill.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFault(f"{spill}: cannot be made: {error.strerror or error}") from error
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "memory_limit": memory_limit,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
        "threads": threads or min(_MOST_THREADS, os.cpu_count() or 1),
    }
    with guarded():
        connection = duckdb.connect(":memory:", config=settings)
        connection.execute("set TimeZone = 'UTC'")
    return connection


@contextmanager
def guarded() -> Iterator[None]:
    """Turns what the outside can do to the database (too little memory, a full disk) into errors with a way on."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise UsageFault(
            f"comparing needs more memory or room for temporary files: {first_line(error)}",
            way_on="make room in the state directory, or run on a machine with more memory",
        ) from error
    except duckdb.IOException as error:
        raise OutputFault(f"the comparison's working files: {first_line(error)}") from error
    except RuntimeError as error:
        if str(error) == _INTERRUPTED:
            raise KeyboardInterrupt from error  # which the database caught for itself
        raise


def first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def literal(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def naive(time: datetime) -> datetime:
    """A time as the database holds it: UTC without saying so, which is fetched several times faster."""
    return time.astimezone(UTC).replace(tzinfo=None)


def aware(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC)


def chunks(rows: Iterable[T], size: int = _CHUNK) -> Iterator[Sequence[T]]:
    remaining = iter(rows)
    while chunk := tuple(islice(remaining, size)):
        yield chunk


def to_parquet(connection: Connection, select: str, path: Path) -> None:
    """Writes what a query gives to a new file, private and safely on disk. Raises OutputFault."""
    import duckdb

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        connection.execute(f"copy ({select}) to {literal(str(path))} (format parquet, compression zstd)")
        path.chmod(0o600)
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise OutputFault(f"{path}: cannot be written: {error.strerror or error}") from error
    except duckdb.IOException as error:
        raise OutputFault(f"{path}: cannot be written: {first_line(error)}") from error


def rows_of(connection: Connection, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    return connection.execute(sql, list(parameters)).fetchall()


def value_of(connection: Connection, sql: str, *parameters: object) -> object:
    """The one value of a query that gives one row."""
    row = connection.execute(sql, list(parameters)).fetchone()
    return row[0] if row else None


def insert(connection: Connection, table: str, columns: Mapping[str, str], rows: Iterable[tuple[object, ...]]) -> None:
    """Inserts rows in bulk; `columns` maps names to SQL types. (`executemany` costs a hundred times as much.)"""
    names = ", ".join(columns)
    values = ", ".join(f"unnest(?::{kind}[])" for kind in columns.values())
    for chunk in chunks(rows):
        lists = [list(column) for column in zip(*chunk, strict=True)]
        connection.execute(f"insert into {table} ({names}) select {values}", lists)
