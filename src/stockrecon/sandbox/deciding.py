"""What a loopback marketplace decides for itself: the form of its ids, and how its stock moves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from stockrecon.core.model import OrderStatus
from stockrecon.sandbox.records import Key, Line, Listing, MarketOrder, Timer, Told


class Deciding(ABC):
    """What is the same on every channel is in `market.Shop`."""

    channel: ClassVar[str]
    digits: ClassVar[bool] = True
    """Its ids are whole numbers above 0 without leading zeros."""
    always_varied: ClassVar[bool] = False
    """Every listing has a variation id, one of its own in the whole shop."""
    mixed: ClassVar[bool] = True
    """One item may stand with and without variations."""
    one_series: ClassVar[bool] = False
    """No number is both an item's and a variation's id, or two variations'."""
    digit_orders: ClassVar[bool] = False
    """Its order ids are whole numbers too."""
    has_campaigns: ClassVar[bool] = True
    """It knows units that are locked for a campaign."""
    counts_orders: ClassVar[bool] = False
    """Its withheld and committed units are counts of its own, beside what can be bought."""
    campaign_sorts: ClassVar[tuple[str, ...]] = ()
    """What else a campaign can be on this channel, by the words of the control API."""
    traits: ClassVar[tuple[str, ...]] = ()
    """What else control can set of a listing on this channel, each a word with a text."""
    options: ClassVar[tuple[str, ...]] = ()
    """What control can set of the whole shop on this channel, each a word with a text."""

    @abstractmethod
    def put_up(self, told: Told) -> Listing:
        """Put up a listing as a table told it."""

    def cover(self, order: MarketOrder, line: Line, free: tuple[int, int]) -> tuple[int, int]:
        """Say which units a told order's line has; `free` are the listing's withheld and committed units that no newer
        order has, and what is left of them is returned. Where they are not counted, units simply leave with the order;
        else withheld ones belong to the newest unpaid orders, committed ones to the newest paid ones.
        """
        withheld, committed = free
        if not self.counts_orders:
            line.taken = line.quantity if order.status.is_open and self.listing(line.key) else 0
        elif order.status is OrderStatus.UNPAID:
            line.held = min(line.quantity, withheld)
            return withheld - line.held, committed
        elif order.status.is_open:
            line.taken = line.quantity
            return withheld, committed - min(line.quantity, committed)
        return free

    def doings(self, now: datetime, order_id: str) -> Mapping[str, Callable[[], None]]:
        """What else can be done to an order on this channel, by the words of the control API."""
        return {}

    def set_trait(self, now: datetime, key: Key, name: str, text: str) -> None:  # noqa: B027 - most channels have none
        """Set one of `traits`; raises MarketRefusal for a text that means nothing."""

    def set_option(self, now: datetime, name: str, text: str) -> None:  # noqa: B027 - most channels have none
        """Set one of `options`; raises MarketRefusal for a text that means nothing."""

    def locks_units(self, sort: str) -> bool:
        """Whether a campaign of this sort keeps units from ordinary sale."""
        return True

    @abstractmethod
    def listing(self, key: Key) -> Listing | None:
        """One listing, None where the shop has none of that key."""

    @abstractmethod
    def all_listings(self) -> Iterable[Listing]:
        """Every listing, deleted ones too."""

    @abstractmethod
    def exposed(self, key: Key) -> int:
        """Everything that buyers can still take, campaign units included."""

    @abstractmethod
    def buckets(self, key: Key) -> tuple[int, int, int, int]:
        """Sellable, campaign, withheld and committed units, in the words of the contract."""

    def for_sale(self, key: Key) -> int | None:
        """How many units ordinary buyers may order; None: any number (sold beyond what there is, or not counted)."""
        return self.buckets(key)[0]

    @abstractmethod
    def new_order_id(self, now: datetime) -> str:
        """A new order's id, in the channel's form."""

    @abstractmethod
    def _take(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """A placed order's line leaves ordinary or campaign sale."""

    def _check_payable(self, order: MarketOrder) -> None:  # noqa: B027 - nothing to do on most channels
        """Refuse a payment that could not be fulfilled (only Lazada lets go of an unpaid order's units)."""

    @abstractmethod
    def _paid(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """A paid order's line is committed."""

    @abstractmethod
    def _leave(self, line: Line) -> None:
        """The parcel is ready: its units leave the shop's count."""

    @abstractmethod
    def _give_back(self, line: Line, now: datetime) -> None:
        """A cancelled order's line goes back to where it was taken from."""

    @abstractmethod
    def _out_of_stock(self, line: Line) -> None:
        """The seller cancelled for want of stock: the channel sets the listing to 0."""

    @abstractmethod
    def _set_total(self, key: Key, total: int) -> None:
        """Everything that buyers can take becomes `total`, in the listing's first place."""

    def _due(self, timer: Timer) -> None:  # noqa: B027 - nothing to do on most channels
        """A timer of the channel's own."""

    def _release_hold(self, order: MarketOrder, now: datetime) -> None:  # noqa: B027 - nothing to do on most channels
        """Give back what an unpaid order holds (only Lazada sets such timers)."""
