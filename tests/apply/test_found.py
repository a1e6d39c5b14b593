"""Ways in which a run could lose, misreport or wrongly judge what it wrote, each tried once and kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.apply.saved import load as load_plan
from stockrecon.apply.saved import text_of
from stockrecon.apply.session import opened, result_of
from stockrecon.channels.base import Surroundings
from stockrecon.config import Settings, load
from stockrecon.core.findings import Action, ActionKind, OutcomeResult, RemedyKind, ShopReport, Side
from stockrecon.core.intent import NewIntent
from stockrecon.core.model import ShopName, Sku
from stockrecon.core.policy import Limit, Limits, Policy
from stockrecon.errors import ConfigFault
from stockrecon.ledgers.base import CorrectionAnswer, CorrectionRequest
from stockrecon.state import FileTokenStore
from tests.apply.model import START, Clock, World, key
from tests.apply.test_applying import finding, statement
from tests.apply.test_earlier import file_world
from tests.apply.test_stock import results, shop_of
from tests.apply.test_undo import plan_of, undone


def test_a_clock_that_was_set_back_keeps_no_run_waiting(world: World) -> None:
    """A correction that seems to be posted tomorrow is waited for as long as a fresh one, not until tomorrow."""
    world.state.journal.open(
        "R", [NewIntent("a-1", ActionKind.ADJUST_LEDGER, Sku("SKU-1"), by=-1, ref="R1", basis={Sku("SKU-1"): 8})]
    )
    world.clock.now = START - timedelta(days=1)
    world.applying().settle()
    assert world.clock.now - (START - timedelta(days=1)) <= timedelta(seconds=15)


@pytest.mark.parametrize("shows", [10, 9])
def test_a_file_that_nobody_took_is_no_push(world: World, shows: int) -> None:
    """Nothing says that the shop got the number: the cause of the difference keeps its name, and is mended again."""
    shop = file_world(world)
    world.applying().carry_out(world.result(world.set("1", 8)))
    shop.as_of, shop.stock = START + timedelta(hours=1), {"1": shows, "2": 10}
    world.applying().settle()
    assert [push for push in world.state.journal.own_pushes(START - timedelta(days=1)) if push.ok] == []


def test_an_approval_that_could_free_nothing_is_not_used_up(world: World) -> None:
    """The ledger is refused for its age whatever is approved: the digest is still good for the next run."""
    world.policy = Policy(limits=Limits(zeroed=Limit(0, 0)))
    result = world.result(world.set("1", 0))
    assert result.standing is not None
    old = replace(result.standing.ledger, as_of=START - timedelta(days=9))
    refused = replace(result, standing=replace(result.standing, ledger=old))
    assert world.applying().carry_out(refused, result.plan.digest).exit_code == 11
    done = world.applying().carry_out(result, result.plan.digest)
    assert results(done) == {"1": "confirmed"}


def test_a_correction_of_a_ledger_of_files_is_not_taken_back_unseen(world: World) -> None:
    """Nobody can tell whether the book moved since: it is withheld, and what counted on it with it."""
    adjust = world.adjust("1", -1)
    run = world.applying().carry_out(world.result(adjust, world.set("2", 8))).run
    world.ledger.twice = False
    assert [one.action.kind for one in plan_of(world, run).withheld] == [ActionKind.ADJUST_LEDGER]
    undone(world, run)


def test_a_run_does_not_settle_what_another_one_is_posting(world: World) -> None:
    """A run over other shops looks while this one waits for the row's lock: the correction is not its business."""
    other = world.applying()
    other.elsewhere = "not posted: ledger: another run holds the lock"
    correct = world.ledger.correct

    def slow(request: CorrectionRequest) -> CorrectionAnswer:
        world.clock.now += timedelta(seconds=20)
        assert other.settle() == ()
        return correct(request)

    world.ledger.correct = slow  # type: ignore[method-assign]
    done = world.applying().carry_out(world.result(world.adjust("1", -1)))
    assert [one.result.value for one in done.outcomes] == ["confirmed"]


def test_while_the_ledger_is_another_runs_nothing_is_written_that_counts_on_a_correction(world: World) -> None:
    """The others of the shop are."""
    applying = world.applying()
    applying.elsewhere = "not posted: ledger: another run holds the lock"
    adjust = world.adjust("1", -1)
    done = applying.carry_out(world.result(adjust, world.set("1", 7, after=adjust.id), world.set("2", 8)))
    assert [one.result.value for one in done.outcomes] == ["skipped", "skipped", "confirmed"]
    assert world.ledger.refs == {}
    assert "another run holds the lock" in done.outcomes[0].detail


def test_runs_over_different_shops_have_one_ledger(tmp_path: Path) -> None:
    """Both write their shops; the one that came second posts nothing, and names who may."""
    one, two = (settings_with(tmp_path, name) for name in ("shop-1", "shop-2"))
    around = Surroundings(Clock(), Clock().sleep, FileTokenStore(tmp_path / "tokens"))
    with opened(one, around, holder="sync --apply --shop shop-1") as first:
        assert first.elsewhere == ""
        with opened(two, around, holder="sync --apply --shop shop-2") as second:
            assert "sync --apply --shop shop-1" in second.elsewhere
    with opened(two, around, holder="sync") as second:
        assert second.elsewhere == ""


def settings_with(folder: Path, shop: str) -> Settings:
    (folder / "config.yaml").write_text(
        "ledger: {type: file, path: ledger/}\nshops:\n"
        "  - {name: shop-1, channel: file, path: shop-1/}\n  - {name: shop-2, channel: file, path: shop-2/}\n"
    )
    return load(folder / "config.yaml", {}, (shop,))


def test_a_journal_that_cannot_be_kept_is_no_difference_that_remains(world: World) -> None:
    """10 is what monitors take for a good run; what was written before is told all the same."""
    shop_of(world).after_write = lambda: setattr(world.held, "lost", True)
    done = world.applying().carry_out(world.result(*(world.set(item, 8) for item in "1234")))
    assert results(done) == {"1": "confirmed", "2": "confirmed", "3": "skipped", "4": "skipped"}
    assert done.exit_code == 13  # the code of the fault that the model's lock raises


def test_a_file_that_was_given_out_is_not_replaced(world: World) -> None:
    """Its rows stand nowhere else: a second file would take them from who has not uploaded the first yet."""
    shop = file_world(world)
    world.applying().carry_out(world.result(world.set("1", 8)))
    done = world.applying().carry_out(world.result(world.set("2", 8)))
    assert results(done) == {"2": "skipped"}
    assert "1 of its rows are not settled" in done.outcomes[0].detail
    assert [row.key.item_id for row in shop.rows or ()] == ["1"]
    shop.as_of, shop.stock = START + timedelta(hours=1), {"1": 8, "2": 10}
    world.applying().settle()
    assert results(world.applying().carry_out(world.result(world.set("2", 8)))) == {"2": "exported"}


def test_an_approval_whose_run_sent_nothing_is_still_good(world: World) -> None:
    """The shop was away: the same plan comes out again, and nobody could ever approve it otherwise."""
    world.policy = Policy(limits=Limits(zeroed=Limit(0, 0)))
    shop_of(world).behave = {"1": "throttle"}
    result = world.result(world.set("1", 0))
    assert results(world.applying().carry_out(result, result.plan.digest)) == {"1": "skipped"}
    shop_of(world).behave = {}
    done = world.applying().carry_out(world.result(world.set("1", 0)), result.plan.digest)
    assert results(done) == {"1": "confirmed"}
    assert not world.state.approve(result.plan.digest, result.run, "tester")


def test_no_shop_is_called_ledger(tmp_path: Path) -> None:
    """Locks, refusals and what was seen last are kept by name: a shop's would be taken for the ledger's."""
    file = tmp_path / "config.yaml"
    file.write_text("ledger: {type: file, path: ledger/}\nshops: [{name: Ledger, channel: file, path: shop/}]\n")
    with pytest.raises(ConfigFault, match="no shop can be called ledger"):
        load(file, {})


@pytest.mark.parametrize(("remedy", "code"), [(RemedyKind.NONE, 10), (RemedyKind.SET, 0)])
def test_a_saved_plan_knows_what_it_leaves(world: World, tmp_path: Path, remedy: RemedyKind, code: int) -> None:
    """Differences that no step mends are differences also where the plan comes from a file: 10, not 0."""
    file = tmp_path / "plan.json"
    result = world.result(world.set("1", 8))
    found = finding("unexplained" if remedy is RemedyKind.NONE else "campaign-returned", remedy)
    result = replace(result, statements=(statement(replace(found, listing=key("2" if code else "1"))),))
    file.write_text(text_of(result, config="c", generation=0, made_at=START), encoding="utf-8")
    saved = load_plan(file, config="c", generation=0, now=START)
    carried = replace(world.result(), plan=saved.plan, standing=saved.standing)
    done = world.applying().carry_out(carried, left=saved.left)
    assert (results(done), done.exit_code) == ({"1": "confirmed"}, code)


def test_a_saved_plan_knows_who_was_not_read(tmp_path: Path, world: World) -> None:
    """Its run ends with 13, as the one that had made the plan did."""
    file = tmp_path / "plan.json"
    settings = settings_with(tmp_path, "shop-1")
    result = replace(world.result(), shops=(ShopReport(ShopName("shop-1"), "file", None, 0, 0, "HTTP 503"),))
    file.write_text(text_of(result, config="c", generation=0, made_at=START), encoding="utf-8")
    saved = load_plan(file, config="c", generation=0, now=START)
    (shop,) = result_of(settings, saved, "R", START).shops
    assert shop.error == "not read for this plan: HTTP 503"
    done = world.applying().carry_out(replace(result_of(settings, saved, result.run, START)), left=saved.left)
    assert done.exit_code == 13


def test_a_wait_of_no_units_is_no_difference(world: World) -> None:
    """What is merely told, as the units that a cancellation would bring back: `sync --apply` ends as diff does."""
    told = finding("cancelled-order-restock", RemedyKind.WAIT, units=0, side=Side.LEDGER)
    wait = Action("a-9", ActionKind.WAIT, told.sku, told.scenario, told.id)
    result = replace(world.result(world.set("1", 8), wait), statements=(statement(told),))
    assert world.applying().carry_out(result).exit_code == 0


def test_a_listing_that_never_stands_still_is_not_left_alone_for_ever(world: World) -> None:
    """The best seller of the day shows another number at each reading, for hours: what was sent long ago is over."""
    shop_of(world).on_read = lambda: shop_of(world).stock.update({"1": shop_of(world).stock["1"] - 1})
    shop_of(world).stock["1"] = 100
    world.state.journal.open("R", [NewIntent("a-1", ActionKind.SET_STOCK, Sku("SKU-1"), key("1"), 120, 100)])
    assert [one.result for one in world.applying().settle()] == [OutcomeResult.UNKNOWN]
    world.clock.sleep(120)
    assert [one.result for one in world.applying().settle()] == [OutcomeResult.SUPERSEDED]
    assert world.state.journal.open_intents() == ()


def test_a_sellers_own_statement_has_as_long_as_the_server_gives_it(world: World) -> None:
    """It may commit by itself after its caller's death: called not applied too soon, it would be posted twice."""
    world.ledger.settings = replace(world.ledger.settings, correct="CALL post(:sku, :quantity, :ref, :note)")
    world.state.journal.open(
        "R", [NewIntent("a-1", ActionKind.ADJUST_LEDGER, Sku("SKU-1"), by=-1, ref="R1", basis={Sku("SKU-1"): 8})]
    )
    world.clock.after(60, lambda: world.ledger.refs.update({"R1": -1}))
    assert [one.result for one in world.applying().settle()] == [OutcomeResult.CONFIRMED]
