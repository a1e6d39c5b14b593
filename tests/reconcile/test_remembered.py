"""What a run must not leave to the next: times that have not come, ages and ends that are not true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon import reconcile
from stockrecon.apply.applying import foreseen
from stockrecon.apply.session import rules_of
from stockrecon.config import Settings, load
from stockrecon.core.findings import ActionKind, RunResult
from stockrecon.core.policy import Mode
from stockrecon.errors import OutputFault
from stockrecon.state import State
from tests.reconcile.test_memory import NOON, raised, write

DAY = timedelta(days=1)
Run = Callable[..., RunResult]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """One run so many minutes after noon by the clock; `told`: the time it is told; `as_of`: what the files say."""

    def once(minutes: int, *, told: datetime | None = None, as_of: datetime | None = None, **options: Any) -> RunResult:
        at = NOON + timedelta(minutes=minutes)
        write(tmp_path, as_of or at, high_is_whole=True)
        if options.pop("undated", False):
            (tmp_path / "ledger/ledger.yaml").unlink()
            (tmp_path / "ledger/pushes.csv").unlink()
        settings = settings_of(tmp_path, options.get("shops", ()))
        return reconcile.run(settings, reconcile.RunOptions("diff", told or at, **options), clock=lambda: at)

    return once


def settings_of(root: Path, shops: tuple[str, ...] = ()) -> Settings:
    return load(root / "stockrecon.yaml", {}, shops)


def refused(root: Path, result: RunResult) -> set[tuple[str, str]]:
    """What a guard would say if every shop were written: who and which rule."""
    settings = settings_of(root)
    modes = dict.fromkeys((shop.name for shop in settings.shops), Mode.APPLY)
    rules = replace(rules_of(settings), modes=modes)
    return {(refusal.who, refusal.rule) for refusal in foreseen(result, rules).refusals}


def test_a_slip_in_a_files_time_locks_nobody_out(run: Run, tmp_path: Path) -> None:
    """`as_of: 2027` is refused while it stands there, and forgotten once it is mended."""
    run(0)
    ahead = run(20, as_of=NOON + 365 * DAY)
    assert {rule for _, rule in refused(tmp_path, ahead)} == {"future"}
    assert refused(tmp_path, run(40)) == set()


def test_a_look_at_tomorrow_locks_nobody_out(run: Run, tmp_path: Path) -> None:
    """`diff --now` of next year reads a ledger that does not tell its time as of then."""
    run(0, undated=True)
    run(20, undated=True, told=NOON + 365 * DAY)
    assert refused(tmp_path, run(40)) == set()


def test_what_was_remembered_of_the_future_keeps_nobody_out(run: Run, tmp_path: Path) -> None:
    """A run whose clock was a year ahead believed it; those with the right clock do not."""
    late = 365 * 24 * 60
    run(late)
    assert refused(tmp_path, run(0)) == set()


def test_a_raise_that_was_seen_tomorrow_waits_from_now(run: Run) -> None:
    """It would otherwise wait until then."""
    run(0, told=NOON + 365 * DAY)
    assert [raised(run(minutes)) for minutes in (20, 40)] == [False, True]


def test_a_raise_that_was_seen_yesterday_waits_from_its_reading(run: Run) -> None:
    """`diff --now` of yesterday proves nothing about yesterday: the shop was read just now."""
    run(0, told=NOON - DAY, as_of=NOON)
    assert not raised(run(1))


def test_a_look_at_tomorrow_forgets_no_history(run: Run, tmp_path: Path) -> None:
    """What is pruned is old by the clock."""
    run(0)
    run(20)
    pruned: list[datetime] = []
    prune = State.prune

    def noted(self: State, before: datetime, batch: int = 20_000) -> int:
        pruned.append(before)
        return prune(self, before, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(State, "prune", noted)
        run(40, told=NOON + 365 * DAY)
    assert pruned[0] < NOON


def test_a_run_over_one_shop_keeps_the_ages_of_the_others(run: Run) -> None:
    """What waits there still waits since then."""
    first = run(0)
    (manual,) = (one for one in first.plan.actions if one.kind is ActionKind.MANUAL)
    run(20, shops=("low",))
    assert run(40).ages[manual.id] == NOON


def test_a_run_that_goes_on_has_not_ended(run: Run, tmp_path: Path) -> None:
    """One that dies while it writes would count as a good run for whoever looks after its health."""
    result = run(0, goes_on=True)
    with State.open(tmp_path / "state", lambda: NOON) as state:
        record = state.run(result.run)
        assert record is not None
        assert (record.exit_code, record.ended_at) == (None, None)


def test_without_the_memory_of_earlier_runs_nothing_is_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether rows were lost, a source went back, or a write is open: nobody could tell, and all would pass."""
    run(0)

    def lost(self: State, name: str) -> int:
        raise OutputFault("state.db: too many connections")

    monkeypatch.setattr(State, "good_rows", lost)
    assert ("ledger", "forgotten") in refused(tmp_path, run(20))
    monkeypatch.undo()
    assert refused(tmp_path, run(40)) == set()
