"""The base of a little pull: the tables come back as they were, the newest reading wins, damage makes none."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from stockrecon.core.model import ShopName
from stockrecon.errors import OutputFault
from stockrecon.state import Base, State, holds_bases
from stockrecon.state.bases import pack
from tests.state.conftest import NOW, SHOP, at, change, key

BASE = Base(at(0), at(1), at(-60), 3, "VN 77", "terms")
ROWS = 'item_id,variation_id,seller_sku\n1,11,MUG\n2,,"a,\nb"\n'


def packed(folder: Path, text: str = ROWS, name: str = "packed") -> Path:
    (folder / f"{name}.csv").write_text(text, "utf-8")
    return pack({"listings": folder / f"{name}.csv"}, folder / f"{name}.half.zip")


def read(state: State, folder: Path, shop: ShopName = SHOP) -> tuple[Base, str] | None:
    into = folder / f"out-{len(list(folder.iterdir()))}"
    into.mkdir()
    found = state.bases.open(shop, into)
    return None if found is None else (found[0], found[1]["listings"].read_text("utf-8"))


def files(state: State) -> list[str]:
    return sorted(path.name for path in (state.folder / "bases").iterdir())


def test_a_base_comes_back_as_it_was(state: State, tmp_path: Path) -> None:
    """Its times, its terms, and its tables to the byte; in one private file."""
    assert read(state, tmp_path) is None
    assert not holds_bases(state.folder)
    run = state.begin_run("diff", NOW)
    assert state.bases.keep(run, SHOP, BASE, packed(tmp_path))
    assert read(state, tmp_path) == (BASE, ROWS)
    assert holds_bases(state.folder)
    (name,) = files(state)
    assert (state.folder / "bases" / name).stat().st_mode & 0o777 == 0o600


def test_the_newest_reading_is_the_base(state: State, tmp_path: Path) -> None:
    """A run that began earlier and ends later leaves the newer one alone; the file before goes."""
    run = state.begin_run("diff", NOW)
    newer = dataclasses.replace(BASE, as_of=at(5), items=4)
    assert state.bases.keep(run, SHOP, BASE, packed(tmp_path))
    assert state.bases.keep(run, SHOP, newer, packed(tmp_path, ROWS + "3,,x\n"))
    assert not state.bases.keep(run, SHOP, BASE, packed(tmp_path))
    assert read(state, tmp_path) == (newer, ROWS + "3,,x\n")
    assert len(files(state)) == 1


def test_what_is_undone_leaves_the_base_before(state: State, tmp_path: Path) -> None:
    """A run that dies while it is remembered leaves row and file as they were."""
    run = state.begin_run("diff", NOW)
    state.bases.keep(run, SHOP, BASE, packed(tmp_path))
    before = files(state)
    try:
        with state.transaction():
            state.bases.keep(run, SHOP, dataclasses.replace(BASE, as_of=at(5)), packed(tmp_path))
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert files(state) == before
    assert read(state, tmp_path) == (BASE, ROWS)


def test_a_base_can_be_dropped(state: State, tmp_path: Path) -> None:
    """Nobody listens any more: row and file go; another shop's stay."""
    run = state.begin_run("diff", NOW)
    other = ShopName("lazada-vn")
    state.bases.keep(run, SHOP, BASE, packed(tmp_path))
    state.bases.keep(run, other, BASE, packed(tmp_path))
    state.bases.drop(SHOP)
    state.bases.drop(SHOP)
    assert read(state, tmp_path) is None
    assert read(state, tmp_path, other) == (BASE, ROWS)
    assert len(files(state)) == 1


def test_a_base_is_forgotten_with_history(state: State, tmp_path: Path) -> None:
    """That of a shop which nobody reads any more."""
    state.bases.keep(state.begin_run("diff", NOW), SHOP, BASE, packed(tmp_path))
    state.prune(at(-1))
    assert read(state, tmp_path) is not None
    state.prune(at(1))
    assert read(state, tmp_path) is None


def test_a_lost_or_damaged_base_is_none(state: State, tmp_path: Path) -> None:
    """The shop is then read in full; nothing is guessed from half a file."""
    run = state.begin_run("diff", NOW)
    state.bases.keep(run, SHOP, BASE, packed(tmp_path))
    (path,) = (state.folder / "bases").iterdir()
    whole = path.read_bytes()
    for spoiled in (b"", whole[: len(whole) // 2], whole[:40] + b"\0\1\2\3" + whole[44:]):
        path.write_bytes(spoiled)
        assert read(state, tmp_path) is None
    path.unlink()
    assert read(state, tmp_path) is None


def test_a_base_that_cannot_be_unpacked_or_packed_is_a_fault(state: State, tmp_path: Path) -> None:
    """No room to read it into is not the same as none being there; the folder that cannot be written is named."""
    state.bases.keep(state.begin_run("diff", NOW), SHOP, BASE, packed(tmp_path))
    with pytest.raises(OutputFault, match="the base of shopee-vn cannot be unpacked"):
        state.bases.open(SHOP, tmp_path / "packed.csv")
    with pytest.raises(OutputFault, match=r"nowhere/x\.zip: cannot be written: No such file"):
        pack({"listings": tmp_path / "packed.csv"}, tmp_path / "nowhere" / "x.zip")


def test_a_state_that_was_never_made_has_no_base(tmp_path: Path) -> None:
    """Asked before there is a folder at all."""
    assert not holds_bases(tmp_path / "nowhere")


def test_a_file_that_nothing_names_is_swept_up(state: State, tmp_path: Path) -> None:
    """What a killed run left between file and row."""
    run = state.begin_run("diff", NOW)
    state.bases.keep(run, SHOP, BASE, packed(tmp_path))
    packed(tmp_path).rename(state.folder / "bases" / "stray.zip")
    (state.folder / "bases" / "half.half").write_bytes(b"x")
    state.bases = type(state.bases)(state._database, state.folder / "bases")
    assert len(files(state)) == 1
    assert read(state, tmp_path) == (BASE, ROWS)


def test_changes_apart_from_a_snapshot_are_history(state: State) -> None:
    """They have their times, and no reading of the whole shop stands behind them."""
    state.add_changes(SHOP, [change(1, "1", 5), change(3, "1", 4), change(2, "2", None)])
    assert state.newest_since(SHOP, at(0)) == {key("1"): change(3, "1", 4), key("2"): change(2, "2", None)}
    assert state.newest_since(SHOP, at(2)) == {key("1"): change(3, "1", 4)}
    assert state.first_read(SHOP) is None
