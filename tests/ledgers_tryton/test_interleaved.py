"""Processes post the same correction, call by call in any order, and die or lose answers as chance will have it.

The Tryton here keeps its documents in memory and is as strict as the real one: each call is whole, a confirmed document
cannot be cancelled, and a cancelled one cannot be confirmed.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from stockrecon.core.model import Sku
from stockrecon.ledgers.base import Answered, CorrectionAnswer
from stockrecon.rest import Answer, Request, WireFault
from tests.ledgers_tryton.fake import Error, Fake, product
from tests.ledgers_tryton.world import request

SKU, START = Sku("SKU-1"), 5
SEEDS = int(os.environ.get("STOCKRECON_KILLS", "10"))
ASKED = request(SKU, START, ref="ref")


CONFIRM, MARK = "stock.inventory.confirm", "ir.attachment.create"


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Book:
    """What Tryton keeps: documents by id, each with its state, its line, its maker and its mark."""

    on_hand: int = START
    documents: dict[int, dict[str, Any]] = field(default_factory=dict)

    def done(self) -> int:
        return sum(one["state"] == "done" for one in self.documents.values())


@dataclass
class Seat(Fake):
    """One process's way to Tryton. `turn`: waits until it may make its next call, and may end it."""

    book: Book = field(default_factory=Book)
    uid: int = 4
    turn: Callable[[str], None] = lambda _: None
    losing: Callable[[], bool] = lambda: False

    def send(self, request: Request) -> Answer:
        assert isinstance(request.json, dict)
        self.turn(request.json["method"].removeprefix("model."))
        self.products = [product(1, on_hand=float(self.book.on_hand))]
        self.moves = []
        answer = super().send(request)
        if self.losing():
            raise WireFault("the answer was lost", sent=True)
        return answer

    def _common_db_login(self, *_: object) -> object:
        return [self.uid, "5e55" * 16, None]

    def _stock_location_search_read(self, domain: Any, *more: Any) -> object:
        if more[3] == ["quantity"]:
            return [{"id": one, "quantity": float(self.book.on_hand if one == 3 else 0)} for one in (1, 2, 3)]
        return super()._stock_location_search_read(domain, *more)

    def _stock_inventory_search_read(self, *_: object) -> object:
        return [
            {"id": number, "state": one["state"], "location": 3, "create_uid": one["uid"], "lines": [number]}
            for number, one in sorted(self.book.documents.items())
            if one["state"] != "cancelled"
        ]

    def _stock_inventory_line_search_read(self, domain: Any, *_: object) -> object:
        wanted = next(clause[2] for clause in domain if clause[0] == "inventory")
        lines = [(number, self.book.documents[number]) for number in wanted]
        return [
            {
                "id": each,
                "inventory": each,
                "product": 1,
                "quantity": one["quantity"],
                "expected_quantity": one["expected"],
            }
            for each, one in lines
        ]

    def _ir_attachment_search_read(self, domain: Any, *_: object) -> object:
        wanted = next(clause[2] for clause in domain if clause[0] == "resource")
        marked = [(number, one["mark"]) for number, one in sorted(self.book.documents.items()) if one["mark"]]
        found = [{"id": number, "name": mark, "resource": f"stock.inventory,{number}"} for number, mark in marked]
        return [row for row in found if row["resource"] in wanted]

    def _stock_move_search_read(self, domain: Any, *more: Any) -> object:
        origins = next((clause[2] for clause in domain if clause[0] == "origin"), None)
        if origins is None:
            return super()._stock_move_search_read(domain, *more)
        lines = [int(each.partition(",")[2]) for each in origins]
        done = [(line, self.book.documents[line]) for line in lines if self.book.documents[line]["state"] == "done"]
        return [
            {
                "id": line,
                "origin": f"stock.inventory.line,{line}",
                "from_location": 3,
                "internal_quantity": one["expected"] - one["quantity"],
            }
            for line, one in done
        ]

    def _stock_inventory_create(self, values: Any, *_: object) -> object:
        number = len(self.book.documents) + 1
        quantity = values[0]["lines"][0][1][0]["quantity"]
        made = {"state": "draft", "quantity": quantity, "expected": float(self.book.on_hand)}
        self.book.documents[number] = {**made, "uid": self.uid, "mark": ""}
        return [number]

    def _ir_attachment_create(self, values: Any, *_: object) -> object:
        self.book.documents[int(values[0]["resource"].partition(",")[2])]["mark"] = values[0]["name"]
        return [1]

    def _stock_inventory_confirm(self, records: Any, *_: object) -> object:
        one = self._draft(records[0], "confirm")
        one["state"] = "done"
        self.book.on_hand += int(one["quantity"] - one["expected"])
        return None

    def _stock_inventory_cancel(self, records: Any, *_: object) -> object:
        self._draft(records[0], "cancel")["state"] = "cancelled"
        return None

    def _draft(self, number: int, button: str) -> dict[str, Any]:
        one = self.book.documents[number]
        if one["state"] != "draft":
            raise Error("UserError", [f'You can not call "{button}" on "{number}".', "", None])
        return one


@dataclass
class Player:
    """One process on a thread of its own, which makes a call when it is told to."""

    seat: Seat
    answer: CorrectionAnswer | None = None
    over: bool = False
    dies: bool = False
    next: str = ""
    """The call that it is about to make."""
    _may: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _waits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def start(self) -> None:
        self.seat.turn = self._turn
        threading.Thread(target=self._run, daemon=True).start()
        assert self._waits.acquire(timeout=30)

    def step(self) -> None:
        self._may.release()
        assert self._waits.acquire(timeout=30)

    def until(self, call: str) -> None:
        """On, until it is about to make this call."""
        while self.next != call:
            assert not self.over, call
            self.step()

    def end(self) -> Answered | None:
        """To its end."""
        while not self.over:
            self.step()
        return None if self.answer is None else self.answer.answered

    def _turn(self, call: str) -> None:
        self.next = call
        self._waits.release()
        self._may.acquire()
        if self.dies:
            raise Killed

    def _run(self) -> None:
        try:
            self.answer = self.seat.ledger().correct(ASKED)
        except Killed:
            pass
        finally:
            self.over = True
            self._waits.release()


def played(seed: int, users: tuple[int, ...], *, mortal: bool, lossy: bool) -> tuple[Book, list[Player]]:
    """Processes to their end, each for a while at a time, as chance will have it. `mortal`: some die on the way."""
    chance = random.Random(seed)
    book = Book()
    left = [3 if lossy else 0]

    def losing() -> bool:
        if left[0] and chance.random() < 0.1:
            left[0] -= 1
            return True
        return False

    players = [Player(Seat(book=book, uid=uid, losing=losing)) for uid in users]
    for player in players:
        player.start()
    while alive := [player for player in players if not player.over]:
        player = chance.choice(alive)
        for _ in range(chance.choice((1, 1, 2, 4, 8, 16))):
            # The last one lives: somebody has to be there to be asked.
            player.dies = mortal and len(alive) > 1 and chance.random() < 0.03
            player.step()
            if player.over:
                break
    return book, players


def test_a_document_that_somebody_cancelled() -> None:
    """Who wanted to confirm it makes another: that it was refused does not mean that Tryton takes none."""
    player = Player(Seat())
    player.start()
    player.until(CONFIRM)
    with closing(Seat(book=player.seat.book).ledger()) as ledger:
        assert ledger.posted([ASKED.ref]) == {}
    assert player.end() is Answered.ACCEPTED
    assert player.seat.book.done() == 1


def test_a_look_that_took_long() -> None:
    """Who sees a mark for the first time looks once more: another document may be about to be confirmed.

    The first sees its own document alone, since the second's has no mark yet. The third lists documents before the
    first's is made, and then finds the second's marked.
    """
    book = Book()
    first, second, third = players = [Player(Seat(book=book, uid=uid)) for uid in (4, 5, 6)]
    for player in players:
        player.start()
    second.until(MARK)
    third.until("stock.inventory.search_read")
    third.step()
    third.until("stock.inventory.search_read")  # the look that decides: the one before came to nothing
    third.step()
    assert third.next == "ir.attachment.search_read"
    first.until(CONFIRM)
    second.step()
    second.dies = True
    assert second.end() is None
    for _ in range(2):
        third.step()
    third.until(CONFIRM)
    first.step()
    assert [third.end(), first.end()] == [Answered.ACCEPTED] * 2
    assert (book.done(), book.on_hand) == (1, START - 1)


def test_two_that_could_both_be_confirmed() -> None:
    """Who sees both cancels the other before it confirms its own: the other's maker may have seen that one alone."""
    book = Book()
    first, second = players = [Player(Seat(book=book, uid=uid)) for uid in (4, 5)]
    for player in players:
        player.start()
    first.until(MARK)
    second.until(CONFIRM)
    first.step()
    first.until(CONFIRM)
    first.step()
    assert [second.end(), first.end()] == [Answered.ACCEPTED] * 2
    assert (book.done(), book.on_hand) == (1, START - 1)


USERS = [(4, 4), (4, 5), (4, 4, 4), (4, 5, 6)]


@pytest.mark.parametrize("users", USERS)
def test_all_live(users: tuple[int, ...]) -> None:
    """All of them say that it is posted, and one document is confirmed."""
    for seed in range(SEEDS):
        book, players = played(seed, users, mortal=False, lossy=False)
        told = [player.answer for player in players]
        assert [one and one.answered for one in told] == [Answered.ACCEPTED] * len(users), (seed, told)
        assert (book.done(), book.on_hand) == (1, START - 1), seed


@pytest.mark.parametrize("users", USERS)
@pytest.mark.parametrize("lossy", [False, True])
def test_some_die_or_answers_are_lost(users: tuple[int, ...], lossy: bool) -> None:
    """Never more than one document is confirmed; whoever comes next sees to it that it is one."""
    for seed in range(SEEDS):
        book, players = played(seed, users, mortal=True, lossy=lossy)
        claims = [player.answer.answered for player in players if player.answer is not None]
        assert book.done() <= 1, seed
        assert Answered.ACCEPTED not in claims or book.done() == 1, seed
        assert Answered.REJECTED not in claims, seed
        with closing(Seat(book=book).ledger()) as ledger:
            if not ledger.posted([ASKED.ref]):
                assert ledger.correct(ASKED).answered is Answered.ACCEPTED, seed
            assert ledger.posted([ASKED.ref]) == {ASKED.ref: -1}, seed
        assert (book.done(), book.on_hand) == (1, START - 1), seed
