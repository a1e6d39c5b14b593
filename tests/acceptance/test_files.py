"""Files that are not what the contract says: exit 13, FILE:LINE:COLUMN, and the other shop is reported all the same."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.acceptance.conftest import Called, Market, copied

LISTINGS, STOCK, MOVEMENTS = "lazada-vn/listings.csv", "ledger/stock.csv", "ledger/movements.csv"


def the_shop_is_told_and_the_other_reported(called: Called, *words: str, name: str = "lazada-vn") -> None:
    assert called.code == 13
    error = called.shop(name)["error"]
    for word in words:
        assert word in error
    assert f"not read: {name}: " in called.err
    assert words[0] in called.err
    assert called.shop("shopee-vn")["error"] is None
    assert [s["sku"] for s in called.document["statements"] if "MUG" in s["sku"]] == ["MUG-BLACK"]
    # A shop that was not read may hold anything: no write is planned on its ground.
    assert not any(action.get("shop") == name for action in called.document["plan"]["actions"])


def the_ledger_is_told(called: Called, *words: str) -> None:
    assert called.code == 13
    for word in words:
        assert word in called.document["ledger"]["error"]
    assert "not read: ledger: " in called.err
    assert words[0] in called.err
    assert called.document["statements"] == called.document["plan"]["actions"] == []
    assert called.document["ledger"]["skus"] is None


CELLS = (
    ("1.0", "'1.0' is not a whole number: write 1"),
    ("1e3", "'1e3' is not written out: write 1000"),
    ('"1,000"', "'1,000' has a thousands separator: write 1000"),
    ("1 000", "'1 000' has a thousands separator"),
    ("-1", "'-1' is negative"),
    ("", "is empty"),
    ("NULL", "'NULL' is not a whole number"),
    ("+5", "'+5' has a plus sign: write 5"),
    ("nan", "'nan' is not a whole number"),
    ("99999999999999999999", "is too large"),
    (" 5", "spaces around the number"),
)


@pytest.fixture(scope="module")
def bad_cells(tmp_path_factory: pytest.TempPathFactory) -> Called:
    """One run over a file that has every bad number, each in a row of its own."""
    market = copied(tmp_path_factory.mktemp("cells") / "market")
    rows = "".join(f"9{index:02},,S{index},{cell}\n" for index, (cell, _) in enumerate(CELLS))
    market.write(LISTINGS, f"item_id,variation_id,seller_sku,sellable\n{rows}")
    return market.diff()


@pytest.mark.parametrize("index", range(len(CELLS)))
def test_a_number_that_is_none_is_told_with_its_place(bad_cells: Called, index: int) -> None:
    """All faults of a file in one run: mending them one by one would take as many runs."""
    column = len(f"9{index:02},,S{index},") + 1
    place = f"lazada-vn/listings.csv:{index + 2}:{column}: sellable: "
    the_shop_is_told_and_the_other_reported(bad_cells, place, CELLS[index][1])


SHOP_TABLES: tuple[tuple[str, str | bytes, str, str], ...] = (
    ("sellable", "sellabel", ":1:39: sellabel:", "did you mean 'sellable'?"),
    ("sellable", "pieces", ":1: sellable: the column is missing", "the file has"),
    ("lamp,50,50", "lamp,1,000,50", ":3:27: sellable: the row has 12 cells, the header has 11", "1,000? Write 1000"),
    (",50,50,0,0,ok,,seller", "", ":3:26: the row has 4 cells, the header has 11", "sellable"),
    ("Oak lamp", b"Oak\xe9lamp", ":3:21: byte ", "not UTF-8: save the file as UTF-8"),
    ("7002,72,", "7001,71,", ":3:1: ", "'7001', variation_id '71' is there twice, first in line 2"),
    ("Oak lamp", '"Oak lamp', ":3:18: ", "never closed"),
    ("Oak lamp", "Oak\0lamp", ":3:18: title:", "NUL"),
    (",ok,,seller", ",oky,,seller", ":2:38: state:", "did you mean 'ok'?"),
)


@pytest.fixture(scope="module")
def bad_tables(tmp_path_factory: pytest.TempPathFactory) -> Called:
    """One run over a shop for each of the tables."""
    market = copied(tmp_path_factory.mktemp("tables") / "market")
    for index, (old, new, _, _) in enumerate(SHOP_TABLES):
        shutil.copytree(market.folder / "lazada-vn", market.folder / f"shop-{index}")
        market.sub(f"shop-{index}/listings.csv", old, new)
        market.with_shop(f"  - name: shop-{index}\n    channel: file\n    path: shop-{index}/\n")
    return market.diff()


@pytest.mark.parametrize("index", range(len(SHOP_TABLES)))
def test_a_shops_table(bad_tables: Called, index: int) -> None:
    _, _, place, words = SHOP_TABLES[index]
    the_shop_is_told_and_the_other_reported(
        bad_tables, f"shop-{index}/listings.csv{place}", words, name=f"shop-{index}"
    )


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        (STOCK, "LAMP-OAK,30", ",30", (f"{STOCK}:4:1: sku: is empty",)),
        (STOCK, "LAMP-OAK,30", "LAMP-OAK,30\nLAMP-OAK,31", (f"{STOCK}:5:1: sku: ", "there twice, first in line 4")),
        (STOCK, "LAMP-OAK,30", "LAMP-OAK,1.0", (f"{STOCK}:4:10: available: ", "write 1")),
        (STOCK, "LAMP-OAK,30", "LAMP-OAK,1,000", (f"{STOCK}:4:10: available: the row has 3 cells", "Write 1000")),
        (MOVEMENTS, "2026-11-11T08:00", "2026-02-31T08:00", (f"{MOVEMENTS}:2:13: at: ", "2026-02 has 28 days")),
        (MOVEMENTS, "2026-11-11T08:00:00+07:00", "11/11/2026", (f"{MOVEMENTS}:2:13: at: ", "is not a time")),
        (MOVEMENTS, "\n2,", "\n1,", (f"{MOVEMENTS}:3:1: id: ", "there twice")),
        ("ledger/listings.csv", "TEA-GIFT,1", "TEA-GIFT,0", ("ledger/listings.csv:2:35: units: ", "too small")),
    ],
)
def test_a_ledgers_table(market: Market, path: str, old: str, new: str, words: tuple[str, ...]) -> None:
    the_ledger_is_told(market.sub(path, old, new).diff(), *words)


def test_a_time_without_offset_needs_a_zone(market: Market) -> None:
    """With ledger.yaml's zone it is understood; without one nobody knows which time it is."""
    market.sub(MOVEMENTS, "2026-11-11T08:00:00+07:00", "2026-11-11T08:00:00")
    assert market.diff().code == 10
    market.sub("ledger/ledger.yaml", "zone: Asia/Ho_Chi_Minh\n", "")
    the_ledger_is_told(market.diff(), f"{MOVEMENTS}:2:13: at: ", "no offset", "set zone in ledger.yaml")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace(b",", b";"), (f"{STOCK}:1:4: columns are separated by ';'", "commas")),
        (lambda text: text.replace(b",", b"\t"), (f"{STOCK}:1:4: columns are separated by tabs", "commas")),
        (lambda text: text.decode().encode("utf-16"), (f"{STOCK}: is UTF-16", "save the file as CSV UTF-8")),
        (lambda text: b"", (f"{STOCK}: is empty", "sku,available")),
        (lambda text: b"PK\x03\x04" + text, (f"{STOCK}: is a spreadsheet", "CSV UTF-8")),
    ],
)
def test_a_file_of_another_kind(market: Market, change: Callable[[bytes], bytes], words: tuple[str, ...]) -> None:
    the_ledger_is_told(market.write(STOCK, change((market.folder / STOCK).read_bytes())).diff(), *words)


def test_a_byte_order_mark_is_nothing(market: Market) -> None:
    for path in (STOCK, LISTINGS):
        market.write(path, b"\xef\xbb\xbf" + (market.folder / path).read_bytes())
    assert (market.diff().code, market.diff().err) == (10, "")


def test_faults_of_the_ledger_and_of_shops_are_told_in_one_run(market: Market) -> None:
    market.sub(STOCK, "LAMP-OAK,30", "LAMP-OAK,x").sub(LISTINGS, "Oak lamp,50", "Oak lamp,y")
    called = market.sub("shopee-vn/listings.csv", "Oak lamp,30", "Oak lamp,z").diff()
    the_ledger_is_told(called, f"{STOCK}:4:10: ")
    assert "listings.csv:3:27: " in called.shop("lazada-vn")["error"]
    assert "listings.csv:3:25: " in called.shop("shopee-vn")["error"]
    assert [line.split(":")[0] for line in called.err.splitlines()] == ["not read"] * 3


@pytest.mark.parametrize(
    ("gone", "who", "words"),
    [
        ("lazada-vn", "lazada-vn", ("does not exist", "Correct the path")),
        (LISTINGS, "lazada-vn", ("has no listings.csv", "orders.csv, shop.yaml", "Put listings.csv")),
        ("lazada-vn/shop.yaml", "lazada-vn", ("shop.yaml: does not exist", "as_of:")),
        ("ledger", "ledger", ("does not exist", "Correct the path")),
        (STOCK, "ledger", ("has no stock.csv", "Put stock.csv")),
    ],
)
def test_what_is_missing(market: Market, gone: str, who: str, words: tuple[str, ...]) -> None:
    path = market.folder / gone
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    called = market.diff()
    if who == "ledger":
        the_ledger_is_told(called, *words)
    else:
        the_shop_is_told_and_the_other_reported(called, *words)


def test_a_file_that_cannot_be_read(market: Market) -> None:
    """A link that leads to itself: unreadable for whoever runs the tests."""
    path = market.folder / STOCK
    path.unlink()
    path.symlink_to("stock.csv")
    the_ledger_is_told(market.diff(), "ledger/stock.csv: cannot be read", "readable")


def test_a_shops_description(market: Market) -> None:
    market.sub("lazada-vn/shop.yaml", "imitates: lazada", "imitate: lazada\nas_off: 1")
    the_shop_is_told_and_the_other_reported(
        market.diff(), "lazada-vn/shop.yaml:2:1: imitate: ", "did you mean imitates?", "shop.yaml:3:1: as_off"
    )


def as_workbook(folder: Path, name: str) -> None:
    """The folder's CSV files as one workbook, with numbers where a spreadsheet program would have made some."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for path in sorted(folder.glob("*.csv")):
        sheet = book.create_sheet(path.stem)
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                sheet.append([int(cell) if cell.lstrip("-").isdigit() else cell or None for cell in row])
        path.unlink()
    book.save(folder / name)
    book.close()


def test_a_workbook_with_numbers_where_skus_were(market: Market) -> None:
    as_workbook(market.folder / "ledger", "ledger.xlsx")
    as_workbook(market.folder / "lazada-vn", "shop.xlsx")
    called = market.diff()
    the_ledger_is_told(called, "ledger.xlsx, sheet stock:12:1: sku: cell A12: 123 is a number", "as text")
    assert "sheet listings:2:1: item_id: cell A2: 7001 is a number" in called.shop("lazada-vn")["error"]


def test_a_workbook_that_is_cut(market: Market) -> None:
    as_workbook(market.folder / "ledger", "ledger.xlsx")
    path = market.folder / "ledger" / "ledger.xlsx"
    path.write_bytes(path.read_bytes()[:3000])
    the_ledger_is_told(market.diff(), "ledger/ledger.xlsx: is no XLSX workbook", ".xlsx")


def test_nothing_at_all_is_read_well_and_warned_of(market: Market) -> None:
    market.write(STOCK, "sku,available\n").write(LISTINGS, "item_id,variation_id,seller_sku,sellable\n")
    called = market.diff()
    assert called.code == 10
    assert "warning: ledger: it holds no SKU at all" in called.err
    assert "warning: lazada-vn: it shows no listing at all" in called.err


def test_the_table_tells_a_files_fault_too(market: Market) -> None:
    called = market.sub(LISTINGS, "Oak lamp,50", "Oak lamp,1e3").diff(style="table")
    assert called.code == 13
    assert "1 of 2 shops read" in called.out
    assert "lazada-vn/listings.csv:3:27: sellable" in called.out.replace("\n", " ")
    assert "not read: lazada-vn: lazada-vn/listings.csv:3:27: sellable" in called.err
