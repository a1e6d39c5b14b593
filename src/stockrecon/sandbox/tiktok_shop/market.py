"""How stock moves on TikTok Shop (reference: TikTok 2.6 to 2.8).

Per warehouse: what can be bought, campaign and creator units included, and beside it what orders hold. An order takes
its units at placement, also unpaid; they are held until the parcel leaves, and come back when it is cancelled. What
campaigns and creators are lent is per SKU, across warehouses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Event, Key, Line, MarketOrder, MarketRefusal, Timer, Told, named
from stockrecon.sandbox.tiktok_shop import writes
from stockrecon.sandbox.tiktok_shop.places import draw, sender, set_places, spots
from stockrecon.sandbox.tiktok_shop.records import (
    CREATOR,
    FBT_WAREHOUSE,
    PROMOTION,
    TOKOPEDIA,
    Stock,
    TiktokListing,
    Warehouse,
)
from stockrecon.sandbox.tiktok_shop.writes import Fault, SkuFailure

FIRST_WAREHOUSE = 7_068_517_275_539_719_900
FIRST_ORDER = 576_461_413_000_000_000
STOCK_MOVES_UPDATE_TIME = False
"""Whether a number that is set, by a call or by hand, moves a product's `update_time`. No source says so (reference:
TikTok 2.5), and a client must not rest on it."""
REMORSE = timedelta(hours=1)
"""A paid order is ON_HOLD for about an hour, in which its buyer may cancel alone (reference: TikTok 2.8)."""
PRODUCT_STATUS = (
    "DRAFT",
    "PENDING",
    "FAILED",
    "ACTIVATE",
    "SELLER_DEACTIVATED",
    "PLATFORM_DEACTIVATED",
    "FREEZE",
    "DELETED",
)
TRAITS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "status": ("", *PRODUCT_STATUS),
        "mirror": ("", "none", *PRODUCT_STATUS),
        "mirror_only": ("", "yes"),
        "sync_fault": (),
        "warehouse": ("ENABLED", "DISABLED", "RESTRICTED"),
        "places": (),
    }
)
"""The texts that each may have; none named: any."""


class TiktokShop(Shop):
    """`takes_zero`: whether a write of 0 is taken; the current page says 1 to 99 999, sellers' bots write 0 (reference:
    TikTok 2.7). `inactive`: a seller whose every call is refused.
    """

    channel: ClassVar[str] = "tiktok-shop"
    always_varied = True
    counts_orders = True
    campaign_sorts = (CREATOR, PROMOTION)
    traits = tuple(TRAITS)

    def __init__(self, name: str, region: str = "VN", warehouses: int = 1) -> None:
        super().__init__(name, region)
        self.warehouses = {
            str(number): Warehouse(str(number), f"Warehouse {place}", default=place == 1)
            for place, number in enumerate(range(FIRST_WAREHOUSE, FIRST_WAREHOUSE + warehouses), 1)
        }
        self.remorse = REMORSE
        self.takes_zero = True
        self.inactive = False
        self.items: dict[str, list[TiktokListing]] = {}
        self.skus: dict[str, TiktokListing] = {}
        self.arranged: dict[str, datetime] = {}
        """When a parcel was made ready for the carrier, by order."""
        self.requested: dict[str, datetime] = {}
        """When a buyer asked to cancel, by order."""
        self.senders: dict[str, str] = {}
        """The warehouse that an order is sent from, by order."""

    def add(
        self,
        item_id: str,
        variation_id: str,
        seller_sku: str,
        available: int,
        created_at: datetime,
        *,
        title: str = "",
        platform: bool = False,
        state: ListingState = ListingState.OK,
        message: str = "",
        unnamed: int = 0,
        withheld: int = 0,
        committed: int = 0,
    ) -> TiktokListing:
        """Put up a SKU. `available` includes campaign units, `unnamed` ones too; all of it in the first warehouse."""
        if variation_id in self.skus:
            raise MarketRefusal(f"{self.name}: SKU {variation_id} exists already; it identifies a SKU in its shop")
        listing = TiktokListing(
            item_id, variation_id, seller_sku, title or seller_sku, created_at, state, message, platform, unnamed
        )
        listing.seller = {} if platform else {name: Stock() for name in self.warehouses}
        listing.fbt = {FBT_WAREHOUSE: Stock()} if platform else {}
        self.skus[variation_id] = listing
        self.items.setdefault(item_id, []).append(listing)
        first = self._first(listing.key)
        first.available, first.withheld, first.committed = available, withheld, committed
        self.revision += 1
        return listing

    def put_up(self, told: Told) -> TiktokListing:
        return self.add(
            told.item_id,
            told.variation_id,
            told.seller_sku,
            told.exposed,
            told.created_at,
            title=told.title,
            platform=told.platform,
            state=told.state,
            message=told.message,
            unnamed=told.unnamed,
            withheld=told.withheld,
            committed=told.committed,
        )

    def doings(self, now: datetime, order_id: str) -> Mapping[str, Callable[[], None]]:
        return {"arrange": lambda: self.arrange(now, order_id)}

    def locks_units(self, sort: str) -> bool:
        """A promotion's `quantity_limit` is a limit and no reservation (reference: TikTok 0)."""
        return sort != PROMOTION

    def listing(self, key: Key) -> TiktokListing | None:
        found = self.skus.get(key[1])
        return found if found is not None and found.item_id == key[0] else None

    def all_listings(self) -> Iterable[TiktokListing]:
        return self.skus.values()

    def exposed(self, key: Key) -> int:
        listing = self.listing(key)
        return sum(place.available for place in listing.places.values()) if listing else 0

    def buckets(self, key: Key) -> tuple[int, int, int, int]:
        places = self._sku(key).places.values()
        total, locked = sum(place.available for place in places), self.locked(key)
        held = sum(place.withheld for place in places), sum(place.committed for place in places)
        return max(0, total - locked), min(locked, total), *held

    def _sku(self, key: Key) -> TiktokListing:
        listing = self.listing(key)
        if listing is None:
            raise MarketRefusal(f"{self.name}: there is no listing {named(key)}")
        return listing

    def _first(self, key: Key) -> Stock:
        return next(iter(self._sku(key).places.values()))

    # Orders

    def new_order_id(self, now: datetime) -> str:
        return str(FIRST_ORDER + len(self.orders) + 1)

    def _check_room(self, lines: list[Line]) -> None:
        """What a promotion limits must be there as well."""
        super()._check_room(lines)
        for line in lines:
            if line.quantity > self.exposed(line.key):
                left = self.exposed(line.key)
                raise MarketRefusal(f"{self.name}: {named(line.key)} has {left} left, {line.quantity} were ordered")

    def _take(self, order: MarketOrder, line: Line, now: datetime) -> None:
        if order.order_id not in self.senders:
            self.senders[order.order_id] = sender(self, order)
        line.drawn = draw(self, self._sku(line.key), self.senders[order.order_id], line.quantity)
        line.held = line.quantity

    def pay(self, now: datetime, order_id: str) -> None:
        super().pay(now, order_id)
        self.at(now + self.remorse, "remorse", order_id)

    def _due(self, timer: Timer) -> None:
        """The buyer's hour is over: the order awaits shipment, which is a change of its status."""
        order = self.orders[timer.subject]
        if order.status is OrderStatus.PAID and order.order_id not in self.arranged:
            order.updated_at = timer.at
            self._tell_order(order)

    def _paid(self, order: MarketOrder, line: Line, now: datetime) -> None:
        self._shift(line, "withheld", "committed", line.held)
        line.held, line.taken = 0, line.held

    def _leave(self, line: Line) -> None:
        if self.listing(line.key) is not None:
            self._shift(line, "committed", "", line.taken)
        line.taken = 0

    def _give_back(self, line: Line, now: datetime) -> None:
        """Into the campaign's or creator's units if it still lives, else into ordinary stock; where it was taken."""
        for bucket, units in (("withheld", line.held), ("committed", line.taken)):
            self._shift(line, bucket, "available", units, made=True)
        units = line.held + line.taken
        campaign = self.campaigns.get(line.campaign_id)
        if campaign is not None and not campaign.over:
            campaign.left += units
        line.held = line.taken = 0

    def _shift(self, line: Line, source: str, target: str, units: int, made: bool = False) -> None:
        """Move held units where they lie; a folder may tell of fewer than its orders hold: never below 0, and only
        with `made` is more put down than was taken up.
        """
        for place, some in spots(self, self._sku(line.key), line, units):
            there = min(some, getattr(place, source))
            setattr(place, source, getattr(place, source) - there)
            if target:
                setattr(place, target, getattr(place, target) + (some if made else there))

    def _out_of_stock(self, line: Line) -> None:
        """Nothing: no source says that TikTok Shop sets a listing to 0 for it."""

    def arrange(self, now: datetime, order_id: str) -> None:
        """The parcel is ready and waits for its carrier: AWAITING_COLLECTION; its units are held until it leaves."""
        order = self._order(now, order_id, OrderStatus.PAID)
        self.arranged[order_id] = order.updated_at = now
        self._tell_order(order)

    def on_hold(self, order: MarketOrder, at: datetime) -> bool:
        """Paid, and its buyer may still cancel alone."""
        if order.status is not OrderStatus.PAID or order.paid_at is None or order.order_id in self.arranged:
            return False
        return at < order.paid_at + self.remorse

    def request_cancel(self, now: datetime, order_id: str, by: str = "buyer", reason: str = "") -> None:
        """While the order is ON_HOLD nobody is asked: it is cancelled (reference: TikTok 2.8)."""
        order = self._order(now, order_id, OrderStatus.PAID)
        self.requested[order_id] = now
        if self.on_hold(order, now):
            self._cancel(order, now, by, reason)
        else:
            super().request_cancel(now, order_id, by, reason)

    # The seller center

    def _set_total(self, key: Key, total: int) -> None:
        for number, place in enumerate(self._sku(key).places.values()):
            place.available = total if number == 0 else 0

    def set_state(self, now: datetime, key: Key, state: ListingState, message: str = "") -> None:
        super().set_state(now, key, state, message)
        self._edited(key, now)

    def edit(self, now: datetime, key: Key, sellable: int) -> None:
        super().edit(now, key, sellable)
        self._set(key, now)

    def _set(self, key: Key, now: datetime) -> None:
        if STOCK_MOVES_UPDATE_TIME:
            self._edited(key, now)

    def _edited(self, key: Key, now: datetime) -> None:
        for listing in self.items[key[0]]:
            listing.updated_at = now

    def set_trait(self, now: datetime, key: Key, name: str, text: str) -> None:
        """`status` and `mirror`: of the product here and on Tokopedia; `mirror_only`: "yes" for Tokopedia alone;
        `sync_fault`: why the global product did not come through; `warehouse`: the state of those that hold the SKU;
        `places`: its units by warehouse.
        """
        listing = self._sku(key)
        known = TRAITS[name]
        if known and text not in known:
            raise MarketRefusal(f"{self.name}: {name} must be one of {', '.join(filter(None, known))}, not {text!r}")
        if name == "places":
            with self.changing(key, now, "places set in the seller center"):
                set_places(self, listing, text)
            self._set(key, now)
            return
        if name == "warehouse":
            for place in listing.seller:
                self.warehouses[place].status = text
            return
        for sibling in self.items[key[0]]:
            if name == "mirror_only":
                sibling.only_mirror = text == "yes"
            else:
                setattr(sibling, name, text)
        self.revision += 1
        self._edited(key, now)
        self.events.append(Event("listing", now, "", str(listing.state), *key))

    def mirrored(self, listing: TiktokListing) -> bool:
        """Whether the product stands on Tokopedia as well, as those sold in Indonesia do (reference: TikTok 2.12)."""
        return self.region == "ID" and listing.mirror != "none"

    def sold_on(self, order: MarketOrder) -> str:
        return TOKOPEDIA if order.source.upper() == TOKOPEDIA and self.region == "ID" else "TIKTOK_SHOP"

    # The write

    def write(
        self, now: datetime, item_id: str, wanted: Mapping[str, Mapping[str, int]], call: str
    ) -> Fault | list[SkuFailure]:
        """Set what can be bought: SKU -> warehouse ("" the only one) -> units, campaign units included.

        Returns the refusal of the whole call, or why SKUs were not set; the others were (reference: TikTok 2.7).
        """
        self.settle(now)
        skus = self.items.get(item_id)
        if not skus:
            return writes.NO_PRODUCT
        if not self.live(item_id):
            return writes.NOT_NOW
        failures: list[SkuFailure] = []
        for sku_id, places in wanted.items():
            listing = self.listing((item_id, sku_id))
            failure = writes.sku_failure(self, listing, sku_id, places, now)
            if failure is not None:
                failures.append(failure)
            elif listing is not None:
                with self.changing(listing.key, now, call, always=True):
                    for name, units in places.items():
                        listing.seller[name or next(iter(listing.seller))].available = units
                self._set(listing.key, now)
        return failures

    def shared_state(self, item_id: str) -> ListingState:
        """The product's own state: one that all its SKUs share, or OK where they differ."""
        states = {sku.state for sku in self.items[item_id]}
        return states.pop() if len(states) == 1 else ListingState.OK

    def live(self, item_id: str) -> bool:
        """The product's status is ACTIVATE."""
        first = self.items[item_id][0]
        if first.status:
            return first.status == "ACTIVATE"
        return self.shared_state(item_id) in (ListingState.OK, ListingState.WARNING)
