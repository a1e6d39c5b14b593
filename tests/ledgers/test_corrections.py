"""What every ledger that takes corrections promises of them, whatever it is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stockrecon.ledgers.base import Answered, Ledger
from tests.ledgers.books import KINDS, SKU, START, Book, book, request, rows_read


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    with book(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def opened(kept: Book) -> Iterator[Ledger]:
    with closing(kept.open()) as made:
        yield made


def test_a_correction_changes_both_tables(kept: Book, opened: Ledger, tmp_path: Path) -> None:
    """One movement of kind correction with its ref, and available changed by it; nothing else."""
    assert opened.corrects() is None
    answer = opened.correct(request(by=-2))
    assert (answer.answered, answer.text, answer.available) == (Answered.ACCEPTED, "", START - 2)
    assert kept.stock() == {"00123": 38, "a": 7, "A": -3, 'đ,"q"': 0}
    (row,) = [row for row in rows_read(opened, tmp_path / "spool")["movements"] if row["ref"] == "sr-1"]
    assert {name: row[name] for name in ("id", "sku", "quantity", "kind", "shop", "order_id", "note")} == {
        "id": "sr-1",
        "sku": "00123",
        "quantity": "-2",
        "kind": "correction",
        "shop": "",
        "order_id": "",
        "note": "why, and since when",
    }
    if kept.settings.correct is None:
        assert row["balance"] == "38"
        assert row["at"].startswith("2026-11-11T06:00:00.123456")


def test_posting_it_again_changes_nothing(kept: Book, opened: Ledger) -> None:
    """It is answered as posted, also by another process and after the book has moved on."""
    opened.correct(request())
    opened.correct(request(by=5, ref="sr-2", available=START - 1))
    for again in (opened, kept.open()):
        answer = again.correct(request())
        assert (answer.answered, answer.available) == (Answered.ACCEPTED, START + 4)
        assert answer.text == "sr-1 had been posted before"
        again.close()
    assert kept.movements() == [("R-1", 1), ("sr-1", -1), ("sr-2", 5)]
    assert kept.stock()[SKU] == START + 4


def test_a_ref_that_stands_for_another_number(kept: Book, opened: Ledger) -> None:
    """It is not taken for posted: somebody else used the ref."""
    answer = opened.correct(request(by=-1, ref="R-1"))
    assert (answer.answered, answer.available) == (Answered.CONFLICT, START)
    assert answer.text == "R-1 had been posted before, with 1 where -1 was to be posted"
    assert kept.movements() == [("R-1", 1)]


def test_a_book_that_moved_on(kept: Book, opened: Ledger) -> None:
    """Nothing is posted that was computed from another number."""
    answer = opened.correct(request(available=41))
    assert (answer.answered, answer.available) == (Answered.CONFLICT, START)
    assert answer.text == "the ledger has 40 of 00123, the plan was made from 41: not posted"
    assert (kept.movements(), kept.stock()[SKU]) == ([("R-1", 1)], START)


@pytest.mark.parametrize("sku", ["0123", "00123 ", "123", "Đ", ""])
def test_a_sku_that_is_not_there(kept: Book, opened: Ledger, sku: str) -> None:
    """SKUs are exact: nothing near is corrected in its place."""
    answer = opened.correct(request(sku=sku))
    assert answer.answered is Answered.REJECTED
    assert repr(sku) in answer.text
    assert (kept.movements(), kept.stock()) == ([("R-1", 1)], {"00123": 40, "a": 7, "A": -3, 'đ,"q"': 0})


@pytest.mark.parametrize(("sku", "available"), [("a", 7), ("A", -3), ('đ,"q"', 0)])
def test_a_sku_is_corrected_exactly(kept: Book, opened: Ledger, sku: str, available: int) -> None:
    """Case, quotes and commas tell SKUs apart, and balances may be negative."""
    before = kept.stock()
    answer = opened.correct(request(by=-4, sku=sku, available=available, note="a: 'b' \"c\"\n:sku %s %"))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, available - 4)
    assert kept.stock() == {**before, sku: available - 4}


@pytest.mark.parametrize(("by", "ref"), [(0, "sr-1"), (-1, "")])
def test_what_is_no_correction(kept: Book, opened: Ledger, by: int, ref: str) -> None:
    """Without a ref it could be posted twice."""
    assert opened.correct(request(by=by, ref=ref)).answered is Answered.REJECTED
    assert (kept.movements(), kept.stock()[SKU]) == ([("R-1", 1)], START)


def test_what_has_been_posted(kept: Book, opened: Ledger) -> None:
    """Refs are found exactly, with their quantity; others are left out."""
    opened.correct(request(by=3, ref="sr:-1'\"%s"))
    asked = ["sr:-1'\"%s", "SR:-1'\"%S", "R-1", "r-1", "", "R-1 ", "nobody's"]
    assert opened.posted(asked) == {"sr:-1'\"%s": 3, "R-1": 1}
    assert opened.posted([]) == {}
    assert opened.posted([f"none-{number}" for number in range(1200)]) == {}


def test_the_check_says_that_corrections_can_be_posted(kept: Book, opened: Ledger) -> None:
    """Without posting one."""
    (line,) = [line for line in opened.check() if line.what == "corrections"]
    assert (line.ok, line.text) == (True, "can be posted")
    assert kept.movements() == [("R-1", 1)]


def test_many_corrections_one_after_the_other(kept: Book, opened: Ledger) -> None:
    """Each counts on the one before it."""
    for number in range(10):
        answer = opened.correct(request(by=-1, ref=f"sr-{number}", available=START - number))
        assert (answer.answered, answer.available) == (Answered.ACCEPTED, START - number - 1)
    assert kept.stock()[SKU] == START - 10
    assert len(kept.movements()) == 11
