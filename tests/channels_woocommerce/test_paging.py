"""Lists of many pages: how they are asked for, and when that ends."""

from __future__ import annotations

import threading

from stockrecon.channels.woocommerce.api import PAGE, Page
from stockrecon.channels.woocommerce.fields import Object
from stockrecon.channels.woocommerce.paging import walked

PAGES = 90


def rows_of(number: int, size: int = PAGE) -> list[Object]:
    return [{"id": number * 1000 + row} for row in range(size)]


def nothing(rows: int, total: int) -> None: ...


def name_of(row: Object, name: str) -> str:
    return name


def test_no_answer_is_waited_for_before_the_next_request() -> None:
    """One page that takes as long as all the others holds up nobody but its own thread."""
    last = threading.Event()

    def fetch(number: int) -> Page:
        if number == 2:
            assert last.wait(20), "the last page is asked for only when the second one has come"
        if number == PAGES:
            last.set()
        return Page(rows_of(number), PAGES * PAGE, PAGES)

    walk = walked("products", fetch, name_of, 2, nothing)
    assert not walk.doubt
    assert len(walk.rows) == PAGES * PAGE
    assert list(walk.rows)[PAGE : PAGE + 2] == ["2000", "2001"]


def test_pages_that_come_up_meanwhile_are_read() -> None:
    """A list that grows while its last page is under way is read to its new end."""
    asked: list[int] = []

    def fetch(number: int) -> Page:
        asked.append(number)
        pages = 2 if number == 1 else 3
        return Page(rows_of(number), pages * PAGE, pages)

    walk = walked("products", fetch, name_of, 4, nothing)
    assert sorted(asked) == [1, 2, 3]
    assert not walk.doubt
    assert len(walk.rows) == 3 * PAGE


def test_pages_without_end_come_to_an_end() -> None:
    """A shop that promises pages and gives none is found out after as many as are under way at once, twice."""
    asked: list[int] = []

    def fetch(number: int) -> Page:
        asked.append(number)
        return Page(rows_of(number) if number == 1 else [], 10**9, 10**7)

    walk = walked("products", fetch, name_of, 4, nothing)
    assert walk.doubt
    assert len(asked) <= 2 * (1 + 2 * 4)
