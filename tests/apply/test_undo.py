"""Taking a run back: only what nothing else has moved since, and guarded like any other plan."""

from __future__ import annotations

from dataclasses import replace

from stockrecon.apply.undo import UNDO, raises_of, undo_plan
from stockrecon.core.findings import Plan, RunResult
from stockrecon.core.policy import Policy
from tests.apply.model import SHOP, World
from tests.apply.test_stock import results, shop_of


def plan_of(world: World, run: str) -> Plan:
    intents = world.state.journal.of_run(run)
    return undo_plan(run, intents, {SHOP: shop_of(world)}, world.ledger)  # type: ignore[dict-item,arg-type]


def undone(world: World, run: str, *, approve: bool = True) -> RunResult:
    plan = plan_of(world, run)
    applying = world.applying()
    allowed = replace(Policy(), apply_scenarios=frozenset({UNDO}))
    applying.rules = replace(applying.rules, policy=allowed)
    result = replace(world.result(), plan=plan)
    return applying.carry_out(result, plan.digest if approve else None, raises_of(plan))


def test_what_a_run_wrote_is_set_back(world: World) -> None:
    """Listings to what they showed, the ledger by the opposite movement with a ref of its own."""
    adjust = world.adjust("1", -1)
    run = world.applying().carry_out(world.result(adjust, world.set("1", 7, after=adjust.id), world.set("2", 8))).run
    done = undone(world, run)
    assert [one.result.value for one in done.outcomes] == ["confirmed", "confirmed", "confirmed"]
    assert (shop_of(world).stock["1"], shop_of(world).stock["2"]) == (10, 10)
    assert world.ledger.available["SKU-1"] == 8
    assert world.ledger.refs == {"R1": -1, "R1:undo": 1}
    assert done.exit_code == 0


def test_taking_back_a_decrease_needs_an_approval(world: World) -> None:
    """It is a raise that no reading proves: exit 11 without the digest."""
    run = world.applying().carry_out(world.result(world.set("1", 8))).run
    done = undone(world, run, approve=False)
    assert [(refusal.who, refusal.rule) for refusal in done.refusals] == [(SHOP, "raise")]
    assert done.exit_code == 11
    assert shop_of(world).stock["1"] == 8


def test_an_undoing_that_lacks_its_approval_leaves_nothing_half_done(world: World) -> None:
    """Not even the ledger's part: with that alone taken back, the rest could never be."""
    adjust = world.adjust("1", -1)
    run = world.applying().carry_out(world.result(adjust, world.set("1", 7, after=adjust.id))).run
    done = undone(world, run, approve=False)
    assert [one.result.value for one in done.outcomes] == ["skipped", "skipped"]
    assert world.ledger.refs == {"R1": -1}
    assert len(undone(world, run).outcomes) == 2
    assert world.ledger.refs == {"R1": -1, "R1:undo": 1}


def test_a_listing_that_moved_since_is_left(world: World) -> None:
    """Somebody bought one: setting it back would sell it twice."""
    run = world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 8))).run
    shop_of(world).stock["1"] = 7
    plan = plan_of(world, run)
    assert [action.listing.item_id for action in plan.actions if action.listing] == ["2"]
    assert [(one.rule, one.text) for one in plan.withheld] == [("moved", "shopee-vn 1 shows 7 now, the run left 8")]
    assert results(undone(world, run)) == {"2": "confirmed"}


def test_a_ledger_that_moved_since_keeps_its_listings(world: World) -> None:
    """Before and after were computed from another number."""
    run = world.applying().carry_out(world.result(world.set("1", 8))).run
    world.ledger.available["SKU-1"] = 5
    (withheld,) = plan_of(world, run).withheld
    assert withheld.text == "the ledger has 5 of SKU-1 now, the run left 8"


def test_a_listing_that_cannot_be_read_is_left(world: World) -> None:
    """Nobody knows whether it moved."""
    run = world.applying().carry_out(world.result(world.set("1", 8))).run
    shop_of(world).readable = False
    (withheld,) = plan_of(world, run).withheld
    assert withheld.text == "shopee-vn 1 could not be read"


def test_only_confirmed_writes_are_taken_back(world: World) -> None:
    """What was refused changed nothing."""
    shop_of(world).behave = {"1": "reject"}
    run = world.applying().carry_out(world.result(world.set("1", 8))).run
    assert plan_of(world, run).actions == ()


def test_a_ledger_of_files_cannot_tell_whether_it_moved(world: World) -> None:
    """The listings still can."""
    run = world.applying().carry_out(world.result(world.set("1", 8))).run
    world.ledger.twice = False
    assert len(plan_of(world, run).actions) == 1


def test_undoing_twice_does_nothing_twice(world: World) -> None:
    """After the first the listing shows another number than the run left."""
    run = world.applying().carry_out(world.result(world.set("1", 8))).run
    undone(world, run)
    plan = plan_of(world, run)
    assert plan.actions == ()
    assert len(plan.withheld) == 1


def test_a_run_that_wrote_nothing_has_nothing_to_take_back(world: World) -> None:
    """An empty plan, and the ledger is not even asked."""
    world.ledger.readable = False
    assert plan_of(world, world.applying().carry_out(world.result()).run).actions == ()
