"""Would the tests notice? Each guard is weakened in one place, and the test that is about it has to fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.apply import applying, earlier
from stockrecon.apply.precheck import Precheck
from stockrecon.core import guard, plan, withhold
from stockrecon.core.case import Account
from stockrecon.core.permit import WRITES
from stockrecon.core.policy import Limit, Limits
from tests.circle import test_law as law
from tests.circle import test_uploads as uploads
from tests.circle.program import Time
from tests.poisoned import test_files as files
from tests.poisoned.conftest import Seller, good_runs, seller

__all__ = ["good_runs", "seller"]

Patch = pytest.MonkeyPatch
LAW = settings(
    max_examples=1000,
    deadline=None,
    # Whether some world breaks the law must not depend on the day.
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def no_guard(patch: Patch) -> None:
    patch.setattr(guard, "judge", lambda *given, **more: ())


def refusals_without_effect(patch: Patch) -> None:
    patch.setattr(guard, "effects", lambda *given: {})


def twice_the_limit(patch: Patch) -> None:
    of = Limit.of
    patch.setattr(Limit, "of", lambda limit, whole: 2 * of(limit, whole))


def limits_for_large_shops_only(patch: Patch) -> None:
    """A free zone for small shops, which the rules must not have."""
    patch.setattr(Limit, "of", lambda limit, whole: max(100, whole * limit.percent // 100))


def no_look_at_times(patch: Patch) -> None:
    patch.setattr(guard._Trial, "_times", lambda *given: iter(()))


def lost_rows_are_no_loss(patch: Patch) -> None:
    patch.setattr(guard._Trial, "_lost", lambda *given: iter(()))


def zeros_are_not_counted(patch: Patch) -> None:
    stock = guard._Trial.stock
    patch.setattr(guard._Trial, "stock", lambda *given: (one for one in stock(*given) if one.rule != "zeroed"))


def additions_are_not_counted(patch: Patch) -> None:
    stock = guard._Trial.stock
    patch.setattr(guard._Trial, "stock", lambda *given: (one for one in stock(*given) if one.rule != "added"))


def an_end_is_taken_for_proven(patch: Patch) -> None:
    of_shop = guard._of_shop
    patch.setattr(guard, "_of_shop", lambda *given: replace(of_shop(*given), error=None))


def everything_is_permitted(patch: Patch) -> None:
    def all_of(made: plan.Plan, *given: object) -> tuple[tuple[Any, ...], Mapping[str, str]]:
        return tuple(action for action in made.actions if action.kind in WRITES), {}

    patch.setattr(applying, "permitted", all_of)


def raises_need_no_second_look(patch: Patch) -> None:
    def at_once(*given: Any) -> tuple[str, str] | None:
        found = withhold.reason(*given)
        return None if found is not None and found[0] == withhold.CONFIRM_RAISE else found

    patch.setattr(plan, "reason", at_once)


FILES: tuple[tuple[Callable[[Patch], None], str, str], ...] = (
    (no_guard, "guards", "ledger: all zero"),
    (no_guard, "mistrusted", "shop: half of the rows"),
    (refusals_without_effect, "guards", "shop: in thousands"),
    (twice_the_limit, "guards", "ledger: another seller's"),
    (limits_for_large_shops_only, "guards", "ledger: another warehouse's"),
    (no_look_at_times, "mistrusted", "ledger: yesterday's"),
    (no_look_at_times, "mistrusted", "shop: from the future"),
    (no_look_at_times, "mistrusted", "shop: not exported for a day"),
    (lost_rows_are_no_loss, "mistrusted", "ledger: half of the rows"),
    (zeros_are_not_counted, "guards", "ledger: values permuted"),
    (additions_are_not_counted, "guards", "shop: all zero"),
    (an_end_is_taken_for_proven, "mistrusted", "shop: does not prove its end"),
    (raises_need_no_second_look, "guards", "ledger: in thousands"),
)
TESTS: Mapping[str, Callable[[str, Seller], None]] = {
    "guards": files.test_the_guards_stop_it_where_everything_may_be_written,
    "mistrusted": files.test_what_cannot_be_trusted_corrects_nothing,
}


@pytest.mark.parametrize(("weaken", "test", "name"), FILES, ids=lambda one: getattr(one, "__name__", one))
def test_poisons_find_a_weak_guard(
    weaken: Callable[[Patch], None], test: str, name: str, seller: Seller, monkeypatch: Patch
) -> None:
    """The poison gets through, or its words change."""

    def weakened(policy: str, kind: str, after: timedelta) -> Any:
        made = seller(policy, kind, after)
        weaken(monkeypatch)
        return made

    with pytest.raises(AssertionError):
        TESTS[test](name, weakened)


def floors_are_forgotten(patch: Patch) -> None:
    patch.setattr(Account, "write_value", property(lambda account: account.target))


def nothing_is_looked_at_again(patch: Patch) -> None:
    patch.setattr(Precheck, "moved", lambda *given: "")


LAWS: tuple[tuple[Callable[[Patch], None], Callable[..., None], Limits], ...] = (
    (floors_are_forgotten, law.test_after_a_plan_nothing_new_is_planned, law.UNLIMITED),
    (nothing_is_looked_at_again, law.test_the_same_plan_twice_is_the_plan_once, law.UNLIMITED),
    (refusals_without_effect, law.test_what_a_guard_or_the_owner_forbids_stays_as_it_is, law.TIGHT),
    (everything_is_permitted, law.test_what_a_guard_or_the_owner_forbids_stays_as_it_is, law.TIGHT),
)


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weakened")


@pytest.mark.parametrize(("weaken", "test", "limits"), LAWS, ids=lambda one: getattr(one, "__name__", ""))
def test_the_law_finds_a_weak_writer(
    weaken: Callable[[Patch], None], test: Any, limits: Limits, states: Path, monkeypatch: Patch
) -> None:
    """Some world of a thousand breaks the law."""
    weaken(monkeypatch)

    @LAW
    @given(law.planned(limits))
    def tried(world: Any) -> None:
        more = (law.BOTH,) if "modes" in test.hypothesis.inner_test.__annotations__ else ()
        test.hypothesis.inner_test(states, world, *more)

    with pytest.raises(AssertionError):
        tried()


def an_old_snapshot_settles(patch: Patch) -> None:
    exported = earlier.Earlier._exported

    def at_once(self: Any, channel: Any, intents: Any) -> Any:
        return exported(self, channel, [replace(one, as_of=None) for one in intents])

    patch.setattr(earlier.Earlier, "_exported", at_once)


def files_stay_full(patch: Patch) -> None:
    patch.setattr(earlier.Earlier, "_emptied", lambda self, channel, settled: settled)


@pytest.mark.parametrize(
    ("weaken", "test"),
    [(an_old_snapshot_settles, uploads.test_never_taken), (files_stay_full, uploads.test_taken)],
    ids=lambda one: one.__name__,
)
def test_uploads_find_a_loop(
    weaken: Callable[[Patch], None], test: Callable[[Any], None], tmp_path: Path, time: Time, monkeypatch: Patch
) -> None:
    """A file that is written again and again, or that is left to be uploaded once more."""
    weaken(monkeypatch)
    with pytest.raises(AssertionError):
        test(uploads.Seller(tmp_path, time))
