"""Corrections: sent only where everything for one is configured, once, and looked up afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered
from tests.erp.wire import Fault, Told
from tests.ledgers_omisell.house import (
    ADJUST,
    ADJUST_FIELDS,
    ALL_PATHS,
    CORRECTING,
    FIELDS,
    MOVEMENT_FIELDS,
    MOVES,
    PATHS,
    House,
    ledger,
    request,
)


def sent(house: House) -> int:
    return house.calls.count(f"POST {ADJUST}")


def test_a_correction_is_an_adjustment_with_its_reference(house: House, address: str) -> None:
    """By so many units, never to a number; found again among the movements."""
    book = ledger(house, address, **CORRECTING)
    assert book.corrects() is None
    answer = book.correct(request(-2))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, 3)
    assert [(move["code"], move["change"], move["memo"]) for move in house.moves] == [("A", -2, "stockrecon:A:1")]
    assert book.posted(["stockrecon:A:1", "stockrecon:A:2"]) == {"stockrecon:A:1": -2}
    assert book.posted([]) == {}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"paths": PATHS, "movement_fields": None}, "ledger.paths.movements, ledger.paths.adjust, "),
        ({"paths": {**PATHS, "movements": MOVES}}, "not configured: ledger.paths.adjust "),
        ({"paths": {**PATHS, "adjust": ADJUST}}, "not configured: ledger.paths.movements "),
        (
            {"movement_fields": {**MOVEMENT_FIELDS, "reference": None}},
            "not configured: ledger.movement_fields.reference",
        ),
        ({"adjust_fields": None}, "adjust_fields.sku, ledger.adjust_fields.by, ledger.adjust_fields.ref"),
        ({"adjust_fields": {**ADJUST_FIELDS, "direction": "way"}}, "adjust_fields.up, ledger.adjust_fields.down"),
    ],
)
def test_what_is_not_configured_is_done_by_hand(house: House, address: str, more: dict[str, Any], words: str) -> None:
    """All that is missing at once, and what to do in Omisell's screen; nothing is sent."""
    given = {
        name: {key: each for key, each in value.items() if each} if isinstance(value, dict) else value
        for name, value in {**CORRECTING, **more}.items()
    }
    book = ledger(house, address, **given)
    why_not = book.corrects() or ""
    assert words in why_not
    assert "By hand: app.omisell.com > Products" in why_not
    answer = book.correct(request())
    assert answer.answered in (Answered.REJECTED, Answered.NOT_SENT)
    assert sent(house) == 0


@pytest.mark.parametrize(
    ("kind", "times", "answered", "moved"),
    [
        ("drop-before", 1, Answered.UNKNOWN, 0),
        ("drop-after", 1, Answered.ACCEPTED, 1),
        ("status", 1, Answered.UNKNOWN, 0),
        ("status-after", 1, Answered.ACCEPTED, 1),
        ("truncate", 1, Answered.ACCEPTED, 1),
        ("garbage", 1, Answered.ACCEPTED, 1),
        ("throttle", 1, Answered.ACCEPTED, 1),
        ("throttle", 9, Answered.NOT_SENT, 0),
    ],
)
def test_a_lost_answer_is_looked_up(
    house: House, address: str, kind: str, times: int, answered: Answered, moved: int
) -> None:
    """Whatever was answered, what the movements show counts; what may have been done is never sent again."""
    house.faults.append(Fault(kind, ADJUST, times=times))
    answer = ledger(house, address, **CORRECTING).correct(request())
    assert (answer.answered, len(house.moves)) == (answered, moved)
    assert sent(house) <= 1


def test_it_is_posted_once(house: House, address: str) -> None:
    """A reference that is there already was posted; with another number it is a conflict."""
    book = ledger(house, address, **CORRECTING)
    assert book.correct(request()).answered is Answered.ACCEPTED
    again = book.correct(request(available=4))
    assert (again.answered, again.text) == (Answered.ACCEPTED, "stockrecon:A:1 had been posted before")
    assert book.correct(request(-2, available=4)).answered is Answered.CONFLICT
    assert sent(house) == 1


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (request(available=6), Answered.CONFLICT),
        (request(sku="gone"), Answered.REJECTED),
        (request(0), Answered.REJECTED),
        (request(ref=""), Answered.REJECTED),
    ],
)
def test_what_is_not_sent(house: House, address: str, asked: Any, answered: Answered) -> None:
    """The ledger moved, it has no such SKU, or it is no correction."""
    assert ledger(house, address, **CORRECTING).correct(asked).answered is answered
    assert sent(house) == 0


def test_a_refusal_is_told_in_omisells_words(house: House, address: str) -> None:
    """Also one that comes with HTTP 200; nothing was posted."""
    house.on_adjust = {"change": ["stock is locked"]}
    answer = ledger(house, address, **CORRECTING).correct(request())
    assert answer.answered is Answered.REJECTED
    assert "4001, change: stock is locked" in answer.text


def test_an_adjustment_that_no_movement_shows_is_unknown(house: House, address: str) -> None:
    """Success alone is a claim."""
    house._adjust = lambda asked: Told({"data": {}, "error": False})  # type: ignore[method-assign]
    assert ledger(house, address, **CORRECTING).correct(request()).answered is Answered.UNKNOWN


def test_movements_that_cannot_be_read_leave_it_open(house: House, address: str) -> None:
    """Before, nothing is sent; afterwards, nobody knows."""
    book = ledger(house, address, **CORRECTING)
    house.faults.append(Fault("status", MOVES, times=99))
    assert book.correct(request()).answered is Answered.NOT_SENT
    house.faults.clear()
    adjust = house._adjust

    def then_broken(asked: Any) -> Told:
        house.faults.append(Fault("status", MOVES, times=99))
        return adjust(asked)

    house._adjust = then_broken  # type: ignore[method-assign]
    answer = ledger(house, address, **CORRECTING).correct(request())
    assert answer.answered is Answered.UNKNOWN
    assert "cannot be told" in answer.text


@pytest.mark.parametrize(("by", "way"), [(2, "IN"), (-2, "OUT")])
def test_a_call_that_takes_no_minus(house: House, address: str, by: int, way: str) -> None:
    """Up or down in a field of its own, beside what every adjustment carries, in a flat body."""
    bodies: list[Any] = []

    def kept(asked: Any) -> Told:
        bodies.append(asked.document())
        house.move("A", by, memo="stockrecon:A:1")
        return Told({"data": None, "error": False})

    house._adjust = kept  # type: ignore[method-assign]
    fields = {"sku": "s", "by": "n", "ref": "r", "direction": "way", "up": "IN", "down": "OUT"}
    book = ledger(house, address, **{**CORRECTING, "adjust_fields": fields, "adjust_also": {"warehouse": "12"}})
    assert book.correct(request(by)).answered is Answered.ACCEPTED
    assert bodies == [{"warehouse": "12", "s": "A", "r": "stockrecon:A:1", "n": 2, "way": way}]


def test_what_was_posted_cannot_be_told_without_movements(house: House, address: str) -> None:
    """Not even that nothing was: an open correction of an earlier run stays open, with what to configure."""
    with pytest.raises(ReadFault, match="no movements can be read") as told:
        ledger(house, address).posted(["stockrecon:A:1"])
    assert "ledger.paths.movements" in told.value.way_on
    fields = {name: path for name, path in MOVEMENT_FIELDS.items() if name != "reference"}
    with pytest.raises(ReadFault, match="no reference"):
        ledger(house, address, paths=ALL_PATHS, fields=FIELDS, movement_fields=fields).posted(["stockrecon:A:1"])
