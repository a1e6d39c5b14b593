"""The seller's own query where the collation takes two SKUs for one: what it merged is told, and no more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stockrecon.core.mapping import From, TableMap
from stockrecon.ledgers.sql import SqlLedger
from stockrecon.ledgers.sql.statements import behind, merges
from tests.ledgers.databases import run
from tests.ledgers.test_proposed_queries import levels
from tests.ledgers.test_proposing import NOW
from tests.ledgers.test_sql_alike import EXACT, LOOSE

Make = Callable[..., SqlLedger]
TWO = "('ABC', 'HCM', 3, 0), ('abc', 'HN', 40, 0), ('B', 'HN', 1, 0)"
SUM = "SELECT sku, SUM(on_hand) AS available FROM stock_levels GROUP BY sku"


def told(ledger: SqlLedger, folder: Path) -> list[str]:
    """What check remarks on SKUs that may have been merged; diff says the same."""
    lines = [line for line in ledger.check() if "one to the database's collation" in line.text]
    assert [line.ok for line in lines] == [None] * len(lines)
    warned = ledger.read(folder, NOW).warnings
    assert len(warned) == len(lines)
    for line, warning in zip(lines, warned, strict=True):
        assert line.text in warning
        assert line.way_on in warning
    return [line.text for line in lines]


@pytest.mark.parametrize(
    "query",
    [
        SUM,
        "SELECT x.sku, x.available FROM (SELECT t.sku AS sku, SUM(t.on_hand) AS available FROM stock_levels AS t "
        "GROUP BY t.sku) AS x",
        "WITH a AS (SELECT sku AS code, on_hand FROM stock_levels) "
        "SELECT code AS sku, SUM(on_hand) AS available FROM a GROUP BY code",
        "SELECT MIN(sku) AS sku, 43 AS available FROM stock_levels WHERE sku <> 'B' GROUP BY sku",
    ],
)
def test_a_query_that_merges(url: str, ledger: Make, tmp_path: Path, query: str) -> None:
    """Both spellings, the table's column, and which of the two the query gives."""
    levels(url, LOOSE, TWO)
    (text,) = told(ledger(url, queries={"stock": query}), tmp_path)
    assert text.startswith("'ABC' and 'abc' of stock_levels.sku are one to the database's collation")
    assert "queries.stock gives only 'A" in text or "queries.stock gives only 'a" in text


def test_a_spelling_between_two(url: str, ledger: Make, tmp_path: Path) -> None:
    """Three of them, of which the query gives the one that is neither the first nor the last."""
    levels(url, LOOSE, "('ABC', 'HCM', 3, 0), ('Abc', 'HN', 40, 0), ('abc', 'DN', 1, 0), ('B', 'HN', 1, 0)")
    query = "SELECT sku, SUM(on_hand) AS available FROM stock_levels WHERE warehouse = 'HN' GROUP BY sku"
    (text,) = told(ledger(url, queries={"stock": query}), tmp_path)
    assert "'ABC' and 'abc' of stock_levels.sku" in text
    assert "gives only 'Abc'" in text


def test_a_view_that_merges(url: str, ledger: Make, tmp_path: Path) -> None:
    """Under another name, through a second view."""
    levels(url, LOOSE, TWO)
    run(
        url,
        "CREATE VIEW plain AS SELECT sku AS code, on_hand FROM stock_levels",
        "CREATE VIEW holdings AS SELECT code AS item, SUM(on_hand) AS units FROM plain GROUP BY code",
    )
    mapping = {"stock": TableMap("mapping", {"sku": From((("item",),)), "available": From((("units",),))})}
    (text,) = told(ledger(url, tables={"stock": "holdings"}, mapping=mapping), tmp_path)
    assert "table holdings gives only" in text


@pytest.mark.parametrize(
    ("rows", "query"),
    [
        ("('ABC', 'HCM', 3, 0), ('ABC', 'HN', 40, 0)", SUM),
        (TWO, "SELECT sku, SUM(on_hand) AS available FROM stock_levels WHERE sku = 'B' GROUP BY sku"),
        (TWO, "SELECT sku, on_hand AS available FROM stock_levels WHERE warehouse = 'HN'"),
        (TWO, "SELECT sku, on_hand AS available FROM stock_levels WHERE warehouse = 'HN' UNION ALL SELECT 'C', 1"),
    ],
)
def test_no_false_alarm(url: str, ledger: Make, tmp_path: Path, rows: str, query: str) -> None:
    """One spelling, SKUs that the query leaves out, rows that it does not merge: no word."""
    levels(url, LOOSE, rows)
    assert told(ledger(url, queries={"stock": query}), tmp_path) == []


def test_an_exact_collation(url: str, ledger: Make, tmp_path: Path) -> None:
    """Nothing is merged, so nothing is told."""
    levels(url, EXACT, TWO)
    assert told(ledger(url, queries={"stock": SUM}), tmp_path) == []


def test_check_says_what_diff_refuses(url: str, ledger: Make) -> None:
    """Two rows of the result that are one to the collation."""
    levels(url, LOOSE, TWO)
    query = "SELECT sku, on_hand AS available FROM stock_levels"
    lines = [line for line in ledger(url, queries={"stock": query}).check() if line.ok is False]
    assert len(lines) == 1
    assert "'ABC' and 'abc' are different SKUs here" in lines[0].text


def test_case_that_a_type_ignores(postgresql: str, ledger: Make, tmp_path: Path) -> None:
    """PostgreSQL's citext compares in lower case, whatever the collation."""
    run(
        postgresql,
        "CREATE EXTENSION citext",
        "CREATE TABLE stock_levels (sku CITEXT, on_hand INTEGER)",
        "INSERT INTO stock_levels VALUES ('ABC', 3), ('abc', 40)",
    )
    (text,) = told(ledger(postgresql, queries={"stock": SUM}), tmp_path)
    assert "'ABC' and 'abc' of stock_levels.sku" in text


@pytest.mark.parametrize(
    ("sql", "so"),
    [
        ("SELECT a FROM t GROUP BY a", True),
        ("SELECT DISTINCT a FROM t", True),
        ("SELECT a FROM t UNION SELECT a FROM u", True),
        ("SELECT a FROM t UNION ALL SELECT a FROM u", False),
        ("SELECT a, 'group by' AS \"distinct\" FROM t -- union", False),
    ],
)
def test_statements_that_merge(sql: str, so: bool) -> None:
    """By their words, outside of texts, quoted names and comments."""
    assert merges(sql) is so


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT sku, name AS label FROM t", {"sku"}),
        ("SELECT t.code sku, name AS label FROM t", {"sku", "code"}),
        ("SELECT DISTINCT COALESCE(TRIM(a), `b c`) AS sku, d AS e FROM t", {"sku", "a", "b c"}),
        ("SELECT x AS sku FROM (SELECT y AS x, z AS w FROM t) q", {"sku", "x", "y"}),
        ("SELECT sku FROM t WHERE kind = 'x' GROUP BY place, sku ORDER BY u, sku", {"sku"}),
    ],
)
def test_what_a_column_is_taken_from(sql: str, names: set[str]) -> None:
    """The names that stand in what is called so, through statements inside; not tables, functions and neighbours."""
    assert behind(sql, ["sku"]) == names
