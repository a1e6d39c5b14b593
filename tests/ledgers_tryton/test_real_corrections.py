"""Corrections in Tryton, as far as they are its own: what every ledger promises is in tests/ledger_contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from stockrecon.core.model import Sku
from stockrecon.ledgers.base import Answered
from stockrecon.ledgers.tryton import TrytonLedger
from tests.ledgers_tryton.build import CLOSED, READER
from tests.ledgers_tryton.servers import URI
from tests.ledgers_tryton.test_real_reading import told
from tests.ledgers_tryton.world import People, World, request

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def ledger(tryton: World) -> Iterator[TrytonLedger]:
    with closing(tryton.open()) as opened:
        yield opened


def test_units_that_lie_elsewhere(tryton: World, ledger: TrytonLedger) -> None:
    """The storage zone comes first; where it lacks the units, they are counted where most of them are."""
    sku, product = tryton.product()
    tryton.count(product, 3, "IN")
    answer = ledger.correct(request(sku, 3))
    assert (answer.answered, tryton.on_hand(product)) == (Answered.ACCEPTED, 2), answer
    with closing(tryton.open(correct_at="STO")) as opened:
        answer = opened.correct(request(sku, 2, ref="elsewhere"))
    assert answer.answered is Answered.REJECTED
    assert "Storage Zone (STO): no place holds 1 of" in answer.text
    with closing(tryton.open(correct_at="Nowhere")) as opened:
        assert "correct_at: Tryton has no Nowhere" in (opened.corrects() or "")
        assert opened.correct(request(sku, 2, ref="elsewhere")).answered is Answered.NOT_SENT
    assert tryton.on_hand(product) == 2


@pytest.mark.parametrize("sku", ["nobody's", ""])
def test_a_sku_that_is_not_there(ledger: TrytonLedger, sku: str) -> None:
    """SKUs are exact: nothing near is corrected in its place."""
    answer = ledger.correct(request(Sku(sku), 1))
    assert answer.answered is Answered.REJECTED
    assert repr(sku) in answer.text


def test_rights_that_are_missing(tryton: World) -> None:
    """The check says which; trying it all the same is refused in Tryton's words, and nothing is left behind."""
    sku, product = tryton.product(on_hand=1)
    with closing(tryton.open(READER)) as opened:
        assert (opened.corrects() or "").startswith("Tryton's user may not create, write stock.inventory")
        assert any(line.what == "corrections" and line.ok is None for line in opened.check())
        answer = opened.correct(request(sku, 1))
    assert answer.answered is Answered.REJECTED
    assert 'You are not allowed to access "Stock Inventory"' in answer.text
    assert (tryton.on_hand(product), tryton.drafts(product)) == (1, 0)


def test_a_period_that_is_locked(tryton: World) -> None:
    """Tryton confirms nothing in a closed period: the draft is cancelled, and the answer has Tryton's words."""
    sku, product = tryton.product()
    values = {
        "company": 2,
        "location": tryton.places["STO"],
        "lines": [["create", [{"product": product, "quantity": 4}]]],
    }
    people = People(tryton.base_url, tryton.database, CLOSED)
    people("stock.inventory.confirm", people("stock.inventory.create", [values], company=2), company=2)
    with psycopg.connect(f"{URI}{tryton.database}", autocommit=True) as database:
        # Tryton closes no period that has not ended; a clock that is wrong, or another time zone, can.
        database.execute(
            "INSERT INTO stock_period (date, company, state) VALUES (current_date + 2, 2, 'closed') RETURNING id"
        )
        try:
            with closing(tryton.open(CLOSED)) as opened:
                answer = opened.correct(request(sku, 4))
        finally:
            database.execute("DELETE FROM stock_period")
    assert answer.answered is Answered.REJECTED, answer
    assert "period" in answer.text
    assert tryton.drafts(product) == 0
    with closing(tryton.open(CLOSED)) as opened:
        assert opened.posted([f"stockrecon:{sku}:1-cancel"]) == {}


def test_what_a_person_would_be_asked(tryton: World, ledger: TrytonLedger) -> None:
    """Where Tryton asks before it confirms, nobody agrees in a person's place."""
    sku, product = tryton.product(on_hand=10)
    tryton.people("stock.configuration.write", [1], {"inventory_quantity_tolerance": 0.01})
    try:
        answer = ledger.correct(request(sku, 10, by=-5))
    finally:
        tryton.people("stock.configuration.write", [1], {"inventory_quantity_tolerance": None})
    assert answer.answered is Answered.REJECTED, answer
    assert "Tryton asks a person before it does this" in answer.text or "tryton asks a person" in answer.text
    assert (tryton.on_hand(product), tryton.drafts(product)) == (10, 0)


def test_what_died_half_way_is_cancelled(tryton: World, ledger: TrytonLedger) -> None:
    """A draft with a mark and one without are cancelled by whoever asks what has been posted; people's are left."""
    sku, product = tryton.product(on_hand=5)
    asked = request(sku, 5)
    desk = ledger._poster().desk
    place = desk.scope.locations[tryton.places["STO"]]
    for marked in (True, False):
        made = desk.make(asked, product, place, desk.held(product, [place])[place.id])
        if marked:
            desk.mark(made, asked)
    line = {"product": product, "quantity": 1}
    people = {"company": 1, "location": place.id, "empty_quantity": "keep", "lines": [["create", [line]]]}
    tryton.people("stock.inventory.create", [people])
    assert tryton.drafts(product) == 3
    assert ledger.posted([asked.ref]) == {}
    assert (tryton.drafts(product), tryton.on_hand(product)) == (1, 5)
    assert ledger.correct(asked).answered is Answered.ACCEPTED
    assert (tryton.book(asked.ref), tryton.on_hand(product)) == ([("cancelled", 0.0), ("done", -1.0)], 4)


def test_a_draft_that_is_fit_is_finished(tryton: World, ledger: TrytonLedger) -> None:
    """Posting goes on with what another process began, so that there is one document and not two."""
    sku, product = tryton.product(on_hand=5)
    asked = request(sku, 5)
    desk = ledger._poster().desk
    place = desk.scope.locations[tryton.places["STO"]]
    desk.mark(desk.make(asked, product, place, desk.held(product, [place])[place.id]), asked)
    assert ledger.correct(asked).answered is Answered.ACCEPTED
    assert tryton.book(asked.ref) == [("done", -1.0)]


def test_a_person_takes_one_back(tryton: World, ledger: TrytonLedger, tmp_path: Path) -> None:
    """Whoever cancels its move: the correction and its mirror image are told, and it is not posted once more."""
    sku, product = tryton.product(on_hand=5)
    asked = request(sku, 5)
    ledger.correct(asked)
    move = tryton.people("stock.move.search", [["product", "=", product]], 0, 1, [["id", "DESC"]])
    tryton.people("stock.move.cancel", move)
    available, movements = told(ledger, tmp_path, sku)
    assert (available, [each[:2] for each in movements]) == (5, [("manual", 5), ("correction", -1), ("correction", 1)])
    assert ledger.correct(asked).text == f"{asked.ref} had been posted before"
    assert tryton.on_hand(product) == 5
