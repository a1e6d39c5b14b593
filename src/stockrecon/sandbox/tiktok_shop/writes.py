"""What an inventory update takes and what it refuses, SKU by SKU (reference: TikTok 2.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from stockrecon.core.model import ListingState
from stockrecon.sandbox.tiktok_shop.records import TiktokListing

if TYPE_CHECKING:
    from stockrecon.sandbox.tiktok_shop.market import TiktokShop

LEAST, MOST = 1, 99_999
"""What a write may set in a warehouse by the current page; whether 0 is taken too is the shop's `takes_zero`."""
WRITABLE = (ListingState.OK, ListingState.WARNING, ListingState.UNLISTED)
"""A SKU that is switched off takes writes while its product is live; the sources are silent on it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A code with its text; `warehouse_id` where it is one warehouse's."""

    code: int
    message: str
    warehouse_id: str = ""


@dataclass(frozen=True, slots=True)
class SkuFailure:
    """Why one SKU of a write was refused, inside an answer of code 0 (reference: TikTok 2.7)."""

    sku_id: str
    fault: Fault
    extra: tuple[Fault, ...] = ()


CHECK_FAILED = Fault(12052990, "Check failed")
LOCKED = Fault(12052393, "Product locked for Promotion and stock can't be updated below current stock")
NOT_NOW = Fault(
    12052901,
    "The product in its current status is not available for this operation. Change the product status and try again.",
)
NO_PRODUCT = Fault(12052032, "The product does not exist")
NO_SKU = Fault(12052556, "The SKU id not exist.")
ALLOCATED = Fault(
    12052037,
    "Couldn't update inventory. Possible causes: - Inventory is automatically allocated and cannot be modified "
    "manually - Warehouse IDs provided are incorrect - Missing warehouse IDs (all warehouses that stock the product "
    "must be included)",
)
UNNAMED = Fault(12019022, "SKU must contain a valid warehouse.")
MISSING = Fault(
    12019028, "Multiple warehouses detected. Include all warehouse IDs and the corresponding details and try again."
)
UNKNOWN_WAREHOUSE = Fault(12052097, "The warehouse does not exist")
OTHER_WAREHOUSE = Fault(
    12052533,
    "Removal, addition, and change of warehouses are not permitted. Please specify the original warehouses for the "
    "SKUs.",
)
DISABLED_WAREHOUSE = Fault(12052531, "The warehouse is disabled.")
BEYOND = Fault(12052055, "The SKU inventory quantity for the warehouse must be within allowed limits.")


def sku_failure(
    shop: TiktokShop, listing: TiktokListing | None, sku_id: str, places: Mapping[str, int], now: datetime
) -> SkuFailure | None:
    """Why this SKU is not set, None where it is; `places` are units by warehouse, "" the SKU's only one."""
    fault: Fault | None = None
    extra: tuple[Fault, ...] = ()
    if listing is None:
        fault = NO_SKU
    elif listing.state not in WRITABLE:
        fault = NOT_NOW
    elif listing.platform:
        fault = ALLOCATED
    elif "" in places and (len(listing.seller) > 1 or len(places) > 1):
        fault = UNNAMED
    elif extra := tuple(_wrong_places(shop, listing, places)):
        fault = CHECK_FAILED
    elif "" not in places and set(places) != set(listing.seller):
        fault = MISSING
    elif _locked(shop, listing, sum(places.values()), now):
        fault = LOCKED
    return None if fault is None else SkuFailure(sku_id, fault, extra)


def _wrong_places(shop: TiktokShop, listing: TiktokListing, places: Mapping[str, int]) -> Iterable[Fault]:
    least = 0 if shop.takes_zero else LEAST
    for name, units in places.items():
        place = name or next(iter(listing.seller))
        fault: Fault | None = None
        if place not in shop.warehouses:
            fault = UNKNOWN_WAREHOUSE
        elif place not in listing.seller:
            fault = OTHER_WAREHOUSE
        elif shop.warehouses[place].status == "DISABLED":
            fault = DISABLED_WAREHOUSE
        elif not least <= units <= MOST:
            fault = BEYOND
        if fault is not None:
            yield replace(fault, warehouse_id=place)


def _locked(shop: TiktokShop, listing: TiktokListing, total: int, now: datetime) -> bool:
    """A campaign that runs takes increases only; and what is lent is never written away, also before it runs."""
    exposed = shop.exposed(listing.key)
    if total >= exposed:
        return False
    runs = (
        campaign.locks_write and campaign.running(now)
        for campaign in shop.live_campaigns(listing.key)
        if not campaign.sort
    )
    return any(runs) or total < shop.locked(listing.key)
