"""A ledger in a folder: what may be there, what may be missing, and what is said of everything else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import DataFault, ReadFault
from stockrecon.ledgers.files import FileLedger

NOW = datetime(2026, 11, 11, 6, tzinfo=UTC)
STOCK = "sku,available\n00123,40\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ledger"
    made.mkdir()
    return made


def ledger(folder: Path, zone: str | None = None) -> FileLedger:
    return FileLedger(LedgerSettings("file", folder.parent, path=folder, zone=zone))


def refused(folder: Path) -> ReadFault:
    with pytest.raises(ReadFault) as caught:
        ledger(folder).read(folder / "spool", NOW)
    assert caught.value.who == "ledger"
    assert [line.ok for line in ledger(folder).check()] == [False]
    return caught.value


def test_csv_files_stay_where_they_are(folder: Path) -> None:
    """They are handed on under the name that the user knows, to be judged by whoever loads them."""
    (folder / "stock.csv").write_text(STOCK)
    (folder / "pushes.csv").write_text("anything")
    read = ledger(folder, "+07:00").read(folder / "spool", NOW)
    assert set(read.tables) == {"stock", "pushes"}
    stock = read.tables["stock"]
    assert (stock.path, stock.shown) == (str(folder / "stock.csv"), "ledger/stock.csv")
    assert (stock.trusted, stock.zone) == (False, "+07:00")
    assert (read.type, read.as_of, read.zone) == ("file", None, "+07:00")
    assert not (folder / "spool").exists()


@pytest.mark.parametrize(
    ("text", "as_of", "zone"),
    [
        ("as_of: 2026-11-11T19:00+07:00\n", datetime(2026, 11, 11, 12, tzinfo=UTC), "UTC"),
        ("zone: Asia/Tokyo\nas_of: 2026-11-11 21:00:00\n", datetime(2026, 11, 11, 12, tzinfo=UTC), "Asia/Tokyo"),
        ("as_of: '2026-11-11T12:00:00Z'\n", datetime(2026, 11, 11, 12, tzinfo=UTC), "UTC"),
        ("", None, "UTC"),
        ("as_of:\nzone: +09:00\n", None, "+09:00"),
    ],
)
def test_ledger_yaml_tells_time_and_zone(folder: Path, text: str, as_of: datetime | None, zone: str) -> None:
    """Its zone goes before the configuration's, because it travels with the files."""
    (folder / "stock.csv").write_text(STOCK)
    (folder / "ledger.yaml").write_text(text)
    read = ledger(folder, "UTC").read(folder, NOW)
    assert (read.as_of, read.tables["stock"].zone) == (as_of, zone)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("asof: 2026-11-11T19:00+07:00\n", "ledger/ledger.yaml:1:1: asof", "did you mean as_of?"),
        ("zone: UTC\nzone: UTC\n", "ledger/ledger.yaml:2:1: zone", "duplicate"),
        ("as_of: 2026-11-11T19:00\n", "ledger/ledger.yaml:1:8: as_of", "has no offset"),
        ("as_of: 2026-02-31T19:00Z\n", "ledger/ledger.yaml:1:8: as_of", "no such day"),
        ("zone: Asia/HoChiMinh\n", "ledger/ledger.yaml:1:7: zone", "Asia/Ho_Chi_Minh"),
        ("- a\n", "ledger/ledger.yaml:1:1", "keys expected"),
        ("a: [\n", "ledger/ledger.yaml:2:1", "not YAML"),
    ],
)
def test_faults_of_ledger_yaml_have_their_place(folder: Path, text: str, place: str, words: str) -> None:
    """Each with file, line and column."""
    (folder / "stock.csv").write_text(STOCK)
    (folder / "ledger.yaml").write_text(text)
    fault = refused(folder)
    assert isinstance(fault, DataFault)
    assert str(fault.faults[0]).startswith(place)
    assert words in str(fault.faults[0])


def test_all_faults_of_ledger_yaml_at_once(folder: Path) -> None:
    (folder / "stock.csv").write_text(STOCK)
    (folder / "ledger.yaml").write_text("as_off: x\nzone: nowhere\n")
    fault = refused(folder)
    assert isinstance(fault, DataFault)
    assert len(fault.faults) == 2


def test_a_missing_folder(tmp_path: Path) -> None:
    """It is named in full, with the way on."""
    fault = refused(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in fault.what
    assert "configuration" in fault.way_on


def test_a_file_where_a_folder_is_meant(tmp_path: Path) -> None:
    """The folder of the file is what is asked for."""
    (tmp_path / "stock.csv").write_text(STOCK)
    fault = refused(tmp_path / "stock.csv")
    assert "is a file, not a folder" in fault.what
    assert "folder that holds" in fault.way_on


def test_no_stock(folder: Path) -> None:
    """What is there is named, and what was probably meant."""
    (folder / "stocks.csv").write_text(STOCK)
    fault = refused(folder)
    assert "has no stock.csv" in fault.what
    assert "did you mean stocks.csv" in fault.what


def test_a_folder_named_like_a_file(folder: Path) -> None:
    (folder / "stock.csv").mkdir()
    assert "ledger/stock.csv: is a folder, not a file" in refused(folder).what


@pytest.mark.parametrize("name", ["Stock.csv", "STOCK.CSV", "Movements.csv", "Ledger.yaml"])
def test_another_case_is_not_passed_over(folder: Path, name: str) -> None:
    """A table whose name is spelled otherwise would silently be missing."""
    (folder / "stock.csv").write_text(STOCK)
    (folder / name).write_text(STOCK)
    assert f"did you mean {name.lower()}?" in refused(folder).what


def test_a_name_that_is_nearly_right_is_warned_of(folder: Path) -> None:
    """Files that are not read are the user's own, but a near miss is told."""
    (folder / "stock.csv").write_text(STOCK)
    (folder / "movement.csv").write_text("")
    (folder / "notes.txt").write_text("")
    (warning,) = ledger(folder).read(folder, NOW).warnings
    assert "movement.csv" in warning
    assert "movements.csv" in warning


def test_workbook_and_csv_at_once(folder: Path) -> None:
    """Which of the two counts is for the user to say."""
    (folder / "stock.csv").write_text(STOCK)
    (folder / "ledger.xlsx").write_text("")
    assert "both ledger.xlsx and stock.csv" in refused(folder).what


def test_files_are_not_read_twice(folder: Path) -> None:
    assert ledger(folder).reread([]) is None  # type: ignore[func-returns-value]


def test_no_path_is_configured(tmp_path: Path) -> None:
    with pytest.raises(ReadFault):
        FileLedger(LedgerSettings("file", tmp_path)).read(tmp_path, NOW)


def test_the_check_names_faults_in_the_tables(folder: Path) -> None:
    """With line and column, and goes on with the other tables."""
    (folder / "stock.csv").write_text("sku,available\nA,1.5\n")
    (folder / "listings.csv").write_text("shop,item_id,sku\ns,1,A\n")
    lines = ledger(folder).check()
    (wrong,) = [line for line in lines if line.ok is False]
    assert "ledger/stock.csv:2:3" in wrong.text
    assert any(line.ok and line.what == "listings" for line in lines)
    assert {line.what for line in lines if line.ok is None} >= {"movements", "pushes", "clock"}
