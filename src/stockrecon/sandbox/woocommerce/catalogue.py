"""Products, variations and their stock on a WooCommerce site (reference: WooCommerce 3.2 and 3.3).

Stock stands on a product or on a variation; a variation that manages none shares its product's pool, if that manages
one ("parent"). Post ids are numbers of one series: products, variations, orders and refunds share it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

from stockrecon.core.model import ListingState
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Event, Key, MarketRefusal, Told, named
from stockrecon.sandbox.woocommerce.records import (
    PRODUCT_STATUS,
    STATES,
    VARIATION_STATUS,
    Amount,
    SiteOptions,
    WooListing,
    whole,
)

FIRST_POST = 10
"""The first post id: a new WordPress has used the ones before for its own pages."""
_PRICE = re.compile(r"\d{1,12}(\.\d{1,6})?")
STOCK_FIELDS = frozenset({"stock_quantity", "inventory_delta", "manage_stock"})
"""A write that names one of these is a write of stock."""


class WooCatalogue(Shop):
    channel: ClassVar[str] = "woocommerce"
    mixed = False
    one_series = True
    digit_orders = True
    has_campaigns = False

    def __init__(self, name: str, region: str = "VN", version: str = "") -> None:
        super().__init__(name, region)
        self.site = SiteOptions(version=version) if version else SiteOptions()
        self.products: dict[str, WooListing] = {}
        self.variations: dict[str, dict[str, WooListing]] = {}
        self.parents: dict[str, str] = {}
        self.holding: dict[str, None] = {}
        """Orders that hold units for a checkout."""
        self._held: Counter[Key] | None = None
        """By pool; reckoned when it is asked for."""
        self._posts = FIRST_POST - 1

    # What there is

    def add(
        self,
        item_id: str,
        variation_id: str,
        seller_sku: str,
        stock: Amount | None,
        created_at: datetime,
        *,
        title: str = "",
        state: ListingState = ListingState.OK,
        message: str = "",
        managed: bool = True,
    ) -> WooListing:
        """Put up a product, or a variation (its product comes up with the first one and manages no stock itself)."""
        made = WooListing(
            item_id, variation_id, seller_sku, title or seller_sku, created_at, state, message, modified_at=created_at
        )
        made.stock, made.managed = stock, managed
        for number in (item_id, variation_id):
            self._posts = max(self._posts, int(number or 0))
        if not variation_id:
            self.products[item_id] = made
        else:
            if item_id not in self.products:
                parent = self.add(item_id, "", "", None, created_at, title=title or seller_sku, managed=False)
                parent.variable, parent.attribute = True, "Option"
            made.option = made.title
            self.variations.setdefault(item_id, {})[variation_id] = made
            self.parents[variation_id] = item_id
        self._post_status(made)
        self.revision += 1
        return made

    def put_up(self, told: Told) -> WooListing:
        """What unpaid checkouts hold is added with their orders: it is part of the number that the site shows."""
        return self.add(
            told.item_id,
            told.variation_id,
            told.seller_sku,
            told.exposed,
            told.created_at,
            title=told.title,
            state=told.state,
            message=told.message,
        )

    def listing(self, key: Key) -> WooListing | None:
        return self.variations.get(key[0], {}).get(key[1]) if key[1] else self.products.get(key[0])

    def _known(self, key: Key) -> WooListing:
        listing = self.listing(key)
        if listing is None:
            raise MarketRefusal(f"{self.name}: there is no listing {named(key)}")
        return listing

    def post(self, number: str) -> WooListing | None:
        """A product or a variation by its post id."""
        return self.listing((self.parents[number], number)) if number in self.parents else self.products.get(number)

    def children(self, listing: WooListing) -> Iterable[WooListing]:
        return self.variations.get(listing.item_id, {}).values() if not listing.variation_id else ()

    def all_listings(self) -> Iterable[WooListing]:
        """A product with variations is one itself only where it has a pool of its own."""
        for product in self.products.values():
            if not product.variable or product.managed:
                yield product
            yield from self.children(product)

    def new_post(self) -> str:
        self._posts += 1
        while str(self._posts) in self.orders:
            self._posts += 1
        return str(self._posts)

    def new_order_id(self, now: datetime) -> str:
        return self.new_post()

    # Stock

    def holder(self, listing: WooListing) -> WooListing | None:
        """The listing on which this one's stock stands; None where nothing is counted."""
        if not self.site.manage_stock:
            return None
        if listing.managed:
            return listing
        parent = self.products.get(listing.item_id) if listing.variation_id else None
        return parent if parent is not None and parent.managed else None

    def pool(self, key: Key) -> Key:
        """The key under which a listing's stock is counted."""
        listing = self.listing(key)
        holder = self.holder(listing) if listing else None
        return holder.key if holder else key

    def held(self, key: Key) -> int:
        """Units that unpaid checkouts hold of the pool `key`; the site counts them, buyers cannot have them."""
        if self._held is None:
            self._held = Counter()
            for order_id in self.holding:
                for line in self.orders[order_id].lines:
                    self._held[self.pool(line.key)] += line.held
        return self._held[key]

    def holds_changed(self) -> None:
        """What is held, or where it is counted, is another from now on."""
        self._held = None

    def exposed(self, key: Key) -> int:
        """Below 0 where more was sold than there was; 0 where nothing is counted."""
        listing = self.listing(key)
        holder = self.holder(listing) if listing else None
        return whole(holder.stock) - self.held(holder.key) if holder else 0

    def buckets(self, key: Key) -> tuple[int, int, int, int]:
        return max(0, self.exposed(key)), 0, self.held(self.pool(key)), 0

    def for_sale(self, key: Key) -> int | None:
        """Any number where more may be sold than there is, or where nothing is counted."""
        listing = self._known(key)
        holder = self.holder(listing)
        return None if holder is None or holder.backorders_allowed else max(0, self.exposed(key))

    def stock_status(self, listing: WooListing) -> str:
        """Reckoned from the quantity where one is counted (reference: WooCommerce 3.3)."""
        holder = self.holder(listing)
        if holder is not None:
            if (holder.stock or 0) > self.site.no_stock_amount:
                return "instock"
            return "onbackorder" if holder.backorders_allowed else "outofstock"
        if listing.variable:
            found = {self.stock_status(child) for child in self.children(listing)}
            return next((status for status in ("instock", "onbackorder") if status in found), "outofstock")
        return listing.in_stock

    @contextmanager
    def changing(self, key: Key, at: datetime, call: str, *, always: bool = False) -> Iterator[None]:
        """What happens to a shared pool is logged under the product that has it."""
        with super().changing(self.pool(key), at, call, always=always):
            yield

    def move(self, holder: WooListing, by: Amount, at: datetime) -> tuple[Amount, Amount]:
        """Change a count by a difference, as orders do; what it was, and is."""
        before = holder.stock or 0
        holder.stock, holder.modified_at = before + by, at
        return before, before + by

    def _set_total(self, key: Key, total: int) -> None:
        listing = self.listing(key)
        holder = self.holder(listing) if listing else None
        if holder is None:
            raise MarketRefusal(f"{self.name}: {named(key)} counts no stock, so there is none to set")
        holder.stock = total + self.held(holder.key)

    # Writing

    def write(self, now: datetime, key: Key, given: Mapping[str, object], call: str) -> None:
        """Set what a caller gave; every value is of its field's type. A set overwrites whatever happened meanwhile."""
        self.settle(now)
        listing = self._known(key)
        with self.changing(key, now, call, always=bool(STOCK_FIELDS & set(given))):
            self._set_words(listing, given)
            self._set_stock(listing, given)
        listing.modified_at = now
        if "status" in given:
            self.events.append(Event("listing", now, "", str(listing.state), *key))

    def _set_words(self, listing: WooListing, given: Mapping[str, object]) -> None:
        for field, name in (("name", "title"), ("sku", "seller_sku")):
            if field in given:
                setattr(listing, name, given[field])
        if "regular_price" in given:
            price = str(given["regular_price"])
            listing.price = price if _PRICE.fullmatch(price) else ""
        if "catalog_visibility" in given:
            listing.catalog_visibility = str(given["catalog_visibility"])
        if "status" in given:
            listing.status = str(given["status"])
            listing.state = STATES[listing.status]
        if {"name", "status"} & set(given):
            self.revision += 1

    def _set_stock(self, listing: WooListing, given: Mapping[str, object]) -> None:
        variation = bool(listing.variation_id)
        if "stock_status" in given:
            listing.in_stock = str(given["stock_status"])
        if not variation and not self.site.manage_stock:
            return
        if "manage_stock" in given:
            listing.managed = bool(given["manage_stock"])
            self.holds_changed()
        if "backorders" in given:
            listing.backorders = str(given["backorders"])
        if not listing.managed:
            listing.stock = None
            listing.backorders = "no" if variation else listing.backorders
            return
        quantity, delta = given.get("stock_quantity"), given.get("inventory_delta")
        if isinstance(quantity, int | float):
            listing.stock = quantity
        elif isinstance(delta, int | float):
            listing.stock = (listing.stock or 0) + delta

    def edit(self, now: datetime, key: Key, sellable: int) -> None:
        """Whoever saves a product moves the time of its last change."""
        super().edit(now, key, sellable)
        self._known(self.pool(key)).modified_at = now

    def set_state(self, now: datetime, key: Key, state: ListingState, message: str = "") -> None:
        super().set_state(now, key, state, message)
        self._post_status(self._known(key))
        # A variation's state may be its product's as well (`_post_status`), which is saved with it.
        self._known(key).modified_at = self._known((key[0], "")).modified_at = now

    def _post_status(self, listing: WooListing) -> None:
        """A listing's state as its post has it. A product is a draft if all its variations are out of sale."""
        listing.status = (VARIATION_STATUS if listing.variation_id else PRODUCT_STATUS).get(listing.state, "publish")
        if listing.variation_id:
            parent = self.products[listing.item_id]
            states = {child.state for child in self.children(parent)}
            parent.state = states.pop() if len(states) == 1 else ListingState.OK
            parent.status = PRODUCT_STATUS.get(parent.state, "publish")

    def trash(self, now: datetime, key: Key) -> None:
        """Into the bin, from where the owner can take it back; its variations go with it."""
        self.settle(now)
        for listing in (self._known(key), *self.variations.get(key[0] if not key[1] else "", {}).values()):
            listing.status, listing.state, listing.modified_at = "trash", ListingState.DELETED, now
        self.events.append(Event("listing", now, "", str(ListingState.DELETED), *key))
        self.revision += 1

    def remove(self, now: datetime, key: Key) -> None:
        """Gone for good."""
        self.settle(now)
        if key[1]:
            self.variations[key[0]].pop(key[1], None)
            self.parents.pop(key[1], None)
        else:
            self.products.pop(key[0], None)
            for number in self.variations.pop(key[0], {}):
                self.parents.pop(number, None)
        self.revision += 1
