"""One writing transaction: opened apart from reading, with limits of its own, and what it means if it fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from stockrecon.ledgers.answers import one_line
from stockrecon.ledgers.base import Answered, CorrectionAnswer
from stockrecon.ledgers.sql.connection import CONNECT_SECONDS, Place
from stockrecon.ledgers.sql.faults import code_of, fault_of, kind_of

LOCK_SECONDS = 10
"""How long a row may be kept from us by others."""
WRITE_SECONDS = 60
"""A writing statement, or a server that says nothing any more, is given up after this time."""

# SQLSTATE or MySQL error number, or words of SQLite: held up by others, so that it may be tried again.
_HELD_UP = ("55P03", "40001", "40P01", "1205", "1213", "57014", "1969", "3024")
# A COMMIT that fails like this is known to have done nothing: integrity, rollback, a trigger's own error.
_UNDONE = ("23", "40", "P0", "25")
_UNDONE_SQLITE = ("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_CONSTRAINT", "SQLITE_READONLY")


class Declined(Exception):
    """The transaction is to be taken back, and this is the answer."""

    def __init__(self, answer: CorrectionAnswer) -> None:
        super().__init__(answer.text)
        self.answer = answer


def writing_engine(place: Place) -> Engine:
    """An engine for writing; that the driver is there was seen when the reading one was made."""
    if place.backend == "sqlite":
        return _sqlite(Path(place.url.database or ""))
    arguments: dict[str, object] = {}
    if place.backend == "postgresql":
        arguments = {
            "connect_timeout": CONNECT_SECONDS,
            "application_name": "stockrecon",
            "tcp_user_timeout": WRITE_SECONDS * 1000,
        }
    elif place.backend in ("mysql", "mariadb"):
        arguments = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": WRITE_SECONDS + 30,
            "write_timeout": WRITE_SECONDS + 30,
            "charset": "utf8mb4",
        }
    return create_engine(place.url, poolclass=NullPool, connect_args=arguments)


def _sqlite(path: Path) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw", uri=True, timeout=LOCK_SECONDS, isolation_level=None
        )
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    # The file's one write lock is taken at once: nobody else writes between what is looked at and what is written.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def take_back_what_is_half_done(place: Place) -> None:
    """SQLite: what a process that died was writing is taken back by the next one that may write; reading cannot."""
    path = Path(place.url.database or "")
    if place.backend != "sqlite" or not path.with_name(f"{path.name}-journal").exists():
        return
    engine = _sqlite(path)
    # Where this fails, the reading that follows says why.
    with suppress(SQLAlchemyError, OSError), engine.connect() as connection:
        connection.begin().rollback()
    engine.dispose()


def in_one_transaction(
    engine: Engine,
    place: Place,
    work: Callable[[Connection], CorrectionAnswer],
    *,
    commits_by_itself: bool = False,
) -> CorrectionAnswer:
    """Carries out `work` and commits; where it declines or fails, everything is taken back.

    UNKNOWN only where the answer of the commit was lost, or of any statement that may commit by itself. Raises nothing
    of the outside's.
    """
    try:
        connection = engine.connect()
    except (SQLAlchemyError, OSError) as error:
        return _answer(Answered.NOT_SENT, error, place)
    try:
        try:
            _prepare(connection, place.backend)
            answer = work(connection)
        except Declined as declined:
            _take_back(connection)
            return declined.answer
        except (SQLAlchemyError, OSError, UnicodeError, OverflowError) as error:
            _take_back(connection)
            return _answer(_failed(error, commits_by_itself), error, place)
        try:
            connection.commit()
        except (SQLAlchemyError, OSError) as error:
            _take_back(connection)
            return _lost(error, place)
        return answer
    finally:
        with suppress(SQLAlchemyError, OSError):
            connection.close()


def _failed(error: BaseException, commits_by_itself: bool) -> Answered:
    """What a failure before the commit means: nothing was posted, and it may be tried again or not."""
    kind = kind_of(error)
    if kind in ("lost", "host"):
        return Answered.UNKNOWN if commits_by_itself else Answered.NOT_SENT
    return Answered.NOT_SENT if kind == "locked" or code_of(error) in _HELD_UP else Answered.REJECTED


def _prepare(connection: Connection, backend: str) -> None:
    if backend == "postgresql":
        # Each statement sees what was committed before it, so that nothing is judged by a state before the row's lock.
        connection.execution_options(isolation_level="READ COMMITTED")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{WRITE_SECONDS}s'")
    elif backend in ("mysql", "mariadb"):
        # The snapshot is taken by the first SELECT, which comes when the row is locked.
        connection.execution_options(isolation_level="REPEATABLE READ")
        connection.exec_driver_sql("SET time_zone = '+00:00'")
        connection.exec_driver_sql(f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}")
        connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}")


def _take_back(connection: Connection) -> None:
    # Where this fails the connection is gone, and the database takes it back by itself.
    with suppress(SQLAlchemyError, OSError):
        connection.rollback()


def _lost(error: BaseException, place: Place) -> CorrectionAnswer:
    """The commit failed: nothing was done if the database says so itself, else nobody knows."""
    code = code_of(error)
    if place.backend == "sqlite":
        undone = code.startswith(_UNDONE_SQLITE)
    elif place.backend == "postgresql":
        undone = code.startswith(_UNDONE)
    else:
        undone = code in ("1205", "1213")
    return _answer(Answered.REJECTED if undone else Answered.UNKNOWN, error, place, "committing")


def _answer(answered: Answered, error: BaseException, place: Place, during: str = "posting") -> CorrectionAnswer:
    return CorrectionAnswer(answered, one_line(fault_of(error, place, during)))
