"""How stock moves on Shopify (reference: Shopify 1.4).

An order moves units from available to committed at once, paid or not; fulfilling takes them out; cancelling gives them
back, or takes them out as well where nobody restocks. Available may be negative. There are no campaigns, and unpaid
orders live on for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.records import Event, Line, MarketCampaign, MarketOrder, MarketRefusal, Timer
from stockrecon.sandbox.shopify.catalogue import Level, ShopifyCatalogue, ShopifyListing
from stockrecon.sandbox.shopify.jobs import CANCELLED_AFTER, Job

ORDER_NUMBERS_FROM = 1001
OPEN = (OrderStatus.UNPAID, OrderStatus.PAID, OrderStatus.CANCEL_REQUESTED)
"""What has yet to be sent."""
NEVER = timedelta(days=36_500)
"""Longer than the sandbox's clock can run: Shopify cancels nothing by itself."""


class ShopifyShop(ShopifyCatalogue):
    """A shop with its orders and bulk jobs."""

    def __init__(self, name: str, region: str = "VN", locations: tuple[str, ...] = ("Shop location",)) -> None:
        super().__init__(name, region, locations)
        self.unpaid_cancelled_after = NEVER
        self.jobs: dict[int, Job] = {}
        self.payments: dict[str, str] = {}
        """AUTHORIZED or EXPIRED, for unpaid orders of which it is known."""
        self.kept_out: set[str] = set()
        """Orders that were cancelled without putting their units back."""
        self.taken_back: set[str] = set()
        """Orders whose parcel came back and was put on the shelf."""
        self._restocks = True
        self._order_names: dict[str, int] = {}

    # Orders

    def begin_job(self, job: Job) -> None:
        """Take a bulk job and let its time run."""
        self.jobs[job.number] = job
        for moment in job.moments():
            self.at(moment, "job", str(job.number))

    def cancel_job(self, job: Job, now: datetime) -> bool:
        """Begin to cancel a job; whether there was anything left to be cancelled."""
        if not job.cancel(now):
            return False
        self.at(now + CANCELLED_AFTER, "job", str(job.number))
        return True

    def _due(self, timer: Timer) -> None:
        job = self.jobs[int(timer.subject)]
        if job.advance(timer.at):
            self.events.append(Event("bulk", timer.at, str(job.number), job.status))

    def new_order_id(self, now: datetime) -> str:
        return str(6_120_000_000_000 + len(self.orders) + 1)

    def order_name(self, order_id: str) -> str:
        """What sellers call an order: #1001, #1002 ... in the order in which they came up."""
        number = self._order_names.setdefault(order_id, ORDER_NUMBERS_FROM + len(self._order_names))
        return f"#{number}"

    def doings(self, now: datetime, order_id: str) -> Mapping[str, Callable[[], None]]:
        return {
            "authorize": lambda: self._set_payment(now, order_id, "AUTHORIZED"),
            "expire": lambda: self._set_payment(now, order_id, "EXPIRED"),
            "cancel-without-restock": lambda: self.cancel_without_restock(now, order_id),
            "return-with-restock": lambda: self.return_with_restock(now, order_id),
        }

    def _set_payment(self, now: datetime, order_id: str, status: str) -> None:
        order = self._order(now, order_id, OrderStatus.UNPAID)
        self.payments[order_id], order.updated_at = status, now
        self._tell_order(order)

    def request_cancel(self, now: datetime, order_id: str, by: str = "buyer", reason: str = "") -> None:
        raise MarketRefusal(f"{self.name}: on shopify nobody asks for a cancellation: cancel the order, or not")

    def cancel_without_restock(self, now: datetime, order_id: str, by: str = "seller", reason: str = "") -> None:
        """The order ends, and its units are not put back: they leave on hand (inferred: Shopify 1.4)."""
        self._order(now, order_id, OrderStatus.UNPAID, OrderStatus.PAID, OrderStatus.CANCEL_REQUESTED)
        self.kept_out.add(order_id)
        self.cancel(now, order_id, by, reason)

    def return_with_restock(self, now: datetime, order_id: str) -> None:
        """The parcel comes back, and its units are for sale again where they were taken from."""
        order = self._order(now, order_id, OrderStatus.SHIPPED)
        for line in order.lines:
            if self.listing(line.key) is None:
                continue
            with self.changing(line.key, now, f"order {order_id} returned"):
                for location, units in self._drawn(line, line.quantity).items():
                    self._level(line, location, now).move("available", units, now)
        self.taken_back.add(order_id)
        self.send_back(now, order_id)

    def pay(self, now: datetime, order_id: str) -> None:
        super().pay(now, order_id)
        self.payments.pop(order_id, None)

    def ship(self, now: datetime, order_id: str) -> None:
        self._order(now, order_id, OrderStatus.PAID)
        self._now = now
        super().ship(now, order_id)

    def _cancel(self, order: MarketOrder, now: datetime, by: str, reason: str) -> None:
        self._restocks = order.order_id not in self.kept_out
        super()._cancel(order, now, by, reason)

    def _take(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """From one location where it has enough, else from several; what nobody has is owed by the first."""
        listing = self._variant(line.key)
        line.held = line.quantity
        listing.unpaid += line.quantity
        line.drawn = self._route(listing, line.quantity) if listing.tracked else {}
        for location, units in line.drawn.items():
            level = listing.levels[location]
            level.move("available", -units, now)
            level.move("committed", units, now)

    def _route(self, listing: ShopifyListing, quantity: int) -> dict[int, int]:
        here = {
            number: max(0, level.quantity("available"))
            for number, level in listing.levels.items()
            if self.locations[number].active and self.locations[number].online
        } or dict.fromkeys(listing.levels, 0)
        whole = next((number for number, units in here.items() if units >= quantity), None)
        if whole is not None:
            return {whole: quantity}
        drawn: dict[int, int] = {}
        for number, units in here.items():
            drawn[number] = min(units, quantity)
            quantity -= drawn[number]
        first = next(iter(here))
        drawn[first] += quantity
        return {number: units for number, units in drawn.items() if units}

    def _paid(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """Nothing moves but the money: the units were committed when the order came."""
        self._count_unpaid(line)
        line.held, line.taken = 0, line.quantity

    def _count_unpaid(self, line: Line) -> None:
        listing = self.listing(line.key)
        if listing is not None:
            listing.unpaid = max(0, listing.unpaid - line.held)

    def _leave(self, line: Line) -> None:
        self._uncommit(line, self._now)
        line.taken = 0

    def _give_back(self, line: Line, now: datetime) -> None:
        drawn = self._uncommit(line, now)
        if self._restocks:
            for location, units in drawn.items():
                self._level(line, location, now).move("available", units, now)
        self._count_unpaid(line)
        line.held = line.taken = 0

    def _uncommit(self, line: Line, now: datetime) -> dict[int, int]:
        """Take the line's units out of committed; an order that a file told may have fewer there than it says."""
        if self.listing(line.key) is None:
            return {}
        drawn = self._drawn(line, line.held + line.taken)
        for location, units in drawn.items():
            level = self._level(line, location, now)
            level.move("committed", -min(units, level.quantity("committed")), now)
        return drawn

    def _drawn(self, line: Line, units: int) -> dict[int, int]:
        """Where a line's units are from; at the listing's first location where nobody noted it."""
        listing = self._variant(line.key)
        if line.drawn is not None:
            return line.drawn
        return {self.first_place(listing): units} if units and listing.levels else {}

    def assigned(self, line: Line) -> dict[int, int]:
        """From which locations a line is sent, and how many of its units: also of what is not counted there."""
        listing = self.listing(line.key)
        if line.drawn:
            return line.drawn
        levels = listing.levels if listing is not None else {}
        first = self.first_place(listing) if listing is not None and levels else next(iter(self.locations))
        return {first: line.quantity}

    def close_location(self, name: str, destination: str, now: datetime) -> None:
        """Open orders go where the stock goes."""
        super().close_location(name, destination, now)
        if not destination:
            return
        place, there = self._named(name).number, self._named(destination).number
        for order in self.orders.values():
            if order.status not in OPEN:
                continue
            for line in order.lines:
                if line.drawn and place in line.drawn:
                    units = line.drawn.pop(place)
                    line.drawn[there] = line.drawn.get(there, 0) + units

    def _level(self, line: Line, location: int, now: datetime) -> Level:
        return self._variant(line.key).levels.setdefault(location, Level(now))

    def _out_of_stock(self, line: Line) -> None:
        """Shopify leaves the number alone, whoever cancels and why."""

    def start_campaign(self, *args: object, **how: object) -> MarketCampaign:
        raise MarketRefusal(f"{self.name}: shopify has no campaigns that lock units")
