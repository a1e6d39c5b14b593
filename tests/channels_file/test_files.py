"""A shop in a folder: shop.yaml, its tables, and what the channel says that it can and cannot do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from openpyxl import Workbook

from stockrecon.channels.base import CheckLine, PullRequest, ShopSettings, Surroundings
from stockrecon.channels.capabilities import CHANNELS, imitated
from stockrecon.channels.files import FileChannel
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.tables import SHOP_TABLES
from stockrecon.errors import DataFault, ReadFault
from stockrecon.spool.strict import read_rows

AS_OF = datetime(2026, 11, 11, 12, tzinfo=UTC)
YAML = "as_of: 2026-11-11T19:00:00+07:00\nimitates: shopee\nzone: Asia/Ho_Chi_Minh\ncomplete: true\n"
LISTINGS = "item_id,variation_id,seller_sku,sellable\n1,,00123,40\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shopee-vn"
    made.mkdir()
    (made / "shop.yaml").write_text(YAML)
    (made / "listings.csv").write_text(LISTINGS)
    return made


def channel(folder: Path | None) -> FileChannel:
    settings = ShopSettings(ShopName("vn"), "file", cast(ShopPolicy, None), path=folder)
    return FileChannel(settings, cast(Surroundings, None))


def request(folder: Path) -> PullRequest:
    return PullRequest(folder / "spool", AS_OF, cast(Policy, None))


def refused(folder: Path) -> ReadFault:
    with pytest.raises(ReadFault) as caught:
        channel(folder).pull(request(folder))
    assert caught.value.who == "vn"
    return caught.value


def wrong(lines: list[CheckLine]) -> list[CheckLine]:
    return [line for line in lines if line.ok is False]


def test_a_folder_is_pulled_where_it_is(folder: Path) -> None:
    """Its tables are handed on untrusted, with the shop's zone, under the names that the user knows."""
    (folder / "orders.csv").write_text("anything")
    pulled = channel(folder).pull(request(folder))
    assert (pulled.shop, pulled.channel, pulled.as_of, pulled.complete) == ("vn", "file", AS_OF, True)
    assert (pulled.zone, pulled.requests, pulled.reason) == ("Asia/Ho_Chi_Minh", 0, "")
    assert set(pulled.tables) == {"listings", "orders"}
    file = pulled.tables["listings"]
    assert (file.path, file.shown) == (str(folder / "listings.csv"), "shopee-vn/listings.csv")
    assert (file.trusted, file.zone) == (False, "Asia/Ho_Chi_Minh")


@pytest.mark.parametrize("name", CHANNELS)
def test_it_imitates_a_channel(folder: Path, name: str) -> None:
    """The imitated channel's rules hold, but nothing is written to it."""
    (folder / "shop.yaml").write_text(f"as_of: 2026-11-11T12:00:00Z\nimitates: {name}\n")
    made = channel(folder)
    assert made.capabilities == made.pull(request(folder)).capabilities == imitated(name)


def test_it_imitates_nobody(folder: Path) -> None:
    """Without `imitates` it is a shop of no channel; without a zone it shows UTC and places no naive time."""
    (folder / "shop.yaml").write_text("as_of: 2026-11-11T12:00:00Z\n")
    pulled = channel(folder).pull(request(folder))
    assert pulled.capabilities == imitated("file")
    assert (pulled.zone, pulled.tables["listings"].zone) == ("UTC", None)


def test_an_incomplete_export_says_so(folder: Path) -> None:
    """What is not complete proves nothing about what is missing."""
    (folder / "shop.yaml").write_text("as_of: 2026-11-11T12:00:00Z\ncomplete: false\n")
    pulled = channel(folder).pull(request(folder))
    assert not pulled.complete
    assert "shopee-vn/shop.yaml" in pulled.reason


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("zone: UTC\n", "shopee-vn/shop.yaml:1:1: as_of", "missing"),
        ("as_of:\n", "shopee-vn/shop.yaml:1:1: as_of", "has no value"),
        ("", "shopee-vn/shop.yaml:1:1: as_of", "missing"),
        ("as_of: 2026-11-11T19:00\n", "shopee-vn/shop.yaml:1:8: as_of", "has no offset"),
        ("as_of: yesterday\n", "shopee-vn/shop.yaml:1:8: as_of", "is not a time"),
        ("as_of: 2026-11-11T12:00Z\nimitates: shoppee\n", "shopee-vn/shop.yaml:2:11: imitates", "shopee"),
        ("as_of: 2026-11-11T12:00Z\ncomplete: maybe\n", "shopee-vn/shop.yaml:2:11: complete", "true or false"),
        ("as_of: 2026-11-11T12:00Z\nimitate: shopee\n", "shopee-vn/shop.yaml:2:1: imitate", "imitates"),
        ("as_of: 2026-11-11T12:00Z\nas_of: 2026-11-11T12:00Z\n", "shopee-vn/shop.yaml:2:1: as_of", "duplicate"),
        ("as_of: 2026-11-11T12:00Z\nzone: Mars\n", "shopee-vn/shop.yaml:2:7: zone", "no time zone"),
        ("\tas_of: x\n", "shopee-vn/shop.yaml:1:1", "not YAML"),
    ],
)
def test_faults_of_shop_yaml_have_their_place(folder: Path, text: str, place: str, words: str) -> None:
    """Each with file, line and column; and the shop, so that the others are still done."""
    (folder / "shop.yaml").write_text(text)
    fault = refused(folder)
    assert isinstance(fault, DataFault)
    assert str(fault.faults[0]).startswith(place)
    assert words in str(fault.faults[0])
    assert len(wrong(list(channel(folder).check()))) == 1


def test_without_shop_yaml(folder: Path) -> None:
    """When the files were exported is nothing that can be guessed."""
    (folder / "shop.yaml").rename(folder / "Shop.yml")
    fault = refused(folder)
    assert "shop.yaml: does not exist" in fault.what
    assert "did you mean shop.yaml?" in fault.what
    assert "as_of" in fault.way_on


def test_without_listings(folder: Path) -> None:
    """What is there is named."""
    (folder / "listings.csv").unlink()
    fault = refused(folder)
    assert "has no listings.csv" in fault.what
    assert "shop.yaml" in fault.what


def test_a_missing_folder(tmp_path: Path) -> None:
    """A shop whose folder is missing can still be made, and then says so."""
    fault = refused(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in fault.what


def test_no_path() -> None:
    """So can one without a path."""
    assert [line.ok for line in channel(None).check()] == [False]


def test_the_check_tells_what_the_shop_can(folder: Path) -> None:
    """Tables that are missing and what cannot be explained without them; the rules; and that nothing is written."""
    lines = list(channel(folder).check())
    told = {line.what: line.text for line in lines}
    assert not wrong(lines)
    assert {"campaigns", "orders", "history"} <= set(told)
    assert "shopee" in told["rules"]
    assert "updates.csv" in told["writes"]


def test_the_check_names_faults_in_the_tables(folder: Path) -> None:
    """With line and column."""
    (folder / "listings.csv").write_text("item_id,seller_sku,sellable\n1,A,-2\n")
    (line,) = wrong(list(channel(folder).check()))
    assert "shopee-vn/listings.csv:2:5: sellable" in line.text


def test_a_workbook_in_place_of_the_tables(folder: Path) -> None:
    """shop.xlsx may hold the tables as sheets; they are spooled, and judged on the way."""
    (folder / "listings.csv").unlink()
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "listings"
    sheet.append(["item_id", "seller_sku", "sellable", "state"])
    sheet.append(["0001", "00123", 40, "ok"])
    book.save(folder / "shop.xlsx")
    pulled = channel(folder).pull(request(folder))
    (row,) = read_rows(pulled.tables["listings"], SHOP_TABLES["listings"], "vn")
    assert (row["item_id"], row["sellable"]) == ("0001", "40")
    assert pulled.tables["listings"].trusted
    assert not wrong(list(channel(folder).check()))
    sheet.append([34001, "A", 1, "okay"])
    book.save(folder / "shop.xlsx")
    fault = refused(folder)
    assert isinstance(fault, DataFault)
    assert [one.path for one in fault.faults] == ["item_id", "state"]


def test_files_are_not_read_twice(folder: Path) -> None:
    """The settle pass has nothing to read."""
    made = channel(folder)
    assert made.reread([]) is None  # type: ignore[func-returns-value]
    made.close()
