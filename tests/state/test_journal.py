"""The journal: what is kept before it is sent, and what became of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from stockrecon.core.findings import ActionKind, OutcomeResult
from stockrecon.core.intent import Answered, Intent, NewIntent
from stockrecon.core.model import Push, Sku
from stockrecon.errors import OutputFault, UsageFault, WriteFault
from stockrecon.state import State
from stockrecon.state.journal import Journal
from tests.state.conftest import NOW, SHOP, at, key

CONFIRMED, UNKNOWN, EXPORTED = OutcomeResult.CONFIRMED, OutcomeResult.UNKNOWN, OutcomeResult.EXPORTED


def stock(item: str = "1", to: int = 7, *, shop: str = SHOP, action: str = "a-1") -> NewIntent:
    basis = {Sku(f"SKU-{item}"): 12, Sku("Đỏ"): -1}
    return NewIntent(
        action, ActionKind.SET_STOCK, Sku(f"SKU-{item}"), key(item, shop=shop), 10, to, basis=basis, as_of=at(-3)
    )


def correction(ref: str = "sr-1", by: int = -2) -> NewIntent:
    return NewIntent("a-2", ActionKind.ADJUST_LEDGER, Sku("SKU-9"), by=by, ref=ref)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def opened(where: str, clock: Clock) -> Iterator[State]:
    with State.open(where, clock) as state:
        yield state


def one(journal: Journal, new: NewIntent, run: str = "r1") -> Intent:
    (kept,) = journal.open(run, [new])
    return kept


def test_what_is_opened_is_there_as_it_was_given(where: str) -> None:
    """Both kinds, with the clock's time, in order, for another process too; ids count from 1."""
    with State.open(where, lambda: NOW) as state:
        assert (state.journal.generation(), state.journal.open_intents()) == (0, ())
        kept = state.journal.open("r1", [stock(), correction()])
        assert [intent.id for intent in kept] == [1, 2]
        assert state.journal.open("r1", []) == ()
    with State.open(where, lambda: at(5)) as state:
        assert state.journal.open_intents() == state.journal.of_run("r1") == kept
        first, second = kept
        assert (first.listing, first.before, first.to, first.by, first.ref) == (key("1"), 10, 7, None, None)
        assert (first.basis, first.as_of) == ({"SKU-1": 12, "Đỏ": -1}, at(-3))
        assert (second.basis, second.as_of) == ({}, None)
        assert (second.listing, second.by, second.ref, second.sku) == (None, -2, "sr-1", "SKU-9")
        assert (first.opened_at, first.answered, first.result, first.is_open) == (NOW, None, None, True)
        assert state.journal.intent(2) == second
        assert state.journal.intent(3) is None
        assert state.journal.of_run("r2") == ()
        assert state.journal.generation() == 2


def test_an_open_place_takes_no_second_intent(state: State) -> None:
    """The fault names place, intent, run and time, and nothing of the batch is kept; once settled the place is free."""
    state.journal.open("r1", [stock(), correction()])
    for new, place in (
        (stock(to=9), "shopee-vn 1: intent 1 of run r1"),
        (correction(by=5), "correction sr-1: intent 2"),
    ):
        with pytest.raises(WriteFault, match=rf"{place}.* is open since 2026-11-20 12:00:00 UTC") as caught:
            state.journal.open("r2", [stock("2"), new])
        assert "runs resolve" in caught.value.way_on
        assert caught.value.exit_code == 12
    assert state.journal.of_run("r2") == ()
    assert state.journal.generation() == 2
    for number in (1, 2):
        state.journal.settle(number, CONFIRMED, seen=7, detail="")
    assert [intent.id for intent in state.journal.open("r2", [stock(), correction(), stock("1", shop="lazada")])] == [
        3,
        4,
        5,
    ]


def test_an_open_place_is_found_among_many(state: State) -> None:
    """More places than one question to the database holds."""
    state.journal.open("r1", [stock("1233")])
    many = [stock(str(item)) for item in range(1234)]
    with pytest.raises(WriteFault, match="shopee-vn 1233: intent 1 of run r1"):
        state.journal.open("r2", many)
    assert len(state.journal.open("r2", many[:-1])) == 1233


def test_the_database_itself_keeps_one_open_intent_per_place(state: State) -> None:
    """Whatever the program forgets to ask, a second open row is refused; two settled ones are not."""
    state.journal.open("r1", [stock(), correction()])
    for number in (1, 2):
        with pytest.raises(OutputFault, match=r"(?i)unique"), state._database.writing() as connection:
            connection.exec_driver_sql(
                "INSERT INTO intents (id, run, action, kind, sku, shop, item_id, variation_id, ref, basis, opened_at,"
                " answer, detail) SELECT 9, run, action, kind, sku, shop, item_id, variation_id, ref, basis,"
                f" opened_at, answer, detail FROM intents WHERE id = {number}"
            )


def test_a_batch_that_names_a_place_twice_or_none_is_a_bug(state: State) -> None:
    """Nothing of it is kept."""
    nowhere = NewIntent("a-3", ActionKind.SET_STOCK, Sku("S"))
    for batch in ([stock(), stock(to=8)], [correction(), correction()], [stock(), nowhere]):
        with pytest.raises(RuntimeError):
            state.journal.open("r1", batch)
    assert state.journal.generation() == 0


def test_nothing_is_opened_within_another_transaction(state: State) -> None:
    """It would not be on disk when `open` returns."""
    with pytest.raises(RuntimeError), state.transaction():
        state.journal.open("r1", [stock()])
    assert state.journal.open_intents() == ()


def test_answers_are_kept_with_their_time(where: str) -> None:
    """An answer is a claim: the intent stays open. What is not open takes none."""
    clock = Clock()
    with opened(where, clock) as state:
        state.journal.open("r1", [stock("1"), stock("2")])
        clock.now = at(1)
        state.journal.answered(
            {1: (Answered.ACCEPTED, "ok"), 2: (Answered.REJECTED, "E017: Tồn kho\0\ud800" + "x" * 9999)}
        )
        first, second = state.journal.open_intents()
        assert (first.answered, first.answer, first.answered_at) == (Answered.ACCEPTED, "ok", at(1))
        assert second.answer.startswith("E017: Tồn kho\N{REPLACEMENT CHARACTER}?xxx")
        assert len(second.answer) == 2000
        state.journal.settle(1, CONFIRMED, seen=7, detail="")
        for number in (1, 3):
            with pytest.raises(RuntimeError, match=f"intent {number}, which is not open"):
                state.journal.answered({2: (Answered.ACCEPTED, "later"), number: (Answered.UNKNOWN, "")})
        again = state.journal.intent(2)
        assert again == second  # all or none


@pytest.mark.parametrize("result", OutcomeResult)
def test_settling_closes_unless_nobody_knows_yet(where: str, result: OutcomeResult) -> None:
    """Unknown and exported are recorded and leave it open, so that they can be settled later; the others close it."""
    clock = Clock()
    with opened(where, clock) as state:
        one(state.journal, stock())
        clock.now = at(2)
        state.journal.settle(1, result, seen=None if result is UNKNOWN else 3, detail="read back\0 thrice")
        told = state.journal.intent(1)
        assert told is not None
        stays = result in (UNKNOWN, EXPORTED)
        assert (told.result, told.is_open, told.settled_at) == (result, stays, None if stays else at(2))
        assert (told.seen, told.detail) == (
            None if result is UNKNOWN else 3,
            "read back\N{REPLACEMENT CHARACTER} thrice",
        )
        if stays:
            state.journal.settle(1, CONFIRMED, seen=7, detail="")
        assert state.journal.open_intents() == ()
        for number in (1, 2):
            with pytest.raises(RuntimeError, match=f"intent {number} is to be settled and is not open"):
                state.journal.settle(number, CONFIRMED, seen=7, detail="")


def test_a_person_closes_what_stays_open(where: str) -> None:
    """What was seen stays; what is not there, not open, or would stay open is refused with the way on."""
    clock = Clock()
    with opened(where, clock) as state:
        one(state.journal, stock())
        state.journal.settle(1, UNKNOWN, seen=4, detail="never twice the same")
        clock.now = at(3)
        with pytest.raises(UsageFault, match="unknown would leave it open") as caught:
            state.journal.resolve(1, UNKNOWN, "no idea")
        assert "confirmed, rejected, conflict, not-applied, superseded, skipped" in caught.value.way_on
        state.journal.resolve(1, OutcomeResult.SUPERSEDED, "seen in the seller centre: 4")
        told = state.journal.intent(1)
        assert told is not None
        assert (told.result, told.seen, told.settled_at) == (OutcomeResult.SUPERSEDED, 4, at(3))
        assert told.detail == "seen in the seller centre: 4"
        with pytest.raises(
            UsageFault, match="intent 1 is not open: superseded since 2026-11-20 12:03:00 UTC"
        ) as caught:
            state.journal.resolve(1, CONFIRMED, "")
        assert caught.value.way_on
        with pytest.raises(UsageFault, match="there is no intent 2") as caught:
            state.journal.resolve(2, CONFIRMED, "")
        assert "stockrecon runs" in caught.value.way_on


PUSHES = [
    (Answered.ACCEPTED, CONFIRMED, True),
    (Answered.UNKNOWN, CONFIRMED, True),
    (None, CONFIRMED, True),
    (Answered.NOT_SENT, CONFIRMED, None),
    (Answered.CONFLICT, CONFIRMED, None),
    (Answered.ACCEPTED, OutcomeResult.SUPERSEDED, True),
    (Answered.UNKNOWN, OutcomeResult.SUPERSEDED, None),
    (Answered.ACCEPTED, OutcomeResult.NOT_APPLIED, True),
    (Answered.UNKNOWN, OutcomeResult.NOT_APPLIED, None),
    (Answered.REJECTED, OutcomeResult.REJECTED, False),
    (Answered.CONFLICT, OutcomeResult.CONFLICT, None),
    (Answered.NOT_SENT, OutcomeResult.SKIPPED, None),
    (Answered.ACCEPTED, UNKNOWN, None),
    (None, EXPORTED, None),
]


@pytest.mark.parametrize(("answered", "result", "ok"), PUSHES)
def test_what_was_sent_is_told_as_pushes(
    where: str, answered: Answered | None, result: OutcomeResult, ok: bool | None
) -> None:
    """A push went well where its value was seen or the channel said so; what did nothing, or may have, is none."""
    clock = Clock()
    with opened(where, clock) as state:
        one(state.journal, stock())
        clock.now = at(1)
        if answered is not None:
            state.journal.answered({1: (answered, "said so")})
        clock.now = at(9)
        state.journal.settle(1, result, seen=7, detail="")
        sent = at(1) if answered else NOW
        error = "said so" if ok is False else ""
        expected = [] if ok is None else [Push(key("1"), 7, sent, ok, error, "journal")]
        assert list(state.journal.own_pushes(sent)) == expected
        assert list(state.journal.own_pushes(at(2))) == []


@pytest.mark.parametrize("result", [CONFIRMED, OutcomeResult.NOT_APPLIED, OutcomeResult.CONFLICT, None])
def test_what_may_have_been_changed_is_told_whatever_came_of_it(where: str, result: OutcomeResult | None) -> None:
    """From when it was kept until it is settled, however long ago it was sent; nothing of what never left."""
    clock = Clock()
    with opened(where, clock) as state:
        state.journal.open("r1", [stock("1"), stock("2"), correction()])
        state.journal.answered({1: (Answered.UNKNOWN, ""), 2: (Answered.NOT_SENT, "")})
        assert state.journal.touched(at(60)) == {key("1")}
        clock.now = at(9)
        if result is not None:
            state.journal.settle(1, result, seen=7, detail="")
        assert state.journal.touched(at(9)) == {key("1")}
        assert state.journal.touched(at(10)) == ({key("1")} if result is None else set())


def test_pushes_come_in_order_of_time_and_without_the_ledgers(where: str) -> None:
    """By the time of the answer, not of the intent; a correction of the ledger is no push."""
    clock = Clock()
    with opened(where, clock) as state:
        state.journal.open("r1", [stock("1"), stock("2"), correction()])
        for minute, number in ((1, 3), (2, 2), (3, 1)):
            clock.now = at(minute)
            state.journal.answered({number: (Answered.ACCEPTED, "")})
            state.journal.settle(number, CONFIRMED, seen=7, detail="")
        assert [push.key for push in state.journal.own_pushes(NOW)] == [key("2"), key("1")]


def test_pruning_keeps_what_is_open_and_never_an_id_twice(where: str) -> None:
    """Settled intents go after 90 days, a bounded part at a time, the oldest first; ids go on from the highest."""
    clock = Clock()
    with opened(where, clock) as state:
        run = state.begin_run("sync --apply", NOW)
        state.journal.open(run, [stock(str(item)) for item in range(5)])
        for number in (5, 4, 3, 2):
            state.journal.settle(number, CONFIRMED, seen=7, detail="")
        clock.now = at(90 * 24 * 60)
        state.begin_run("diff", clock.now)
        state.prune(clock.now)
        assert len(state.journal.of_run(run)) == 5  # exactly 90 days are not more than 90 days
        clock.now = at(90 * 24 * 60 + 1)
        state.prune(NOW, batch=3)  # a longer memory of what shops showed keeps the journal longer
        assert len(state.journal.of_run(run)) == 5
        state.prune(at(1), batch=3)
        assert [intent.id for intent in state.journal.of_run(run)] == [1, 5]
        assert state.run(run) is not None
        state.prune(at(1), batch=3)
        assert [intent.id for intent in state.journal.of_run(run)] == [1]
        assert state.journal.generation() == 5
        state.journal.settle(1, CONFIRMED, seen=7, detail="")
        assert one(state.journal, stock()).id == 6
        clock.now = at(200 * 24 * 60)
        state.prune(clock.now)
        assert [intent.id for intent in state.journal.open_intents()] == [6]
        assert state.journal.generation() == 6
        assert state.run(run) is None


def test_a_run_is_kept_as_long_as_what_it_wrote(where: str) -> None:
    """A run whose intents are there can be looked up and undone, although its other memory is gone."""
    clock = Clock()
    with opened(where, clock) as state:
        run = state.begin_run("sync --apply", NOW)
        one(state.journal, stock(), run)
        state.begin_run("diff", at(5))
        clock.now = at(60 * 24 * 40)
        state.prune(clock.now)
        assert state.run(run) is not None


def test_two_connections_race_to_one_listing(where: str) -> None:
    """Exactly one of them opens an intent there, every time; the other is told of it."""
    told: list[str] = []
    barrier = threading.Barrier(2)

    def race() -> None:
        with State.open(where, lambda: NOW) as state:
            for round_ in range(15):
                barrier.wait()
                try:
                    one(state.journal, stock(str(round_)))
                    told.append(f"{round_} kept")
                except WriteFault:
                    told.append(f"{round_} refused")

    with State.open(where, lambda: NOW) as state:
        threads = [threading.Thread(target=race) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == sorted(f"{round_} {word}" for round_ in range(15) for word in ("kept", "refused"))
        assert [intent.listing for intent in state.journal.open_intents()] == [key(str(n)) for n in range(15)]


def test_what_is_kept_is_kept_through_a_loss_of_power(state: State) -> None:
    """Every commit waits for the disk, also where the role's default is not to."""
    with state._database.writing() as connection:
        if state._database.shared:
            shown = "SHOW synchronous_commit"
            connection.exec_driver_sql("SET SESSION synchronous_commit = off")
        else:
            shown = "PRAGMA synchronous"
    with state._database.writing() as connection:
        assert connection.exec_driver_sql(shown).scalar_one() in ("on", 2)
