"""The six stories of overselling, played through the market: nothing here writes an end state.

Buyers order, campaigns lock and return, holds are released, pushes are refused, and an order management system
(`Oms`) books each in the ledger and pushes the new number, sometimes too late or in the wrong sense. The numbers are
those of the examples in section 5 of the semantics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon.core.model import ListingState
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.oms import Market, Oms
from stockrecon.sandbox.records import Key
from stockrecon.sandbox.shopee.market import ShopeeShop

SECOND_READ_AFTER = timedelta(minutes=65)
"""From the first read to the second: the campaign of story 1 ends five minutes after the first read."""

Step = tuple[datetime, Callable[[], None]]


@dataclass(frozen=True)
class Story:
    """One story: what happened in plain words, and what is still to happen between two reads."""

    number: int
    skus: tuple[str, ...]
    text: str
    later: Callable[[], None] = lambda: None

    def before_second_read(self) -> None:
        """Let happen what follows the first read; nothing in most stories."""
        self.later()


def build_market() -> Market:
    """Two empty shops."""
    return Market(ShopeeShop("shopee-vn"), LazadaShop("lazada-vn"))


def build_stories(market: Market, clock: SandboxClock, ledger_dir: Path) -> list[Story]:
    """Play everything up to the first read, which is due at the clock's time now; write the ledger there.

    Afterwards the clock stands where it stood. The stories' `before_second_read` play the rest.
    """
    first_read = clock.now().replace(microsecond=0)
    cast = _Cast(market, clock, first_read)
    stories = [telling(cast) for telling in (_first, _second, _third, _fourth, _fifth, _sixth)]
    cast.in_line()
    for at, action in sorted(cast.steps, key=lambda step: step[0]):
        clock.set(at)
        for shop in market.shops.values():
            shop.settle(at)
        action()
    clock.set(first_read)
    for shop in market.shops.values():
        shop.settle(first_read)
    cast.oms.write(ledger_dir)

    def later() -> None:
        clock.advance(SECOND_READ_AFTER)
        cast.oms.write(ledger_dir)

    first = stories[0]
    return [Story(first.number, first.skus, first.text, later), *stories[1:]]


class _Cast:
    """Collects what happens when; `ago` counts back from the first read."""

    def __init__(self, market: Market, clock: SandboxClock, first_read: datetime) -> None:
        self.market, self.clock, self.first_read = market, clock, first_read
        self.oms = Oms(market, clock)
        self.steps: list[Step] = []
        self._items = 0
        self.orders: dict[str, str] = {}

    def ago(self, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        return self.first_read - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)

    def at(self, when: datetime, action: Callable[[], None]) -> None:
        self.steps.append((when, action))

    def list(self, sku: str, title: str, units: int, *, shopee: bool = True, lazada: bool = True) -> None:
        """Ten days ago: goods come in, and are put up for sale in the shops."""
        self._items += 1
        number = self._items
        begin = self.ago(days=10)
        places: dict[str, Key] = {}
        if shopee:
            places["shopee-vn"] = (str(20_100_000_000 + number), "")
        if lazada:
            places["lazada-vn"] = (str(2_800_000_000 + number), str(13_400_000_000 + number))
        self.market.places[sku] = places

        def arrive() -> None:
            self.oms.book(sku, units, "receipt", note="goods received")
            if shopee:
                self.market.shopee.add(*places["shopee-vn"], sku, units, begin, title=title)
            if lazada:
                self.market.lazada.add(*places["lazada-vn"], sku, units, begin, title=title)

        self.at(begin, arrive)

    def order(self, when: datetime, name: str, sku: str, shop: str, units: int = 1, **how: object) -> None:
        """A buyer orders; half a minute later the OMS books it. `name` is what later steps call the order."""
        paid, campaign = bool(how.get("paid", True)), str(how.get("campaign", ""))

        def place() -> None:
            lines = [(*self.market.places[sku][shop], units)]
            placed = self.market.shops[shop].place(self.clock.now(), lines, paid=paid, campaign_id=campaign)
            self.orders[name] = placed.order_id

        self.at(when, place)
        self.at(when + timedelta(seconds=30), lambda: self.oms.book(sku, -units, "order", shop, self.orders[name]))

    def push(self, when: datetime, sku: str, *, on: str = "", normal_only: bool = False) -> None:
        self.at(when, lambda: self.oms.push(sku, on=on, normal_only=normal_only))

    def in_line(self) -> None:
        """Goods that nothing is wrong with, sold now and then."""
        for number, (sku, title, units) in enumerate(
            (("MUG-WHITE", "White mug", 24), ("MUG-BLACK", "Black mug", 17), ("LAMP-DESK", "Desk lamp", 9))
        ):
            self.list(sku, title, units)
            when = self.ago(days=2, hours=number)
            self.order(when, sku, sku, "shopee-vn" if number % 2 else "lazada-vn", 2)
            self.push(when + timedelta(seconds=90), sku)
        self.list("POSTER-A2", "Poster A2", 60, lazada=False)


def _first(cast: _Cast) -> Story:
    sku = "CAMPAIGN-TEE"
    cast.list(sku, "T-shirt in the flash sale", 52, lazada=False)
    starts, ends = cast.ago(hours=6), cast.first_read + timedelta(minutes=5)

    def enrol() -> None:
        cast.market.shopee.start_campaign(
            cast.clock.now(),
            cast.market.places[sku]["shopee-vn"],
            20,
            starts,
            ends,
            campaign_id="649305216139969",
            locks_write=False,
        )

    cast.at(cast.ago(days=1), enrol)
    cast.push(cast.ago(hours=23), sku, normal_only=True)
    for number in range(12):
        when = cast.ago(hours=5) + timedelta(minutes=15 * number)
        cast.order(when, f"{sku}-{number}", sku, "shopee-vn", campaign="649305216139969")
    cast.push(cast.ago(hours=2), sku, normal_only=True)
    return Story(
        1,
        (sku,),
        "Shopee flash sale: 20 locked, 12 sold; the pushes set 40 beside the lock, so the 8 left come back on top: "
        "48 shown, 40 in the ledger.",
    )


def _second(cast: _Cast) -> Story:
    sku = "LOCKED-BOTTLE"
    cast.list(sku, "Bottle in the Lazada campaign", 100)
    starts, ends = cast.ago(days=1), cast.first_read + timedelta(days=2)
    key = cast.market.places[sku]["lazada-vn"]
    cast.at(cast.ago(days=3), lambda: _lock(cast, key, starts, ends))
    begin = cast.ago(hours=5)
    for number in range(7):
        cast.order(begin + timedelta(seconds=4 * number), f"{sku}-{number}", sku, "shopee-vn", 10)
    cast.push(begin + timedelta(minutes=2), sku)
    return Story(
        2,
        (sku,),
        "Lazada campaign: 50 of 100 are locked; 70 were sold on Shopee, the push of 30 was refused (below the lock), "
        "so Lazada still shows 100.",
    )


def _lock(cast: _Cast, key: Key, starts: datetime, ends: datetime) -> None:
    cast.market.lazada.start_campaign(cast.clock.now(), key, 50, starts, ends, campaign_id="88001")


def _third(cast: _Cast) -> Story:
    sku = "PHANTOM-LAMP"
    cast.list(sku, "Lamp that nobody has", 1)
    gone = cast.ago(days=3)
    cast.at(gone, lambda: cast.oms.book(sku, -1, "transfer", note="given to the retail store"))
    cast.order(gone + timedelta(seconds=40), sku, sku, "shopee-vn")
    cast.push(gone + timedelta(seconds=120), sku)
    cast.at(cast.ago(days=2), lambda: cast.oms.book(sku, 1, "manual", note="set to zero by hand"))
    back = cast.ago(days=1)

    def cancel() -> None:
        cast.market.shopee.cancel(cast.clock.now(), cast.orders[sku], "buyer", "changed my mind")

    cast.at(back, cancel)
    cast.at(back + timedelta(seconds=30), lambda: cast.oms.book(sku, 1, "cancel", "shopee-vn", cast.orders[sku]))
    cast.push(back + timedelta(seconds=90), sku)
    return Story(
        3,
        (sku,),
        "An order for a lamp that was gone took the ledger to -1, someone set it to 0 by hand, then the order was "
        "cancelled: ledger and shops agree on 1, and there is none.",
    )


def _fourth(cast: _Cast) -> Story:
    sku = "STUCK-MIXER"
    cast.list(sku, "Mixer in a closed category", 9)
    key = cast.market.places[sku]["lazada-vn"]

    def close() -> None:
        cast.market.lazada.set_state(cast.clock.now(), key, ListingState.ERROR, "Category is inactive")

    cast.at(cast.ago(days=2), close)
    when = cast.ago(hours=7)
    cast.order(when, sku, sku, "shopee-vn", 4)
    cast.push(when + timedelta(seconds=90), sku)
    return Story(
        4,
        (sku,),
        "Lazada refuses every push to the mixer (category is inactive): 4 were sold on Shopee, Lazada still shows 9 "
        "where 5 are left.",
    )


def _fifth(cast: _Cast) -> Story:
    sku = "UNPAID-WATCH"
    cast.list(sku, "The last watch", 1, shopee=False)
    when = cast.ago(hours=3)
    cast.order(when, sku, sku, "lazada-vn", paid=False)
    cast.push(when + timedelta(seconds=90), sku)
    return Story(
        5,
        (sku,),
        "A Lazada order for the last watch is unpaid: Lazada gave the unit back to sale after 30 minutes, the ledger "
        "still counts it until the order is cancelled.",
    )


def _sixth(cast: _Cast) -> Story:
    sku = "LAST-CAMERA"
    cast.list(sku, "The last camera", 1)
    when = cast.ago(hours=4)
    cast.order(when, f"{sku}-lazada", sku, "lazada-vn")
    cast.order(when + timedelta(seconds=60), f"{sku}-shopee", sku, "shopee-vn")
    cast.push(when + timedelta(seconds=120), sku)
    return Story(
        6,
        (sku,),
        "One camera left: ordered on Lazada, and a minute later on Shopee, which had not heard of it: the ledger "
        "is at -1.",
    )
