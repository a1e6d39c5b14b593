"""The locks of a shared database: the server's own, held by a session and gone with it, whichever machine it is on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from stockrecon.errors import LockHeld, StockreconError
from stockrecon.state.database import Database, Session

_WAY_ON = "Run again when that one has finished; the lock goes with the session that holds it."
# A machine that lost its power says no goodbye: the server asks for it after 20 s, and after 30 more gives it up.
_SETTINGS = (
    "SELECT set_config(name, CASE name WHEN 'tcp_keepalives_idle' THEN '20' WHEN 'tcp_keepalives_interval' THEN '10'"
    " WHEN 'tcp_keepalives_count' THEN '3' ELSE '0' END, false) FROM pg_settings WHERE name IN"
    " ('tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count', 'idle_session_timeout')"
)
_LOCKS = (
    "FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
    " AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())"
    " AND ((l.classid::bigint << 32) | l.objid::bigint)"
)
_HELD = f"SELECT count(*) {_LOCKS} = ANY (%s::bigint[]) AND l.pid = pg_backend_pid()"
_HOLDER = f"SELECT h.holder FROM holders h WHERE h.name = %s AND h.session IN (SELECT l.pid {_LOCKS} = %s)"  # noqa: S608 - ours


class Advisory:
    """Locks that a session of its own holds."""

    def __init__(self, database: Database, session: Session, keys: Mapping[str, int]) -> None:
        self._database = database
        self._session = session
        self._keys = keys

    @classmethod
    @contextmanager
    def held(cls, database: Database, names: Sequence[str], said: str) -> Iterator[Advisory]:
        """All of the names, in their order, without waiting. Raises LockHeld, naming the holder as far as it is known.

        `said`: what others are told of this holder.
        """
        with database.session() as session:
            with database.told():
                session.execute(_SETTINGS)
                keys = {name: _key(_value(session, "SELECT current_schema()"), name) for name in names}
            try:
                with database.told():
                    _take(session, keys, said)
                # What a holder that was killed had sent last may still be under way in the server, and be kept.
                with database.transaction():
                    pass
                yield cls(database, session, keys)
            finally:
                # The server would hear of the closed connection only a moment later, and keep out who comes next.
                with suppress(StockreconError), database.told():
                    session.execute("DELETE FROM holders WHERE session = pg_backend_pid()")
                    session.execute("SELECT pg_advisory_unlock_all()")

    def check(self) -> None:
        """Raises LockHeld where the session is gone, or does not hold them all any more."""
        try:
            with self._database.told():
                held = _value(self._session, _HELD, (list(self._keys.values()),))
        except StockreconError as fault:
            raise self._lost(fault.text) from None
        if held != len(self._keys):
            raise self._lost(f"the server knows {held} of {len(self._keys)}; a pooler in between cannot keep locks")

    def _lost(self, why: str) -> LockHeld:
        names, place = ", ".join(self._keys), self._database.place
        return LockHeld(
            f"{names}: the locks in {place} are lost, another run may be under way: {why}",
            way_on="Look at the database and the way to it, and run again.",
        )


def _take(session: Session, keys: Mapping[str, int], said: str) -> None:
    for name, key in keys.items():
        if not _value(session, "SELECT pg_try_advisory_lock(%s::bigint)", (key,)):
            holder = _value(session, _HOLDER, (name, key)) or "it has not said yet who it is"
            raise LockHeld(f"{name}: another run holds the lock: {holder}", way_on=_WAY_ON)
    for name in keys:
        session.execute(
            "INSERT INTO holders (name, session, holder) VALUES (%s, pg_backend_pid(), %s) ON CONFLICT"
            " (name) DO UPDATE SET session = excluded.session, holder = excluded.holder",
            (name, said),
        )


def _value(session: Session, statement: str, values: Sequence[object] = ()) -> object:
    row = session.execute(statement, values).fetchone()
    return None if row is None else row[0]


def _key(schema: object, name: str) -> int:
    """The server's locks have numbers: one of 64 bits for each name in each schema."""
    digest = hashlib.sha256(f"stockrecon lock\0{schema}\0{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
