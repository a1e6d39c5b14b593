"""`runs`: what was written and is open, closing it by hand, and whether every shop was part of a good run lately."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.cli.commands import runs
from stockrecon.core.findings import ActionKind, OutcomeResult
from stockrecon.core.intent import Answered, NewIntent
from stockrecon.core.model import ListingKey, ShopName, Sku
from stockrecon.state import State
from tests.cli.conftest import Called
from tests.reports import samples

Call = Callable[..., Called]
SHOP = ShopName("shopee-vn")
NOW = samples.NOW


class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(runs, "clock", made)
    return made


@pytest.fixture
def state(folder: Path, clock: Clock) -> Iterator[State]:
    with State.open(folder / ".stockrecon", clock) as opened:
        yield opened


def stock(action: str, item: str, before: int, to: int) -> NewIntent:
    return NewIntent(action, ActionKind.SET_STOCK, Sku(f"SKU-{item}"), ListingKey(SHOP, item, "2"), before, to)


@pytest.fixture
def written(state: State) -> str:
    """A run with a confirmed write (1), a refused one (2), one nobody knows of (3), and a correction (4)."""
    run = state.begin_run("sync --apply", NOW)
    correction = NewIntent("a-4", ActionKind.ADJUST_LEDGER, Sku("00123"), by=-1, ref="stockrecon:00123:m9")
    state.journal.open(run, [stock("a-1", "1001", 48, 40), stock("a-2", "1002", 9, 3), stock("a-3", "1003", 7, 5)])
    state.journal.open(run, [correction])
    said = {
        1: (Answered.ACCEPTED, ""),
        2: (Answered.REJECTED, "below reserved stock \x1b[31m"),
        4: (Answered.ACCEPTED, ""),
    }
    state.journal.answered(said)
    state.journal.settle(1, OutcomeResult.CONFIRMED, seen=40, detail="read back twice")
    state.journal.settle(2, OutcomeResult.REJECTED, seen=9, detail="")
    state.journal.settle(3, OutcomeResult.UNKNOWN, seen=None, detail="no stable value within 60 s")
    state.end_run(run, 12, {"shops": ["shopee-vn"]})
    return run


# What was written


def test_a_run_is_marked_by_its_open_writes_and_these_are_listed(call: Call, written: str) -> None:
    """The exit code with its meaning and the number of open writes; then each with what it needs to be resolved."""
    called = call("runs")
    assert called.code == 0
    assert "12 (a write failed), 2 open" in called.out
    listed = called.out.split("Open writes:")[1].splitlines()
    [third] = [line for line in listed if line.split()[:1] == ["3"]]
    assert " ".join(third.split()).startswith(
        f"3 {written} SKU-1003 shopee-vn item 1003 variation 2 7 -> 5 not known unknown, open"
    )
    assert any("00123 ledger" in line and "-1 (ref stockrecon:00123:m9)" in line for line in listed)
    assert not any(line.split()[:1] == ["1"] for line in listed)
    assert json.loads(call("runs", "--format", "json").out)[0]["open"] == 2


def test_a_run_without_open_writes_is_not_marked(call: Call, state: State) -> None:
    """No second table, and the column is as it always was."""
    state.end_run(state.begin_run("diff", NOW), 10, {})
    out = call("runs").out
    assert "10 (differences)" in out
    assert "Open writes" not in out
    assert json.loads(call("runs", "--format", "json").out)[0]["open"] == 0


def test_show_tells_every_write_of_a_run(call: Call, written: str) -> None:
    """Place, before and after, what was answered, what was read back, when; the other side's words without escapes."""
    out = call("runs", "show", written).out
    lines = {line.split()[0]: " ".join(line.split()) for line in out.split("written:")[1].splitlines() if line}
    assert lines["1"].endswith("48 -> 40 accepted confirmed 40 2026-11-11 12:00 +00:00")
    assert "9 -> 3 rejected rejected 9" in lines["2"]
    assert lines["2:"] == "2: below reserved stock"
    assert lines["3:"] == "3: no stable value within 60 s"
    assert "1:" not in lines
    assert "\x1b" not in out


def test_show_for_programs_has_every_field(call: Call, written: str) -> None:
    """`writes` beside what a run had before; times in UTC, ids that are none are null."""
    document = json.loads(call("runs", "show", written, "--format", "json").out)
    assert (document["run"], document["exit"], document["open"]) == (written, 12, 2)
    first, _, third, fourth = document["writes"]
    assert first == {
        "id": 1,
        "run": written,
        "action": "a-1",
        "kind": "set-stock",
        "sku": "SKU-1001",
        "shop": "shopee-vn",
        "item_id": "1001",
        "variation_id": "2",
        "from": 48,
        "to": 40,
        "by": None,
        "ref": None,
        "opened_at": "2026-11-11T12:00:00Z",
        "answered": "accepted",
        "answered_at": "2026-11-11T12:00:00Z",
        "answer": "",
        "result": "confirmed",
        "seen": 40,
        "detail": "read back twice",
        "settled_at": "2026-11-11T12:00:00Z",
        "open": False,
    }
    assert (third["answered"], third["result"], third["open"], third["settled_at"]) == (None, "unknown", True, None)
    assert (fourth["shop"], fourth["by"], fourth["ref"]) == (None, -1, "stockrecon:00123:m9")


# Closing by hand


@pytest.mark.parametrize("result", ["confirmed", "not-applied", "superseded"])
def test_an_open_write_is_closed_by_hand(call: Call, state: State, written: str, result: str) -> None:
    """The result and the note are kept, and its place is free again."""
    called = call("runs", "resolve", "3", "--as", result, "--note", "looked in Seller Centre", "--yes")
    assert called.code == 0
    assert called.out == (
        f"closed as {result}: 3: SKU-1003 shopee-vn item 1003 variation 2, 7 -> 5, of run {written}\n"
    )
    intent = state.journal.intent(3)
    assert intent is not None
    assert (intent.result, intent.is_open) == (OutcomeResult(result), False)
    assert intent.detail == "closed by hand: looked in Seller Centre"
    state.journal.open("r2", [stock("a-9", "1003", 7, 4)])


def test_a_correction_is_closed_by_hand_too(call: Call, state: State, written: str) -> None:
    """What was posted in the ledger has no shop."""
    assert call("runs", "resolve", "4", "--as", "confirmed", "-y").code == 0
    assert [intent.id for intent in state.journal.open_intents()] == [3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("99", "--as", "confirmed", "--yes"), "there is no write 99"),
        (("1", "--as", "confirmed", "--yes"), "intent 1 is not open: confirmed since"),
        (("3", "--as", "unknown", "--yes"), "unknown"),
        (("3", "--yes"), "--as"),
        (("0", "--as", "confirmed", "--yes"), "0"),
        (("3", "--as", "confirmed"), "there is no terminal"),
    ],
)
def test_what_cannot_be_closed_is_2_and_nothing_changes(
    call: Call, state: State, written: str, arguments: tuple[str, ...], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown and settled writes, results that close nothing, and no terminal to ask on."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    called = call("runs", "resolve", *arguments)
    assert (called.code, called.out) == (2, "")
    assert words in called.err
    assert [intent.id for intent in state.journal.open_intents()] == [3, 4]


@pytest.mark.parametrize(("answer", "code", "left"), [(True, 0, [4]), (False, 2, [3, 4])])
def test_on_a_terminal_it_asks(
    call: Call, state: State, written: str, monkeypatch: pytest.MonkeyPatch, answer: bool, code: int, left: list[int]
) -> None:
    """It shows what would be closed; a no changes nothing."""
    asked: list[str] = []

    def confirm(text: str, **more: Any) -> bool:
        asked.append(text)
        return answer

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(runs.click, "confirm", confirm)
    called = call("runs", "resolve", "3", "--as", "confirmed")
    assert called.code == code
    assert asked == ["Close it as confirmed?"]
    assert "SKU-1003 shopee-vn item 1003 variation 2, 7 -> 5" in called.err
    assert [intent.id for intent in state.journal.open_intents()] == left


def test_a_run_that_writes_keeps_everybody_else_from_closing(call: Call, state: State, written: str) -> None:
    """The lock of the shop is held: exit 14, naming the holder."""
    with state.lock([SHOP], "sync --apply"):
        called = call("runs", "resolve", "3", "--as", "confirmed", "--yes")
        assert called.code == 14
        assert "sync --apply" in called.err
        assert call("runs", "resolve", "4", "--as", "confirmed", "--yes").code == 14
    assert [intent.id for intent in state.journal.open_intents()] == [3, 4]


def test_without_a_state_there_is_nothing_to_close(call: Call, folder: Path) -> None:
    """And none is made."""
    assert call("runs", "resolve", "1", "--as", "confirmed", "--yes").code == 2
    assert call("runs", "show", "never").code == 2
    assert not (folder / ".stockrecon").exists()


# Health


def good(state: State, clock: Clock, ago: timedelta, code: int = 0, shops: tuple[str, ...] = ("shopee-vn",)) -> str:
    clock.now = NOW - ago
    run = state.begin_run("sync", clock.now)
    state.end_run(run, code, {"shops": list(shops)})
    clock.now = NOW
    return run


@pytest.mark.parametrize("code", [0, 10])
def test_a_young_good_run_is_health(call: Call, state: State, clock: Clock, code: int) -> None:
    """In line and with differences alike; failures since then do not matter within the limit."""
    good(state, clock, timedelta(minutes=90), code)
    good(state, clock, timedelta(minutes=10), 12)
    called = call("runs", "--max-age", "2h")
    assert (called.code, called.err) == (0, "")
    assert called.out == "ok: every shop was part of a good run within 2 h, the longest ago 1 h 30 min\n"


def test_an_old_good_run_is_not(call: Call, state: State, clock: Clock) -> None:
    """Exit 13 and one line: how old, which run, and how the newest one ended. The limit itself is still good."""
    run = good(state, clock, timedelta(hours=2, seconds=1))
    failed = good(state, clock, timedelta(minutes=10), 11)
    called = call("runs", "--max-age", "2h")
    assert called.code == 13
    assert called.out == (
        f"too old (limit 2 h): shopee-vn: last good run 2 h 1 s ago ({run}); "
        f"the newest run, {failed}, ended with 11 (a guard refused)\n"
    )
    good(state, clock, timedelta(hours=2))
    assert call("runs", "--max-age", "2h").code == 0


def test_a_shop_that_was_never_read_well_is_told(call: Call, state: State, clock: Clock, folder: Path) -> None:
    """Every shop of the configuration counts, unless --shop names some; runs of one shop each are as good."""
    config = folder / "stockrecon.yaml"
    config.write_text(config.read_text().replace("shops:\n", "shops:\n  - {name: tiki, channel: file, path: t/}\n", 1))
    good(state, clock, timedelta(minutes=5))
    called = call("runs", "--max-age", "2h")
    assert called.code == 13
    assert called.out.startswith("too old (limit 2 h): tiki: no good run yet; the newest run, ")
    assert call("runs", "--max-age", "2h", "--shop", "shopee-vn").code == 0
    good(state, clock, timedelta(minutes=1), 0, ("tiki",))
    assert call("runs", "--max-age", "2h").code == 0


def test_health_for_programs(call: Call, state: State, clock: Clock) -> None:
    """One document with every shop."""
    run = good(state, clock, timedelta(hours=3))
    called = call("runs", "--max-age", "2h", "--format", "json")
    assert called.code == 13
    shop = {"shop": "shopee-vn", "ok": False, "run": run, "ended_at": "2026-11-11T09:00:00Z", "age_seconds": 10800}
    assert json.loads(called.out) == {
        "ok": False,
        "now": "2026-11-11T12:00:00Z",
        "max_age_seconds": 7200,
        "shops": [shop],
    }


def test_where_nothing_ever_ran_nothing_is_well(call: Call, folder: Path, clock: Clock) -> None:
    """No state: exit 13, one line, and none is made."""
    called = call("runs", "--max-age", "2h")
    assert (called.code, called.out) == (13, "too old (limit 2 h): shopee-vn: no good run yet\n")
    assert not (folder / ".stockrecon").exists()
    document = json.loads(call("runs", "--max-age", "2h", "--format", "json").out)
    assert document["shops"] == [{"shop": "shopee-vn", "ok": False, "run": None, "ended_at": None, "age_seconds": None}]


def test_a_clock_that_was_set_back_makes_nothing_old(call: Call, state: State, clock: Clock) -> None:
    """A run from the future is 0 s old."""
    good(state, clock, timedelta(hours=-1))
    called = call("runs", "--max-age", "1s")
    assert (called.code, called.out.split(", ")[1]) == (0, "the longest ago 0 s\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--max-age", "soon"), "duration"),
        (("--max-age", "2h", "--shop", "shopee-v"), "did you mean shopee-vn?"),
        (("--shop", "shopee-vn"), "--shop goes with --max-age"),
    ],
)
def test_a_wrong_check_is_2(call: Call, folder: Path, arguments: tuple[str, ...], words: str) -> None:
    """A monitor that is configured wrongly must not look healthy."""
    called = call("runs", *arguments)
    assert (called.code, called.out) == (2, "")
    assert words in called.err
