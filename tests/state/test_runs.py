"""Runs, and what one run tells the next."""

from __future__ import annotations

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
