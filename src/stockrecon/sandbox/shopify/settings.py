"""What control sets of a Shopify shop, and of a listing in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.wire import integer

if TYPE_CHECKING:
    from stockrecon.sandbox.shopify.catalogue import ShopifyCatalogue, ShopifyListing

UNITS = ("damaged", "incoming", "quality_control", "reserved", "safety_stock")
"""Names of units that other apps and the seller's people move."""
TRAITS = ("inventory_policy", "tracked", "stock_at", *UNITS)
OPTIONS = ("plan", "index_lag", "location", "offline", "inactive", "scopes")
PLANS = {"standard": 100.0, "advanced": 200.0, "plus": 1000.0, "enterprise": 2000.0}
"""Points that come back in a second (reference: Shopify 1.2); the bucket holds those of 20 seconds."""
PLAN_NAMES = {"standard": "Basic", "advanced": "Advanced", "plus": "Plus", "enterprise": "Shop Component"}
"""What the shop's `plan` calls them."""
BUCKET_SECONDS = 20
FULFILLMENT_SCOPES = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)
"""Any of them lets an app ask for fulfillment orders, and shows it those of one kind of location."""
ALL_SCOPES = frozenset(
    {"read_products", "read_inventory", "write_inventory", "read_locations", "read_orders", "read_all_orders",
     *FULFILLMENT_SCOPES}
)  # fmt: skip


def set_option(shop: ShopifyCatalogue, name: str, text: str, now: datetime) -> None:
    """`location` opens one of this name, `offline` lets it sell nothing online, `inactive` deactivates it."""
    if name == "plan":
        if text not in PLANS:
            raise MarketRefusal(f"{shop.name}: plan is one of {', '.join(PLANS)}, not {text!r}")
        shop.plan = text
    elif name == "index_lag":
        shop.index_lag = timedelta(seconds=_number(shop, name, text))
    elif name == "scopes":
        wanted = frozenset(part.strip() for part in text.split(",") if part.strip())
        if not wanted <= ALL_SCOPES:
            raise MarketRefusal(f"{shop.name}: scopes are of {', '.join(sorted(ALL_SCOPES))}, not {text!r}")
        shop.scopes = wanted
    elif not text:
        raise MarketRefusal(f"{shop.name}: {name} needs a location's name")
    elif name == "inactive":
        called, _, destination = text.partition("=")
        shop.close_location(called, destination, now)
    else:
        place = shop.open_location(text)
        if name == "offline":
            shop.locations[place.number] = replace(place, online=False)


def set_trait(shop: ShopifyCatalogue, listing: ShopifyListing, name: str, text: str, now: datetime) -> None:
    """Whether it is counted, whether it may be oversold, or its units by name, at the first location it has."""
    if name == "inventory_policy":
        listing.oversell = _one_of(shop, name, text, ("DENY", "CONTINUE")) == "CONTINUE"
    elif name == "tracked":
        listing.tracked = _one_of(shop, name, text, ("yes", "no")) == "yes"
    elif name == "stock_at":
        called, _, units = text.rpartition("=")
        if not called:
            raise MarketRefusal(f"{shop.name}: stock_at is a location and its available units, Warehouse=5")
        shop.stock_at(listing.key, shop.open_location(called).number, _number(shop, name, units), now)
    else:
        level = listing.levels[shop.first_place(listing)]
        level.move(name, _number(shop, name, text) - level.quantity(name), now)


def _one_of(shop: ShopifyCatalogue, name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise MarketRefusal(f"{shop.name}: {name} is one of {', '.join(choices)}, not {text!r}")
    return text


def _number(shop: ShopifyCatalogue, name: str, text: str) -> int:
    number = integer(text)
    if number is None or not 0 <= number <= 1_000_000_000:
        raise MarketRefusal(f"{shop.name}: {name} is a whole number from 0 to 1,000,000,000, not {text!r}")
    return number
