"""`runs` shows what the state remembers; `check` says who fails, and touches nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon import registry
from stockrecon.channels.base import CheckLine
from stockrecon.errors import AuthFault
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.state import State
from tests.cli.conftest import Called, FakeRun
from tests.reports import samples

Call = Callable[..., Called]


def test_without_a_state_there_are_no_runs_and_none_is_made(call: Call, folder: Path) -> None:
    called = call("runs")
    assert (called.code, called.out) == (0, "")
    assert "No run is recorded yet" in called.err
    assert json.loads(call("runs", "--format", "json").out) == []
    assert not (folder / ".stockrecon").exists()


@pytest.fixture
def recorded(folder: Path) -> str:
    now = iter([*[samples.NOW] * 2, samples.NOW + timedelta(seconds=75), *[samples.NOW] * 9])
    with State.open(folder / ".stockrecon", lambda: next(now)) as state:
        run = state.begin_run("diff", samples.NOW)
        state.end_run(run, 10, {"oversell_units": 8, "by_scenario": {"campaign-returned": {"units": 8}}})
        state.begin_run("sync", samples.NOW)
    return run


def test_runs_are_listed_newest_first_with_how_they_ended(call: Call, recorded: str) -> None:
    lines = call("runs").out.splitlines()
    assert "still running, or it died" in lines[2]
    assert recorded in lines[3]
    assert lines[3].split("  ")[-1].strip() == "10 (differences)"
    assert "1 min 15 s" in lines[3]
    assert len(call("runs", "-n", "1").out.splitlines()) == 3


def test_one_run_is_shown_with_what_it_found(call: Call, recorded: str) -> None:
    shown = call("runs", "show", recorded)
    assert shown.code == 0
    assert "oversell units: 8" in shown.out
    assert "  campaign-returned:\n    units: 8" in shown.out
    assert json.loads(call("runs", "show", recorded, "--format", "json").out)["exit"] == 10
    missing = call("runs", "show", "never")
    assert (missing.code, missing.out) == (2, "")


class Part:
    """A shop or ledger with fixed answers to `check`."""

    def __init__(self, *lines: Any) -> None:
        self.lines = lines
        self.closed = False

    def check(self) -> Any:
        return self.lines

    def close(self) -> None:
        self.closed = True


def parts(monkeypatch: pytest.MonkeyPatch, ledger: Any, channel: Any) -> None:
    def made(part: Any) -> Any:
        if isinstance(part, Exception):
            raise part
        return part

    monkeypatch.setattr(registry, "make_ledger", lambda settings: made(ledger))
    monkeypatch.setattr(registry, "make_channel", lambda settings, surroundings: made(channel))


def test_check_says_line_by_line_what_is_well(
    call: Call, fake: FakeRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, channel = Part(LedgerCheck(True, "stock", "801 SKUs")), Part(CheckLine(None, "campaigns", "are not told"))
    parts(monkeypatch, ledger, channel)
    fake.answer = samples.in_line
    called = call("check")
    assert called.code == 0
    assert "ok    ledger, stock: 801 SKUs" in called.out
    assert "      shopee-vn, campaigns: are not told" in called.out
    assert "mode observe: nothing is ever written to it" in called.out
    assert "listings changed: at most 5 or 20 %" in called.out
    assert "12 listings and 12 SKUs compared" in called.out
    assert fake.options.command == "check"
    assert ledger.closed
    assert channel.closed


def test_check_is_13_where_something_fails_and_names_the_way_on(
    call: Call, fake: FakeRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts(monkeypatch, Part(LedgerCheck(True, "", "fine")), AuthFault("shopee-vn", "token revoked", way_on="log in"))
    called = call("check")
    assert called.code == 13
    assert "FAIL  shopee-vn: token revoked\n      > log in" in called.out
    assert fake.options is None, "the mapping is not read where a side fails"
    quiet = call("check", "-q")
    assert quiet.out == "FAIL  shopee-vn: token revoked\n      > log in\n"


def test_check_counts_what_does_not_find_its_sku(
    call: Call, fake: FakeRun, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts(monkeypatch, Part(), Part())
    called = call("check")
    assert "SKU unknown to the ledger: 1 finding (AB<U+202E>C<U+200B><U+0020>)" in " ".join(called.out.split())
    assert "FAIL  shopee-th: the access token has been revoked" in called.out
    assert max(map(len, called.out.splitlines())) <= 80
    assert called.code == 13
    fake.options = None
    assert call("check", "--quick").code == 0
    assert fake.options is None
