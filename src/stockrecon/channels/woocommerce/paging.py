"""Lists that must prove their end: what was read has to agree with both of WordPress's totals (reference: 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from stockrecon.channels.woocommerce.api import PAGE, Page
from stockrecon.channels.woocommerce.fields import Object, identity
from stockrecon.rest import gather

Row = TypeVar("Row")
Fetch = Callable[[int], Page]
Take = Callable[[Object, str], Row]
"""Makes of one row and its id what is kept of it: a page with all its texts would be too much to keep."""


class TooMany(Exception):
    """A list that is longer than is worth reading. Its text is a sentence for people."""


@dataclass(slots=True)
class Walk(Generic[Row]):
    """Rows by id, in the order in which they came, each once. `doubt` is empty where the end is proven."""

    rows: dict[str, Row] = field(default_factory=dict)
    doubt: str = ""


def walked(what: str, fetch: Fetch, take: Take[Row], workers: int, read: Callable[[int, int], None]) -> Walk[Row]:
    """The whole list `what`; once more where the first walk does not prove that it saw all (a shop changes meanwhile).

    `read` is told of each page: its rows, and how many there are in all.
    """
    walk = _walk(what, fetch, take, workers, read)
    return _walk(what, fetch, take, workers, read) if walk.doubt else walk


def at_most(most: int, what: str, fetch: Fetch) -> Fetch:
    """The same pages of a list of what was edited; raises TooMany where it has more rows than that."""

    def bounded(number: int) -> Page:
        page = fetch(number)
        if page.total > most:
            raise TooMany(f"{page.total:,} {what} were edited")
        return page

    return bounded


def _walk(what: str, fetch: Fetch, take: Take[Row], workers: int, read: Callable[[int, int], None]) -> Walk[Row]:
    """By id, so nothing but a deletion moves a row towards the pages that were read already; what comes up meanwhile
    pushes the rows behind it on, and what is new stands at the end."""

    told: list[Page] = []

    def page(number: int) -> tuple[list[tuple[str, Row]], Page]:
        got = fetch(number)
        told.append(Page(got.rows[:1], got.total, got.pages))
        read(len(got.rows), got.total)
        named = [(identity(row.get("id"), f"{what}: id"), row) for row in got.rows]
        return [(name, take(row, name)) for name, row in named], Page([], got.total, got.pages)

    def behind(number: int) -> Iterator[Callable[[], tuple[list[tuple[str, Row]], Page]]]:
        """The pages from this one on, one by one as threads get free: no answer is waited for before the next request.
        One that comes empty ends them: a shop that promises pages without end is found out."""
        while number <= max(got.pages for got in told) and all(got.rows for got in told):
            yield partial(page, number)
            number += 1

    taken = [page(1)]
    while block := gather(behind(len(taken) + 1), workers):
        taken += block
    walk = Walk({name: row for rows, _ in taken for name, row in rows})
    walk.doubt = _doubt(what, len(walk.rows), [got for _, got in taken])
    return walk


def _doubt(what: str, seen: int, pages: list[Page]) -> str:
    first, most = pages[0].total, max(page.total for page in pages)
    for page in pages:
        if page.pages != -(-page.total // PAGE):
            return f"{what}: WooCommerce counts {page.total} rows on {page.pages} pages of {PAGE}"
        if page.total < first:
            return f"{what}: WooCommerce counted {first} rows, and {page.total} while they were read"
    if not first <= seen <= most:
        return f"{what}: WooCommerce counts {first} rows, its pages held {seen}"
    return ""
