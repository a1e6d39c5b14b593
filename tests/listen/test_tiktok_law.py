"""The law of the little pull at TikTok Shop: put together from changes a shop reads as it reads in full.

The marketplace is the sandbox's, where neither an order nor a number that is set moves a product's time of update. A
random life: orders and what becomes of them, edits, drafts, new products, campaigns, numbers that another program sets.
What nobody told of may be as old as the base; whatever left any trace, and all orders, are those of a full pull.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.core.model import ListingState
from stockrecon.core.notice import Told
from stockrecon.core.sources import Pulled
from stockrecon.reconcile.little import CannotKnow
from stockrecon.reconcile.merging import rows_of
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.run import Handle, start_in_thread
from stockrecon.sandbox.tiktok_shop.records import PROMOTION
from tests.listen.served import MINUTE, NOW, ServedShop, put_up

NUMBERS = count(1)
PRODUCTS = 6

product, units = st.integers(0, PRODUCTS - 1), st.integers(0, 12)
EVENTS = st.one_of(
    st.tuples(st.just("order"), product, st.integers(1, 3), st.booleans()),
    st.tuples(st.sampled_from(["pay", "ship", "cancel"]), st.integers(0, 5)),
    st.tuples(st.just("state"), product, st.sampled_from([ListingState.OK, ListingState.BANNED, ListingState.DELETED])),
    st.tuples(st.just("silent"), product, units),
    st.tuples(st.just("hand"), product, units),
    st.tuples(st.just("campaign"), product, st.integers(1, 5), st.sampled_from([None, 0, 300])),
    st.tuples(st.just("new"), units, st.booleans()),
    st.tuples(st.just("status"), product, st.sampled_from(["", "DRAFT", "SELLER_DEACTIVATED"])),
)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    """One for all examples, whose time stands still until it is moved."""
    with start_in_thread(tmp_path_factory.mktemp("market"), now=NOW) as running:
        running.sandbox.clock = SandboxClock(NOW, ticks=lambda: 0.0)
        yield running


@dataclass
class Life(ServedShop):
    """One shop. `untold`: products of which something was set without a sign since the base."""

    untold: set[str] = field(default_factory=set)

    def key(self, number: int) -> tuple[str, str]:
        return str(1000 + number), str(5000 + number)

    def happen(self, event: tuple[Any, ...]) -> None:
        kind, *rest = event
        getattr(self, f"_{kind}")(*rest)

    def _order(self, number: int, units: int, paid: bool) -> None:
        listing = self.shop.listing(self.key(number))
        if listing.state is ListingState.OK and not listing.status and self.shop.exposed(listing.key) >= units:
            self.shop.place(self.now, [(*listing.key, units)], paid=paid)

    def _become(self, index: int, doing: str, *statuses: str) -> None:
        fit = [order for order in self.shop.orders.values() if order.status in statuses]
        if fit:
            getattr(self.shop, doing)(self.now, fit[index % len(fit)].order_id)

    def _pay(self, index: int) -> None:
        self._become(index, "pay", "unpaid")

    def _ship(self, index: int) -> None:
        self._become(index, "ship", "paid")

    def _cancel(self, index: int) -> None:
        self._become(index, "cancel", "unpaid", "paid")

    def _state(self, number: int, state: ListingState) -> None:
        self.shop.set_state(self.now, self.key(number), state)

    def _status(self, number: int, status: str) -> None:
        self.shop.set_trait(self.now, self.key(number), "status", status)

    def _silent(self, number: int, units: int) -> None:
        """Another program's call; TikTok Shop may refuse it."""
        item, sku = self.key(number)
        self.shop.write(self.now, item, {sku: {"": units}}, "another program")
        self.untold.add(item)

    def _hand(self, number: int, units: int) -> None:
        self.shop.edit(self.now, self.key(number), units)
        self.untold.add(self.key(number)[0])

    def _campaign(self, number: int, units: int, begins: int | None) -> None:
        """TikTok Shop's own, that no list and no message has; or the seller's, which began or begins in minutes."""
        key, ends, name = self.key(number), self.now + 600 * MINUTE, f"Sale {next(NUMBERS)}"
        if self.shop.buckets(key)[0] >= units:
            self.shop.start_campaign(self.now, key, units, self.now, ends, name=name)
            if begins is not None:
                starts = self.now + begins * MINUTE
                self.shop.start_campaign(self.now, key, units, starts, ends, name=name, sort=PROMOTION)
            self.untold.add(key[0])

    def _new(self, units: int, draft: bool) -> None:
        number = 100 + next(NUMBERS)
        item, sku = self.key(number)
        listing = self.shop.add(item, sku, f"NEW-{number}", units, self.now)
        listing.status = "DRAFT" if draft else ""

    # Reading

    def little(self, base: Pulled) -> Pulled | CannotKnow:
        return self.put_together(base, Told(orders=frozenset(self.shop.orders)), again=False)


def rows(pulled: Pulled, table: str, leave_out: set[str]) -> set[tuple[str, ...]]:
    cells = (tuple(row) for row in rows_of(Path(pulled.tables[table].path)))
    return {row for row in cells if not leave_out & set(row)}


def begun(market: Handle, folder: Path) -> Life:
    """Six products in line, two of them in a promotion, of which one is to come."""
    name = f"law-{next(NUMBERS)}"
    listings = [(str(1000 + n), str(5000 + n), f"S{n}", f"Thing {n}") for n in range(PRODUCTS)]
    life = Life(market, put_up(market, folder, "tiktok-shop", name, listings), folder)
    for number, begins in ((0, 0), (1, 300)):
        life.happen(("campaign", number, 2, begins))
    return life


@pytest.mark.timeout(300)
@budget(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(before=st.lists(EVENTS, max_size=3), after=st.lists(EVENTS, max_size=6), minutes=st.integers(1, 90))
def test_what_is_put_together_from_changes_is_a_full_pull(
    market: Handle, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], minutes: int
) -> None:
    """Every row, but for what nobody told of; or the shop says that it has to be read in full."""
    with tempfile.TemporaryDirectory() as folder:
        life = begun(market, Path(folder))
        for event in before:
            life.happen(event)
            market.clock.advance(4 * MINUTE)
        base = life.whole()
        life.untold.clear()
        market.clock.advance(MINUTE)
        for event in after:
            life.happen(event)
            market.clock.advance(MINUTE * minutes / 6)
        market.clock.advance(MINUTE)
        whole = life.whole()
        little = life.little(base)
        if isinstance(little, CannotKnow):
            assert "counts" in str(little) or "another configuration" in str(little), little
            return
        assert (little.items, little.terms, little.identity) == (whole.items, whole.terms, whole.identity)
        for table in ("listings", "campaigns"):
            assert rows(little, table, life.untold) == rows(whole, table, life.untold)
        assert rows(little, "orders", set()) == rows(whole, "orders", set())
