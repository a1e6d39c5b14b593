"""What a spreadsheet makes of a ledger, and what is said of it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from stockrecon.core.settings import LedgerSettings
from stockrecon.core.tables import STOCK
from stockrecon.errors import DataFault, ReadFault
from stockrecon.ledgers.files import FileLedger
from stockrecon.spool import workbook
from tests.ledgers.content import rows_of

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
HEAD = ("sku", "available", "updated_at")
Rows = Sequence[Sequence[object]]
Save = Callable[..., FileLedger]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Saves a workbook and gives the ledger that it is."""

    def make(rows: Rows, zone: str | None = None, **others: Rows) -> FileLedger:
        book = Workbook()
        book.remove(book.worksheets[0])
        for name, lines in {"stock": rows, **others}.items():
            sheet = book.create_sheet(name)
            for line in lines:
                sheet.append(list(line))
        book.save(tmp_path / "book.xlsx")
        return FileLedger(LedgerSettings("file", tmp_path, path=tmp_path / "book.xlsx", zone=zone))

    return make


def read(ledger: FileLedger) -> list[dict[str, str]]:
    return rows_of(ledger.read(ledger.settings.folder / "spool", NOW))["stock"]


def faults(ledger: FileLedger) -> list[str]:
    with pytest.raises(DataFault) as caught:
        read(ledger)
    assert caught.value.way_on
    return [str(fault) for fault in caught.value.faults]


def refused(ledger: FileLedger) -> ReadFault:
    with pytest.raises(ReadFault) as caught:
        read(ledger)
    assert caught.value.way_on
    return caught.value


def test_text_and_whole_numbers(save: Save) -> None:
    """Text is exact, 3.0 stored as a number is three, empty rows are nothing."""
    ledger = save([HEAD, ("00123", 40), (None, None), ("1e3", 3.0), ("A", "-7"), (None, "", None)])
    assert [(row["sku"], row["available"]) for row in read(ledger)] == [("00123", "40"), ("1e3", "3"), ("A", "-7")]


def test_numbers_where_skus_were(save: Save) -> None:
    """The fault names sheet, row and column, and says what the spreadsheet did."""
    (told,) = faults(save([HEAD, ("A", 1), (123, 2)]))
    assert told.startswith("book.xlsx, sheet stock:3:1: sku: cell A3: 123 is a number")
    assert "leading zeros" in told
    assert "as text" in told


def test_numbers_where_ids_were(save: Save) -> None:
    """So for item ids and orders; a movement's own id may be a number."""
    moves = [("id", "sku", "at", "quantity", "kind", "order_id"), (7, "A", "2026-11-11T05:00:00Z", 1, "order", 8)]
    listings = [("shop", "item_id", "sku"), ("s", 34001.0, "A")]
    told = faults(save([HEAD], movements=moves, listings=listings))
    assert [one.split(": ")[1] for one in told] == ["order_id", "item_id"]
    assert "34001 is a number" in told[1]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3.5, "3.5 is not a whole number"),
        (None, "is empty"),
        (True, "truth value"),
        ("1,000", "thousands separator"),
        (1e300, "too large"),
        (date(2026, 11, 11), "whole number is expected"),
        ("#N/A", "holds the error #N/A"),
        ("=1/0", "formula whose result is not stored"),
    ],
)
def test_quantities_that_are_none(save: Save, value: object, words: str) -> None:
    """Each is told with its cell."""
    (told,) = faults(save([HEAD, ("A", value)]))
    assert told.startswith("book.xlsx, sheet stock:2:2: available: cell B2: ")
    assert words in told


def test_dates_need_a_zone(save: Save) -> None:
    """A spreadsheet's time has no offset: it is placed by the zone, or told once without one."""
    rows = [HEAD, ("A", 1, datetime.fromisoformat("2026-11-11T12:00:01")), ("B", 1, date(2026, 11, 11))]
    (told,) = faults(save(rows))
    assert "cell C2" in told
    assert "zone" in told
    got = read(save(rows, zone="Asia/Ho_Chi_Minh"))
    assert [row["updated_at"] for row in got] == ["2026-11-11T05:00:01Z", "2026-11-10T17:00:00Z"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (45000.5, "holds a number where a time is expected"),
        (time(12, 0), "time of day without a date"),
        ("11/11/2026 12:00", "is not a time"),
    ],
)
def test_times_that_are_none(save: Save, value: object, words: str) -> None:
    (told,) = faults(save([HEAD, ("A", 1, value)], zone="UTC"))
    assert words in told


def test_a_time_may_be_text_with_its_offset(save: Save) -> None:
    assert read(save([HEAD, ("A", 1, "2026-11-11T12:00:00+07:00")]))[0]["updated_at"] == "2026-11-11T05:00:00Z"


def test_the_same_sku_twice(save: Save) -> None:
    """Both rows are named."""
    (told,) = faults(save([HEAD, ("A", 1), ("a", 1), ("A", 2)]))
    assert "'A' is there twice, first in row 2" in told
    assert "stock:4" in told


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("Stock of Monday", None), HEAD, ("A", 1)], "the first row has to hold the columns' names"),
        ([], "no text"),
        ([("sku", "availible"), ("A", 1)], "did you mean 'available'?"),
        ([("sku", "available", "sku"), ("A", 1, "A")], "twice (first in A)"),
        ([("sku", 7), ("A", 1)], "available: the column is missing"),
    ],
)
def test_heads_that_are_none(save: Save, rows: Rows, words: str) -> None:
    """A title, a merged cell or a misspelled name is told before the rows are judged."""
    assert any(words in one for one in faults(save(rows)))


def test_other_columns_and_sheets_are_left_alone(save: Save) -> None:
    """What the contract does not name is the user's own."""
    ledger = save([("remark", "sku", None, "available"), ("x", "A", "y", 1)], Sheet2=[("anything", 1.5)])
    assert read(ledger)[0]["sku"] == "A"


def test_sheets_of_another_case(save: Save) -> None:
    """A sheet that would silently be left out is told."""
    assert "did you mean movements?" in faults(save([HEAD], Movements=[("id",)]))[0]


def test_no_stock_sheet(tmp_path: Path) -> None:
    """The sheets that are there are named."""
    Workbook().save(tmp_path / "book.xlsx")
    ledger = FileLedger(LedgerSettings("file", tmp_path, path=tmp_path / "book.xlsx"))
    assert "has no sheet stock" in refused(ledger).what
    assert "its sheets: Sheet" in refused(ledger).what


def test_all_faults_but_no_more_than_a_hundred(save: Save) -> None:
    """Faults of all sheets are collected, up to the limit."""
    assert len(faults(save([HEAD, *((number, 1.5) for number in range(30))]))) == 60
    assert len(faults(save([HEAD, *((number, 1.5) for number in range(300))]))) == 100


def test_a_workbook_without_dimensions_and_styles(save: Save) -> None:
    """Programs write wrong sizes into sheets; rows count, not what is said of them."""
    ledger = save([HEAD, ("A", 1), ("B", 2)])
    path = ledger.settings.path
    assert path is not None
    rewrite(path, "xl/worksheets/sheet1.xml", lambda text: text.replace("A1:C3", "A1:A1"))
    assert len(read(ledger)) == 2


def rewrite(path: Path, name: str, change: Callable[[str], str]) -> None:
    """Changes one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    parts[name] = change(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, data in parts.items():
            archive.writestr(one, data)


def test_bombs_are_refused(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than the limit is not unpacked."""
    ledger = save([HEAD, ("A", 1)])
    monkeypatch.setattr(workbook, "MOST_BYTES", 1000)
    assert "the limit is 1,000" in refused(ledger).what


def test_entities_are_refused(save: Save) -> None:
    """A document type with entities (the billion laughs) is damage, not a table."""
    ledger = save([HEAD, ("A", 1)])
    path = ledger.settings.path
    assert path is not None
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    rewrite(path, "xl/worksheets/sheet1.xml", lambda text: bomb + text[text.find("<worksheet") :])
    assert "damaged" in refused(ledger).what


@pytest.mark.parametrize("data", [b"", b"sku,available\nA,1\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100])
def test_what_is_no_workbook(tmp_path: Path, data: bytes) -> None:
    """Text, an old .xls or a protected workbook under this name."""
    (tmp_path / "book.xlsx").write_bytes(data)
    assert (
        "is no XLSX workbook" in refused(FileLedger(LedgerSettings("file", tmp_path, path=tmp_path / "book.xlsx"))).what
    )


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_damaged_workbooks(save: Save, part: str) -> None:
    """A part that is cut off is damage, without a traceback."""
    ledger = save([HEAD, ("A", 1)])
    path = ledger.settings.path
    assert path is not None
    rewrite(path, part, lambda text: text[: len(text) // 2])
    assert "damaged" in refused(ledger).what


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("letter.txt", "dear")
    ledger = FileLedger(LedgerSettings("file", tmp_path, path=tmp_path / "book.xlsx"))
    assert "damaged" in refused(ledger).what
    assert [line.ok for line in ledger.check()] == [False]


def test_a_workbook_that_is_not_there(tmp_path: Path) -> None:
    assert "does not exist" in refused(FileLedger(LedgerSettings("file", tmp_path, path=tmp_path / "no.xlsx"))).what


def test_without_the_extra(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that is missing is named."""
    ledger = save([HEAD, ("A", 1)])
    monkeypatch.setitem(__import__("sys").modules, "defusedxml", None)
    assert "stockrecon[xlsx]" in refused(ledger).way_on


def test_formulas_with_their_results(save: Save) -> None:
    """A formula counts with the result that the spreadsheet stored."""
    ledger = save([HEAD, ("A", "=20*2"), ("B", 2)])
    path = ledger.settings.path
    assert path is not None
    rewrite(path, "xl/worksheets/sheet1.xml", lambda text: re.sub("<v ?/>|<v></v>", "<v>40</v>", text))
    assert [row["available"] for row in read(ledger)] == ["40", "2"]


def test_the_columns_are_the_contracts() -> None:
    """The head of these tests is the contract's."""
    assert STOCK.names == HEAD
