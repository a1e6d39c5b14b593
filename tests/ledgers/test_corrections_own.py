"""The seller's own statement for corrections: carried out once, and seen to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import Answered
from stockrecon.ledgers.sql import SqlLedger
from stockrecon.ledgers.sql.statements import bound
from tests.ledgers.books import SKU, START, Book, book, own_statement, request
from tests.ledgers.databases import KINDS, run

INSERT = (
    "INSERT INTO movements (id, sku, at, quantity, kind, ref) "
    "SELECT :ref, :sku, at, :quantity, 'correction', :ref FROM movements WHERE id = '0001'"
)
UPDATE = "UPDATE stock SET available = available + :quantity WHERE sku = :sku"


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    with book(request.param, tmp_path) as made:
        yield made


def ledger(kept: Book, correct: str, **more: object) -> closing[SqlLedger]:
    told = {"folder": kept.settings.folder, "url": kept.settings.url, "zone": "UTC", "correct": correct, **more}
    return closing(SqlLedger(LedgerSettings("sql", **told)))  # type: ignore[arg-type]


def untouched(kept: Book) -> bool:
    return kept.stock()[SKU] == START and kept.movements() == [("R-1", 1)]


@pytest.mark.parametrize(
    ("sql", "expected", "names"),
    [
        ("CALL f(:sku, :quantity, :ref)", "CALL f(:sku, :quantity, :ref)", {"sku", "quantity", "ref"}),
        ("SELECT ':sku', :ref::text, x::sku", "SELECT '\\:sku', :ref\\:\\:text, x\\:\\:sku", {"ref"}),
        ("SELECT :other, '12:30' -- :ref\n", "SELECT \\:other, '12\\:30' -- \\:ref\n", set()),
        ('SELECT ":sku"/*:ref*/:note', 'SELECT "\\:sku"/*\\:ref*/:note', {"note"}),
        ("SELECT $$:sku$$, :skus, : sku", "SELECT $$\\:sku$$, \\:skus, \\: sku", set()),
    ],
)
def test_what_is_a_parameter(sql: str, expected: str, names: set[str]) -> None:
    """Neither what stands in quotes or comments, nor a cast, nor another name."""
    assert bound(sql, ("sku", "quantity", "ref", "note")) == (expected, names)


def test_parameters_in_quotes_are_told(kept: Book) -> None:
    """The statement would post the text ':ref' again and again."""
    with ledger(kept, f"{INSERT.replace(':ref', chr(39) + ':ref' + chr(39))};{UPDATE}") as opened:
        assert (opened.corrects() or "").startswith("ledger.correct lacks :ref; write them outside quotes")
        assert opened.correct(request()).answered is Answered.NOT_SENT
    assert untouched(kept)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (UPDATE + " AND :ref <> ''", "movements show no movement with ref sr-1"),
        (
            f"{INSERT}; {INSERT.replace(':ref, :sku', chr(39) + 'x' + chr(39) + ', :sku')}; {UPDATE}",
            "movements of -1, -1",
        ),
        (f"{INSERT.replace(':quantity', '2 * :quantity')}; {UPDATE}", "movements of -2 with ref sr-1"),
        (INSERT, "available of 00123 went from 40 to 40, where 39 is right"),
        (f"{INSERT}; {UPDATE}; {UPDATE}", "available of 00123 went from 40 to 38, where 39 is right"),
    ],
)
def test_a_statement_that_does_something_else(kept: Book, statement: str, words: str) -> None:
    """It is taken back: the movement has to be found by its ref, and available has to follow it."""
    run(kept.settings.url or "", *_without_unique_ref(kept))
    with ledger(kept, statement) as opened:
        answer = opened.correct(request())
        assert answer.answered is Answered.REJECTED
        assert answer.text.startswith("taken back: ledger.correct ran, but ")
        assert words in answer.text
        assert opened.posted(["sr-1"]) == {}
    assert untouched(kept)


def _without_unique_ref(kept: Book) -> list[str]:
    backend = make_url(kept.settings.url or "").get_backend_name()
    if backend == "postgresql":
        return ["ALTER TABLE movements DROP CONSTRAINT movements_ref_key"]
    if backend == "sqlite":
        return [
            "CREATE TABLE moves AS SELECT * FROM movements",
            "DROP TABLE movements",
            "ALTER TABLE moves RENAME TO movements",
        ]
    return ["ALTER TABLE movements DROP INDEX ref"]


def test_a_statement_that_the_database_does_not_understand(kept: Book) -> None:
    """It is refused in the database's words."""
    with ledger(kept, "NONSENSE (:sku, :quantity, :ref)") as opened:
        answer = opened.correct(request())
    assert answer.answered is Answered.REJECTED
    assert "does not understand the statement" in answer.text
    assert untouched(kept)


def test_tables_that_are_read_by_queries(kept: Book) -> None:
    """The statement writes where the seller keeps the book; the queries find the movement there."""
    run(
        kept.settings.url or "",
        "ALTER TABLE stock RENAME TO erp_stock",
        "ALTER TABLE movements RENAME TO erp_moves",
    )
    queries = {
        "stock": "SELECT sku, available FROM erp_stock",
        "movements": "SELECT id, sku, at, quantity, kind, ref FROM erp_moves",
    }
    statement = f"{INSERT}; {UPDATE}".replace("movements", "erp_moves").replace("stock ", "erp_stock ")
    with ledger(kept, statement, queries=queries) as opened:
        assert opened.corrects() is None
        answer = opened.correct(request())
        assert (answer.answered, answer.available) == (Answered.ACCEPTED, START - 1), answer
        assert opened.correct(request()).text == "sr-1 had been posted before"
        assert opened.posted(["sr-1", "R-1"]) == {"sr-1": -1, "R-1": 1}
        assert opened.reread([request().sku]) == {SKU: START - 1}


def test_a_query_without_ref(kept: Book) -> None:
    """Nobody could tell what has been posted."""
    queries = {"movements": "SELECT id, sku, at, quantity, kind FROM movements"}
    with ledger(kept, f"{INSERT}; {UPDATE}", queries=queries) as opened:
        assert "movements by their ref: a column is missing" in (opened.corrects() or "")
        assert opened.correct(request()).answered is Answered.NOT_SENT
    assert untouched(kept)


def procedure(kept: Book, end: str = "") -> None:
    """post_adjustment, which may end its transaction by itself."""
    body = (
        "INSERT INTO movements (id, sku, at, quantity, kind, ref, note) "
        "VALUES (the_ref, the_sku, {now}, units, 'correction', the_ref, words); "
        "UPDATE stock SET available = available + units WHERE sku = the_sku; "
    )
    if make_url(kept.settings.url or "").get_backend_name() == "postgresql":
        run(
            kept.settings.url or "",
            "CREATE PROCEDURE post_adjustment(the_sku text, units integer, the_ref text, words text) LANGUAGE plpgsql "
            f"AS $$ BEGIN {body.format(now='now()')} {end} END $$",
        )
    else:
        exact = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        run(
            kept.settings.url or "",
            f"CREATE PROCEDURE post_adjustment(the_sku VARCHAR(191) {exact}, units INT, the_ref VARCHAR(191) {exact}, "
            f"words TEXT) BEGIN {body.format(now='utc_timestamp(6)')} {end} SELECT 'done'; END",
        )


CALL = "CALL post_adjustment(:sku, :quantity, :ref, :note)"


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_procedure(kind: str, tmp_path: Path) -> None:
    """The contract's own example."""
    with book(kind, tmp_path) as kept:
        procedure(kept)
        with ledger(kept, CALL) as opened:
            assert opened.corrects() is None
            answer = opened.correct(request())
            assert (answer.answered, answer.available) == (Answered.ACCEPTED, START - 1), answer
            assert opened.correct(request()).text == "sr-1 had been posted before"
        assert kept.stock()[SKU] == START - 1


def test_a_procedure_that_commits_by_itself(tmp_path: Path) -> None:
    """What it did cannot be taken back: the movements decide, and what is wrong is left to people."""
    with book("mariadb", tmp_path) as kept:
        procedure(kept, "COMMIT;")
        with ledger(kept, CALL) as opened:
            assert opened.correct(request()).answered is Answered.ACCEPTED
            assert opened.correct(request()).text == "sr-1 had been posted before"
        assert kept.stock()[SKU] == START - 1
        with ledger(kept, f"{CALL}; {UPDATE}") as opened:
            answer = opened.correct(request(ref="sr-2", available=START - 1))
        assert answer.answered is Answered.UNKNOWN
        assert answer.text.endswith("it could not be taken back, since the statement commits by itself")
        with ledger(kept, f"{CALL}; NONSENSE") as opened:
            answer = opened.correct(request(ref="sr-3", available=START - 2))
        assert answer.answered is Answered.ACCEPTED
        assert answer.text.startswith("sr-3 was posted all the same: ")


def test_a_procedure_that_may_not_commit(tmp_path: Path) -> None:
    """PostgreSQL ends no transaction that it did not begin."""
    with book("postgresql", tmp_path) as kept:
        procedure(kept, "COMMIT;")
        with ledger(kept, CALL) as opened:
            answer = opened.correct(request())
        assert answer.answered is Answered.REJECTED
        assert "invalid transaction termination" in answer.text
        assert untouched(kept)


def test_two_statements_in_one_transaction(kept: Book) -> None:
    """Where the second is refused the first is taken back."""
    backend = make_url(kept.settings.url or "").get_backend_name()
    statement = own_statement(backend).replace("WHERE sku = :sku", "WHERE skew = :sku")
    with ledger(kept, statement) as opened:
        assert opened.correct(request()).answered is Answered.REJECTED
    assert untouched(kept)
