"""Posting one correction: the movement and the change of stock in one transaction, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from stockrecon.ledgers.answers import moved, posted_before
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.sql.book import Book, Numbered, counted, exact, whole
from stockrecon.ledgers.sql.writing import Declined


@dataclass(slots=True)
class Posting:
    """One correction on its way. `movements`: how many the SKU had before the row was locked.

    `taken`: another program took the number that was to be the movement's id, so it may be tried again.
    """

    book: Book
    request: CorrectionRequest
    movements: int
    taken: bool = False

    def carry_out(self, connection: Connection) -> CorrectionAnswer:
        """Raises Declined where the correction was posted before, or must not be posted."""
        # The change itself comes first, for it takes the row's lock: who comes second waits here, and sees the ref.
        hit = self._change(connection)
        for quantity in self._with_ref(connection):
            now = self._available(connection, hit) - self.request.by if hit == 1 else None
            raise Declined(posted_before(self.request, quantity, now))
        after = self._available(connection, hit)
        before = after - self.request.by
        if before != self.request.available:
            raise Declined(moved(self.request, before))
        if self._counted(connection) != self.movements:
            raise Declined(
                CorrectionAnswer(
                    Answered.CONFLICT,
                    f"while it was being posted, movements of {self.request.sku} came in, or a trigger on stock writes "
                    "movements by itself: then give your own statement under ledger.correct",
                    before,
                )
            )
        self._append(connection, after)
        self._look_again(connection, hit, after)
        return CorrectionAnswer(Answered.ACCEPTED, "", after)

    def _change(self, connection: Connection) -> int:
        available = self.book.own["available"]
        statement = update(self.book.stock).where(self.book.is_sku(self.book.own["sku"], self.request.sku))
        changed = connection.execute(statement.values({available.name: available + self.request.by}))
        return int(changed.rowcount)

    def _with_ref(self, connection: Connection) -> Sequence[int | None]:
        """The quantities of the movements that have exactly this ref."""
        ref, quantity = self.book.filled["ref"], self.book.filled["quantity"]
        rows = connection.execute(select(ref, quantity).select_from(self.book.movements).where(ref == self.request.ref))
        return [whole(row[1]) for row in rows if exact(row[0], ref) == self.request.ref]

    def _available(self, connection: Connection, hit: int) -> int:
        """Of the one row that was changed. Raises Declined where it is not exactly the SKU's."""
        sku, available = self.book.own["sku"], self.book.own["available"]
        statement = select(sku, available).select_from(self.book.stock).where(self.book.is_sku(sku, self.request.sku))
        rows = connection.execute(statement).all()
        names = [exact(row[0], sku) for row in rows]
        if hit == 0 and not rows:
            raise self._rejected(f"stock has no row for SKU {self.request.sku!r}")
        if hit != 1 or names != [self.request.sku]:
            said = ", ".join(repr(name) for name in names[:5])
            raise self._rejected(f"SKU {self.request.sku!r} is not told apart from others here: stock gives {said}")
        number = whole(rows[0][1])
        if number is None:
            raise self._rejected(f"available of SKU {self.request.sku!r} is {rows[0][1]!r}, no whole number")
        return number

    def _counted(self, connection: Connection) -> int:
        return int(connection.execute(select(counted(self.book, self.request.sku))).scalar_one())

    def _append(self, connection: Connection, balance: int) -> None:
        number = None
        if self.book.numbered is Numbered.NEXT:
            held = self.book.filled["id"]
            last = connection.execute(select(func.max(held)).select_from(self.book.movements)).scalar()
            number = (whole(last) or 0) + 1
        try:
            connection.execute(insert(self.book.movements).values(self.book.row(self.request, balance, number)))
        except IntegrityError:
            self.taken = number is not None
            raise

    def _look_again(self, connection: Connection, hit: int, after: int) -> None:
        """A trigger may have done more than was asked for, a column too narrow may have cut the ref off."""
        found = self._with_ref(connection)
        if found != [self.request.by]:
            raise self._rejected(
                f"the movement that was written cannot be found by its ref {self.request.ref} again (found: {found})"
            )
        now = self._available(connection, hit)
        if now != after or self._counted(connection) != self.movements + 1:
            raise self._rejected(
                f"writing the movement changed more than that (available is {now}, {after} is right): a trigger keeps "
                "the book by itself; give your own statement under ledger.correct"
            )

    def _rejected(self, words: str) -> Declined:
        return Declined(CorrectionAnswer(Answered.REJECTED, f"not posted: {words}"))


def movements_now(connection: Connection, book: Book, request: CorrectionRequest) -> int:
    """How many movements the SKU has, in a reading before the transaction."""
    return int(connection.execute(select(counted(book, request.sku))).scalar_one())
