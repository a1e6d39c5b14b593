"""The law of the little pull at WooCommerce: put together from changes a shop reads as it reads in full.

The marketplace is the sandbox's, and nobody sends a message. A random life: orders of products, of variations and of
what variations share, and what becomes of them; refunds, lines that are taken out of an order, orders in the bin; edits
in the shop's admin, new products and variations, and those that go. Whether an order moves the time of a product's last
change is left to chance too.
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
from stockrecon.sandbox.woocommerce.refunds import Returned, refund
from tests.listen.served import MINUTE, NOW, ServedShop, put_up

NUMBERS = count(1)
SIMPLE = [("1000", ""), ("1001", ""), ("1002", "")]
OWN = [("1100", "5100"), ("1100", "5101"), ("1101", "5102")]
POOLED = [("1200", "5200"), ("1200", "5201")]
PRODUCTS = ["1000", "1001", "1002", "1100", "1101", "1200"]

place, number, units = st.sampled_from([*SIMPLE, *OWN, *POOLED]), st.integers(0, 5), st.integers(0, 12)
EVENTS = st.one_of(
    st.tuples(st.just("order"), st.lists(place, min_size=1, max_size=2), st.sampled_from(["pending", "processing"])),
    st.tuples(
        st.just("status"), number, st.sampled_from(["processing", "on-hold", "completed", "cancelled", "failed"])
    ),
    st.tuples(st.just("restock"), number),
    st.tuples(st.just("edit"), place, units),
    st.tuples(st.just("state"), place, st.sampled_from([ListingState.OK, ListingState.UNLISTED])),
    st.tuples(st.just("new"), units),
    st.tuples(st.just("variation"), st.sampled_from(["1100", "1101"]), units),
    # What a little pull may not be enough for.
    st.tuples(st.just("take_out"), number),
    st.tuples(st.just("drop"), number, st.sampled_from(["trash", "deleted"])),
    st.tuples(st.just("delete"), st.sampled_from([*PRODUCTS, "5100", "5201"]), st.booleans()),
    st.tuples(st.just("share"), st.sampled_from(["5100", "5101"])),
)
HARD = ("take_out", "drop", "delete", "share")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    """One for all examples, whose time stands still until it is moved."""
    with start_in_thread(tmp_path_factory.mktemp("market"), now=NOW) as running:
        running.sandbox.clock = SandboxClock(NOW, ticks=lambda: 0.0)
        yield running


@dataclass
class Life(ServedShop):
    """One shop. `still`: an order moves no product's time. `happened`: kinds of what did since the base. `named`:
    places of orders that are deleted for good, which leave no trace: of them the messages were heard."""

    still: bool
    happened: list[str] = field(default_factory=list)
    named: set[tuple[str, str]] = field(default_factory=set)

    def happen(self, event: tuple[Any, ...]) -> None:
        kind, *rest = event
        by_order = kind in ("order", "status", "restock", "take_out", "drop")
        before = {id(one): one.modified_at for one in self.posts()} if by_order and self.still else {}
        if getattr(self, f"_{kind}")(*rest) is not False:
            self.happened.append(kind)
        for one in self.posts():
            one.modified_at = before.get(id(one), one.modified_at)

    def posts(self) -> list[Any]:
        return [*self.shop.products.values(), *(one for some in self.shop.variations.values() for one in some.values())]

    def orders(self) -> list[Any]:
        """Those that the shop lists."""
        gone = ("trash", "deleted")
        return [order for order in self.shop.orders.values() if self.shop.about(order).status not in gone]

    def one(self, index: int) -> Any:
        found = self.orders()
        return found[index % len(found)] if found else None

    def _order(self, places: list[tuple[str, str]], status: str) -> bool:
        there = [(*key, 1) for key in places if self.shop.listing(key) is not None]
        if there:
            self.shop.enter(self.now, there, status, "admin")
        return bool(there)

    def _status(self, index: int, status: str) -> bool:
        order = self.one(index)
        if order is not None:
            self.shop.transit(self.now, order, status)
        return order is not None

    def _restock(self, index: int) -> bool:
        order = self.one(index)
        if order is None or not order.lines or not order.lines[0].taken:
            return False
        refund(self.shop, self.now, order, [Returned(0, 1, "5.00")], "5.00", "", restock=True)
        return True

    def _take_out(self, index: int) -> bool:
        """A line is removed from an order in the shop's admin, and what it took goes back into stock."""
        order = self.one(index)
        if order is None or not order.lines:
            return False
        line = order.lines.pop()
        listing = self.shop.listing(line.key)
        holder = self.shop.holder(listing) if listing is not None else None
        if line.taken and holder is not None:
            self.shop.move(holder, line.taken, self.now)
        order.updated_at = self.now
        return True

    def _drop(self, index: int, to: str) -> bool:
        order = self.one(index)
        if order is not None:
            if to == "deleted":
                self.named |= {line.key for line in order.lines}
            self.shop.transit(self.now, order, to)
        return order is not None

    def _edit(self, key: tuple[str, str], units: int) -> bool:
        """By hand, in the shop's admin."""
        listing = self.shop.listing(key)
        if listing is None or self.shop.holder(listing) is None:
            return False
        self.shop.edit(self.now, key, units)
        return True

    def _state(self, key: tuple[str, str], state: ListingState) -> bool:
        listing = self.shop.listing(key)
        if listing is None or listing.state is ListingState.DELETED:
            return False
        self.shop.set_state(self.now, key, state)
        return True

    def _new(self, units: int) -> None:
        self.shop.add(self.shop.new_post(), "", f"NEW-{next(NUMBERS)}", units, self.now)

    def _variation(self, product: str, units: int) -> bool:
        if product not in self.shop.products or self.shop.products[product].state is ListingState.DELETED:
            return False
        self.shop.add(product, self.shop.new_post(), f"NEW-{next(NUMBERS)}", units, self.now)
        return True

    def _delete(self, post: str, for_good: bool) -> bool:
        listing = self.shop.post(post)
        if listing is None or listing.state is ListingState.DELETED:
            return False
        (self.shop.remove if for_good else self.shop.trash)(self.now, listing.key)
        return True

    def _share(self, variation: str) -> bool:
        listing = self.shop.post(variation)
        if listing is None or not listing.managed or listing.state is ListingState.DELETED:
            return False
        self.shop.set_trait(self.now, listing.key, "manage_stock", "parent")
        return True

    # Reading

    def little(self, base: Pulled) -> Pulled | CannotKnow:
        """What nobody told of; the ordered items are looked at once more, as a run does it."""
        told = Told(places=frozenset(self.named), orders=frozenset(self.shop.orders))
        return self.put_together(base, told, again=True)


def rows(pulled: Pulled, table: str) -> set[tuple[str, ...]]:
    return {tuple(row) for row in rows_of(Path(pulled.tables[table].path))}


def begun(market: Handle, folder: Path, *, still: bool) -> Life:
    """Products of each kind, in line."""
    name = f"law-{next(NUMBERS)}"
    places = [*SIMPLE, *OWN, *POOLED]
    listings = [(item, variation, f"S{item}{variation}", f"Thing {item}") for item, variation in places]
    life = Life(market, put_up(market, folder, "woocommerce", name, listings), folder, still)
    for key in POOLED:
        life.shop.set_trait(life.now, key, "manage_stock", "parent")
    return life


@pytest.mark.timeout(300)
@budget(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    before=st.lists(EVENTS, max_size=4),
    after=st.lists(EVENTS, max_size=5),
    minutes=st.integers(1, 90),
    still=st.booleans(),
)
def test_what_is_put_together_from_changes_is_a_full_pull(
    market: Handle, before: list[tuple[Any, ...]], after: list[tuple[Any, ...]], minutes: int, still: bool
) -> None:
    """Every row of every table, after one little pull and after the one that goes on from it; or the shop says that it
    has to be read in full, and then something has gone, or is another thing than it was."""
    with tempfile.TemporaryDirectory() as folder:
        life = begun(market, Path(folder), still=still)
        for event in before:
            life.happen(event)
            market.clock.advance(4 * MINUTE)
        base = life.whole()
        life.happened.clear()
        market.clock.advance(MINUTE)
        for half in (after[:3], after[3:]):
            for event in half:
                life.happen(event)
                market.clock.advance(MINUTE * minutes / 6)
            market.clock.advance(MINUTE)
            whole, little = life.whole(), life.little(base)
            if isinstance(little, CannotKnow):
                assert set(life.happened) & set(HARD), (little, life.happened)
                return
            assert (little.items, little.terms, little.identity) == (whole.items, whole.terms, whole.identity)
            for table in ("listings", "campaigns", "orders"):
                assert rows(little, table) == rows(whole, table), table
            base = little
