"""Writing a shop: what is kept, sent, read back, and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.core.findings import OutcomeResult, RunResult
from stockrecon.core.intent import Answered
from stockrecon.core.model import ListingKey, ListingState
from tests.apply.model import ModelShop, World


def results(result: RunResult) -> dict[str, str]:
    """Item -> outcome."""
    places = {action.id: action.listing.item_id for action in result.plan.actions if action.listing is not None}
    return {places[one.action]: one.result.value for one in result.outcomes if one.action in places}


def shop_of(world: World) -> ModelShop:
    assert isinstance(world.shop, ModelShop)
    return world.shop


def test_a_write_is_sent_once_read_back_and_confirmed(world: World) -> None:
    """The plain case: one effect a listing, every intent settled, exit 0."""
    done = world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 8), world.set("3", 8)))
    assert results(done) == {"1": "confirmed", "2": "confirmed", "3": "confirmed"}
    assert shop_of(world).effects == [("1", 10, 8), ("2", 10, 8), ("3", 10, 8)]
    assert [one.seen for one in done.outcomes] == [8, 8, 8]
    assert world.state.journal.open_intents() == ()
    assert done.exit_code == 0


def test_every_write_carries_the_name_that_the_journal_keeps_it_under(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel whose requests can be made unique needs one that no other write has."""
    shop, named = shop_of(world), list[str]()
    honest = shop.write

    def write(batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        named.extend(one.intent for one in batch)
        return honest(batch)

    monkeypatch.setattr(shop, "write", write)
    result = world.result(world.set("1", 8), world.set("2", 8), world.set("3", 8))
    world.applying().carry_out(result)
    assert named == [f"{result.run}/1", f"{result.run}/2", f"{result.run}/3"]


def test_the_intent_is_on_disk_before_the_first_byte_leaves(world: World) -> None:
    """While the request is under way the journal knows of each of its rows."""
    known: list[int] = []
    shop_of(world).before_write = lambda: known.append(len(world.state.journal.open_intents()))
    world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 8), world.set("3", 8)))
    assert known == [2, 3]


@pytest.mark.parametrize(
    ("how", "outcome", "stock", "exit_code"),
    [
        ("lost-before", "not-applied", 10, 12),
        ("lost-after", "confirmed", 8, 0),
        ("late", "confirmed", 8, 0),
        ("lie", "not-applied", 10, 12),
        ("reject", "rejected", 10, 12),
        ("conflict", "conflict", 10, 12),
        ("throttle", "skipped", 10, 10),
        ("forget", "confirmed", 8, 0),
    ],
)
def test_what_the_shop_shows_decides_not_what_it_answers(
    world: World, how: str, outcome: str, stock: int, exit_code: int
) -> None:
    """Every way in which an answer can be lost or wrong comes to the truth, and nothing is sent twice."""
    shop_of(world).behave = {"1": how}
    done = world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 8)))
    assert results(done) == {"1": outcome, "2": "confirmed"}
    assert shop_of(world).stock["1"] == stock
    assert shop_of(world).sent == [["1", "2"]]
    assert done.exit_code == exit_code
    assert world.state.journal.open_intents() == ()


def test_a_lie_is_told_as_one(world: World) -> None:
    """Success with the old number: so say the outcome and the journal, where it is a push that the channel took."""
    shop_of(world).behave = {"1": "lie"}
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert "answered success and still shows the old number" in done.outcomes[0].detail
    (push,) = world.state.journal.own_pushes(world.clock() - timedelta(days=1))
    assert (push.ok, push.quantity, push.source) == (True, 8, "journal")


def test_a_refusal_keeps_the_channels_own_words(world: World) -> None:
    """They are what a later run knows a campaign's lock by."""
    shop_of(world).behave = {"1": "reject"}
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert "stock less than reserved stock" in done.outcomes[0].detail
    (push,) = world.state.journal.own_pushes(world.clock() - timedelta(days=1))
    assert not push.ok
    assert "reserved" in push.error


def test_a_listing_that_moved_since_the_plan_is_not_written(world: World) -> None:
    """It was read again just before: somebody bought one, the plan is of yesterday for this listing alone."""
    result = world.result(world.set("1", 8), world.set("2", 8))
    shop_of(world).stock["1"] = 9
    done = world.applying().carry_out(result)
    assert results(done) == {"1": "conflict", "2": "confirmed"}
    assert shop_of(world).effects == [("2", 10, 8)]
    assert "it shows 9 sellable" in done.outcomes[0].detail
    assert done.exit_code == 12


def test_a_shift_between_normal_and_campaign_stock_is_a_move(world: World) -> None:
    """The same exposed number, but a lock has come: the plan knew nothing of it."""
    result = world.result(world.set("1", 8))
    shop_of(world).campaign["1"] = 4
    assert results(world.applying().carry_out(result)) == {"1": "conflict"}


def test_a_listing_whose_state_turned_bad_is_not_written(world: World) -> None:
    """Scenario 4 since the plan was made."""
    result = world.result(world.set("1", 8))
    shop_of(world).state["1"] = ListingState.BANNED
    done = world.applying().carry_out(result)
    assert results(done) == {"1": "conflict"}
    assert "banned" in done.outcomes[0].detail


def test_a_listing_that_is_gone_is_not_written(world: World) -> None:
    """It may have been deleted between plan and write."""
    result = world.result(world.set("1", 8))
    del shop_of(world).stock["1"]
    assert results(world.applying().carry_out(result)) == {"1": "conflict"}


def test_a_ledger_that_moved_since_the_plan_stops_the_write(world: World) -> None:
    """Both sides are read again: the number to be set came from the ledger."""
    result = world.result(world.set("1", 8), world.set("2", 8))
    world.ledger.available["SKU-1"] = 7
    done = world.applying().carry_out(result)
    assert results(done) == {"1": "conflict", "2": "confirmed"}
    assert "the ledger has 7 of SKU-1, the plan was made at 8" in done.outcomes[0].detail


def test_a_sku_that_left_the_ledger_stops_the_write(world: World) -> None:
    """Absence is never a number."""
    result = world.result(world.set("1", 8))
    del world.ledger.available["SKU-1"]
    done = world.applying().carry_out(result)
    assert results(done) == {"1": "conflict"}
    assert "the ledger has nothing of SKU-1" in done.outcomes[0].detail


def test_a_ledger_of_files_is_not_read_again(world: World) -> None:
    """Files are a snapshot; their age is a guard's business."""
    world.ledger.twice = False
    assert results(world.applying().carry_out(world.result(world.set("1", 8)))) == {"1": "confirmed"}


@pytest.mark.parametrize("side", ["shop", "ledger"])
def test_what_cannot_be_read_again_is_not_written(world: World, side: str) -> None:
    """Exit 13, and not one request that writes."""
    result = world.result(*(world.set(str(item), 8) for item in range(1, 5)))
    if side == "shop":
        shop_of(world).readable = False
    else:
        world.ledger.readable = False
    done = world.applying().carry_out(result)
    assert set(results(done).values()) == {"skipped"}
    assert shop_of(world).sent == []
    assert done.exit_code == 13


def test_a_sale_after_the_write_is_superseded(world: World) -> None:
    """Another number than was written and than was there before: somebody bought, the next run sees to it."""
    shop_of(world).after_write = lambda: shop_of(world).take("1", 7)
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "superseded"}
    assert done.exit_code == 10


def test_a_sale_after_a_write_without_an_answer_is_superseded_only_when_the_write_is_over(world: World) -> None:
    """The write itself may still come: another number is believed when the time for that has passed."""
    shop_of(world).behave = {"1": "lost-before"}
    shop_of(world).after_write = lambda: shop_of(world).take("1", 7)
    before = world.clock()
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "superseded"}
    assert world.clock() - before >= timedelta(seconds=30)


def test_a_listing_that_vanishes_after_the_write_is_superseded(world: World) -> None:
    """It cannot be read back any more, and that is told."""
    shop_of(world).after_write = lambda: shop_of(world).stock.pop("1") and None
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "superseded"}
    assert "does not have the listing any more" in done.outcomes[0].detail


def test_a_shop_that_cannot_be_read_back_leaves_the_intent_open(world: World) -> None:
    """Unknown, in quarantine: nobody writes there until a reading tells."""

    def silence() -> None:
        shop_of(world).readable = False

    shop_of(world).after_write = silence
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "unknown"}
    (intent,) = world.state.journal.open_intents()
    assert (intent.result, intent.answered) == (OutcomeResult.UNKNOWN, Answered.ACCEPTED)
    assert done.exit_code == 12


def test_a_number_that_never_stands_still_is_unknown(world: World) -> None:
    """Two equal readings in a row are needed, and here there are none."""
    numbers = iter(range(50, 99))

    def restless() -> None:
        shop_of(world).stock["1"] = next(numbers)

    shop_of(world).after_write = lambda: setattr(shop_of(world), "on_read", restless)
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "unknown"}
    assert "no stable number" in done.outcomes[0].detail


def test_after_three_requests_without_any_answer_the_shop_is_left_alone(world: World) -> None:
    """A dying shop is not written on and on."""
    shop_of(world).at_once = 1
    shop_of(world).behave = dict.fromkeys("1234", "lost-before")
    done = world.applying().carry_out(world.result(*(world.set(item, 8) for item in "1234")))
    assert results(done) == {"1": "not-applied", "2": "not-applied", "3": "not-applied", "4": "skipped"}


def test_a_stopped_run_begins_no_new_write_and_reads_back_what_was_sent(world: World) -> None:
    """SIGTERM between two requests: the first is finished and told, the second is not begun."""
    shop_of(world).after_write = lambda: setattr(world, "stopped", "SIGTERM")
    done = world.applying().carry_out(world.result(*(world.set(item, 8) for item in "1234")))
    assert results(done) == {"1": "confirmed", "2": "confirmed", "3": "skipped", "4": "skipped"}
    assert "SIGTERM" in done.outcomes[2].detail
    assert shop_of(world).sent == [["1", "2"]]


def test_a_stopped_run_does_not_wait_long_for_a_late_effect(world: World) -> None:
    """Whoever stops a run waits for its end: what is not seen soon stays open for the next run."""
    shop_of(world).behave = {"1": "lost-before"}
    shop_of(world).after_write = lambda: setattr(world, "stopped", "SIGTERM")
    before = world.clock()
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "unknown"}
    assert world.clock() - before < timedelta(seconds=10)
    assert len(world.state.journal.open_intents()) == 1


def test_a_lost_lock_stops_the_writing(world: World) -> None:
    """Without the lock another run may be writing: nothing more is sent."""
    shop_of(world).after_write = lambda: setattr(world.held, "lost", True)
    done = world.applying().carry_out(world.result(*(world.set(item, 8) for item in "1234")))
    assert results(done) == {"1": "confirmed", "2": "confirmed", "3": "skipped", "4": "skipped"}
    assert "lock file was replaced" in done.outcomes[-1].detail


def test_a_listing_with_an_open_intent_is_left_and_the_others_are_written(world: World) -> None:
    """The journal refuses the batch that holds it; other batches go."""
    shop_of(world).at_once = 1
    shop_of(world).after_write = lambda: setattr(shop_of(world), "readable", False)
    world.applying().carry_out(world.result(world.set("1", 8)))
    shop_of(world).readable = True
    shop_of(world).after_write = lambda: None
    done = world.applying().carry_out(world.result(world.set("1", 7), world.set("2", 8)))
    assert results(done) == {"1": "skipped", "2": "confirmed"}
    assert "is open since" in done.outcomes[0].detail
