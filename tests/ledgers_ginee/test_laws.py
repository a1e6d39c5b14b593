"""Whatever happens around a correction: it is sent at most once, and what is told of it is true, or nothing is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered
from tests.ledgers_ginee.conftest import REF, asked, opened
from tests.ledgers_ginee.fake import ADJUST, Body, FakeGinee
from tests.ledgers_ginee.test_corrections import Killed


def killed() -> None:
    raise Killed


SENDING: dict[str, Callable[[FakeGinee], object]] = {
    "well": lambda ginee: None,
    "answer lost": lambda ginee: ginee.lose(ADJUST),
    "request lost": lambda ginee: ginee.cut(ADJUST),
    "busy": lambda ginee: ginee.refuse(ADJUST, "SERVICE_BUSY"),
    "refused": lambda ginee: ginee.refuse(ADJUST, "PARAMETER_ERROR"),
    "throttled": lambda ginee: ginee.refuse(ADJUST, "", status=429),
    "killed before": lambda ginee: ginee.meanwhile.update({ADJUST: killed}),
    "killed after": lambda ginee: ginee.lost.update({ADJUST: Killed()}),
}


def sold(ginee: FakeGinee, held: Body) -> None:
    ginee.touch(held, lockedStock=held["lockedStock"] + 1)


def shipped(ginee: FakeGinee, held: Body) -> None:
    if held["lockedStock"]:
        ginee.touch(held, lockedStock=held["lockedStock"] - 1, warehouseStock=held["warehouseStock"] - 1)


def received(ginee: FakeGinee, held: Body) -> None:
    ginee.touch(held, warehouseStock=held["warehouseStock"] + 1)


AFTERWARDS = st.lists(
    st.one_of(st.sampled_from([sold, shipped, received]), st.integers(min_value=1, max_value=300)), max_size=5
)


class Watched:
    """What an onlooker knows who sees Ginee from within."""

    def __init__(self, ginee: FakeGinee, held: Body, by: int) -> None:
        self.ginee, self.held, self.by = ginee, held, by
        self.sent: list[tuple[datetime, int, int]] = []
        self.mimicked = False

    def sending(self) -> None:
        self.sent.append((self.ginee.now, self.held["warehouseStock"], self.held["lockedStock"]))

    def says_posted(self) -> None:
        """It was, or what others did within two minutes of sending looks like it to the unit: the one case that nobody
        can tell apart."""
        changed = datetime.fromisoformat(self.held["updateDatetime"])
        self.mimicked = self.mimicked or any(
            (self.held["warehouseStock"], self.held["lockedStock"]) == (warehouse + self.by, locked)
            and timedelta(seconds=-5) <= changed - at <= timedelta(minutes=2, seconds=5)
            for at, warehouse, locked in self.sent
        )
        assert self.ginee.adjusted or self.mimicked

    def says_not_posted(self) -> None:
        assert not self.ginee.adjusted


@settings(max_examples=200, deadline=None)
@given(
    tries=st.lists(st.tuples(st.sampled_from(sorted(SENDING)), AFTERWARDS), min_size=1, max_size=3),
    by=st.sampled_from([-2, -1, 1]),
)
def test_at_most_once_and_never_a_false_word(tries: Sequence[tuple[str, Sequence[object]]], by: int) -> None:
    """One reference, tried by several processes one after the other, in a Ginee that goes on selling."""
    ginee = FakeGinee()
    held = ginee.put("MUG", 10, lockedStock=1)
    watched = Watched(ginee, held, by)
    with tempfile.TemporaryDirectory() as name:
        for how, afterwards in tries:
            _try(watched, Path(name), how)
            assert len(ginee.adjusted) <= 1
            for event in afterwards:
                if isinstance(event, int):
                    ginee.now += timedelta(seconds=event)
                elif callable(event):
                    event(ginee, held)
            with suppress(ReadFault):
                told = opened(ginee, Path(name)).posted([REF])
                assert told in ({REF: by}, {})
                watched.says_posted() if told else watched.says_not_posted()


def _try(watched: Watched, folder: Path, how: str) -> None:
    ginee, held = watched.ginee, watched.held
    SENDING[how](ginee)
    watched.sending()
    request = asked(ginee, by=watched.by, available=held["warehouseStock"] - held["lockedStock"])
    with suppress(Killed):
        answered = opened(ginee, folder).correct(request).answered
        if answered is Answered.ACCEPTED:
            watched.says_posted()
        elif answered is not Answered.UNKNOWN:
            watched.says_not_posted()
    ginee.troubles.clear()
    ginee.lost.clear()
    ginee.meanwhile.clear()
