"""A result in few words, and what of it is worth telling."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stockrecon.core.findings import Outcome, OutcomeResult, Refusal
from stockrecon.core.headline import headline, meaning, overdue
from stockrecon.core.occasions import Occasion, failed_write, occasions, of_failure
from tests.reports import samples


def test_the_headline_says_how_it_ended_and_what_was_read() -> None:
    """A good run and a mixed one, each on one line."""
    assert headline(samples.in_line()) == "diff ended with 0 (in line): 1 shop read, 12 of 12 listings in line"
    assert headline(samples.everything()) == (
        "diff ended with 13 (not all was read): 3 of 4 shops read, 1,850 of 1,864 listings in line, "
        "100 units at risk of being oversold"
    )
    assert "the ledger could not be read, 0 of 1 shop read" in headline(samples.nothing_read())


def test_the_headline_counts_what_was_written_refused_and_is_late() -> None:
    """Outcomes by result, refusals and overdue actions stand in it."""
    late = replace(
        samples.applied(), now=samples.NOW + timedelta(days=1), refusals=(Refusal("shopee-vn", "changed", "too many"),)
    )
    told = headline(late)
    assert "2 writes (1 confirmed, 1 unknown)" in told
    assert "1 refusal, 1 action overdue" in told


def test_an_action_is_overdue_after_its_time_and_not_at_it() -> None:
    """Manual actions by their due time, waits by their end; what has no time is never late."""
    result = samples.everything()
    due = next(action.due for action in result.plan.actions if action.id == "a-5")
    assert due is not None
    assert overdue(replace(result, now=due)) == ()
    assert [one.id for one in overdue(replace(result, now=due + timedelta(seconds=1)))] == ["a-5"]
    assert [one.id for one in overdue(replace(result, now=due + timedelta(days=9)))] == ["a-5", "a-7"]


def test_an_unknown_exit_code_is_a_failure() -> None:
    """Known codes have their words."""
    assert meaning(12) == "a write failed"
    assert meaning(77) == "a failure"


def test_each_occasion_has_its_condition() -> None:
    """What a result holds decides, also where a higher exit code hides it."""
    result = samples.in_line()
    assert occasions(result) == {Occasion.IN_LINE}
    assert occasions(replace(result, exit_code=10)) == {Occasion.DIFFERENCES}
    assert occasions(samples.everything()) == {Occasion.UNREAD, Occasion.DIFFERENCES}
    assert occasions(samples.nothing_read()) == {Occasion.UNREAD}
    refused = replace(result, exit_code=12, refusals=(Refusal("ledger", "empty", "no rows"),))
    assert occasions(refused) == {Occasion.REFUSED, Occasion.WRITE_FAILED}
    applied = replace(samples.applied(), now=samples.NOW + timedelta(days=1), exit_code=12)
    assert occasions(applied) == {
        Occasion.CORRECTED,
        Occasion.WRITE_FAILED,
        Occasion.UNREAD,
        Occasion.OVERDUE,
        Occasion.DIFFERENCES,
    }


@pytest.mark.parametrize("one", OutcomeResult)
def test_a_write_that_did_not_take_is_trouble(one: OutcomeResult) -> None:
    """Rejected, conflict, not applied, unknown; the others are not."""
    trouble = one.value in ("rejected", "conflict", "not-applied", "unknown")
    result = replace(samples.in_line(), outcomes=(Outcome("a-1", one, None, samples.NOW),))
    assert failed_write(one) == trouble == (Occasion.WRITE_FAILED in occasions(result))


def test_a_run_without_a_result_failed_or_met_another_one() -> None:
    """Exit code 14 is a lock, everything else a failure."""
    assert of_failure(14) == {Occasion.LOCKED}
    assert of_failure(1) == of_failure(2) == {Occasion.FAILED}
