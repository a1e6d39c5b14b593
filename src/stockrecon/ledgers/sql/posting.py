"""Corrections of a ledger in a database: whether they can be posted, posting one, and which have been posted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import one_line
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.sql.book import book_of
from stockrecon.ledgers.sql.connection import Place, snapshot
from stockrecon.ledgers.sql.correcting import Posting, movements_now
from stockrecon.ledgers.sql.own import OwnStatement, read_statement
from stockrecon.ledgers.sql.refs import lookup
from stockrecon.ledgers.sql.rights import may_run, may_write
from stockrecon.ledgers.sql.writing import in_one_transaction, take_back_what_is_half_done, writing_engine

_TRIES = 3
"""For a movement's id that another program took meanwhile."""


@dataclass(frozen=True, slots=True)
class Poster:
    """Writes through connections of its own; `engine` is the one that reads."""

    engine: Engine
    place: Place
    settings: LedgerSettings

    def why_not(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one."""
        try:
            self.untold()
        except ReadFault as fault:
            return one_line(fault)
        return None

    def untold(self) -> str:
        """What of it shows only by posting one, "" for nothing. Raises ReadFault where corrections cannot be posted."""
        with self._reading() as connection:
            if self.settings.correct is None:
                may_write(connection, self.place, book_of(connection, self.settings))
                return ""
            read_statement(self.settings.correct)
            lookup(connection, self.settings).posted(connection, self.place, ["stockrecon"])
            return may_run(connection, self.place, self.settings.correct)

    def post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Raises nothing of the outside's."""
        take_back_what_is_half_done(self.place)
        try:
            return self._by_own(request) if self.settings.correct is not None else self._by_tables(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, one_line(fault))

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Raises ReadFault where nobody can tell."""
        take_back_what_is_half_done(self.place)
        with self._reading() as connection:
            return lookup(connection, self.settings).posted(connection, self.place, refs)

    def _by_tables(self, request: CorrectionRequest) -> CorrectionAnswer:
        # Where things are is looked up in a reading of its own, so that the transaction's first statement is the change
        # that takes the row's lock, and so that it is short.
        with self._reading() as connection:
            book = book_of(connection, self.settings)
            movements = movements_now(connection, book, request)
        for _ in range(_TRIES):
            posting = Posting(book, request, movements)
            answer = self._written(posting.carry_out)
            if not posting.taken:
                break
        return self._looked_up(request, answer) if answer.answered is Answered.UNKNOWN else answer

    def _by_own(self, request: CorrectionRequest) -> CorrectionAnswer:
        statement = read_statement(self.settings.correct or "")
        with self._reading() as connection:
            found = lookup(connection, self.settings)
            found.posted(connection, self.place, [request.ref])
        own = OwnStatement(statement, found, request)
        answer = self._written(own.carry_out, commits_by_itself=True)
        if own.sent:
            return self._looked_up(request, answer, spoiled=own.spoiled)
        return replace(answer, answered=Answered.NOT_SENT) if answer.answered is Answered.UNKNOWN else answer

    def _looked_up(
        self, request: CorrectionRequest, answer: CorrectionAnswer, *, spoiled: bool = False
    ) -> CorrectionAnswer:
        """An answer that was lost, or that may be wrong since a seller's statement can commit by itself: the movements
        decide. `spoiled`: it was seen to do another thing than it should.
        """
        if answer.answered is Answered.ACCEPTED:
            return answer
        try:
            quantity = self.posted([request.ref]).get(request.ref)
        except ReadFault as fault:
            words = f"{answer.text}; whether it was posted cannot be told: {one_line(fault)}"
            return CorrectionAnswer(Answered.UNKNOWN, words)
        if quantity is None or answer.answered is Answered.CONFLICT:
            return answer
        if spoiled or quantity != request.by:
            words = f"{answer.text}; it could not be taken back, since the statement commits by itself"
            return CorrectionAnswer(Answered.UNKNOWN, words, answer.available)
        return CorrectionAnswer(Answered.ACCEPTED, f"{request.ref} was posted all the same: {answer.text}")

    def _written(
        self, work: Callable[[Connection], CorrectionAnswer], *, commits_by_itself: bool = False
    ) -> CorrectionAnswer:
        engine = writing_engine(self.place)
        try:
            return in_one_transaction(engine, self.place, work, commits_by_itself=commits_by_itself)
        finally:
            engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with snapshot(self.engine, self.place, datetime.now(UTC)) as (connection, _):
            yield connection
