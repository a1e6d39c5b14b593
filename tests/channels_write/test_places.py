"""Stock that lies at several places: what is written where, and what is the seller's to say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.writing import spread
from stockrecon.core.intent import Answered
from tests.channels_write.bench import KINDS, Bench, places, split_up, told

OPTION = {"shopee": ("location_id", "VNY"), "lazada": ("warehouse", "WH-b")}
BOTH = pytest.mark.parametrize("kind", KINDS)


@BOTH
def test_the_named_place_alone_is_written(kind: str, another: Callable[..., Bench]) -> None:
    """What is counted is what is set; the others keep what they hold."""
    name, value = OPTION[kind]
    bench = another(kind, **{name: value})
    split_up(bench, "plain", 30, 10, 2)
    shown = bench.read("plain")["plain"]
    assert shown.exposed == 10
    assert told(bench.write(plain=4)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [30, 4, 2]
    assert told(bench.write(plain=25)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [30, 25, 2]
    assert bench.read("plain")["plain"].exposed == 25


@pytest.mark.parametrize("to", [41, 39, 1])
def test_without_a_name_what_two_places_hold_is_not_divided(bench: Bench, to: int) -> None:
    """Nothing is sent, and the text names the option that helps."""
    split_up(bench, "plain", 30, 10)
    answers = bench.write(plain=to)
    assert told(answers) == {"plain": Answered.REJECTED}
    assert OPTION[bench.kind][0] in answers["plain"].text
    assert bench.requests() == 0


def test_to_nothing_is_the_same_for_all_places(bench: Bench) -> None:
    """An empty ledger leaves nothing to divide."""
    split_up(bench, "plain", 30, 10, 0)
    assert told(bench.write(plain=0)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [0, 0, 0]


def test_what_one_place_holds_is_lowered_there(bench: Bench) -> None:
    """The others hold nothing and get nothing; a raise could go to any of them and is not made."""
    split_up(bench, "plain", 0, 40)
    assert told(bench.write(plain=15)) == {"plain": Answered.ACCEPTED}
    assert places(bench, "plain") == [0, 15]
    assert told(bench.write(plain=16)) == {"plain": Answered.REJECTED}


@BOTH
def test_a_place_that_is_not_there_is_never_written(kind: str, another: Callable[..., Bench]) -> None:
    """A misspelt option counts nothing; a write must not land elsewhere."""
    bench = another(kind, **{OPTION[kind][0]: "NOWHERE"})
    split_up(bench, "plain", 30, 10)
    writes = another(kind).writes(plain=40)
    assert told(bench.send(writes)) == {"plain": Answered.REJECTED}
    assert bench.requests() == 0


@BOTH
def test_a_new_channel_reads_where_the_stock_lies(kind: str, another: Callable[..., Bench]) -> None:
    """Places are not in the write that is asked for: who has not read them reads them first."""
    name, value = OPTION[kind]
    bench = another(kind, **{name: value})
    split_up(bench, "plain", 30, 10)
    writes = bench.writes(plain=4)
    fresh = bench.make()
    (answer,) = fresh.write(writes).values()
    fresh.close()
    assert answer.answered is Answered.ACCEPTED
    assert places(bench, "plain") == [30, 4]


@settings(deadline=None)
@given(st.integers(0, 60), st.dictionaries(st.sampled_from("abcd"), st.integers(0, 30)))
def test_what_is_spread_adds_up_and_raises_nothing_that_was_not_meant(to: int, at: dict[str, int]) -> None:
    """The places hold the number together; of several, none holds more than before."""
    found = spread(to, at)
    if found is None:
        assert len(at) != 1
        assert to > 0 or not at
        return
    after = at | dict(found)
    assert sum(after.values()) == to
    assert set(after) == set(at)
    if len(at) > 1:
        assert all(after[place] <= at[place] for place in at)
