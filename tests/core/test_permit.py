"""Which writes may be carried out: the shop's mode, the scenario, and what they count on."""

from __future__ import annotations

from dataclasses import replace

from stockrecon.core.model import ShopName
from stockrecon.core.permit import permitted
from stockrecon.core.policy import Mode, Policy
from tests.core.writes import OTHER, SHOP, adjust, key, people, plan_of, put

BOTH = {SHOP: Mode.APPLY, OTHER: Mode.APPLY}
OBSERVED = "mode: observe of every shop: nothing at all is written until one of them says mode: apply"


def test_what_may_be_written() -> None:
    """Corrections and stock writes of configured scenarios, in the plan's order; what people do is no write."""
    writes = [adjust("A"), put("1", after="a-A-r1"), put("2", shop=OTHER)]
    assert permitted(plan_of([*writes, people()]), Policy(), BOTH) == (tuple(writes), {})


def test_an_observed_shop_is_not_written() -> None:
    """Whether it says so or is not named at all."""
    here, there, unknown = put("1"), put("2", shop=OTHER), put("3", shop="gone")
    writes, skipped = permitted(plan_of([here, there, unknown]), Policy(), {SHOP: Mode.OBSERVE, OTHER: Mode.APPLY})
    assert writes == (there,)
    assert skipped == {
        here.id: f"mode: observe of {SHOP}: it is written only with mode: apply",
        unknown.id: "mode: observe of gone: it is written only with mode: apply",
    }


def test_a_scenario_that_is_not_configured_is_not_written() -> None:
    """For stock writes and corrections alike, and the reason names the key."""
    here, fix = put("1", scenario="unexplained"), adjust("A", scenario="of-another-package")
    writes, skipped = permitted(plan_of([fix, here]), Policy(), BOTH)
    assert writes == ()
    assert skipped == {
        here.id: "unexplained is not in apply.scenarios",
        fix.id: "of-another-package is not in apply.scenarios",
    }
    policy = Policy(apply_scenarios=frozenset({"unexplained"}))
    assert permitted(plan_of([here]), policy, BOTH) == ((here,), {})


def test_corrections_need_one_shop_to_be_written() -> None:
    """Where every shop is observed, or there is none, nothing at all is written; one shop in mode apply is enough."""
    fix, here = adjust("A"), put("1", after="a-A-r1")
    watched = {SHOP: Mode.OBSERVE, OTHER: Mode.OBSERVE}
    writes, skipped = permitted(plan_of([fix, here]), Policy(), watched)
    assert writes == ()
    assert skipped[fix.id] == OBSERVED
    assert permitted(plan_of([fix]), Policy(), {}) == ((), {fix.id: OBSERVED})
    writes, _ = permitted(plan_of([fix, here]), Policy(), watched | {ShopName(OTHER): Mode.APPLY})
    assert writes == (fix,)


def test_what_counts_on_a_correction_goes_with_it() -> None:
    """A write after a correction that may not be made, one whose kit counts on it, and one whose correction is not in
    the plan at all."""
    policy = Policy(apply_scenarios=frozenset({"campaign-returned", "good"}))
    bad, good = adjust("A"), adjust("B", scenario="good")
    after, kit, stray, free = put("1", after=bad.id), put("2", after=good.id), put("3", after="a-0"), put("4")
    plan = plan_of([bad, good, after, kit, stray, free], {key("2"): (bad.id, good.id)})
    writes, skipped = permitted(plan, policy, BOTH)
    assert writes == (good, free)
    assert skipped == {
        bad.id: "cancelled-order-restock is not in apply.scenarios",
        after.id: f"it counts on {bad.id}, which is not carried out",
        kit.id: f"it counts on {bad.id}, which is not carried out",
        stray.id: "it counts on a-0, which is not carried out",
    }


def test_what_counts_on_it_many_steps_away_goes_too() -> None:
    """In whatever order the plan has them."""
    one = adjust("A", scenario="other")
    two, three = adjust("A", -1, "r2", after=one.id), adjust("A", -1, "r3", after="a-A-r2")
    last = put("1", after=three.id)
    for actions in ([one, two, three, last], [last, three, two, one]):
        writes, skipped = permitted(plan_of(actions), Policy(), BOTH)
        assert writes == ()
        assert skipped[two.id] == f"it counts on {one.id}, which is not carried out"
        assert skipped[three.id] == f"it counts on {two.id}, which is not carried out"
        assert skipped[last.id] == f"it counts on {three.id}, which is not carried out"


def test_the_listing_says_which_shop_is_written() -> None:
    """A plan whose action names two shops is judged by the one that would be written."""
    write = replace(put("1"), shop=OTHER)
    assert permitted(plan_of([write]), Policy(), {OTHER: Mode.APPLY})[0] == ()
    assert permitted(plan_of([write]), Policy(), {SHOP: Mode.APPLY})[0] == (write,)
