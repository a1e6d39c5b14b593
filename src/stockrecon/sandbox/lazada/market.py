"""How stock moves on Lazada (reference: Lazada 3.3, 4.5 and the table of 6.3).

Per warehouse: S sellable (campaign-locked units included), W withheld by unpaid orders, O occupied by paid ones.
Locks are per SKU, across warehouses. An unpaid order's hold ends after 30 minutes although the order lives on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from stockrecon.core.model import ListingState
from stockrecon.sandbox.lazada import settings
from stockrecon.sandbox.lazada.buckets import Buckets, codes_of, draw, spots
from stockrecon.sandbox.lazada.listing import How, LazadaListing, SkuRefusal, after_write, local_text, shut
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Key, Line, MarketCampaign, MarketOrder, MarketRefusal, Told

LINGER = timedelta(days=30)
"""Ended windows stay in `channelInventories` for a while (reference: Lazada 3.3); how long is our choice."""
DEFAULT_WAREHOUSE = "dropshipping"
FBL_WAREHOUSE = "FBL-V-01"


class LazadaShop(Shop):
    channel: ClassVar[str] = "lazada"
    traits = settings.TRAITS
    fbl_warehouse: ClassVar[str] = FBL_WAREHOUSE
    always_varied = True
    counts_orders = True

    def __init__(self, name: str, region: str = "VN") -> None:
        super().__init__(name, region)
        self.skus: dict[str, LazadaListing] = {}
        self.items: dict[str, list[LazadaListing]] = {}
        self.codes = [DEFAULT_WAREHOUSE]
        """The seller's warehouses: each is one of all listings (Lazada's page on inventories)."""

    def add(
        self,
        item_id: str,
        variation_id: str,
        seller_sku: str,
        sellable: int,
        created_at: datetime,
        *,
        title: str = "",
        platform: bool = False,
        state: ListingState = ListingState.OK,
        message: str = "",
        unnamed: int = 0,
        withheld: int = 0,
        occupied: int = 0,
    ) -> LazadaListing:
        """Put up a SKU. `sellable` is Lazada's number: it includes locked units, `unnamed` ones too."""
        if variation_id in self.skus:
            raise MarketRefusal(f"{self.name}: SkuId {variation_id} exists already; it identifies a SKU in its shop")
        listing = LazadaListing(
            item_id, variation_id, seller_sku, title or seller_sku, created_at, state, message, platform, unnamed
        )
        if not platform:
            listing.warehouses = {code: Buckets() for code in self.codes}
        listing.places[FBL_WAREHOUSE if platform else DEFAULT_WAREHOUSE] = Buckets(sellable, withheld, occupied)
        self.skus[variation_id] = listing
        self.items.setdefault(item_id, []).append(listing)
        self.revision += 1
        return listing

    def put_up(self, told: Told) -> LazadaListing:
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
            occupied=told.committed,
        )

    def doings(self, now: datetime, order_id: str) -> Mapping[str, Callable[[], None]]:
        return {"resume-payment": lambda: self.resume_payment(now, order_id)}

    def set_trait(self, now: datetime, key: Key, name: str, text: str) -> None:
        with self.changing(key, now, f"{name} set in the seller center"):
            settings.set_trait(self, self._sku(key), name, text)
        self.revision += 1

    @staticmethod
    def bucket(sellable: int) -> Buckets:
        return Buckets(sellable)

    def make_choice(self, listing: LazadaListing, kind: str) -> None:
        """All SKUs of the item: their units move to Choice's warehouse and back; the seller's is shown with nothing."""
        for sku in self.items[listing.item_id]:
            units = sum(place.sellable for place in sku.places.values())
            sku.platform, sku.choice = bool(kind), kind
            sku.warehouses = {code: Buckets() for code in self.codes}
            sku.warehouses[DEFAULT_WAREHOUSE] = Buckets(0 if kind else units)
            sku.fbl = {f"AChoice-{self.region}-V-JIT": Buckets(units)} if kind else {}

    def listing(self, key: Key) -> LazadaListing | None:
        found = self.skus.get(key[1])
        return found if found is not None and found.item_id == key[0] else None

    def all_listings(self) -> Iterable[LazadaListing]:
        return self.skus.values()

    def exposed(self, key: Key) -> int:
        listing = self.listing(key)
        return sum(place.sellable for place in listing.places.values()) if listing else 0

    def buckets(self, key: Key) -> tuple[int, int, int, int]:
        listing = self._sku(key)
        total, locked = self.exposed(key), self.locked(key)
        withheld = sum(place.withheld for place in listing.places.values())
        occupied = sum(place.occupied for place in listing.places.values())
        return max(0, total - locked), min(locked, total), withheld, occupied

    def _sku(self, key: Key) -> LazadaListing:
        listing = self.listing(key)
        if listing is None:
            raise MarketRefusal(f"{self.name}: there is no listing {key[0]}/{key[1]}")
        return listing

    def new_order_id(self, now: datetime) -> str:
        return str(400_000_000_000_000 + len(self.orders) + 1)

    # Orders

    def _take(self, order: MarketOrder, line: Line, now: datetime) -> None:
        line.drawn = draw(self._places(line.key), line.quantity)
        for place, units in self._spots(line, line.quantity):
            place.withheld += units
        line.held, line.hold_ends = line.quantity, now + self.hold
        self.at(now + self.hold, "hold", order.order_id)

    def _release_hold(self, order: MarketOrder, now: datetime) -> None:
        for line in order.lines:
            if (
                line.held
                and line.hold_ends is not None
                and line.hold_ends <= now
                and self.listing(line.key) is not None
            ):
                with self.changing(line.key, now, f"hold of order {order.order_id} released"):
                    self._unhold(line)

    def _unhold(self, line: Line) -> None:
        for place, units in self._spots(line, line.held):
            place.withheld = max(0, place.withheld - units)
            place.sellable += units
        self._to_campaign(line, line.held)
        line.held, line.hold_ends, line.drawn = 0, None, None

    def resume_payment(self, now: datetime, order_id: str) -> None:
        """The buyer comes back to the payment page: what was released is withheld again, for 30 minutes."""
        order = self.orders.get(order_id)
        if order is None:
            raise MarketRefusal(f"{self.name}: there is no order {order_id}")
        self.settle(now)
        for line in order.lines:
            missing = line.quantity - line.held - line.taken
            if missing > 0:
                with self.changing(line.key, now, f"order {order_id} withheld again"):
                    for place, units in self._retake(line, missing):
                        place.withheld += units
                line.held += missing
                line.hold_ends = now + self.hold
                self.at(now + self.hold, "hold", order_id)

    def _check_payable(self, order: MarketOrder) -> None:
        for line in order.lines:
            self._check_left(line, line.quantity - line.held)

    def _check_left(self, line: Line, quantity: int) -> None:
        campaign = self.campaigns.get(line.campaign_id)
        live = campaign is not None and not campaign.over
        left = campaign.left if campaign is not None and live else self.buckets(line.key)[0]
        if quantity > left:
            raise MarketRefusal(f"{self.name}: {line.item_id}/{line.variation_id} was sold meanwhile: {left} left")

    def _paid(self, order: MarketOrder, line: Line, now: datetime) -> None:
        missing = line.quantity - line.held
        for place, units in self._spots(line, line.held):
            place.withheld = max(0, place.withheld - units)
            place.occupied += units
        if missing > 0:
            for place, units in self._retake(line, missing):
                place.occupied += units
        line.held, line.taken, line.hold_ends = 0, line.quantity, None

    def _retake(self, line: Line, quantity: int) -> list[tuple[Buckets, int]]:
        """Takes units of an order again that were for sale meanwhile; where they were taken."""
        self._check_left(line, quantity)
        campaign = self.campaigns.get(line.campaign_id)
        if campaign is not None and not campaign.over:
            campaign.left -= quantity
        places, before = self._places(line.key), line.drawn or {}
        again = draw(places, quantity)
        line.drawn = before | {number: before.get(number, 0) + units for number, units in again.items()}
        return [(places[number], units) for number, units in again.items()]

    def _leave(self, line: Line) -> None:
        if self.listing(line.key) is not None:
            for place, units in self._spots(line, line.taken):
                place.occupied = max(0, place.occupied - units)
        line.taken = 0

    def _give_back(self, line: Line, now: datetime) -> None:
        if line.held:
            self._unhold(line)
        if line.taken:
            for place, units in self._spots(line, line.taken):
                place.occupied = max(0, place.occupied - units)
                place.sellable += units
            self._to_campaign(line, line.taken)
            line.taken = 0

    def _to_campaign(self, line: Line, quantity: int) -> None:
        campaign = self.campaigns.get(line.campaign_id)
        if campaign is not None and not campaign.over:
            campaign.left += quantity

    def _out_of_stock(self, line: Line) -> None:
        listing = self._sku(line.key)
        for place in listing.places.values():
            place.sellable = 0
        listing.unnamed = 0
        for campaign in self.live_campaigns(line.key):
            campaign.left = 0

    def _places(self, key: Key) -> list[Buckets]:
        return list(self._sku(key).places.values())

    def _spots(self, line: Line, units: int) -> list[tuple[Buckets, int]]:
        return spots(self._places(line.key), line, units)

    def codes_of(self, line: Line) -> list[str]:
        """The warehouse of each of a line's units."""
        listing = self.listing(line.key)
        return codes_of(list(listing.places) if listing is not None else [DEFAULT_WAREHOUSE], line)

    def shown_windows(self, key: Key, now: datetime) -> list[MarketCampaign]:
        """The campaigns that product reads show: living ones, and ended ones for a while."""
        return [
            campaign
            for campaign in self.campaigns_on(key)
            if campaign.over != "cancelled" and not (campaign.over and campaign.ends_at + LINGER < now)
        ]

    def _set_total(self, key: Key, total: int) -> None:
        for number, place in enumerate(self._sku(key).places.values()):
            place.sellable = total if number == 0 else 0

    # The write

    def write(
        self, now: datetime, sku_id: str, item_id: str, how: How, numbers: dict[str, int], call: str
    ) -> SkuRefusal | None:
        """Write one SKU, by warehouse ("" the default one); None where it took (reference: Lazada 4.1, 4.5)."""
        self.settle(now)
        listing = self.skus.get(sku_id)
        if listing is None or (item_id and listing.item_id != item_id) or listing.state is ListingState.DELETED:
            return SkuRefusal("0", "ITEM_NOT_FOUND", "ItemId", quiet=True)
        refusal = shut(listing)
        if refusal is not None:
            return refusal
        places = {name or next(iter(listing.warehouses), ""): number for name, number in numbers.items()}
        if any(name not in listing.warehouses for name in places):
            return SkuRefusal("501", "warehouse code not exist", "WarehouseCode")
        after: dict[str, int] = {}
        for name, number in places.items():
            bucket = listing.warehouses[name]
            value = after_write(bucket, how, number)
            if isinstance(value, SkuRefusal):
                return value
            after[name] = value
        refusal = self._floored(listing, after, how, now)
        if refusal is not None:
            return refusal
        with self.changing(listing.key, now, call, always=True):
            for name, value in after.items():
                listing.warehouses[name].sellable = value
        return None

    def _floored(self, listing: LazadaListing, after: dict[str, int], how: How, now: datetime) -> SkuRefusal | None:
        sellable = sum(after.get(name, place.sellable) for name, place in listing.warehouses.items())
        for campaign in self.live_campaigns(listing.key):
            if campaign.no_decrease and campaign.running(now) and sellable < self.exposed(listing.key):
                begins, ends = (local_text(when, self.region) for when in (campaign.starts_at, campaign.ends_at))
                return SkuRefusal(
                    "4170",
                    "During the Bday Mega campaign, there are restrictions for stock adjustments in effect between "
                    f"{begins} - {ends}. Sellers can increase stocks, but may not decrease stocks.",
                )
        if sellable < self.locked(listing.key):
            return SkuRefusal(
                "501", f"negative sellable on channel inventory,entityId={listing.variation_id},id={listing.item_id}"
            )
        return None
