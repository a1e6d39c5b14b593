"""The snapshot of a shop and what has changed since."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stockrecon.catalogue.history import Change, Shown
from stockrecon.core.model import ListingKey, ShopName
from stockrecon.errors import OutputFault
from tests.catalogue.build import NOW, Market, Row, Shop, listing, opened

NORTH = ShopName("north")


def changes(folder: Path, listings: list[Row], previous: Path | None, save: Path | None = None) -> list[Change]:
    with opened(Market(shops=[Shop("north", listings), Shop("south", [listing("1", "A", 77)])]), folder) as catalogue:
        if save is not None:
            catalogue.save_snapshot(NORTH, save)
        return list(catalogue.changes(NORTH, previous))


def test_changes_since_the_last_snapshot(tmp_path: Path) -> None:
    """Numbers that differ, new listings and gone ones; what stayed, and other shops, are not among them."""
    last = tmp_path / "last's [1].parquet"
    before = [listing("1", "A", 1), listing("2", "A", 2, variation_id="x"), listing("3", "A", 3), listing("4", "A", 4)]
    after = [listing("1", "B", 1), listing("2", "A", 2, variation_id="x", campaign=1), listing("5", "A", 5)]
    assert changes(tmp_path, before, None, last) == []
    assert stat.S_IMODE(last.stat().st_mode) == 0o600
    assert changes(tmp_path, before, last) == []
    assert changes(tmp_path, [*after, listing("4", "A", 4, state="deleted")], last) == [
        Change(ListingKey(NORTH, "2", "x"), Shown(2, 0, 0), Shown(2, 1, 0)),
        Change(ListingKey(NORTH, "3"), Shown(3, 0, 0), None),
        Change(ListingKey(NORTH, "4"), Shown(4, 0, 0), None),
        Change(ListingKey(NORTH, "5"), None, Shown(5, 0, 0)),
    ]


def test_the_same_numbers_give_the_same_bytes(tmp_path: Path) -> None:
    """However the rows came in."""
    rows = [listing(str(number), "A", number) for number in range(50)]
    changes(tmp_path, rows, None, tmp_path / "a")
    changes(tmp_path, rows[::-1], None, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("content", [None, b"", b"no parquet at all"])
def test_a_snapshot_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    """Gone or damaged: the words name the file and the way on."""
    last = tmp_path / "last.parquet"
    if content is not None:
        last.write_bytes(content)
    with pytest.raises(OutputFault, match=r"last\.parquet: the last snapshot cannot be read"):
        changes(tmp_path, [], last)
    with opened(Market(shops=[Shop("north")]), tmp_path) as catalogue, pytest.raises(OutputFault):
        catalogue.load_previous(NORTH, last, NOW)


def test_a_snapshot_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder in its place."""
    (tmp_path / "last.parquet").mkdir()
    with pytest.raises(OutputFault, match="cannot be written"):
        changes(tmp_path, [], None, tmp_path / "last.parquet")
