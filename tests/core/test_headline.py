"""A result in few words, and what of it is worth telling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from stockrecon.core.fates import wrote
from stockrecon.core.findings import Outcome, OutcomeResult, Refusal, RunResult, Summary
from stockrecon.core.headline import ending, headline, meaning, overdue, quiet
from stockrecon.core.occasions import Occasion, failed_write, occasions, of_failure
from tests.reports import samples, writes


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (writes.confirmed, "3 corrections confirmed"),
        (writes.saved_plan, "3 corrections confirmed"),
        (
            writes.refused,
            "4 corrections confirmed, 6 refused (shopee-vn: changed), 1 by hand, 2 wait, 1 withheld, 2 overdue",
        ),
        (
            writes.carried_out,
            "3 corrections confirmed, 1 unknown, 1 rejected, 1 in conflict, 1 not applied, 1 superseded, "
            "1 not written, 1 for upload, 2 settled from earlier runs, 1 by hand, 2 wait, 1 withheld, 2 overdue",
        ),
        (
            writes.foreseen,
            "104 units at risk of being oversold; planned: 9 listings to set, 1 ledger correction, "
            "1 thing to do by hand, 2 to wait for, 1 withheld, 2 overdue, 6 would be refused (shopee-vn: changed), "
            "2 would not be written; nothing written",
        ),
        (writes.idle, "12 of 12 listings in line"),
        (samples.nothing_read, "ledger and shopee-vn not read"),
        (
            samples.everything,
            "shopee-th not read, 100 units at risk of being oversold, 1,234 units not on sale that could be, "
            "2 units to look at in the ledger",
        ),
    ],
)
def test_the_headline_is_one_sentence(make: Callable[[], RunResult], line: str) -> None:
    """What somebody must know who reads nothing else."""
    assert headline(make()) == line


def test_the_headline_names_what_stays_unknown_from_earlier_runs() -> None:
    """An earlier run's write of which still nobody knows, and a shop that could not be read."""
    done = writes.carried_out()
    still = replace(done.outcomes[0], result=OutcomeResult.UNKNOWN)
    unread = replace(done.shops[0], error="shopee-vn: no answer", facts=None)
    result = replace(done, outcomes=(still,), shops=(unread,), plan=replace(done.plan, actions=(), withheld=()))
    assert headline(result) == "1 still unknown from earlier runs, shopee-vn not read"


def test_what_was_settled_is_told_also_where_nothing_is_written() -> None:
    """A run that planned no write, and found out what became of an earlier one's."""
    settled = replace(writes.idle(), outcomes=writes.carried_out().outcomes[:2])
    assert headline(settled) == "2 settled from earlier runs, 12 of 12 listings in line"
    assert quiet(settled) == f"stockrecon sync, run {settled.run}: {headline(settled)}"


def test_a_failure_without_anything_to_name_is_not_silent() -> None:
    """An exit code that says no is never told as nothing to do."""
    done = replace(writes.idle(), exit_code=12)
    assert headline(done) == "differences remain that no step mends"
    assert headline(replace(done, exit_code=0, outcomes=writes.confirmed().outcomes)) == "3 corrections confirmed"
    assert headline(replace(writes.idle(), summary=Summary())) == "nothing was compared"


def test_a_write_that_was_not_reached_is_counted() -> None:
    """A run that was stopped does not hide what it left."""
    done = writes.confirmed()
    assert headline(replace(done, outcomes=done.outcomes[:1])) == "1 correction confirmed, 2 not reached"


def test_quiet_is_silent_only_where_nothing_was_done_and_nothing_is_left() -> None:
    """What was skipped was not done; an exit code other than 0 is left."""
    idle = writes.idle()
    assert quiet(idle) == ""
    assert quiet(replace(idle, exit_code=10)) == f"stockrecon sync, run {idle.run}: {headline(idle)}"
    done = writes.confirmed()
    assert quiet(done) == f"stockrecon sync, run {done.run}: {headline(done)}"
    skipped = tuple(replace(one, result=OutcomeResult.SKIPPED) for one in done.outcomes)
    assert quiet(replace(done, outcomes=skipped)) == ""


def test_a_run_wrote_where_something_changed_or_may_have() -> None:
    """What it only settled for an earlier run, refused, or skipped changed nothing now."""
    assert wrote(writes.confirmed())
    assert not wrote(writes.idle())
    (first, *_) = writes.confirmed().outcomes
    for result, changed in (
        (OutcomeResult.CONFIRMED, True),
        (OutcomeResult.UNKNOWN, True),
        (OutcomeResult.SUPERSEDED, True),
        (OutcomeResult.EXPORTED, True),
        (OutcomeResult.REJECTED, False),
        (OutcomeResult.CONFLICT, False),
        (OutcomeResult.NOT_APPLIED, False),
        (OutcomeResult.SKIPPED, False),
    ):
        one = replace(first, result=result)
        assert wrote(replace(writes.idle(), outcomes=(one,))) is changed
        assert not wrote(replace(writes.idle(), outcomes=(replace(one, run="20261110T000000Z-abcd"),)))


def test_for_others_the_headline_says_how_which_command_ended() -> None:
    """A notification has no report around it."""
    assert ending(samples.in_line()) == "diff ended with 0 (in line): 12 of 12 listings in line"
    assert ending(writes.confirmed()) == "sync ended with 0 (in line): 3 corrections confirmed"
    assert ending(replace(writes.refused_by_every_rule(), exit_code=11)).startswith(
        "sync ended with 11 (a guard refused): 10 refused (ledger: empty, lost, "
    )


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
