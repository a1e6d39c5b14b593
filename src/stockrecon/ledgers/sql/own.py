"""The seller's own statement for a correction (`ledger.correct`), carried out in one transaction and seen to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import moved, posted_before
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.sql.refs import Lookup
from stockrecon.ledgers.sql.statements import bound, split
from stockrecon.ledgers.sql.writing import LOCK_SECONDS, Declined

_NEEDED = ("sku", "quantity", "ref")
_PARAMETERS = (*_NEEDED, "note")


@dataclass(frozen=True, slots=True)
class Part:
    """One statement of possibly several, for SQLAlchemy's text(), with the parameters that it takes."""

    sql: str
    parameters: frozenset[str]


def read_statement(sql: str) -> tuple[Part, ...]:
    """The statements of `ledger.correct`. Raises ReadFault where they lack what a correction consists of."""
    parts = tuple(Part(*bound(one, _PARAMETERS)) for one in split(sql))
    taken = frozenset[str]().union(*(part.parameters for part in parts))
    if missing := [f":{name}" for name in _NEEDED if name not in taken]:
        way_on = "Write them outside quotes: a parameter inside quotes is text."
        raise ReadFault("ledger", f"ledger.correct lacks {', '.join(missing)}", way_on=way_on)
    return parts


@dataclass(slots=True)
class OwnStatement:
    """One correction by the seller's statement. `sent`: it was carried out at least in part; `spoiled`: it did
    something else than it should."""

    statement: tuple[Part, ...]
    lookup: Lookup
    request: CorrectionRequest
    sent: bool = False
    spoiled: bool = False

    def carry_out(self, connection: Connection) -> CorrectionAnswer:
        """Raises Declined where the correction was posted before, or must not be posted, or was not posted rightly."""
        request = self.request
        _keep_others_out(connection, request.ref)
        for quantity in self._found(connection):
            raise Declined(posted_before(request, quantity, self._available(connection)))
        before = self._available(connection)
        if before is None:
            words = f"not posted: stock has no row for SKU {request.sku!r}"
            raise Declined(CorrectionAnswer(Answered.REJECTED, words))
        if before != request.available:
            raise Declined(moved(request, before))
        self.sent = True
        values = {"sku": request.sku, "quantity": request.by, "ref": request.ref, "note": request.note}
        for part in self.statement:
            _run(connection, part, values)
        self._look_again(connection, before)
        return CorrectionAnswer(Answered.ACCEPTED, "", before + request.by)

    def _look_again(self, connection: Connection, before: int) -> None:
        found = self._found(connection)
        if found != [self.request.by]:
            raise self._spoiled(
                f"movements show {_listed(found)} with ref {self.request.ref} after it, where one of {self.request.by} "
                "is right, so nobody could tell that it has been posted",
                None,
            )
        after = self._available(connection)
        if after != before + self.request.by:
            raise self._spoiled(
                f"available of {self.request.sku} went from {before} to {after}, where {before + self.request.by} is "
                "right",
                after,
            )

    def _spoiled(self, words: str, available: int | None) -> Declined:
        self.spoiled = True
        return Declined(CorrectionAnswer(Answered.REJECTED, f"taken back: ledger.correct ran, but {words}", available))

    def _found(self, connection: Connection) -> list[int]:
        return [quantity for _, quantity in self.lookup.refs(connection, [self.request.ref])]

    def _available(self, connection: Connection) -> int | None:
        return self.lookup.available(connection, self.request.sku)


def _listed(quantities: list[int]) -> str:
    return "no movement" if not quantities else f"movements of {', '.join(map(str, quantities))}"


def _run(connection: Connection, part: Part, values: Mapping[str, object]) -> None:
    connection.execute(text(part.sql), {name: values[name] for name in part.parameters}).close()


def _keep_others_out(connection: Connection, ref: str) -> None:
    """Whoever posts the same ref at the same time waits here, and then sees it. SQLite's transaction does so itself."""
    backend = connection.dialect.name
    digest = hashlib.sha256(ref.encode("utf-8", "surrogatepass")).digest()
    if backend == "postgresql":
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
    elif backend in ("mysql", "mariadb"):
        # It is given back with the connection, which is closed after the commit.
        name = f"stockrecon:{digest.hex()[:40]}"
        got = connection.execute(
            text("SELECT GET_LOCK(:name, :seconds)"), {"name": name, "seconds": LOCK_SECONDS}
        ).scalar()
        if got != 1:
            words = f"not posted: another process has been posting {ref} for {LOCK_SECONDS} s; run it again"
            raise Declined(CorrectionAnswer(Answered.NOT_SENT, words))
