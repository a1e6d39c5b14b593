"""The locks of a writing run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.apply.session import opened
from stockrecon.channels.base import Surroundings
from stockrecon.config import load
from stockrecon.errors import LockHeld
from stockrecon.state import FileTokenStore

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONFIG = """
ledger: {type: file, path: ledger/}
shops:
  - {name: one, channel: file, path: one/}
state: state/
"""


def around(folder: Path) -> Surroundings:
    return Surroundings(lambda: NOW, lambda seconds: None, FileTokenStore(folder / "tokens"))


@pytest.mark.parametrize("name", ["one", "ledger"])
def test_a_run_that_lost_a_lock_writes_nothing_more(tmp_path: Path, name: str) -> None:
    """The shop's or the ledger's: where its file was taken away, another run may be under way."""
    (tmp_path / "config.yaml").write_text(CONFIG, "utf-8")
    settings = load(tmp_path / "config.yaml", {})
    with opened(settings, around(tmp_path), holder="here") as applying:
        applying.held.check()
        (lock,) = (tmp_path / "state").rglob(f"*{name}*.lock")
        lock.unlink()
        with pytest.raises(LockHeld, match="was deleted or replaced"):
            applying.held.check()


def test_another_run_has_the_ledger(tmp_path: Path) -> None:
    """A run over other shops that holds the ledger leaves this one its shops, and is named where it would correct."""
    (tmp_path / "config.yaml").write_text(CONFIG, "utf-8")
    other = CONFIG.replace("one", "two")
    (tmp_path / "other.yaml").write_text(other, "utf-8")
    with opened(load(tmp_path / "other.yaml", {}), around(tmp_path), holder="the other") as first:
        assert first.elsewhere == ""
        with opened(load(tmp_path / "config.yaml", {}), around(tmp_path), holder="here") as second:
            assert "the other" in second.elsewhere
            second.held.check()
        same = load(tmp_path / "other.yaml", {})
        with pytest.raises(LockHeld), opened(same, around(tmp_path), holder="again"):
            pass
