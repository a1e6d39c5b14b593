"""The law of what may be written, with the real write side: after a plan has been carried out, nothing new is planned.

Worlds with any causes on one SKU, orders in flight, kits, buffers, percents, caps and locks are planned, the plan is
carried out over shops and a ledger in memory, and what these hold then is read and planned again.
`STOCKRECON_EXAMPLES=N` tries N worlds instead of 300.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.core import guard
from stockrecon.core.findings import Action, ActionKind, RunResult
from stockrecon.core.model import ShopName
from stockrecon.core.permit import permitted
from stockrecon.core.policy import Limit, Limits, Mode
from stockrecon.core.slugs import SCENARIOS
from stockrecon.core.withhold import CONFIRM_RAISE
from tests.circle.causes import causes
from tests.circle.worlds import Stage, World, confirmed, fresh_state
from tests.scenarios.test_carried_out import _differing, _left, _people, in_the_past
from tests.scenarios.test_laws import worlds
from tests.worlds import Outcome, place, run

EXAMPLES = int(os.environ.get("STOCKRECON_EXAMPLES", "300"))
BOTH = {ShopName("shopee-vn"): Mode.APPLY, ShopName("lazada-vn"): Mode.APPLY}
ONE = {ShopName("shopee-vn"): Mode.APPLY, ShopName("lazada-vn"): Mode.OBSERVE}
MUCH = Limit(1_000, 100)
UNLIMITED = Limits(MUCH, MUCH, MUCH, MUCH, MUCH, MUCH)
TIGHT = Limits(Limit(1, 0), Limit(0, 0), Limit(2, 0), MUCH, Limit(1, 0), Limit(1, 0))
"""So low that a guard has something to refuse in shops of two listings."""

tried = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


@contextmanager
def staged(states: Path, world: World, first: Outcome, modes: dict[ShopName, Mode]) -> Iterator[Stage]:
    number = next(NUMBERS)
    with fresh_state(states, number) as state:
        yield Stage.of(world, first, state, modes)
    shutil.rmtree(states / f"state-{number}")


@st.composite
def planned(draw: st.DrawFn, limits: Limits) -> World:
    """A world, in half of the cases with raises that an earlier run has seen too."""
    world: dict[str, Any] = in_the_past(draw(st.one_of(worlds(), causes(), causes())))
    scenarios = draw(st.sampled_from((frozenset(SCENARIOS), frozenset(SCENARIOS), None)))
    world["policy"] = world["policy"] | {"limits": limits}
    if scenarios is not None:
        world["policy"] |= {"apply_scenarios": scenarios}
    first = run(world)
    variances = {line.listing.key: line.variance for one in first.statements for line in one.lines}
    waiting = [one.action.listing for one in first.plan.withheld if one.rule == "confirm-raise"]
    if waiting and draw(st.booleans()):
        world["raises"] = [[place(key), variances[key], "11:30"] for key in waiting if key is not None]
    return world


def wrote_what_it_says(stage: Stage, result: RunResult) -> None:
    """Every effect is a confirmed outcome and every confirmed outcome an effect; every write has its outcome."""
    assert sorted(stage.effects) == sorted(confirmed(result))
    writes = {one.id for one in result.plan.actions if one.kind in (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER)}
    assert {one.action for one in result.outcomes} == writes
    assert {one.result for one in result.outcomes} <= {"confirmed", "skipped"}


@tried
@given(planned(UNLIMITED))
def test_after_a_plan_nothing_new_is_planned(states: Path, world: World) -> None:
    """What may be written is, to the unit. A second run plans only what may not be written, or what was withheld until
    it is proven; it asks people for nothing new, and finds variance only where the first said wait, manual, withheld.
    """
    first = run(world)
    with staged(states, world, first, BOTH) as stage:
        result = stage.carry_out()
        wrote_what_it_says(stage, result)
        allowed, forbidden = permitted(first.plan, stage.policy, BOTH)
        assert result.refusals == ()
        assert sum(1 for one in result.outcomes if one.result == "confirmed") == len(allowed)
        second = run(stage.after())
        assert _steps(permitted(second.plan, stage.policy, BOTH)[0]) <= _unproven(first)
        if not forbidden:
            assert _steps(second.plan.actions) <= _unproven(first)
            assert _asked_anew(first, second) == []
            assert _differing(second) <= _left(first)


@tried
@given(planned(TIGHT), st.sampled_from((BOTH, ONE)))
def test_what_a_guard_or_the_owner_forbids_stays_as_it_is(
    states: Path, world: World, modes: dict[ShopName, Mode]
) -> None:
    """With limits that are soon reached: nothing is written where a guard refuses or a shop is observed, and the
    second plan would do only what was refused."""
    first = run(world)
    with staged(states, world, first, modes) as stage:
        result = stage.carry_out()
        wrote_what_it_says(stage, result)
        allowed, _ = permitted(first.plan, stage.policy, modes)
        off = guard.effects(result.refusals, allowed, first.plan)
        assert {one.action for one in result.outcomes if one.result == "confirmed"} == {
            one.id for one in allowed if one.id not in off
        }
        for refusal in result.refusals:
            assert not [one for one in stage.effects if one[0].startswith(f"{refusal.who}/")]
            assert refusal.who != guard.LEDGER or stage.ledger.posts == []
        again = _steps(permitted(run(stage.after()).plan, stage.policy, modes)[0])
        assert again <= set(off) | _unproven(first)


@tried
@given(planned(UNLIMITED))
def test_the_same_plan_twice_is_the_plan_once(states: Path, world: World) -> None:
    """Carried out again, though it was carried out already: what was written is no more what the plan was made at, so
    each write is a conflict, and shops and ledger stay as they are. A correction is posted once."""
    first = run(world)
    with staged(states, world, first, BOTH) as stage:
        stage.carry_out()
        effects, posts, left = list(stage.effects), list(stage.ledger.posts), dict(stage.ledger.available)
        again = stage.carry_out()
        assert (stage.effects, stage.ledger.posts, stage.ledger.available) == (effects, posts, left)
        assert {one.result for one in again.outcomes} <= {"conflict", "skipped", "confirmed"}


def _steps(actions: Iterable[Action]) -> set[str]:
    """The ids of what is written."""
    return {one.id for one in actions if one.kind in (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER)}


def _unproven(first: Outcome) -> set[str]:
    """Raises that the first plan named and withheld: what spoke against one may be over with what was written beside
    it, such as a variance of another listing that had two causes."""
    return {one.action.id for one in first.plan.withheld if one.rule == CONFIRM_RAISE}


def _asked_anew(first: Outcome, second: Outcome) -> list[Action]:
    """What people are asked for only after the plan was carried out.

    Units that were sold on before a correction by an order that the ledger has not yet are told as such until the
    correction is posted, and by what let them be sold from then on: that is the same step.
    """
    told = _people(first)
    sold_on = {
        one.sku
        for one in first.plan.actions
        if one.kind is ActionKind.MANUAL and one.listing is None and one.scenario == "cancelled-order-restock"
    }
    return [
        one
        for one in second.plan.actions
        if one.kind is ActionKind.MANUAL and one.id not in told and not (one.listing is None and one.sku in sold_on)
    ]
