"""A run as a whole: guards before the first write, approvals once, the exit code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stockrecon.apply.applying import foreseen
from stockrecon.core.findings import (
    Action,
    ActionKind,
    Finding,
    Remedy,
    RemedyKind,
    RunResult,
    ShopReport,
    Side,
    Statement,
    Withheld,
)
from stockrecon.core.model import Sku
from stockrecon.core.policy import Limit, Limits, Mode, Policy
from tests.apply.model import SHOP, World, key
from tests.apply.test_stock import results, shop_of

TIGHT = Policy(limits=Limits(changed=Limit(1, 1), zeroed=Limit(0, 0), lost=Limit(0, 0)))
OTHER = "sha256:" + "0" * 64


def test_a_shop_in_mode_observe_is_never_written(world: World) -> None:
    """The default; the plan is told as skipped with the reason."""
    world.mode = Mode.OBSERVE
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "skipped"}
    assert "observe" in done.outcomes[0].detail
    assert shop_of(world).sent == []
    assert done.exit_code == 10


def test_a_refusal_stops_every_write_of_its_shop_before_the_first(world: World) -> None:
    """All refusals at once, exit 11, no request, no intent."""
    world.policy = TIGHT
    done = world.applying().carry_out(world.result(world.set("1", 0), world.set("2", 8)))
    assert {refusal.rule for refusal in done.refusals} == {"changed", "zeroed"}
    assert results(done) == {"1": "skipped", "2": "skipped"}
    assert shop_of(world).sent == []
    assert world.state.journal.generation() == 0
    assert done.exit_code == 11


def test_foreseen_refusals_are_those_that_applying_makes(world: World) -> None:
    """`sync` without --apply says what --apply would refuse."""
    world.policy = TIGHT
    result = world.result(world.set("1", 0), world.set("2", 8))
    applying = world.applying()
    assert foreseen(result, applying.rules).refusals == applying.carry_out(result).refusals
    assert foreseen(replace(result, standing=None), applying.rules).refusals == ()


def test_an_approval_of_this_very_plan_overrides_its_limits_once(world: World) -> None:
    """Written, told who approved; the second time the same digest overrides nothing."""
    world.policy = TIGHT
    result = world.result(world.set("1", 0), world.set("2", 8))
    done = world.applying().carry_out(result, result.plan.digest)
    assert results(done) == {"1": "confirmed", "2": "confirmed"}
    assert (done.refusals, done.exit_code) == ((), 0)
    assert any("approved by tester: shopee-vn: changed" in text for text in done.warnings)
    shop_of(world).stock.update({"1": 10, "2": 10})
    again = world.applying().carry_out(world.result(world.set("1", 0), world.set("2", 8)), result.plan.digest)
    assert again.exit_code == 11
    assert any("was used before" in text for text in again.warnings)


def test_an_approval_of_another_plan_overrides_nothing(world: World) -> None:
    """The plan has changed since it was read."""
    world.policy = TIGHT
    done = world.applying().carry_out(world.result(world.set("1", 0), world.set("2", 8)), OTHER)
    assert done.exit_code == 11
    assert any(OTHER in text for text in done.warnings)
    assert shop_of(world).sent == []


def test_an_approval_that_is_not_needed_is_not_used_up(world: World) -> None:
    """A plan within its limits needs none."""
    result = world.result(world.set("1", 8))
    world.applying().carry_out(result, result.plan.digest)
    assert world.state.approve(result.plan.digest, result.run, "tester")


def test_an_approved_plan_makes_its_snapshot_the_last_good_one(world: World) -> None:
    """Also the ledger's; what is not approved does not."""
    world.policy = TIGHT
    result = world.result(world.set("1", 8))
    assert result.standing is not None
    shops = {SHOP: replace(result.standing.shops[SHOP], good_rows=9)}
    ledger = replace(result.standing.ledger, good_rows=9)
    result = replace(result, standing=replace(result.standing, shops=shops, ledger=ledger))
    refused = world.applying().carry_out(result)
    assert {(refusal.who, refusal.rule) for refusal in refused.refusals} == {("ledger", "lost"), (SHOP, "lost")}
    assert world.state.good_rows(SHOP) is None
    world.applying().carry_out(result, result.plan.digest)
    assert world.state.good_rows(SHOP) == 4
    assert world.state.good_rows("ledger") == 4


def test_what_no_approval_overrides_stays_refused(world: World) -> None:
    """A ledger from the future is no question of limits."""
    result = world.result(world.set("1", 8))
    assert result.standing is not None
    world.clock.sleep(0)
    ahead = replace(result.standing.ledger, as_of=result.now.replace(year=2027))
    result = replace(result, standing=replace(result.standing, ledger=ahead))
    done = world.applying().carry_out(result, result.plan.digest)
    assert [refusal.rule for refusal in done.refusals] == ["future"]
    assert done.exit_code == 11


def test_nothing_to_do_is_exit_0(world: World) -> None:
    """An empty plan, everything read."""
    assert world.applying().carry_out(world.result()).exit_code == 0


def statement(*findings: Finding) -> Statement:
    return Statement(Sku("SKU-1"), 8, 8, 0, 0, (), findings)


def finding(slug: str, kind: RemedyKind, units: int = 2, side: Side = Side.LISTING) -> Finding:
    listing = key("1") if side is Side.LISTING else None
    return Finding(slug, None, side, Sku("SKU-1"), units, "", listing=listing, remedies=(Remedy(kind),))


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([finding("campaign-returned", RemedyKind.SET)], 0),
        ([finding("campaign-returned", RemedyKind.SET), finding("unexplained", RemedyKind.NONE)], 0),
        ([finding("campaign-returned", RemedyKind.SET), finding("in-flight", RemedyKind.WAIT)], 0),
        ([finding("campaign-returned", RemedyKind.SET), finding("unpaid-release", RemedyKind.WAIT)], 10),
        ([finding("campaign-lock", RemedyKind.MANUAL)], 10),
        ([finding("unexplained", RemedyKind.NONE, side=Side.LEDGER)], 10),
    ],
)
def test_what_a_confirmed_write_leaves(world: World, findings: list[Finding], code: int) -> None:
    """The whole target was set: what was not its cause is mended too; what waits or is for people is left."""
    result = replace(world.result(world.set("1", 8)), statements=(statement(*findings),))
    assert world.applying().carry_out(result).exit_code == code


def other(kind: ActionKind, scenario: str) -> Action:
    return Action("a-9", kind, Sku("SKU-1"), scenario, "f-9")


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (other(ActionKind.MANUAL, "campaign-lock"), 10),
        (other(ActionKind.WAIT, "unpaid-release"), 10),
        (other(ActionKind.WAIT, "in-flight"), 0),
    ],
)
def test_what_people_and_time_have_to_do_is_left(world: World, action: Action, code: int) -> None:
    """Also for a saved plan, which has no findings beside it; what is merely in flight does not count."""
    assert world.applying().carry_out(world.result(action)).exit_code == code


def test_what_is_withheld_is_left(world: World) -> None:
    """Exit 10 until a later run may do it."""
    result = world.result()
    plan = replace(result.plan, withheld=(Withheld(world.set("1", 12), "confirm-raise", "needs two reads"),))
    assert world.applying().carry_out(replace(result, plan=plan)).exit_code == 10


def test_a_shop_that_was_not_read_is_exit_13_also_where_all_writes_went_well(world: World) -> None:
    """The others were still done."""
    lost = ShopReport(SHOP, "shopee", None, 0, 0, error="HTTP 503")
    result = replace(world.result(world.set("1", 8)), shops=(lost,))
    done = world.applying().carry_out(result)
    assert (results(done), done.exit_code) == ({"1": "confirmed"}, 13)


def test_a_failed_write_outranks_a_refusal(world: World) -> None:
    """12, then 11, 13, 10 wins."""
    shop_of(world).behave = {"1": "reject"}
    result = world.result(world.set("1", 8), world.set("2", 8, shop="lazada-vn", listing=key("2", "lazada-vn")))  # type: ignore[arg-type]
    applying = world.applying()
    modes = {SHOP: Mode.APPLY, "lazada-vn": Mode.APPLY}
    applying.rules = replace(applying.rules, modes=modes)  # type: ignore[arg-type]
    done = applying.carry_out(result)
    assert [refusal.rule for refusal in done.refusals] == ["unread-end"]
    assert done.exit_code == 12


def test_a_run_without_a_ledger_writes_nothing(world: World) -> None:
    """There is no plan and nothing to judge by."""
    result: RunResult = replace(world.result(), standing=None, ledger_error="the ledger could not be read")
    assert world.applying().carry_out(result).exit_code == 13


def test_applying_twice_equals_applying_once(world: World) -> None:
    """The second time every listing has moved away from what the plan was made at: conflicts, and no write."""
    result = world.result(world.set("1", 8), world.set("2", 8))
    world.applying().carry_out(result)
    effects = list(shop_of(world).effects)
    again = world.applying().carry_out(result)
    assert set(results(again).values()) == {"conflict"}
    assert shop_of(world).effects == effects


def test_the_record_of_a_run_tells_how_it_ended(world: World) -> None:
    """For `stockrecon runs`."""
    applying = world.applying()
    done = applying.carry_out(world.result(world.set("1", 8)))
    applying.record(done, {"outcomes": {"confirmed": 1}})
    record = world.state.run(done.run)
    assert record is not None
    assert (record.exit_code, record.summary) == (0, {"outcomes": {"confirmed": 1}})
