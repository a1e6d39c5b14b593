"""What marketplaces told unasked: each message once, in any order, for as long as history; and who is listened to."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import ShopName
from stockrecon.core.notice import Listening, Notice, Told
from stockrecon.state import State
from stockrecon.state.notices import GAP
from tests.state.conftest import NOW, SHOP, at

OTHER = ShopName("lazada-vn")


def notice(key: str = "k1", *places: tuple[str, str], orders: tuple[str, ...] = (), whole: bool = False) -> Notice:
    return Notice(key, "topic", NOW, places, orders, whole)


def test_a_message_counts_once(state: State) -> None:
    """Delivered twice, also in one batch, it is kept once; that of another shop with the same key is another one."""
    one = notice("k1", ("1", "11"))
    assert state.keep_notices(at(0), [(SHOP, one), (SHOP, one), (OTHER, one)]) == 2
    assert state.keep_notices(at(5), [(SHOP, one)]) == 0
    assert state.told(SHOP, at(0)) == Told(frozenset({("1", "11")}))
    assert state.told(SHOP, at(1)) == Told()  # the second delivery is the first one's message


def test_what_was_told_is_one_sum(state: State) -> None:
    """Of all messages since a time, whatever their order: places, orders, and the topic of one about the whole shop."""
    state.keep_notices(at(3), [(SHOP, notice("b", ("2", ""), orders=("O1",)))])
    state.keep_notices(at(2), [(SHOP, notice("a", ("1", "11"), ("", "12")))])
    assert state.told(SHOP, at(2)) == Told(frozenset({("1", "11"), ("", "12"), ("2", "")}), frozenset({"O1"}))
    assert state.told(SHOP, at(2.5)) == Told(frozenset({("2", "")}), frozenset({"O1"}))
    state.keep_notices(at(4), [(SHOP, notice("c", whole=True))])
    assert state.told(SHOP, at(3.5)) == Told(whole="topic")
    assert state.told(OTHER, at(0)) == Told()


def test_a_message_that_names_nothing_is_a_sign_of_life(state: State) -> None:
    """It is not kept, but its shop was heard of; never backwards."""
    state.beat([SHOP], at(0))
    assert state.keep_notices(at(2), [(SHOP, notice())]) == 0
    assert state.listening(SHOP) == Listening(at(0), at(0), at(2))
    state.keep_notices(at(1), [(SHOP, notice())])
    assert state.listening(SHOP) == Listening(at(0), at(0), at(2))


def test_listening_goes_on_over_a_short_gap_only(state: State) -> None:
    """Away for longer than marketplaces wait before they deliver again, it begins anew; what was heard stays."""
    assert state.listening(SHOP) is None
    state.beat([], at(0))
    assert state.listening(SHOP) is None
    state.beat([SHOP, OTHER], at(0))
    state.keep_notices(at(0), [(SHOP, notice())])
    state.beat([SHOP], at(0) + GAP)
    assert state.listening(SHOP) == Listening(at(0), at(0) + GAP, at(0))
    assert state.listening(OTHER) == Listening(at(0), at(0))
    state.beat([SHOP], at(1))  # two listeners, one clock behind the other
    assert state.listening(SHOP) == Listening(at(0), at(0) + GAP, at(0))
    late = at(0) + 2 * GAP + timedelta(microseconds=1)
    state.beat([SHOP], late)
    assert state.listening(SHOP) == Listening(late, late, at(0))


def test_listening_begins_anew_where_messages_are_lost(state: State) -> None:
    """However short the gap, and also where another listener's clock is ahead."""
    state.beat([SHOP, OTHER], at(0))
    state.beat([SHOP], at(2))
    state.beat([SHOP], at(1), anew=True)
    assert state.listening(SHOP) == Listening(at(1), at(2))
    assert state.listening(OTHER) == Listening(at(0), at(0))


def test_messages_are_forgotten_with_history(state: State) -> None:
    """What is older than the limit goes, also that a shop was listened to then."""
    state.beat([SHOP], at(0))
    state.beat([OTHER], at(20))
    state.keep_notices(at(0), [(SHOP, notice("old", ("1", "")))])
    state.keep_notices(at(10), [(SHOP, notice("new", ("2", "")))])
    state.prune(at(5))
    assert state.told(SHOP, at(-60)).places == {("2", "")}
    assert state.listening(SHOP) is None
    assert state.listening(OTHER) is not None


@pytest.mark.parametrize("text", ["ü'; DROP TABLE notices; --", "\U0001f964", '["1"]'])
def test_ids_are_kept_as_they_are(tmp_path: Path, text: str) -> None:
    """Whatever a vendor calls its things."""
    with State.open(tmp_path / "s", lambda: NOW) as state:
        state.keep_notices(at(0), [(SHOP, notice(text, (text, text), orders=(text,)))])
        assert state.told(SHOP, at(0)) == Told(frozenset({(text, text)}), frozenset({text}))
