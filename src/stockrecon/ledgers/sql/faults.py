"""What a database's refusal means, in our own words: an exception of the driver may hold the URL and its password."""

from __future__ import annotations

import re
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from stockrecon.errors import AuthFault, ReadFault

GRANTS = "Reading needs SELECT alone, on what is read: check prints the GRANTs (docs/ledgers/sql.md)."
CORRECTING = "Corrections need rights of their own: check prints the GRANTs (docs/ledgers/sql.md)."
_NO_RIGHT = "the role has no right to read this"
_WRITING = ("corrections", "posting", "committing")
"""What is being done where the right that is lacking is one to write."""

# (SQLSTATE or MySQL error number, words of the message) -> kind. PostgreSQL's refusals while connecting carry no code.
_REFUSALS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "auth",
        ("28P01", "28000", "1045", "1698", "3118"),
        ("password authentication failed", "no password supplied", "access denied for user", "authentication failed"),
    ),
    ("auth", (), (r'role "[^"]*" does not exist', r"no pg_hba\.conf entry")),
    ("right", ("42501", "1142", "1143", "1370"), ("permission denied", "command denied")),
    ("absent", ("3D000", "1049", "1044"), ("database .* does not exist", "unknown database")),
    ("table", ("42P01", "1146"), ("no such table", "relation .* does not exist")),
    ("column", ("42703", "1054"), ("no such column", "column .* does not exist", "unknown column")),
    ("syntax", ("42601", "1064"), ("syntax error",)),
    ("slow", ("57014", "1969", "3024"), ("statement timeout", "max_statement_time")),
    ("lost", ("2006", "2013", "57P01"), ("server closed the connection", "lost connection", "terminating connection")),
    (
        "host",
        ("2002", "2003", "2005", "57P03"),
        (
            "could not translate host",
            "name or service not known",
            "failed to resolve host",
            "can't connect",
            "connection refused",
            "connection failed",
            "connection timeout",
            "timed out",
        ),
    ),
    ("locked", (), ("database is locked", "database table is locked")),
    ("half", ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY"), ()),
    ("file", (), ("unable to open database file",)),
    ("nofile", (), ("not a database", "database disk image is malformed")),
)

_WORDS = {
    "auth": ("the database does not let us in", "Correct the user and the password that ledger.url refers to."),
    "absent": ("the database does not exist, or the role may not use it", "Correct the database's name in ledger.url."),
    "table": ("a table is missing", "Name the tables under ledger.tables, or give a SELECT under ledger.queries."),
    "column": ("a column is missing", "Give a SELECT that offers the columns under ledger.queries."),
    "syntax": ("the database does not understand the statement", "Try the statement of ledger.queries in its console."),
    "slow": (
        "a statement took too long and was stopped",
        "Offer the data as a faster view or table, add an index, or raise ledger.statement_timeout.",
    ),
    "host": ("the database cannot be reached", "Look at host and port in ledger.url, and whether the database runs."),
    "lost": ("the connection was lost while reading", "Run it again; if it happens again, look at the database's log."),
    "locked": ("the SQLite file is locked by a writer", "Run it again when the writer has finished, or use WAL mode."),
    "half": (
        "a program died while it was writing into the SQLite file, and what it left has to be taken back before it can "
        "be read",
        "Open it once with a program that may write, such as the one that died; sync --apply does so as well.",
    ),
    "file": (
        "the SQLite file cannot be opened",
        "Look at the rights on it; in WAL mode the -shm and -wal files beside it must be readable too.",
    ),
    "nofile": ("the file is no SQLite database, or it is damaged", "Correct ledger.url, or restore the file."),
    "other": ("the database refused", "Look the message up in the database's documentation."),
}


class Redacting(Protocol):
    """Where the database is, and how its secrets are struck out of a text."""

    def redacted(self, text: str) -> str: ...


def fault_of(error: BaseException, place: Redacting, during: str = "") -> ReadFault:
    """The fault that says which database, what it means, and the first line of what it said, without secrets."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = place.redacted(_first_line(origin))
    kind = kind_of(error)
    meaning, way_on = _of_right(during) if kind == "right" else _WORDS[kind]
    text = f"{place}: {during + ': ' if during else ''}{meaning} ({said})" if said else f"{place}: {meaning}"
    return (AuthFault if kind == "auth" else ReadFault)("ledger", text, way_on=way_on)


def _of_right(during: str) -> tuple[str, str]:
    """What a right that is lacking means, and where it is to be given."""
    if during in _WRITING:
        return "the role has no right to do this", CORRECTING
    table = during.removeprefix("table ")
    if table != during:
        return _NO_RIGHT, f"Reading needs SELECT alone: GRANT SELECT ON {table} TO the role (docs/ledgers/sql.md)."
    if during.startswith("queries."):
        return _NO_RIGHT, f"Reading needs SELECT alone: GRANT SELECT ON what {during} reads TO the role."
    return _NO_RIGHT, GRANTS


def kind_of(error: BaseException) -> str:
    """Which kind of refusal it is: auth, right, absent, table, column, syntax, slow, host, lost, locked, file, ..."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = code_of(error)
    for kind, codes, _ in _REFUSALS:
        if code in codes:
            return kind
    words = str(origin).lower()
    for kind, _, patterns in _REFUSALS:
        if any(re.search(pattern, words) for pattern in patterns):
            return kind
    return "other"


def code_of(error: BaseException) -> str:
    """MySQL's error number, SQLSTATE or SQLite's name of the error; "" where it has none."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    # MySQL's number first: its SQLSTATE is the same for most errors.
    if origin.args and isinstance(origin.args[0], int):
        return str(origin.args[0])
    return str(getattr(origin, "sqlstate", None) or getattr(origin, "sqlite_errorname", None) or "")


def _first_line(origin: BaseException) -> str:
    # pymysql's exceptions are (number, text); the others' text is their own.
    args = origin.args
    text = f"{args[1]} [{args[0]}]" if len(args) == 2 and isinstance(args[0], int) else str(origin)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:300] if lines else type(origin).__name__
