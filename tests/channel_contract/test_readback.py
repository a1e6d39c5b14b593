"""What every channel promises of whole runs that write: each write is read back, and none is made twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.sandbox.faults import Planned
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.wire import Answer, Call
from tests.channel_contract.bench import Bench
from tests.channel_contract.profiles import GOODS
from tests.channel_contract.whole import program
from tests.circle.program import Program

NOT_APPLIED = 12


@pytest.fixture
def seller(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program with a ledger that has 7 of what the shop shows 40 of: one write is due."""
    return program(bench, tmp_path, monkeypatch, plain=7, red=10)


def stale_after_a_write(bench: Bench, old: Mapping[str, Shop], until: Callable[[float], bool]) -> list[float]:
    """From the first write on every answer is of the world as it was then, until so many seconds were slept that
    `until` says so. What was slept, as it grows; nothing before the write."""
    slept: list[float] = []
    sleep = bench.waited.sleep

    def written(number: int, call: Call, given: Answer) -> None:
        if number == 1:
            faults = bench.market.sandbox.faults
            faults.add(Planned(faults.next_number(), bench.name, "*", ("stale",), times=None, old=dict(old)))
            slept.append(0.0)

    def sleeping(seconds: float) -> None:
        sleep(seconds)
        if slept:
            slept.append(slept[-1] + seconds)
            if until(slept[-1]):
                bench.mend()

    bench.spoil(bench.profile.writes, written)
    bench.waited.sleep = sleeping  # type: ignore[method-assign]
    return slept


def test_a_write_is_confirmed_by_what_is_shown(bench: Bench, seller: Program) -> None:
    """One request, one effect; the next run has nothing to do."""
    assert seller.apply().results == ["confirmed"]
    assert bench.effects() == [("plain", 40, 7)]
    assert seller.apply().results == []
    assert bench.requests() == 1


def test_an_accepted_write_without_effect_is_told(bench: Bench, seller: Program) -> None:
    """Success is a claim: the old number is still shown, so it was not applied, and it is sent once. The next run names
    that as the cause."""
    bench.fault("no-effect")
    # A shop's clock is known to a second: what was shown a moment before the write could be of a moment after it.
    bench.spoil(bench.profile.writes, lambda number, call, given: bench.market.clock.advance(timedelta(seconds=2)))
    ran = seller.apply()
    assert (ran.code, ran.results) == (NOT_APPLIED, ["not-applied"])
    (outcome,) = ran.document["outcomes"]
    assert outcome["seen"] == 40
    assert "still shows the old number" in outcome["detail"]
    assert (bench.effects(), bench.requests()) == ([], 1)
    bench.market.clock.advance(timedelta(seconds=5))
    causes = [
        finding["scenario"]
        for statement in seller.apply().document["statements"]
        for finding in statement["findings"]
        if statement["sku"] == GOODS["plain"][0]
    ]
    assert causes == ["push-not-applied"]
    assert bench.effects() == []


@pytest.mark.parametrize("kind", [None, "drop-after"])
def test_a_stale_reading_after_a_write_is_waited_out(bench: Bench, seller: Program, kind: str | None) -> None:
    """Accepted, or its answer lost: for some seconds the old number is shown. It is confirmed in the end, by one
    request."""
    if kind is not None:
        bench.fault(kind)
    slept = stale_after_a_write(bench, bench.market.sandbox.photograph(), lambda slept: slept > 5)
    assert seller.apply().results == ["confirmed"]
    assert slept[-1] > 5
    assert (bench.effects(), bench.requests()) == ([("plain", 40, 7)], 1)


@pytest.mark.parametrize("kind", [None, "drop-after"])
def test_a_reading_that_stays_stale_confirms_nothing_and_writes_nothing_twice(
    bench: Bench, seller: Program, kind: str | None
) -> None:
    """The old number until the run ends: it is not taken for done. When the new one is shown, nothing is written."""
    if kind is not None:
        bench.fault(kind)
    slept = stale_after_a_write(bench, bench.market.sandbox.photograph(), lambda slept: False)
    ran = seller.apply()
    assert slept
    assert ran.results in (["not-applied"], ["unknown"])
    assert ran.code == NOT_APPLIED
    bench.mend()
    assert seller.apply().results == []
    assert (bench.effects(), bench.requests()) == ([("plain", 40, 7)], 1)


def test_one_stale_reading_confirms_nothing(bench: Bench, seller: Program) -> None:
    """The write had no effect, and the first reading after it is of a time when the listing showed just that number:
    it is read again, and was not applied."""
    place = {name: value for name, value in bench.line("plain", 0).items() if name != "quantity"}
    bench.control("listings", **place, sellable=7)
    old = bench.market.sandbox.photograph()
    bench.control("listings", **place, sellable=40)
    bench.fault("no-effect")
    slept = stale_after_a_write(bench, old, lambda slept: True)
    ran = seller.apply()
    assert slept
    assert ran.results == ["not-applied"]
    (outcome,) = ran.document["outcomes"]
    assert outcome["seen"] == 40
    assert (bench.effects(), bench.requests()) == ([], 1)
