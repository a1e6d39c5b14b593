"""What an earlier run left open is settled by reading, before anything is planned, and never sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stockrecon.core.findings import OutcomeResult
from stockrecon.core.model import ShopName
from stockrecon.errors import ReadFault
from tests.apply.model import START, ModelFileShop, World
from tests.apply.test_stock import results, shop_of


class Died(BaseException):
    """The process is killed at this point: nothing of it runs any more."""


def died_after_sending(world: World, how: str) -> str:
    """A run that dies between the request and anything that it could record of it."""
    shop_of(world).behave = {"1": how} if how else {}

    def die() -> None:
        raise Died

    shop_of(world).after_write = die
    result = world.result(world.set("1", 8))
    with pytest.raises(Died):
        world.applying().carry_out(result)
    shop_of(world).after_write = lambda: None
    return result.run


@pytest.mark.parametrize(
    ("how", "outcome", "stock"),
    [("", "confirmed", 8), ("lost-before", "not-applied", 10), ("late", "confirmed", 8)],
)
def test_a_run_that_died_after_sending_is_settled_by_what_the_shop_shows(
    world: World, how: str, outcome: str, stock: int
) -> None:
    """Right after the death as well: the next run waits as long as a write may take."""
    run = died_after_sending(world, how)
    (settled,) = world.applying().settle()
    assert (settled.result.value, settled.run) == (outcome, run)
    assert shop_of(world).stock["1"] == stock
    assert len(shop_of(world).sent) == 1
    assert world.state.journal.open_intents() == ()


def test_a_run_that_died_long_ago_is_settled_by_two_readings(world: World) -> None:
    """What had not taken effect by then never will: no long wait."""
    died_after_sending(world, "lost-before")
    world.clock.sleep(600)
    before = world.clock()
    (settled,) = world.applying().settle()
    assert settled.result.value == "not-applied"
    assert world.clock() - before <= timedelta(seconds=2)


def test_a_sale_since_the_death_is_superseded(world: World) -> None:
    """Neither the old nor the new number: the plan that follows starts from what is there."""
    died_after_sending(world, "")
    shop_of(world).stock["1"] = 5
    world.clock.sleep(600)
    (settled,) = world.applying().settle()
    assert (settled.result.value, settled.seen) == ("superseded", 5)


def test_what_cannot_be_read_stays_open_and_is_read_by_the_run_after(world: World) -> None:
    """Quarantine ends by reading."""
    died_after_sending(world, "")
    shop_of(world).readable = False
    (settled,) = world.applying().settle()
    assert settled.result.value == "unknown"
    assert "could not be read back: shopee-vn: HTTP 503" in settled.detail
    shop_of(world).readable = True
    assert [one.result.value for one in world.applying().settle()] == ["confirmed"]
    assert world.applying().settle() == ()


def test_another_shops_intents_are_left_alone(world: World) -> None:
    """A run over some shops holds the locks of these only."""
    died_after_sending(world, "")
    applying = world.applying()
    applying.channels = {}
    assert applying.settle() == ()
    assert len(world.state.journal.open_intents()) == 1


def test_settled_ones_are_in_the_outcomes_of_the_run_that_found_out(world: World) -> None:
    """With the run that had sent them; an outcome that was unknown for too long counts for the exit code."""
    died_after_sending(world, "lost-before")
    applying = world.applying()
    applying.settle()
    shop_of(world).behave = {}
    done = applying.carry_out(world.result(world.set("1", 8)))
    assert [(one.result.value, bool(one.run)) for one in done.outcomes] == [("not-applied", True), ("confirmed", False)]


def file_world(world: World) -> ModelFileShop:
    shop = ModelFileShop({"1": 10, "2": 10})
    world.shop = shop
    return shop


def test_a_file_shop_gets_a_file_and_its_intents_wait_for_a_newer_snapshot(world: World) -> None:
    """Exported, exit 10; the same snapshot again settles nothing."""
    shop = file_world(world)
    done = world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 0)))
    assert results(done) == {"1": "exported", "2": "exported"}
    assert shop.rows is not None
    assert [(row.key.item_id, row.seller_sku, row.quantity) for row in shop.rows] == [
        ("1", "SKU-1", 8),
        ("2", "SKU-2", 0),
    ]
    assert done.exit_code == 10
    assert world.applying().settle() == ()
    assert len(world.state.journal.open_intents()) == 2


@pytest.mark.parametrize(
    ("stock", "outcomes"),
    [
        ({"1": 8, "2": 0}, ["confirmed", "confirmed"]),
        ({"1": 8, "2": 10}, ["confirmed", "not-applied"]),
        ({"1": 10, "2": 10}, ["not-applied", "not-applied"]),
        ({"1": 7, "2": 0}, ["superseded", "confirmed"]),
        ({"2": 0}, ["superseded", "confirmed"]),
    ],
)
def test_the_first_newer_snapshot_tells_what_was_taken(
    world: World, stock: dict[str, int], outcomes: list[str]
) -> None:
    """Taken, half taken, never taken; bought meanwhile; gone."""
    shop = file_world(world)
    world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 0)))
    shop.as_of, shop.stock = START + timedelta(hours=1), stock
    assert [one.result.value for one in world.applying().settle()] == outcomes
    assert world.state.journal.open_intents() == ()


def test_files_that_cannot_be_read_settle_nothing(world: World) -> None:
    """The shop's fault is told by reading it, and the intents wait on."""
    shop = file_world(world)
    world.applying().carry_out(world.result(world.set("1", 8)))

    def unreadable(keys: object) -> object:
        raise ReadFault(ShopName("shopee-vn"), "no such folder")

    shop.shown = unreadable  # type: ignore[method-assign,assignment]
    assert world.applying().settle() == ()
    assert len(world.state.journal.open_intents()) == 1


def test_a_file_that_cannot_be_written_exports_nothing(world: World) -> None:
    """The intents are closed again: nothing left this machine."""
    shop = file_world(world)
    shop.full = True
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "skipped"}
    assert "disk is full" in done.outcomes[0].detail
    assert world.state.journal.open_intents() == ()


def test_a_stopped_run_exports_nothing(world: World) -> None:
    """As it sends nothing."""
    shop = file_world(world)
    world.stopped = "SIGTERM"
    assert results(world.applying().carry_out(world.result(world.set("1", 8)))) == {"1": "skipped"}
    assert shop.rows is None


def test_a_second_export_waits_for_the_first(world: World) -> None:
    """One open intent per listing also here: the file that was given out still stands."""
    file_world(world)
    world.applying().carry_out(world.result(world.set("1", 8)))
    done = world.applying().carry_out(world.result(world.set("1", 7)))
    assert results(done) == {"1": "skipped"}
    (intent,) = world.state.journal.open_intents()
    assert (intent.to, intent.result) == (8, OutcomeResult.EXPORTED)
