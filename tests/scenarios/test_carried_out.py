"""After a plan has been carried out in full, an unchanged world needs nothing new (semantics, section 6)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.core.findings import Action, ActionKind, RemedyKind, Side
from stockrecon.core.model import ShopName
from stockrecon.core.permit import permitted
from stockrecon.core.policy import Mode, Policy
from stockrecon.core.slugs import SCENARIOS
from tests.scenarios.test_laws import worlds
from tests.worlds import Outcome, place, run

BOTH = {ShopName("shopee-vn"): Mode.APPLY, ShopName("lazada-vn"): Mode.APPLY}


def carried_out(world: dict[str, Any], outcome: Outcome, writes: Sequence[Action] | None = None) -> dict[str, Any]:
    """The world after these writes of the plan, or all, were taken, as a second run reads it, with what the first
    remembered."""
    after = copy.deepcopy(world)
    at = after["as_of"]
    for action in outcome.plan.actions if writes is None else writes:
        if action.kind is ActionKind.SET_STOCK:
            _set(after, action, at)
        elif action.kind is ActionKind.ADJUST_LEDGER:
            after["ledger"][action.sku] += action.by
            row = [f"fix-{action.ref}", at, action.sku, action.by, "correction", None, None, None, action.ref]
            after.setdefault("movements", []).append(row)
    after["past"] = [
        [place(f.listing), f.scenario, f.units, line.target, at]
        for statement in outcome.statements
        for line in statement.lines
        for f in statement.findings
        if f.side is Side.LISTING and f.listing == line.listing.key and line.target is not None
    ]
    return after


def in_the_past(world: dict[str, Any]) -> dict[str, Any]:
    """The same world with every order, movement, push and snapshot before the read."""

    def past(at: str) -> str:
        return at if " " in at or at < world["as_of"] else f"-1d {at}"

    world = copy.deepcopy(world)
    for order in world["orders"]:
        order.update({name: past(order[name]) for name in ("at", "cancelled") if name in order})
    for name in ("movements", "pushes", "history"):
        for row in world.get(name, []):
            row[1] = past(row[1])
    return world


def _set(after: dict[str, Any], action: Action, at: str) -> None:
    assert action.to is not None
    assert action.frm is not None
    after["listings"][place(action.listing)]["sellable"] += action.to - action.frm
    after.setdefault("written", []).append([place(action.listing), at, action.to, "ok"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds())
def test_a_second_run_plans_nothing_new(world: dict[str, Any]) -> None:
    """No write is planned again, no person is asked for something new, and variance is left only where it was told."""
    world = in_the_past(world)
    first = run(world)
    second = run(carried_out(world, first))
    assert second.writes == []
    assert _people(second) <= _people(first)
    assert _differing(second) <= _left(first)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    worlds(), st.sets(st.sampled_from(sorted(SCENARIOS))), st.sampled_from((BOTH, {ShopName("shopee-vn"): Mode.APPLY}))
)
def test_applying_twice_equals_applying_once(
    world: dict[str, Any], scenarios: set[str], modes: dict[ShopName, Mode]
) -> None:
    """What a configuration permits is written once: a second run over the unchanged world has nothing to write.

    Some of the plan is not permitted and stays undone; the correction counted on goes with what counts on it.
    """
    world = in_the_past(world)
    world["policy"] = world["policy"] | {"apply_scenarios": frozenset(scenarios)}
    first = run(world)
    after = carried_out(world, first, permitted(first.plan, Policy(**world["policy"]), modes)[0])
    second = run(after)
    assert permitted(second.plan, Policy(**world["policy"]), modes)[0] == ()


def _people(outcome: Outcome) -> set[str]:
    return {action.id for action in outcome.plan.actions if action.kind is ActionKind.MANUAL}


def _differing(outcome: Outcome) -> set[str]:
    return {place(line.listing.key) for s in outcome.statements for line in s.lines if line.variance}


def _left(outcome: Outcome) -> set[str]:
    """Listings of which the first run said that something will be left, or that it writes lower than the target.

    Told is anything but a mere *set*, and what is withheld; lower it writes for orders that the ledger has not yet.
    """
    told = {
        place(finding.listing)
        for statement in outcome.statements
        for finding in statement.findings
        if any(remedy.kind is not RemedyKind.SET for remedy in finding.remedies)
    }
    cautious = {
        place(line.listing.key)
        for s in outcome.statements
        for line in s.lines
        if line.target is not None and line.write_target is not None and line.write_target < line.target
    }
    return told | cautious | {place(withheld.action.listing) for withheld in outcome.plan.withheld}
