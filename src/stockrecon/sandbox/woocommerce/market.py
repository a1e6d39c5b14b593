"""How orders move stock on a WooCommerce site (reference: WooCommerce 3.4).

A checkout holds units without taking them out of the count; the count goes down when the order is paid, put on hold or
completed, up again when it is cancelled or set back to pending, and each line remembers what it took. Nobody checks
that there is enough once an order exists: the count may fall below 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.records import Event, Key, Line, MarketCampaign, MarketOrder, MarketRefusal, named
from stockrecon.sandbox.woocommerce import options
from stockrecon.sandbox.woocommerce.catalogue import WooCatalogue
from stockrecon.sandbox.woocommerce.records import (
    MEANINGS,
    ORDER_STATUS,
    REDUCING,
    RESTORING,
    STATUS_NAMES,
    About,
    Amount,
    Note,
    WooListing,
)

UNPAID_NOTE = "Unpaid order cancelled - time limit reached."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WooShop(WooCatalogue):
    traits = options.TRAITS
    options = options.OPTIONS

    def __init__(self, name: str, region: str = "VN", version: str = "") -> None:
        super().__init__(name, region, version)
        self._about: dict[str, About] = {}
        self._notes = 0
        self.set_hold(self.site.hold_minutes)

    def set_option(self, now: datetime, name: str, text: str) -> None:
        self.settle(now)
        if name == "hold_minutes":
            self.set_hold(options.minutes(self, text))
        else:
            options.set_option(self, name, text)
        self.holds_changed()

    def set_trait(self, now: datetime, key: Key, name: str, text: str) -> None:
        self.settle(now)
        with self.changing(key, now, "edited in the seller center"):
            options.set_trait(self, self._known(key), name, text)
            self.holds_changed()
        # A variation begins to share a stock as its product is saved with it.
        self._known(key).modified_at = self._known((key[0], "")).modified_at = now

    def set_hold(self, minutes: int | None) -> None:
        """How long a checkout holds stock (`woocommerce_hold_stock_minutes`); None: it holds none."""
        self.site.hold_minutes = minutes
        self.hold = self.unpaid_cancelled_after = timedelta(minutes=minutes or 0)

    def about(self, order: MarketOrder) -> About:
        """The site's record of an order; that of one which a folder told begins when it is first asked for."""
        if order.order_id not in self._about:
            self._about[order.order_id] = About(ORDER_STATUS[order.status])
        return self._about[order.order_id]

    def note(self, order: MarketOrder, at: datetime, text: str, *, customer: bool = False) -> Note:
        self._notes += 1
        made = Note(self._notes, at, text, customer)
        self.about(order).notes.append(made)
        return made

    # Orders as buyers place them

    def cover(self, order: MarketOrder, line: Line, free: tuple[int, int]) -> tuple[int, int]:
        """Units that are withheld belong to the newest checkouts, and stand in the count beside what can be bought;
        every paid line keeps what it took in its record.
        """
        withheld, committed = free
        if order.status is OrderStatus.UNPAID:
            line.held = min(line.quantity, withheld)
            if line.held:
                self.holding[order.order_id] = None
                self.holds_changed()
                listing = self._known(line.key)
                listing.stock = (listing.stock or 0) + line.held
            return withheld - line.held, committed
        if order.status in (OrderStatus.PAID, OrderStatus.CANCEL_REQUESTED, OrderStatus.SHIPPED):
            line.taken = line.quantity
        return free

    def _check_room(self, lines: list[Line]) -> None:
        wanted: dict[Key, int] = {}
        for line in lines:
            if line.quantity < 1:
                raise MarketRefusal(f"{self.name}: an order line needs a quantity of at least 1, got {line.quantity}")
            listing, product = self._known(line.key), self._known((line.item_id, ""))
            if listing.status != "publish" or product.status != "publish" or listing.variable:
                raise MarketRefusal(f"{self.name}: buyers cannot choose {named(line.key)}, it is {_shown(listing)}")
            if self.stock_status(listing) == "outofstock":
                raise MarketRefusal(f"{self.name}: {named(line.key)} is out of stock and cannot be purchased")
            pool = self.pool(line.key)
            wanted[pool] = wanted.get(pool, 0) + line.quantity
        for key, quantity in wanted.items():
            left = self.for_sale(key)
            if left is not None and quantity > left:
                text = f"{named(key)} has {left} left to ordinary buyers, {quantity} were ordered"
                raise MarketRefusal(f"{self.name}: {text}")

    def _take(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """Held, not taken; nothing is where it may be sold beyond what there is, or where nothing is counted."""
        self.about(order).untold = True
        holder = self.holder(self._known(line.key))
        if holder is None or holder.backorders_allowed or self.site.hold_minutes is None:
            return
        # The order is not among the shop's yet, so it holds nothing so far.
        self.orders[order.order_id] = order
        self.holding[order.order_id] = None
        line.held, line.hold_ends = line.quantity, now + self.hold
        self.holds_changed()
        self.at(now + self.hold, "hold", order.order_id)

    def _release_hold(self, order: MarketOrder, now: datetime) -> None:
        for line in order.lines:
            if line.held and line.hold_ends is not None and line.hold_ends <= now:
                with self.changing(line.key, now, f"hold of order {order.order_id} released"):
                    line.held, line.hold_ends = 0, None
                self.holds_changed()
        self.holding.pop(order.order_id, None)

    def pay(self, now: datetime, order_id: str) -> None:
        self.transit(now, self._order(now, order_id, OrderStatus.UNPAID), "processing")

    def ship(self, now: datetime, order_id: str) -> None:
        self.transit(now, self._order(now, order_id, OrderStatus.PAID), "completed")

    def send_back(self, now: datetime, order_id: str) -> None:
        """Refunded without putting anything back into stock."""
        self.transit(now, self._order(now, order_id, OrderStatus.SHIPPED), "refunded")

    def doings(self, now: datetime, order_id: str) -> Mapping[str, Callable[[], None]]:
        """`put-on-hold`: a payment that takes days is awaited, the stock is taken. `fail`: the payment was refused."""
        return {
            "put-on-hold": lambda: self.transit(now, self._any(now, order_id), "on-hold"),
            "fail": lambda: self.transit(now, self._any(now, order_id), "failed"),
        }

    def _any(self, now: datetime, order_id: str) -> MarketOrder:
        return self._order(now, order_id, *OrderStatus)

    def _cancel(self, order: MarketOrder, now: datetime, by: str, reason: str) -> None:
        note = ""
        if by == "channel":
            about = self.about(order)
            if self.site.hold_minutes is None or about.status != "pending" or about.created_via != "checkout":
                return
            if (turn := self._next_turn(now)) != now:
                self.at(turn, "unpaid", order.order_id)
                return
            note = UNPAID_NOTE
        order.cancelled_by, order.cancel_reason = by, reason
        self.transit(now, order, "cancelled", note)

    def _next_turn(self, now: datetime) -> datetime:
        """The job that cancels unpaid orders runs once in so many minutes as a checkout holds stock: until its turn an
        order stays pending although its units are for sale again.
        """
        return now + (_EPOCH - now) % self.hold

    # Orders as the site keeps them

    def enter(self, now: datetime, lines: Iterable[tuple[str, str, int]], status: str, created_via: str) -> MarketOrder:
        """An order that nobody placed at a checkout: nothing is held, and nobody asks whether there is enough."""
        self.settle(now)
        made = [Line(item, variation, quantity) for item, variation, quantity in lines]
        order = MarketOrder(self.new_post(), made, OrderStatus.UNPAID, now, now)
        self.orders[order.order_id] = order
        self.about(order).created_via, self.about(order).untold = created_via, True
        self._tell_order(order)
        if status != "pending":
            self.transit(now, order, status)
        return order

    def transit(self, now: datetime, order: MarketOrder, to: str, note: str = "") -> None:
        """The order goes into another status, and the stock with it."""
        about = self.about(order)
        before, about.status = about.status, to
        if to == before:
            return
        about.previous = before
        self._move_lines(now, order, to)
        self.holding.pop(order.order_id, None)
        order.status, order.updated_at = MEANINGS[to], now
        if to in ("processing", "completed"):
            order.paid_at = order.paid_at or now
        if to == "completed":
            order.shipped_at = now
        order.cancelled_at = now if order.status is OrderStatus.CANCELLED else None
        if to in STATUS_NAMES:
            words = f"Order status changed from {STATUS_NAMES.get(before, before)} to {STATUS_NAMES[to]}."
            self.note(order, now, f"{note} {words}".strip())
        self._tell_order(order)

    def _tell_order(self, order: MarketOrder) -> None:
        """An event's `what` is the last word of the topic under which the site tells of it."""
        about = self.about(order)
        what = "created" if about.untold else "restored" if about.previous == "trash" else "updated"
        about.untold = False
        what = "deleted" if about.status in ("trash", "deleted") else what
        self.events.append(Event("order", order.updated_at, order.order_id, what))

    def _move_lines(self, now: datetime, order: MarketOrder, to: str) -> None:
        moved: list[str] = []
        was_taken = [line.taken for line in order.lines]
        for line in order.lines:
            if self.listing(line.key) is None:
                line.held = line.taken = 0
                self.holds_changed()
                continue
            with self.changing(line.key, now, f"order {order.order_id} {_WORDS.get(to, to)}"):
                before = self._count(line)
                line.held, line.hold_ends = 0, None
                self.holds_changed()
                if to in REDUCING:
                    self._paid(order, line, now)
                elif to in RESTORING:
                    self._give_back(line, now)
                if before != self._count(line):
                    moved.append(self._moved(line, before))
        if moved:
            self.note(order, now, f"Stock levels {'reduced' if to in REDUCING else 'increased'}: {', '.join(moved)}")
        if to == "cancelled" and self.site.restores_twice:
            self._restore_again(now, order, was_taken)

    def _restore_again(self, now: datetime, order: MarketOrder, units: list[int]) -> None:
        """What a payment plugin does that does not know of WooCommerce's own restoring."""
        moved: list[str] = []
        for line, taken in zip(order.lines, units, strict=True):
            listing = self.listing(line.key)
            holder = self.holder(listing) if listing else None
            if holder is not None and taken:
                before = self._count(line)
                with self.changing(line.key, now, f"order {order.order_id} restored by a plugin"):
                    self.move(holder, taken, now)
                moved.append(self._moved(line, before))
        if moved:
            self.note(order, now, f"Stock levels increased: {', '.join(moved)}")

    def _count(self, line: Line) -> Amount:
        listing = self.listing(line.key)
        holder = self.holder(listing) if listing else None
        return (holder.stock or 0) if holder else 0

    def _moved(self, line: Line, before: Amount) -> str:
        return f"{self.formatted_name(line.key)} {before}&rarr;{self._count(line)}"

    def order_name(self, key: Key) -> str:
        """What an order calls it: a variation carries its product's name (reference: WooCommerce, recorded orders)."""
        listing = self._known(key)
        return f"{self._known((key[0], '')).title} - {listing.option}" if key[1] else listing.title

    def formatted_name(self, key: Key) -> str:
        """As in order notes: name and SKU, or post id. A variation's carries an (empty) description of its own."""
        listing = self._known(key)
        named_so = f"{self.order_name(key)} ({listing.seller_sku or f'#{listing.number}'})"
        return f'{named_so}<span class="description"></span>' if key[1] else named_so

    def _paid(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """Out of the count, once: a line that has taken its units takes none again."""
        holder = self.holder(self._known(line.key))
        if holder is not None and not line.taken:
            self.move(holder, -line.quantity, now)
            line.taken = line.quantity

    def _leave(self, line: Line) -> None:
        """Nothing moves when a parcel leaves: the units went with the payment."""

    def _give_back(self, line: Line, now: datetime) -> None:
        """What the line took, and no more: restoring twice gives nothing."""
        holder = self.holder(self._known(line.key))
        if holder is not None and line.taken:
            self.move(holder, line.taken, now)
            line.taken = 0

    def _out_of_stock(self, line: Line) -> None:
        """A seller's reason changes no stock here."""

    # Campaigns

    def start_campaign(self, *args: object, **how: object) -> MarketCampaign:
        """There are none (reference: WooCommerce 0)."""
        raise MarketRefusal(f"{self.name}: WooCommerce has no campaigns")


_WORDS = {"processing": "paid", "on-hold": "put on hold", "pending": "set back to pending"}


def _shown(listing: WooListing) -> str:
    return "a product with variations" if listing.variable else str(listing.state)
