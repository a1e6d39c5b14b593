"""The list of orders: all that were updated since, whatever is updated, lost or repeated while its pages are read."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from stockrecon.channels.shopee.api import PAGE, ShopeeApi
from stockrecon.channels.shopee.paging import Listed
from stockrecon.channels.shopee.sweep import AHEAD, SPAN, all_orders
from tests.channels_shopee.fakes import NOW

STAMP = int(NOW.timestamp())
WEEK = timedelta(days=7)
Orders = dict[str, int]
SORTS: dict[str, Callable[[str, int], object]] = {
    "oldest first": lambda number, updated: (updated, number),
    "newest first": lambda number, updated: (-updated, number),
    "by number": lambda number, updated: number,
}
"""Shopee documents no order of its list."""


@dataclass
class Lists:
    """get_order_list, whose cursor counts rows. `orders`: number -> update_time; each answer takes a second.

    `meanwhile` is called after each answer with its number from 1 on; `spoiled` may change an answer.
    """

    orders: Orders
    sort: str = "newest first"
    meanwhile: Callable[[int], None] = lambda number: None
    spoiled: Callable[[int, str, dict[str, Any]], None] = lambda number, cursor, page: None
    time: float = STAMP
    asked: list[tuple[int, int, str]] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def order_list(self, begin: int, end: int, cursor: str) -> dict[str, Any]:
        assert begin < end <= begin + SPAN
        self.asked.append((begin, end, cursor))
        by = SORTS[self.sort]
        held = sorted((n for n, at in self.orders.items() if begin <= at <= end), key=lambda n: by(n, self.orders[n]))
        start = int(cursor or 0)
        more = start + PAGE < len(held)
        rows = [{"order_sn": number} for number in held[start : start + PAGE]]
        page: dict[str, Any] = {"more": more, "next_cursor": str(start + PAGE) if more else "", "order_list": rows}
        self.spoiled(len(self.asked), cursor, page)
        self.meanwhile(len(self.asked))
        self.time += 1
        return page

    def update(self, *numbers: str) -> None:
        self.orders.update(dict.fromkeys(numbers, int(self.time)))

    def read(self, since: datetime = NOW - WEEK) -> Listed:
        return all_orders(cast(ShopeeApi, self), since)


def some(count: int) -> Orders:
    """One every hundred seconds, the newest of a hundred seconds ago."""
    return {f"N{number:04}": STAMP - 100 * (count - number) for number in range(count)}


@pytest.mark.parametrize(
    ("count", "calls"),
    [(0, 1), (1, 1), (PAGE - 1, 1), (PAGE, 3), (PAGE + 1, 5), (3 * PAGE, 7)],
)
def test_one_page_is_one_call_and_several_are_read_twice(count: int, calls: int) -> None:
    """And then there is one look at what was updated meanwhile; a full page may be one of several."""
    lists = Lists(some(count))
    listed = lists.read()
    assert (set(listed.ids), listed.reason) == (set(lists.orders), "")
    assert len(lists.asked) == calls


def test_an_order_that_is_updated_while_the_answer_is_on_its_way_is_there() -> None:
    """The window ends ahead of Shopee's time."""
    lists = Lists({"A": STAMP + AHEAD - 1})
    assert set(lists.read().ids) == {"A"}
    assert len(lists.asked) == 1


def test_an_answer_that_took_longer_is_followed_by_a_look() -> None:
    """A throttled call is sent again much later, and an order may have left its window by then."""
    lists = Lists({"A": STAMP + AHEAD + 30})

    def throttled(number: int) -> None:
        lists.time += 2 * AHEAD if number == 1 else 0

    lists.meanwhile = throttled
    listed = lists.read()
    assert (set(listed.ids), listed.reason, len(lists.asked)) == ({"A"}, "", 2)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("seed", range(12))
def test_orders_that_move_are_all_found(sort: str, seed: int) -> None:
    """After every answer some are updated and some are placed: those that were there are all found, in any order."""
    chance = random.Random(seed)
    lists = Lists(some(chance.randrange(2 * PAGE, 5 * PAGE)), sort)
    before = set(lists.orders)

    def meanwhile(number: int) -> None:
        lists.update(*chance.sample(sorted(lists.orders), chance.randrange(6)), *(f"P{number}-{i}" for i in range(2)))

    lists.meanwhile = meanwhile
    listed = lists.read()
    assert listed.reason == ""
    assert before <= set(listed.ids)


def _ended(page: dict[str, Any]) -> None:
    page.update(more=False, next_cursor="", order_list=[])


def _empty(page: dict[str, Any]) -> None:
    page.update(order_list=[])


def _short(page: dict[str, Any]) -> None:
    page.update(order_list=page["order_list"][: PAGE // 2])


def _cut(page: dict[str, Any]) -> None:
    page.update(more=False, next_cursor="")


def _repeated(page: dict[str, Any]) -> None:
    page.update(order_list=[{"order_sn": f"N{number:04}"} for number in range(249, 149, -1)])


LOSSES = pytest.mark.parametrize("loss", [_ended, _empty, _short, _cut, _repeated])


@LOSSES
@pytest.mark.parametrize("which", range(1, 8))
def test_one_bad_answer_loses_nothing(loss: Callable[[dict[str, Any]], None], which: int) -> None:
    """Of the first reading, the second one, or the look: all is found, or it is said that it is not proven."""
    lists = Lists(some(250))
    lists.spoiled = lambda number, cursor, page: loss(page) if number == which else None
    listed = lists.read()
    # An empty first answer that says it is the end is what a shop without orders gives.
    if (loss, which) != (_ended, 1):
        assert listed.reason or set(listed.ids) == set(lists.orders)
    if 1 < which <= 3:
        assert set(listed.ids) == set(lists.orders)


@pytest.mark.parametrize("loss", [_ended, _empty])
def test_a_page_that_stays_empty_is_told(loss: Callable[[dict[str, Any]], None]) -> None:
    """However often it is asked for, and it is asked for a bounded number of times."""
    lists = Lists(some(250))
    lists.spoiled = lambda number, cursor, page: loss(page) if cursor == "100" else None
    assert lists.read().reason.startswith("get_order_list says that")
    assert len(lists.asked) <= 20


def test_pages_without_end_are_told() -> None:
    """Each is followed by one more, with a cursor of its own and nothing on it, or what was there already."""
    lists = Lists(some(3))
    lists.spoiled = lambda number, cursor, page: page.update(more=True, next_cursor=str(number))
    assert "pages follow, but" in lists.read().reason
    assert len(lists.asked) <= 50


def test_what_a_second_reading_does_not_show_has_to_be_updated_since() -> None:
    """A second reading that lost a page itself proves nothing."""
    lists = Lists(some(250))
    lists.spoiled = lambda number, cursor, page: _cut(page) if number == 5 else None
    listed = lists.read()
    assert set(listed.ids) == set(lists.orders)
    assert listed.reason == "get_order_list showed 50 orders but once, N0000 among them"


def test_orders_that_change_faster_than_they_are_listed_are_told() -> None:
    """Each look at what was updated meanwhile has several pages again."""
    lists = Lists(some(250))
    lists.meanwhile = lambda number: lists.update(*lists.orders)
    assert lists.read().reason == "orders are updated faster than get_order_list shows them"


@pytest.mark.parametrize("days", [15, 16, 45])
def test_windows_are_no_longer_than_shopee_takes(days: int) -> None:
    """They leave no second out, and one of the first that moves to the last is found."""
    lists = Lists({f"N{number:04}": STAMP - 1000 * number for number in range(1, days * 86)})
    first = max(lists.orders)
    lists.meanwhile = lambda number: lists.update(first) if number == 1 else None
    listed = lists.read(NOW - timedelta(days=days))
    assert listed.reason == ""
    assert set(listed.ids) == set(lists.orders)
