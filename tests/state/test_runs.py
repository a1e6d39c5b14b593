"""Runs, and what one run tells the next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import PastFinding, ShopName
from stockrecon.core.plan import RaiseSeen
from stockrecon.errors import OutputFault
from stockrecon.state import State, run_id
from tests.state.conftest import NOW, SHOP, at, key


def test_run_ids_come_from_the_time_and_the_number_of_runs(state: State) -> None:
    """The same state and time give the same ids: nothing in them is random."""
    assert state.begin_run("diff", NOW) == run_id(NOW, 1) == "20261120T120000Z-0001"
    assert state.begin_run("diff", NOW) == "20261120T120000Z-0002"
    assert run_id(NOW, 0) == "20261120T120000Z-0000"


def test_runs_newest_first_and_the_last_one_that_ended(state: State) -> None:
    """A run that died is shown without an exit code and is not the last run."""
    first = state.begin_run("diff", NOW)
    state.end_run(first, 10, {"skus": 3, "worst": "Áo"})
    died = state.begin_run("sync", at(1))
    assert [run.id for run in state.runs()] == [died, first]
    assert [run.id for run in state.runs(1)] == [died]
    last = state.last_run()
    assert last is not None
    assert (last.id, last.exit_code, last.command, last.ended_at) == (first, 10, "diff", NOW)
    assert last.summary == {"skus": 3, "worst": "Áo"}
    found = state.run(died)
    assert found is not None
    assert found.exit_code is None
    assert state.run("no-such-run") is None


def test_a_new_state_knows_nothing(state: State) -> None:
    """Nothing in the state is needed for a first run."""
    assert state.last_run() is None
    assert state.runs() == ()
    assert list(state.past_findings()) == []
    assert state.raises() == {}
    assert state.last_source("ledger") is None
    assert list(state.campaigns(SHOP, at(-9999))) == []
    assert list(state.history(SHOP, at(-9999))) == []
    assert state.snapshot_pointer(SHOP) is None
    assert state.snapshot_counts(SHOP) is None


def test_findings_of_the_last_run_only(state: State) -> None:
    """A run's findings replace the last run's; shops that it did not judge keep theirs."""
    run = state.begin_run("diff", NOW)
    here = PastFinding(key("1"), "campaign-lock", 20, 30, NOW)
    there = PastFinding(key("1", "2", shop="lazada"), "listing-sync-error", -3, 5, NOW)
    state.remember_findings(run, [there, here, here])
    assert list(state.past_findings()) == [there, here, here]
    run = state.begin_run("diff", at(10))
    state.remember_findings(run, [], shops=[ShopName("lazada")])
    assert list(state.past_findings()) == [here, here]
    state.remember_findings(run, [], shops=[])
    assert list(state.past_findings()) == [here, here]
    state.remember_findings(run, [there])
    assert list(state.past_findings()) == [there]


def test_a_raise_keeps_its_time_while_its_variance_stays(state: State) -> None:
    """Another variance, or a run that does not propose it, begins anew."""
    state.remember_raises(NOW, {key("1"): -3, key("2"): -1, key("3"): -4})
    state.remember_raises(at(10), {key("1"): -3, key("2"): -2})
    assert state.raises() == {key("1"): RaiseSeen(-3, NOW), key("2"): RaiseSeen(-2, at(10))}
    state.remember_raises(at(20), {}, shops=[ShopName("other")])
    assert len(state.raises()) == 2
    state.remember_raises(at(20), {key("3"): -4})
    assert state.raises() == {key("3"): RaiseSeen(-4, at(20))}


def test_sources_keep_their_newest_reading(state: State) -> None:
    """An older reading than one that was seen before is told and does not count."""
    assert state.remember_source("ledger", NOW, {"stock": 100, "movements": 7})
    assert not state.remember_source("ledger", at(-1), {"stock": 1})
    assert state.remember_source(SHOP, NOW, {"listings": 5}, identity="shop 42")
    seen = state.last_source("ledger")
    assert seen is not None
    assert (seen.as_of, seen.rows, seen.identity) == (NOW, {"stock": 100, "movements": 7}, "")
    assert state.remember_source("ledger", NOW, {"stock": 99})
    shop = state.last_source(SHOP)
    assert shop is not None
    assert shop.identity == "shop 42"


def test_actions_keep_their_age(state: State) -> None:
    """An action is as old as its first planning without a gap; a run over a part leaves the others alone."""
    assert state.remember_actions(NOW, ["a", "b", "a"]) == {"a": NOW, "b": NOW}
    assert state.remember_actions(at(5), ["b"], whole=False) == {"b": NOW}
    assert state.remember_actions(at(9), ["a", "c"]) == {"a": NOW, "c": at(9)}
    assert state.remember_actions(at(10), ["b"]) == {"b": at(10)}


def test_actions_of_a_shop_that_was_not_read_keep_their_age(state: State) -> None:
    """What an unread shop would have shown is not over; nor is what belongs to no shop, while there is such a shop."""
    shops = {"a": SHOP, "b": ShopName("lazada"), "c": None}
    state.remember_actions(NOW, ["a", "b", "c", "d"], shops=shops)
    assert state.remember_actions(at(5), ["a"], shops=shops, unread=[ShopName("lazada")]) == {"a": NOW}
    assert state.remember_actions(at(6), ["b", "c", "d"], shops=shops) == {"b": NOW, "c": NOW, "d": NOW}
    assert state.remember_actions(at(7), ["a", "b"], shops=shops, unread=[SHOP]) == {"a": at(7), "b": NOW}
    # An action that has a shop by now is judged by it.
    state.remember_actions(at(8), ["d"], shops={"d": SHOP}, unread=[ShopName("lazada")])
    state.remember_actions(at(9), [], unread=[ShopName("lazada")])
    assert state.remember_actions(at(10), ["d", "b", "c"]) == {"d": at(10), "b": NOW, "c": NOW}


def test_an_approval_is_good_for_once(state: State) -> None:
    """Whoever gives it and whichever run uses it; another plan's digest is another approval."""
    assert state.approve("d1", "r1", "lan")
    assert not state.approve("d1", "r1", "lan")
    assert not state.approve("d1", "r2", "minh")
    assert state.approve("d2", "r2", "minh\0")


def test_an_approval_that_nothing_was_sent_with_is_given_back(state: State) -> None:
    """By the run that used it up, and by no other."""
    assert state.approve("d1", "r1", "lan")
    state.give_back("d1", "r2")
    assert not state.approve("d1", "r2", "lan")
    state.give_back("d1", "r1")
    assert state.approve("d1", "r2", "lan")


def test_an_approval_is_kept_for_ninety_days(where: str) -> None:
    """And as long as history is kept, where that is longer; then the digest is forgotten."""
    now = NOW
    with State.open(where, lambda: now) as state:
        assert state.approve("d1", "r1", "lan")
        now = NOW + timedelta(days=90)
        state.prune(now)
        assert not state.approve("d1", "r2", "lan")
        now = NOW + timedelta(days=91)
        state.prune(NOW)
        assert not state.approve("d1", "r2", "lan")
        state.prune(now)
        assert state.approve("d1", "r2", "lan")


def test_the_last_good_reading_of_each_source(state: State) -> None:
    """An older one than the one that is kept changes nothing."""
    assert state.good_rows("ledger") is None
    assert state.remember_good("ledger", NOW, 100)
    assert state.remember_good(SHOP, NOW, 7)
    assert state.remember_good("ledger", NOW, 99)
    assert not state.remember_good("ledger", at(-1), 3)
    assert state.good_rows("ledger") == 99
    assert state.remember_good("ledger", at(1), 0)
    assert state.good_rows("ledger") == 0
    assert state.good_rows(SHOP) == 7


def test_the_last_success_is_the_newest_run_that_went_well(state: State) -> None:
    """In line or with differences; of a part of the shops only where that part was read."""
    assert state.last_success() is None
    runs = []
    told: list[tuple[int, dict[str, object]]] = [
        (0, {"shops": ["a", "b"]}),
        (10, {"shops": ["b"]}),
        (12, {"shops": ["a", "b"]}),
        (13, {"shops": ["a", "b"], "unread": ["b"]}),
        (0, {}),
    ]
    for minutes, (code, summary) in enumerate(told):
        runs.append(state.begin_run("sync --apply", at(minutes)))
        state.end_run(runs[-1], code, summary)
    state.begin_run("sync --apply", at(9))
    found = [state.last_success(), state.last_success([]), *(state.last_success([name]) for name in "abc")]
    assert [one.id if one else None for one in found] == [runs[4], runs[4], runs[0], runs[1], None]
    both = state.last_success(["b", "a"])
    assert both is not None
    assert (both.id, both.command) == (runs[0], "sync --apply")


def test_a_transaction_is_kept_whole_or_not_at_all(state: State) -> None:
    """What fails within takes everything within with it."""
    run = state.begin_run("diff", NOW)

    def doomed() -> None:
        with state.transaction():
            state.remember_source("ledger", NOW, {"stock": 1})
            state.remember_actions(NOW, ["a"])
            raise LookupError("something else broke")

    with pytest.raises(LookupError):
        doomed()
    assert state.last_source("ledger") is None
    with state.transaction():
        state.remember_source("ledger", NOW, {"stock": 1})
        assert state.last_source("ledger") is not None  # visible within
        state.end_run(run, 0, {})
    assert state.last_source("ledger") is not None


def test_a_fault_that_is_swallowed_spoils_the_transaction_all_the_same(state: State) -> None:
    """Half a memory is never kept, even if the caller goes on."""
    finding = PastFinding(key("1"), "campaign-lock", 20, 30, NOW)

    def careless() -> None:
        with state.transaction():
            state.remember_source("ledger", NOW, {"stock": 1})
            with pytest.raises(OutputFault):
                state.remember_findings("no-such-run", [finding])

    with pytest.raises(OutputFault, match=r"(?i)foreign key"):
        careless()
    assert state.last_source("ledger") is None


def test_what_is_remembered_survives_the_process(where: str, tmp_path: Path) -> None:
    """Opening again finds everything."""
    with State.open(where, lambda: NOW) as state:
        run = state.begin_run("diff", NOW)
        state.end_run(run, 0, {})
    with State.open(where, lambda: NOW) as state:
        assert [one.id for one in state.runs()] == [run]
        assert state.begin_run("diff", NOW).endswith("-0002")
