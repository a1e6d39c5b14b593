"""Another program sets a listing back again and again: this one lets go, tells people, and takes up again afterwards.

Played for days of the marketplaces' clock, with a ledger that records what was pushed and with one that does not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.config.ddl import ledger_statements
from tests.circle.market import Market, entries, opened
from tests.circle.program import Program, Ran, Time
from tests.poisoned.books import Files, calm
from tests.poisoned.conftest import WIDE

SHOP, SKU, ITEM = "shopee-vn", "TEE-01", "1011"
DAY = timedelta(hours=24)


@pytest.fixture
def start(tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], Market]]:
    """A shop whose ledger has three units less of one SKU than the other program believes."""
    with ExitStack() as stack:

        def started(recorded: bool) -> Market:
            files = Files(tmp_path, "sql")
            files.write(calm())
            ledger = tmp_path / "ledger.db"
            if recorded:
                with closing(sqlite3.connect(ledger)) as book, book:
                    for statement in ledger_statements("sqlite"):
                        if "pushes" in statement:
                            book.execute(statement)
            handle = stack.enter_context(opened(tmp_path, time, monkeypatch, load=tmp_path))
            only = [one for one in entries(handle) if one["name"] == SHOP]
            files.config.write_text(WIDE(files.ledger, only), "utf-8")
            return Market(time, handle, Program(time, files.config), ledger)

        yield started


class Duel:
    """A run every few hours; halfway to the next the other program sets its number."""

    def __init__(self, market: Market, *, recorded: bool, belief: int, every: float = 2) -> None:
        self.market, self.recorded, self.belief, self.every = market, recorded, belief, every
        self.fighting = True
        self.writes: list[datetime] = []

    def round(self) -> Ran:
        market = self.market
        before = len(market.written())
        ran = market.program.apply()
        if len(market.written()) > before:
            self.writes.append(market.time.now)
        market.later(hours=self.every / 2)
        if self.fighting:
            market.edit(SHOP, ITEM, self.belief)
            if self.recorded:
                market.push(SHOP, ITEM, self.belief)
        market.later(hours=self.every / 2)
        return ran

    def most_in_a_day(self) -> int:
        return max(sum(1 for other in self.writes if at <= other < at + DAY) for at in self.writes)


def told(ran: Ran) -> list[str]:
    return [one["text"] for one in ran.planned("manual") if "two programs" in one["text"]]


@pytest.mark.parametrize("recorded", [False, True])
def test_after_three_times_it_lets_go_and_takes_up_again_when_the_other_stops(
    recorded: bool, start: Callable[[bool], Market]
) -> None:
    """Three writes are undone, then none in a day is more than the third; people are told in one sentence, as long as
    it lasts. A day after the other program has stopped, the listing is set once and stays so."""
    market = start(recorded)
    right = market.exposed(SHOP, ITEM) - 3
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=30))
    duel = Duel(market, recorded=recorded, belief=right + 3)
    fights = [duel.round() for _ in range(6)]
    assert len(duel.writes) == 3
    assert [bool(told(ran)) for ran in fights] == [False, False, False, True, True, True]
    (text,) = set(told(fights[-1]))
    assert text == (
        f"two programs set this listing: within 24 hours {SHOP} {ITEM} was three times set to something else after it "
        "had been corrected; let one of them leave it alone"
    )
    assert [ran.code for ran in fights] == [0, 0, 0, 10, 10, 10]
    assert fights[-1].withheld == ["two-programs"]

    duel.fighting = False
    while len(duel.writes) < 4 and market.time.now < duel.writes[0] + 2 * DAY:
        ran = duel.round()
    assert DAY < duel.writes[3] - duel.writes[0] < DAY + timedelta(hours=2)
    assert (ran.code, told(ran), market.exposed(SHOP, ITEM)) == (0, [], right)
    after = duel.round()
    assert (after.code, after.writes, told(after)) == (0, [], [])


@pytest.mark.parametrize("recorded", [False, True])
def test_it_never_writes_more_than_three_times_a_day(recorded: bool, start: Callable[[bool], Market]) -> None:
    """The other program never stops: two days long no 24 hours hold a fourth write."""
    market = start(recorded)
    right = market.exposed(SHOP, ITEM) - 3
    market.move(SKU, -3, at=market.time.now - timedelta(minutes=30))
    duel = Duel(market, recorded=recorded, belief=right + 3, every=4)
    for _ in range(13):
        duel.round()
    assert duel.most_in_a_day() == 3


@pytest.mark.parametrize("recorded", [False, True])
def test_a_program_that_follows_the_ledger_is_no_rival(recorded: bool, start: Callable[[bool], Market]) -> None:
    """The OMS pushes what the ledger has, some time after this program did, while the ledger goes down: no word."""
    market = start(recorded)
    have = market.exposed(SHOP, ITEM)
    for number in range(1, 6):
        market.move(SKU, -1, at=market.time.now - timedelta(minutes=30))
        duel = Duel(market, recorded=recorded, belief=have - number)
        ran = duel.round()
        assert (ran.code, told(ran), len(duel.writes)) == (0, [], 1)
