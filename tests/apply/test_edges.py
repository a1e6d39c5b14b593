"""The last look before an upload, and what happens where journal, tokens or settings fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stockrecon.apply import opened, rules_of
from stockrecon.apply.readback import ReadBack
from stockrecon.channels.base import Surroundings
from stockrecon.config import load, write_starter
from stockrecon.core.findings import Action, ActionKind
from stockrecon.core.intent import Intent
from stockrecon.core.model import Sku
from stockrecon.core.policy import Mode
from stockrecon.errors import AuthFault, LockHeld, OutputFault, ReadFault
from stockrecon.state import FileTokenStore
from tests.apply.model import SHOP, START, Clock, ModelFileShop, World
from tests.apply.test_earlier import file_world
from tests.apply.test_stock import results, shop_of


def test_an_export_is_judged_by_the_newest_files(world: World) -> None:
    """Files that were replaced since the plan was made: what moved is left, the rest is exported."""
    shop = file_world(world)
    result = world.result(world.set("1", 8), world.set("2", 8))
    shop.stock["1"] = 9
    done = world.applying().carry_out(result)
    assert results(done) == {"1": "conflict", "2": "exported"}
    assert shop.rows is not None
    assert [row.key.item_id for row in shop.rows] == ["2"]
    assert "it shows 9 sellable" in done.outcomes[0].detail


def test_where_all_moved_the_file_for_upload_is_left_as_it_is(world: World) -> None:
    """No intent, no new file."""
    shop = file_world(world)
    result = world.result(world.set("1", 8))
    shop.stock["1"] = 9
    assert results(world.applying().carry_out(result)) == {"1": "conflict"}
    assert shop.rows is None


def test_a_ledger_that_moved_stops_an_upload_too(world: World) -> None:
    """The number in the file came from it."""
    file_world(world)
    result = world.result(world.set("1", 8))
    world.ledger.available["SKU-1"] = 7
    assert results(world.applying().carry_out(result)) == {"1": "conflict"}


def test_a_file_shop_that_cannot_be_read_again_is_not_exported(world: World) -> None:
    """Exit 13, and the file for upload stays."""
    file_world(world)
    result = world.result(world.set("1", 8))
    world.ledger.readable = False
    done = world.applying().carry_out(result)
    assert (results(done), done.exit_code) == ({"1": "skipped"}, 13)


def test_a_second_open_intent_keeps_an_export_back(world: World) -> None:
    """The journal refuses where the look at open intents came too early."""
    shop = file_world(world)
    world.applying().carry_out(world.result(world.set("1", 8)))
    rows = shop.rows
    applying = world.applying()
    result = world.result(world.set("1", 7))
    journal = type(world.state.journal)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "open_intents", lambda self: ())
        done = applying.carry_out(result)
    assert results(done) == {"1": "skipped"}
    assert "is open since" in done.outcomes[0].detail
    assert shop.rows == rows


@pytest.mark.parametrize("step", ["answered", "settle"])
def test_a_journal_that_fails_after_a_write_stops_all_others(world: World, step: str) -> None:
    """What was sent is told by what the shop shows; its intent is open on disk, and the next run settles it."""
    shop_of(world).at_once = 1
    real = getattr(type(world.state.journal), step)

    def full(*given: object, **more: object) -> None:
        raise OutputFault("state.db cannot be written: the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.state.journal), step, full)
        done = world.applying().carry_out(world.result(world.set("1", 8), world.set("2", 8)))
    assert real is getattr(type(world.state.journal), step)
    sent = {"answered": [["1"]], "settle": [["1"], ["2"]]}[step]
    assert shop_of(world).sent == sent
    assert results(done)["1"] == "confirmed"
    assert done.exit_code == 2
    settled = [one.result.value for one in world.applying().settle()]
    assert settled == ([] if step == "answered" else ["confirmed", "confirmed"])


def test_no_correction_is_posted_after_the_journal_failed(world: World) -> None:
    """Nor anything that counted on it."""

    def full(*given: object, **more: object) -> None:
        raise OutputFault("state.db cannot be written: the disk is full")

    one, two = world.adjust("1", -1, "R1"), world.adjust("2", -1, "R2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(world.state.journal), "answered", full)
        done = world.applying().carry_out(world.result(one, two))
    assert [outcome.result.value for outcome in done.outcomes] == ["confirmed", "skipped"]
    assert world.ledger.refs == {"R1": -1}


def test_a_correction_whose_intent_cannot_be_kept_is_not_posted(world: World) -> None:
    """First the disk, then the ledger."""
    world.held.lost = True
    done = world.applying().carry_out(world.result(world.adjust("1", -1)))
    assert done.outcomes[0].result.value == "skipped"
    assert world.ledger.refs == {}


def test_tokens_that_cannot_be_renewed_end_the_shops_part(world: World) -> None:
    """Before the first write, not in the middle."""

    class Tokenless:
        def ready(self, life: object) -> None:
            raise AuthFault(SHOP, "the refresh token was refused")

    shop_of(world).authorisation = Tokenless()  # type: ignore[attr-defined]
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert (results(done), done.exit_code) == ({"1": "skipped"}, 13)
    assert "the refresh token was refused" in done.outcomes[0].detail
    assert shop_of(world).sent == []


def test_a_channel_that_cannot_be_read_twice_is_never_written(world: World) -> None:
    """Without a last look there is no write."""

    def never(keys: object, names: object = None) -> None:
        return None

    shop_of(world).reread = never  # type: ignore[method-assign,assignment]
    done = world.applying().carry_out(world.result(world.set("1", 8)))
    assert results(done) == {"1": "skipped"}
    assert "cannot be read twice" in done.outcomes[0].detail


def test_an_open_intent_of_a_channel_that_cannot_be_read_twice_stays_open(world: World) -> None:
    """A shop that became one of files since."""
    shop_of(world).after_write = lambda: setattr(shop_of(world), "readable", False)
    world.applying().carry_out(world.result(world.set("1", 8)))

    def never(keys: object, names: object = None) -> None:
        return None

    shop_of(world).reread = never  # type: ignore[method-assign,assignment]
    assert [one.result.value for one in world.applying().settle()] == ["unknown"]


def test_an_intent_that_was_never_looked_at_says_so(world: World) -> None:
    """A run that was stopped before the first reading back."""
    intent = Intent(1, "r", "a-1", ActionKind.SET_STOCK, Sku("S"), world.set("1", 8).place, 10, 8, None, None, START)
    (settled,) = ReadBack({}, world.clock.sleep, ()).settle([intent])
    assert settled.detail == "it has not been read back yet"


def test_what_has_no_place_says_so() -> None:
    """A bug is told as one, not taken for a listing."""
    with pytest.raises(ValueError, match="action a-1 names no listing"):
        _ = Action("a-1", ActionKind.WAIT, Sku("S"), "in-flight", "f").place
    intent = Intent(1, "r", "a-1", ActionKind.ADJUST_LEDGER, Sku("S"), None, None, None, -1, "R", START)
    with pytest.raises(ValueError, match="intent 1 names no listing"):
        _ = intent.place


def test_an_opened_session_holds_its_locks_and_closes_what_it_opened(tmp_path: Path) -> None:
    """A second one over the same shops is refused at once, and let in when the first has ended."""
    write_starter(tmp_path, "file")
    settings = load(tmp_path / "stockrecon.yaml", {})
    clock = Clock()
    around = Surroundings(clock, clock.sleep, FileTokenStore(tmp_path / "tokens"))
    with opened(settings, around, holder="sync --apply", who="tester") as applying:
        assert applying.rules == rules_of(settings, "tester")
        assert set(applying.rules.modes.values()) == {Mode.OBSERVE}
        with pytest.raises(LockHeld, match="sync --apply"), opened(settings, around, holder="second"):
            pass
    with opened(settings, around, holder="third") as applying:
        assert applying.settle() == ()


def test_a_file_for_upload_that_cannot_be_emptied_is_told(world: World) -> None:
    """Its rows are settled, and it must not be uploaded once more."""
    shop = file_world(world)
    world.applying().carry_out(world.result(world.set("1", 8)))
    shop.as_of = START.replace(hour=13)
    shop.stock["1"] = 8
    shop.full = True
    (settled,) = world.applying().settle()
    assert settled.result.value == "confirmed"
    assert "must not be uploaded any more" in settled.detail
    assert isinstance(world.shop, ModelFileShop)


def test_an_approval_without_a_standing_remembers_nothing(world: World) -> None:
    """There is nothing that could be the last good one."""
    from stockrecon.core.findings import Refusal

    result = replace(world.result(world.set("1", 8)), standing=None)
    refusal = Refusal(SHOP, "raise", "1 listing would be raised", "", approvable=True)
    done = world.applying().carry_out(result, result.plan.digest, (refusal,))
    assert results(done) == {"1": "confirmed"}
    assert ReadFault(SHOP, "x").exit_code == 13
