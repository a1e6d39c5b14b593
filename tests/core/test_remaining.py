"""What is left after a plan was carried out: which findings are differences, and what its writes mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stockrecon.core.findings import (
    Finding,
    Outcome,
    OutcomeResult,
    Plan,
    Remedy,
    RemedyKind,
    Side,
    Statement,
    Withheld,
)
from stockrecon.core.model import ListingKey, Sku
from stockrecon.core.remaining import counts, people_or_time, remains, written
from tests.core.writes import NOW, adjust, key, people, plan_of, put


def finding(
    scenario: str = "campaign-returned", *kinds: RemedyKind, units: int = 8, at: ListingKey | None = None
) -> Finding:
    side = Side.LEDGER if at is None else Side.LISTING
    remedies = tuple(Remedy(kind) for kind in kinds or (RemedyKind.SET,))
    return Finding(scenario, None, side, Sku("A"), units, "why", at, remedies=remedies)


def statement(*findings: Finding) -> Statement:
    return Statement(Sku("A"), 1, 1, 0, 0, (), findings)


def outcome(action: str, result: OutcomeResult = OutcomeResult.CONFIRMED, run: str = "") -> Outcome:
    return Outcome(action, result, None, NOW, run=run)


@pytest.mark.parametrize(
    ("scenario", "kind", "units", "difference"),
    [
        ("campaign-returned", RemedyKind.SET, 8, True),
        ("campaign-returned", RemedyKind.WAIT, 8, True),
        ("campaign-returned", RemedyKind.WAIT, 0, False),
        ("campaign-returned", RemedyKind.NONE, 0, False),
        ("campaign-returned", RemedyKind.MANUAL, 0, True),
        ("unexplained", RemedyKind.NONE, -1, True),
        ("in-flight", RemedyKind.WAIT, 8, False),
        ("platform-fulfilled", RemedyKind.NONE, 8, False),
        ("unlisted", RemedyKind.NONE, 0, False),
        ("policy", RemedyKind.NONE, 0, False),
        ("unknown-sku", RemedyKind.MANUAL, 0, True),
    ],
)
def test_which_findings_are_differences(scenario: str, kind: RemedyKind, units: int, difference: bool) -> None:
    """Those with units or with something to do, unless the contract says that they do not count."""
    assert counts(finding(scenario, kind, units=units)) is difference


def test_what_a_plan_writes() -> None:
    """Stock and corrections, in its order."""
    fix, write = adjust("A"), put("1")
    assert written(plan_of([fix, write, people()])) == [fix, write]


def test_a_plan_that_leaves_something_to_people_or_time() -> None:
    """Manual actions, waits and what is withheld; not what never counts."""
    assert people_or_time(plan_of([people()]))
    assert not people_or_time(plan_of([put("1"), adjust("A")]))
    assert people_or_time(Plan("", withheld=(Withheld(put("1"), "confirm-raise", "why"),)))
    assert not people_or_time(plan_of([replace(people(), scenario="in-flight")]))


def test_nothing_remains_of_what_was_confirmed() -> None:
    """Every write read back, and every finding mended by one."""
    fix, write = adjust("A"), put("1")
    plan = plan_of([fix, write])
    told = [statement(finding(at=key("1")), finding("cancelled-order-restock", RemedyKind.ADJUST_LEDGER))]
    assert not remains(plan, told, [outcome(fix.id), outcome(write.id)])
    assert not remains(plan_of([]), [], [])


@pytest.mark.parametrize("result", [one for one in OutcomeResult if one is not OutcomeResult.CONFIRMED])
def test_what_is_not_confirmed_remains(result: OutcomeResult) -> None:
    """Whatever else became of it, and also where it was not tried."""
    write = put("1")
    plan = plan_of([write])
    assert remains(plan, [], [outcome(write.id, result)])
    assert remains(plan, [], [])


def test_an_earlier_runs_outcome_is_not_this_ones() -> None:
    """A write of that run under the same id says nothing of today's."""
    write = put("1")
    assert remains(plan_of([write]), [], [outcome(write.id, run="r-0")])


def test_what_a_write_mends() -> None:
    """Its listing's findings, whatever their cause; not what waits or is for people, not another listing's."""
    write = put("1")
    plan, done = plan_of([write]), [outcome(write.id)]
    assert not remains(plan, [statement(finding("unexplained", RemedyKind.NONE, at=key("1")))], done)
    for kind in (RemedyKind.WAIT, RemedyKind.MANUAL):
        assert remains(plan, [statement(finding("unexplained", RemedyKind.SET, kind, at=key("1")))], done)
    assert remains(plan, [statement(finding("unexplained", RemedyKind.NONE, at=key("2")))], done)
    assert remains(plan, [statement(finding("unexplained", RemedyKind.NONE))], done)
    assert not remains(plan, [statement(finding("in-flight", RemedyKind.WAIT, at=key("2")))], done)
