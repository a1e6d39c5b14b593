"""What is kept of the ledger: whole, the newest, and each run's own while it reads."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from stockrecon.core.sources import BlockSum, ToKeep
from stockrecon.errors import OutputFault
from stockrecon.state import State, holds_kept
from tests.state.conftest import NOW, at

BLOCKS = {7: BlockSum(3, -2, "123"), -9: BlockSum(1, 10**20, "5:6")}
TOLD = ToKeep(at(-60), "terms", BLOCKS)


def table(folder: Path, content: bytes = b"rows") -> Path:
    path = folder / "new.parquet"
    path.write_bytes(content)
    return path


def test_what_is_kept_comes_back(state: State, tmp_path: Path) -> None:
    """In both databases: times, terms, every block's sums, and the file's content under a name of the run's own."""
    assert state.kept.open(tmp_path) == {}
    assert not holds_kept(state.folder)
    assert state.kept.keep("r1", "movements", NOW, TOLD, table(tmp_path))
    assert holds_kept(state.folder)
    (one,) = state.kept.open(tmp_path).values()
    assert (one.as_of, one.full_at, one.terms, dict(one.blocks)) == (NOW, at(-60), "terms", BLOCKS)
    assert Path(one.path).read_bytes() == b"rows"
    assert Path(one.path).parent == tmp_path


def test_the_newest_stays(state: State, tmp_path: Path) -> None:
    """A run that read earlier does not replace it; what a newer one replaces can still be read by who opened it."""
    state.kept.keep("r1", "stock", NOW, TOLD, table(tmp_path))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    before = state.kept.open(tmp_path / "a")["stock"]
    assert not state.kept.keep("r2", "stock", NOW, TOLD, table(tmp_path, b"same"))
    assert state.kept.keep("r3", "stock", at(1), ToKeep(at(1), "t", {1: BLOCKS[7]}), table(tmp_path, b"newer"))
    after = state.kept.open(tmp_path / "b")["stock"]
    assert Path(before.path).read_bytes() == b"rows"
    assert (Path(after.path).read_bytes(), dict(after.blocks)) == (b"newer", {1: BLOCKS[7]})
    assert len(list((state.folder / "kept").iterdir())) == 1


@pytest.mark.parametrize("damage", [b"rowz", b"row", None])
def test_a_file_that_is_damaged_or_gone_is_not_given(state: State, tmp_path: Path, damage: bytes | None) -> None:
    """The ledger is read in full then, and nothing else happens."""
    state.kept.keep("r1", "stock", NOW, TOLD, table(tmp_path))
    (path,) = (state.folder / "kept").iterdir()
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)
    assert state.kept.open(tmp_path) == {}


def test_a_disk_without_links_takes_a_copy(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the run's own folder is on another disk, too; one that is full is told with the file's name."""

    def refused(number: int) -> object:
        def refuse(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        return refuse

    state.kept.keep("r1", "stock", NOW, TOLD, table(tmp_path))
    monkeypatch.setattr(os, "link", refused(errno.EXDEV))
    (tmp_path / "own").mkdir()
    assert Path(state.kept.open(tmp_path / "own")["stock"].path).read_bytes() == b"rows"
    monkeypatch.setattr(shutil, "copyfile", refused(errno.ENOSPC))
    with pytest.raises(OutputFault, match=r"own/.*: cannot be written: No space left on device"):
        state.kept.open(tmp_path / "own")


def test_a_file_that_cannot_be_read_is_not_kept(state: State, tmp_path: Path) -> None:
    """It is told with its name, and what was kept before stays."""
    state.kept.keep("r1", "stock", NOW, TOLD, table(tmp_path))
    with pytest.raises(OutputFault, match=r"gone\.parquet: cannot be read: No such file or directory"):
        state.kept.keep("r2", "stock", at(1), TOLD, tmp_path / "gone.parquet")
    assert state.kept.open(tmp_path)["stock"].as_of == NOW
