"""The way into the state database: SQLite in the state directory, or PostgreSQL for a team.

One transaction at a time writes; what fails is told in our own words, with the place and without a secret.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from stockrecon.errors import OutputFault, StockreconError, UsageFault
from stockrecon.state.folder import cannot, private_file

_CHUNK = 10_000
_LOCK = 0x5354_4F43_4B52_4543
"""The advisory lock that writers of a PostgreSQL state take in turn."""


class Session(Protocol):
    """A driver's connection, as far as it is used here."""

    def execute(self, statement: str, values: Sequence[object] = ...) -> Rows: ...


class Rows(Protocol):
    def fetchone(self) -> Sequence[Any] | None: ...


class Database:
    """An open state database. `place` names it for people. Used by one thread."""

    def __init__(self, engine: Engine, place: str, secrets: Sequence[str] = ()) -> None:
        self.place = place
        self._engine = engine
        self._writers = engine.execution_options(stockrecon_writes=True)
        self._secrets = tuple(secret for secret in secrets if secret)
        self._joined: Connection | None = None
        self._failed: StockreconError | None = None
        self._hooks: list[tuple[Callable[[], None] | None, Callable[[], None] | None]] = []

    def close(self) -> None:
        self._engine.dispose()

    @property
    def shared(self) -> bool:
        """Whether programs on several machines may use it."""
        return self._engine.dialect.name == "postgresql"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A connection to a shared database outside all transactions, whose end is the end of all that it holds."""
        with self.told():
            raw = self._engine.raw_connection()
            connection: Any = raw.driver_connection
            raw.detach()
        try:
            with self.told():
                connection.autocommit = True
            yield connection
        finally:
            with suppress(Exception):  # it may be gone already, and then nothing is left to end
                raw.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view; within a transaction, that transaction's."""
        with self.told():
            if self._joined is not None:
                yield self._joined
                return
            with self._engine.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction of its own, or a part of the one that is open."""
        if self._joined is None:
            with self.transaction(), self.writing() as connection:
                yield connection
            return
        try:
            with self.told():
                yield self._joined
        except StockreconError as fault:
            self._failed = fault
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written within is kept together, or none of it. A fault within spoils the whole."""
        if self._joined is not None:
            raise RuntimeError("a transaction within a transaction")
        with self.told():
            connection = self._writers.connect()
        try:
            with self.told():
                connection.begin()
            self._joined, self._failed, self._hooks = connection, None, []
            try:
                yield
                if self._failed is not None:
                    raise self._failed
                with self.told():
                    connection.commit()
            except BaseException:
                with suppress(SQLAlchemyError):
                    connection.rollback()
                self._settle(kept=False)
                raise
            self._settle(kept=True)
        finally:
            self._joined = None
            connection.close()

    def after(self, *, kept: Callable[[], None] | None = None, undone: Callable[[], None] | None = None) -> None:
        """What is to be done once the open transaction is kept, or undone. It must not fail."""
        self._hooks.append((kept, undone))

    def _settle(self, *, kept: bool) -> None:
        hooks, self._hooks = self._hooks, []
        for done, undone in hooks:
            hook = done if kept else undone
            if hook is not None:
                hook()

    def bulk(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Inserts many rows into the open transaction, in bounded memory."""
        connection = self._joined
        if connection is None:
            raise RuntimeError("bulk outside a transaction")
        names = ", ".join(columns)
        remaining = iter(rows)
        # A chunk is whole before it is sent: what makes the rows may ask the same connection.
        while chunk := [tuple(row) for row in islice(remaining, _CHUNK)]:
            if connection.dialect.name == "postgresql":
                _copy(connection, f"COPY {table} ({names}) FROM STDIN", chunk)
            else:
                marks = ", ".join("?" * len(columns))
                statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our own names
                connection.exec_driver_sql(statement, chunk)

    @contextmanager
    def told(self) -> Iterator[None]:
        """What the driver or the file system refuses within is raised as OutputFault or UsageFault."""
        try:
            yield
        except OSError as error:
            raise cannot(f"{self.place} cannot be written", error) from None
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise self._fault(error) from None
        except Exception as error:
            # COPY speaks to the driver itself, whose errors belong to no family that is imported here.
            if type(error).__module__.partition(".")[0] != "psycopg":
                raise
            raise self._fault(error) from None

    def _fault(self, error: Exception) -> UsageFault:
        said = self._said(error)
        for kind, pattern, text, way_on in _REFUSALS:
            if re.search(pattern, said, re.IGNORECASE):
                return kind(f"{self.place}: {text} ({said})", way_on=way_on)
        return OutputFault(f"{self.place}: the database refused ({said})", way_on=_ANEW)

    def _said(self, error: Exception) -> str:
        # SQLAlchemy's own text holds the statement and its values; only the driver's first line is shown.
        origin: BaseException = error
        if isinstance(error, DBAPIError) and error.orig is not None:
            origin = error.orig
        text = next((line.strip() for line in str(origin).splitlines() if line.strip()), type(origin).__name__)
        for secret in self._secrets:
            for form in (secret, quote(secret, safe="")):
                text = text.replace(form, "***")
        return text[:300]


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    finally:
        cursor.close()


_ANEW = "Move the state away and run again: nothing in it is needed for a run, only the memory of earlier ones is lost."
_REFUSALS: tuple[tuple[type[UsageFault], str, str, str], ...] = (
    (
        OutputFault,
        r"disk is full|no space left|could not extend file",
        "the disk is full",
        "Free some space there, or name a folder on another disk under `state`.",
    ),
    (
        OutputFault,
        r"readonly database|unable to open database file|permission denied|access permission",
        "it cannot be written",
        "Give this user the right to write it, or name another folder under `state`.",
    ),
    (
        OutputFault,
        r"database (table )?is locked|lock timeout",
        "another process keeps it locked",
        "Run again when that one has finished.",
    ),
    (UsageFault, r"not a database|malformed|unsupported file format", "it is no database, or it is damaged", _ANEW),
    (
        UsageFault,
        r"authentication failed|no password supplied|role .* does not exist|no pg_hba|database .* does not exist",
        "the database does not let us in",
        "Correct user, password and database in `state`.",
    ),
    (
        UsageFault,
        r"connection refused|connection failed|could not|resolve|timed? ?out|server closed|terminat|connection is lost",
        "the database cannot be reached",
        "Look at host and port in `state`, and whether the database runs.",
    ),
    (OutputFault, r"disk i/o error", "the disk refused", "Look at the disk, and at the space that is left on it."),
)


def open_sqlite(path: Path, patience: float) -> Database:
    """The SQLite file, made if need be (0600). `patience`: seconds to wait for another writer."""
    private_file(path, "the state database")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw",
            uri=True,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            # A power cut must not take back what a caller was told is kept.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    def begin(connection: Connection) -> None:
        # A writer takes its turn at once: one that read first and wrote later could be refused in between.
        writes = connection.get_execution_options().get("stockrecon_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "begin", begin)
    return Database(engine, str(path))


_CONNECT = {
    "application_name": "stockrecon",
    "connect_timeout": 10,
    # A server that is not there any more is noticed within a minute, not within hours.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
}


def open_postgresql(url: str, patience: float) -> Database:
    """A PostgreSQL database, by its URL. Raises UsageFault for one that cannot be understood."""
    parsed = parse(url)
    milliseconds = max(1, int(patience * 1000))
    try:
        engine = create_engine(parsed, connect_args=_CONNECT)
    except (ImportError, NoSuchModuleError):
        raise UsageFault(
            "the driver for a PostgreSQL state is not installed", way_on="pip install 'stockrecon[postgres]'"
        ) from None

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("stockrecon_writes"):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return
        # A server or role may be set to answer before a commit is on disk; a loss of power must not take it back.
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{milliseconds}', true), set_config('synchronous_commit',"
            " replace(current_setting('synchronous_commit'), 'off', 'on'), true)"
        )
        # Each statement sees what is committed by then, so that what is read after the lock is the newest.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    event.listen(engine, "begin", begin)
    return Database(engine, shown(parsed), _secrets(parsed))


def parse(url: str) -> URL:
    """The URL with its driver. Raises UsageFault, which never holds the URL, for anything but PostgreSQL."""
    parsed: URL | None = None
    with suppress(ArgumentError, ValueError):  # the exception's text would hold the URL and its password
        parsed = make_url(url)
    if parsed is None or parsed.get_backend_name() != "postgresql":
        raise UsageFault(
            "`state` is a database URL, but none of PostgreSQL",
            way_on="Name a folder (SQLite lives in it), or postgresql://USER@HOST/DATABASE.",
        )
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def shown(url: URL) -> str:
    """Where the database is, in words without a secret."""
    host = f"{url.host or 'local socket'}{f':{url.port}' if url.port else ''}"
    return f"the state database {url.database or '(no name)'} at {host}"


def _secrets(url: URL) -> list[str]:
    found = [str(url.password or "")]
    for key, value in url.query.items():
        if "pass" in key.lower():
            found.extend((value,) if isinstance(value, str) else value)
    return found
