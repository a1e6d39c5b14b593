"""What a Shopify shop sells: variants with their inventory items, and levels at locations (reference: Shopify 1.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from stockrecon.core.model import ListingState
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Key, Listing, MarketRefusal, Told, named
from stockrecon.sandbox.shopify import settings

PARTS_OF_ON_HAND = ("available", "committed", "damaged", "quality_control", "reserved", "safety_stock")
QUANTITY_NAMES = ("available", "committed", "damaged", "incoming", "on_hand", "quality_control", "reserved",
                  "safety_stock")  # fmt: skip
FIRST_LOCATION = 106_318_430_001
SERVICE_LOCATION = 106_318_439_999
"""Where the stock of platform-fulfilled listings is."""
ITEM_NUMBERS_FROM = 50_000_000_000_000
"""An inventory item's number is its variant's and this: neither may pass for the other."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place with stock. `service`: a fulfilment service's own (a legacy location), which the seller does not hold."""

    number: int
    name: str
    active: bool = True
    online: bool = True
    service: bool = False


@dataclass(slots=True)
class Level:
    """The units of one item at one location. `touched`: when a name's number last changed (never, for on_hand)."""

    updated_at: datetime
    units: dict[str, int] = field(default_factory=dict)
    touched: dict[str, datetime] = field(default_factory=dict)

    def quantity(self, name: str) -> int:
        if name == "on_hand":
            return sum(self.units.get(part, 0) for part in PARTS_OF_ON_HAND)
        return self.units.get(name, 0)

    def move(self, name: str, by: int, at: datetime) -> None:
        self.units[name] = self.units.get(name, 0) + by
        self.touched[name] = self.updated_at = at


@dataclass(slots=True)
class ShopifyListing(Listing):
    """A variant and its inventory item. `unpaid`: how many of its committed units are of orders without payment."""

    levels: dict[int, Level] = field(default_factory=dict)
    tracked: bool = True
    oversell: bool = False
    """Buyers may order more than there is (`inventoryPolicy: CONTINUE`)."""
    unpaid: int = 0

    @property
    def item_number(self) -> int:
        """Its inventory item's number."""
        return int(self.variation_id) + ITEM_NUMBERS_FROM

    @property
    def alive(self) -> bool:
        """Shopify keeps nothing of what was deleted."""
        return self.state is not ListingState.DELETED


class ShopifyCatalogue(Shop):
    """A shop's variants and locations; what orders do to them is `market.ShopifyShop`'s."""

    channel: ClassVar[str] = "shopify"
    always_varied = True
    digit_orders = True
    has_campaigns = False
    counts_orders = True
    traits = settings.TRAITS
    options = settings.OPTIONS

    def __init__(self, name: str, region: str = "VN", locations: tuple[str, ...] = ("Shop location",)) -> None:
        super().__init__(name, region)
        numbered = enumerate(locations, FIRST_LOCATION)
        self.locations = {number: Location(number, called) for number, called in numbered}
        self.variants: dict[str, ShopifyListing] = {}
        self.products: dict[str, list[ShopifyListing]] = {}
        self.plan = "standard"
        self.scopes = settings.ALL_SCOPES
        """What the seller granted the app."""
        self.index_lag = timedelta()
        """How long a search does not know of what changed (reference: Shopify 1.3; seconds on the real one)."""
        self._now = datetime.min.replace(tzinfo=UTC)
        self._in_order: tuple[int, list[int], list[ShopifyListing]] = (-1, [], [])
        self._skus: tuple[int, Counter[str]] = (-1, Counter())

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
        committed: int = 0,
        unpaid: int = 0,
    ) -> ShopifyListing:
        """Put up a variant with its units at the first location. `unpaid` of the committed ones are not paid for."""
        if variation_id in self.variants:
            raise MarketRefusal(f"{self.name}: there is a variant {variation_id} already")
        listing = ShopifyListing(
            item_id, variation_id, seller_sku, title or seller_sku, created_at, state, message, platform, unpaid=unpaid
        )
        self.variants[variation_id] = listing
        self.products.setdefault(item_id, []).append(listing)
        if platform and SERVICE_LOCATION not in self.locations:
            self.locations[SERVICE_LOCATION] = Location(SERVICE_LOCATION, "Fulfillment service", service=True)
        level = self.stock_at(listing.key, SERVICE_LOCATION if platform else FIRST_LOCATION, available, created_at)
        if committed:
            level.move("committed", committed, created_at)
        self.revision += 1
        return listing

    def put_up(self, told: Told) -> ShopifyListing:
        return self.add(
            told.item_id,
            told.variation_id,
            told.seller_sku,
            told.sellable,
            told.created_at,
            title=told.title,
            platform=told.platform,
            state=told.state,
            message=told.message,
            committed=told.withheld + told.committed,
            unpaid=told.withheld,
        )

    def stock_at(self, key: Key, location: int, available: int, at: datetime) -> Level:
        """Stock a variant at a location, with so many units available there."""
        listing = self._variant(key)
        if location not in self.locations:
            raise MarketRefusal(f"{self.name}: there is no location {location}")
        level = listing.levels.setdefault(location, Level(at))
        level.move("available", available - level.quantity("available"), at)
        return level

    def listing(self, key: Key) -> ShopifyListing | None:
        found = self.variants.get(key[1])
        return found if found is not None and found.item_id == key[0] else None

    def all_listings(self) -> Iterable[ShopifyListing]:
        return self.variants.values()

    def _variant(self, key: Key) -> ShopifyListing:
        listing = self.listing(key)
        if listing is None:
            raise MarketRefusal(f"{self.name}: there is no listing {named(key)}")
        return listing

    def in_order(self) -> tuple[list[int], list[ShopifyListing]]:
        """Every variant that Shopify still has, by number; kept until the set of listings changes."""
        if self._in_order[0] != self.revision:
            alive = sorted((listing for listing in self.variants.values() if listing.alive), key=_number)
            self._in_order = (self.revision, [_number(listing) for listing in alive], alive)
        return self._in_order[1], self._in_order[2]

    def of_item(self, number: int) -> ShopifyListing | None:
        """The variant of an inventory item's number."""
        numbers, alive = self.in_order()
        wanted = number - ITEM_NUMBERS_FROM
        place = bisect_left(numbers, wanted)
        return alive[place] if place < len(numbers) and numbers[place] == wanted else None

    def duplicates(self, listing: ShopifyListing) -> int:
        """How many other items carry the same SKU."""
        if self._skus[0] != self.revision:
            self._skus = (self.revision, Counter(one.seller_sku for one in self.in_order()[1]))
        return self._skus[1][listing.seller_sku] - 1 if listing.seller_sku else 0

    def online(self, listing: ShopifyListing) -> int:
        """Units that online buyers can take: available where orders are fulfilled from; may be negative."""
        return sum(
            level.quantity("available")
            for number, level in listing.levels.items()
            if self.locations[number].active and self.locations[number].online
        )

    def exposed(self, key: Key) -> int:
        listing = self.listing(key)
        return self.online(listing) if listing else 0

    def for_sale(self, key: Key) -> int | None:
        listing = self._variant(key)
        return None if listing.oversell or not listing.tracked else self.online(listing)

    def buckets(self, key: Key) -> tuple[int, int, int, int]:
        """What unpaid orders hold is inside `committed` on the wire (reference: Shopify 0)."""
        listing = self._variant(key)
        committed = sum(level.quantity("committed") for level in listing.levels.values())
        return self.online(listing), 0, min(listing.unpaid, committed), max(0, committed - listing.unpaid)

    def set_trait(self, now: datetime, key: Key, name: str, text: str) -> None:
        self.settle(now)
        listing = self._variant(key)
        with self.changing(key, now, "edited in the admin"):
            settings.set_trait(self, listing, name, text, now)

    def set_option(self, now: datetime, name: str, text: str) -> None:
        self.settle(now)
        settings.set_option(self, name, text, now)

    def open_location(self, name: str) -> Location:
        """The location of this name; a new one where there is none."""
        found = next((place for place in self.locations.values() if place.name == name), None)
        if found is None:
            number = max((number for number in self.locations if number < SERVICE_LOCATION), default=0) + 1
            found = self.locations[number] = Location(number, name)
        return found

    def close_location(self, name: str, destination: str, now: datetime) -> None:
        """Deactivate it, as a seller does: what it holds goes to another one. Its levels stay, and are not active.

        Without a destination Shopify closes none that holds anything; which of its names count is inferred.
        """
        place = self._named(name)
        there = self._named(destination) if destination else None
        if there is not None and (there.number == place.number or not there.active):
            raise MarketRefusal(f"{self.name}: {destination} is the same location, or is not active itself")
        for listing in self.variants.values():
            left = listing.levels.get(place.number)
            units = {part: number for part, number in left.units.items() if number} if left is not None else {}
            if left is None or not units:
                continue
            if there is None:
                raise MarketRefusal(f"{self.name}: {name} holds stock: name where it goes, {name}=DESTINATION")
            with self.changing(listing.key, now, f"location {name} deactivated"):
                level = listing.levels.setdefault(there.number, Level(now))
                for part, number in units.items():
                    left.move(part, -number, now)
                    level.move(part, number, now)
        self.locations[place.number] = replace(place, active=False)

    def _named(self, name: str) -> Location:
        found = next((place for place in self.locations.values() if place.name == name), None)
        if found is None:
            raise MarketRefusal(f"{self.name}: there is no location {name!r}")
        return found

    def first_place(self, listing: ShopifyListing) -> int:
        """Where its stock is in the first place: at an active location, if there is one."""
        active = (number for number in listing.levels if self.locations[number].active)
        return next(active, next(iter(listing.levels)))

    def _set_total(self, key: Key, total: int) -> None:
        listing = self._variant(key)
        others = self.online(listing)
        first = listing.levels[self.first_place(listing)]
        first.move("available", total - others, self._now)

    def edit(self, now: datetime, key: Key, sellable: int) -> None:
        self._now = now
        super().edit(now, key, sellable)


def _number(listing: ShopifyListing) -> int:
    return int(listing.variation_id)
