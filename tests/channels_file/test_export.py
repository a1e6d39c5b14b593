"""The file for upload of a shop in files, and what the shop shows once somebody has uploaded it."""

from __future__ import annotations

import csv
import errno
import os
import stat
from pathlib import Path

import pytest
from openpyxl import Workbook

from stockrecon.channels.base import Answered, Exporting, StockWrite, Upload
from stockrecon.core.model import Fulfilment, Listing, ListingKey, ListingState, ShopName
from stockrecon.errors import DataFault, OutputFault, ReadFault
from tests.channels_file.test_files import AS_OF, YAML, channel, request

VN = ShopName("vn")
HEADER = "item_id,variation_id,seller_sku,quantity\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shopee-vn"
    made.mkdir()
    (made / "shop.yaml").write_text(YAML)
    (made / "listings.csv").write_text("item_id,variation_id,seller_sku,sellable,campaign\n1,,00123,40,8\n2,7,B,1,\n")
    return made


def rows(*made: tuple[str, str, str, int]) -> list[Upload]:
    return [Upload(ListingKey(VN, item, variation), sku, quantity) for item, variation, sku, quantity in made]


def test_a_shop_in_files_exports(folder: Path) -> None:
    """It is known by its protocol, and writes are said to be impossible."""
    made = channel(folder)
    assert isinstance(made, Exporting)
    assert made.capabilities.writes is False
    listing = Listing(ListingKey(VN, "1"), "00123", 40, 0, 0, 0)
    write = StockWrite(listing.key, 40, listing)
    assert (made.batches([]), made.batches([write])) == ([], [(write,)])
    answer = made.write([write])[listing.key]
    assert answer.answered is Answered.NOT_SENT
    assert "updates.csv" in answer.text
    assert {path.name for path in folder.iterdir()} == {"shop.yaml", "listings.csv"}


def test_the_file_for_upload(folder: Path) -> None:
    """Its rows in the given order, cells exactly as they are, readable for others."""
    before = os.umask(0o022)
    try:
        path = channel(folder).export(
            rows(("1", "", "00123", 40), ("2", "7", "=cmd|' /C calc'!A0", 0), ("3", "", 'a,"đ"\r', 5))
        )
    finally:
        os.umask(before)
    assert path == folder / "updates.csv"
    assert path.read_bytes().startswith(HEADER.encode() + b"1,,00123,40\n2,7,=cmd|' /C calc'!A0,0\n")
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[3] == ["3", "", 'a,"đ"\r', "5"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert {one.name for one in folder.iterdir()} == {"shop.yaml", "listings.csv", "updates.csv"}


def test_without_rows_an_earlier_file_is_emptied(folder: Path) -> None:
    """What was meant for an earlier stock is not uploaded by mistake."""
    channel(folder).export(rows(("1", "", "00123", 40)))
    assert channel(folder).export([]).read_text() == HEADER


def test_it_does_not_disturb_reading(folder: Path) -> None:
    """updates.csv is taken for none of the shop's tables."""
    channel(folder).export(rows(("1", "", "00123", 40)))
    pulled = channel(folder).pull(request(folder))
    assert (set(pulled.tables), pulled.warnings) == ({"listings"}, ())


def test_a_link_stays_a_link(folder: Path, tmp_path: Path) -> None:
    """A seller may have it written to where the upload looks for it."""
    (folder / "updates.csv").symlink_to(tmp_path / "upload.csv")
    channel(folder).export([])
    assert (folder / "updates.csv").is_symlink()
    assert (tmp_path / "upload.csv").read_text() == HEADER


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_a_disk_that_does_not_take_it(folder: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The earlier file stays as it was, and nothing else is left."""
    channel(folder).export(rows(("1", "", "00123", 40)))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OutputFault, match=r"updates\.csv cannot be written: No space left on device"):
        channel(folder).export([])
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_place_for_it(tmp_path: Path) -> None:
    """A missing path or folder is told."""
    with pytest.raises(OutputFault, match="no path is configured"):
        channel(None).export([])
    with pytest.raises(OutputFault, match="cannot be written"):
        channel(tmp_path / "nowhere").export([])


def test_what_the_shop_shows(folder: Path) -> None:
    """The snapshot's time and the listings that were asked for; those that it lacks are left out."""
    keys = [ListingKey(VN, "1"), ListingKey(VN, "2", "7"), ListingKey(VN, "2"), ListingKey(ShopName("other"), "1")]
    as_of, shown = channel(folder).shown(keys)
    assert as_of == AS_OF
    assert set(shown) == set(keys[:2])
    assert (shown[keys[0]].exposed, shown[keys[0]].seller_sku, shown[keys[1]].exposed) == (48, "00123", 1)
    assert channel(folder).shown([]) == (AS_OF, {})


def test_a_listing_is_shown_whole(folder: Path) -> None:
    """State, message and all numbers."""
    (folder / "listings.csv").write_text(
        "item_id,seller_sku,title,sellable,campaign,withheld,committed,state,message,fulfilment\n"
        "1,A,A shirt,1,2,3,4,banned,no brand,platform\n"
    )
    key = ListingKey(VN, "1")
    _, shown = channel(folder).shown([key])
    assert shown[key] == Listing(
        key, "A", 1, 2, 3, 4, ListingState.BANNED, "no brand", "A shirt", Fulfilment.PLATFORM, False
    )


def test_a_workbook_shows_as_well(folder: Path) -> None:
    """The file for upload is CSV also there."""
    (folder / "listings.csv").unlink()
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "listings"
    sheet.append(["item_id", "seller_sku", "sellable"])
    sheet.append(["0001", "00123", 40])
    book.save(folder / "shop.xlsx")
    key = ListingKey(VN, "0001")
    assert channel(folder).shown([key])[1][key].exposed == 40
    assert channel(folder).export([]).name == "updates.csv"
    assert channel(folder).pull(request(folder)).warnings == ()


def test_a_shop_that_cannot_be_read(folder: Path) -> None:
    """Faults of its files are told as in any reading."""
    (folder / "listings.csv").write_text("item_id,seller_sku,sellable\n1,A,x\n")
    with pytest.raises(DataFault):
        channel(folder).shown([])
    (folder / "shop.yaml").unlink()
    with pytest.raises(ReadFault):
        channel(folder).shown([])
