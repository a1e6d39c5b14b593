"""Stock that lies at several places: what is written where, and what is the seller's to say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import PullsChanges
from stockrecon.channels.writing import spread
from stockrecon.core.intent import Answered
from stockrecon.errors import ReadFault
from tests.channel_contract.bench import Bench, places, rows_of, split_up, told
from tests.channel_contract.profiles import Places, Profile
from tests.channel_contract.whole import program
from tests.channel_contract.whole import told as report


@pytest.fixture
def option(profile: Profile) -> Places:
    """How a place is named in the configuration."""
    if profile.places is None:
        pytest.skip(f"a listing of {profile.kind} has one stock")
    return profile.places


def test_the_named_place_alone_is_written(option: Places, another: Callable[..., Bench]) -> None:
    """What is counted is what is set; the others keep what they hold."""
    bench = another(**{option.option: option.second})
    split_up(bench, "plain", 30, 10, 2)
    shown = bench.read("plain")["plain"]
    assert shown.exposed == 10
    assert told(bench.write(plain=4)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [30, 4, 2]
    assert told(bench.write(plain=25)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [30, 25, 2]
    assert bench.read("plain")["plain"].exposed == 25


@pytest.mark.parametrize("to", [41, 39, 1])
def test_without_a_name_what_two_places_hold_is_not_divided(option: Places, bench: Bench, to: int) -> None:
    """Nothing is sent, and the text names the option that helps."""
    split_up(bench, "plain", 30, 10)
    answers = bench.write(plain=to)
    assert told(answers) == {"plain": Answered.REJECTED}
    assert option.option in answers["plain"].text
    assert bench.requests() == 0


def test_to_nothing_is_the_same_for_all_places(option: Places, bench: Bench) -> None:
    """An empty ledger leaves nothing to divide."""
    split_up(bench, "plain", 30, 10, 0)
    assert told(bench.write(plain=0)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [0, 0, 0]


def test_what_one_place_holds_is_lowered_there(option: Places, bench: Bench) -> None:
    """The others hold nothing and get nothing; a raise could go to any of them and is not made."""
    split_up(bench, "plain", 0, 40)
    assert told(bench.write(plain=15)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [0, 15]
    assert told(bench.write(plain=16)) == {"plain": Answered.REJECTED}


def test_a_place_that_is_not_there_is_never_written(option: Places, another: Callable[..., Bench]) -> None:
    """A misspelt option counts nothing; a write must not land elsewhere."""
    bench = another(**{option.option: "NOWHERE"})
    split_up(bench, "plain", 30, 10)
    writes = another().writes(plain=40)
    assert told(bench.send(writes))["plain"] in (Answered.REJECTED, Answered.NOT_SENT)
    assert bench.requests() == 0


def test_a_new_channel_reads_where_the_stock_lies(option: Places, another: Callable[..., Bench]) -> None:
    """Places are not in the write that is asked for: who has not read them reads them first."""
    bench = another(**{option.option: option.second})
    split_up(bench, "plain", 30, 10)
    writes = bench.writes(plain=4)
    fresh = bench.make()
    (answer,) = fresh.write(writes).values()
    fresh.close()
    assert answer.answered is Answered.ACCEPTED
    assert places(bench, "plain") == [30, 4]


# Orders


def sent_from_the_other(another: Callable[..., Bench], option: Places) -> Bench:
    """11 at the first place, 8 at the second, which is the one that counts; an order of 9 that the first one sends."""
    bench = another(**{option.option: option.second})
    split_up(bench, "plain", 20, 8)
    bench.order("THEIRS", "plain", 9, "pay")
    assert places(bench, "plain") == [11, 8]
    return bench


def test_an_order_of_another_place_changes_nothing(
    option: Places, another: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger keeps the place that counts and never hears of the order: with it and without it the report is the
    same, and what is written is what the ledger says."""
    bench = another(**{option.option: option.second})
    split_up(bench, "plain", 11, 8)
    run = program(bench, tmp_path, monkeypatch, plain=6)
    before = run.diff()
    assert ("PLAIN", 8, 6) in [write[1:] for write in before.writes]
    sent_from_the_other(another, option)
    after = run.diff()
    assert report(after) == report(before)
    run.apply()
    assert places(bench, "plain") == [11, 6]


def test_an_order_of_the_named_place_counts(option: Places, another: Callable[..., Bench], tmp_path: Path) -> None:
    """It takes of what is compared; so does one that is sent from both, as far as it can be told apart."""
    bench = another(**{option.option: option.first})
    split_up(bench, "plain", 20, 8)
    bench.order("OURS", "plain", 9, "pay")
    assert [int(row["quantity"]) for row in bench.pull(tmp_path).rows("orders")] == [9]


@pytest.mark.parametrize("kind", ["status", "drop-before", "throttle", "garbage"])
def test_without_the_list_of_places_nothing_is_written(
    kind: str, option: Places, another: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that outlasts every repetition is no shop without other places: nobody knows what counts then."""
    bench = sent_from_the_other(another, option)
    run = program(bench, tmp_path, monkeypatch, plain=6)
    bench.fault(kind, times=None, path=option.listed)
    ran = run.apply()
    assert ran.code in (11, 13)
    (shop,) = ran.document["shops"]
    assert not shop["complete"]
    assert (bench.requests(), bench.effects(), places(bench, "plain")) == (0, [], [11, 8])


@pytest.mark.parametrize("kind", ["", "status", "throttle"])
def test_a_little_pull_tells_an_order_of_another_place_apart(
    kind: str, option: Places, another: Callable[..., Bench], tmp_path: Path
) -> None:
    """By its changes as in full, and where orders alone are looked at again; without a list that it needs it proves
    nothing."""
    bench = another(**{option.option: option.second})
    split_up(bench, "plain", 20, 8)
    base = bench.pull(tmp_path)
    sent_from_the_other(another, option)
    if kind:
        bench.fault(kind, times=None, path=option.listed)
    with closing(bench.make()) as made:
        assert isinstance(made, PullsChanges)
        for orders_only in (False, True):
            try:
                found = made.changed(bench.changes(base, tmp_path / f"{orders_only}", orders_only=orders_only))
            except ReadFault:
                assert kind
                break
            assert not found.doubt or kind
            assert not rows_of(found.orders.path)


# Spreading


@settings(deadline=None)
@given(st.integers(0, 60), st.dictionaries(st.sampled_from("abcd"), st.integers(-5, 30)))
def test_what_is_spread_adds_up_and_raises_nothing_that_was_not_meant(to: int, at: dict[str, int]) -> None:
    """The places hold the number together; of several, none holds more than before."""
    found = spread(to, at)
    if found is None:
        assert len(at) != 1
        assert to > 0 or not at or min(at.values()) < 0
        return
    after = at | dict(found)
    assert sum(after.values()) == to
    assert set(after) == set(at)
    if len(at) > 1:
        assert all(after[place] <= at[place] for place in at)
