"""What `check` says of available in tables: the very formula, and which places count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from stockrecon.core.mapping import From, TableMap
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.files import FileLedger
from stockrecon.ledgers.sql import SqlLedger
from tests.ledger_contract.profiles import CSV, MARIADB, POSTGRESQL, SQLITE, XLSX
from tests.ledgers.databases import run
from tests.ledgers.test_files import ledger as in_folder
from tests.ledgers.test_mapping import made as exported

Make = Callable[..., SqlLedger]
NO_PLACES = "a SKU has one row, so places are not told apart"


def said(lines: Sequence[LedgerCheck]) -> str:
    (line,) = [line for line in lines if line.what == "available"]
    assert line.ok is None
    return line.text


def items(url: str) -> None:
    run(
        url,
        "CREATE TABLE items (sku VARCHAR(20) PRIMARY KEY, available INTEGER, on_hand INTEGER, reserved INTEGER,"
        " Damaged INTEGER)",
        "INSERT INTO items VALUES ('A', 1, 9, 2, 1)",
    )


@pytest.mark.parametrize(
    ("available", "words"),
    [
        (
            From((("on_hand",),), (("reserved",), ("damaged",))),
            "= on_hand - reserved - {damaged}, columns of table items",
        ),
        (From((("available",), ("on_hand",))), "= available + on_hand, columns of table items"),
        (From((("on_hand",),)), "is as the column on_hand of table items says"),
    ],
)
def test_a_mapping_of_tables_is_told_as_a_formula(url: str, ledger: Make, available: From, words: str) -> None:
    """In the database's own spelling of the columns."""
    items(url)
    mapping = {"stock": TableMap("mapping", {"sku": From((("sku",),)), "available": available})}
    told = said(ledger(url, tables={"stock": "items"}, mapping=mapping).check())
    words = words.format(damaged="damaged" if url.startswith("postgresql") else "Damaged")
    assert told == f"available {words}; {NO_PLACES}"


def test_a_plain_column_and_a_query(url: str, ledger: Make) -> None:
    """What a query makes of it, only the seller knows; one value in every row is told as that."""
    items(url)
    told = said(ledger(url, tables={"stock": "items"}).check())
    assert told == f"available is as the column available of table items says; {NO_PLACES}"
    told = said(ledger(url, queries={"stock": "SELECT sku, on_hand AS available FROM items"}).check())
    assert told == "available is by your query (queries.stock), and so is which places count"
    mapping = {"stock": TableMap("mapping", {"sku": From((("sku",),))}, fixed={"available": "3"})}
    told = said(ledger(url, tables={"stock": "items"}, mapping=mapping).check())
    assert told == "available is 3 for every SKU, as mapping.fixed says"


def test_our_own_files(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    (folder / "stock.csv").write_text("sku,available\nA,1\n")
    told = said(in_folder(folder).check())
    assert told == f"available is as the column available of ledger/stock.csv says; {NO_PLACES}"


SUM = {"columns": {"sku": "SKU", "available": {"add": ["On hand"], "less": ["Reserved", "Damaged"]}}}
EXPORTS = {
    "bigseller": (
        "bigseller-stock",
        "SKU,On Hand,Allocated,Warehouse\nA,5,1,North\n",
        "= On Hand - Allocated, columns of exports/e.csv; every (Warehouse or Warehouse Name) counts, and all of a SKU "
        "are summed, where there is such a column",
    ),
    "ginee": (
        "ginee-stock",
        "MSKU,Warehouse Stock,Locked,Spare Stock\nA,5,1,1\n",
        "= Warehouse Stock - (Locked Stock or Locked) - Spare Stock, columns of exports/e.csv; "
        "every (Warehouse Code or Warehouse Name or Warehouse) counts, and all of a SKU are summed, where there is "
        "such a column",
    ),
    "own": (
        {**SUM, "location": "Place"},
        "SKU,On hand,Reserved,Damaged,Place\nA,5,1,1,Main\nA,2,0,0,Shop\n",
        "= On hand - Reserved - Damaged, columns of exports/e.csv; every Place counts, and all of a SKU are summed",
    ),
    "some places": (
        {**SUM, "location": "Place", "locations": ["Main", "Shop"]},
        "SKU,On hand,Reserved,Damaged,Place\nA,5,1,1,Main\nA,2,0,0,Shop\nA,9,0,0,Scrap\n",
        "= On hand - Reserved - Damaged, columns of exports/e.csv; of Place only Main, Shop count, and are summed",
    ),
    "one column": (
        {"columns": {"sku": "SKU", "available": "Free"}},
        "SKU,Free\nA,5\n",
        f"is as the column Free of exports/e.csv says; {NO_PLACES}",
    ),
}


@pytest.mark.parametrize(("mapping", "content", "words"), EXPORTS.values(), ids=list(EXPORTS))
def test_exports(tmp_path: Path, mapping: Any, content: str, words: str) -> None:
    """A named mapping tells its formula as well; which places count stands beside it."""
    made: FileLedger = exported(tmp_path, {"files": {"e.csv": content}, "mapping": mapping})
    assert said(made.check()) == f"available {words}"


def test_the_contract_asks_for_the_formula() -> None:
    """A list of columns is none."""
    for profile in (CSV, XLSX, SQLITE, POSTGRESQL, MARIADB):
        assert not profile.says_formula("stock: 2 rows, columns sku, available; stock.csv is as it should be")
        assert not profile.says_formula("available = on_hand - reserved, columns of table stock")
