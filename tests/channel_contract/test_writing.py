"""What every channel that writes promises, tried against marketplaces on loopback."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from stockrecon.channels.base import StockWrite
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment
from tests.channel_contract.bench import Bench, told
from tests.channel_contract.profiles import GOODS

ACCEPTED, REJECTED, NOT_SENT, UNKNOWN = Answered.ACCEPTED, Answered.REJECTED, Answered.NOT_SENT, Answered.UNKNOWN


# What is written


def test_a_write_sets_what_is_exposed(bench: Bench) -> None:
    """Absolute, whatever was there before: one request, one effect, and a reading shows it."""
    assert told(bench.write(plain=7)) == {"plain": ACCEPTED}
    assert bench.effects() == [("plain", 40, 7)]
    assert bench.requests() == 1
    assert bench.read("plain")["plain"].exposed == 7


@pytest.mark.parametrize("units", [0, 40, 41, None])
def test_any_number_from_nothing_on(bench: Bench, units: int | None) -> None:
    """Zero is a number like any other, and so is the one that is there, up to the largest that the channel takes."""
    units = bench.profile.most if units is None else units
    assert told(bench.write(plain=units)) == {"plain": ACCEPTED}
    assert bench.exposed("plain") == units


def test_several_rows_go_in_one_request(bench: Bench) -> None:
    """Variations of one item, one of them with a seller SKU that a payload has to escape."""
    assert told(bench.write(red=3, blue=4)) == {"red": ACCEPTED, "blue": ACCEPTED}
    assert sorted(bench.effects()) == [("blue", 20, 4), ("red", 10, 3)]
    assert bench.requests() == 1


def test_locked_units_are_part_of_what_is_written(bench: Bench) -> None:
    """A campaign holds 15 of 40: 20 exposed leave 5 to ordinary buyers, 15 leave none."""
    bench.need_campaigns()
    bench.campaign("plain", 15)
    assert told(bench.write(plain=20)) == {"plain": ACCEPTED}
    shown = bench.read("plain")["plain"]
    assert (shown.sellable, shown.campaign) == (5, 15)
    assert told(bench.write(plain=15)) == {"plain": ACCEPTED}
    shown = bench.read("plain")["plain"]
    assert (shown.sellable, shown.campaign) == (0, 15)


def test_a_channel_that_read_nothing_itself_can_write(bench: Bench) -> None:
    """What the writer was given is enough; only the token and the places are the channel's own affair."""
    writes = bench.writes(plain=6)
    fresh = bench.make()
    (answer,) = fresh.write(writes).values()
    fresh.close()
    assert answer.answered is ACCEPTED
    assert bench.effects() == [("plain", 40, 6)]


# What is refused


def test_one_bad_row_does_not_hide_the_good_one(bench: Bench) -> None:
    """The shop does not have one of two: that one is refused in the channel's words, the other one is set."""
    answers = bench.write(red=3, ghost=2)
    assert answers["red"].answered in (ACCEPTED, UNKNOWN)
    assert answers["ghost"].answered is REJECTED
    assert re.search(bench.profile.no_such, answers["ghost"].text)
    assert bench.effects() == [("red", 10, 3)]


def test_an_unknown_listing_is_refused(bench: Bench) -> None:
    """Alone in its request."""
    assert told(bench.write(ghost=2)) == {"ghost": REJECTED}
    assert bench.effects() == []


def test_a_banned_listing_is_refused_in_the_channels_words(bench: Bench) -> None:
    """Nothing changes, and the text says why as far as the channel does."""
    if not bench.profile.barred:
        pytest.skip(f"{bench.profile.kind} takes writes to a listing in any state")
    answers = bench.write(barred=2)
    assert told(answers) == {"barred": REJECTED}
    assert re.search(bench.profile.barred, answers["barred"].text)
    assert bench.effects() == []


def test_less_than_the_lock_is_never_sent(bench: Bench) -> None:
    """The floor is known: no request is made, and the text names both numbers."""
    bench.need_campaigns()
    bench.campaign("plain", 15)
    answers = bench.write(plain=14)
    assert told(answers) == {"plain": REJECTED}
    assert "14" in answers["plain"].text
    assert "15" in answers["plain"].text
    assert bench.requests() == 0


@pytest.mark.parametrize("change", [{"fulfilment": Fulfilment.PLATFORM}, {}])
def test_stock_of_the_platform_and_negative_numbers_are_never_sent(bench: Bench, change: dict[str, Fulfilment]) -> None:
    """Whoever asks for it."""
    shown = replace(bench.read("plain")["plain"], **change)
    answers = bench.send([StockWrite(shown.key, 3 if change else -1, shown)])
    assert told(answers) == {"plain": REJECTED}
    assert bench.requests() == 0


def test_stock_of_the_platform_is_read_as_such(bench: Bench) -> None:
    """The shop's own word for it keeps it from being written."""
    bench.need_platform()
    assert told(bench.write(theirs=3)) == {"theirs": REJECTED}
    assert bench.requests() == 0


def test_what_is_never_sent_does_not_hold_up_the_rest(bench: Bench) -> None:
    """One row below its floor, one that is fine: one request with the latter."""
    bench.need_campaigns()
    bench.campaign("red", 8)
    assert told(bench.write(red=7, blue=4)) == {"red": REJECTED, "blue": ACCEPTED}
    assert bench.effects() == [("blue", 20, 4)]


def test_a_lock_that_came_meanwhile_is_told_so_that_scenario_2_knows_it(bench: Bench) -> None:
    """The campaign began after the reading: the refusal's text is one of the channel's lock errors."""
    bench.need_campaigns()
    writes = bench.writes(plain=5)
    bench.campaign("plain", 15)
    answers = bench.send(writes)
    assert told(answers) == {"plain": REJECTED}
    patterns = bench.channel.capabilities.lock_errors
    assert any(re.search(pattern, answers["plain"].text, re.IGNORECASE) for pattern in patterns)
    assert bench.effects() == []


def test_a_campaign_that_forbids_every_decrease_is_a_lock_as_well(bench: Bench) -> None:
    """It runs, and no edit (Shopee) or no decrease (Lazada) is let in, though the floor is kept."""
    bench.need_campaigns()
    running = {"starts_at": "2026-11-11T00:00:00Z", "locks_write": True, "no_decrease": True}
    key = bench.key("plain")
    place = {"item_id": key.item_id, "variation_id": key.variation_id or None}
    bench.control("campaigns", action="start", locked=5, ends_at="2026-11-13T00:00:00Z", **place, **running)
    answers = bench.write(plain=20)
    assert told(answers) == {"plain": REJECTED}
    patterns = bench.channel.capabilities.lock_errors
    assert any(re.search(pattern, answers["plain"].text, re.IGNORECASE) for pattern in patterns)


def test_a_sale_between_reading_and_writing(bench: Bench) -> None:
    """A write that names what it replaces is refused as a conflict; any other replaces what it has not seen."""
    writes = bench.writes(plain=7, red=3)
    bench.order("meanwhile", "plain", 2, "pay")
    answers = bench.send(writes)
    if bench.profile.conditional:
        assert told(answers) == {"plain": Answered.CONFLICT, "red": ACCEPTED}
        assert bench.effects() == [("red", 10, 3)]
        assert bench.exposed("plain") == 38
    else:
        assert told(answers) == {"plain": ACCEPTED, "red": ACCEPTED}
        assert bench.exposed("plain") == 7


# What may have happened


@pytest.mark.parametrize(("kind", "took_effect"), [("drop-before", False), ("status", False), ("drop-after", True),
                                                   ("truncate", True), ("garbage", True)])  # fmt: skip
def test_what_does_not_tell_is_unknown_and_never_sent_again(bench: Bench, kind: str, took_effect: bool) -> None:
    """Both rows of the request are unknown; the effect is there once or not at all, and the request was made once."""
    writes = bench.writes(red=3, blue=4)
    bench.fault(kind, times=None)
    assert told(bench.send(writes)) == {"red": UNKNOWN, "blue": UNKNOWN}
    assert bench.requests() == 1
    assert sorted(bench.effects()) == ([("blue", 20, 4), ("red", 10, 3)] if took_effect else [])
    shown = bench.read("red", "blue")
    expected = (3, 4) if took_effect else (10, 20)
    assert (shown["red"].exposed, shown["blue"].exposed) == expected


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_every_failure_of_the_shop_is_unknown(bench: Bench, status: int) -> None:
    """Lazada puts its failures into HTTP 200, and another status in front of it tells no more."""
    writes = bench.writes(plain=7)
    bench.fault("status", status=status, times=None)
    assert told(bench.send(writes)) == {"plain": UNKNOWN}
    assert bench.requests() == 1


def test_a_slow_answer_is_an_answer(bench: Bench) -> None:
    """Nothing is repeated meanwhile."""
    writes = bench.writes(plain=7)
    bench.fault("delay", seconds=0.05)
    assert told(bench.send(writes)) == {"plain": ACCEPTED}
    assert bench.effects() == [("plain", 40, 7)]


# What did not happen yet


def test_a_throttled_write_is_made_once(bench: Bench) -> None:
    """Refused before it was done: waited for, signed anew, and one effect."""
    writes = bench.writes(plain=7)
    bench.fault("throttle", times=2)
    assert told(bench.send(writes)) == {"plain": ACCEPTED}
    assert bench.requests() == 3
    assert bench.effects() == [("plain", 40, 7)]


def test_a_write_that_is_throttled_for_ever_was_not_sent(bench: Bench) -> None:
    """It gives up before what it was decided on is too old, and nothing has happened."""
    writes = bench.writes(plain=7)
    bench.fault("throttle", times=None)
    before = bench.waited.skipped
    assert told(bench.send(writes)) == {"plain": NOT_SENT}
    assert bench.waited.skipped - before <= 10
    assert bench.effects() == []


def test_a_revoked_token_is_renewed_and_the_write_made_once(bench: Bench) -> None:
    """The refused attempt did nothing, the second one with the new token does it."""
    bench.need_tokens()
    writes = bench.writes(plain=7)
    before = bench.market.credentials[bench.name]["access_token"]
    bench.fault("revoke-token")
    assert told(bench.send(writes)) == {"plain": ACCEPTED}
    assert bench.market.credentials[bench.name]["access_token"] != before
    assert bench.requests() == 2
    assert bench.effects() == [("plain", 40, 7)]


def test_without_any_good_token_nothing_is_sent(bench: Bench) -> None:
    """A person has to authorise the shop again; the write did not happen."""
    writes = bench.writes(plain=7)
    bench.market.sandbox.shops[bench.name].face.revoke(refresh=True)
    answers = bench.send(writes)
    assert told(answers) == {"plain": NOT_SENT}
    assert answers["plain"].text
    assert bench.effects() == []


def test_a_shop_that_cannot_be_reached_got_nothing(lonely: Bench) -> None:
    """Nobody listens: nothing left this machine."""
    writes = lonely.writes(plain=7, red=3)
    lonely.market.stop()
    assert told(lonely.send(writes)) == {"plain": NOT_SENT, "red": NOT_SENT}
    assert lonely.effects() == []


def test_the_texts_of_all_misfortunes_are_free_of_secrets(bench: Bench) -> None:
    """One after the other, with the tokens changing meanwhile; the bench looks through each answer."""
    kinds = ["garbage", "truncate", "drop-after", "drop-before", "status", "throttle"]
    if bench.profile.tokens:
        kinds.append("revoke-token")
    for kind in kinds:
        writes = bench.writes(red=7, blue=4)
        bench.fault(kind, times=1)
        assert bench.send(writes)
    # One of the requests was dropped before it was read, and one failed.
    assert len(bench.effects()) == 2 * (len(kinds) - 2)


def test_every_effect_is_one_write(bench: Bench) -> None:
    """Ten writes with every second request spoiled: no listing is written twice for one write."""
    sent = 0
    for units in range(10):
        writes = bench.writes(plain=units)
        if units % 2:
            kinds = ["drop-after", "garbage", "truncate", "throttle"]
            if bench.profile.tokens:
                kinds.append("revoke-token")
            bench.fault(kinds[units // 2 % len(kinds)])
        before = len(bench.effects())
        bench.send(writes)
        sent += 1
        assert len(bench.effects()) - before == 1
    assert [after for _, _, after in bench.effects()] == list(range(sent))


# Reading again


def test_rereading_finds_by_names_without_having_pulled(bench: Bench) -> None:
    """What is gone or never was is left out; the strange seller SKU comes through."""
    shown = bench.read("plain", "red", "blue", "ghost")
    assert {name: listing.exposed for name, listing in shown.items()} == {"plain": 40, "red": 10, "blue": 20}
    assert shown["blue"].seller_sku == GOODS["blue"][0]
    assert bench.channel.reread([]) == {}


def test_rereading_needs_no_names(bench: Bench) -> None:
    """The ids are enough."""
    shown = bench.channel.reread([bench.key("blue")])
    assert shown is not None
    assert shown[bench.key("blue")].exposed == 20
