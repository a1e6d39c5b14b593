"""The whole circle over HTTP: loopback marketplaces push, the listener keeps, runs read what changed and nothing else.

The marketplaces are the sandbox's, which sign their messages by code of their own.
"""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon import reconcile, registry
from stockrecon.channels.push import Arrived
from stockrecon.config import Settings, load
from stockrecon.core.findings import RunResult
from stockrecon.core.model import ShopName
from stockrecon.sandbox.run import Handle
from stockrecon.sandbox.woocommerce.refunds import Returned, refund
from stockrecon.state import State
from tests.integration.conftest import start as marketplaces
from tests.integration.conftest import still_clock
from tests.integration.markets import write_ledger, write_shop
from tests.integration.seller import NOON, TIME, Seller, control, later
from tests.listen.conftest import Listener, Start
from tests.listen.world import document

__all__ = ["marketplaces", "still_clock"]

CHANNELS = tuple(registry.PUSHES)
ITEMS = 30


def free_port() -> int:
    """A port that nobody has now: the address has to be known before the listener is."""
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass
class Circle:
    """One shop of each channel that pushes, and the seller's ledger, state and listener."""

    folder: Path
    market: Handle
    seller: Seller
    listener: Listener
    settings: Settings
    stock: dict[str, int]
    movements: list[dict[str, Any]]

    def name(self, channel: str) -> ShopName:
        return ShopName(f"{channel}-1")

    def place(self, channel: str, number: int) -> dict[str, str]:
        variation = str(5000 + number) if channel != "woocommerce" else ""
        return {"item_id": str(1000 + number), "variation_id": variation}

    def order(self, channel: str, number: int, *, booked: bool = True) -> str:
        """One unit, which the ledger knows at once."""
        placed = control(
            self.seller, "orders", shop=self.name(channel), action="place", paid=True, **self.place(channel, number)
        )
        if booked:
            sku = f"{channel}-{number:02d}"
            self.stock[sku] -= 1
            self.movements.append(
                {
                    "id": f"{len(self.movements):04d}",
                    "sku": sku,
                    "at": self.market.clock.now(),
                    "quantity": -1,
                    "kind": "order",
                    "shop": self.name(channel),
                    "order_id": placed["order_id"],
                    "balance": self.stock[sku],
                }
            )
        return str(placed["order_id"])

    def deliver(self) -> None:
        """Everything that is under way arrives."""
        self.market.sandbox.settled()
        self.market.sandbox.pusher.deliver()

    def wait(self, minutes: int) -> None:
        """Time passes, and the listener is there all the while."""
        for _ in range(minutes // 4 + 1):
            later(self.market, minutes=minutes / (minutes // 4 + 1))
            self.deliver()
            with State.open(self.folder / "state", self.market.clock.now) as state:
                state.beat([shop.name for shop in self.settings.shops], self.market.clock.now())

    def run(self, *, little: bool = True, state: Path | None = None) -> RunResult:
        now = self.market.clock.now()
        tables = {
            "stock": [{"sku": sku, "available": units} for sku, units in sorted(self.stock.items())],
            "movements": self.movements,
            "pushes": [],
        }
        write_ledger(self.folder / "ledger", tables, now)
        settings = self.settings
        if state is not None:
            text = json.loads(self.seller.config.read_text("utf-8")) | {"state": f"{state.name}/"}
            other = self.folder / "other.yaml"
            other.write_text(json.dumps(text), "utf-8")
            settings = load(other, {})
        options = reconcile.RunOptions("diff", now, little=little)
        return reconcile.run(settings, options, clock=self.market.clock.now, sleep=TIME.sleep)

    def beside(self) -> Path:
        target = self.folder / "beside"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder / "state", target)
        return target

    def read(self, result: RunResult) -> dict[str, str]:
        """How each channel's shop was read: since when its changes, or why in full."""
        found = {}
        for shop in result.shops:
            assert shop.error is None, shop.error
            found[shop.channel] = f"changes, {shop.little.kept} kept" if shop.little else shop.in_full
        return found


@pytest.fixture
def circle(tmp_path: Path, marketplaces: Callable[..., Handle], start: Start) -> Circle:
    return encircled(CHANNELS, tmp_path, marketplaces, start)


def encircled(channels: Sequence[str], tmp_path: Path, marketplaces: Callable[..., Handle], start: Start) -> Circle:
    """Thirty listings a shop, in line; every shop pushes to the listener."""
    stock: dict[str, int] = {}
    for channel in channels:
        rows = []
        for number in range(ITEMS):
            sku = f"{channel}-{number:02d}"
            stock[sku] = 10
            variation = str(5000 + number) if channel != "woocommerce" else ""
            place = {"item_id": str(1000 + number), "variation_id": variation}
            rows.append({**place, "seller_sku": sku, "title": f"Thing {number}", "sellable": 10, "campaign": 0,
                         "withheld": 0, "committed": 0, "state": "ok"})  # fmt: skip
        write_shop(tmp_path / "shops" / f"{channel}-1", channel, {"listings": rows, "orders": []})
    market = marketplaces(load=tmp_path / "shops", now=NOON)
    port = free_port()
    entries = []
    for entry in market.configs:
        channel = str(entry["channel"])
        more: dict[str, object] = {}
        if channel == "shopee":
            more = {"push_url": f"http://127.0.0.1:{port}/push/shopee"}
        entries.append({**entry, **more})
    seller = Seller(tmp_path, entries, market)
    settings = load(seller.write(), {})
    listener = start(*settings.shops, port=port, clock=market.clock.now)
    made = Circle(tmp_path, market, seller, listener, settings, stock, [])
    for channel in channels:
        url = f"http://127.0.0.1:{port}/push/{channel}"
        control(seller, "webhooks", shop=made.name(channel), url=url)
    return made


def test_each_marketplaces_messages_are_genuine_and_name_their_listing(circle: Circle) -> None:
    """An order on each: the listener hears of it, in every vendor's own words and with its own signature."""
    placed = {channel: circle.order(channel, 3) for channel in CHANNELS}
    circle.deliver()
    fates = set(circle.listener.log)
    assert fates == {(channel, "heard") for channel in CHANNELS}
    for channel, order in placed.items():
        told = circle.listener.kept(circle.name(channel))
        assert order in told.orders or "1003" in {item for item, _ in told.places}, channel


def test_only_what_changed_is_read_and_the_report_is_that_of_a_full_pull(circle: Circle) -> None:
    """Orders on every marketplace, one that the ledger lacks, a campaign, and a number that was set by hand: each is
    read by its changes, and no number differs."""
    for channel in CHANNELS:
        circle.order(channel, 3)
    circle.deliver()
    circle.run()
    circle.wait(20)
    for channel in CHANNELS:
        circle.order(channel, 4)
        circle.order(channel, 5, booked=False)
    control(
        circle.seller, "campaigns", shop=circle.name("shopee"), action="start", locked=4, **circle.place("shopee", 6)
    )
    for channel in CHANNELS:
        circle.stock[f"{channel}-07"] = 8
    circle.deliver()
    circle.wait(10)
    whole = circle.run(little=False, state=circle.beside())
    found = circle.run()
    told = {name: how for name, how in circle.read(found).items() if how}
    assert set(told) == set(CHANNELS), told
    for channel in CHANNELS:
        assert told[channel].startswith("changes, "), told
        assert int(told[channel].split()[1]) >= ITEMS - 6
    assert document(found) == document(whole)
    assert found.summary.by_scenario


def test_a_lost_message_makes_its_shop_read_in_full(circle: Circle) -> None:
    """Of every marketplace one: the order itself says that nobody told of it."""
    for channel in CHANNELS:
        circle.order(channel, 3)
    circle.deliver()
    circle.run()
    circle.wait(20)
    before = circle.read(circle.run())
    assert all(before[channel].startswith("changes, ") for channel in CHANNELS), before
    orders = {}
    for channel in CHANNELS:
        control(circle.seller, "faults", shop=circle.name(channel), kind="lost", times=None)
        orders[channel] = circle.order(channel, 4)
    circle.wait(20)
    whole = circle.run(little=False, state=circle.beside())
    found = circle.run()
    told = circle.read(found)
    for channel, order in orders.items():
        assert told[channel].startswith(f"no message came of order {order}"), told
    assert document(found) == document(whole)


def test_doubled_late_and_forged_messages_change_nothing(circle: Circle) -> None:
    """Twice, minutes later, and one that somebody else has signed."""
    for channel in CHANNELS:
        circle.order(channel, 3)
    circle.deliver()
    circle.run()
    circle.wait(20)
    faults: list[dict[str, object]] = [{"kind": "doubled"}, {"kind": "late", "seconds": 300}]
    for channel, fault in zip(CHANNELS, cycle(faults), strict=False):
        control(circle.seller, "faults", shop=circle.name(channel), times=None, **fault)
        circle.order(channel, 4)
    assert circle.listener.send("shopee", Arrived(b'{"code":1}', {"authorization": "0" * 64})) == 401
    circle.wait(10)
    whole = circle.run(little=False, state=circle.beside())
    found = circle.run()
    assert all(circle.read(found)[channel].startswith("changes, ") for channel in CHANNELS)
    assert document(found) == document(whole)


def test_whatever_happens_in_a_woocommerce_shop_is_reported_as_by_a_full_pull(
    tmp_path: Path, marketplaces: Callable[..., Handle], start: Start
) -> None:
    """One thing after the other: an order, one that nobody booked, a cancellation, a refund that restocks, a number
    that was set in the shop's admin and a new variation, both without a message, an order in the bin, a product that
    was deleted. The last two have the shop read in full."""
    circle = encircled(["woocommerce"], tmp_path, marketplaces, start)
    name = circle.name("woocommerce")
    shop: Any = circle.market.sandbox.shops[name].shop
    now = circle.market.clock.now
    shop.add("2000", "6000", "woocommerce-v0", 4, now())
    circle.stock |= {"woocommerce-v0": 4, "woocommerce-v1": 9}
    first = circle.order("woocommerce", 3)
    circle.deliver()
    circle.run()
    circle.wait(20)
    silently = {"shop": name, "kind": "lost", "times": None}

    def became(action: str, order: str) -> object:
        return control(circle.seller, "orders", shop=name, action=action, order_id=order)

    def refunded(order: str) -> object:
        return refund(shop, now(), shop.orders[order], [Returned(0, 1, "5.00")], "5.00", "", restock=True)

    events: list[tuple[Callable[[], object], str]] = [
        (lambda: circle.order("woocommerce", 4), "changes, 28 kept"),
        (lambda: circle.order("woocommerce", 5, booked=False), "changes, "),
        (lambda: became("cancel", first), "changes, "),
        (lambda: refunded(circle.order("woocommerce", 6)), "changes, "),
        (lambda: control(circle.seller, "faults", **silently), "changes, "),
        (lambda: control(circle.seller, "listings", shop=name, item_id="1007", sellable=2), "changes, "),
        (lambda: shop.add("2000", shop.new_post(), "woocommerce-v1", 7, now()), "changes, "),
        (lambda: shop.transit(now(), shop.orders[first], "trash"), "WooCommerce counts 3 orders, 4 are known"),
        (lambda: shop.remove(now(), ("1008", "")), "WooCommerce counts 30 products, 31 are known"),
    ]
    for happen, how in events:
        happen()
        circle.deliver()
        circle.wait(8)
        whole = circle.run(little=False, state=circle.beside())
        found = circle.run()
        assert circle.read(found)["woocommerce"].startswith(how)
        assert document(found) == document(whole)
    assert {one.sku for one in found.statements} >= {"woocommerce-05", "woocommerce-07", "woocommerce-v1"}
