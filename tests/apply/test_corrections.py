"""Ledger corrections: once, whatever is lost; and nothing is written that counted on one that was not made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stockrecon.core.findings import Basis
from stockrecon.core.intent import Answered
from stockrecon.core.model import Sku
from tests.apply.model import ModelShop, World
from tests.apply.test_stock import results, shop_of


def test_a_correction_is_posted_and_the_stock_that_counts_on_it_follows(world: World) -> None:
    """The channel's number is right only once the ledger's is: 8 - 1 = 7 in both."""
    adjust = world.adjust("1", -1)
    done = world.applying().carry_out(world.result(adjust, world.set("1", 7, after=adjust.id)))
    assert [one.result.value for one in done.outcomes] == ["confirmed", "confirmed"]
    assert world.ledger.available["SKU-1"] == 7
    assert world.ledger.refs == {"R1": -1}
    assert shop_of(world).effects == [("1", 10, 7)]
    assert done.exit_code == 0


@pytest.mark.parametrize(
    ("behave", "outcome"), [("reject", "rejected"), ("lost-before", "unknown"), ("conflict", "conflict")]
)
def test_where_a_correction_fails_what_counts_on_it_is_not_written(world: World, behave: str, outcome: str) -> None:
    """The others of the shop are."""
    world.ledger.behave = behave
    adjust = world.adjust("1", -1)
    result = world.result(adjust, world.set("1", 7, after=adjust.id), world.set("2", 8))
    basis = result.plan.basis
    if behave == "conflict":
        world.ledger.available["SKU-1"] = 9
    result = replace(result, plan=replace(result.plan, basis=basis))
    done = world.applying().carry_out(result)
    told = {one.action: one.result.value for one in done.outcomes}
    assert told[adjust.id] == outcome
    assert results(done) == {"1": "skipped", "2": "confirmed"}
    assert done.exit_code == 12


def test_a_correction_whose_answer_was_lost_is_confirmed_by_its_movement(world: World) -> None:
    """The ledger's movements tell; it is not posted again."""
    world.ledger.behave = "lost-after"
    done = world.applying().carry_out(world.result(world.adjust("1", -1)))
    assert done.outcomes[0].result.value == "confirmed"
    assert world.ledger.available["SKU-1"] == 7


def test_two_corrections_of_one_sku_count_on_one_another(world: World) -> None:
    """Each is compared with what the one before it left."""
    first, second = world.adjust("1", -1, "R1"), world.adjust("1", -2, "R2")
    done = world.applying().carry_out(world.result(first, replace(second, after=first.id)))
    assert [one.result.value for one in done.outcomes] == ["confirmed", "confirmed"]
    assert world.ledger.available["SKU-1"] == 5


def test_the_second_correction_of_a_sku_waits_for_the_first(world: World) -> None:
    """It would be compared with a number that is not there."""
    world.ledger.behave = "reject"
    first = world.adjust("1", -1, "R1")
    done = world.applying().carry_out(world.result(first, replace(world.adjust("1", -2, "R2"), after=first.id)))
    assert [one.result.value for one in done.outcomes] == ["rejected", "skipped"]


def test_a_ledger_that_takes_no_corrections_says_so(world: World) -> None:
    """With its own words for the way on."""
    world.ledger.why_not = "a workbook takes no corrections: post it by hand"
    adjust = world.adjust("1", -1)
    done = world.applying().carry_out(world.result(adjust, world.set("1", 7, after=adjust.id)))
    assert [one.result.value for one in done.outcomes] == ["skipped", "skipped"]
    assert "by hand" in done.outcomes[0].detail
    assert done.exit_code == 10


def test_a_stopped_run_posts_nothing_more(world: World) -> None:
    """Corrections are writes like others."""
    world.stopped = "the deadline is past"
    done = world.applying().carry_out(world.result(world.adjust("1", -1)))
    assert done.outcomes[0].result.value == "skipped"
    assert world.ledger.refs == {}


@pytest.mark.parametrize(("behave", "outcome"), [("lost-after", "confirmed"), ("lost-before", "not-applied")])
def test_a_correction_that_was_left_open_is_settled_by_the_next_run(world: World, behave: str, outcome: str) -> None:
    """A run that died between posting and recording: the movement is there, or it is not."""
    world.ledger.behave = behave
    world.ledger.readable = False
    done = world.applying().carry_out(world.result(world.adjust("1", -1)))
    assert done.outcomes[0].result.value == "unknown"
    world.ledger.readable = True
    before = world.clock()
    (settled,) = world.applying().settle()
    assert settled.result.value == outcome
    assert settled.run == done.run
    assert world.clock() - before >= timedelta(seconds=15)  # it waited until none could arrive any more
    assert world.state.journal.open_intents() == ()


def test_an_unreadable_ledger_leaves_the_correction_open(world: World) -> None:
    """Nobody can tell: it stays, and is not posted again."""
    world.ledger.readable = False
    world.applying().carry_out(world.result(world.adjust("1", -1)))
    world.clock.sleep(3600)
    (settled,) = world.applying().settle()
    assert settled.result.value == "unknown"
    (intent,) = world.state.journal.open_intents()
    assert intent.ref == "R1"


def test_success_without_a_movement_is_not_applied(world: World) -> None:
    """An answer is a claim: a seller's own statement may do nothing at all."""

    class Liar(type(world.ledger)):  # type: ignore[misc]
        def correct(self, request: object) -> object:
            from stockrecon.ledgers.base import CorrectionAnswer

            return CorrectionAnswer(Answered.ACCEPTED)

    world.ledger = Liar(world.ledger.available)
    done = world.applying().carry_out(world.result(world.adjust("1", -1)))
    assert done.outcomes[0].result.value == "not-applied"
    assert "shows no movement" in done.outcomes[0].detail


def test_a_kit_whose_second_component_is_corrected_waits_for_both(world: World) -> None:
    """`after` names one; the plan's basis names them all."""
    one, two = world.adjust("1", -1, "R1"), world.adjust("2", -1, "R2")
    kit = world.set("1", 7, after=two.id)
    result = world.result(one, two, kit)
    basis = replace(result.plan.basis, corrections={kit.listing: (one.id, two.id)})
    world.ledger.available["SKU-1"] = 9  # the first conflicts
    done = world.applying().carry_out(replace(result, plan=replace(result.plan, basis=basis)))
    assert results(done) == {"1": "skipped"}


def test_the_basis_of_a_correction_is_known(world: World) -> None:
    """A plan without it is a bug, not a guess."""
    result = world.result(world.adjust("1", -1), basis=Basis({Sku("SKU-2"): 8}, {}))
    with pytest.raises(RuntimeError, match="no correction that can be posted"):
        world.applying().carry_out(result)
    assert isinstance(world.shop, ModelShop)
