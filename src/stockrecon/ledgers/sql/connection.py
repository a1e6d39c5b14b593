"""The way into the database: one read-only, consistent snapshot per reading, each database in its own manner."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.sql.faults import fault_of

CONNECT_SECONDS = 10

_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
_EXTRAS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql"}
_NAMES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "sqlite": "SQLite"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database is, in words without a secret; the URL's password is struck out of messages.

    `statement_seconds`: a statement that runs longer is stopped, by the database where it can, so that a run ends.
    """

    url: URL
    statement_seconds: int = 900

    @property
    def backend(self) -> str:
        return self.url.get_backend_name()

    def __str__(self) -> str:
        name = _NAMES.get(self.backend, self.backend)
        if self.backend == "sqlite":
            return f"{name} {self.url.database}"
        host = f"{self.url.host or 'local socket'}{f':{self.url.port}' if self.url.port else ''}"
        return f"{name} {self.url.database or '(no database)'} at {host}"

    def __repr__(self) -> str:
        return f"Place({self})"

    def redacted(self, text: str) -> str:
        """The text without the URL's password, in either of the forms in which a driver could repeat it."""
        secrets = [self.url.password, *self._query_secrets()]
        for secret in secrets:
            if secret:
                for form in {str(secret), quote(str(secret), safe=""), repr(str(secret))[1:-1]}:
                    text = text.replace(form, "***")
        return text

    def _query_secrets(self) -> Iterator[str]:
        for key, value in self.url.query.items():
            if "pass" in key.lower() or "secret" in key.lower():
                yield from (value,) if isinstance(value, str) else value


def place_of(settings: LedgerSettings) -> Place:
    """The database that the configuration names, with its default driver and its path made absolute.

    Raises ReadFault where the URL cannot be understood.
    """
    if not settings.url:
        raise ReadFault("ledger", "no url is configured for the database", way_on="Set ledger.url.")
    url: URL | None = None
    with suppress(ArgumentError, ValueError):  # the exception's text would hold the URL and its password
        url = make_url(settings.url)
    if url is None:
        way_on = "Write it as postgresql://USER@HOST/DATABASE, mysql://USER@HOST/DATABASE or sqlite:///FILE."
        raise ReadFault("ledger", "the database's url cannot be understood", way_on=way_on)
    if url.drivername in _DRIVERS:
        url = url.set(drivername=_DRIVERS[url.drivername])
    if url.get_backend_name() == "sqlite":
        database = url.database or ""
        if not database or database == ":memory:":
            raise ReadFault("ledger", "the url names no SQLite file", way_on="Write it as sqlite:///ledger.db.")
        url = url.set(database=str(settings.folder / database))
    return Place(url, max(1, round(settings.statement_timeout.total_seconds())))


def open_engine(place: Place, *, writable: bool = False) -> Engine:
    """An engine that keeps no connection open. Raises ReadFault for a missing driver or SQLite file."""
    backend = place.backend
    try:
        if backend == "sqlite":
            return _sqlite_engine(place, writable=writable)
        return create_engine(place.url, poolclass=NullPool, connect_args=_connect_args(place))
    except (ImportError, NoSuchModuleError):
        pass
    except (SQLAlchemyError, TypeError, ValueError) as error:
        raise fault_of(error, place) from None
    extra = _EXTRAS.get(backend)
    way_on = f"pip install 'stockrecon[{extra}]'" if extra else "Install the SQLAlchemy driver of this database."
    raise ReadFault("ledger", f"the driver for {backend} ({place.url.drivername}) is not installed", way_on=way_on)


def _connect_args(place: Place) -> dict[str, object]:
    if place.backend == "postgresql":
        return {"connect_timeout": CONNECT_SECONDS, "application_name": "stockrecon"}
    if place.backend in ("mysql", "mariadb"):
        # The server stops a statement first; the socket's limit is for a server that says nothing any more.
        limit = place.statement_seconds + 30
        return {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": limit,
            "write_timeout": limit,
            "charset": "utf8mb4",
        }
    return {}


def _sqlite_engine(place: Place, *, writable: bool) -> Engine:
    path = Path(place.url.database or "")
    if not writable and not path.is_file():
        what = "is a folder, not a SQLite file" if path.is_dir() else "does not exist"
        raise ReadFault(
            "ledger",
            f"{path} {what}",
            way_on="Correct ledger.url: a relative path is relative to the configuration file.",
        )
    mode = "rwc" if writable else "ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=CONNECT_SECONDS, isolation_level=None
        )
        # Bytes that are no UTF-8 become a fault that names the row, not an error that names nothing.
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        if not writable:
            connection.execute("PRAGMA query_only = ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    # With isolation_level=None the driver begins nothing by itself, so that a reading has one snapshot throughout.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


@contextmanager
def snapshot(engine: Engine, place: Place, now: datetime) -> Iterator[tuple[Connection, datetime]]:
    """One read-only consistent snapshot, with the database server's clock at its beginning (UTC).

    SQLite and databases that are not tested have no clock that is told apart from ours: `now` is theirs.
    Raises AuthFault or ReadFault; nothing is ever committed.
    """
    try:
        with engine.connect() as connection:
            as_of = _begin(connection, place, now)
            try:
                yield connection, as_of
            finally:
                with suppress(SQLAlchemyError):
                    _end(connection, place.backend)
    except (SQLAlchemyError, OSError) as error:
        raise fault_of(error, place) from None


def _begin(connection: Connection, place: Place, now: datetime) -> datetime:
    backend = place.backend
    if backend == "postgresql":
        connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, postgresql_deferrable=False
        )
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{place.statement_seconds}s'")
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
        # The first query takes the snapshot; the clock is of that moment.
        return _utc(connection.exec_driver_sql("SELECT statement_timestamp()").scalar_one())
    if backend in ("mysql", "mariadb"):
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("SET time_zone = '+00:00'")
        _mysql_timeout(connection, place.statement_seconds)
        connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        return _utc(connection.exec_driver_sql("SELECT UTC_TIMESTAMP(6)").scalar_one())
    if backend == "sqlite":
        # A deferred transaction: its first query takes the snapshot, and a reader never keeps writers out in WAL mode.
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
        return now
    raw = connection.connection.dbapi_connection
    levels = connection.dialect.get_isolation_level_values(raw) if raw is not None else ()
    for level in ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE"):
        if level in levels:
            connection.execution_options(isolation_level=level)
            break
    return now


def _mysql_timeout(connection: Connection, seconds: int) -> None:
    # MySQL and MariaDB call it differently, and count it in milliseconds and in seconds.
    mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
    setting = f"max_statement_time = {seconds}" if mariadb else f"max_execution_time = {seconds}000"
    connection.exec_driver_sql(f"SET SESSION {setting}")


def _end(connection: Connection, backend: str) -> None:
    if backend in ("mysql", "mariadb"):
        connection.exec_driver_sql("ROLLBACK")
    else:
        connection.rollback()


def _utc(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise ReadFault("ledger", f"the database's clock answered {value!r}", way_on="Look at what sits in between.")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
