"""How stock moves on Shopee (reference: Shopee 3.4, 4, 5.3 and the state model of section 10).

A listing's total is what stands in `seller_stock` and `shopee_stock`; units reserved for promotions are part of it,
units of placed orders are not. Enrolling reserves, a campaign's end gives the rest back, the total never notices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from stockrecon.core.model import ListingState
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Key, Line, Listing, MarketOrder, MarketRefusal, Told
from stockrecon.sandbox.shopee import settings

KIT_REFUSED = "Invalid product setting. Please verify."
"""What a write to a kit is told, captured (reference: Shopee 3.5)."""
AT_SHOPEE = -1
"""Stands for Shopee's warehouse where a line's units are noted by the number of their location."""
_DIGITS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(slots=True)
class ShopeeListing(Listing):
    """`seller` and `shopee`: units per location, totals including reserved ones.

    `kit`: the listings that one of it takes, and how many of each; it has no stock of its own then.
    """

    seller: dict[str, int] = field(default_factory=dict)
    shopee: dict[str, int] = field(default_factory=dict)
    kit: tuple[tuple[Key, int], ...] = ()

    @property
    def total(self) -> int:
        return sum(self.seller.values()) + sum(self.shopee.values())


@dataclass(frozen=True, slots=True)
class StockFailure:
    """One entry of `failure_list`; `model_id` is None where Shopee leaves it out."""

    model_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class StockRefusal:
    """The whole call is refused with this code and message."""

    error: str
    message: str


class ShopeeShop(Shop):
    channel: ClassVar[str] = "shopee"
    mixed = False
    traits = settings.TRAITS
    options = settings.OPTIONS

    def __init__(self, name: str, region: str = "VN", locations: tuple[str, ...] = ()) -> None:
        super().__init__(name, region)
        self.locations = locations or (f"{region}Z",)
        self.fulfilment = "Others"
        self.items: dict[str, dict[str, ShopeeListing]] = {}

    @property
    def many_warehouses(self) -> bool:
        return len(self.locations) > 1

    def add(
        self,
        item_id: str,
        variation_id: str,
        seller_sku: str,
        total: int,
        created_at: datetime,
        *,
        title: str = "",
        platform: bool = False,
        state: ListingState = ListingState.OK,
        message: str = "",
        unnamed: int = 0,
    ) -> ShopeeListing:
        """Put up a listing: variation "" makes an item without models. `total` includes `unnamed` reserved units."""
        listing = ShopeeListing(
            item_id, variation_id, seller_sku, title or seller_sku, created_at, state, message, platform, unnamed
        )
        listing.seller = dict.fromkeys(self.locations, 0)
        listing.shopee = {"": 0}
        if platform:
            listing.shopee[""] = total
        else:
            listing.seller[self.locations[0]] = total
        self.items.setdefault(item_id, {})[variation_id] = listing
        self.revision += 1
        return listing

    def put_up(self, told: Told) -> ShopeeListing:
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
        )

    def listing(self, key: Key) -> ShopeeListing | None:
        return self.items.get(key[0], {}).get(key[1])

    def all_listings(self) -> Iterable[ShopeeListing]:
        for models in self.items.values():
            yield from models.values()

    def set_trait(self, now: datetime, key: Key, name: str, text: str) -> None:
        listing = self.items[key[0]][key[1]]
        with self.changing(key, now, f"{name} set in the seller center"):
            settings.set_trait(self, listing, name, text)
        self.revision += 1

    def set_option(self, now: datetime, name: str, text: str) -> None:
        settings.set_option(self, name, text)

    def exposed(self, key: Key) -> int:
        listing = self.listing(key)
        if listing is not None and listing.kit:
            return min(self.exposed(part) // each for part, each in listing.kit)
        return listing.total if listing else 0

    def seller_stock(self, listing: ShopeeListing) -> dict[str, int]:
        """Units by location as they are shown; of a kit what its parts allow, at the first."""
        return {self.locations[0]: self.exposed(listing.key)} if listing.kit else listing.seller

    @contextmanager
    def changing(self, key: Key, at: datetime, call: str, *, always: bool = False) -> Iterator[None]:
        """What happens to a kit happens to its parts."""
        listing = self.listing(key)
        with ExitStack() as stack:
            for part, _ in listing.kit if listing is not None else ():
                stack.enter_context(super().changing(part, at, call))
            stack.enter_context(super().changing(key, at, call, always=always))
            yield

    def buckets(self, key: Key) -> tuple[int, int, int, int]:
        reserved = self.locked(key)
        return max(0, self.exposed(key) - reserved), min(reserved, self.exposed(key)), 0, 0

    def new_order_id(self, now: datetime) -> str:
        number, text = len(self.orders) + 1, ""
        for _ in range(8):
            number, digit = divmod(number, len(_DIGITS))
            text = _DIGITS[digit] + text
        return now.strftime("%y%m%d") + text

    def _take(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """The seller's locations in their order, then Shopee's warehouse; which Shopee takes first is not told."""
        listing = self.items[line.item_id][line.variation_id]
        before = self._held(listing)
        self._move(line.key, -line.quantity)
        after = self._held(listing)
        line.drawn = {number: before[number] - after[number] for number in before if before[number] != after[number]}
        line.taken = line.quantity

    def _held(self, listing: ShopeeListing) -> dict[int, int]:
        """Units by the number of the location, those in Shopee's warehouse under `AT_SHOPEE`."""
        own = {number: listing.seller.get(place, 0) for number, place in enumerate(self.locations)}
        return own | {AT_SHOPEE: sum(listing.shopee.values())}

    def sent_from(self, line: Line) -> list[str]:
        """The seller's locations that send a line; none where Shopee sends it."""
        if self.by_shopee([line]):
            return []
        drawn = line.drawn or {}
        return [place for number, place in enumerate(self.locations) if number in drawn or (not drawn and not number)]

    def by_shopee(self, lines: Iterable[Line]) -> bool:
        """Whether Shopee sends all of them from its own warehouse (`fulfillment_flag`)."""
        return all(self._at_shopee(line) for line in lines)

    def _at_shopee(self, line: Line) -> bool:
        listing = self.listing(line.key)
        return (listing is not None and listing.platform) or set(line.drawn or ()) == {AT_SHOPEE}

    def _paid(self, order: MarketOrder, line: Line, now: datetime) -> None:
        """Nothing moves: the units left at placement."""

    def _leave(self, line: Line) -> None:
        line.taken = 0

    def _give_back(self, line: Line, now: datetime) -> None:
        """Into the promotion if it still lives, else into ordinary stock."""
        listing = self.items[line.item_id][line.variation_id]
        if line.drawn:
            for number, units in line.drawn.items():
                places = listing.shopee if number == AT_SHOPEE else listing.seller
                place = next(iter(places)) if number == AT_SHOPEE else self.locations[number]
                places[place] = places.get(place, 0) + units
        else:
            self._move(line.key, line.taken)
        campaign = self.campaigns.get(line.campaign_id)
        if campaign is not None and not campaign.over:
            campaign.left += line.taken
        line.taken = 0

    def _out_of_stock(self, line: Line) -> None:
        listing = self.items[line.item_id][line.variation_id]
        for part, _ in listing.kit:
            self._out_of_stock(Line(*part, 0))
        listing.seller = dict.fromkeys(listing.seller, 0)
        listing.unnamed = 0
        for campaign in self.live_campaigns(line.key):
            campaign.left = 0

    def _move(self, key: Key, by: int) -> None:
        listing = self.items[key[0]][key[1]]
        for part, each in listing.kit:
            self._move(part, by * each)
        own = [] if listing.kit else [listing.shopee] if listing.platform else [listing.seller, listing.shopee]
        for places in own:
            for place in places:
                step = by if by > 0 else max(by, -places[place])
                places[place] += step
                by -= step

    def _set_total(self, key: Key, total: int) -> None:
        listing = self.items[key[0]][key[1]]
        if listing.kit:
            raise MarketRefusal(f"{self.name}: {key[0]}/{key[1]} is a kit, its number is computed from its parts")
        places, others = (listing.shopee, listing.seller) if listing.platform else (listing.seller, listing.shopee)
        for number, place in enumerate(places):
            places[place] = max(0, total - sum(others.values())) if number == 0 else 0

    # The write

    def write(
        self, now: datetime, item_id: str, wanted: dict[str, dict[str, int]], call: str
    ) -> StockRefusal | tuple[list[tuple[str, str, int]], list[StockFailure]]:
        """Set seller stock to absolute totals: model id ("" for none) -> location -> units (reference: Shopee 3.5).

        Returns the refusal of the whole call, or (model, location, units) of what was set and the failures beside it.
        """
        self.settle(now)
        models = self.items.get(item_id)
        if not models:
            return StockRefusal("product.error_item_not_found", "Product not found")
        refusal = self._refused(now, models, wanted)
        if refusal is not None:
            return refusal
        done: list[tuple[str, str, int]] = []
        failed: list[StockFailure] = []
        for variation_id, places in wanted.items():
            reason = self._failure(item_id, variation_id, places)
            if reason is not None:
                failed.append(reason)
                continue
            listing = models[variation_id]
            with self.changing(listing.key, now, call, always=True):
                listing.seller.update(places)
            done += [(variation_id, place, units) for place, units in places.items()]
        return done, failed

    def _refused(
        self, now: datetime, models: dict[str, ShopeeListing], wanted: dict[str, dict[str, int]]
    ) -> StockRefusal | None:
        if self.holiday:
            return StockRefusal("product.error_holiday_mode_change_stock", "Cannot change stock in holiday mode.")
        if all(model.state is ListingState.DELETED for model in models.values()):
            return StockRefusal(
                "product.error_item_uneditable", "Can't edit this item. item status can not support editing."
            )
        if "" in wanted and "" not in models:
            return StockRefusal(
                "product.error_edit_item_stock_for_item_has_model",
                "Can't to edit item stock directly while item has models.",
            )
        for variation_id in wanted:
            model = models.get(variation_id)
            if model is None:
                continue
            if any(campaign.locks_write and campaign.running(now) for campaign in self.live_campaigns(model.key)):
                return StockRefusal(
                    "product.error_promotion_cantnot_update_stock", "Cannot change stock when item is under promotion."
                )
            if model.platform and any(wanted[variation_id].values()):
                return StockRefusal(
                    "product.error_auth",
                    "The current item belong to the full FBS or B2C shop, so normal stock must be equal to 0",
                )
        return None

    def _failure(self, item_id: str, variation_id: str, places: dict[str, int]) -> StockFailure | None:
        listing = self.items[item_id].get(variation_id)
        if listing is None:
            return StockFailure(variation_id, "model ID not exist in sku")
        if listing.kit:
            return StockFailure(variation_id, KIT_REFUSED)
        if listing.state not in (ListingState.OK, ListingState.WARNING, ListingState.UNLISTED):
            text = f"All the fields cannot be updated because the product {item_id} status is abnormal"
            return StockFailure(None, text)
        if sum(places.values()) + sum(listing.shopee.values()) < self.locked(listing.key):
            return StockFailure(variation_id or "0", "Can not update item with stock less than reserved stock")
        return None
