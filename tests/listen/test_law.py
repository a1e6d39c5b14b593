"""The law: a message that is missing, doubled, late, out of order or false changes no number, only how soon.

Random markets of a few items and a random life: orders, cancellations, edits, campaigns, an OMS, movements of the
ledger, numbers that somebody sets without a sign; and a random post. After every stretch of time the report of a run
that may read by changes is, to the last word, the report of a full pull of a shop in which what nobody told of has not
happened yet. Whatever left any trace has happened in it. After `policy.full_pull` all has.
"""

from __future__ import annotations

import copy
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from stockrecon.core.notice import Notice
from stockrecon.state import State
from tests.listen.world import SHOP, Item, Market, Seller, document

MINUTE = timedelta(minutes=1)
ITEMS = tuple(str(number) for number in range(7))
SKUS = ("S0", "S1", "S2", "S3", "S4", "S4", "S6")

item, units = st.sampled_from(ITEMS), st.integers(0, 12)
EVENTS = st.one_of(
    st.tuples(st.just("order"), item, st.integers(1, 3), st.sampled_from(["paid", "unpaid"])),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("import"), st.integers(0, 5)),
    st.tuples(st.just("edit"), item, units),
    st.tuples(st.just("silent"), item, units),
    st.tuples(st.just("told"), item, units),
    st.tuples(st.just("oms"), item, units),
    st.tuples(st.just("enrol"), item, units, st.integers(5, 300)),
    st.tuples(st.just("ledger"), st.sampled_from(SKUS), st.integers(-5, 5), st.sampled_from(["manual", "receipt"])),
    st.tuples(st.just("new"), st.sampled_from(SKUS), units),
    st.tuples(st.just("delete"), item),
    st.tuples(st.just("state"), item, st.sampled_from(["ok", "banned", "unlisted"])),
)
POST = st.sampled_from(["at once", "late", "never", "twice"])
FALSE = st.lists(st.tuples(st.sampled_from([*ITEMS, "nobody", ""]), st.sampled_from(["", "v", "w"])), max_size=2)
STRETCH = st.tuples(st.lists(EVENTS, max_size=4), st.lists(POST, max_size=8), FALSE, st.integers(1, 100))


@dataclass
class Life:
    """`shown`: each item as it was last read. `traced`: items of which anything told since they were last read."""

    seller: Seller
    shown: dict[str, Item] = field(default_factory=dict)
    locks: dict[str, dict[str, Any]] = field(default_factory=dict)
    traced: set[str] = field(default_factory=set)
    waiting: list[int] = field(default_factory=list)
    numbers: int = 0

    @property
    def market(self) -> Market:
        return self.seller.market

    def happen(self, event: tuple[Any, ...]) -> None:
        kind, *rest = event
        getattr(self, f"_{kind}")(*rest)

    def _order(self, item: str, units: int, status: str) -> None:
        if item in self.market.items:
            self.numbers += 1
            self.market.order(str(self.numbers), item, units, status=status)
            self.traced.add(item)

    def _cancel(self, index: int) -> None:
        if self.market.orders:
            order = list(self.market.orders.values())[index % len(self.market.orders)]
            if order["item_id"] in self.market.items:
                self.market.cancel(order["order_id"])
                self.traced.add(order["item_id"])

    def _import(self, index: int) -> None:
        """The ledger takes an order, or its cancellation, in."""
        if self.market.orders:
            order = list(self.market.orders.values())[index % len(self.market.orders)]
            sku = SKUS[int(order["item_id"]) % len(SKUS)]
            cancelled = order["status"] == "cancelled"
            sign, kind = (1, "cancel") if cancelled else (-1, "order")
            self.seller.book(sku, sign * order["quantity"], kind, order["order_id"])

    def _edit(self, item: str, units: int) -> None:
        if item in self.market.items:
            self.market.edit(item, units)
            self.traced.add(item)

    def _silent(self, item: str, units: int) -> None:
        if item in self.market.items:
            self.market.push(item, units)

    def _told(self, item: str, units: int) -> None:
        if item in self.market.items:
            self.market.push(item, units)
            self.market.tell(places=((item, ""),))

    def _oms(self, item: str, units: int) -> None:
        if item in self.market.items:
            self.seller.pushed(item, units)
            self.traced.add(item)

    def _enrol(self, item: str, units: int, minutes: int) -> None:
        if item in self.market.items and not any(one["item_id"] == item for one in self.market.campaigns.values()):
            self.numbers += 1
            self.market.enrol(f"C{self.numbers}", item, units, minutes * MINUTE)

    def _ledger(self, sku: str, units: int, kind: str) -> None:
        self.seller.book(sku, units, kind)

    def _new(self, sku: str, units: int) -> None:
        self.numbers += 1
        item = str(100 + 7 * self.numbers + SKUS.index(sku))
        self.market.add(item, sku, units)
        self.traced.add(item)

    def _delete(self, item: str) -> None:
        self.market.items.pop(item, None)
        self.market.campaigns = {n: one for n, one in self.market.campaigns.items() if one["item_id"] != item}

    def _state(self, item: str, state: str) -> None:
        if item in self.market.items:
            self.market.row(item)["state"] = state
            self.market.items[item].updated = self.market.now
            self.traced.add(item)

    def post(self, ways: list[str], false: list[tuple[str, str]]) -> None:
        """The messages that are under way, each as it is drawn; the later ones first. And what was never said."""
        new = [n for n in range(len(self.market.told)) if n not in self.seller.received and n not in self.waiting]
        for number in reversed(self.waiting):
            self._receive(number)
        self.waiting = []
        for number, way in zip(reversed(new), [*ways, *["at once"] * len(new)], strict=False):
            if way == "late":
                self.waiting.append(number)
            elif way != "never":
                for _ in range(2 if way == "twice" else 1):
                    self._receive(number)
        if false:
            self.numbers += 1
            with State.open(self.seller.state_folder, self.seller.clock) as state:
                state.keep_notices(self.market.now, [(SHOP, Notice(f"f{self.numbers}", "x", None, tuple(false)))])

    def _receive(self, number: int) -> None:
        self.seller.receive(number)
        self.traced |= {item for item, _ in self.market.told[number].places}

    def judge(self) -> bool:
        """Compares; gives back whether the shop was read in full."""
        beside = self.seller.beside("beside")
        result = self.seller.run()
        channel = self.seller.channel
        assert channel is not None
        little = result.shops[0].little is not None
        read = set(channel.read) if little else set(self.market.items)
        known = self._as_it_was_read(read)
        whole = self.seller.run(little=False, market=known, state=beside)
        assert document(result) == document(whole)
        assert self.seller.kept() == self.seller.whole(known)
        self.traced |= self._by_the_clock()
        unseen = {name for name in known.items if known.items[name].rows != self.market.items[name].rows}
        assert not unseen & self.traced, "what left a trace was not read"
        if little:
            assert result.shops[0].little is not None
            kept = [name for name in self.market.items if name not in read]
            assert result.shops[0].little.kept == sum(len(known.items[name].rows) for name in kept)
        self._saw(read)
        return not little

    def _by_the_clock(self) -> set[str]:
        """Items of campaigns that have ended since they were read."""
        return {one["item_id"] for one in self.locks.values() if one["ends_at"] <= self.market.now}

    def _as_it_was_read(self, read: set[str]) -> Market:
        """The market, but items that were not read as they were when they were."""
        known = copy.deepcopy(self.market)
        for name in known.items.keys() - read:
            known.items[name] = copy.deepcopy(self.shown[name])
        locks = {n: one for n, one in self.market.campaigns.items() if one["item_id"] in read}
        kept = {n: one for n, one in self.locks.items() if one["item_id"] in known.items.keys() - read}
        known.campaigns = {**kept, **locks}
        return known

    def _saw(self, read: set[str]) -> None:
        for name in read & self.market.items.keys():
            self.shown[name] = copy.deepcopy(self.market.items[name])
        self.locks = {n: one for n, one in self.locks.items() if one["item_id"] not in read}
        self.locks |= {n: dict(one) for n, one in self.market.campaigns.items() if one["item_id"] in read}
        self.traced -= read


def begun(folder: Path, patch: pytest.MonkeyPatch) -> Life:
    """A shop that is listened to, in line, two of its items of one SKU."""
    market = Market()
    seller = Seller(folder, market, patch, dict.fromkeys(SKUS, 10))
    for name, sku in zip(ITEMS, SKUS, strict=True):
        market.add(name, sku, 10)
    seller.book("S0", 0, "stocktake")
    market.tell(places=(("6", ""),))
    seller.beat()
    seller.receive_all()
    seller.wait(60 * MINUTE)
    life = Life(seller)
    life.judge()
    seller.wait(20 * MINUTE)
    return life


@pytest.mark.timeout(600)
@budget(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(STRETCH, min_size=1, max_size=3))
def test_whatever_the_post_does_no_number_changes(stretches: list[tuple[Any, ...]]) -> None:
    """After every stretch the report is that of a full pull of the shop as far as anybody told of it; in the end, of
    the shop as it is."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        life = begun(Path(folder), patch)
        for events, ways, false, minutes in stretches:
            for event in events:
                life.happen(event)
                life.seller.wait(MINUTE)
            life.post(ways, false)
            life.seller.wait(minutes * MINUTE)
            life.judge()
        life.seller.wait(life.seller.policy.full_pull)
        assert life.judge(), "the full pull is due"
