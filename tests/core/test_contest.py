"""Two programs pulling one listing: what counts as our write undone, and what accounts for a changed number."""

from __future__ import annotations

from typing import Any

import pytest

from stockrecon.core.case import Account, Case
from stockrecon.core.contest import contested, undone
from tests.worlds import run

MUG = "shopee-vn/1"


def world(**other: Any) -> dict[str, Any]:
    """48 shown where 40 are right, as so often today; what is read is of 12:00."""
    plain: dict[str, Any] = {
        "now": "12:05",
        "as_of": "12:00",
        "ledger": {"MUG": 40},
        "shops": {"shopee-vn": "shopee"},
        "listings": {MUG: {"sku": "MUG", "sellable": 48}},
    }
    return plain | other


def of(given: dict[str, Any]) -> tuple[Account, Case]:
    (case,) = (case for case in run(given).cases if case.sku == "MUG")
    return case.accounts[0], case


def counted(**other: Any) -> int:
    return undone(*of(world(**other)))


def ours(*at: str, to: int = 40) -> list[list[Any]]:
    return [[MUG, time, to, "ok"] for time in at]


def theirs(*at: str, to: int = 48, said: str = "ok") -> list[list[Any]]:
    return [[MUG, time, to, said] for time in at]


def test_three_times_is_two_programs() -> None:
    """Two writes undone are not yet a quarrel, three are."""
    for times, quarrel in ((2, False), (3, True)):
        hours = range(8, 8 + times)
        given = world(
            written=ours(*(f"{hour:02}:00" for hour in hours)), pushes=theirs(*(f"{hour:02}:30" for hour in hours))
        )
        assert undone(*of(given)) == times
        assert contested(*of(given)) is quarrel


def test_without_writes_of_ours_nothing_is_undone() -> None:
    """Whatever others push; our failed writes and the OMS's own are none of ours."""
    assert counted() == 0
    assert counted(pushes=theirs("08:00", "09:00"), written=[[MUG, "08:30", 40, "timeout"]]) == 0
    assert counted(pushes=[*theirs("08:00", to=40), *theirs("09:00")]) == 0


class TestPushesKnown:
    """Where the ledger's pushes table is known, it alone tells."""

    def test_only_a_push_undoes(self) -> None:
        """What the shop shows is not asked, whatever it is."""
        assert counted(written=ours("08:00"), pushes=[]) == 0
        assert counted(written=ours("08:00"), pushes=[], history=[[MUG, "09:00", 48, 0]]) == 0

    def test_another_number_undoes_in_either_direction(self) -> None:
        """Higher or lower; the same number does not, nor does a push that failed."""
        for to, times in ((48, 1), (41, 1), (40, 0), (39, 1)):
            assert counted(written=ours("08:00"), pushes=theirs("09:00", to=to)) == times
        assert counted(written=ours("08:00"), pushes=theirs("09:00", said="timeout")) == 0

    def test_each_write_counts_once_and_until_the_next(self) -> None:
        """Two pushes after one write undo one write; a push before all of them undoes none."""
        assert counted(written=ours("08:00"), pushes=theirs("08:10", "08:20")) == 1
        assert counted(written=ours("08:00", "09:00"), pushes=theirs("08:10", "08:20")) == 1
        assert counted(written=ours("08:00", "09:00"), pushes=theirs("09:10")) == 1
        assert counted(written=ours("08:00"), pushes=theirs("07:59")) == 0

    def test_a_push_at_the_very_time(self) -> None:
        """At the time of a write it was before it; at the time of the next one it undid the one before."""
        assert counted(written=ours("08:00"), pushes=theirs("08:00")) == 0
        assert counted(written=ours("08:00", "09:00"), pushes=theirs("09:00")) == 1

    def test_a_day_and_no_more(self) -> None:
        """Writes of the last 24 hours count, older ones do not; nor does what is later than the run's own time."""
        assert counted(written=ours("-1d 12:05"), pushes=theirs("-1d 13:00")) == 1
        assert counted(written=ours("-1d 12:04"), pushes=theirs("-1d 13:00")) == 0
        assert counted(written=ours("12:05"), pushes=theirs("12:06")) == 0
        assert counted(written=ours("12:06"), pushes=theirs("12:07"), now="12:05") == 0
        assert counted(written=ours("08:00"), pushes=theirs("12:05")) == 1
        assert counted(written=ours("08:00"), pushes=theirs("12:06")) == 0

    def test_a_clock_of_the_shop_that_is_ahead(self) -> None:
        """What the shop's own time covers is not the future."""
        assert counted(written=ours("08:00"), pushes=theirs("12:06"), as_of="12:06") == 1
        assert counted(written=ours("12:05"), pushes=theirs("12:06"), as_of="12:06") == 1


class TestPushesUnknown:
    """Without a pushes table, what the shop shows tells: now, and in snapshots since."""

    def test_what_is_shown_now(self) -> None:
        """More or less than what was written, and no reason for it."""
        for shown, times in ((48, 1), (41, 1), (40, 0), (39, 1)):
            assert counted(written=ours("08:00"), listings={MUG: {"sku": "MUG", "sellable": shown}}) == times

    def test_what_was_read_before_the_write_says_nothing(self) -> None:
        """A write after the reading cannot be seen in it."""
        assert counted(written=ours("12:00")) == 0
        assert counted(written=ours("12:01")) == 0
        assert counted(written=ours("11:59")) == 1

    def test_snapshots_between_two_writes(self) -> None:
        """Each tells of the write before it; what it shows includes campaign units."""
        shown = {MUG: {"sku": "MUG", "sellable": 40}}
        written = ours("08:00", "09:00", "10:00")
        high = [[MUG, time, 48, 0] for time in ("08:30", "09:30", "10:30")]
        assert counted(written=written, listings=shown, history=high) == 3
        assert counted(written=written, listings=shown, history=high[:1]) == 1
        assert counted(written=written, listings=shown, history=[[MUG, "08:30", 30, 10]]) == 0
        assert counted(written=written, listings=shown) == 0

    def test_a_failed_push_of_ours_is_not_asked(self) -> None:
        """Only confirmed writes are measured against."""
        assert counted(written=[[MUG, "08:00", 40, "timeout"]]) == 0


ORDER = {"id": "O", "where": MUG, "qty": 8}


@pytest.mark.parametrize(
    ("shown", "other", "times"),
    [
        pytest.param(32, {"orders": [ORDER | {"at": "09:00"}]}, 0, id="bought since"),
        pytest.param(31, {"orders": [ORDER | {"at": "09:00"}]}, 1, id="lower than what was bought"),
        pytest.param(24, {"orders": [ORDER | {"at": at, "id": at} for at in ("09:00", "09:01")]}, 0, id="bought twice"),
        pytest.param(39, {"orders": [ORDER | {"at": "08:00"}]}, 1, id="one less, and only bought before"),
        pytest.param(32, {"orders": [ORDER | {"at": "08:00"}]}, 1, id="bought before"),
        pytest.param(32, {"orders": [ORDER | {"at": "12:01"}]}, 1, id="bought after it was read"),
        pytest.param(32, {"orders": [ORDER | {"at": "12:00"}]}, 0, id="bought as it was read"),
        pytest.param(
            48,
            {"orders": [ORDER | {"at": "07:00", "status": "cancelled", "cancelled": "09:00"}]},
            0,
            id="cancelled since",
        ),
        pytest.param(
            49,
            {"orders": [ORDER | {"at": "07:00", "status": "cancelled", "cancelled": "09:00"}]},
            1,
            id="higher than what was cancelled",
        ),
        pytest.param(
            41,
            {"orders": [ORDER | {"at": "07:00", "status": "cancelled", "cancelled": "08:00"}]},
            1,
            id="one more, and only cancelled before",
        ),
        pytest.param(
            56,
            {
                "orders": [
                    ORDER | {"at": "07:00", "id": at, "status": "cancelled", "cancelled": at}
                    for at in ("09:00", "10:00")
                ]
            },
            0,
            id="cancelled twice",
        ),
        pytest.param(
            48,
            {"orders": [ORDER | {"at": "07:00", "status": "cancelled", "cancelled": "08:00"}]},
            1,
            id="cancelled before",
        ),
        pytest.param(
            48,
            {"orders": [ORDER | {"at": "07:00", "status": "cancelled", "cancelled": "12:00"}]},
            0,
            id="cancelled as it was read",
        ),
        pytest.param(
            48, {"orders": [ORDER | {"at": "07:50", "status": "unpaid"}]}, 1, id="unpaid, and held to the end"
        ),
        pytest.param(
            48, {"orders": [ORDER | {"at": "07:50", "status": "paid"}]}, 1, id="paid orders give nothing back"
        ),
        pytest.param(32, {"movements": [[1, "09:00", "MUG", -8, "order"]]}, 0, id="the ledger fell since"),
        pytest.param(31, {"movements": [[1, "09:00", "MUG", -8, "order"]]}, 1, id="lower than the ledger fell"),
        pytest.param(48, {"movements": [[1, "09:00", "MUG", 8, "receipt"]]}, 0, id="the ledger rose since"),
        pytest.param(49, {"movements": [[1, "09:00", "MUG", 8, "receipt"]]}, 1, id="higher than the ledger rose"),
        pytest.param(48, {"movements": [[1, "09:00", "MUG", -8, "order"]]}, 1, id="the ledger fell, not rose"),
        pytest.param(41, {"movements": [[1, "09:00", "MUG", -8, "order"]]}, 1, id="one more, and the ledger fell"),
        pytest.param(32, {"movements": [[1, "09:00", "MUG", 8, "receipt"]]}, 1, id="the ledger rose, not fell"),
        pytest.param(39, {"movements": [[1, "09:00", "MUG", 8, "receipt"]]}, 1, id="one less, and the ledger rose"),
        pytest.param(48, {"movements": [[1, "08:00", "MUG", 8, "receipt"]]}, 1, id="the ledger rose before"),
        pytest.param(48, {"movements": [[1, "12:00", "MUG", 8, "receipt"]]}, 0, id="the ledger rose as it was read"),
        pytest.param(48, {"movements": [[1, "12:01", "MUG", 8, "receipt"]]}, 1, id="the ledger rose after"),
        pytest.param(
            48,
            {"movements": [[1, "09:00", "MUG", 5, "receipt"], [2, "09:10", "MUG", 3, "return"]]},
            0,
            id="the ledger rose twice",
        ),
    ],
)
def test_what_accounts_for_another_number(shown: int, other: dict[str, Any], times: int) -> None:
    """Orders, cancellations and movements since the write, each as far as it goes and no further."""
    assert counted(written=ours("08:00"), listings={MUG: {"sku": "MUG", "sellable": shown}}, **other) == times


def test_the_ledger_accounts_for_a_push_too() -> None:
    """A program that follows the ledger undoes nothing, however often it pushes."""
    moved = [[n, f"{hour:02}:10", "MUG", -1, "order"] for n, hour in enumerate((8, 9, 10))]
    pushed = [[MUG, f"{hour:02}:11", 39 - n, "ok"] for n, hour in enumerate((8, 9, 10))]
    assert counted(written=ours("08:00"), movements=moved, pushes=pushed) == 0
    assert counted(written=ours("08:00"), movements=moved[:1], pushes=pushed) == 1


@pytest.mark.parametrize(
    ("ended", "other", "times"),
    [
        ("09:00", {"sold": 12}, 0),
        ("09:00", {"sold": 13}, 1),
        ("09:00", {"locked": 8}, 0),
        ("09:00", {"locked": 7}, 1),
        ("07:31", {"sold": 12}, 0),
        ("07:30", {"sold": 12}, 1),
        ("12:00", {"sold": 12}, 0),
        ("12:01", {"sold": 12}, 1),
    ],
)
def test_campaign_units_that_came_back(ended: str, other: dict[str, Any], times: int) -> None:
    """Up to its balance, or all that it locked where its sales are unknown; from half an hour before the write on."""
    campaign = {"where": MUG, "from": "-1d 10:00", "to": ended, "locked": 20, "state": "running"} | other
    assert counted(written=ours("08:00"), campaigns=[campaign]) == times


def test_two_campaigns_that_ended() -> None:
    """What came back of both."""
    ended = {"where": MUG, "from": "-1d 10:00", "to": "09:00", "locked": 20, "state": "running"}
    both = [ended | {"id": "C1", "sold": 17}, ended | {"id": "C2", "sold": 15}]
    assert counted(written=ours("08:00"), campaigns=both) == 0
    assert counted(written=ours("08:00"), campaigns=both[1:]) == 1


def test_a_campaign_that_was_ended_early() -> None:
    """What counts is when it was first seen ended, not when it was meant to end."""
    campaign = {"where": MUG, "from": "-1d 10:00", "to": "18:00", "locked": 20, "sold": 12, "state": "ended"}
    assert counted(written=ours("08:00"), campaigns=[campaign]) == 0


@pytest.mark.parametrize(("placed", "times"), [("07:31", 0), ("07:30", 1), ("11:30", 0), ("11:31", 1)])
def test_the_hold_of_an_unpaid_order(placed: str, times: int) -> None:
    """Lazada gives it back after half an hour, though the order lives on."""
    mug = "lazada-vn/1"
    given = world(
        shops={"lazada-vn": "lazada"},
        listings={mug: {"sku": "MUG", "sellable": 48}},
        orders=[ORDER | {"where": mug, "at": placed, "status": "unpaid"}],
        written=[[mug, "08:00", 40, "ok"]],
    )
    assert undone(*of(given)) == times


def test_any_component_of_a_kit_accounts() -> None:
    """A kit follows whichever of its components moved."""
    kit = {MUG: {"components": {"MUG": 1, "PEN": 1}, "sellable": 48}}
    ledger = {"MUG": 40, "PEN": 90}
    for sku, times in (("PEN", 0), ("CUP", 1)):
        moved = [[1, "09:00", sku, 8, "receipt"]]
        assert counted(written=ours("08:00"), listings=kit, ledger=ledger | {"CUP": 1}, movements=moved) == times
