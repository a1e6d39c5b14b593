"""What the stories are played on: the seller's shops, the order management system, and what happens when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from stockrecon.core.model import ListingState
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.oms import Market, Oms
from stockrecon.sandbox.records import Key, Told
from stockrecon.sandbox.roles import WAYS

BOOKED_AFTER = timedelta(seconds=30)
"""From an order to its line in the ledger."""


class Stage:
    """Collects what happens when; `ago` counts back from the first read. Shops are named by their channel."""

    def __init__(self, market: Market, clock: SandboxClock, first_read: datetime) -> None:
        self.market, self.clock, self.first_read = market, clock, first_read
        self.oms = Oms(market, clock)
        self.orders: dict[str, str] = {}
        self._steps: list[tuple[datetime, Callable[[], None]]] = []
        self._items = 0
        self._campaigns: Counter[str] = Counter()

    def ago(self, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        return self.first_read - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        self._steps.append((when, action))

    def play(self) -> None:
        """Let everything happen in its order, and the clock stand at the first read again."""
        for at, action in sorted(self._steps, key=lambda step: step[0]):
            self._come(at)
            action()
        self._come(self.first_read)

    def _come(self, when: datetime) -> None:
        self.clock.set(when)
        for shop in self.market.shops.values():
            shop.settle(when)

    def shop(self, channel: str) -> Shop:
        return self.market.shops[shop_name(channel)]

    def key(self, sku: str, channel: str) -> Key:
        return self.market.places[sku][shop_name(channel)]

    def list(self, sku: str, title: str, units: int, channels: Sequence[str]) -> None:
        """Ten days ago: goods come in, and are put up for sale in the shops."""
        self._items += 1
        begin = self.ago(days=10)
        sold = {shop_name(channel): WAYS[channel].key(self._items) for channel in channels}
        places = {name: sold[name] for name in self.market.shops if name in sold}
        self.market.places[sku] = places

        def arrive() -> None:
            self.oms.book(sku, units, "receipt", note="goods received")
            for name, (item, variation) in places.items():
                told = Told(item, variation, sku, title, begin, units, 0, 0, 0, 0, ListingState.OK, "", platform=False)
                self.market.shops[name].put_up(told)

        self.at(begin, arrive)

    def order(self, when: datetime, name: str, sku: str, channel: str, units: int = 1, **how: object) -> None:
        """A buyer orders; half a minute later the OMS books it. `name` is what later steps call the order."""
        paid, campaign = bool(how.get("paid", True)), str(how.get("campaign", ""))

        def place() -> None:
            lines = [(*self.key(sku, channel), units)]
            placed = self.shop(channel).place(self.clock.now(), lines, paid=paid, campaign_id=campaign)
            self.orders[name] = placed.order_id

        self.at(when, place)
        self.book(when + BOOKED_AFTER, name, sku, channel, -units, "order")

    def cancel(self, when: datetime, name: str, sku: str, channel: str, units: int = 1) -> None:
        """The buyer takes an order back; half a minute later the OMS books that."""
        self.at(
            when, lambda: self.shop(channel).cancel(self.clock.now(), self.orders[name], "buyer", "changed my mind")
        )
        self.book(when + BOOKED_AFTER, name, sku, channel, units, "cancel")

    def book(self, when: datetime, name: str, sku: str, channel: str, units: int, kind: str) -> None:
        self.at(when, lambda: self.oms.book(sku, units, kind, shop_name(channel), self.orders[name]))

    def push(self, when: datetime, sku: str, *, normal_only: bool = False, lost_on: str = "") -> None:
        lost = shop_name(lost_on) if lost_on else ""
        self.at(when, lambda: self.oms.push(sku, normal_only=normal_only, lost=lost))

    def enrol(
        self, when: datetime, sku: str, channel: str, locked: int, starts: datetime, ends: datetime, *, strict: bool
    ) -> str:
        """A listing is enrolled in a campaign; its id. `strict`: while it runs its stock is not the seller's to set."""
        self._campaigns[channel] += 1
        campaign_id = WAYS[channel].campaign_id(self._campaigns[channel])

        def start() -> None:
            key = self.key(sku, channel)
            self.shop(channel).start_campaign(
                self.clock.now(), key, locked, starts, ends, campaign_id=campaign_id, locks_write=strict
            )

        self.at(when, start)
        return campaign_id


def shop_name(channel: str) -> str:
    return f"{channel}-vn"
